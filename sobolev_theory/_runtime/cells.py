"""Cells of tables: which values are data, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .terminal import SCREEN

SHORT = 4
"""Numbers up to which an array or a tuple is shown in full."""

NUMBERS = "biufc"
"""Kinds of arrays of numbers, as NumPy names them."""

MISSING = "-"
"""In place of a value that there is not."""


class OneLine:
    """A result all of which fits into one line, however long: what a cell says of it."""

    def line(self) -> str:
        """All of it in one line."""
        raise NotImplementedError


class Column(NamedTuple):
    """A column of a table: its name in data, its head in text, and how its values are written there.

    Attributes
    ----------
    name
        That of the data; several for a column of tuples, each of which is a column of the data.
    head
        What stands above the column; the name unless told.
    form
        As of `str.format`, to which a tuple gives its items; without one, as `cell` writes them.
    words
        What stands for some values.

    Examples
    --------
    >>> Column("condition_number", "kappa", "{:.6g}").text(1 / 3)
    '0.333333'
    >>> Column(("low", "high"), "interval", "{:.2f} to {:.2f}").text((0.125, np.inf))
    '0.12 to inf'
    >>> Column("index", "", "{:d}").text(None), Column("sharp", words={True: "yes"}).text(True)
    ('-', 'yes')
    """

    name: str | tuple[str, ...]
    head: str = ""
    form: str = ""
    words: Mapping[Any, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the data."""
        return self.name if isinstance(self.name, tuple) else (self.name,)

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is written of it, whatever the values."""
        return (*self.names, self.head, self.form, *self.words.values())

    def items(self, value: Any) -> tuple[Any, ...]:
        """A value by the names."""
        return value if isinstance(self.name, tuple) else (value,)

    def of(self, record: Any) -> Any:
        """The value of a record that has attributes of the names."""
        values = tuple(getattr(record, name) for name in self.names)
        return values if isinstance(self.name, tuple) else values[0]

    def text(self, value: Any) -> str:
        """How a value is written."""
        if self.words and value in self.words:
            return self.words[value]
        if not self.form:
            return cell(value)
        return MISSING if value is None else self.form.format(*self.items(value))


def cell(value: Any) -> str:
    """A value in a table: floats with six digits, long arrays and tuples by their shape, other results by their kind.

    Examples
    --------
    >>> cell(1 / 3), cell(np.zeros((5, 1000))), cell((0.5, np.inf)), cell(((1, 0.5), "L2")), cell(None)
    ('0.333333', '<5 x 1000>', '(0.5, inf)', '((1, 0.5), L2)', 'None')
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        value = value.item()
    if isinstance(value, np.ndarray):
        few = value.ndim == 1 and value.size <= SHORT
        return f"[{', '.join(map(cell, value.tolist()))}]" if few else f"<{' x '.join(map(str, value.shape))}>"
    if isinstance(value, float | complex):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        few = len(value) <= SHORT and all(isinstance(item, int | float | str | tuple) for item in value)
        return f"({', '.join(map(cell, value))})" if few else f"<{len(value)}>"
    if isinstance(value, str | int) or value is None:
        return str(value)
    if isinstance(value, OneLine):
        return value.line()
    text = repr(value)
    return text if len(text) <= SCREEN - 20 and text.isprintable() else f"<{type(value).__name__}>"


def plain(value: Any) -> Any:
    """A value as data: numbers, texts, None, arrays of numbers, tuples; of anything else its text.

    Examples
    --------
    >>> plain(np.float64(0.5)), plain([1, (True, None)]), plain({"a": 1})
    (0.5, (1, (True, None)), "{'a': 1}")
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    kinds: tuple[type, ...] = (int, float, complex, str)
    for kind in kinds:
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in NUMBERS:
        return value
    if isinstance(value, tuple | list) and not isinstance(value, OneLine) and all(map(_is_data, value)):
        return tuple(map(plain, value))
    return cell(value)


def _is_data(value: Any) -> bool:
    """Whether a value is more than its text."""
    if isinstance(value, tuple | list):
        return not isinstance(value, OneLine) and all(map(_is_data, value))
    return value is None or isinstance(value, int | float | complex | str | np.generic | np.ndarray)
