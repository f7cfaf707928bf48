"""Formulas of the catalogue as data that needs no SymPy.

LaTeX is stored with macros for what an author may want to write otherwise (``\\student``, ``\\teacher``,
``\\vecnorm{...}``, ``\\weightangle``); `Notation` says what they stand for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .._runtime.checks import flag, number, one_of, shown
from .._runtime.results import Record
from .._runtime.terminal import headline
from . import checks
from .engine import engine
from .notation import Notation
from .tex.layout import LINEWIDTH, aligned, one_line
from .tex.measure import split, width
from .tex.validity import require_mathematics, require_words

if TYPE_CHECKING:
    import sympy as sp

FORMS = ("scalar", "listing", "combination", "matrix")
STYLES = ("inline", "align")

NARROWEST = 100.0
"""Lines of so many points are too narrow for formulas."""

WIDE_ENTRY = 12.0
"""Entries of a matrix wider than this are listed one by one."""


@dataclass(frozen=True, repr=False)
class Entry(Record):
    """One expression of a formula: its label, SymPy text, and LaTeX."""

    label: str
    expression: str
    latex: str


@dataclass(frozen=True, repr=False)
class Step(Record):
    """A verified step ``left = right`` of a derivation, in words and in LaTeX."""

    statement: str
    left: str
    right: str


@dataclass(frozen=True, repr=False)
class Formula:
    r"""One derived result.

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
        The public call that evaluates it, or in which it enters.
    steps, checks
        Verified steps of the derivation, and the number of identities that confirm it by a second route.

    Raises
    ------
    ValueError
        For LaTeX with commands beyond those that draw mathematics, and for fields that are not what is said above: what
        comes from a stranger's file can be printed.

    Examples
    --------
    >>> from sobolev_theory import formulas
    >>> f = formulas.get("relu/L2/gradient")
    >>> print(f.latex(student="u", vectors="plain", norm="|{}|"))
    g\left(u, v\right) = \frac{|v| \sin \theta}{2 \pi |u|} u + \frac{\pi - \theta}{2 \pi} v
    >>> f.sympy()
    ((pi - theta)/(2*pi))*v + (q*sin(theta)/(2*pi*p))*w
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

    def __post_init__(self) -> None:
        checks.require_name("name", self.name)
        require_words("statement", self.statement)
        require_words("domain", self.domain)
        require_words("source", self.source)
        require_words("deviations", self.deviations)
        require_mathematics("symbol", self.symbol)
        checks.require_plain("numeric", self.numeric)
        checks.require_letters("arguments", self.arguments)
        for entry in checks.require_tuple("entries", self.entries, Entry):
            require_mathematics("entries", entry.label, entry.latex)
            checks.require_plain("entries", entry.expression)
        for pair in checks.require_pairs("where", self.where):
            require_mathematics("where", *pair)
        for step in checks.require_tuple("steps", self.steps, Step):
            require_words("steps", step.statement)
            require_mathematics("steps", step.left, step.right)
        checks.require_count("checks", self.checks)
        count = len(self.entries)
        if self.form not in FORMS:
            raise ValueError(f"form: one of {', '.join(FORMS)} is required, got {shown(self.form)}")
        if count == 0 or (self.form == "scalar" and count > 1):
            raise ValueError(f"entries: {'one' if count else 'at least one'} is required, got {count}")
        if self.form == "matrix" and math.isqrt(count) ** 2 != count:
            raise ValueError(f"entries: those of a square matrix are required, got {count}")

    def latex(
        self,
        notation: Notation | None = None,
        *,
        style: str = "inline",
        linewidth: float = LINEWIDTH,
        macros: bool = False,
        **changes: str,
    ) -> str:
        r"""The formula in LaTeX.

        Parameters
        ----------
        notation, changes
            A `Notation`, and its fields given by keyword: ``student``, ``teacher``, ``vectors``, ``norm``, ``angle``.
        style
            ``"inline"``: one line without delimiters. ``"align"``: an ``align*`` environment (package ``amsmath``) with
            line breaks; products and brackets that no line holds are broken inside, a matrix is scaled (``graphicx``).
        linewidth
            Width of a line of ``"align"`` in points, as ``\the\linewidth`` prints it: 246 for a column of two. The
            default is a page of A4 with margins of 2.2 cm.
        macros
            Leave the macros in, for a document that contains `Notation.preamble`.

        Raises
        ------
        ValueError
            For an unknown style or symbol, a width of at most 100 points, or LaTeX that cannot be set.
        """
        width = number("linewidth", linewidth, f"a width above {NARROWEST:g} points", NARROWEST, float("inf"))
        rows = self.rows()
        text = one_line(rows) if one_of("style", style, STYLES) == "inline" else aligned(rows, width)
        chosen = Notation.of(notation, dict(changes))
        return text if flag("macros", macros) else chosen.expand(text)

    def rows(self) -> list[str]:
        """The formula with macros; several where it is a list."""
        if self.form == "listing":
            return [f"{entry.label} = {entry.latex}" for entry in self.entries]
        if self.form == "matrix":
            return self._matrix_rows()
        return [f"{self.symbol} = {self.entries[0].latex if self.form == 'scalar' else self._combination()}"]

    def _combination(self) -> str:
        """Coefficients times basis elements, with brackets around sums."""
        text = ""
        for entry in self.entries:
            coefficient = {"1": "", "- 1": "- "}.get(entry.latex, entry.latex)
            if len(split(coefficient, brackets=False)) > 1:
                coefficient = rf"\Bigl( {coefficient} \Bigr)"
            sign = " " if coefficient.startswith("-") else " + "
            term = f"{coefficient} {entry.label if coefficient != '0' else ''}".strip()
            text += f"{sign if text else ''}{term}"
        return text

    def _matrix_rows(self) -> list[str]:
        """A matrix, or its entries one by one where they are wide."""
        size = round(len(self.entries) ** 0.5)
        table = [[entry.latex for entry in self.entries[size * i : size * (i + 1)]] for i in range(size)]
        if max(width(entry) for row in table for entry in row) <= WIDE_ENTRY:
            body = r" \\ ".join(" & ".join(row) for row in table)
            return [rf"{self.symbol} = \begin{{pmatrix}} {body} \end{{pmatrix}}"]
        return [
            rf"\left[{self.symbol}\right]_{{{i + 1}{j + 1}}} = {table[i][j]}" for i in range(size) for j in range(size)
        ]

    def sympy(self, **values: Any) -> sp.Basic:
        """The formula as a SymPy object; loads SymPy (extra ``formulas``).

        Letters: ``p = |w|``, ``q = |v|``, ``theta`` their angle; ``s = p^2``, ``rho = w.v``, ``t = q^2``; those of
        `where`. They carry assumptions, such as positive: give values by keyword, ``f.sympy(theta=1)``, or take letters
        from `free_symbols`.

        An expression, a `sympy.Tuple` of named values, a `sympy.Matrix`, or, for sums over a basis, a matrix expression
        in ``w``, ``v``, the frame ``f_1`` (along ``w``), ``f_2`` and the identity ``I``, all of symbolic dimension d.

        The stored text is parsed by a grammar of its own and never evaluated.

        Raises
        ------
        ValueError
            For a letter that the formula does not have; for a value that is neither a number nor a SymPy object, text
            among them; for stored text that is no expression of the catalogue.
        """
        return engine("catalogue.parsing").parse(self, values)

    def __repr__(self) -> str:
        return headline("Formula", self.name, Notation().expand(self.statement))

    def __str__(self) -> str:
        """Statement, formula, definitions, domain and source, to be read."""
        lines = [f"{self.name}: {self.statement}", *self.rows()]
        lines += [f"where {letter} = {meaning}" for letter, meaning in self.where]
        return Notation().expand("\n".join([*lines, f"domain: {self.domain}", f"source: {self.source}"]))

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Formula:
        """The formula that `to_dict` came from; lists stand for tuples.

        Raises
        ------
        ValueError
            For missing or unknown fields, and as for `Formula` itself.
        """
        kept = checks.fields_of(cls, data)
        entries = checks.many(Entry, "entries", data["entries"])
        return cls(**kept | {"entries": entries, "steps": checks.many(Step, "steps", data["steps"])})
