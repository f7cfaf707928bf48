"""Gaussian moments of `sigma(z) = max(z, 0)^n` in polar coordinates of span(u, v)."""

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
    gap = pair.gap
    for psi, weight in gauss_legendre(mp.zero, gap, mp.dps // 2 + 4 * power + 8):
        cos, sin = mp.cos_sin(psi)
        term = weight * sin**i * mp.sin(gap - psi) ** j
        for k in range(rank + 1):
            totals[k] += term * sin ** (rank - k) * cos**k
    scale = perm(power, a) * perm(power, b) * pair.p**i * pair.q**j * half_line(i + j + rank + 1) / (2 * mp.pi)
    return [scale * total for total in totals]


def dirac_moments(power: int, pair: Pair) -> list[Number]:
    """n! E[delta(u.x) sigma^(n)(v.x) x] in the frame `(u^, e)`: the singular part of `sigma^(n+1) = n! delta`.

    `E[delta(u.x) h(x)] = phi(0)/p E[h(x) | u.x = 0]`; on that line `x = t e` and `sigma^(n)(v.x) = n! [t > 0]`, so the
    vector is `n!^2 phi(0)/p int_0^inf t phi(t) dt e`.
    """
    density = 1 / mp.sqrt(2 * mp.pi)
    return [mp.zero, mp.factorial(power) ** 2 * density / pair.p * density * half_line(1)]
