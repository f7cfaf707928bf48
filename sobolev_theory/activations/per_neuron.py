"""Activations that differ from neuron to neuron, as one activation of layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import shown
from .activation import Activation
from .definition import Definition, Jump, Moments
from .registry import get

FloatArray = NDArray[np.float64]
ActivationLike = str | Activation | Sequence[str | Activation]
"""The activation of a layer: a name, an activation, or a list of them, one for each neuron."""


class PerNeuron(Definition):
    """One activation for each neuron of a layer, along the last axis of ``z``.

    Moments are those of its neurons.
    """

    def __init__(self, neurons: tuple[Activation, ...]) -> None:
        self.neurons, definitions = neurons, [each.definition for each in neurons]
        self.expression = "; ".join(dict.fromkeys(each.expression for each in definitions))
        self.how = "; ".join(dict.fromkeys(each.how for each in definitions))
        self.max_order = min(each.max_order for each in definitions)
        self.accuracy = max(each.accuracy for each in definitions)
        self.variation = max(each.variation for each in definitions)
        degrees = {each.degree for each in definitions}
        self.degree = degrees.pop() if len(degrees) == 1 else None

    @property
    def key(self) -> object:
        """Those of its neurons."""
        return self.neurons

    @property
    def highest_derivative(self) -> int:
        """The lowest of its neurons."""
        return min(each.definition.highest_derivative for each in self.neurons)

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """Column by column."""
        values = np.empty(z.shape)
        for activation, columns in groups(self.neurons):
            values[..., columns] = activation.definition.derivative(z[..., columns], order)
        return values

    def jumps(self, order: int) -> tuple[Jump, ...]:
        """Of any neuron."""
        return tuple(dict.fromkeys(jump for each in dict.fromkeys(self.neurons) for jump in each.jumps(order)))

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Not of a layer."""
        raise NotImplementedError("activation: moments are those of one neuron; ask network.activations[i]")

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """Likewise."""
        raise NotImplementedError("activation: moments are those of one neuron; ask network.activations[i]")

    def scale(self, order: int, m: FloatArray | None, s: FloatArray) -> FloatArray:
        """Likewise."""
        raise NotImplementedError("activation: moments are those of one neuron; ask network.activations[i]")


def groups(neurons: Sequence[Activation]) -> list[tuple[Activation, NDArray[np.intp]]]:
    """Different activations, and the numbers of the neurons that have them.

    >>> [(str(activation), list(map(int, numbers))) for activation, numbers in groups([get("relu"), get("erf")] * 2)]
    [('relu', [0, 2]), ('erf', [1, 3])]
    """
    numbers: dict[Activation, list[int]] = {}
    for number, activation in enumerate(neurons):
        numbers.setdefault(activation, []).append(number)
    return [(activation, np.array(of, dtype=np.intp)) for activation, of in numbers.items()]


def of_layer(activation: ActivationLike) -> Activation:
    """One activation for all neurons, or one for each of them in a list; the latter are one where they are equal.

    Raises
    ------
    ValueError
        For an empty list.
    UnknownActivationError
        For one that is not known.

    Examples
    --------
    >>> str(of_layer(["relu", "erf", "relu"])), str(of_layer(["relu", "relu"]))
    ('2 relu, 1 erf', 'relu')
    """
    if isinstance(activation, str | Activation) or not isinstance(activation, Sequence):
        return get(activation)
    neurons = tuple(map(get, activation))
    if not neurons:
        raise ValueError("activation: a name, an Activation or one for each neuron is required, got none")
    if len(set(neurons)) == 1:
        return neurons[0]
    name = ", ".join(f"{count} {of}" for of, count in Counter(each.name for each in neurons).items())
    return Activation(name, PerNeuron(neurons))


def chosen(activation: ActivationLike | None) -> Activation:
    """The activation that the options of a loss ask for: ReLU unless told."""
    return of_layer("relu" if activation is None else activation)


def of_neurons(activation: Activation, width: int, name: str = "activation") -> tuple[Activation, ...]:
    """The activation of each of so many neurons.

    Raises
    ------
    ValueError
        If there is one for each of another number of neurons; it begins with the name of the argument.
    """
    if not isinstance(activation.definition, PerNeuron):
        return (activation,) * width
    neurons = activation.definition.neurons
    if len(neurons) != width:
        raise ValueError(
            f"{name}: one for each of the {width} neurons is required, got {len(neurons)} ({shown(activation.name)})"
        )
    return neurons
