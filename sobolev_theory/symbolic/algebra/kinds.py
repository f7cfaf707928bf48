"""Combinations of roots and transcendental functions with rational coefficients: zero tests and short forms.

Roots and functions become the letters of a polynomial ring; a square of a root is rational. What is zero then is zero;
functions of equal arguments are the same however these are written, and ``exp`` takes sums to products; other relations
are not known. Coefficients are factored only in the end, so that nothing is multiplied out on the way.
"""

from collections.abc import Iterable
from functools import cache

import sympy as sp

from ..symbols import as_sympy, g, rho, s, t


def reduce_gram(expression: sp.Expr) -> sp.Expr:
    """Short form of an expression; if it is zero, so is the expression.

    Raises
    ------
    ValueError
        If it is no polynomial in roots and functions with rational coefficients.
    """
    plain, letters = _in_letters(as_sympy(expression))
    terms: dict[sp.Expr, sp.Expr] = {}
    first: dict[sp.Expr, sp.Expr] = {}
    for powers, coefficient in sp.ring(list(letters.values()), sp.EXRAW)[0].from_expr(plain).terms():
        if coefficient.has(*letters.values()):
            raise _refusal(expression)
        rational, exponent, rest = _product(zip(letters, powers, strict=True))
        kind = first.setdefault(sp.exp(_expanded(exponent)) * rest, sp.exp(exponent) * rest)
        terms[kind] = terms.get(kind, sp.S.Zero) + rational * coefficient
    return sp.Add(*(sp.factor(value) * kind for kind, value in terms.items()))


def _product(powers: Iterable[tuple[sp.Expr, int]]) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """A product of powers of roots and functions: a rational factor, the exponent of one exponential, and the rest."""
    rational, exponent, rest = sp.S.One, sp.S.Zero, sp.S.One
    for of, power in powers:
        if isinstance(of, sp.exp):
            exponent += power * _expanded(of.args[0])
        elif isinstance(of, sp.Pow):
            rational, rest = rational * of.base ** (power // 2), rest * of ** (power % 2)
        else:
            rest *= of**power
    return rational, exponent, rest


def _refusal(expression: sp.Expr) -> ValueError:
    return ValueError(f"{expression}: a combination of roots and functions with rational coefficients is required")


def short_form(expression: sp.Expr) -> sp.Expr:
    """`reduce_gram`, with polynomials that are sums of positive terms in ``g = s t - rho^2`` written so.

    ``(1+s)(1+t) - rho^2`` cancels for nearly parallel vectors of large norm, ``1 + s + t + g`` does not.
    """
    return reduce_gram(expression).replace(_is_polynomial, _in_g)


def _is_polynomial(expression: sp.Expr) -> bool:
    """Whether it is a sum of several monomials in ``s, rho, t`` that contains ``rho``."""
    letters = expression.free_symbols
    return bool(expression.is_Add and rho in letters and letters <= {s, rho, t} and expression.is_polynomial(*letters))


@cache
def _in_g(polynomial: sp.Expr) -> sp.Expr:
    """The polynomial with ``rho^2 = s t - g`` if all its coefficients have one sign then."""
    written = sp.expand(sp.rem(polynomial, rho**2 - s * t + g, rho))
    signs = {coefficient.is_positive for coefficient in sp.Poly(written, s, rho, t, g).coeffs()}
    return written if len(signs) == 1 and rho not in written.free_symbols else polynomial


def _in_letters(expression: sp.Expr) -> tuple[sp.Expr, dict[sp.Expr, sp.Symbol]]:
    """The expression with letters for functions and roots, and what the letters stand for."""
    letters: dict[sp.Expr, sp.Symbol] = {}

    def letter(of: sp.Expr) -> sp.Symbol:
        return letters.setdefault(of, sp.Symbol(f"letter_{len(letters)}"))

    def function(of: sp.Expr) -> sp.Expr:
        if isinstance(of, sp.exp):
            return letter(of)
        sign, normal = _with_normal_arguments(of).as_coeff_Mul()
        return sign if normal == 1 else sign * letter(normal)

    def root(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if not (2 * exponent).is_Integer or exponent.is_Integer:
            return base**exponent
        base = _factored(base)
        if base.has(*letters.values()):
            raise _refusal(base)
        return base ** (exponent - sp.S.Half) * letter(sp.Pow(base, sp.S.Half, evaluate=False))

    functions = [part for part in sp.preorder_traversal(expression) if isinstance(part, sp.Function)]
    plain = expression.xreplace({of: function(of) for of in functions})
    return plain.replace(sp.Pow, root), letters


@cache
def _factored(base: sp.Expr) -> sp.Expr:
    """A base in the one form by which equal ones are known."""
    return sp.factor(base)


@cache
def _expanded(exponent: sp.Expr) -> sp.Expr:
    """A polynomial exponent as a sum, a rational one as one fraction."""
    return sp.expand(exponent) if exponent.is_polynomial() else sp.factor(exponent)


@cache
def _with_normal_arguments(function: sp.Expr) -> sp.Expr:
    """A function as that of the normal form of its arguments, by which equal ones are known."""
    try:
        return function.func(*map(reduce_gram, function.args))
    except ValueError:  # an argument is no such combination
        return function
