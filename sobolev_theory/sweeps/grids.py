"""The points of a sweep: what a grid may say, and texts that tell a point from all others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from itertools import product
from typing import Any

import numpy as np

from .._runtime.checks import near, shown
from .._runtime.fields import LARGEST
from ..activations import Activation
from ..activations.identity import identity

Grid = dict[str, tuple[Any, ...]]
"""The values of each parameter, by its name."""

Point = tuple[tuple[str, Any], ...]
"""One value of each parameter, with its name, in the order of the grid."""

COLUMNS = ("rng", "repeat", "count", "reason")
"""Names that are not those of parameters: a sweep gives them itself."""

NAMES = "names of parameters with lists of their values, such as {'width': [2, 4, 8], 'dim': [10, 100]},"
VALUES = "numbers, texts, True, False, None, activations, or tuples of them"

DEEPEST = 2
"""Tuples within tuples: two norms, of which one is a tuple of weights."""


def parsed(grid: Any) -> Grid:
    """The values of each parameter; one that is in no list is that of all points.

    Raises
    ------
    ValueError
        For a grid without names or values, a name that is none, and a value of another kind or there twice.
    """
    if not isinstance(grid, Mapping) or not grid:
        raise ValueError(f"grid: {NAMES} are required, got {shown(grid)}")
    for name in grid:
        if not isinstance(name, str) or not name.isidentifier() or name in COLUMNS:
            others = ", ".join(COLUMNS)
            raise ValueError(f"grid: names of parameters, other than {others}, are required, got {shown(name)}")
    return {name: _values(name, values) for name, values in grid.items()}


def points(grid: Grid) -> Iterator[Point]:
    """All combinations, those of the last parameter in succession."""
    for values in product(*grid.values()):
        yield tuple(zip(grid, values, strict=True))


def require_known(grid: Grid, known: Mapping[str, bool], quantity: str) -> None:
    """Refuse a parameter that a quantity does not take, and the lack of one that it needs."""
    for name in grid:
        if name not in known:
            raise ValueError(f"grid: {quantity} takes {', '.join(known)}, got {name!r}{near(name, known)}")
    lacking = [name for name, needed in known.items() if needed and name not in grid]
    if lacking:
        raise ValueError(f"grid: {quantity} needs {' and '.join(lacking)} too, got {', '.join(grid)}")


def label(value: Any) -> Any:
    """A value as it stands in a table: an activation by its name."""
    if isinstance(value, tuple):
        return tuple(map(label, value))
    return str(value) if isinstance(value, Activation) else value


def words(point: Point) -> list[int]:
    """Four words of 32 bits, of names and values of a point alone: not of their order, nor of other points."""
    digest = sha256(canonical(as_record(point, str)).encode()).digest()
    return [int(word) for word in np.frombuffer(digest[:16], "<u4")]


def as_record(point: Point, named: Callable[[Activation], str] = identity) -> dict[str, Any]:
    """A point in JSON; activations by their definitions, unless told."""
    return {name: _in_json(value, named) for name, value in point}


def canonical(record: Mapping[str, Any]) -> str:
    """One text for one point: names in order, and 1.0 is 1."""
    return json.dumps({name: _in_json(value, str) for name, value in record.items()}, sort_keys=True)


def _in_json(value: Any, named: Callable[[Activation], str]) -> Any:
    if isinstance(value, tuple | list):
        return [_in_json(item, named) for item in value]
    if isinstance(value, Activation):
        return named(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST else value


def _values(name: str, values: Any) -> tuple[Any, ...]:
    """The values of one parameter, no two of them the same."""
    if isinstance(values, np.ndarray) and not np.ma.isMaskedArray(values):
        values = values.tolist()
    several = tuple(values) if isinstance(values, list | tuple | range) else (values,)
    if not several:
        raise ValueError(f"grid: {name}: at least one value is required, got {shown(values)}")
    plain = tuple(_plain(name, value, DEEPEST) for value in several)
    seen: set[str] = set()
    for value in plain:
        text = canonical({name: value})
        if text in seen:
            raise ValueError(f"grid: {name}: values that differ are required, got {shown(label(value))} twice")
        seen.add(text)
    return plain


def _plain(name: str, value: Any, depth: int) -> Any:
    """A value without NumPy; a list is a tuple."""
    if isinstance(value, np.generic) and not np.ma.isMaskedArray(value):
        value = value.item()
    if isinstance(value, list | tuple) and depth:
        return tuple(_plain(name, item, depth - 1) for item in value)
    if value is None or isinstance(value, str | bool | Activation):
        return value
    if isinstance(value, int) and abs(value) < LARGEST:
        return int(value)
    if isinstance(value, float) and value == value:
        return float(value)
    raise ValueError(f"grid: {name}: {VALUES} are required, got {shown(value)}")
