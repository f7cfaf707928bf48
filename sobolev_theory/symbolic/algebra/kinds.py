"""Combinations of roots and transcendental functions with rational coefficients: zero tests and short forms.

Roots and functions become letters; a square of a root is rational. What is zero then is zero; functions of equal
arguments are the same however these are written, and ``exp`` takes sums to products; other relations are not known.
"""

from collections.abc import Callable
from functools import cache

import sympy as sp

from ..symbols import g, rho, s, t


def reduce(expression: sp.Expr) -> sp.Expr:
    """Short form of an expression; if it is zero, so is the expression."""
    plain, letters = _in_letters(sp.sympify(expression))
    squares = {symbol: of.base for of, symbol in letters.items() if isinstance(of, sp.Pow)}
    meaning = {symbol: of for of, symbol in letters.items()}
    terms: dict[sp.Expr, sp.Expr] = {}
    first: dict[tuple[sp.Expr, sp.Expr], sp.Expr] = {}
    for product, coefficient in _sum(plain, frozenset(meaning)).items():
        kind = sp.S.One
        for symbol, exponent in product.as_powers_dict().items():
            whole, odd = divmod(exponent, 2) if symbol in squares else (0, exponent)
            coefficient *= squares.get(symbol, sp.S.One) ** whole
            kind *= symbol**odd
        kind = first.setdefault(_normal(kind, meaning), kind)
        terms[kind] = terms.get(kind, sp.S.Zero) + coefficient
    return sp.Add(*(sp.factor(value) * _product(kind, meaning) for kind, value in terms.items()))


def _split(kind: sp.Expr, meaning: dict[sp.Symbol, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    """A product of letters: the sum of the exponents of exponentials, and the other letters."""
    exponent, rest = sp.S.Zero, sp.S.One
    for symbol, power in kind.as_powers_dict().items():
        of = meaning.get(symbol, symbol)
        if isinstance(of, sp.exp):
            exponent += power * of.args[0]
        else:
            rest *= symbol**power
    return exponent, rest


def _normal(kind: sp.Expr, meaning: dict[sp.Symbol, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    """By what products of equal values are known: the exponent in its normal form, and the other letters."""
    exponent, rest = _split(kind, meaning)
    return _expanded(exponent), rest


def _product(kind: sp.Expr, meaning: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """What a product of letters stands for, with one exponential."""
    exponent, rest = _split(kind, meaning)
    return sp.exp(exponent) * rest.xreplace(meaning)


def _sum(plain: sp.Expr, letters: frozenset[sp.Symbol]) -> dict[sp.Expr, sp.Expr]:
    """Products of letters, and the rational functions that they are multiplied by."""
    if not letters & plain.free_symbols:
        return {sp.S.One: plain}
    if plain in letters:
        return {plain: sp.S.One}
    result: dict[sp.Expr, sp.Expr] = {}
    if isinstance(plain, sp.Add):
        for summand in plain.args:
            for product, value in _sum(summand, letters).items():
                result[product] = result.get(product, sp.S.Zero) + value
        return result
    if isinstance(plain, sp.Pow) and plain.exp.is_Integer:
        if plain.base in letters:
            return {plain: sp.S.One}
        if plain.exp > 0:
            return _sum(sp.Mul(*[plain.base] * int(plain.exp), evaluate=False), letters)
    if not isinstance(plain, sp.Mul):
        raise ValueError(f"{plain}: a combination of roots and functions with rational coefficients is required")
    result = {sp.S.One: sp.S.One}
    for factor in plain.args:
        other, previous, result = _sum(factor, letters), result, {}
        for product, value in previous.items():
            for kind, coefficient in other.items():
                result[product * kind] = result.get(product * kind, sp.S.Zero) + value * coefficient
    return result


def short_form(expression: sp.Expr) -> sp.Expr:
    """`reduce`, with polynomials that are sums of positive terms in ``g = s t - rho^2`` written so.

    ``(1+s)(1+t) - rho^2`` cancels for nearly parallel vectors of large norm, ``1 + s + t + g`` does not.
    """
    return reduce(expression).replace(_is_polynomial, _in_g)


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
    first: dict[sp.Expr, tuple[sp.Expr, sp.Expr]] = {}

    def letter(of: sp.Expr) -> sp.Symbol:
        return letters.setdefault(of, sp.Symbol(f"letter_{len(letters)}"))

    def power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if not (2 * exponent).is_Integer or exponent.is_Integer:
            return base**exponent
        base = _factored(base)
        return base ** (exponent - sp.S.Half) * letter(sp.Pow(base, sp.S.Half, evaluate=False))

    def function(of: sp.Expr) -> sp.Expr:
        """Sums of exponents, which SymPy splits now and then, as products of one exponential for each term."""
        if isinstance(of, sp.exp):
            return sp.Mul(*(letter(sp.exp(part)) for part in sp.Add.make_args(_expanded(of.args[0]))))
        sign, normal = _with_normal_arguments(of).as_coeff_Mul()
        if normal == 1:
            return sign
        sign_of_first, written = first.setdefault(normal, (sign, of))
        return sign / sign_of_first * letter(written)

    plain = _replace_functions(expression, function)
    return plain.replace(sp.Pow, power), letters


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
        return function.func(*map(reduce, function.args))
    except ValueError:  # an argument is no such combination
        return function


def _replace_functions(expression: sp.Expr, function: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """The outermost functions replaced."""
    if isinstance(expression, sp.Function):
        return function(expression)
    if not expression.args:
        return expression
    return expression.func(*(_replace_functions(argument, function) for argument in expression.args))
