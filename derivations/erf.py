r"""The error function, ``sigma(z) = erf(z / sqrt 2)``: ``K_00`` from one Gaussian integral and Price's differential
equation.

``sigma'(z) = sqrt(2/pi) exp(-z^2/2)``, so ``K_11 = E[sigma'(u.x) sigma'(v.x)]`` is a Gaussian integral; ``d K_00/d
rho = K_11`` with ``K_00 = 0`` at ``rho = 0`` (independent arguments, odd activation) then gives ``K_00`` in closed
form.
"""

import sympy as sp

from derivations.catalogue import Output, activation_records
from sobolev_theory.symbolic import Derivation, GramChart, derive_activation
from sobolev_theory.symbolic.codegen import activation_module
from sobolev_theory.symbolic.symbols import g, rho, s, t, z

SOURCE = "Williams 1997; Saad & Solla 1995"
SIGMA = sp.erf(z / sp.sqrt(2))
# (1+s)(1+t) - rho^2 cancels for nearly parallel vectors of large norm; with the Gram determinant g = s t - rho^2 it
# is a sum of positive terms
DELTA = (1 + s) * (1 + t) - rho**2
CHART = GramChart(((DELTA, 1 + s + t + g),))
MAX_ORDER = 3


def derive() -> Output:
    """All formulas of erf(z / sqrt 2)."""
    proof = Derivation()
    kernel = _kernel(proof)
    formulas = derive_activation("erf", SIGMA, kernel, CHART, proof, max_order=MAX_ORDER)
    return Output({"erf.py": activation_module(formulas, "derivations/erf.py")}, activation_records(formulas, SOURCE))


def _kernel(proof: Derivation) -> sp.Expr:
    """``K_00 = (2/pi) arctan(rho / sqrt((1+s)(1+t) - rho^2))``."""
    x, y = sp.symbols("z_1 z_2", real=True)
    slope = sp.diff(SIGMA, z)
    proof.step("sigma' is a Gaussian", slope, sp.sqrt(2 / sp.pi) * sp.exp(-(z**2) / 2))
    # sigma'(z_1) sigma'(z_2) phi(z): a Gaussian with quadratic form a z_1^2 - 2 b z_1 z_2 + c z_2^2, integrated one
    # variable at a time
    d = s * t - rho**2
    a, b, c = t / d + 1, rho / d, s / d + 1
    amplitude = 2 / sp.pi / (2 * sp.pi * sp.sqrt(d))
    positive = sp.symbols("a_1 c_1", positive=True)
    inner = sp.integrate(sp.exp(-(positive[0] * x**2 - 2 * y * z * x) / 2), (x, -sp.oo, sp.oo))  # z stands for b
    proof.step(
        "Inner Gaussian integral", inner, sp.sqrt(2 * sp.pi / positive[0]) * sp.exp((y * z) ** 2 / (2 * positive[0]))
    )
    outer = sp.integrate(sp.exp(-positive[1] * y**2 / 2), (y, -sp.oo, sp.oo))
    proof.step("Outer Gaussian integral", outer, sp.sqrt(2 * sp.pi / positive[1]))
    # product of the two square roots: sqrt(2 pi / a) sqrt(2 pi / (c - b^2/a)) = 2 pi / sqrt(a c - b^2)
    proof.step("Determinant a c - b^2 = Delta / (s t - rho^2)", a * c - b**2, DELTA / d)
    moment = amplitude * 2 * sp.pi / sp.sqrt(DELTA / d)
    moment = proof.step("K_11 = (2/pi) / sqrt(Delta)", moment**2, (2 / sp.pi) ** 2 / DELTA)
    moment = 2 / sp.pi / sp.sqrt(DELTA)
    kernel = 2 / sp.pi * sp.atan(rho / sp.sqrt(DELTA))
    proof.step("Price: d K_00/d rho = K_11", sp.diff(kernel, rho), moment)
    proof.step("K_00 = 0 at rho = 0", kernel.subs(rho, 0), sp.Integer(0))
    proof.step("sigma is odd, so E[sigma] = 0", SIGMA.subs(z, -z), -SIGMA)
    classical = 2 / sp.pi * sp.asin(rho / sp.sqrt((1 + s) * (1 + t)))
    proof.step(
        "Equal to the arcsine form: same derivative",
        sp.diff(classical, rho),
        moment,
        lambda e: sp.simplify(sp.radsimp(e**2)) if e else e,
    )
    return kernel
