r"""The gradient of a loss in every parameter: sums over pairs of neurons, by few matrix products.

The term of order ``k`` pulls along ``Sigma v`` with ``g^k K_(k+1)(k+1)``, and that of order ``k + 1`` along ``M v``
with ``(k + 1)`` times the same: one product with the weights serves both,

.. math:: \sum_k (\lambda_k \Sigma + (k + 1) \lambda_{k+1} M) \sum_j c_j g_{ij}^k K_{(k+1)(k+1)}(i, j) \, w_j
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..norms import Convention
from .affine import AffinePairs
from .affine_sums import PairBlock, blocks_of, itself
from .affine_terms import BLOCKS, AffineTerms, Coefficients, Group, power
from .geometry import clear_diagonal

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Field:
    """``sum_j c_j dF_ij/d theta_i``: on weights (K, d), biases (K,), and without the derivative, on outputs (K,)."""

    weights: FloatArray
    biases: FloatArray
    outputs: FloatArray


@dataclass(eq=False)
class _Sums:
    """What blocks of rows add to: numbers on ``mu, Sigma w_i``, and tables on ``w_j``, ``e``."""

    mean: FloatArray  # (K,)
    first: FloatArray  # (K,), on Sigma w_i
    outputs: FloatArray  # (K,)
    shared: dict[int, FloatArray]  # by order k, (K, N)
    turned: FloatArray | None  # (K, N), on Sigma w_j, of the order whose Dirac terms are kept
    explicit: FloatArray  # (P,), on e of near pairs


def field_sum(geometry: AffinePairs, terms: AffineTerms, c: FloatArray, *, outputs: bool, biases: bool) -> Field:
    """The field of all leading neurons; parts on outputs and on biases are formed if asked for."""
    pairs, k = geometry.pairs, geometry.pairs.width
    weights = dict(terms.norm.orders)
    orders = [m for m in range(max(weights) + 1) if {m, m + 1} & set(weights)]
    leading = [each for each, _ in geometry.neurons.groups_of(slice(0, k))]
    shared = {m: np.zeros((k, len(c))) for m in orders if any(terms.varies(m, each) for each in leading)}
    keeps = terms.jumps and terms.convention is Convention.EXACT
    mean, first, on_outputs = np.zeros((3, k))
    turned = np.zeros((k, len(c))) if keeps else None
    sums = _Sums(mean, first, on_outputs, shared, turned, np.zeros(len(pairs.near.i)))

    def block(part: slice) -> None:
        at = blocks_of(geometry, terms, part)
        for m, table in shared.items():
            for found in _on("second", at, m, terms):
                np.multiply(found, c, out=table[part])
                clear_diagonal(table[part], part.start)
        if outputs:
            sums.outputs[part] = _row_sums(at.collect(lambda group: terms.coefficients("value", group))["o"], c, part)
        for m, weight in weights.items():
            if keeps:
                _with_dirac_terms(geometry, at, m, weight, c, sums)
            if biases or geometry.ambient.has_mean:
                for found in _on("mean", at, m, terms):
                    sums.mean[part] += weight * _row_sums(found, c, part)
            for found in _on("first", at, m, terms):
                sums.first[part] += weight * _row_sums(found, c, part)

    pairs.by_blocks(block)
    return _collected(geometry, terms, c, sums, weights)


def _on(vector: str, block: PairBlock, m: int, terms: AffineTerms) -> Iterable[FloatArray]:
    """The coefficient of the field of an order on the mean, or on ``Sigma w`` of the first or the second neuron.

    0 of neurons that have none as functions; nothing if all are such.
    """

    def of(group: Group) -> Coefficients:
        if not terms.varies(m, group.first):
            return {}
        _, rule = terms.rule("field", m, group.first, group.second)
        function, _ = BLOCKS[f"on_{vector}", rule]
        return {vector: function(np, power(m, group.product), *group.letters(m, rule))}

    return block.collect(of).values()


def _row_sums(table: FloatArray, c: FloatArray, part: slice) -> FloatArray:
    """``sum_j t_ij c_j`` without a row's own."""
    array = np.array(np.broadcast_to(table, (part.stop - part.start, len(c))))
    clear_diagonal(array, part.start)
    sums: FloatArray = array @ c
    return sums


def _with_dirac_terms(
    geometry: AffinePairs, block: PairBlock, m: int, weight: float, c: FloatArray, sums: _Sums
) -> None:
    """The order that jumps, in the frame: its moments diverge on the rows where those are parallel."""
    function, labels = BLOCKS["field", "exact"]

    def of(group: Group) -> Coefficients:
        if m != group.first.jump_order:
            return {}
        return dict(zip(labels, function(np, power(m, group.product), group.of_order(m)), strict=True))

    if not (found := block.collect(of)):
        return
    pairs, part, (mean, first, second, _) = geometry.pairs, block.part, found.values()
    silent = c == 0
    for table in (first, second):
        table[:, silent] = 0.0
    sums.mean[part] += weight * _row_sums(mean, c, part)
    index, where = pairs.near_in(part)
    sums.explicit[index] += weight * second[where] * c[where[1]]
    kappa, gamma = pairs.chart.second(block.at)
    second = weight * kappa * second * c
    clear_diagonal(second, part.start)
    along = weight * _row_sums(first, c, part) - (gamma * second).sum(axis=1)
    sums.first[part] += along * pairs.scale[: pairs.width][part]
    assert sums.turned is not None
    sums.turned[part] += second * pairs.scale


def _collected(
    geometry: AffinePairs, terms: AffineTerms, c: FloatArray, sums: _Sums, weights: dict[int, float]
) -> Field:
    """The field from its tables, and of each neuron with itself."""
    pairs, k, ambient = geometry.pairs, geometry.pairs.width, geometry.ambient
    alone, own = itself(geometry, terms, "self_field"), c[:k]
    mean = sums.mean + own * alone.get("m", 0.0)
    first = sums.first + own * pairs.scale[:k] * alone.get("1", 0.0)
    field = np.outer(mean, ambient.mean) + first[:, None] * geometry.images[:k]
    field += (own * alone.get("g", 0.0))[:, None] * geometry.metric_images[:k]
    for m, table in sums.shared.items():
        product = table @ geometry.neurons.weights
        if m in weights:
            field += weights[m] * ambient.covariance.apply(product)
        if m + 1 in weights:
            field += (m + 1) * weights[m + 1] * ambient.metric.apply(product)
    if sums.turned is not None:
        field += sums.turned @ geometry.images
        np.add.at(field, pairs.near.i, sums.explicit[:, None] * pairs.near.e)
    (of_itself,) = itself(geometry, terms, "self_value").values()
    return Field(field, mean, sums.outputs + own * of_itself)
