"""Whole losses and gradients of small networks, and the curvature of a single neuron."""

from collections.abc import Sequence
from typing import Any

import mpmath
from mpmath import mp

from .pair import Derivative, field_of_vectors, own_block, pair_value
from .plane import Pair, frame
from .quadrature import Number, precision
from .self_terms import self_block, self_field, self_value

Rows = Sequence[Sequence[Any]]


def single_neuron_block(
    order: int, derivative: Derivative, r: Number, theta: Number, activation: str = "relu"
) -> mpmath.matrix:
    """Curvature of `1/2 E|grad^m sigma_w - grad^m sigma_w*|^2` in w at `w = (1, 0, 0)`, `|w*| = r`; 3 x 3.

    "exact": its Hessian. "backprop": the Jacobian of its backprop field. Self term minus the pair's own block.
    """
    with precision():
        return self_block(activation, order, derivative, 1) - own_block(activation, order, derivative, 1, r, theta)


def loss(
    activation: str, weights_lambda: Sequence[Any], W: Rows, V: Rows, a: Sequence[Any], b: Sequence[Any]
) -> Number:
    """sum_m lambda_m 1/2 E|grad^m (sum_i a_i sigma(w_i.x) - sum_j b_j sigma(v_j.x))|^2, as a sum over pairs.

    W is (K, d) and V is (M, d). Inputs are taken as the exact binary numbers they are. The absolute error is about
    `10^-75` times the largest term, so that a loss of 1e-26 next to the teacher keeps 49 digits.
    """
    with precision():
        rows, c = _stack(W, V, a, b)
        total = mp.zero
        for order, weight in _terms(weights_lambda):
            for i, u in enumerate(rows):
                total += weight * c[i] ** 2 * self_value(activation, order, mp.norm(u)) / 2
                for j in range(i):
                    total += weight * c[i] * c[j] * _value_of_vectors(activation, order, u, rows[j])
        return total


def gradient(
    activation: str,
    weights_lambda: Sequence[Any],
    derivative: Derivative,
    W: Rows,
    V: Rows,
    a: Sequence[Any],
    b: Sequence[Any],
) -> mpmath.matrix:
    """Gradient of `loss` in W ("exact"), or its backprop field: (K, d); row i is `a_i sum_j c_j field(w_i, u_j)`.

    `u` runs over the rows of W and V, `c = (a, -b)`; the term j = i is the `self_field`.
    """
    with precision():
        rows, c = _stack(W, V, a, b)
        result = mp.zeros(len(W), len(rows[0]))
        for order, weight in _terms(weights_lambda):
            for i, u in enumerate(rows[: len(W)]):
                p = mp.norm(u)
                radial = self_field(activation, order, derivative, p) / p
                for j, v in enumerate(rows):
                    g = [radial * x for x in u] if j == i else field_of_vectors(activation, order, derivative, u, v)
                    for k, component in enumerate(g):
                        result[i, k] += weight * c[i] * c[j] * component
        return result


def _value_of_vectors(activation: str, order: int, u: Sequence[Number], v: Sequence[Number]) -> Number:
    """`value` of two vectors of R^d."""
    pair: Pair = frame(u, v)[0]
    return pair_value(activation, order, pair)


def _terms(weights_lambda: Sequence[Any]) -> list[tuple[int, Number]]:
    """The orders m with a nonzero weight lambda_m."""
    return [(order, mp.mpf(weight)) for order, weight in enumerate(weights_lambda) if weight != 0]


def _stack(W: Rows, V: Rows, a: Sequence[Any], b: Sequence[Any]) -> tuple[list[list[Number]], list[Number]]:
    """U = [W; V] and c = [a; -b] as mpf."""
    rows = [[mp.mpf(x) for x in row] for row in (*W, *V)]
    c = [mp.mpf(x) for x in a] + [-mp.mpf(x) for x in b]
    if len(a) != len(W) or len(b) != len(V) or len({len(row) for row in rows}) != 1:
        raise ValueError("need W (K, d), V (M, d), a (K,), b (M,)")
    return rows, c
