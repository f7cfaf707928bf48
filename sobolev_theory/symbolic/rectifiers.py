r"""``K_00`` of ``a z_+^n + b (-z)_+^n`` in the polar chart: kinked at 0, positively homogeneous.

In polar coordinates both arguments are positive on a sector of angle ``pi - theta``, and one is negative, the other
positive, on a sector of angle ``theta``:

.. math:: K_{00} = \frac{(pq)^n}{2\pi} \left[(a^2 + b^2) J_n(\theta) + 2ab\, J_n(\pi - \theta)\right]
"""

import sympy as sp

from .arc_cosine import ArcCosine, defining_integral
from .charts import POLAR
from .reduction import reduce
from .steps import Derivation
from .symbols import p, q, theta

HIGHEST = 3
"""Highest power whose arc-cosine function generated code has."""


def kernel(n: int, a: sp.Expr, b: sp.Expr, proof: Derivation) -> tuple[sp.Expr, sp.Expr]:
    """``K_00``, and the coefficient of ``rho`` to split off so that the rest is benign near ``theta = 0``."""
    length, phi, alpha = sp.Symbol("R", positive=True), sp.Symbol("phi", real=True), sp.Symbol("alpha", real=True)
    radial = sp.integrate(length ** (2 * n + 1) * sp.exp(-(length**2) / 2), (length, 0, sp.oo))
    radial = proof.step("Radial integral of R^(2n) against R exp(-R^2/2)", radial, 2**n * sp.factorial(n))
    product = sp.cos(phi) * sp.cos(phi - theta)
    half_angle = ((sp.cos(theta) + sp.cos(alpha)) / 2).subs(alpha, 2 * phi - theta)
    proof.step("cos(phi) cos(phi - theta) = (cos theta + cos alpha)/2, alpha = 2 phi - theta", product, half_angle)
    integrand = sp.expand(((sp.cos(theta) + sp.cos(alpha)) / 2) ** n) / 2  # d phi = d alpha / 2
    same = sp.integrate(integrand, (alpha, theta - sp.pi, sp.pi - theta))
    scale = 2**n * sp.factorial(n)
    proof.step("Sector of equal signs", same, defining_integral(n) / scale, reduce)
    opposite = sp.integrate((-1) ** n * integrand, (alpha, sp.pi - theta, sp.pi + theta))
    proof.step("Sector of opposite signs", opposite, defining_integral(n).subs(theta, sp.pi - theta) / scale, reduce)
    j, of_supplement = ArcCosine(n, theta), ArcCosine(n, sp.pi - theta)
    result = sp.factor((p * q) ** n / (2 * sp.pi) * ((a**2 + b**2) * j + 2 * a * b * of_supplement))
    proof.step(
        "K_00: two sectors of either kind, where sigma sigma is a^2, b^2 or a b times (p q cos cos)^n",
        (p * q) ** n * radial / (2 * sp.pi) * ((a**2 + b**2) * same + 2 * a * b * opposite),
        result,
        reduce,
    )
    if n != 1:
        return result, sp.S.Zero
    split = (a**2 + b**2) / 2
    rest = (a + b) ** 2 * p * q * of_supplement / (2 * sp.pi)
    statement = f"Split off {split} rho: the rest is that of |z|, proportional to p q (sin - theta cos)"
    return proof.step(statement, result, split * POLAR.inner + rest, reduce), split
