"""The Hessian and the Gauss-Newton matrix in every parameter: pairs, neurons with themselves, and the output's mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..layout import Layout
from ..pairs.affine import AffinePairs, Neurons
from ..pairs.affine_sums import itself, pair_coefficients
from ..pairs.affine_terms import AffineTerms, Coefficients
from .affine import Assembly
from .blocks import Blocks
from .matrix import Generators

FloatArray = NDArray[np.float64]


def hessian_blocks(geometry: AffinePairs, terms: AffineTerms, layout: Layout, gap: float) -> Blocks:
    """Of the loss of students and teachers, whose output biases differ by ``gap``."""
    c, k, assembly = geometry.neurons.outputs, geometry.pairs.width, Assembly(geometry, layout)
    a = c[:k]
    assembly.add_pairs(pair_coefficients(geometry, terms, "own", len(c), _factors(a, c, own=True)), own=True)
    assembly.add_pairs(pair_coefficients(geometry, terms, "cross", k, _factors(a, a, own=False)), own=False)
    assembly.add_itself(_of_squares(itself(geometry, terms, "self_own"), a))
    if pull := terms.norm.weights[0] * gap:
        found = terms.of_means("mean_own", geometry, "own")
        assembly.add_itself({label: pull * a ** (1 - label.count("o")) * value for label, value in found.items()})
    if "output_bias" in layout.names:
        in_row, in_column = (_on_output_bias(geometry, terms, quantity) for quantity in ("value", "own"))
        assembly.add_output_bias(terms.norm.weights[0], in_row, in_column)
    return assembly.blocks()


def gauss_newton_blocks(students: AffinePairs, terms: AffineTerms, layout: Layout) -> Blocks:
    """Of the features of students."""
    a, assembly = students.neurons.outputs, Assembly(students, layout)
    cross = pair_coefficients(students, terms, "gauss_newton", len(a), _factors(a, a, own=False))
    assembly.add_pairs(cross, own=False)
    assembly.add_itself(_of_squares(itself(students, terms, "self_gauss_newton"), a))
    if "output_bias" in layout.names:
        on_others = _on_output_bias(students, terms, "gauss_newton")
        assembly.add_output_bias(terms.norm.weights[0], on_others, on_others)
    return assembly.blocks()


def rescalings(neurons: Neurons, layout: Layout) -> Generators | None:
    """``(w_i, b_i, -n a_i)``: ``z_+^n`` is what it was if weights and bias grow and the output weight falls by a power.

    Of the neurons that are homogeneous; None if there are none, or a part that would have to move rests.
    """
    degrees = {i: each.degree for i, each in enumerate(neurons.activations[: neurons.width]) if each.degree is not None}
    at = np.array(list(degrees), dtype=np.intp)
    moved = {"weights", "output_weights"} | ({"biases"} if neurons.biases[at].any() else set())
    if not degrees or not moved <= set(layout.names):
        return None
    outputs = -np.array(list(degrees.values())) * neurons.outputs[at]
    rows = np.column_stack([neurons.weights[at], neurons.biases[at], outputs])
    return Generators(at, rows[:, layout.columns])


def _on_output_bias(geometry: AffinePairs, terms: AffineTerms, quantity: str) -> Coefficients:
    """What the output bias has with other parameters, by letters: derivatives of ``sum_j c_j E sigma(z_j)``."""
    k, weight, means = geometry.pairs.width, terms.norm.weights[0], terms.means(geometry)
    found = terms.of_means("mean_field", geometry, quantity)
    on_inputs = {letter: weight * geometry.neurons.outputs[:k] * value for letter, value in found.items()}
    return {"o": weight * means(0, 0)[:k], **on_inputs}


def _factors(a: FloatArray, c: FloatArray, *, own: bool) -> Callable[[str], FloatArray]:
    """What coefficients of a pair are multiplied with: the output weights of those neurons whose do not move.

    Of a block (i, j), ``a_i`` unless the left vector is that of the output weight, and ``c_j`` unless the right one is;
    of an own block the residual's ``c_j`` always, and ``a_i`` if neither is.
    """
    one = np.ones((len(a), len(c)))
    both, first, second = np.outer(a, c), one * a[:, None], one * c

    def factor(label: str) -> FloatArray:
        if "o" not in label:
            return both
        if own:
            return second
        return one if label == "oo" else second if label[0] == "o" else first

    return factor


def _of_squares(coefficients: Coefficients, a: FloatArray) -> Coefficients:
    """Those of a neuron with itself, times ``a_i`` for each side that is not its output weight."""
    return {label: a ** (2 - label.count("o")) * value for label, value in coefficients.items()}
