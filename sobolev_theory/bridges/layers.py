"""The two layers of a network as arrays, as libraries keep them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_array, as_numbers, number, one_of
from ..activations.per_neuron import ActivationLike, of_layer

FloatArray = NDArray[np.float64]

LAYOUTS = {"neurons": ("K", "d"), "inputs": ("d", "K")}
"""Axes of hidden weights: one row for each neuron, or one for each input."""


class Layers(NamedTuple):
    """The arguments of a network."""

    weights: FloatArray
    output_weights: FloatArray | None
    biases: FloatArray | None
    output_bias: float
    activation: ActivationLike

    def __call__(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The network at each row of x, and the sum of the moduli of its terms, to which roundings are relative."""
        with np.errstate(over="ignore", invalid="ignore"):
            z = x @ self.weights.T + (0.0 if self.biases is None else self.biases)
            terms = of_layer(self.activation).derivative(z, 0)
            if self.output_weights is not None:
                terms = terms * self.output_weights
            return terms.sum(axis=1) + self.output_bias, np.abs(terms).sum(axis=1) + abs(self.output_bias)


def of_arrays(
    weights: ArrayLike,
    output_weights: ArrayLike | None,
    biases: ArrayLike | None,
    output_bias: ArrayLike,
    activation: ActivationLike,
    layout: str = "neurons",
) -> Layers:
    """The layers of arrays of a layout; what there is one of for each neuron may be a row or a column.

    Raises
    ------
    ValueError
        For arrays that do not fit one another, with the layout in which they would; for several outputs.
    """
    one_of("layout", layout, LAYOUTS)
    given = as_array("weights", weights, LAYOUTS[layout])
    w = given if layout == "neurons" else given.T
    a = None if output_weights is None else _of_neurons("output_weights", output_weights, given, layout)
    b = None if biases is None else _of_neurons("biases", biases, given, layout)
    return Layers(w, a, b, _single(output_bias), activation)


def _of_neurons(name: str, value: ArrayLike, weights: FloatArray, layout: str) -> FloatArray:
    """A number for each neuron."""
    required = "a number for each of the K neurons"
    numbers = as_numbers(name, value, f"{required} is required")
    K, d = weights.shape if layout == "neurons" else weights.shape[::-1]
    if numbers.ndim == 2 and K in numbers.shape and 1 not in numbers.shape:
        outputs = numbers.size // K
        raise ValueError(
            f"{name}: {required} is required, of one output, got shape {numbers.shape}, {outputs} outputs; take one, "
            f"x[{'0' if numbers.shape[1] == K else ':, 0'}]"
        )
    if numbers.size != K or numbers.size not in numbers.shape or numbers.ndim > 2:
        advice = ""
        if numbers.size == d:
            other = next(each for each in LAYOUTS if each != layout)
            advice = f"; the weights fit as those of layout={other!r}, ({', '.join(LAYOUTS[other])})"
        raise ValueError(
            f"{name}: {required} is required, K = {K} by weights ({', '.join(LAYOUTS[layout])}) of shape "
            f"{weights.shape}, got shape {numbers.shape}{advice}"
        )
    return as_array(name, numbers.ravel(), ("K",))


def _single(value: ArrayLike) -> float:
    """The bias of the output, which libraries keep as an array of one number."""
    required = "a finite number, or an array of one,"
    if isinstance(value, int | float):
        return number("output_bias", value, required, -np.inf, np.inf)
    numbers = as_numbers("output_bias", value, f"{required} is required")
    if numbers.size != 1:
        raise ValueError(f"output_bias: {required} is required, got shape {numbers.shape}; take that of one output")
    return number("output_bias", float(numbers.ravel()[0]), required, -np.inf, np.inf)
