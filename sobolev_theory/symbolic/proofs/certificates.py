"""Certificates: by what a claim ``left REL right``, made for all values of its letters, is verified.

Each works from the claim alone, so that what is stored as text can be verified again. `objection` says why a claim is
not verified and is empty if it is; nothing is decided by floating-point numbers.

================  ==================================================================================================
``simplify``      and the other `REDUCTIONS`: left - right reduces to zero
``terms``         left - right is the sum of the given terms, none of them negative (`Signs`)
``monotone``      left - right is not negative at one end of an interval, and its derivative has one sign on it
``integral``      left - right is a sum of integrals of functions that are not negative, antiderivatives given
``limit``         left tends to right, from above
``evaluation``    both sides at a point, by interval arithmetic or exactly: for counter-examples, and for numbers
================  ==================================================================================================

Conditions on the letters are inequalities, for reductions also equations ``letter = value``, which are put in. A claim
is refused if no point is found at which they hold: it would say nothing.
"""

from collections.abc import Callable, Mapping

import sympy as sp

from ..algebra.reduction import reduce_polar
from .conditions import admits, can_be_met, given
from .enclosure import contradicted
from .signs import Condition, Signs

Data = Mapping[str, tuple[sp.Expr, ...]]


def exponentials(expression: sp.Expr) -> sp.Expr:
    """Trigonometric polynomials in any angles, as sums of exponentials: zero if and only if they vanish."""
    return sp.expand(sp.expand(expression.rewrite(sp.exp)), power_exp=True)


def factorials(expression: sp.Expr) -> sp.Expr:
    """Quotients of Gamma functions."""
    return sp.gammasimp(expression.rewrite(sp.gamma))


def rational(expression: sp.Expr) -> sp.Expr:
    """Rational functions and square roots of the letters, over one denominator."""
    return sp.expand(sp.fraction(sp.together(expression))[0])


REDUCTIONS: dict[str, Callable[[sp.Expr], sp.Expr]] = {
    "simplify": sp.simplify,
    "normal form": reduce_polar,
    "expand": sp.expand,
    "factorials": factorials,
}
"""Ways to see that a difference is zero."""


def name_of(reduction: Callable[[sp.Expr], sp.Expr]) -> str:
    """The name under which a reduction can be called again; empty for one that has none."""
    return next((name for name, function in REDUCTIONS.items() if function is reduction), "")


def objection(
    left: sp.Expr, relation: str, right: sp.Expr, method: str, data: Data, where: tuple[Condition, ...], signs: Signs
) -> str:
    """Why the claim is not verified, be it that the certificate cannot be applied; empty if it is."""
    try:
        if where and not can_be_met(where):
            return f"no point is found at which the conditions {where} hold"
        if method in CERTIFICATES:
            return CERTIFICATES[method](left, relation, right, data, signs.under(where))
        if method not in REDUCTIONS:
            return f"no certificate is called {method!r}"
        if relation != "=":
            return f"{method} verifies identities only"
        values = given(where)
        difference = REDUCTIONS[method](left.subs(values) - right.subs(values))
        return "" if difference == 0 else f"left - right reduces to {difference}, not to 0"
    except Exception as error:  # SymPy's errors have no common class, and the claim may be a stranger's
        return f"{method} cannot be applied: {error}"


def _difference(left: sp.Expr, relation: str, right: sp.Expr) -> tuple[sp.Expr, bool]:
    """What has to be positive, or not negative; whether strictly."""
    if relation not in (">", ">=", "<", "<="):
        raise ValueError(f"an inequality is required, got {relation!r}")
    return (left - right if relation[0] == ">" else right - left), len(relation) == 1


def _vanishes(expression: sp.Expr, data: Data) -> bool:
    reduction = REDUCTIONS[str(data["reduction"][0])] if "reduction" in data else rational
    return bool(reduction(expression) == 0)


def _smooth(expression: sp.Expr, letter: sp.Symbol, signs: Signs) -> bool:
    """Whether it is real and smooth (`Signs.regular`), exponents of powers being integers or free of the letter."""
    return signs.regular(expression) and not any(power.exp.has(letter) for power in expression.atoms(sp.Pow))


