"""The Dirac terms of a gradient and a Hessian, sampled on the surfaces ``u_i . x = 0`` where a derivative jumps.

With ``f = sigma^(m)``, as distributions ``f' = f'_ac + k delta`` and ``f'' = f''_ac + k' delta + k delta'``, where k
and k' are the jumps of f and f'_ac. For ``h`` smooth across the surface (s = |u|^2, Pi the projector off u):

    E[delta(u.x) h(x)]            =  E[h(Pi x)] / sqrt(2 pi s)
    E[delta'(u.x) h(x)]           = -E[delta(u.x) (u . grad h)(x)] / s             (by parts)
    E[delta(u.x) delta(v.x) h(x)] =  E[h(Pi_uv x)] / (2 pi |u||v| sin(theta))

A student with itself carries none of them: ``E f(u.x)^2`` is smooth in u, and what its distributional derivatives leave
on the surface vanishes, because ``f f'_ac`` does not jump and because ``Pi x`` has mean zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import pi, sqrt

import numpy as np

from .residual import Array, Factors, Residual

Orders = list[tuple[float, Factors]]
"""``lambda_m`` and the factors of order m."""


def gradient_on_surfaces(residual: Residual, orders: Orders, p: Array) -> Array:
    """``sum_i c_i / sqrt(2 pi s_i) k p_ai P_i``, each student on its own surface, (q, n)."""
    total = np.zeros((len(p), p.shape[-1]))
    for surface in _surfaces(residual, orders, p):
        for weight, at in surface.orders:
            total += weight * surface.density * residual.jump(at.order) * surface.facing(at) * surface.p
    return total


def hessian_on_surfaces(residual: Residual, orders: Orders, p: Array) -> Array:
    """Terms with one delta, (q, q, n); rows a follow the convention, columns b are full derivatives:

    ``sum_i c_i / sqrt(2 pi s_i) (L_a p_bi + [exact] p_ai L_b + C p_ai p_bi)``.
    """
    total = np.zeros((len(p), len(p), p.shape[-1]))
    for surface in _surfaces(residual, orders, p):
        turn, bend = np.zeros_like(surface.p), np.zeros(p.shape[-1])
        for weight, at in surface.orders:
            turn += weight * surface.density * surface.turn(at)
            bend += weight * surface.density * surface.bend(at)
        total += (turn + bend * surface.p)[:, None] * surface.p
        if residual.exact:
            total += surface.p[:, None] * turn
    return total


@dataclass(frozen=True, eq=False)
class _Surface:
    """Student i on its own surface: ``x' = Pi x``, with the factors of everyone else at ``x'``.

    ``density = c_i / sqrt(2 pi s_i)``; ``along = u_i . x / s_i``, so that ``x' = x - along u_i``.
    """

    residual: Residual
    student: int
    density: float
    along: Array
    all_p: Array
    orders: Orders

    @cached_property
    def p(self) -> Array:
        """``p_a = a_i . x'``, (q, n)."""
        i = self.student
        return np.asarray(self.all_p[:, i] - self.residual.overlap[:, i, i, None] * self.along)

    def facing(self, at: Factors) -> Array:
        """``P = sum_(j != i) [m]_0 c_j f_j``, (n,)."""
        return np.asarray(self.residual.pairing(at.order, 0)[self.student] @ at.f)

    def turn(self, at: Factors) -> Array:
        """``L_a = k (B_a - [exact] (a_i . u_i) P / s_i)``, (q, n): from delta, and from ``delta'``.

        ``B_a`` is the change of P along ``Z_a`` at fixed x'; ``a_j = 0`` for a teacher:

            B_a = sum_(j != i) c_j ( [m]_1 (a_i . u_j + u_i . a_j) f_j + [m]_0 f'_j (a_j . x') ).
        """
        residual, i, K = self.residual, self.student, self.residual.width
        k = residual.jump(at.order)
        if k == 0:
            return np.zeros_like(self.p)
        value, slope = (residual.pairing(at.order, derivative)[i] for derivative in range(2))
        moving = residual.overlap[:, :, i]  # (q, K): a_j . u_i
        touch = slope * residual.overlap[:, i]
        touch[:, :K] += slope[:K] * moving
        moved = value[:K, None] * at.slope[:K]
        change = touch @ at.f + np.einsum("jn,ajn->an", moved, self.all_p) - moving @ moved * self.along
        if residual.exact:
            change -= np.outer(moving[:, i] / residual.gram[i, i], self.facing(at))
        return np.asarray(k * change)

    def bend(self, at: Factors) -> Array:
        """``C = k' P - [exact] (k / s_i) sum_(j != i) [m]_0 rho_ij c_j f'_j``, (n,): from delta and ``delta'``."""
        residual, i = self.residual, self.student
        total = residual.jump(at.order + 1) * self.facing(at)
        if residual.exact and residual.jump(at.order):
            through = residual.pairing(at.order, 0)[i] * residual.gram[i]
            total -= residual.jump(at.order) / residual.gram[i, i] * (through @ at.slope)
        return total


