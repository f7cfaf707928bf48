"""Values of tables as JSON, every bit of them: what JSON lacks is an object of one entry that names its kind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from .cells import NUMBERS, Column
from .checks import shown

FORMAT, VERSION = "sobolev_theory table", 1

LARGEST = 2**28
"""Bytes of a file that is written and read."""

FIELD = r"\{(?::(?:[^{}]?[<>=^])?[-+ ]?z?#?\d{0,2}[,_]?(?:\.\d{1,2})?[a-zA-Z%]?)?\}"
FORM = re.compile(rf"[^{{}}]{{0,40}}(?:{FIELD}[^{{}}]{{0,40}}){{0,4}}")
"""Forms that a file may have: fields in order, of widths and digits below 100, without attributes."""


def encoded(value: Any) -> Any:
    """Plain data (see `cells.plain`) as JSON has it; tuples are its lists.

    Examples
    --------
    >>> encoded((1, 0.5, np.inf, None, 2j, np.array([1.0, np.nan])))[2:]
    [{'float': 'inf'}, None, {'complex': [0.0, 2.0]}, {'array': ['float64', [2], [1.0, {'float': 'nan'}]]}]
    """
    if isinstance(value, float) and not np.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, complex):
        return {"complex": encoded((value.real, value.imag))}
    if isinstance(value, np.ndarray):
        return {"array": [value.dtype.name, [*value.shape], encoded(tuple(value.ravel().tolist()))]}
    return [*map(encoded, value)] if isinstance(value, tuple) else value


def decoded(value: Any) -> Any:
    """The inverse of `encoded`.

    Raises
    ------
    ValueError, KeyError, TypeError
        For what is none.
    """
    if isinstance(value, list):
        return tuple(map(decoded, value))
    if not isinstance(value, dict):
        return value
    ((kind, of),) = value.items()
    if kind == "float":
        return {"inf": np.inf, "-inf": -np.inf, "nan": np.nan}[of]
    if kind == "complex":
        return complex(*decoded(of))
    if kind != "array":
        raise ValueError(kind)
    dtype, shape, items = of
    if np.dtype(dtype).kind not in NUMBERS:
        raise ValueError(dtype)
    return np.array(decoded(items), dtype=dtype).reshape(shape)


def encoded_table(title: str, columns: Iterable[Column], rows: Iterable[Any], notes: Iterable[str], keys: int) -> str:
    """The text of the file of a table.

    Raises
    ------
    ValueError
        If a form is none that a file may have.
    """
    columns = [*map(_allowed, columns)]
    heads = [(column.name, column.head, column.form, tuple(column.words.items())) for column in columns]
    data = {"title": title, "columns": [*map(encoded, heads)], "rows": [*map(encoded, rows)], "notes": [*notes]}
    return json.dumps({"format": FORMAT, "version": VERSION, **data, "keys": keys}, allow_nan=False)


def decoded_table(data: Any) -> tuple[str, list[Column], list[Any], list[str], int]:
    """The inverse of `encoded_table`, of parsed JSON; raises as `decoded`, and also for what is no object."""
    if (data["format"], data["version"]) != (FORMAT, VERSION):
        raise ValueError(data["version"])
    heads = [decoded(column) for column in data["columns"]]
    columns = [_allowed(Column(name, head, form, dict(words))) for name, head, form, words in heads]
    return data["title"], columns, [*map(decoded, data["rows"])], data["notes"], data["keys"]


def _allowed(column: Column) -> Column:
    """A column whose form can do no more than write values."""
    if not FORM.fullmatch(column.form):
        raise ValueError(
            f"columns: up to four fields such as {{:.3g}}, of widths and digits below 100, between texts of up to 40 "
            f"characters are required in a file, got {shown(column.form)}"
        )
    return column
