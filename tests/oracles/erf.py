"""Gaussian moments of `sigma(z) = erf(z / sqrt 2)`, by cubature that is exact for polynomials."""

from functools import lru_cache
from itertools import product

from mpmath import mp

from .plane import Pair
from .quadrature import Number, gauss_hermite, gauss_legendre, hermite


def moments(a: int, b: int, rank: int, pair: Pair) -> list[Number]:
    """E[sigma^(a)(u.x) sigma^(b)(v.x) x^(tensor rank)] in the frame `(u^, e)`.

    Returned are the monomials `x1^(rank-k) x2^k`, k = 0..rank. For a >= 1,
    `sigma^(a)(z) = sqrt(2/pi) (-1)^(a-1) He_(a-1)(z) e^(-z^2/2)`; erf itself enters by its definition
    `sigma(z) = sqrt(2/pi) int_0^1 z e^(-tau^2 z^2 / 2) dtau`. What remains is a Gaussian expectation of a polynomial
    times `e^(-(alpha^2 (u.x)^2 + beta^2 (v.x)^2)/2)` with alpha, beta = 1, or tau where the factor is erf.
    """
    if a == 0 and b == 0:
        if rank:
            raise NotImplementedError("E[erf erf x] is not needed")
        return [_erf_erf(pair)]
    scale = mp.mpf(-1) ** (max(a - 1, 0) + max(b - 1, 0)) * 2 / mp.pi
    totals = [mp.zero] * (rank + 1)
    for tau, weight in _tau_rule(pair.p if a == 0 else pair.q, mp.prec) if min(a, b) == 0 else [(mp.one, mp.one)]:
        alpha, beta = tau if a == 0 else 1, tau if b == 0 else 1
        parts = _tilted(alpha, beta, 1 if a == 0 else a - 1, 1 if b == 0 else b - 1, rank, pair)
        totals = [total + scale * weight * part for total, part in zip(totals, parts, strict=True)]
    return totals


def _tilted(alpha: Number, beta: Number, first: int, second: int, rank: int, pair: Pair) -> list[Number]:
    """E[He_first(u.x) He_second(v.x) x^(tensor rank) e^(-(alpha^2 (u.x)^2 + beta^2 (v.x)^2)/2)].

    The exponentials turn N(0, I) into `det(B)^(-1/2) N(0, B^-1)` with `B = I + alpha^2 u u' + beta^2 v v'`. Under it
    `x = L xi`, `L L' = B^-1`, and the Gauss-Hermite rule in xi is exact for the polynomial.
    """
    ss, tt = (alpha * pair.p) ** 2, (beta * pair.q) ** 2
    det = 1 + ss + tt + ss * tt * pair.sin**2
    b12, b22 = tt * pair.cos * pair.sin, 1 + tt * pair.sin**2
    l11 = mp.sqrt(b22 / det)
    l21, l22 = -b12 / (det * l11), 1 / mp.sqrt(b22)
    totals = [mp.zero] * (rank + 1)
    for (xi, w), (eta, z) in product(gauss_hermite((first + second + rank) // 2 + 1), repeat=2):
        x1, x2 = l11 * xi, l21 * xi + l22 * eta
        term = w * z * hermite(first, pair.p * x1) * hermite(second, pair.q * (pair.cos * x1 + pair.sin * x2))
        for k in range(rank + 1):
            totals[k] += term * x1 ** (rank - k) * x2**k
    return [total / mp.sqrt(det) for total in totals]


def _erf_erf(pair: Pair) -> Number:
    """E[sigma(u.x) sigma(v.x)] = (2/pi) int_0^1 det(B)^(-1/2) c_uv (1 + c_vv)^(-1/2) dtau.

    The first erf is its tau-integral, whose exponential tilts the Gaussian to covariance `B^-1`, `B = I + tau^2 u u'`:
    `c_uv = u' B^-1 v`, `c_vv = v' B^-1 v`. Under it `E[(u.x) sigma(v.x)] = c_uv E[sigma'(v.x)]` (Stein) and
    `E[sigma'(v.x)] = sqrt(2/pi) (1 + c_vv)^(-1/2)`. The self-check compares it with plain 2-D integration.
    """
    total = mp.zero
    for tau, weight in _tau_rule(pair.p, mp.prec):
        det = 1 + (tau * pair.p) ** 2
        c_vv = pair.q**2 * (pair.cos**2 / det + pair.sin**2)
        total += weight * pair.rho / (det * mp.sqrt(det * (1 + c_vv)))
    return 2 / mp.pi * total


@lru_cache(256)
def _tau_rule(norm: Number, bits: int) -> list[tuple[Number, Number]]:
    """Nodes and weights for `int_0^1 f(tau) dtau` of the integrands above, `norm` the length of the erf's own weight.

    At the ambient precision, of so many bits.

    `det(B)` vanishes at `tau = +-i kappa / norm` with `kappa >= 1`. With `norm tau = sinh(y)` those points lie at
    `|Im y| = pi/2` for every kappa, and on panels of length at most 2 a Gauss-Legendre node is worth 1.07 digits.
    """
    top = mp.asinh(norm)
    panels = int(mp.ceil(top / 2))
    rule = []
    for k in range(panels):
        for y, weight in gauss_legendre(top * k / panels, top * (k + 1) / panels, mp.dps + 8):
            rule.append((mp.sinh(y) / norm, weight * mp.cosh(y) / norm))
    return rule
