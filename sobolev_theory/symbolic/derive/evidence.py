r"""``E[sigma(u . x) sigma(v . x)]`` by quadrature of its definition: evidence that a derived closed form is right.

With ``u . x = p x`` and ``v . x = q (cos(theta) x + sin(theta) y)`` for independent standard normal ``x, y``:

- smooth activations: a trapezoidal sum in both variables, which converges faster than geometrically;
- ``a z_+^n + b (-z)_+^n``: in polar coordinates the radius integrates to ``2^n n!``, and sectors between the kinks are
  integrated by a Gauss-type rule.
"""

import math
from collections.abc import Callable
from typing import Any

import mpmath
import sympy as sp
from mpmath import mp

from ..arc_cosine import closed_forms
from ..symbols import p, q, rho, s, t, theta, z

Function = Callable[[Any], Any]

DIGITS = 25
REACH, PER_POINT = 12, 4
"""How far the trapezoidal rule reaches at least, and what it reaches in units of the points per unit of length."""

POINTS = ((0.75, 0.375, 0.875), (0.5, 1.25, 2.25))
"""``(p, q, theta)`` at which the definition is integrated, lengths in units of those on which the moment varies."""


def discrepancy(sigma: sp.Expr, kernel: sp.Expr, degree: int | None, variation: sp.Expr, power: int = 0) -> float:
    """Largest difference of closed form and definition at `POINTS`, relative to ``sqrt(K_00(u, u) K_00(v, v))``.

    ``power`` is the highest one of ``z`` in a smooth activation; the rule reaches further for higher ones, and works
    with more digits.
    """
    reach = _reach(power)
    function = sp.lambdify(z, sigma, "mpmath")
    letters = (s, rho, t, p, q, theta)
    closed = sp.lambdify(letters, closed_forms(kernel), "mpmath")
    worst = 0.0
    with mp.workdps(DIGITS + 10 + power):
        unit = mp.mpmathify(sp.N(variation or 1, DIGITS + 10 + power))
        for first, second, angle in POINTS:
            u, v, between = mp.mpf(first) / unit, mp.mpf(second) / unit, mp.mpf(angle)
            truth = _definition(function, u, v, between, degree, reach)
            sizes = [_definition(function, length, length, mp.zero, degree, reach) for length in (u, v)]
            size = mp.sqrt(abs(mp.fprod(sizes)))
            value = closed(u**2, u * v * mp.cos(between), v**2, u, v, between)
            worst = max(worst, float(abs(truth - value) / size))
    return worst


def _reach(power: int) -> int:
    """Where ``x^(2 power) exp(-x^2/2)`` is no longer seen beside its integral."""
    reach, size = REACH, math.lgamma(power + 0.5) + power * math.log(2)
    while reach**2 / 2 - 2 * power * math.log(reach) + size < DIGITS * math.log(10):
        reach += 1
    return reach


def _definition(
    function: Function, p: mpmath.mpf, q: mpmath.mpf, theta: mpmath.mpf, degree: int | None, reach: int
) -> mpmath.mpf:
    """The integral by the rule of the module docstring."""
    if degree is not None:
        kinks = {x % (2 * mp.pi) for x in (mp.pi / 2, -mp.pi / 2, theta + mp.pi / 2, theta - mp.pi / 2)}
        edges = [mp.zero, *sorted(kinks), 2 * mp.pi]
        angular = mp.quad(lambda phi: function(p * mp.cos(phi)) * function(q * mp.cos(phi - theta)), edges)
        return 2**degree * mp.factorial(degree) * angular / (2 * mp.pi)
    per_unit = math.ceil(reach / PER_POINT)
    nodes = [mp.mpf(k) / per_unit for k in range(-reach * per_unit, reach * per_unit + 1)]
    weights = [mp.exp(-x * x / 2) / (per_unit * mp.sqrt(2 * mp.pi)) for x in nodes]
    cosine, sine = mp.cos_sin(theta)
    if theta == 0:
        return mp.fsum(w * function(p * x) * function(q * x) for x, w in zip(nodes, weights, strict=True))
    total = mp.zero
    for x, weight in zip(nodes, weights, strict=True):
        inner = (w * function(q * (cosine * x + sine * y)) for y, w in zip(nodes, weights, strict=True))
        total += weight * function(p * x) * mp.fsum(inner)
    return total