def _terms(left: sp.Expr, relation: str, right: sp.Expr, data: Data, signs: Signs) -> str:
    difference, strict = _difference(left, relation, right)
    (multiplier,) = data.get("multiplier", (sp.S.One,))
    terms = data["terms"]
    if not _vanishes(multiplier * difference - sum(terms), data):
        return "the difference of the sides is not the sum of the terms"
    if not signs.positive(multiplier):
        return f"the multiplier {multiplier} is not known to be positive"
    for term in terms:
        if not signs.nonnegative(term):
            return f"the term {term} is not known to be non-negative"
    if strict and not any(signs.positive(term) for term in terms):
        return "none of the terms is known to be positive"
    return ""


def _monotone(left: sp.Expr, relation: str, right: sp.Expr, data: Data, signs: Signs) -> str:
    difference, strict = _difference(left, relation, right)
    (letter,), (end,), (slope,) = data["letter"], data["end"], data["slope"]
    low, high = signs.bounds(letter)
    if end not in (low, high):
        return f"{end} is no end of the interval from {low} to {high}"
    if not _vanishes(sp.diff(difference, letter) - slope, data):
        return "the derivative is not the one given"
    if not (end.is_finite and signs.is_interval(letter) and _smooth(difference, letter, signs)):
        return "an interval is required on which the difference has no poles"
    towards = slope if end == low else -slope
    if not (signs.positive(towards) if strict else signs.nonnegative(towards)):
        return f"the sign of the derivative {slope} is not known"
    at_end = sp.simplify(difference.subs(letter, end))
    if at_end.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.AccumBounds):
        return f"there may be a pole at {end}"
    return "" if signs.nonnegative(at_end) else f"the value at {end} is {at_end}"


def _integral(left: sp.Expr, relation: str, right: sp.Expr, data: Data, signs: Signs) -> str:
    difference, strict = _difference(left, relation, right)
    (letter,) = data["letter"]
    ends = (*data["lower"], *data["upper"])
    if any(x.has(letter) for x in (difference, *ends, *signs.conditions)) or not signs.is_interval(letter):
        return f"the letter of integration {letter} is required to be real, and to occur nowhere else"
    if letter.is_nonpositive or (letter.is_nonnegative and not all(map(signs.nonnegative, data["lower"]))):
        return f"the letter of integration {letter} does not take all values between the ends"
    total, any_positive = sp.S.Zero, False
    parts = zip(data["lower"], data["upper"], data["integrands"], data["antiderivatives"], strict=True)
    for lower, upper, integrand, antiderivative in parts:
        if exponentials(sp.diff(antiderivative, letter) - integrand) != 0:
            return f"the derivative of {antiderivative} is not the integrand"
        inside = signs.under((sp.Gt(letter, lower), sp.Lt(letter, upper)))
        if not _smooth(antiderivative, letter, inside):
            return f"the antiderivative {antiderivative} may have poles"
        if not (signs.positive(upper - lower) and inside.nonnegative(integrand)):
            return f"the integrand {integrand} is not known to be non-negative"
        any_positive = any_positive or inside.positive(integrand)
        total += antiderivative.subs(letter, upper) - antiderivative.subs(letter, lower)
    if exponentials(sp.expand(total - difference)) != 0:
        return "the integrals do not add up to the difference of the sides"
    return "" if any_positive or not strict else "no integrand is known to be positive"


def _limit(left: sp.Expr, relation: str, right: sp.Expr, data: Data, signs: Signs) -> str:
    if relation != "->":
        return "limit verifies limits only"
    (letter,), (point,) = data["letter"], data["point"]
    value = sp.limit(left, letter, point, "+")
    return "" if value == right or sp.simplify(value - right) == 0 else f"the limit is {value}"


def _evaluation(left: sp.Expr, relation: str, right: sp.Expr, data: Data, signs: Signs) -> str:
    point = dict(zip(data["letters"], data["values"], strict=True))
    for letter, value in point.items():
        if not admits(letter, value):
            return f"{letter} = {value} contradicts its assumptions"
    return contradicted(left.subs(point), relation, right.subs(point))


CERTIFICATES: dict[str, Callable[[sp.Expr, str, sp.Expr, Data, Signs], str]] = {
    "terms": _terms,
    "monotone": _monotone,
    "integral": _integral,
    "limit": _limit,
    "evaluation": _evaluation,
}
