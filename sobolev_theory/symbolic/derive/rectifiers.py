r"""``K_00`` of ``a z_+^n + b (-z)_+^n`` in the polar chart: kinked at 0, positively homogeneous.

In polar coordinates of span(u, v), ``u . x = p R cos(eta)`` and ``v . x = q R cos(eta - theta)``. Both are positive on
a sector of angle ``pi - theta``, ``theta - pi/2 < eta < pi/2``, and one is negative, the other positive, on a sector of
angle ``theta``. The radius integrates to ``2^n n!``, the sectors to arc-cosine functions:

.. math:: K_{00} = \frac{(pq)^n}{2\pi} \left[(a^2 + b^2) J_n(\theta) + 2ab\, J_n(\pi - \theta)\right]
"""

import sympy as sp

from ..algebra.reduction import reduce_polar
from ..arc_cosine import ArcCosine, defining_integral
from ..charts import POLAR
from ..proofs.steps import Derivation
from ..symbols import p, q, theta

HIGHEST = 3
"""Highest power whose arc-cosine function generated code has."""


def kernel(n: int, a: sp.Expr, b: sp.Expr, proof: Derivation) -> tuple[sp.Expr, sp.Expr]:
    """``K_00``, and the coefficient of ``rho`` to split off so that the rest is benign near ``theta = 0``."""
    radius, eta, alpha = sp.Symbol("R", positive=True), sp.Symbol("eta", real=True), sp.Symbol("alpha", real=True)
    radial = sp.integrate(radius ** (2 * n + 1) * sp.exp(-(radius**2) / 2), (radius, 0, sp.oo))
    radial = proof.step(r"Radial integral $\int_0^\infty R^{2n+1} e^{-R^2/2} dR$", radial, 2**n * sp.factorial(n))
    product = sp.cos(eta) * sp.cos(eta - theta)
    half_angle = ((sp.cos(theta) + sp.cos(alpha)) / 2).subs(alpha, 2 * eta - theta)
    proof.step(r"Half angle, $\alpha = 2 \eta - \weightangle$", product, half_angle)
    integrand = sp.expand(((sp.cos(theta) + sp.cos(alpha)) / 2) ** n) / 2  # d eta = d alpha / 2
    scale = 2**n * sp.factorial(n)
    same = sp.integrate(integrand, (alpha, theta - sp.pi, sp.pi - theta))
    same = proof.step("Angular integral over a sector of equal signs", same, defining_integral(n) / scale, reduce_polar)
    opposite = sp.S.Zero
    if a * b != 0:
        opposite = sp.integrate((-1) ** n * integrand, (alpha, sp.pi - theta, sp.pi + theta))
        of_supplement = defining_integral(n).subs(theta, sp.pi - theta) / scale
        proof.step("Angular integral over a sector of opposite signs", opposite, of_supplement, reduce_polar)
    j, supplement = ArcCosine(n, theta), ArcCosine(n, sp.pi - theta)
    # two sectors of either kind, in which sigma sigma is a^2, b^2 or a b times (p q cos cos)^n
    result = proof.step(
        r"$K_{00}$, by the arc-cosine function",
        (p * q) ** n * radial / (2 * sp.pi) * ((a**2 + b**2) * same + 2 * a * b * opposite),
        sp.factor((p * q) ** n / (2 * sp.pi) * ((a**2 + b**2) * j + 2 * a * b * supplement)),
        reduce_polar,
    )
    if n != 1:
        return result, sp.S.Zero
    # the linear part leaves a remainder, that of |z|, which vanishes like theta^3 at theta = 0
    split, rest = (a**2 + b**2) / 2, (a + b) ** 2 * p * q * supplement / (2 * sp.pi)
    return proof.step(rf"Split off ${sp.latex(split)} \rho$", result, split * POLAR.inner + rest, reduce_polar), split
