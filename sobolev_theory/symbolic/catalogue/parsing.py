"""From the text of a catalogue record back to SymPy."""

from collections.abc import Mapping
from typing import Any

import sympy as sp

from ...formulas.records import Formula
from .. import symbols
from ..arc_cosine import ArcCosine

LETTERS: dict[str, Any] = {
    str(letter): letter for letter in vars(symbols).values() if isinstance(letter, sp.Symbol)
} | {"ArcCosine": ArcCosine}

DIMENSION = sp.Symbol("d", integer=True, positive=True)
VECTORS = {
    r"\student": sp.MatrixSymbol("w", DIMENSION, 1),
    r"\teacher": sp.MatrixSymbol("v", DIMENSION, 1),
    r"\along": sp.MatrixSymbol("f_1", DIMENSION, 1),
    r"\towards": sp.MatrixSymbol("f_2", DIMENSION, 1),
}
BASIS: dict[str, Any] = (
    VECTORS
    | {"I": sp.Identity(DIMENSION)}
    | {rf"{a} {{{b}}}^\top": u * v.T for a, u in VECTORS.items() for b, v in VECTORS.items()}
)


def expressions(formula: Formula) -> list[sp.Expr]:
    """The expressions of a record, in the letters of `symbols` with their assumptions."""
    other = {name: sp.Symbol(name) for name in formula.arguments if name not in LETTERS}
    return [sp.sympify(entry.expression, locals=LETTERS | other) for entry in formula.entries]


def parse(formula: Formula, given: Mapping[str, Any]) -> sp.Basic:
    """A record as one SymPy object, with values for some of its letters; see `Formula.sympy`."""
    unknown = sorted(set(given) - set(formula.arguments))
    if unknown:
        raise ValueError(f"{unknown[0]}: a letter of {formula.name} is required, one of {', '.join(formula.arguments)}")
    plain = expressions(formula)
    letters = set().union(*(expression.free_symbols for expression in plain))
    chosen = {letter: given[str(letter)] for letter in letters if str(letter) in given}
    values = [expression.subs(chosen) for expression in plain]
    if formula.form == "scalar":
        return values[0]
    if formula.form == "listing":
        return sp.Tuple(*values)
    if formula.form == "matrix":
        size = round(len(values) ** 0.5)
        return sp.Matrix(size, size, values)
    return sp.MatAdd(*(c * BASIS[entry.label] for c, entry in zip(values, formula.entries, strict=True)))
