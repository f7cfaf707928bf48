"""Sampled value, gradient, Gauss-Newton matrix and Hessian of a Sobolev loss: one unbiased estimate per input.

The notation is that of `residual`. The two matrices are sums ``sum_i p_ai R_bi + R_ai p_bi`` over students, where the
*partners* R are summed over the orders first, and quadratic forms in ``c_i f_i``.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from .conditioned import edges, of_itself
from .inputs import Stretches
from .moments import Moments
from .residual import Factors, Residual
from .rows import Array
from .surfaces import gradient_on_surfaces, hessian_on_surfaces

NUMBERS = 2**18
"""Numbers per array of samples: enough to hide NumPy's overhead, few enough for a cache."""


LEAST_BLOCK = 16
"""Samples that are worked on at a time, at least."""


def numbers_per_sample(q: int, K: int, N: int, d: int) -> int:
    """Of the largest array of samples: inputs, factors of directions, of pairs, or entries of a matrix."""
    return max(d, q * K, K * N, q * q)


def block_length(residual: Residual) -> int:
    """Samples worked on at a time, so that memory is bounded."""
    (q, K), N, d = residual.moves.output.shape, len(residual.output), residual.rows.along.shape[1]
    return max(LEAST_BLOCK, NUMBERS // numbers_per_sample(q, K * residual.moves.layers, N, d))


def chunk_length(residual: Residual) -> int:
    """Samples per task: fixed by the problem alone, so that the result does not depend on who works on it."""
    return max(4096, 4 * block_length(residual))


@np.errstate(all="ignore")
def chunk_moments(
    residual: Residual, names: tuple[str, ...], chunk: tuple[np.random.SeedSequence, int]
) -> dict[str, Moments]:
    """Moments of the named estimates over n fresh weighted inputs, ``chunk = (seed, n)``; matrices row by row."""
    seed, n = chunk
    rng, length = np.random.default_rng(seed), block_length(residual)
    stretches = Stretches.of(residual.rows, residual.steepness)
    totals: dict[str, Moments] = {}
    for start in range(0, n, length):
        y, weight = stretches.inputs(rng, min(length, n - start))
        sample = Sample(residual, y)
        for name in names:
            block = Moments.of(weight * getattr(sample, name).reshape(-1, len(weight)))
            totals[name] = totals[name].merge(block) if start else block
    return totals


@dataclass(frozen=True, eq=False)
class Sample:
    """One unbiased estimate of each quantity for each of the inputs of ``y`` (r, n), which stay on the last axis."""

    residual: Residual
    y: Array

    @cached_property
    def moves(self) -> Array:
        """``(p_ai, alpha_ai)``, (q, layers, K, n)."""
        return self.residual.moves(self.y)

    @cached_property
    def orders(self) -> list[tuple[float, Factors]]:
        """``lambda_m`` and the factors of order m, for the orders that count."""
        z = self.residual.rows(self.y)
        return [(weight, Factors(self.residual, m, z)) for m, weight in self.residual.norm.orders]

    @cached_property
    def size(self) -> Array:
        """``sum_m lambda_m (sum_j |c_j f_j| |u_j|^m)^2``, (2, n); in row 1 only the orders whose f jumps.

        Row 0 is ``|T|^2`` if nothing cancelled: what rounding is relative to. Row 1 is what a rare sample between two
        nearly parallel weights may give, however small T is elsewhere.
        """
        norms = np.sqrt(np.diagonal(self.residual.gram))
        total = np.zeros((2, self.y.shape[1]))
        for weight, at in self.orders:
            kinds = [1, bool(self.residual.activation.jumps(at.order))]
            total += np.outer(kinds, weight * (norms**at.order @ np.abs(at.f)) ** 2)
        return total

    @cached_property
    def value(self) -> Array:
        """``sum_m lambda_m/2 |T_m|^2``, (n,)."""
        total = np.zeros(self.y.shape[1])
        for weight, at in self.orders:
            total += weight / 2 * np.sum((self.residual.tensor_coordinates(at.order).T @ at.f) ** 2, axis=0)
        return total

    @cached_property
    def gradient(self) -> Array:
        """``<T_m, d_a T_m> = sum_i X_ai P_i + c_i f_i Y_ai``, (q, n), with ``X_ai = c_i f'_i p_ai + alpha_ai f_i``.

        In the exact convention with the Dirac part of f'.
        """
        K = self.residual.width
        total = np.zeros((len(self.moves), self.y.shape[1]))
        for weight, at in self.orders:
            total += weight * np.einsum("lin,alin->an", at.rates * at.facing, self.moves)
            if at.order:
                total += weight * np.einsum("in,ain->an", at.f[:K], at.turning)
        if self.residual.exact:
            total += gradient_on_surfaces(self.residual, self.orders, self.moves) + of_itself(self.residual)[0][:, None]
        return total

    @cached_property
    def gauss_newton(self) -> Array:
        """``<d_a T_m, d_b T_m>`` with the absolutely continuous f', (q, q, n). It is a sum over students i and j,

        [m]_0 X_ai X_bj + [m]_1 (X_ai (u_i . b_j) c_j f_j + c_i f_i (a_i . u_j) X_bj)
        + c_i f_i c_j f_j ([m]_1 a_i . b_j + [m]_2 (a_i . u_j)(u_i . b_j)).
        """
        residual, K, moves = self.residual, self.residual.width, self.moves
        partner = np.zeros_like(moves)
        forms = np.zeros((len(moves), len(moves), self.y.shape[1]))
        for weight, at in self.orders:
            f = at.f[:K]
            other = residual.pairing(at.order, 0)[:, :K] / 2 @ np.einsum("lin,alin->ain", at.rates, moves)
            if at.order:
                other += (residual.pairing(at.order, 1)[:, :K] * residual.overlap[:, :, :K].transpose(0, 2, 1)) @ f
                forms += weight * _quadratic(_student_form(residual, at.order), f, f)
            partner += weight * at.rates * other[:, None]
        return _both_ways(moves, partner) + forms

    @cached_property
    def hessian(self) -> Array:
        """``<d_a T_m, d_b T_m> + <T_m, d_b d_a T_m>``, (q, q, n), rows are components of the field. The second is

            sum_ij c_j f_j ( [m]_0 d_b X_ai + [m]_1 (X_ai (b_i . u_j) + (a_i . u_j) X_bi)
                             + [m]_2 (a_i . u_j)(b_i . u_j) c_i f_i ),
            d_b X_ai = c_i f''_i p_ai p_bi + f'_i (alpha_ai p_bi + p_ai alpha_bi),

        over students i and all j, and the terms with a Dirac part.
        """
        residual, K, moves = self.residual, self.residual.width, self.moves
        partner, total = np.zeros_like(moves), self.gauss_newton.copy()
        for weight, at in self.orders:
            partner += np.einsum("lkin,akin->alin", weight / 2 * at.bends * at.facing, moves)
            if at.order:
                partner += weight * at.rates * at.turning[:, None]
            if at.order > 1:
                total += weight * _quadratic(_residual_form(residual, at.order), at.f[:K], at.f)
        total += _both_ways(moves, partner)
        total += hessian_on_surfaces(residual, self.orders, moves)
        return total + (edges(residual) + of_itself(residual)[1])[:, :, None]


@lru_cache(maxsize=8)
def _student_form(residual: Residual, order: int) -> Array:
    """``[m]_1 a_i . b_j + [m]_2 (a_i . u_j)(u_i . b_j)``, students with students, (q, q, K, K)."""
    Z, overlap = residual.moves.rows.measured, residual.overlap[:, :, : residual.width]
    slope, bend = (residual.pairing(order, k)[:, : residual.width] for k in (1, 2))
    dots = np.tensordot(Z, Z, axes=(2, 2)).transpose(0, 2, 1, 3)
    return np.asarray(slope * dots + bend * overlap[:, None] * overlap.transpose(0, 2, 1))


@lru_cache(maxsize=8)
def _residual_form(residual: Residual, order: int) -> Array:
    """``[m]_2 (a_i . u_j)(b_i . u_j)``, students with everyone, (q, q, K, N)."""
    return np.asarray(residual.pairing(order, 2) * residual.overlap[:, None] * residual.overlap)


def _both_ways(left: Array, right: Array) -> Array:
    """``sum_i left_ai right_bi + right_ai left_bi`` over the ways i in which students move, (q, q, n)."""
    left, right = (moves.reshape(len(moves), -1, moves.shape[-1]) for moves in (left, right))
    half = np.einsum("ain,bin->abn", left, right)
    return np.asarray(half + half.transpose(1, 0, 2))


def _quadratic(form: Array, left: Array, right: Array) -> Array:
    """``sum_ij form_abij left_i right_j``, (q, q, n)."""
    products = (left[:, None] * right).reshape(-1, left.shape[-1])
    return np.asarray(form.reshape(*form.shape[:2], -1) @ products)
