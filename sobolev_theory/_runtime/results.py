"""What results have in common: how they are shown, that some are sequences of rows, and when two are equal."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, Generic, TypeVar, overload

import numpy as np

from .tables import SCREEN, Table, columns, prompt_columns, wrapped

LONG = 60
"""Rows up to which a table is printed in full; of a longer one as many, half at either end."""

FEW_LINES = 2
"""Lines of a record that is shown as it would be called; one of more facts has a line for each."""

SHORT = 4
"""Numbers up to which an array or a tuple is shown in full."""

Row = TypeVar("Row")


class Shown:
    """A result with a table: short at a prompt, readable when printed, HTML in a notebook.

    A long table is shown without its middle, which is counted; ``print(result.table())`` has all of it. On a terminal
    it is folded to the width, elsewhere a row is a line.
    """

    def table(self) -> Table:
        """What is shown."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.table().brief()

    def __str__(self) -> str:
        return self.table().text(columns(), LONG)

    def _repr_html_(self) -> str:
        return self.table().html(LONG)


class Record(Shown):
    """A result that is named facts, shown as ``Name(fact=value, ...)``, or with a line for each if they are many."""

    def facts(self) -> dict[str, Any]:
        """What is shown, by name; of a dataclass its public fields."""
        return {name: getattr(self, name) for name in public_fields(self)}

    def table(self) -> Table:
        """The facts in one row."""
        facts = self.facts()
        return Table(type(self).__name__, tuple(facts), [[cell(value) for value in facts.values()]], keys=0)

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


class Value:
    """A result that equals another of equal public fields: arrays entry by entry, and NaN is equal to NaN."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_equal(getattr(self, name), getattr(other, name)) for name in public_fields(self))

    def __hash__(self) -> int:
        values = (getattr(self, name) for name in public_fields(self))
        return hash((type(self), *(value for value in values if isinstance(value, str))))


def public_fields(record: Any) -> list[str]:
    """Names of the fields of a dataclass that are not private."""
    return [field.name for field in fields(record) if not field.name.startswith("_")]


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        one, other = np.asarray(one), np.asarray(other)
        numbers = one.dtype.kind in "fc" and other.dtype.kind in "fc"
        return bool(np.array_equal(one, other, equal_nan=numbers))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other) or (isinstance(one, float) and isinstance(other, float) and one != one and other != other)


def cell(value: Any) -> str:
    """A value in a table: floats with six digits, long arrays and tuples by their shape, other results by their kind.

    Examples
    --------
    >>> cell(1 / 3), cell(np.zeros((5, 1000))), cell((0.5, np.inf)), cell(None)
    ('0.333333', '<5 x 1000>', '(0.5, inf)', 'None')
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        value = value.item()
    if isinstance(value, np.ndarray):
        few = value.ndim == 1 and value.size <= SHORT
        return f"[{', '.join(map(cell, value.tolist()))}]" if few else f"<{' x '.join(map(str, value.shape))}>"
    if isinstance(value, float | complex):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        few = len(value) <= SHORT and all(isinstance(item, int | float | str) for item in value)
        return f"({', '.join(map(cell, value))})" if few else f"<{len(value)}>"
    if isinstance(value, str | int) or value is None:
        return str(value)
    if isinstance(value, Record):
        return value.line()
    text = repr(value)
    return text if len(text) <= SCREEN - 20 and text.isprintable() else f"<{type(value).__name__}>"
