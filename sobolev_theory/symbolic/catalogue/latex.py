r"""LaTeX of expressions as a person would write them, with macros for what the reader may rename.

``\student``, ``\teacher``, ``\vecnorm{...}`` and ``\weightangle`` stand for the two vectors of a pair, a norm and their
angle; `sobolev_theory.formulas.Notation` says what they are printed as.
"""

from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from ...formulas.tex.measure import width
from ..gaussian import Normal
from ..symbols import as_sympy, cosine, p, q, rho, s, sine, t, theta
from .forms import DELTA, LETTERS, SUPPLEMENT, is_negative, product

ANGLE = r"\weightangle"
NAMES = {
    p: r"\vecnorm{\student}",
    q: r"\vecnorm{\teacher}",
    theta: ANGLE,
}
SHORT = 3
"""Sums of at most so many symbols stand in a numerator, longer ones behind the fraction."""

WIDE = 40.0
"""Width, in letters, above which a bracket may be broken over lines."""


def readable(expression: sp.Expr) -> sp.Expr:
    """Letters that stand for sums, ``Delta``, sine and cosine, and the normal distribution function, written out."""
    letters = {**LETTERS, DELTA: (1 + s) * (1 + t) - rho**2, sine: sp.sin(theta), cosine: sp.cos(theta)}
    return expression.subs(letters).replace(Normal, lambda x: Normal(x).written_out())


def latex(expression: sp.Expr) -> str:
    """LaTeX on one line."""
    return str(_printer.doprint(_shown(expression)))


def breakable(expression: sp.Expr) -> str:
    r"""LaTeX for a display, in which a long bracket behind a factor is one that a line may break in."""
    shown = _shown(expression)
    factor, bracket = ("", None) if shown.is_Add else _printer.factor_and_sum(shown)
    whole = str(_printer.doprint(shown))
    if bracket is None or width(whole) <= WIDE:
        return whole
    return rf"{factor} \Bigl[ {_printer.doprint(bracket)} \Bigr]"


def _shown(expression: sp.Expr) -> sp.Expr:
    """Functions of theta in place of letters, without evaluating sums and products anew."""
    letters = {sine: sp.sin(theta), cosine: sp.cos(theta)}
    with sp.evaluate(False):
        return as_sympy(expression).xreplace(letters)


