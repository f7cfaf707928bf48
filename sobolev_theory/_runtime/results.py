"""What results have in common: how they are shown and exported, and that some are sequences of rows."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

import numpy as np

from .cells import Column as Column
from .cells import OneLine
from .cells import cell as cell
from .tables import LONG, Table, Tabular
from .terminal import columns, prompt_columns, wrapped
from .values import Value as Value
from .values import public_fields as public_fields

FEW_LINES = 2
"""Lines of a record that is shown as it would be called; one of more facts has a line for each."""

Row = TypeVar("Row")


class Shown(Tabular):
    """A result with a table: short at a prompt, readable when printed, HTML in a notebook, data for other programs.

    A long table is shown without its middle, which is counted; ``print(result.table())`` has all of it. On a terminal
    it is folded to the width, elsewhere a row is a line.
    """

    def __repr__(self) -> str:
        return self.table().brief()

    def __str__(self) -> str:
        return self.table().text(columns(), LONG)

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


class Record(Shown, OneLine):
    """A result that is named facts, shown as ``Name(fact=value, ...)``, or with a line for each if they are many."""

    def facts(self) -> dict[str, Any]:
        """What is shown, by name; of a dataclass its public fields."""
        return {name: getattr(self, name) for name in public_fields(self)}

    def table(self) -> Table:
        """The facts in one row."""
        facts = self.facts()
        return Table(type(self).__name__, tuple(facts), [tuple(facts.values())], keys=0)

    def line(self) -> str:
        """All of it in one line, however long."""
        return f"{type(self).__name__}({named(self.facts())})"

    def __repr__(self) -> str:
        lines = wrapped(self.line(), prompt_columns(), "  ")
        return "\n".join(lines) if len(lines) <= FEW_LINES else self.table().brief()

    def __str__(self) -> str:
        return repr(self)


class Frozen(Record):
    """A record of fields whose arrays are read-only, as it is made and as it is unpickled."""

    def _set(self, values: dict[str, Any]) -> None:
        """The fields, arrays read-only from now on."""
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)

    __setstate__ = _set


def named(facts: dict[str, Any]) -> str:
    """``name=value, ...`` in one line.

    >>> named({"norm": "H1", "width": 2})
    "norm='H1', width=2"
    """
    texts = (
        f"{name}={value!r}" if isinstance(value, str) else f"{name}={cell(value)}" for name, value in facts.items()
    )
    return ", ".join(texts)


class Rows(Shown, Generic[Row]):
    """A result that is a sequence of rows: ``len``, iteration, integers and slices; rows with names, by their names."""

    def named_rows(self) -> Sequence[tuple[str | None, Row]]:
        """The rows, each with its name, or None."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.named_rows())

    def __iter__(self) -> Iterator[Row]:
        return (row for _, row in self.named_rows())

    def __contains__(self, item: object) -> bool:
        return any(item == (name if isinstance(item, str) else row) for name, row in self.named_rows())

    @overload
    def __getitem__(self, key: str | int) -> Row: ...

    @overload
    def __getitem__(self, key: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, key: str | int | slice) -> Row | tuple[Row, ...]:
        rows = tuple(self)
        if isinstance(key, slice):
            return rows[key]
        if isinstance(key, str):
            named = {name: row for name, row in reversed(self.named_rows()) if name is not None}
            if key not in named:
                known = ", ".join(map(repr, reversed(named))) or "rows have no names, only numbers"
                raise KeyError(f"{key!r}: a row of this table is required: {known}")
            return named[key]
        try:
            index = operator.index(key)
        except TypeError:
            raise TypeError(f"row: a number, a name or a slice is required, got {type(key).__name__}") from None
        if not -len(rows) <= index < len(rows):
            raise IndexError(f"row: a number below {len(rows)} is required, got {index}")
        return rows[index]
