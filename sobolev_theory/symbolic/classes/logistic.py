"""Logistic functions as names, whose derivatives of every order are products that neither cancel nor overflow."""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from ..symbols import z


class Logistic(sp.Function):
    """``S(x) = 1/(1 + exp(-x))``, whose derivative is the density ``S(x) S(-x)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """By its name."""
        return Density(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("sigmoid", self, printer, exp)


class Density(sp.Function):
    """``S(x) S(-x)``, accurate in both tails; its logarithm falls by ``S(x) - S(-x) = tanh(x/2)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """A multiple of itself."""
        return -self * Tanh(self.args[0] / 2)


class Softplus(sp.Function):
    """``log(1 + exp x)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """``S(x)``."""
        return Logistic(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return _named("softplus", self, printer, exp)


class Tanh(sp.Function):
    """``tanh(x)``, whose derivative is ``4 S(2x) S(-2x)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """``1/cosh(x)^2``."""
        return 4 * Density(2 * self.args[0])


def _named(word: str, function: sp.Function, printer: Any, exp: str | None) -> str:
    """LaTeX of a function of one argument."""
    power = f"^{{{exp}}}" if exp else ""
    return rf"\operatorname{{{word}}}{power}\left({printer._print(function.args[0])}\right)"


def named(expression: sp.Expr) -> sp.Expr:
    """The expression with these names where it has such functions."""
    written = expression.replace(sp.tanh, Tanh)
    written = written.replace(_is_logistic, lambda x: Logistic(sp.S.NegativeOne * _exponent(x.base)) ** -x.exp)
    written = written.replace(_is_sech, lambda x: (4 * Density(2 * x.base.args[0])) ** (-x.exp / 2))
    written = written.replace(_is_softplus, lambda x: Softplus(_exponent(x.args[0])))
    return written.replace(_is_mirrored, _mirrored)


def in_logistic_functions(expression: sp.Expr) -> sp.Expr:
    """The same by logistic functions alone, ``tanh(x) = 2 S(2x) - 1``."""
    return named(expression).replace(Tanh, lambda x: 2 * Logistic(2 * x) - 1)


def derivatives(expression: sp.Expr, highest: int) -> Iterator[sp.Expr]:
    """An activation and its derivatives, as products where a tail would cancel otherwise."""
    value = named(expression)
    for _ in range(highest + 1):
        yield sp.factor_terms(value)
        value = sp.diff(value, z)


def _exponent(of: sp.Expr) -> sp.Expr | None:
    """``x`` of ``1 + exp(x)``."""
    if not of.is_Add or len(of.args) != 2:
        return None
    one, other = of.args
    return sp.log(other).expand(force=True) if one == 1 and isinstance(other, sp.exp) else None


def _is_logistic(x: sp.Basic) -> bool:
    return bool(isinstance(x, sp.Pow) and x.exp.is_negative and x.exp.is_Integer and _exponent(x.base) is not None)


def _is_softplus(x: sp.Basic) -> bool:
    return isinstance(x, sp.log) and _exponent(x.args[0]) is not None


def _is_sech(x: sp.Basic) -> bool:
    return bool(isinstance(x, sp.Pow) and isinstance(x.base, sp.cosh) and x.exp.is_negative)


def _is_mirrored(x: sp.Basic) -> bool:
    """``exp(x) S(-x) = S(x)``."""
    return isinstance(x, sp.Mul) and _mirrored(x) != x


def _mirrored(product: sp.Mul) -> sp.Expr:
    factors = list(product.args)
    for power in [f for f in factors if isinstance(f, sp.exp)]:
        if (partner := Logistic(-power.args[0])) in factors:
            factors.remove(power)
            factors.remove(partner)
            factors.append(Logistic(power.args[0]))
    return sp.Mul(*factors)
