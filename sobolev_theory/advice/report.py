"""The report: a verdict in words, and the tables that it rests on."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from .._runtime.results import Shown, Value
from .._runtime.tables import Table
from .._runtime.terminal import SCREEN, columns, prompt_columns, wrapped
from .findings import Findings
from .tables import agreement_table, conditioning_table, samples_table, steps_table, weight_table
from .verdict import Verdict, of_weight


@dataclass(frozen=True, eq=False, repr=False)
class Advice(Findings, Shown, Value):
    """Whether derivative supervision pays for a network on its inputs, by how much, and with which weight.

    ``str()`` is the report, ``to_dict()`` the data, ``tables()`` its tables, and ``table()`` all numbers in one.

    Attributes
    ----------
    subject
        The network, what of it moves, and the inputs, in words.
    verdict
        The answer, and the reasons.
    norms
        What was found of each norm; the first is the reference.
    weight, optimum
        The weight ``lambda_1`` of fewest steps, and that of the smallest condition number where that means something;
        None where derivatives of order 1 are infinite.
    scales
        ``Var f`` and ``E |grad f|^2`` of the network by theory and on data, and of the targets, by name.
    law
        Of few piecewise linear neurons at standard inputs: samples per dimension until the condition number of the
        empirical Gauss-Newton matrix is at most twice that of the population, by norm.
    accuracy, within
        As asked for.
    residual
        What the network leaves of the targets; None without targets.
    outside
        How far theory applies, and of what the numbers are.

    Examples
    --------
    >>> import sobolev_theory as st
    >>> advice = st.advise(st.Network.orthonormal(5, 10, activation="erf"), st.Inputs(), parameters="weights")
    >>> print(advice.verdict.sentence)
    Derivatives pay a little, most with (1, 12). They save samples.
    """

    subject: str
    verdict: Verdict
    outside: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """The verdict, a line for each reason."""
        lines = [self.verdict.sentence, *self.verdict.reasons]
        if self.weight is not None:
            lines.append(of_weight(self.weight, self._derivatives_pay, self.unit, self.within))
        return lines

    @property
    def _derivatives_pay(self) -> bool:
        """Whether the norm with the least work has derivatives, by the thresholds of the verdict."""
        best = self.verdict.norm if self.verdict.answer.startswith("pay") else self.norms[0].norm
        return any(each.order > 0 for each in self.norms if each.norm == best)

    def tables(self) -> list[Table]:
        """Steps, conditioning, weights, samples, and data beside theory, as far as they are known."""
        made = (steps_table(self), conditioning_table(self), weight_table(self), samples_table(self))
        return [table for table in (*made, agreement_table(self)) if table is not None]

    def table(self) -> Table:
        """Every number, for files and frames: of which norm, of what, and how much."""
        leaves = _leaves(self.to_dict())
        rows = [
            (path[1], ".".join(path[2:]), x) if path[0] == "norms" else ("", ".".join(path), x) for path, x in leaves
        ]
        return Table(self.subject, ("norm", "quantity", "value"), rows, self.lines, keys=2)

    def to_markdown(self) -> str:
        """The report in Markdown."""
        words = [self.subject, *self.lines]
        outside = "\n".join(f"- {line}" for line in self.outside)
        return "\n\n".join([*words, *(table.to_markdown() for table in self.tables()), outside])

    def to_latex(self) -> str:
        """The tables in LaTeX; a document that has them loads the package booktabs."""
        return "\n".join(table.to_latex() for table in self.tables())

    def to_dict(self) -> dict[str, Any]:
        """The data."""
        return {
            "subject": self.subject,
            "verdict": {"answer": self.verdict.answer, "norm": self.verdict.norm, "reasons": self.lines[1:]},
            "norms": {each.norm: each.as_dict() for each in self.norms},
            "weight": None if self.weight is None else self.weight.as_dict(),
            "optimum": None if self.optimum is None else _plain(self.optimum.facts()),
            "scales": {name: {"variance": s.variance, "slope": s.slope} for name, s in self.scales.items()},
            "law": self.law,
            "accuracy": self.accuracy,
            "residual": None if self.residual is None else vars(self.residual),
            "outside": list(self.outside),
        }

    def text(self, width: int | None) -> str:
        """The report in lines of a width."""
        wide = width or 100  # words are folded in a file, too; tables are not
        parts = ["\n".join(wrapped(self.subject, wide))]
        parts.append("\n".join(line for text in self.lines for line in wrapped(text, wide, "  ")))
        parts += [table.text(width) for table in self.tables()]
        parts.append("\n".join(line for text in self.outside for line in wrapped(f"- {text}", wide, "  ")))
        return "\n\n".join(parts)

    def __str__(self) -> str:
        return self.text(columns())

    def __repr__(self) -> str:
        head = f"<Advice: {self.subject}. {' '.join(self.lines[:2])}>"
        return "\n".join(textwrap.wrap(head, min(SCREEN, prompt_columns()), subsequent_indent="  "))

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{escape(line)}</p>" for line in self.lines[1:])
        tables = "".join(table.html() for table in self.tables())
        outside = "".join(f"<li>{escape(line)}</li>" for line in self.outside)
        head = f"<p>{escape(self.subject)}</p><p><b>{escape(self.lines[0])}</b></p>"
        return f"<div>{head}{words}{tables}<ul>{outside}</ul></div>"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Numbers of nested dictionaries, each with the names that lead to it."""
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, str(key)))]
    return [(path, value)] if isinstance(value, int | float) and not isinstance(value, bool) else []
