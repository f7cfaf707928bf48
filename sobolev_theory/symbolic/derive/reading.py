"""Reading what a user hands over as an activation: text of a grammar, or a SymPy expression; one real variable."""

import hashlib
import re
from collections.abc import Callable
from math import comb, prod

import sympy as sp
from sympy.core.function import AppliedUndef

from ...activations.spellings import text_of
from ..bounds import ARGUMENT, TextError, short
from ..grammar import CONSTANTS, FUNCTIONS, Grammar
from ..symbols import z

EXAMPLE = 'for instance derive("z*exp(-z**2/2)")'
HIGHEST_POWER = 20
"""Highest power of z in a smooth activation: the time grows fast with it, and sums of kernels lose their digits."""

MOST_TERMS = 2000
"""How many terms an expression may be multiplied out to."""

LONGEST = 1000
"""Characters of an activation that is given as text."""

LARGEST = 1e100
"""Largest value near z = 0: moments are squares, which doubles have to hold."""

SAMPLES = (sp.Rational(-17, 10), sp.Rational(-3, 10), sp.Rational(4, 10), sp.Rational(19, 10))
"""Points at which an activation has to have a real value."""


def _polynomials(family: Callable[[sp.Expr, sp.Expr], sp.Expr]) -> Callable[[sp.Expr, sp.Expr], sp.Expr]:
    """A family of orthogonal polynomials, up to `HIGHEST_POWER`."""

    def polynomial(degree: sp.Expr, x: sp.Expr) -> sp.Expr:
        if not degree.is_Integer or not 0 <= degree <= HIGHEST_POWER:
            raise ValueError(f"a degree from 0 to {HIGHEST_POWER} is required")
        return family(degree, x)

    return polynomial


GRAMMAR = Grammar(
    {"z": z} | CONSTANTS,
    FUNCTIONS | {name: _polynomials(getattr(sp, name)) for name in ("hermite", "hermite_prob")},
    LONGEST,
)
"""What the text of an activation may name."""


def read(activation: object) -> sp.Expr:
    """The activation as an expression in the real letter ``z``, floats as rational numbers.

    Raises
    ------
    ValueError
        If it is not of the grammar, is no expression in ``z`` alone, is constant, not real, or too large.
    """
    expression = _parsed(activation) if isinstance(activation, str) else activation
    if not isinstance(expression, sp.Expr):
        raise ValueError(f"activation: a SymPy expression in z or its text is required, got {activation!r}; {EXAMPLE}")
    letters = {symbol: z for symbol in expression.free_symbols if symbol.name == "z"}
    others = sorted(symbol.name for symbol in expression.free_symbols - set(letters))
    if others or len(letters) > 1:
        raise _other_letters(str(expression), others)
    if expression.has(sp.oo, -sp.oo, sp.zoo, sp.nan):
        raise ValueError(f"activation: finite numbers are required, got {expression}")
    if unknown := sorted(str(f.func) for f in expression.atoms(AppliedUndef)):
        raise ValueError(f"activation: {', '.join(unknown)} is no known function; {_spellings(unknown) or EXAMPLE}")
    _require_small(expression)
    expression = sp.nsimplify(expression.subs(letters), rational=True)
    if not expression.has(z) or sp.diff(expression, z) == 0:
        raise constant(expression)
    _require_real(expression)
    return _in_real_functions(expression) if expression.has(sp.I) else expression


def _parsed(text: str) -> object:
    """What a text says, by `GRAMMAR`."""
    try:
        return GRAMMAR.read(text)
    except TextError as error:
        shown = repr(short(text, 60))
        if not error.unknown:
            raise ValueError(
                f"activation: {shown} does not parse as an expression in z: {error}; {_advice(text[:LONGEST])}"
            ) from None
        advice = _spellings([error.unknown]) or GRAMMAR.near(error.unknown)
        if "function" in str(error):
            raise ValueError(f"activation: {error.unknown} is no known function; {advice or EXAMPLE}") from None
        raise _other_letters(text, [error.unknown], advice) from None


def _other_letters(shown: str, names: list[str], advice: str = "") -> ValueError:
    """The refusal of letters other than z."""
    return ValueError(
        f"activation: an expression in the letter z alone is required, got {shown} with "
        f"{', '.join(names) or 'several letters named z'}; "
        + (advice or _spellings(names) or "put numbers for parameters, expression.subs(...)")
    )