class _Printer(LatexPrinter):
    """Sums start with a positive term, constant factors stand as one fraction in front, ``\\sin`` has no brackets."""

    def terms(self, expression: sp.Add) -> list[str]:
        """The terms of a sum with their signs, one that is positive first where there is one."""
        parts = [self._print(term) for term in self._ordered(expression)]
        return [parts[0], *(f"- {part[1:].lstrip()}" if part[0] == "-" else f"+ {part}" for part in parts[1:])]

    def factor_and_sum(self, expression: sp.Expr) -> tuple[str, sp.Add | None]:
        """A product as LaTeX of its plain factors, and its only sum; None if it has none, or several."""
        sums = [f for f in sp.Mul.make_args(expression) if f.is_Add]
        if len(sums) != 1:
            return "", None
        rest = sp.Mul(*(f for f in sp.Mul.make_args(expression) if not f.is_Add))
        return {1: "", -1: "-"}.get(rest) or self._print(rest) if rest != 1 else "", sums[0]

    def _ordered(self, expression: sp.Add) -> list[sp.Expr]:
        given = list(expression.args)
        positive = [t for t in given if not is_negative(t)]
        return [*positive, *(t for t in given if is_negative(t))]

    def _print_Add(self, expr: sp.Add, order: object = None) -> str:
        return " ".join(self.terms(expr))

    def _print_Mul(self, expr: sp.Mul) -> str:
        sign, above, below, sums = _sorted_factors(expr)
        if below and not above and len(sums) == 1 and _is_short(sums[0]):
            above, sums = sums, []
        numerator = self._print(above[0]) if len(above) == 1 else " ".join(map(self._factor, above))
        if below:
            denominator = self._print(below[0]) if len(below) == 1 else " ".join(map(self._factor, below))
            numerator = rf"\frac{{{numerator or 1}}}{{{denominator}}}"
        elif len(above) == 1 and sums:
            numerator = self._factor(above[0])
        return sign + " ".join(filter(None, (numerator, *map(self._factor, sums))))

    def _factor(self, factor: sp.Expr) -> str:
        return self._sum(factor) if _is_sum(factor) else str(self._print(factor))

    def _sum(self, factor: sp.Expr) -> str:
        """A factor in brackets: a sum, or a power of one."""
        base, exponent = (factor.base, factor.exp) if factor.is_Pow else (factor, sp.Integer(1))
        text = rf"\left({self._print(base)}\right)"
        return text if exponent == 1 else rf"{text}^{{{self._print(exponent)}}}"

    def _print_Pow(self, expr: sp.Pow) -> str:
        base, exponent = expr.base, expr.exp
        if _is_sum(base) and exponent.is_Integer and exponent.is_positive:
            return self._sum(expr)
        if isinstance(base, sp.sin | sp.cos) and exponent.is_Integer and exponent.is_positive:
            return self._trigonometric(base, rf"^{{{exponent}}}")
        if exponent.is_Rational and exponent.is_positive and exponent.q == 2 and exponent != sp.Rational(1, 2):
            return rf"{self._bracketed(base)}^{{{exponent.p}/2}}"
        return str(super()._print_Pow(expr))

    def _bracketed(self, base: sp.Expr) -> str:
        return str(self._print(base)) if base.is_Atom and not _is_sum(base) else rf"\left({self._print(base)}\right)"

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:
        return str(self._print(LETTERS[expr])) if expr in LETTERS else str(super()._print_Symbol(expr))

    def _print_Heaviside(self, expr: sp.Expr, exp: Any = None) -> str:
        return rf"\operatorname{{step}}\left({self._print(expr.args[0])}\right)"

    def _print_sin(self, expr: sp.Expr, exp: Any = None) -> str:
        return self._trigonometric(expr)

    _print_cos = _print_sin

    def _print_exp(self, expr: sp.exp, exp: Any = None) -> str:
        """``e^{...}`` with the common factor of the exponent in front."""
        content, rest = expr.args[0].primitive()
        if all(is_negative(term) for term in sp.Add.make_args(rest)):
            content, rest = -content, -rest
        return rf"e^{{{self._print(product(content, rest))}}}"

    def _trigonometric(self, expr: sp.Expr, power: str = "") -> str:
        (argument,) = expr.args
        text = self._print(argument)
        plain = argument.is_Atom or (argument.is_Mul and not any(_is_sum(f) for f in argument.args))
        return rf"\{type(expr).__name__}{power} " + (text if plain else rf"\left({text}\right)")


def _is_sum(factor: sp.Expr) -> bool:
    """Whether a factor needs brackets, alone or as a base."""
    base = factor.base if factor.is_Pow and factor.exp.is_Integer else factor
    return base.is_Add or base in LETTERS


def _is_angle(factor: sp.Expr) -> bool:
    """The angle, its supplement, or another such difference."""
    linear = factor.is_Add and factor.free_symbols == {theta} and not factor.has(sp.sin, sp.cos)
    return factor in (theta, SUPPLEMENT) or linear


def _is_short(factor: sp.Expr) -> bool:
    return not factor.is_Pow and len(factor.atoms(sp.Symbol, sp.NumberSymbol, sp.Number)) <= SHORT


def _sorted_factors(expr: sp.Mul) -> tuple[str, list[sp.Expr], list[sp.Expr], list[sp.Expr]]:
    """Sign, plain factors above and below the line, and sums, of a product."""
    number, factors = expr.as_coeff_Mul() if expr.args[0].is_Rational else (sp.Integer(1), expr)
    above, below, sums = [], [], []
    for factor in sp.Mul.make_args(factors):
        if factor.is_Pow and factor.exp.is_Rational and factor.exp.is_negative:
            below.append(factor.base**-factor.exp)
        elif isinstance(factor, sp.atan) or (_is_sum(factor) and not _is_angle(factor)):
            sums.append(factor)
        elif factor != 1:
            above.append(factor)
    above, below = (
        [sp.Integer(n)] * (n != 1) + sorted(f, key=_place) for n, f in ((abs(number.p), above), (number.q, below))
    )
    return "- " if number.is_negative else "", above, below, sums


def _place(factor: sp.Expr) -> tuple[int, str]:
    """Order within a product: constants, lengths and other letters, the angle, functions, trigonometric ones."""
    base = factor.base if factor.is_Pow else factor
    if base.is_number:
        return 0, ""
    if _is_angle(base):
        return 2, ""
    if isinstance(base, sp.sin | sp.cos):
        return 4, "" if isinstance(base, sp.sin) else "z"
    return (1, str(base)) if base.is_Symbol else (3, str(base))


_printer = _Printer({"symbol_names": NAMES, "inv_trig_style": "full"})
