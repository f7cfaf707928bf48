r"""Exact reduction of local-frame expressions: zero tests, removable ``1/sin`` factors, short equal forms.

Every expression of the polar chart is a Laurent polynomial in ``p, q, sin(theta)`` with polynomial dependence on
``cos(theta)`` and one of ``psi = pi - theta`` or ``theta`` (through the arc-cosine functions). Modulo ``sin^2 + cos^2
= 1`` it has a unique normal form ``(N_0 + N_1 sin) / (p^i q^j sin^k)`` with ``N_0, N_1`` polynomials in cosine and
angle, so equality is decided, not guessed, and a power of ``1/sin`` that is removable is removed.
"""

from typing import NamedTuple

import sympy as sp

from ..arc_cosine import closed_form_coefficients, of_angle
from ..symbols import as_sympy, cosine, sine, theta

ANGLE = sp.Symbol("angle")  # theta as an independent letter, next to sine and cosine
SINE, CIRCLE, SQUARE = (sp.Poly(x, sine, cosine) for x in (sine, sine**2 + cosine**2 - 1, 1 - cosine**2))


def _algebraic(expression: sp.Expr) -> sp.Expr:
    """Replace trigonometric and arc-cosine functions of theta by the letters sine, cosine, angle."""

    def closed(n: sp.Integer) -> sp.Expr:
        a, b = closed_form_coefficients(int(n))
        return a * (sp.pi - ANGLE) + b * sine

    def closed_at_supplement(n: sp.Integer) -> sp.Expr:  # cos changes sign there, sin does not
        return closed(n).subs({cosine: -cosine, ANGLE: sp.pi - ANGLE})

    expression = sp.expand_trig(of_angle(expression, closed, closed_at_supplement))
    return expression.subs({sp.sin(theta): sine, sp.cos(theta): cosine}).subs(theta, ANGLE)


class NormalForm(NamedTuple):
    """``numerator / (monomial sine^power)`` with the smallest power; the numerator is expanded, and linear in sine."""

    numerator: sp.Expr
    monomial: sp.Expr
    power: int

    @property
    def denominator(self) -> sp.Expr:
        return self.monomial * sine**self.power


def normal_form(expression: sp.Expr) -> NormalForm:
    """The normal form of an expression, by polynomials in sine and cosine modulo the circle.

    Raises
    ------
    ValueError
        If it is no Laurent polynomial.
    """
    fraction = sp.fraction(sp.together(sp.expand(_algebraic(as_sympy(expression)))))
    try:
        value, below = (sp.Poly(part, sine, cosine) for part in fraction)
        (((power, cosines), monomial),) = below.terms()
    except (sp.PolynomialError, ValueError):
        raise _refusal(expression) from None
    if cosines or monomial.has(ANGLE):
        raise _refusal(expression)
    value = value.rem(CIRCLE, auto=False)
    while power and not value.is_zero:
        # N/sin = N sin/(1 - cos^2): possible exactly when 1 - cos^2 divides N sin
        quotient, remainder = (value * SINE).rem(CIRCLE, auto=False).div(SQUARE, auto=False)
        if not remainder.is_zero:
            break
        value, power = quotient, power - 1
    return NormalForm(value.as_expr(), monomial, 0 if value.is_zero else power)


def _refusal(expression: sp.Expr) -> ValueError:
    return ValueError(f"not a Laurent polynomial in p, q, sin(theta): {expression}")


def reduce_polar(expression: sp.Expr) -> sp.Expr:
    """The normal form as an expression; zero if and only if the input is identically zero."""
    form = normal_form(expression)
    return form.numerator / form.denominator


def short_form(expression: sp.Expr) -> sp.Expr:
    """The shortest of several equal forms, in the letters ``p, q, theta, sine, cosine`` and named arc-cosine functions.

    Candidates: the normal form, factored, with squares of the cosine or of the sine written by the other; and the
    input itself, in which arc-cosine functions are still named.
    """
    form = normal_form(expression)
    in_sine = sp.rem(form.numerator, CIRCLE.as_expr(), cosine)
    named = sp.factor(sp.expand(expression).subs({sp.sin(theta): sine, sp.cos(theta): cosine}))
    candidates = [sp.factor(numerator / form.denominator) for numerator in (form.numerator, in_sine)]
    if sp.degree(sp.fraction(named)[1], sine) <= form.power:
        candidates.append(named)
    return min(candidates, key=lambda form: (sp.count_ops(form), str(form))).subs(ANGLE, theta)


def at_parallel(expression: sp.Expr, angle: sp.Expr) -> sp.Expr:
    """Value of the continuous extension at ``theta = angle`` in {0, pi}; ``zoo`` where it diverges.

    After reduction the expression is analytic in theta up to the factor ``sin^-k``, so the limit is a Taylor
    coefficient.
    """
    form = normal_form(expression)
    x = sp.Symbol("x")
    numerator = form.numerator.subs({sine: sp.sin(angle + x), cosine: sp.cos(angle + x), ANGLE: angle + x})
    value = sp.limit(numerator / sp.sin(angle + x) ** form.power, x, 0) if form.power else numerator.subs(x, 0)
    return sp.simplify(value / form.monomial) if value.is_finite else sp.zoo
