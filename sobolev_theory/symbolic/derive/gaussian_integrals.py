r"""``K_00`` of sums of ``c z^n exp(a z^2 + b z) erf(k z)``, from one Gaussian integral and Stein's lemma.

For ``(z_1, z_2)`` centred with covariance ``[[s, rho], [rho, t]]``, ``g = s t - rho^2``, completing the square gives

.. math:: \phi(z_1, z_2)\, e^{a z_1^2 + b z_1 + c z_2^2 + d z_2} = \frac{e^E}{\sqrt\Delta} \phi'(z_1, z_2), \qquad
          \Delta = 1 - 2as - 2ct + 4acg, \quad E = \frac{b^2 (s - 2cg) + 2bd\rho + d^2 (t - 2ag)}{2\Delta}

with a Gaussian ``phi'`` of covariance ``[[s - 2cg, rho], [rho, t - 2ag]]/Delta``. Stein's lemma under ``phi'`` lowers
the powers of ``z_1, z_2`` and turns ``erf`` into ``exp``; what is left at power zero is elementary, or has no closed
form. Sines, cosines and hyperbolic functions enter by complex or real ``b``.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import sympy as sp

from ..algebra.kinds import reduce_gram
from ..proofs.steps import Derivation
from ..symbols import rho, s, t, z

DETERMINANT = s * t - rho**2
ZERO, ONE = sp.S.Zero, sp.S.One


@dataclass(frozen=True)
class Term:
    """``coefficient z^power exp(square z^2 + slope z) erf(scale z)``; without the last factor where ``scale = 0``."""

    coefficient: sp.Expr
    power: int
    square: sp.Expr
    slope: sp.Expr
    scale: sp.Expr

    def expression(self, *, coefficient: bool = True) -> sp.Expr:
        """The term as SymPy writes it."""
        exponential = sp.exp(self.square * z**2 + self.slope * z)
        error_function = sp.erf(self.scale * z) if self.scale else ONE
        return (self.coefficient if coefficient else ONE) * z**self.power * exponential * error_function


class NoElementaryForm(Exception):
    """The integral of two terms is no combination of the functions that generated code has."""


KIND = sp.Function("Kind", nargs=3)
"""``exp(exponent) special / sqrt(radicand)`` by the three; moments are sums of such, times functions of s, rho, t."""


class Tilt(NamedTuple):
    """``Delta`` and ``E`` of the module docstring, and the means and the covariance of ``phi'``."""

    radicand: sp.Expr
    exponent: sp.Expr
    mean_1: sp.Expr
    mean_2: sp.Expr
    variance_1: sp.Expr
    covariance: sp.Expr
    variance_2: sp.Expr


@cache
def tilt(a: sp.Expr, b: sp.Expr, c: sp.Expr, d: sp.Expr) -> Tilt:
    """The Gaussian density times ``exp(a z_1^2 + b z_1 + c z_2^2 + d z_2)``, the square completed."""
    radicand = sp.expand(1 - 2 * a * s - 2 * c * t + 4 * a * c * DETERMINANT)
    first, second = sp.expand(s - 2 * c * DETERMINANT), sp.expand(t - 2 * a * DETERMINANT)
    return Tilt(
        radicand,
        sp.expand(b**2 * first + 2 * b * d * rho + d**2 * second) / (2 * radicand),
        sp.expand(b * first + d * rho) / radicand,
        sp.expand(b * rho + d * second) / radicand,
        first / radicand,
        rho / radicand,
        second / radicand,
    )


