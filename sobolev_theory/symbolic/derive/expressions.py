"""Reading what a user hands over as an activation: one real variable, square integrable, and in which class it is."""

import re
from typing import NamedTuple

import sympy as sp
from sympy.core.function import AppliedUndef

from ..symbols import z
from .gaussian_integrals import Term

KINKED = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise)
EXAMPLE = 'for instance derive("z*exp(-z**2/2)")'
HIGHEST_POWER = 20
"""Highest power of z in a smooth activation: the time grows fast with it, and sums of kernels lose their digits."""

RELU, LEAKY, GELU = "Max(z, 0)", "Max(z, z/100)", "z*(1 + erf(z/sqrt(2)))/2"
NO_FORM = "has no closed form; near to it is"
SIGMOID = f"{NO_FORM} (1 + erf(z/sqrt(2)))/2"
SPELLINGS = {
    "relu": RELU, "leakyrelu": LEAKY, "gelu": GELU, "step": "Heaviside(z)",
    "relu2": "Max(z, 0)**2", "relu3": "Max(z, 0)**3", "sgn": "sign(z)", "gaussian": "exp(-z**2/2)",
    "sigmoid": SIGMOID, "logistic": SIGMOID, "silu": f"{NO_FORM} {GELU}", "swish": f"{NO_FORM} {GELU}",
    "softplus": f"{NO_FORM} z*(1 + erf(z/sqrt(2)))/2 + exp(-z**2/2)/sqrt(2*pi)",
}  # fmt: skip
"""What to write for names that SymPy does not know, without regard to case and underscores."""


class NoClosedFormError(ValueError):
    """No closed form was found; ``integral`` names the one that failed."""

    def __init__(self, left: sp.Expr, right: sp.Expr, reason: str) -> None:
        x, y = sp.symbols("z_1 z_2", real=True)
        self.integral = f"E[({left.subs(z, x)})*({right.subs(z, y)})]"
        super().__init__(
            f"activation: no closed form was found for the integral {self.integral} over (z_1, z_2) = (u.x, v.x), "
            f"Gaussian with covariance [[s, rho], [rho, t]]: {reason}. There is one for sums of z^n exp(a z^2 + b z) "
            "(sines and hyperbolic functions are such) and z^n exp(a z^2) erf(k z), and for a z_+^n + b (-z)_+^n"
        )


class Kinked(NamedTuple):
    """``right z_+^power + left (-z)_+^power``."""

    power: int
    right: sp.Expr
    left: sp.Expr


def read(activation: object) -> sp.Expr:
    """The activation as an expression in the real letter ``z``, floats as rational numbers.

    Raises
    ------
    ValueError
        If it does not parse, is no expression in ``z`` alone, is constant, or not real.
    """
    if isinstance(activation, str):
        try:
            expression = sp.parse_expr(activation.replace("^", "**"), local_dict={"z": z})
        except Exception as error:  # the parser passes on whatever evaluation of the text raises
            raise ValueError(
                f"activation: {activation!r} does not parse as an expression in z ({type(error).__name__}); "
                f"{_advice(activation)}"
            ) from None
    else:
        expression = activation
    if not isinstance(expression, sp.Expr):
        raise ValueError(f"activation: a SymPy expression in z or its text is required, got {activation!r}; {EXAMPLE}")
    letters = {symbol: z for symbol in expression.free_symbols if symbol.name == "z"}
    others = sorted(symbol.name for symbol in expression.free_symbols - set(letters))
    if others or len(letters) > 1:
        raise ValueError(
            f"activation: an expression in the letter z alone is required, got {expression} with "
            f"{', '.join(others) or 'several letters named z'}; "
            + (_spellings(others) or "put numbers for parameters, expression.subs(...)")
        )
    if expression.has(sp.oo, -sp.oo, sp.zoo, sp.nan):
        raise ValueError(f"activation: finite numbers are required, got {expression}")
    if unknown := sorted(str(f.func) for f in expression.atoms(AppliedUndef)):
        raise ValueError(f"activation: {', '.join(unknown)} is no known function; {_spellings(unknown) or EXAMPLE}")
    for power in expression.atoms(sp.Pow):
        if power.exp.is_Integer and power.exp > HIGHEST_POWER and power.base.free_symbols:
            raise too_high(expression, power)
    expression = sp.nsimplify(expression.subs(letters), rational=True)
    if not expression.has(z) or sp.diff(expression, z) == 0:
        raise constant(expression)
    _require_real(expression)
    return _in_real_functions(expression) if expression.has(sp.I) else expression


