"""What a sweep found: a row for each point and repeat, and means over repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .._runtime.results import Column, Record, Rows, Value, cell
from .._runtime.sample_mean import SampleMean
from .._runtime.tables import Table

Point = tuple[tuple[str, Any], ...]
Values = tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False, repr=False)
class SweepRow(Record, Value):
    """One point and repeat; ``row["width"]`` and ``row["condition_number"]`` are its entries.

    Attributes
    ----------
    point
        Names and values of the parameters.
    repeat
        Number of the repeat, from 0.
    values
        Names and values of what was found; none if there is a reason.
    reason
        Why there is no value, in words; empty if there is one.
    """

    point: Point
    repeat: int
    values: Values
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """All of it by name."""
        return {**dict(self.point), "repeat": self.repeat, **dict(self.values), "reason": self.reason}

    def facts(self) -> dict[str, Any]:
        """What is shown, by name."""
        return {name: value for name, value in self.as_dict().items() if name != "reason" or value}

    def __getitem__(self, name: str) -> Any:
        return self.as_dict()[name]


@dataclass(frozen=True, eq=False, repr=False)
class SummaryRow(Record, Value):
    """Means over the repeats of one point; ``row["width"]``, ``row["kappa"]`` and ``row["kappa_error"]`` are entries.

    Attributes
    ----------
    point
        Names and values of the parameters.
    means, standard_errors
        Names of what was found, with the mean over repeats and its standard error, NaN for a single repeat.
    count
        Number of repeats that are counted: those that have values, none of them NaN.
    """

    point: Point
    means: Values
    standard_errors: Values
    count: int

    def as_dict(self) -> dict[str, Any]:
        """All of it by name; the error of a mean is ``name_error``."""
        found = dict(self.point)
        for (name, mean), (_, error) in zip(self.means, self.standard_errors, strict=True):
            found |= {name: mean, f"{name}_error": error}
        return {**found, "count": self.count}

    def facts(self) -> dict[str, Any]:
        """What is shown, by name."""
        return self.as_dict()

    def __getitem__(self, name: str) -> Any:
        return self.as_dict()[name]


@dataclass(frozen=True, eq=False, repr=False)
class Summary(Rows[SummaryRow], Value):
    """A row for each point of a sweep: means over repeats, with standard errors; ``as_dicts()`` is the data.

    Attributes
    ----------
    title, notes
        What was computed, and how many results have no value, for which reasons.
    varied
        Names of the parameters that are not the same everywhere.
    repeats
        Number of repeats of each point.
    rows
        The rows (`SummaryRow`).
    """

    title: str
    notes: tuple[str, ...]
    varied: tuple[str, ...]
    repeats: int
    rows: tuple[SummaryRow, ...]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        return [row.as_dict() for row in self.rows]

    def table(self) -> Table:
        """A row for each point; with standard errors if there are several repeats."""
        names = [name for name, _ in self.rows[0].means]
        found = [c for n in names for c in (Column(n), Column(f"{n}_error", "+-", "{:.2g}"))[: min(self.repeats, 2)]]
        columns = [*map(Column, self.varied), *found, Column("count")]
        values = [[record[column.names[0]] for column in columns] for record in self.as_dicts()]
        return Table(self.title, columns, values, self.notes, len(self.varied))

    def named_rows(self) -> list[tuple[str | None, SummaryRow]]:
        """The rows, which have no names."""
        return [(None, row) for row in self.rows]


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Rows[SweepRow], Value):
    """A row for each point and repeat, in order; ``as_dicts()`` is the data, tidy: a column for each name.

    Attributes
    ----------
    quantity
        Name of what was computed.
    rows
        The rows (`SweepRow`); of those without values ``reason`` says why.
    """

    quantity: str
    rows: tuple[SweepRow, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of what was found; the name of the quantity if there is none."""
        return tuple(dict.fromkeys(name for row in self.rows for name, _ in row.values)) or (self.quantity,)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(name for name, _ in self.rows[0].point)

    @cached_property
    def varied(self) -> tuple[str, ...]:
        """Names of those that are not the same everywhere; all of them if all are."""
        several = [name for name in self.parameters if len({repr(dict(row.point)[name]) for row in self.rows}) > 1]
        return tuple(several) or self.parameters

    @property
    def repeats(self) -> int:
        """Number of repeats of each point."""
        return 1 + max(row.repeat for row in self.rows)

    @property
    def title(self) -> str:
        """What was computed, over what."""
        fixed = [f", {name} {cell(value)}" for name, value in self.rows[0].point if name not in self.varied]
        repeats = f"; {self.repeats} repeats" if self.repeats > 1 else ""
        return f"{self.quantity} over {', '.join(self.varied)}{''.join(fixed)}{repeats}"

    @property
    def notes(self) -> tuple[str, ...]:
        """How many rows have no values, for which reasons."""
        counted = Counter(row.reason for row in self.rows if row.reason)
        total = len(self.rows)
        return tuple(f"{count} of {total} have no value: {reason}" for reason, count in counted.most_common())

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows as dictionaries of the same names; NaN where there is no value."""
        order = [*self.parameters, "repeat", *self.names, "reason"]
        rows = [dict.fromkeys(self.names, np.nan) | row.as_dict() for row in self.rows]
        return [{name: row[name] for name in order} for row in rows]

    def summary(self) -> Summary:
        """Mean and standard error over those repeats of each point that have values, and their number.

        Examples
        --------
        >>> from sobolev_theory import sweep
        >>> table = sweep("condition_number_ratio", {"width": [2, 4], "dim": 10, "distance": 0.1}, repeats=5, rng=0)
        >>> [row["count"] for row in table.summary()]
        [5, 5]
        """
        rows = tuple(map(self._mean, self._points()))
        title = f"{self.title}{', mean and standard error' * (self.repeats > 1)}"
        return Summary(title, self.notes, self.varied, self.repeats, rows)

    def table(self) -> Table:
        """A row for each point and repeat."""
        keys = [*self.varied, *["repeat"] * (self.repeats > 1)]
        return self._table([*keys, *self.names], len(keys))

    def _whole(self) -> Table:
        """What is exported: all parameters, and the reasons."""
        keys = [*self.parameters, "repeat"]
        return self._table([*keys, *self.names, "reason"], len(keys))

    def _table(self, columns: list[str], keys: int) -> Table:
        values = [[record[name] for name in columns] for record in self.as_dicts()]
        return Table(self.title, columns, values, self.notes, keys)

    def named_rows(self) -> list[tuple[str | None, SweepRow]]:
        """The rows, which have no names."""
        return [(None, row) for row in self.rows]

    def _points(self) -> Iterator[tuple[SweepRow, ...]]:
        """The rows of each point."""
        return (self.rows[k : k + self.repeats] for k in range(0, len(self.rows), self.repeats))

    def _mean(self, rows: tuple[SweepRow, ...]) -> SummaryRow:
        counted = [row for row in rows if row.values and not any(np.isnan(value) for _, value in row.values)]
        samples = {name: [value for row in counted for key, value in row.values if key == name] for name in self.names}
        means = [(name, SampleMean(some)) for name, some in samples.items() if some]
        found = {name: (float(mean), mean.standard_error) for name, mean in means}
        mean, error = ([(name, found.get(name, (np.nan, np.nan))[k]) for name in self.names] for k in (0, 1))
        return SummaryRow(rows[0].point, tuple(mean), tuple(error), len(counted))
