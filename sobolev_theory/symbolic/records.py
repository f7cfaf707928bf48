"""From SymPy results to the records of the catalogue."""

from collections.abc import Mapping, Sequence

import sympy as sp

from ..formulas.records import Entry, Formula, Step
from . import latex
from .steps import Derivation


class Combination(dict[str, sp.Expr]):
    """A sum of basis elements (keys, LaTeX) times coefficients."""


Value = sp.Expr | sp.MatrixBase | Mapping[str, sp.Expr]


def formula(
    name: str,
    statement: str,
    symbol: str,
    value: Value,
    *,
    domain: str,
    numeric: str,
    source: str,
    derivation: Derivation | None = None,
    deviations: str = "",
    where: Sequence[tuple[str, str]] = (),
) -> Formula:
    """A record of the catalogue.

    Parameters
    ----------
    value
        An expression, a square matrix, a mapping from labels (LaTeX) to named values, or a `Combination`.
    """
    if isinstance(value, sp.MatrixBase):
        form, labelled = "matrix", [("", entry) for entry in value]
    elif isinstance(value, Mapping):
        form, labelled = "combination" if isinstance(value, Combination) else "listing", list(value.items())
    else:
        form, labelled = "scalar", [("", value)]
    shown = [(label, latex.readable(sp.sympify(entry))) for label, entry in labelled]
    arguments = sorted({str(letter) for _, entry in shown for letter in entry.free_symbols})
    entries = tuple(Entry(label, str(entry), latex.chunks(entry)) for label, entry in shown)
    steps = derivation.steps if derivation else []
    return Formula(
        name, statement, symbol, form, entries, tuple(arguments), tuple(where), domain, numeric, source, deviations,
        tuple(Step(s.statement, latex.latex(s.left), latex.latex(s.right)) for s in steps if not s.check),
        sum(s.check for s in steps),
    )  # fmt: skip