def constant(expression: sp.Expr) -> ValueError:
    """The refusal of a constant."""
    return ValueError(f"activation: an expression that depends on z is required, got the constant {short(expression)}")


def too_high(expression: sp.Expr, power: sp.Expr) -> ValueError:
    """The refusal of a power whose formulas would take hours."""
    return ValueError(
        f"activation: powers up to {HIGHEST_POWER} are required, got {power} in {expression}; use lower ones"
    )


def _spellings(names: list[str]) -> str:
    """How to write functions that the grammar does not know by these names; empty if none is well known."""
    texts = {name: text_of(name) for name in names if name not in FUNCTIONS}
    return "; ".join(f"for {name} write {text}" for name, text in texts.items() if text)


def _advice(text: str) -> str:
    """How to write what did not parse."""
    if "|" in text:
        return "for |z| write Abs(z)"
    if found := re.search(r"(?<![\w.])(\d+\.?\d*)\s*(?!(?:[eE][+-]?\d|[jJ]\b|[xXoObB]\w))([A-Za-z(]\w*)", text):
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
    for point in SAMPLES:
        value = sp.N(expression.subs(z, point), 20)
        if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
            raise ValueError(
                f"activation: a number for every z is required, got {expression}, which is {value} at {point}; give a "
                "Piecewise a last case (..., True), and use no function with a pole"
            )
        if value.is_number and abs(value) > LARGEST:
            raise ValueError(
                f"activation: values up to {LARGEST:.0e} near z = 0 are required, got {short(expression)}, which is "
                f"{value.n(4)} at {point}; scale it down"
            )
        if value.is_number and abs(sp.im(value)) > 1e-15 * (1 + abs(value)):
            raise ValueError(
                f"activation: a real function is required, got {expression}, which is {value.n(4)} at {point}"
            )


def _require_small(expression: sp.Expr) -> None:
    """Refuse high powers, what multiplies out to too many terms, and towers of exponentials."""
    for power in expression.atoms(sp.Pow):
        if power.exp.is_Integer and power.exp > HIGHEST_POWER and power.base.free_symbols:
            raise too_high(expression, power)
    if (size := _expanded(expression)) > MOST_TERMS:
        raise ValueError(
            f"activation: at most {MOST_TERMS} terms are allowed when multiplied out, got {size}; use a shorter one"
        )
    for part in sp.postorder_traversal(expression):  # arguments first: what is evaluated has small ones
        for value in part.args if isinstance(part, sp.Function) and part.has(*expression.free_symbols) else ():
            if isinstance(value, sp.Expr) and any(_size(value, point) > ARGUMENT for point in SAMPLES):
                raise ValueError(
                    f"activation: functions of numbers up to {ARGUMENT} near z = 0 are required, got {part}"
                )


def _size(expression: sp.Expr, point: sp.Rational) -> float:
    """The modulus at a point, roughly; zero where there is none."""
    value = abs(expression.subs(dict.fromkeys(expression.free_symbols, point)).evalf(5))
    return float(value) if value.is_comparable else 0.0


def _expanded(expression: sp.Basic) -> int:
    """How many terms an expression has at most when it, or a part of it, is multiplied out in exponentials."""
    inside = [_expanded(part) for part in expression.args]
    if isinstance(expression, sp.Add):
        return sum(inside)
    if isinstance(expression, sp.Mul):
        return prod(inside)
    if isinstance(expression, sp.Pow) and expression.exp.is_Integer and expression.exp > 0:
        return comb(inside[0] + int(expression.exp) - 1, int(expression.exp))
    waves = 2 * isinstance(expression, sp.sin | sp.cos | sp.sinh | sp.cosh)
    return max(1, waves, *inside)


def default_name(activation: sp.Expr) -> str:
    """A word for an activation, another one for another: ``sin`` for ``sin(z)``, else its text and a hash of it."""
    if isinstance(activation, sp.Function) and activation.args == (z,):
        return str(activation.func).lower()
    text = str(activation)
    if text.isidentifier():
        return text
    word = re.sub(r"\W+", "_", text)[:40].strip("_")
    return f"{word if word[0].isalpha() else f'sigma_{word}'}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
