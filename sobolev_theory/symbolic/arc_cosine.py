r"""The arc-cosine functions ``J_n`` of Cho and Saul (2009), as named functions of the theory.

.. math:: J_n(\theta) = n! \int_0^{\pi-\theta} (\cos\theta + \cos\alpha)^n \, d\alpha

so that ``J_0 = pi - theta`` and ``J_1 = sin(theta) + (pi - theta) cos(theta)``. They vanish at ``theta = pi`` like
``(pi - theta)^(2n+1)``, which their closed form loses to cancellation; therefore generated code calls them by name
(`sobolev_theory._special`) and never expands them there.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy as sp
from mpmath.libmp import prec_to_dps
from sympy.core.function import ArgumentIndexError

from .symbols import cosine, sine, theta


class ArcCosine(sp.Function):
    r"""``ArcCosine(n, x)`` is ``J_n(x)``; its derivative is ``-n^2 sin(x) J_(n-1)(x)``, and ``J_0(x) = pi - x``."""

    nargs = 2

    @classmethod
    def eval(cls, n: sp.Expr, x: sp.Expr) -> sp.Expr | None:
        return sp.pi - x if n == 0 else None

    def fdiff(self, argindex: int = 2) -> sp.Expr:
        if argindex != 2:
            raise ArgumentIndexError(self, argindex)
        n, x = self.args
        return -(n**2) * sp.sin(x) * ArcCosine(n - 1, x)

    def closed_form(self) -> sp.Expr:
        """``J_n = a_n(cos) (pi - x) + b_n(cos) sin(x)``, from the defining integral."""
        n, x = self.args
        a, b = closed_form_coefficients(int(n))
        return a.subs(cosine, sp.cos(x)) * (sp.pi - x) + b.subs(cosine, sp.cos(x)) * sp.sin(x)

    def _eval_evalf(self, prec: int) -> sp.Expr:
        return self.closed_form().evalf(prec_to_dps(prec) + 1)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        n, x = self.args
        power = f"^{{{exp}}}" if exp else ""
        return rf"J_{{{printer._print(n)}}}{power}\left({printer._print(x)}\right)"


def closed_forms(expression: sp.Expr) -> sp.Expr:
    """An expression with its arc-cosine functions written out."""
    return expression.replace(ArcCosine, lambda n, x: ArcCosine(n, x).closed_form())


def of_angle(
    expression: sp.Expr, at_angle: Callable[[sp.Integer], sp.Expr], at_supplement: Callable[[sp.Integer], sp.Expr]
) -> sp.Expr:
    """An expression with other values, by their degrees, for arc-cosine functions of theta and of its supplement.

    Raises
    ------
    ValueError
        For an arc-cosine function of another angle.
    """

    def value(n: sp.Integer, x: sp.Expr) -> sp.Expr:
        if x == theta:
            return at_angle(n)
        if sp.expand(x - (sp.pi - theta)) == 0:
            return at_supplement(n)
        raise ValueError(f"arc-cosine function of {x}: expected theta or pi - theta")

    return expression.replace(ArcCosine, value)


@cache
def defining_integral(n: int) -> sp.Expr:
    """``n! int_0^(pi - theta) (cos theta + cos alpha)^n d alpha``, integrated by SymPy."""
    alpha = sp.Symbol("alpha", real=True)
    integrand = sp.expand((sp.cos(theta) + sp.cos(alpha)) ** n)
    return sp.factorial(n) * sp.integrate(integrand, (alpha, 0, sp.pi - theta))


@cache
def closed_form_coefficients(n: int) -> tuple[sp.Expr, sp.Expr]:
    """Polynomials ``a_n, b_n`` in ``cosine`` with ``J_n = a_n (pi - theta) + b_n sin(theta)``.

    Read off the defining integral: its terms are ``pi - theta`` or ``sin(theta)`` times a polynomial in the cosine.
    """
    psi = sp.Symbol("psi")
    integral = sp.expand(sp.expand_trig(defining_integral(n).subs(theta, sp.pi - psi)))
    integral = sp.expand(integral.subs({sp.sin(psi): sine, sp.cos(psi): -cosine}))
    circle = sine**2 + cosine**2 - 1
    a = sp.rem(integral.coeff(psi, 1), circle, sine)
    b = sp.cancel(sp.rem(integral.coeff(psi, 0), circle, sine) / sine)
    return sp.expand(a), sp.expand(b)


def supplement_series(n: int, terms: int) -> list[sp.Rational]:
    """Exact Taylor coefficients ``c_k`` of ``J_n(pi - x) = x^(2n+1) sum_k c_k x^(2k)``."""
    x = sp.Symbol("x")
    a, b = closed_form_coefficients(n)
    order = n + terms + 1  # cos and sin to degree 2n + 2 terms
    cos_series = sum((-1) ** k * x ** (2 * k) / sp.factorial(2 * k) for k in range(order))
    sin_series = sum((-1) ** k * x ** (2 * k + 1) / sp.factorial(2 * k + 1) for k in range(order))
    # at the supplement: cos -> -cos, sin -> sin, pi - theta -> x
    series = sp.Poly(a.subs(cosine, -cos_series) * x + b.subs(cosine, -cos_series) * sin_series, x)
    return [series.coeff_monomial(x ** (2 * n + 1 + 2 * k)) for k in range(terms)]
