r"""Exact reduction of local-frame expressions: zero tests, removable ``1/sin`` factors, short equal forms.

Every expression of the polar chart is a Laurent polynomial in ``p, q, sin(theta)`` with polynomial dependence on
``cos(theta)`` and one of ``psi = pi - theta`` or ``theta`` (through the arc-cosine functions). Modulo ``sin^2 + cos^2
= 1`` it has a unique normal form ``(N_0 + N_1 sin) / (p^i q^j sin^k)`` with ``N_0, N_1`` polynomials in cosine and
angle, so equality is decided, not guessed, and a power of ``1/sin`` that is removable is removed.
"""

import sympy as sp

from ..arc_cosine import ArcCosine, closed_form_coefficients
from ..symbols import cosine, sine, theta

ANGLE = sp.Symbol("angle")  # theta as an independent letter, next to sine and cosine


def _algebraic(expression: sp.Expr) -> sp.Expr:
    """Replace trigonometric and arc-cosine functions of theta by the letters sine, cosine, angle."""

    def expanded(n: sp.Integer, x: sp.Expr) -> sp.Expr:
        a, b = closed_form_coefficients(int(n))
        if x == theta:
            return a * (sp.pi - ANGLE) + b * sine
        if sp.expand(x - (sp.pi - theta)) == 0:  # the supplement: cos changes sign, sin does not
            return a.subs(cosine, -cosine) * ANGLE + b.subs(cosine, -cosine) * sine
        raise ValueError(f"arc-cosine function of {x}: expected theta or pi - theta")

    expression = sp.expand_trig(expression.replace(ArcCosine, expanded))
    return expression.subs({sp.sin(theta): sine, sp.cos(theta): cosine}).subs(theta, ANGLE)


def _split(polynomial: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """``polynomial = N_0 + N_1 sine`` modulo ``sine^2 = 1 - cosine^2``."""
    remainder = sp.Poly(sp.rem(sp.expand(polynomial), sine**2 + cosine**2 - 1, sine), sine)
    return sp.expand(remainder.coeff_monomial(1)), sp.expand(remainder.coeff_monomial(sine))


def normal_form(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr, int]:
    """``(N_0, N_1, monomial, k)`` of ``(N_0 + N_1 sine) / (monomial * sine^k)``, with the smallest ``k``."""
    numerator, denominator = sp.fraction(sp.together(sp.expand(_algebraic(sp.sympify(expression)))))
    power = sp.degree(denominator, sine) if denominator.has(sine) else 0
    monomial = sp.cancel(denominator / sine**power)
    if monomial.has(sine, cosine, ANGLE):
        raise ValueError(f"not a Laurent polynomial in p, q, sin(theta): {expression}")
    even, odd = _split(numerator)
    while power and (even != 0 or odd != 0):
        # (N_0 + N_1 sin)/sin = N_1 + sin N_0/(1 - cos^2): possible exactly when 1 - cos^2 divides N_0
        quotient, remainder = sp.div(even, 1 - cosine**2, cosine)
        if remainder != 0:
            break
        even, odd, power = odd, sp.expand(quotient), power - 1
    return even, odd, monomial, power if (even != 0 or odd != 0) else 0


def reduce(expression: sp.Expr) -> sp.Expr:
    """The normal form as an expression; zero if and only if the input is identically zero."""
    even, odd, monomial, power = normal_form(expression)
    return (even + odd * sine) / (monomial * sine**power)


def short_form(expression: sp.Expr) -> sp.Expr:
    """The shortest of several equal forms, in the letters ``p, q, theta, sine, cosine`` and named arc-cosine functions.

    Candidates: the normal form, factored, with squares of the cosine or of the sine written by the other; and the
    input itself, in which arc-cosine functions are still named.
    """
    even, odd, monomial, power = normal_form(expression)
    scale = monomial * sine**power
    in_cosine = even + odd * sine
    in_sine = sp.rem(in_cosine, sine**2 + cosine**2 - 1, cosine)
    named = sp.factor(sp.expand(expression).subs({sp.sin(theta): sine, sp.cos(theta): cosine}))
    candidates = [sp.factor(in_cosine / scale), sp.factor(in_sine / scale)]
    if sp.degree(sp.fraction(named)[1], sine) <= power:
        candidates.append(named)
    return min(candidates, key=lambda form: (sp.count_ops(form), str(form))).subs(ANGLE, theta)


def at_parallel(expression: sp.Expr, angle: sp.Expr) -> sp.Expr:
    """Value of the continuous extension at ``theta = angle`` in {0, pi}; ``zoo`` where it diverges.

    After reduction the expression is analytic in theta up to the factor ``sin^-k``, so the limit is a Taylor
    coefficient.
    """
    even, odd, monomial, power = normal_form(expression)
    x = sp.Symbol("x")
    numerator = (even + odd * sine).subs({sine: sp.sin(angle + x), cosine: sp.cos(angle + x), ANGLE: angle + x})
    value = sp.limit(numerator / sp.sin(angle + x) ** power, x, 0) if power else numerator.subs(x, 0)
    return sp.simplify(value / monomial) if value.is_finite else sp.zoo
