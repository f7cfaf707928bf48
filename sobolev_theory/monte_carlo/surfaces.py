"""The Dirac terms of a gradient and a Hessian, sampled on the surfaces where a derivative jumps.

With ``f = sigma^(m)``, as distributions ``f' = f'_ac + k delta`` and ``f'' = f''_ac + k' delta + k delta'``, where k
and k' are the jumps of f and f'_ac at a kink; where there are several, their terms are summed. A kink at kappa is one
at 0 of ``z = u . x + b - kappa``, which is written z here. Inputs are conditioned on ``z = 0`` by ``x' = x - Sigma u
z/s``; the mean of z is m, and ``s = u'Sigma u`` its variance. For ``h`` smooth across the surface

    E[delta(z) h(x)]   =  exp(-m^2/2s) / sqrt(2 pi s)  E[h(x')]
    E[delta'(z) h(x)]  = -E[delta(z) (u'Sigma grad h + m h)(x)] / s                (by parts).

Here are the terms of a student with others. What it has with itself, and what has two deltas, needs the mean and the
covariance of conditioned inputs only (`conditioned`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np

from .residual import Factors, Residual
from .rows import Array

Orders = list[tuple[float, Factors]]
"""``lambda_m`` and the factors of order m."""


def gradient_on_surfaces(residual: Residual, orders: Orders, moves: Array) -> Array:
    """``sum_i c_i density_i k p_ai P_i``, each student on its own surface, (q, n)."""
    total = np.zeros((len(moves), moves.shape[-1]))
    for surface in _surfaces(residual, orders, moves):
        for weight, at in surface.orders:
            total += weight * surface.density * surface.jump(at.order) * surface.facing(at) * surface.p
    return total


def hessian_on_surfaces(residual: Residual, orders: Orders, moves: Array) -> Array:
    """Terms with one delta, (q, q, n); rows a follow the convention, columns b are full derivatives:

    ``sum_i density_i (L_a p_bi + [exact] p_ai L_b + c_i C p_ai p_bi)``.
    """
    total = np.zeros((len(moves), len(moves), moves.shape[-1]))
    for surface in _surfaces(residual, orders, moves):
        turn, bend = np.zeros_like(surface.p), np.zeros(moves.shape[-1])
        for weight, at in surface.orders:
            turn += surface.turn(weight, at)
            bend += weight * surface.density * surface.bend(at)
        total += (turn + bend * surface.p)[:, None] * surface.p
        if residual.exact:
            total += surface.p[:, None] * turn
    return total


@dataclass(frozen=True, eq=False)
class _Surface:
    """Student i on the surface of one of its kinks: ``x' = x - Sigma u_i z_i/s_i``, with everyone's factors at ``x'``.

    ``along = z_i/s_i``. Sums over others have a factor ``[m]_k`` each, which is 0 for the student itself.
    """

    residual: Residual
    student: int
    kink: float
    along: Array
    moves: Array
    orders: Orders

    @cached_property
    def variance(self) -> float:
        """``s_i``."""
        return float(self.residual.covariance[self.student, self.student])

    @property
    def mean(self) -> float:
        """``m_i``, of z_i, which is zero at the kink."""
        return float(self.residual.rows.offsets[self.student]) - self.kink

    @cached_property
    def thickness(self) -> float:
        """One over the density of ``z_i`` at 0."""
        return float(np.sqrt(2 * pi * self.variance) * np.exp(self.mean**2 / (2 * self.variance)))

    @cached_property
    def density(self) -> float:
        """``c_i`` times the density of ``z_i`` at 0."""
        return float(self.residual.output[self.student]) / self.thickness

    @cached_property
    def p(self) -> Array:
        """``p_ai`` at ``x'``, (q, n)."""
        i = self.student
        return np.asarray(self.moves[:, 0, i] - self.residual.reach[:, i, i, None] * self.along)

    def jump(self, order: int) -> float:
        """Of ``sigma_i^(order)`` at the kink."""
        return float(self.residual.jumps(order, self.kink)[self.student])

    def pairing(self, order: int, k: int) -> Array:
        """``[m]_k`` with others, (N,)."""
        with_others: Array = self.residual.pairing(order, k)[self.student].copy()
        with_others[self.student] = 0.0
        return with_others

    def facing(self, at: Factors) -> Array:
        """``P = sum_(j != i) [m]_0 c_j f_j``, (n,)."""
        return np.asarray(self.pairing(at.order, 0) @ at.f)

    def turn(self, weight: float, at: Factors) -> Array:
        """``lambda_m density_i L_a``, ``L_a = k (c_i B_a + alpha_ai P - [exact] c_i A_ai P / s_i)``, (q, n).

        From delta, and from ``delta'``. ``A_ai`` is the covariance of ``p_ai`` and ``z_i``, and ``B_a`` the change of P
        along ``Z_a`` at fixed x'; ``a_j = X_aj = 0`` for a teacher:

            B_a = sum_(j != i) ( [m]_1 (a_i . u_j + u_i . a_j) c_j f_j + [m]_0 X_aj ).
        """
        residual, i, K = self.residual, self.student, self.residual.width
        k = self.jump(at.order)
        if k == 0:
            return np.zeros_like(self.p)
        value, slope = (self.pairing(at.order, derivative) for derivative in range(2))
        touch = slope * residual.overlap[:, i]  # (q, N)
        touch[:, :K] += slope[:K] * residual.overlap[:, :, i]
        moved = value[:K, None] * at.rates
        facing = self.facing(at)
        change = touch @ at.f + np.einsum("ljn,aljn->an", moved, self.moves)
        change -= residual.reach[:, :, i] @ moved[0] * self.along
        if residual.exact:
            change -= np.outer(residual.reach[:, i, i] / self.variance, facing)
        output = residual.moves.output[:, i] / self.thickness
        return np.asarray(weight * self.density * (k * change) + np.outer(weight * k * output, facing))

    def bend(self, at: Factors) -> Array:
        """``C = k' P - [exact] (k / s_i) (m_i P + sum_(j != i) [m]_0 C_ij c_j f'_j)``, (n,): delta and ``delta'``."""
        residual, i = self.residual, self.student
        facing = self.facing(at)
        total = self.jump(at.order + 1) * facing
        if residual.exact and self.jump(at.order):
            through = self.pairing(at.order, 0) * residual.covariance[i] @ at.slope + self.mean * facing
            total -= self.jump(at.order) / self.variance * through
        return np.asarray(total)


def _surfaces(residual: Residual, orders: Orders, moves: Array) -> Iterator[_Surface]:
    """The surfaces of every student whose ``z_i`` varies, with the orders for which f or f' jumps there.

    Conditioning the samples needs no new product: ``z'_j = z_j - C_ij z_i / s_i`` for covariances ``C_ij`` of ``z_i``
    and ``z_j``. (Where a zero student is allowed its terms vanish, having a factor ``g^m / |u|`` with m > 1.)
    """
    for kink in residual.kinks:
        bent = [residual.jumps(at.order, kink) ** 2 + residual.jumps(at.order + 1, kink) ** 2 for _, at in orders]
        jumping = [each for each, rows in zip(orders, bent, strict=True) if rows.any()]
        for i in map(int, np.flatnonzero(np.any(bent, axis=0)[: residual.width])):
            if s := residual.covariance[i, i]:
                along = (jumping[0][1].z[i] - kink) / s
                z = jumping[0][1].z - residual.covariance[i, :, None] * along
                conditioned = [(weight, Factors(residual, at.order, z)) for weight, at in jumping]
                yield _Surface(residual, i, kink, along, moves, conditioned)
