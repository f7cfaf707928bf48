"""From SymPy results to the records of the catalogue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ...formulas.records import Entry, Formula, Step
from ..algebra import kinds
from ..algebra.reduction import reduce_polar
from ..proofs.steps import Claim, Derivation, DerivationError
from ..symbols import as_sympy, cosine, g, rho, s, sine, t, theta
from . import latex


class Combination(dict[str, sp.Expr]):
    """A sum of basis elements (keys, LaTeX) times coefficients."""


@dataclass(frozen=True)
class Rule:
    """A step by a rule for every activation: what it says, its left side (LaTeX), the value, and the form shown.

    What is not of one chart alone has a reduction of its own, which is zero for what vanishes.
    """

    statement: str
    rule: str
    value: sp.Expr
    shown: sp.Expr
    reduce: Callable[[sp.Expr], sp.Expr] | None = None


Value = Any
"""An expression, a square matrix, a mapping from labels to named values, or a `Combination`."""


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
    rules: Sequence[Rule] = (),
    definitions: Mapping[sp.Symbol, sp.Expr] | None = None,
) -> Formula:
    """A record of the catalogue.

    Parameters
    ----------
    value
        An expression, a square matrix, a mapping from labels (LaTeX) to named values, or a `Combination`.
    definitions
        Letters that stand for expressions, in which letters further up may stand: shown, and written out where the
        result is stored.
    """
    if isinstance(value, sp.MatrixBase):
        form, labelled = "matrix", [("", entry) for entry in value]
    elif isinstance(value, Mapping):
        form, labelled = "combination" if isinstance(value, Combination) else "listing", list(value.items())
    else:
        form, labelled = "scalar", [("", value)]
    shown = [(label, as_sympy(entry)) for label, entry in labelled]
    defined = used_definitions([entry for _, entry in shown], definitions or {})
    stored = [latex.readable(written_out(entry, defined)) for _, entry in shown]
    entries = tuple(
        Entry(label, str(whole), latex.breakable(entry)) for (label, entry), whole in zip(shown, stored, strict=True)
    )
    arguments = sorted({str(letter) for whole in stored for letter in whole.free_symbols})
    steps = derivation.steps if derivation else []
    return Formula(
        name,
        statement,
        symbol,
        form,
        entries,
        tuple(arguments),
        (*where, *((latex.latex(letter), latex.latex(meaning)) for letter, meaning in defined.items())),
        domain,
        numeric,
        source,
        deviations,
        (*(_step(s) for s in steps if not s.check), *map(_by_rule, rules)),
        sum(s.check for s in steps),
    )


def written_out(expression: sp.Expr, definitions: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """An expression without the letters that are defined."""
    for letter, meaning in reversed(list(definitions.items())):
        expression = expression.subs(letter, meaning)
    return expression


def used_definitions(shown: Sequence[sp.Expr], definitions: Mapping[sp.Symbol, sp.Expr]) -> dict[sp.Symbol, sp.Expr]:
    """Those that expressions need, directly or through others."""
    letters = set().union(*(entry.free_symbols for entry in shown))
    for letter, meaning in reversed(list(definitions.items())):
        letters |= meaning.free_symbols if letter in letters else set()
    return {letter: meaning for letter, meaning in definitions.items() if letter in letters}


def _step(step: Claim) -> Step:
    return Step(step.statement, latex.breakable(step.left), latex.breakable(step.right))


def _by_rule(rule: Rule) -> Step:
    """The step, after proving that the form shown is the value."""
    difference = rule.value - latex.readable(rule.shown)
    if rule.reduce:
        zero = rule.reduce(difference)
    elif difference.has(theta, sine, cosine):
        zero = reduce_polar(difference)
    else:
        zero = kinds.reduce_gram(difference.subs(g, s * t - rho**2))
    if zero != 0:
        raise DerivationError(f"{rule.statement}: the form shown differs by {zero}")
    return Step(rule.statement, rule.rule, latex.breakable(rule.shown))