@cache
def proof_of_integral() -> Derivation:
    """The steps of the module docstring, verified for symbols ``a, b, c, d``."""
    proof = Derivation()
    x, y, a, b, c, d = sp.symbols("z_1 z_2 a b c d", real=True)
    tilted = tilt(a, b, c, d)
    product = a * x**2 + b * x + c * y**2 + d * y - (t * x**2 - 2 * rho * x * y + s * y**2) / (2 * DETERMINANT)
    dx, dy = x - tilted.mean_1, y - tilted.mean_2
    shape = tilted.variance_1 * tilted.variance_2 - tilted.covariance**2
    form = (tilted.variance_2 * dx**2 - 2 * tilted.covariance * dx * dy + tilted.variance_1 * dy**2) / (2 * shape)
    proof.step(
        "Complete the square in phi exp(a z_1^2 + b z_1 + c z_2^2 + d z_2)", product, tilted.exponent - form, sp.cancel
    )
    proof.step(
        "Determinant of the covariance of phi': the factor is Delta^(-1/2)",
        shape,
        DETERMINANT / tilted.radicand,
        sp.cancel,
    )
    slopes = -sp.diff(form, x), -sp.diff(form, y)
    stein = -(tilted.variance_1 * slopes[0] + tilted.covariance * slopes[1])
    proof.step("Stein: (z_1 - mu_1) phi' = -(s' d_1 phi' + rho' d_2 phi')", dx, stein, sp.cancel)
    return proof


@cache
def proof_of_erf() -> Derivation:
    """``E[erf(k z_1) erf(h z_2)] = (2/pi) arctan(2 k h rho / sqrt(Delta))`` by Price's equation in ``rho``."""
    proof = Derivation()
    k, h, x = sp.symbols("k h x", positive=True)
    radicand = tilt(-(k**2), ZERO, -(h**2), ZERO).radicand
    slope = 2 * k / sp.sqrt(sp.pi) * sp.exp(-(k**2) * x**2)
    proof.step("erf(k x)' is a Gaussian", sp.diff(sp.erf(k * x), x), slope)
    kernel = 2 / sp.pi * sp.atan(2 * k * h * rho / sp.sqrt(radicand))
    moment = 4 * k * h / (sp.pi * sp.sqrt(radicand))
    proof.step("Price: d/d rho E[erf(k z_1) erf(h z_2)]", sp.diff(kernel, rho), moment, reduce_gram)
    proof.step("Zero at rho = 0, where the two odd factors are independent", kernel.subs(rho, 0), ZERO)
    return proof


def closed_form(left: tuple[Term, ...], right: tuple[Term, ...]) -> sp.Expr:
    """``E[f(z_1) h(z_2)]`` of two real sums of terms, in real functions.

    Raises
    ------
    NoElementaryForm
        Naming the two factors of the first integral that is not elementary.
    """
    total = ZERO
    for x in left:
        for y in right:
            moment = _moment(x.power, y.power, x.square, x.slope, y.square, y.slope, x.scale, y.scale)
            total += x.coefficient * y.coefficient * moment
    return _real(total)


@cache
def _moment(m: int, n: int, a: sp.Expr, b: sp.Expr, c: sp.Expr, d: sp.Expr, k: sp.Expr, h: sp.Expr) -> sp.Expr:
    """``E[z_1^m z_2^n exp(a z_1^2 + b z_1 + c z_2^2 + d z_2) erf(k z_1) erf(h z_2)]`` by Stein's lemma under phi'."""
    if m == 0 and n == 0:
        return _without_powers(a, b, c, d, k, h)
    if m == 0:
        return _moment(n, m, c, d, a, b, h, k).subs({s: t, t: s}, simultaneous=True)
    at, gauss = tilt(a, b, c, d), 2 / sp.sqrt(sp.pi)
    lower = (
        (at.mean_1, (m - 1, n, a, b, c, d, k, h)),
        (at.variance_1 * (m - 1), (m - 2, n, a, b, c, d, k, h)),
        (at.variance_1 * gauss * k, (m - 1, n, a - k**2, b, c, d, ZERO, h)),
        (at.covariance * n, (m - 1, n - 1, a, b, c, d, k, h)),
        (at.covariance * gauss * h, (m - 1, n, a, b, c - h**2, d, k, ZERO)),
    )
    return sp.Add(*(factor * _moment(*moment) for factor, moment in lower if factor != 0))


