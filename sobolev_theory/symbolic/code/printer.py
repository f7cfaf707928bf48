"""Expressions as Python source on an array namespace ``xp``."""

from typing import ClassVar

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.pycode import PythonCodePrinter

from ..arc_cosine import ArcCosine
from ..symbols import theta


class NamedArcCosine(sp.Function):  # type: ignore[misc]  # SymPy ships no types
    """``J_n(theta)``, out of reach of common-subexpression elimination, which would take its argument apart."""

    nargs = 1


class NamedArcCosineOfSupplement(sp.Function):  # type: ignore[misc]  # SymPy ships no types
    """``J_n(pi - theta)``, likewise."""

    nargs = 1


def name_arc_cosines(expression: sp.Expr) -> sp.Expr:
    """Replace every `ArcCosine` of theta or its supplement by the function that generated code calls."""

    def named(n: sp.Integer, x: sp.Expr) -> sp.Expr:
        if x == theta:
            return NamedArcCosine(n)
        if sp.expand(x - (sp.pi - theta)) == 0:
            return NamedArcCosineOfSupplement(n)
        raise ValueError(f"arc-cosine function of {x}: generated code knows theta and pi - theta")

    return expression.replace(ArcCosine, named)


class DampedSinh(sp.Function):  # type: ignore[misc]  # SymPy ships no types
    """``DampedSinh(a, b) = exp(a) sinh(b)``, which code computes without overflow of either factor."""

    nargs = 2


class DampedCosh(sp.Function):  # type: ignore[misc]  # SymPy ships no types
    """``DampedCosh(a, b) = exp(a) cosh(b)``, likewise."""

    nargs = 2


DAMPED = {
    "damped_sinh": '''def damped_sinh(xp: Any, a: Any, b: Any) -> Any:
    """``exp(a) sinh(b)`` without overflow of a factor, to full relative accuracy near b = 0."""
    size = xp.abs(b)
    return xp.copysign(0.5, b)*xp.exp(a + size)*(-xp.expm1(-2*size))
''',
    "damped_cosh": '''def damped_cosh(xp: Any, a: Any, b: Any) -> Any:
    """``exp(a) cosh(b)`` without overflow of a factor."""
    size = xp.abs(b)
    return 0.5*xp.exp(a + size)*(1 + xp.exp(-2*size))
''',
}
"""Source of the two functions, for the modules that call them."""


def name_damped(expression: sp.Expr) -> sp.Expr:
    """Replace products of an exponential and a hyperbolic function, in which the expression is linear, by one name."""
    for function, damped in ((sp.sinh, DampedSinh), (sp.cosh, DampedCosh)):
        for of in sorted(expression.atoms(function), key=sp.default_sort_key):
            letter = sp.Dummy()
            linear = expression.subs(of, letter)
            slope = sp.factor(sp.diff(linear, letter))
            powers = [x for x in sp.Mul.make_args(slope) if isinstance(x, sp.exp)]
            rest = sp.Mul(*(x for x in sp.Mul.make_args(slope) if not isinstance(x, sp.exp)))
            if powers and not rest.has(sp.exp, letter):
                exponent = sp.Add(*(x.args[0] for x in powers))
                expression = linear.subs(letter, 0) + rest * damped(exponent, of.args[0])
    return expression


class Quotient(sp.Function):  # type: ignore[misc]  # SymPy ships no types
    """A rational number that code makes in the numbers of its namespace, of any precision."""

    nargs = 2


def name_quotients(expression: sp.Expr) -> sp.Expr:
    """Replace the rational numbers that no double holds."""
    return expression.replace(lambda x: x.is_Rational and x.q & (x.q - 1), lambda x: Quotient(x.p, x.q))


class KernelPrinter(PythonCodePrinter):  # type: ignore[misc]  # SymPy ships no types
    """Prints what generated modules can evaluate, and refuses the rest.

    Functions are elementary ones of the array namespace, ``erf``, steps, and arc-cosine and damped functions by name.
    """

    FUNCTIONS: ClassVar[dict[type[sp.Function], str]] = {
        sp.atan: "xp.arctan({})",
        sp.asin: "xp.arcsin({})",
        sp.exp: "xp.exp({})",
        sp.sin: "xp.sin({})",
        sp.cos: "xp.cos({})",
        sp.sinh: "xp.sinh({})",
        sp.cosh: "xp.cosh({})",
        sp.erf: "erf(xp, {})",
        Quotient: "xp.divide({}, {})",
        DampedSinh: "damped_sinh(xp, {}, {})",
        DampedCosh: "damped_cosh(xp, {}, {})",
        NamedArcCosine: "arc_cosine(xp, {}, theta, sine, cosine)",
        NamedArcCosineOfSupplement: "arc_cosine_of_supplement(xp, {}, theta, sine, cosine)",
    }

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": False})

    def _print(self, expr: sp.Basic, **kwargs: object) -> str:
        if isinstance(expr, sp.Heaviside):
            return f"({self._print(expr.args[0])} > 0)"
        if isinstance(expr, AppliedUndef):  # a function that is an argument of the kernel
            return f"{expr.func.__name__}({', '.join(map(self._print, expr.args))})"
        if isinstance(expr, sp.Function):
            form = self.FUNCTIONS.get(type(expr))
            if form is None:
                raise ValueError(f"{expr}: generated code has no function {type(expr).__name__}")
            return form.format(*map(self._print, expr.args))
        if isinstance(expr, sp.Integral | sp.Derivative):
            raise ValueError(f"{expr}: a closed form is required")
        return str(super()._print(expr, **kwargs))

    def _print_Mul(self, expr: sp.Mul) -> str:
        """A step, which is a truth value in code, has no negative: its factor -1 becomes a number."""
        if expr.args[0] == -1 and all(isinstance(factor, sp.Heaviside) for factor in expr.args[1:]):
            return "-1.0*" + "*".join(self._print(factor) for factor in expr.args[1:])
        return str(super()._print_Mul(expr))

    def _print_Pi(self, expr: sp.Expr) -> str:
        return "xp.pi"

    def _print_Rational(self, expr: sp.Rational) -> str:
        return f"{expr.p} / {expr.q}"

    def _print_Float(self, expr: sp.Float) -> str:
        return repr(float(expr))

    def _print_Pow(self, expr: sp.Pow, **kwargs: object) -> str:
        """Integer and half-integer powers by products and square roots."""
        base, exponent = expr.args
        if exponent.is_negative:
            return f"1 / ({self._print(base**-exponent)})"
        whole, half = divmod(2 * exponent, 2)
        if not (exponent * 2).is_Integer or whole > 6:
            return str(super()._print_Pow(expr, **kwargs))
        text = self.parenthesize(base, sp.printing.precedence.PRECEDENCE["Pow"])
        factors = [text] * int(whole) + ([f"xp.sqrt({self._print(base)})"] if half else [])
        return f"({' * '.join(factors)})" if len(factors) > 1 else factors[0]
