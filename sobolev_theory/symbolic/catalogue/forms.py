r"""Forms of local-frame expressions for the eye: few terms, ``pi - theta`` kept together, common factors in front."""

from functools import cache
from functools import reduce as fold

import sympy as sp

from ..algebra import kinds
from ..algebra.reduction import ANGLE, CIRCLE, normal_form
from ..symbols import cosine, g, rho, s, sine, t, theta

SUPPLEMENT = sp.Symbol("psi", nonnegative=True)
DELTA = sp.Symbol("Delta", positive=True)
PLUS_S, PLUS_T = sp.symbols("plus_s plus_t", positive=True)
LETTERS = {
    SUPPLEMENT: sp.Add(sp.pi, -theta, evaluate=False),
    PLUS_S: sp.Add(1, s, evaluate=False),
    PLUS_T: sp.Add(1, t, evaluate=False),
}
"""Sums that stay together, each as one letter; they are printed as sums."""


@cache
def polar_form(expression: sp.Expr) -> sp.Expr:
    r"""The shortest of several equal forms of an expression of the polar chart.

    Terms are grouped by powers of the lengths, within them by powers of the angle or of its sine and cosine. The angle
    is ``theta`` or ``pi - theta``; the common factor of all terms stands in front of a bracket or is multiplied out.
    """
    form = normal_form(expression)
    numerator, scale = form.numerator, form.denominator
    lengths = sorted(numerator.free_symbols - {sine, cosine, ANGLE}, key=str)
    terms = _cut(numerator, lengths)
    if not terms:
        return sp.Integer(0)
    if len(terms) == 1:
        return _angular_form(numerator, scale)
    common = fold(sp.gcd, terms)
    rest = [_angular_form(sp.cancel(term / common)) for term in terms]
    multiplied_out = sp.Add(*(_angular_form(term, scale) for term in terms))
    return min(_product(sp.factor(common / scale), rest), multiplied_out, key=_length)


def _angular_form(numerator: sp.Expr, scale: sp.Expr = sp.S.One) -> sp.Expr:
    """The shortest form of ``numerator/scale``, where the numerator has one power of the lengths."""
    candidates = []
    for value in (sp.pi - SUPPLEMENT, theta):
        written = sp.expand(numerator.subs(ANGLE, value))
        for letters in ([x for x in (SUPPLEMENT, theta) if written.has(x)], [sine, cosine]):
            terms = [_shortest(term) for term in _cut(written, letters)]
            common = fold(sp.gcd, terms)
            candidates.append(_product(sp.factor(common / scale), [sp.factor(sp.cancel(t / common)) for t in terms]))
            candidates.append(sp.Add(*(_positive(sp.factor(term / scale)) for term in terms)))
    return min(candidates, key=_length)


def _cut(polynomial: sp.Expr, letters: list[sp.Symbol]) -> list[sp.Expr]:
    """A polynomial as terms of different powers of some letters."""
    if not letters or polynomial == 0:
        return [polynomial] if polynomial != 0 else []
    cut = sp.Poly(polynomial, *letters).terms()
    return [c * sp.Mul(*(x**n for x, n in zip(letters, powers, strict=True))) for powers, c in cut]


def _shortest(term: sp.Expr) -> sp.Expr:
    """A polynomial in sine and cosine, with squares of the one or of the other removed."""
    forms = [sp.factor(sp.rem(sp.expand(term), CIRCLE.as_expr(), letter)) for letter in (sine, cosine)]
    return min(forms, key=_length)


@cache
def gram_form(expression: sp.Expr) -> sp.Expr:
    """A factored form in ``s, rho, t``, or in ``1 + s``, ``1 + t`` and ``Delta = (1 + s)(1 + t) - rho^2`` if shorter.

    These letters are natural for activations whose derivative is a Gaussian; ``g`` is ``s t - rho^2``.
    """
    plain = sp.factor(expression.subs(g, s * t - rho**2))
    forms = [plain]
    if expression.has(t):
        shifted = expression.subs(g, DELTA - 1 - s - t).subs({s: PLUS_S - 1, t: PLUS_T - 1})
        shifted = sp.factor(shifted).subs(PLUS_S * PLUS_T - rho**2, DELTA)
        forms += [shifted, kinds.reduce_gram(shifted)]
    return min((_positive(sp.powsimp(form, combine="exp")) for form in forms), key=_length)


def total(terms: list[sp.Expr]) -> sp.Expr:
    """A sum whose terms stay as they are."""
    return sp.Add(*terms, evaluate=False) if len(terms) > 1 else sp.Add(*terms)


def product(*factors: sp.Expr) -> sp.Expr:
    """A product whose sums stay in brackets, with one number in front."""
    parts = [part for factor in factors for part in sp.Mul.make_args(factor)]
    number = sp.Mul(*(part for part in parts if part.is_Rational))
    rest = [part for part in parts if not part.is_Rational]
    return sp.Mul(*([number] * (number != 1)), *rest, evaluate=False) if rest else number


def is_negative(term: sp.Expr) -> bool:
    """Whether a term is written with a minus sign."""
    return bool(sp.Mul.make_args(term)[0].is_negative)


def _product(factor: sp.Expr, terms: list[sp.Expr]) -> sp.Expr:
    """``factor (t_1 + t_2 + ...)``, with signs so that not all terms are negative."""
    if all(map(is_negative, terms)):
        factor, terms = -factor, [product(sp.S.NegativeOne, term) for term in terms]
    if len(terms) == 1:
        return _positive(product(factor, terms[0]))
    return _positive(product(factor, sp.Add(*map(_positive, terms))))


def _positive(form: sp.Expr) -> sp.Expr:
    """``a (c - b)`` for ``-a (b - c)``."""
    factors = list(sp.Mul.make_args(form))
    if is_negative(form):
        for k, factor in enumerate(factors):
            if factor.is_Add and any(map(is_negative, factor.args)):
                turned = sp.Add(*(product(sp.S.NegativeOne, term) for term in factor.args))
                return product(sp.S.NegativeOne, *factors[:k], turned, *factors[k + 1 :])
    return form


def _length(form: sp.Expr) -> tuple[int, str]:
    """Operations; and ``pi`` should not stand beside ``pi - theta``."""
    doubled = any(total.has(SUPPLEMENT) and any(term.has(sp.pi) for term in total.args) for total in form.atoms(sp.Add))
    return sp.count_ops(form) + 2 * doubled, str(form)