def _surfaces(residual: Residual, orders: Orders, p: Array) -> Iterator[_Surface]:
    """The surface of every student but zero ones, with the orders for which f or f' jumps.

    Projecting the samples needs no new product: ``z'_j = z_j - rho_ij z_i / s_i``. (Where a zero student is allowed its
    terms vanish, having a factor ``rho^m / |u|`` with m > 1.)
    """
    orders = [(weight, at) for weight, at in orders if residual.jump(at.order) or residual.jump(at.order + 1)]
    for i in range(residual.width if orders else 0):
        if s := residual.gram[i, i]:
            along = orders[0][1].z[i] / s
            z = orders[0][1].z - residual.gram[i, :, None] * along
            output = residual.output.copy()
            output[i] = 0.0
            others = [(weight, Factors(residual, at.order, z, output)) for weight, at in orders]
            yield _Surface(residual, i, residual.output[i] / sqrt(2 * pi * s), along, p, others)


@lru_cache(maxsize=8)
def edges(residual: Residual) -> Array:
    """Terms with a delta on two surfaces (convention "exact"), (q, q); their mean needs only ``E x x' = 1``:

        sum_i sum_(j != i) S_ij a_i' Pi_ij (b_j - (rho_ij / s_i) b_i),    b_j = 0 for a teacher,
        S_ij = c_i c_j sum_m lambda_m k^2 [m]_0 / (2 pi |u_i||u_j| sin(theta)).

    The first part is in ``<d_a T, d_b T>``, the second in the ``delta'`` of ``<T, d_b d_a T>``.
    """
    U, Z, K = residual.weights, residual.directions, residual.width
    total = np.zeros((len(Z), len(Z)))
    pairing = np.zeros((K, len(U)))
    for order, weight in residual.norm.orders:
        pairing += weight * residual.jump(order) ** 2 * residual.pairing(order, 0)
    pairing *= residual.output[:K, None] * residual.output
    for i in range(K if residual.exact and pairing.any() else 0):
        others = np.delete(np.arange(len(U)), i)
        plane, triangle = np.linalg.qr(np.stack(np.broadcast_arrays(U[i], U[others]), axis=-1))  # (N-1, d, 2), ...
        area = np.abs(triangle[:, 0, 0] * triangle[:, 1, 1])
        strength = np.divide(pairing[i, others], 2 * pi * area, out=np.zeros_like(area), where=pairing[i, others] != 0)
        flat = strength[:, None, None] * (Z[:, i] - Z[:, i] @ plane @ plane.transpose(0, 2, 1))  # (N-1, q, d)
        total += np.einsum("jad,bjd->ab", flat[: K - 1], Z[:, others[: K - 1]])
        if residual.gram[i, i]:
            total -= np.tensordot(residual.gram[i, others] / residual.gram[i, i], flat, 1) @ Z[:, i].T
    return total
