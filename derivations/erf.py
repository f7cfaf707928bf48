r"""The error function, ``sigma(z) = erf(z / sqrt 2)``: ``K_00`` from one Gaussian integral and Price's equation.

``sigma'(z) = sqrt(2/pi) exp(-z^2/2)``, so ``K_11 = E[sigma'(u.x) sigma'(v.x)]`` is a Gaussian integral; ``d K_00/d
rho = K_11`` with ``K_00 = 0`` at ``rho = 0`` (independent arguments, odd activation) then gives ``K_00`` in closed
form.
"""

from functools import cache

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import ActivationFormulas, Derivation, GramChart, derive_activation
from sobolev_theory.symbolic.catalogue.activation_records import activation_records
from sobolev_theory.symbolic.code.modules import activation_module
from sobolev_theory.symbolic.symbols import rho, s, t, z

SOURCE = "Williams 1997; Saad & Solla 1995"
SIGMA = sp.erf(z / sp.sqrt(2))
DELTA = (1 + s) * (1 + t) - rho**2
MAX_ORDER = 3


def derive() -> Output:
    """Kernels and records."""
    formulas = error_function()
    return Output({"erf.py": activation_module(formulas, "derivations/erf.py")}, activation_records(formulas, SOURCE))


@cache
def error_function() -> ActivationFormulas:
    """All formulas of erf(z / sqrt 2)."""
    proof = Derivation()
    return derive_activation("erf", SIGMA, _kernel(proof), GramChart(), proof, max_order=MAX_ORDER)


def _kernel(proof: Derivation) -> sp.Expr:
    """``K_00 = (2/pi) arctan(rho / sqrt(Delta))``, ``Delta = (1+s)(1+t) - rho^2``."""
    slope = proof.step(r"$\sigma'$ is a Gaussian", sp.diff(SIGMA, z), sp.sqrt(2 / sp.pi) * sp.exp(-(z**2) / 2))
    moment = _gaussian_integral(slope, proof)
    kernel = 2 / sp.pi * sp.atan(rho / sp.sqrt(DELTA))
    proof.step(r"Price's theorem, $\partial_\rho K_{00} = K_{11}$", sp.diff(kernel, rho), moment)
    proof.step(r"$\sigma$ is odd, so that $K_{00} = \mathbb{E}[\sigma]^2 = 0$ at $\rho = 0$", SIGMA.subs(z, -z), -SIGMA)
    proof.step(r"$K_{00}$ at $\rho = 0$", kernel.subs(rho, 0), sp.Integer(0))
    classical = sp.asin(rho / sp.sqrt((1 + s) * (1 + t)))
    proof.step(
        "Equal to the classical arcsine: the tangents agree",
        sp.tan(classical),
        rho / sp.sqrt(DELTA),
        _with_positive_roots,
    )
    return kernel


def _gaussian_integral(slope: sp.Expr, proof: Derivation) -> sp.Expr:
    """``K_11 = E[sigma'(z_1) sigma'(z_2)]``, a Gaussian integral, one variable at a time.

    The quadratic form is ``a z_1^2 - 2 b z_1 z_2 + c z_2^2``.
    """
    x, y, b = sp.symbols("z_1 z_2 b", real=True)
    a, c = sp.symbols("a c", positive=True)
    d = s * t - rho**2
    form = {a: t / d + 1, b: rho / d, c: s / d + 1}
    density = -(t * x**2 - 2 * rho * x * y + s * y**2) / (2 * d)  # exponent; the factor is 1/(2 pi sqrt d)
    exponent = sp.log(slope.subs(z, x) / slope.subs(z, 0)) + sp.log(slope.subs(z, y) / slope.subs(z, 0))
    exponent = sp.expand_log(exponent, force=True) + density
    proof.step(
        r"Exponents of $\sigma' \sigma'$ and of the density",
        exponent,
        -(a * x**2 - 2 * b * x * y + c * y**2).subs(form) / 2,
    )
    amplitude = slope.subs(z, 0) ** 2 / (2 * sp.pi * sp.sqrt(d))
    inner = sp.integrate(sp.exp(-(a * x**2 - 2 * b * x * y) / 2), (x, -sp.oo, sp.oo))
    inner = proof.step("Integral over $z_1$", inner, sp.sqrt(2 * sp.pi / a) * sp.exp((b * y) ** 2 / (2 * a)))
    k = sp.Symbol("k", positive=True)  # c - b^2/a, positive since the form is
    outer = sp.integrate(sp.exp(-k * y**2 / 2), (y, -sp.oo, sp.oo))
    outer = proof.step("Integral over $z_2$", outer, sp.sqrt(2 * sp.pi / k)).subs(k, c - b**2 / a)
    proof.step("Determinant $a c - b^2$", (a * c - b**2).subs(form), DELTA / d)
    left = amplitude * (sp.sqrt(2 * sp.pi / a) * outer).subs(form)
    return proof.step(r"$K_{11}$", left, 2 / sp.pi / sp.sqrt(DELTA), _with_positive_roots)


def _with_positive_roots(difference: sp.Expr) -> sp.Expr:
    """Simplify where ``s t - rho^2 = w > 0``.

    Substituting ``t = (rho^2 + w)/s`` makes every radicand a positive expression.
    """
    w = sp.Symbol("w", positive=True)
    return sp.simplify(sp.radsimp(sp.simplify(difference.subs(t, (rho**2 + w) / s))))
