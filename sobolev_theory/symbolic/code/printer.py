"""Expressions as Python source on an array namespace ``xp``."""

from typing import Any, ClassVar

import sympy as sp
from sympy.core.function import Application, AppliedUndef
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pycode import PythonCodePrinter

from ..arc_cosine import of_angle
from ..classes.logistic import Density, Logistic, Softplus, Tanh

ARC_COSINE, ARC_COSINE_OF_SUPPLEMENT = (sp.Function(f"NamedArcCosine{of}", nargs=1) for of in ("", "OfSupplement"))
"""``J_n(theta)`` and ``J_n(pi - theta)`` without the argument, which elimination of subexpressions would take apart."""

DAMPED_SINH, DAMPED_COSH = (sp.Function(name, nargs=2) for name in ("DampedSinh", "DampedCosh"))
"""``exp(a) sinh(b)`` and ``exp(a) cosh(b)``, which code computes without overflow of either factor."""


def name_arc_cosines(expression: sp.Expr) -> sp.Expr:
    """Replace every `ArcCosine` of theta or its supplement by the function that generated code calls."""
    return of_angle(expression, ARC_COSINE, ARC_COSINE_OF_SUPPLEMENT)


def name_damped(expression: sp.Expr) -> sp.Expr:
    """Replace products of an exponential and a hyperbolic function, in which the expression is linear, by one name."""
    for function, damped in ((sp.sinh, DAMPED_SINH), (sp.cosh, DAMPED_COSH)):
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


QUOTIENT = sp.Function("Quotient", nargs=2)
"""A rational number that code makes in the numbers of its namespace, of any precision."""


def name_quotients(expression: sp.Expr) -> sp.Expr:
    """Replace the rational numbers that no double holds."""
    return expression.replace(lambda x: x.is_Rational and x.q & (x.q - 1), lambda x: QUOTIENT(x.p, x.q))


FUNCTIONS = {
    sp.atan: "xp.arctan",
    sp.asin: "xp.arcsin",
    sp.exp: "xp.exp",
    sp.sin: "xp.sin",
    sp.cos: "xp.cos",
    sp.sinh: "xp.sinh",
    sp.cosh: "xp.cosh",
}
"""Elementary functions by what they are called in generated code."""

LOG = {sp.log: "xp.log"}

FORMS = {
    QUOTIENT: "xp.divide({}, {})",
    DAMPED_SINH: "damped_sinh(xp, {}, {})",
    DAMPED_COSH: "damped_cosh(xp, {}, {})",
    ARC_COSINE: "arc_cosine(xp, {}, theta, sine, cosine)",
    ARC_COSINE_OF_SUPPLEMENT: "arc_cosine_of_supplement(xp, {}, theta, sine, cosine)",
    Logistic: "logistic(xp, {})",
    Density: "(logistic(xp, {0})*logistic(xp, -({0})))",
    Softplus: "softplus(xp, {})",
    Tanh: "xp.tanh({})",
}
"""Functions that are called with more than their arguments."""


class UnprintableError(ValueError):
    """Generated code does not have a function."""


class KernelPrinter(PythonCodePrinter):
    """Prints what generated modules can evaluate, and refuses the rest.

    Functions are elementary ones of the array namespace, logarithms of numbers, ``erf``, steps, arc-cosine, damped and
    logistic functions by name, and undefined ones, which are arguments of the kernel.
    """

    elementary: ClassVar[dict[type[sp.Function], str]] = FUNCTIONS

    def __init__(self) -> None:
        names: dict[str, Any] = {function.__name__: name for function, name in {**self.elementary, **LOG}.items()}
        forms = {function.__name__: [(lambda *_: True, form.format)] for function, form in FORMS.items()}
        super().__init__({"user_functions": names | forms, "allow_unknown_functions": True})

    def doprint(self, expr: sp.Basic, assign_to: str | None = None) -> str:
        """The expression as source.

        Raises
        ------
        UnprintableError
            For a function, an integral or a derivative that generated code does not have.
        """
        for part in expr.atoms(Application, sp.Integral, sp.Derivative):
            constant = isinstance(part, sp.log) and part.is_number
            known = constant or part.func in {*self.elementary, *FORMS, sp.erf, sp.Heaviside}
            if not known and not isinstance(part, AppliedUndef):
                raise UnprintableError(f"{part}: generated code has no {type(part).__name__}")
        return str(super().doprint(expr, assign_to))

    def _print_erf(self, expr: sp.erf) -> str:
        return f"erf(xp, {self._print(expr.args[0])})"

    def _print_Heaviside(self, expr: sp.Heaviside) -> str:
        return f"({self._print(expr.args[0])} > 0)"

    def _print_Mul(self, expr: sp.Mul) -> str:
        """A step, which is a truth value in code, has no negative: its factor -1 becomes a number."""
        if expr.args[0] == -1 and all(isinstance(factor, sp.Heaviside) for factor in expr.args[1:]):
            return "-1.0*" + "*".join(self._print(factor) for factor in expr.args[1:])
        return str(super()._print_Mul(expr))

    def _print_Pi(self, expr: sp.Expr) -> str:
        return "xp.pi"

    def _print_Exp1(self, expr: sp.Expr) -> str:
        return "xp.e"

    def _print_Rational(self, expr: sp.Rational) -> str:
        return f"{expr.p} / {expr.q}"

    def _print_Float(self, expr: sp.Float) -> str:
        return repr(float(expr))

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        """Integer and half-integer powers by products and square roots."""
        base, exponent = expr.args
        if exponent.is_negative:
            return f"1 / ({self._print(base**-exponent)})"
        whole, half = divmod(2 * exponent, 2)
        if not (exponent * 2).is_Integer or whole > 6:
            return str(super()._print_Pow(expr, rational))
        text = self.parenthesize(base, PRECEDENCE["Pow"])
        factors = [text] * int(whole) + ([f"xp.sqrt({self._print(base)})"] if half else [])
        return f"({' * '.join(factors)})" if len(factors) > 1 else factors[0]


class PointwisePrinter(KernelPrinter):
    """Prints functions of one variable: logarithms, and inverse hyperbolic sines, besides."""

    elementary: ClassVar[dict[type[sp.Function], str]] = {**FUNCTIONS, **LOG, sp.asinh: "xp.arcsinh"}
