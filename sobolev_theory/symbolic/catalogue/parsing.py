"""From the text of a catalogue record back to SymPy, by a grammar of its own: nothing in it is evaluated as code."""

from collections.abc import Callable, Mapping
from numbers import Number
from typing import Any

import numpy as np
import sympy as sp

from ...formulas.records import Formula
from .. import symbols
from ..arc_cosine import ArcCosine
from ..bounds import TextError, short
from ..gaussian import BivariateNormal
from ..grammar import CONSTANTS, FUNCTIONS, Grammar
from ..symbols import as_sympy

LETTERS: dict[str, sp.Symbol] = {
    str(letter): letter for letter in vars(symbols).values() if isinstance(letter, sp.Symbol)
}
LARGEST = 100
"""Of a number of which the factorial is taken, or that is the degree of an arc-cosine function."""


def _of_small(function: Callable[..., sp.Expr]) -> Callable[..., sp.Expr]:
    """A function whose first argument, if it is a number, is a small integer."""

    def bounded(n: sp.Expr, *others: sp.Expr) -> sp.Expr:
        if n.is_number and not (n.is_Integer and 0 <= n <= LARGEST):
            raise ValueError(f"an integer from 0 to {LARGEST} is required")
        return function(n, *others)

    return bounded


NAMED: dict[str, Callable[..., Any]] = FUNCTIONS | {
    "ArcCosine": _of_small(ArcCosine),
    "BivariateNormal": BivariateNormal,
    "factorial": _of_small(sp.factorial),
    "Eq": sp.Eq,
}
"""Functions and relations that records name."""

DIMENSION = sp.Symbol("d", integer=True, positive=True)
W, V, MU = (sp.MatrixSymbol(name, DIMENSION, 1) for name in ("w", "v", "mu"))
COVARIANCE, METRIC = (sp.MatrixSymbol(name, DIMENSION, DIMENSION) for name in ("Sigma", "M"))
VECTORS: dict[str, Any] = {
    r"\student": W,
    r"\teacher": V,
    r"\along": sp.MatrixSymbol("f_1", DIMENSION, 1),
    r"\towards": sp.MatrixSymbol("f_2", DIMENSION, 1),
    r"\mu": MU,
    r"\Sigma \student": COVARIANCE * W,
    r"\Sigma \teacher": COVARIANCE * V,
    r"M \student": METRIC * W,
    r"M \teacher": METRIC * V,
}


def _transposed(label: str) -> str:
    return rf"{{\left({label}\right)}}^\top" if " " in label else rf"{{{label}}}^\top"


BASIS: dict[str, Any] = (
    VECTORS
    | {"I": sp.Identity(DIMENSION), r"\Sigma": COVARIANCE, "M": METRIC}
    | {f"{a} {_transposed(b)}": u * v.T for a, u in VECTORS.items() for b, v in VECTORS.items()}
)


def grammar(letters: Mapping[str, sp.Symbol]) -> Grammar:
    """What the text of a record with these letters may name."""
    return Grammar(CONSTANTS | dict(letters), NAMED)


def parsed(name: str, text: str, of: Grammar) -> Any:
    """What a text says that belongs to a record of some name.

    Raises
    ------
    ValueError
        If it is not of the grammar.
    """
    try:
        return of.read(text)
    except TextError as error:
        raise ValueError(f"{name}: an expression of the catalogue is required, got {short(text)!r}: {error}") from None


def expressions(formula: Formula) -> list[sp.Expr]:
    """The expressions of a record, in the letters of `symbols` with their assumptions."""
    of = grammar({name: LETTERS.get(name) or sp.Symbol(name) for name in formula.arguments})
    found = [parsed(formula.name, entry.expression, of) for entry in formula.entries]
    if not all(isinstance(expression, sp.Expr) for expression in found):
        raise ValueError(f"{formula.name}: expressions are required, got a relation")
    return found


def value_of(letter: str, value: object) -> sp.Basic:
    """A number or a SymPy object that stands for a letter; text is neither.

    Raises
    ------
    ValueError
        For anything else.
    """
    if isinstance(value, sp.Basic):
        return value
    if isinstance(value, Number | np.generic) and not isinstance(value, bool | np.bool_):
        try:
            return as_sympy(value)
        except sp.SympifyError:
            pass
    raise ValueError(f"{letter}: a number or a SymPy object is required, got {short(repr(value))}")


def parse(formula: Formula, given: Mapping[str, Any]) -> sp.Basic:
    """A record as one SymPy object, with values for some of its letters; see `Formula.sympy`."""
    unknown = sorted(set(given) - set(formula.arguments))
    if unknown:
        raise ValueError(f"{unknown[0]}: a letter of {formula.name} is required, one of {', '.join(formula.arguments)}")
    plain = expressions(formula)
    letters = set().union(*(expression.free_symbols for expression in plain))
    values_given = {name: value_of(name, value) for name, value in given.items()}
    chosen = {letter: values_given[str(letter)] for letter in letters if str(letter) in values_given}
    values = [expression.subs(chosen) for expression in plain]
    if formula.form == "scalar":
        return values[0]
    if formula.form == "listing":
        return sp.Tuple(*values)
    if formula.form == "matrix":
        size = round(len(values) ** 0.5)
        return sp.Matrix(size, size, values)
    if strange := [entry.label for entry in formula.entries if entry.label not in BASIS]:
        raise ValueError(f"{formula.name}: elements of the basis are required, got {short(strange[0])}")
    return sp.MatAdd(*(c * BASIS[entry.label] for c, entry in zip(values, formula.entries, strict=True)))