def constant(expression: sp.Expr) -> ValueError:
    """The refusal of a constant."""
    return ValueError(f"activation: an expression that depends on z is required, got the constant {expression}")


def too_high(expression: sp.Expr, power: sp.Expr) -> ValueError:
    """The refusal of a power whose formulas would take hours."""
    return ValueError(
        f"activation: powers up to {HIGHEST_POWER} are required, got {power} in {expression}; use lower ones"
    )


def _spellings(names: list[str]) -> str:
    """How to write functions that SymPy does not know by these names; empty if none is listed."""
    words = {name: SPELLINGS.get(name.lower().replace("_", "")) for name in names}
    found = [
        f"{name} {text}" if text.startswith(NO_FORM) else f"for {name} write {text}"
        for name, text in words.items()
        if text
    ]
    return "; ".join(found)


def _advice(text: str) -> str:
    """How to write what did not parse."""
    if "|" in text:
        return "for |z| write Abs(z)"
    if found := re.search(r"(?<![\w.])(\d+\.?\d*)\s*([A-Za-z(]\w*)", text):
        number, factor = found.groups()
        return f"for {found[0]} write {number}*{factor}"
    return _spellings(re.findall(r"[a-z]\w*(?=\()", text)) or EXAMPLE


def _in_real_functions(expression: sp.Expr) -> sp.Expr:
    """A real function written with ``I``, as ``exp(I z) + exp(-I z)``, written without."""
    real, imaginary = sp.expand(expression).as_real_imag()
    real = sp.simplify(real)
    if real.has(sp.I, sp.re, sp.im) or sp.simplify(imaginary) != 0:
        raise ValueError(
            f"activation: a real function is required, and {expression} is not seen to be one; write it without I"
        )
    return real


def _require_real(expression: sp.Expr) -> None:
    """Refuse values off the real line, as those of ``sqrt(z)`` for negative ``z``, and points without a value."""
    for point in (sp.Rational(-17, 10), sp.Rational(-3, 10), sp.Rational(4, 10), sp.Rational(19, 10)):
        value = sp.N(expression.subs(z, point), 20)
        if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
            raise ValueError(
                f"activation: a number for every z is required, got {expression}, which is {value} at {point}; give a "
                "Piecewise a last case (..., True), and use no function with a pole"
            )
        if value.is_number and abs(sp.im(value)) > 1e-15 * (1 + abs(value)):
            raise ValueError(
                f"activation: a real function is required, got {expression}, which is {value.n(4)} at {point}"
            )