def _without_powers(a: sp.Expr, b: sp.Expr, c: sp.Expr, d: sp.Expr, k: sp.Expr, h: sp.Expr) -> sp.Expr:
    """The moments at ``m = n = 0``."""
    at = tilt(a, b, c, d)
    special, factor = ONE, ONE
    if k and h:
        if b or d:
            raise NoElementaryForm(Term(ONE, 0, a, b, k), Term(ONE, 0, c, d, h))
        inner = tilt(a - k**2, ZERO, c - h**2, ZERO).radicand
        factor, special = 2 / sp.pi, sp.atan(2 * k * h * rho / sp.sqrt(at.radicand) / sp.sqrt(inner))
    elif k or h:
        mean, variance, scale = (at.mean_1, at.variance_1, k) if k else (at.mean_2, at.variance_2, h)
        if mean == 0:
            return ZERO
        if mean.has(sp.I):
            raise NoElementaryForm(Term(ONE, 0, a, b, k), Term(ONE, 0, c, d, h))
        special = sp.erf(sp.together(scale * mean / sp.sqrt(sp.cancel(1 + 2 * scale**2 * variance))))
    return factor * KIND(at.exponent, at.radicand, special)


def _by_kind(total: sp.Expr) -> dict[sp.Expr, sp.Expr]:
    """What the kinds of a sum are multiplied by."""
    kinds = total.atoms(KIND)
    return {kind: total.xreplace({other: sp.Integer(other == kind) for other in kinds}) for kind in kinds}


def _real(total: sp.Expr) -> sp.Expr:
    """The sum, known to be real, in real functions: cosines of imaginary exponents, hyperbolic functions of pairs."""
    parts = ZERO
    for kind, value in _by_kind(total).items():
        exponent, radicand, special = kind.args
        growth, phase = sp.expand(exponent * 2 * radicand).as_real_imag()
        growth, phase = (sp.factor(part / (2 * radicand)) for part in (growth, phase))
        real, imaginary = sp.expand(sp.expand(value), complex=True).as_real_imag()
        sign, sine = sp.sin(phase).as_coeff_Mul()
        parts += real * KIND(growth, radicand, sp.cos(phase) * special)
        parts -= sign * imaginary * KIND(growth, radicand, sine * special)
    factors = {kind: factor for kind, value in _by_kind(parts).items() if (factor := sp.factor(value)) != 0}
    result = ZERO
    for kind, factor in factors.items():
        exponent, radicand, special = kind.args
        mirrored = sp.factor(exponent.subs(rho, -rho))
        even, odd = (sp.factor((exponent + sign * mirrored) / 2) for sign in (1, -1))
        other = factors.get(KIND(mirrored, radicand, special), ZERO)
        if odd == 0 or other == 0:
            function = factor * _exponential(exponent)
        elif odd.could_extract_minus_sign():
            continue  # done with its mirror image
        else:
            hyperbolic = sp.factor(factor + other) * sp.cosh(odd) + sp.factor(factor - other) * sp.sinh(odd)
            function = _exponential(even) * hyperbolic
        result += function * special / sp.sqrt(radicand)
    return result


def _exponential(exponent: sp.Expr) -> sp.Expr:
    """Of a polynomial as a sum."""
    return sp.exp(sp.expand(exponent) if exponent.is_polynomial() else exponent)


def variation(terms: tuple[Term, ...]) -> sp.Expr:
    """The largest rate at which a term varies, 1 for ``exp(-z^2/2)``, ``erf(z/sqrt 2)`` and ``sin z``; at least 1.

    Of a polynomial 0: it varies as its argument does.
    """
    if not any(x.square or x.scale or x.slope for x in terms):
        return sp.S.Zero
    rates = [ONE] + [sp.Max(sp.sqrt(-2 * sp.re(x.square)), sp.sqrt(2) * x.scale, sp.Abs(x.slope)) for x in terms]
    return sp.Max(*rates)
