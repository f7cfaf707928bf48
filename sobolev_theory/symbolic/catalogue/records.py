"""From SymPy results to the records of the catalogue."""

from collections.abc import Mapping, Sequence
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
    """A step by a rule for every activation: what it says, its left side (LaTeX), the value, and the form shown."""

    statement: str
    rule: str
    value: sp.Expr
    shown: sp.Expr


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
    shown = [(label, as_sympy(entry)) for label, entry in labelled]
    entries = tuple(Entry(label, str(latex.readable(entry)), latex.breakable(entry)) for label, entry in shown)
    arguments = sorted({str(letter) for _, entry in shown for letter in latex.readable(entry).free_symbols})
    steps = derivation.steps if derivation else []
    return Formula(
        name,
        statement,
        symbol,
        form,
        entries,
        tuple(arguments),
        tuple(where),
        domain,
        numeric,
        source,
        deviations,
        (*(_step(s) for s in steps if not s.check), *map(_by_rule, rules)),
        sum(s.check for s in steps),
    )


def _step(step: Claim) -> Step:
    return Step(step.statement, latex.breakable(step.left), latex.breakable(step.right))


def _by_rule(rule: Rule) -> Step:
    """The step, after proving that the form shown is the value."""
    difference = rule.value - latex.readable(rule.shown)
    polar = difference.has(theta, sine, cosine)
    zero = reduce_polar(difference) if polar else kinds.reduce_gram(difference.subs(g, s * t - rho**2))
    if zero != 0:
        raise DerivationError(f"{rule.statement}: the form shown differs by {zero}")
    return Step(rule.statement, rule.rule, latex.breakable(rule.shown))