def branches(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The activation for ``z > 0`` and for ``z < 0``, both as expressions in ``z``."""
    x = sp.Symbol("x", positive=True)
    right, left = expression.subs(z, x), expression.subs(z, -x)
    right, left = (sp.piecewise_fold(e) if e.has(sp.Piecewise) else e for e in (right, left))
    return sp.expand(right.doit()).subs(x, z), sp.expand(left.doit()).subs(x, -z)


def kinked(right: sp.Expr, left: sp.Expr) -> Kinked | None:
    """The two branches as powers of the same degree, if they are."""
    for power in range(4):
        a, b = sp.cancel(right / z**power), sp.cancel(left / (-z) ** power)
        if not a.has(z) and not b.has(z):
            return Kinked(power, a, b)
    return None


def terms(expression: sp.Expr) -> tuple[Term, ...]:
    """A smooth activation as a sum of `Term`.

    Raises
    ------
    NoClosedFormError
        For a summand that is no such term.
    ValueError
        If it is not square integrable.
    """
    collected: dict[tuple[int, sp.Expr, sp.Expr, sp.Expr], sp.Expr] = {}
    for summand in sp.Add.make_args(in_exponentials(expression)):
        if summand == 0:
            continue
        term = _term(summand, expression)
        kind = term.power, term.square, term.slope, term.scale
        collected[kind] = collected.get(kind, sp.S.Zero) + term.coefficient
    return tuple(Term(value, *kind) for kind, value in collected.items() if sp.simplify(value) != 0)


def in_exponentials(expression: sp.Expr) -> sp.Expr:
    """The expression as a sum, with exponentials for sines, hyperbolic functions and powers of numbers."""
    written = expression.rewrite([sp.sin, sp.cos, sp.sinh, sp.cosh], sp.exp).rewrite(sp.erfc, sp.erf)
    written = written.replace(
        lambda e: isinstance(e, sp.Pow) and e.exp.has(z) and not e.base.has(z),
        lambda e: sp.exp(e.exp * (1 if e.base == sp.E else sp.log(e.base))),
    )
    return sp.expand(written, power_exp=False)


def _term(summand: sp.Expr, activation: sp.Expr) -> Term:
    """One summand, taken apart."""
    coefficient, rest = summand.as_independent(z, as_Add=False)
    power, square, slope, scale = 0, sp.S.Zero, sp.S.Zero, sp.S.Zero
    for factor in sp.Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if base == z and exponent.is_Integer and exponent > 0:
            power += int(exponent)
        elif isinstance(factor, sp.exp) and factor.args[0].is_polynomial(z) and sp.degree(factor.args[0], z) <= 2:
            polynomial = sp.Poly(factor.args[0], z)
            square, slope = square + polynomial.coeff_monomial(z**2), slope + polynomial.coeff_monomial(z)
            coefficient *= sp.exp(polynomial.coeff_monomial(1))
        elif isinstance(factor, sp.erf) and scale == 0 and not sp.cancel(factor.args[0] / z).has(z):
            scale = sp.cancel(factor.args[0] / z)
        elif factor == 1:
            continue
        else:
            require_square_integrable(activation)
            raise NoClosedFormError(activation, activation, f"{factor} is no factor of a known kind")
    if sp.re(square) > 0:
        raise not_square_integrable(activation, f"it grows like {sp.exp(sp.re(square) * z**2)}")
    if not square.is_real or not scale.is_real:
        raise NoClosedFormError(activation, activation, f"{rest} has a complex width")
    if scale.is_negative:
        coefficient, scale = -coefficient, -scale
    return Term(coefficient, power, square, slope, scale)


def require_square_integrable(activation: sp.Expr) -> None:
    """Refuse poles on the real line and exponents that outgrow the Gaussian, as far as SymPy finds them."""
    for power in activation.atoms(sp.exp):
        exponent = power.args[0]
        if exponent.is_polynomial(z) and sp.degree(exponent, z) > 2 and sp.oo in (
            sp.limit(exponent, z, end) for end in (sp.oo, -sp.oo)
        ):  # fmt: skip
            raise not_square_integrable(activation, f"it grows like {power}")
    try:
        points = sp.singularities(activation, z, sp.Interval(-10, 10))
        listed = list(points if isinstance(points, sp.FiniteSet) else points.intersect(sp.Interval(-2, 2)))[:4]
    except (NotImplementedError, TypeError, ValueError):
        return
    for point in listed:
        size = sp.limit(sp.Abs(activation) * sp.sqrt(z - point), z, point, "+")
        if size != 0:
            raise not_square_integrable(activation, f"it has a pole at z = {point}")


def not_square_integrable(activation: sp.Expr, why: str) -> ValueError:
    """The refusal of an activation whose loss is infinite."""
    return ValueError(
        f"activation: E sigma(w.x)^2 finite for weights of every norm is required, got {activation}: {why}, so that "
        "the loss is infinite; use a bounded function, or one that grows at most like exp(b*z)"
    )


def default_name(activation: sp.Expr) -> str:
    """A word for an activation: ``sin`` for ``sin(z)``, and else its text with underscores."""
    if isinstance(activation, sp.Function) and activation.args == (z,):
        return str(activation.func).lower()
    word = re.sub(r"\W+", "_", str(activation)).strip("_")
    return word if word[0].isalpha() else f"sigma_{word}"
