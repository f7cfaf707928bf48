"""Gaussian moments of `sigma(z) = max(z, 0)^n` in polar coordinates of span(u, v)."""

from functools import lru_cache
from math import perm

from mpmath import mp

from .plane import Pair
from .quadrature import Number, gauss_legendre, half_line


def moments(power: int, a: int, b: int, rank: int, pair: Pair) -> list[Number]:
    """E[sigma^(a)(u.x) sigma^(b)(v.x) x^(tensor rank)] in the frame `(u^, e)`, absolutely continuous parts.

    Returned are the monomials `x1^(rank-k) x2^k`, k = 0..rank. With `sigma^(a)_ac(z) = n!/(n-a)! z_+^(n-a)` (zero for
    a > n), `i = n-a`, `j = n-b` and the angle `psi` counted from the edge of the half-plane `u.x > 0`:

        1/(2 pi) int_0^inf r^(i+j+rank+1) e^(-r^2/2) dr
            * int_0^(pi-theta) (p sin psi)^i (q sin(pi-theta-psi))^j sin(psi)^(rank-k) cos(psi)^k dpsi.

    Both half-planes are active exactly for `0 < psi < pi - theta`. The integrand is a trigonometric polynomial of
    degree `i + j + rank`, for which the Gauss-Legendre rule below is exact to working precision.
    """
    i, j = power - a, power - b
    totals = [mp.zero] * (rank + 1)
    if i < 0 or j < 0:
        return totals
    for weight, cos, sin, opposite in _arc(pair.gap, mp.dps // 2 + 4 * power + 8, mp.prec):
        term = weight * sin**i * opposite**j
        for k in range(rank + 1):
            totals[k] += term * sin ** (rank - k) * cos**k
    scale = perm(power, a) * perm(power, b) * pair.p**i * pair.q**j * half_line(i + j + rank + 1) / (2 * mp.pi)
    return [scale * total for total in totals]


@lru_cache(256)
def _arc(gap: Number, count: int, bits: int) -> list[tuple[Number, Number, Number, Number]]:
    """Weights, cosines and sines of the rule's angles psi in (0, gap), and the sines of `gap - psi`, at so many bits.

    The rule is symmetric: `gap - psi` are its angles, from the last to the first. All moments of a pair share it.
    """
    rule = gauss_legendre(mp.zero, gap, count)
    turns = [mp.cos_sin(psi) for psi, _ in rule]
    both = zip(rule, turns, reversed(turns), strict=True)
    return [(weight, cos, sin, opposite) for (_, weight), (cos, sin), (_, opposite) in both]


def dirac_moments(power: int, pair: Pair) -> list[Number]:
    """n! E[delta(u.x) sigma^(n)(v.x) x] in the frame `(u^, e)`: the singular part of `sigma^(n+1) = n! delta`.

    `E[delta(u.x) h(x)] = phi(0)/p E[h(x) | u.x = 0]`; on that line `x = t e` and `sigma^(n)(v.x) = n! [t > 0]`, so the
    vector is `n!^2 phi(0)/p int_0^inf t phi(t) dt e`.
    """
    density = 1 / mp.sqrt(2 * mp.pi)
    return [mp.zero, mp.factorial(power) ** 2 * density / pair.p * density * half_line(1)]
