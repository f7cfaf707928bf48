r"""The gradient of a loss in every parameter: sums over pairs of neurons, by few matrix products.

The term of order ``k`` pulls along ``Sigma v`` with ``g^k K_(k+1)(k+1)``, and that of order ``k + 1`` along ``M v``
with ``(k + 1)`` times the same: one product with the weights serves both,

.. math:: \sum_k (\lambda_k \Sigma + (k + 1) \lambda_{k+1} M) \sum_j c_j g_{ij}^k K_{(k+1)(k+1)}(i, j) \, w_j
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .affine import AffinePairs
from .affine_sums import BLOCKS, AffineTerms, PairBlock, blocks_of, itself, of_rule, power
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
    shared = {m: np.empty((k, len(c))) for m in range(max(weights) + 1) if _shares(terms, weights, m)}
    jump = terms.activation.jump_order
    keeps = jump in weights and terms.rule("field", jump) == "exact"
    mean, first, on_outputs = np.zeros((3, k))
    turned = np.empty((k, len(c))) if keeps else None
    sums = _Sums(mean, first, on_outputs, shared, turned, np.zeros(len(pairs.near.i)))

    def block(part: slice) -> None:
        pair = blocks_of(geometry, terms, part)
        for m, table in shared.items():
            np.multiply(_on("second", pair, m, terms), c, out=table[part])
            clear_diagonal(table[part], part.start)
        if outputs:
            (found,) = terms.coefficients("value", pair.product, pair.letters).values()
            sums.outputs[part] = _row_sums(found, c, part)
        for m, weight in weights.items():
            if m == jump and keeps:
                _with_dirac_terms(geometry, pair, m, weight, c, sums)
            elif terms.rule("field", m) != "backprop":
                if biases or geometry.ambient.has_mean:
                    sums.mean[part] += weight * _row_sums(_on("mean", pair, m, terms), c, part)
                sums.first[part] += weight * _row_sums(_on("first", pair, m, terms), c, part)

    pairs.by_blocks(block)
    return _collected(geometry, terms, c, sums, weights)


def _shares(terms: AffineTerms, weights: dict[int, float], m: int) -> bool:
    """Whether a moment of order ``m + 1`` has a part in the field as a function."""
    jumps = m == terms.activation.jump_order
    return m + 1 in weights or (m in weights and (not jumps or terms.rule("field", m) == "pointwise"))


def _on(vector: str, pair: PairBlock, m: int, terms: AffineTerms) -> FloatArray:
    """The coefficient of the field of an order on the mean, or on ``Sigma w`` of the first or the second neuron."""
    rule = terms.rule("field", m)
    function, _ = BLOCKS[f"on_{vector}", rule]
    coefficient: FloatArray = function(np, power(m, pair.product), *of_rule(rule, pair.letters(m)))
    return coefficient


def _row_sums(table: FloatArray, c: FloatArray, part: slice) -> FloatArray:
    """``sum_j t_ij c_j`` without a row's own."""
    array = np.array(np.broadcast_to(table, (part.stop - part.start, len(c))))
    clear_diagonal(array, part.start)
    sums: FloatArray = array @ c
    return sums


def _with_dirac_terms(
    geometry: AffinePairs, pair: PairBlock, m: int, weight: float, c: FloatArray, sums: _Sums
) -> None:
    """The order that jumps, in the frame: its moments diverge on the rows where those are parallel."""
    pairs, part = geometry.pairs, pair.part
    function, _ = BLOCKS["field", "exact"]
    mean, first, second, _ = function(np, power(m, pair.product), pair.letters(m)[0])
    silent = c == 0
    for table in (first, second):
        table[:, silent] = 0.0
    sums.mean[part] += weight * _row_sums(mean, c, part)
    index, where = pairs.near_in(part)
    sums.explicit[index] = weight * second[where] * c[where[1]]
    kappa, gamma = pairs.chart.second(pair.at)
    second = weight * kappa * second * c
    clear_diagonal(second, part.start)
    along = weight * _row_sums(first, c, part) - (gamma * second).sum(axis=1)
    sums.first[part] += along * pairs.scale[: pairs.width][part]
    assert sums.turned is not None
    sums.turned[part] = second * pairs.scale


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
        if m in weights and (m != terms.activation.jump_order or terms.rule("field", m) == "pointwise"):
            field += weights[m] * ambient.covariance.apply(product)
        if m + 1 in weights:
            field += (m + 1) * weights[m + 1] * ambient.metric.apply(product)
    if sums.turned is not None:
        field += sums.turned @ geometry.images
        np.add.at(field, pairs.near.i, sums.explicit[:, None] * pairs.near.e)
    (of_itself,) = itself(geometry, terms, "self_value").values()
    return Field(field, mean, sums.outputs + own * of_itself)
