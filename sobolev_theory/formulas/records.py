"""What the catalogue holds: formulas and theorems, as data that needs no SymPy.

LaTeX is stored with macros for what an author may want to write otherwise (``\\student``, ``\\teacher``,
``\\vecnorm{...}``, ``\\weightangle``); `Notation` says what they stand for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One expression of a formula: its label, SymPy text, and LaTeX cut where a line may break."""

    label: str
    expression: str
    latex: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A verified step ``left = right`` of a derivation, in words and in LaTeX."""

    statement: str
    left: str
    right: str


@dataclass(frozen=True)
class Formula:
    """One derived result.

    Attributes
    ----------
    name
        Path in the catalogue, for instance ``relu/H1/gradient/backprop``.
    statement
        What it is, in words; mathematics in dollars.
    symbol
        Left-hand side, LaTeX.
    form
        ``"scalar"``, ``"listing"`` (one entry a named value), ``"combination"`` (sum of entries times their labels) or
        ``"matrix"`` (square, row by row).
    entries
        The expressions.
    where
        Letters that are not arguments, and their definitions, LaTeX.
    domain, source, deviations
        Where it holds, where it is from, and where it departs from its source.
    numeric
        The public function that computes it.
    steps, checks
        Verified steps of the derivation, and the number of identities that confirm it by a second route.
    """

    name: str
    statement: str
    symbol: str
    form: str
    entries: tuple[Entry, ...]
    arguments: tuple[str, ...]
    where: tuple[tuple[str, str], ...]
    domain: str
    numeric: str
    source: str
    deviations: str
    steps: tuple[Step, ...]
    checks: int
