"""What records are made of, checked when they are made: they may come from a stranger's file and are typeset."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from .._runtime.checks import shown

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")
LETTER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
DEEPEST = 8
"""Lists within lists."""


def fields_of(kind: type[Any], data: object) -> dict[str, Any]:
    """The fields of a record from plain data, lists as tuples.

    Raises
    ------
    ValueError
        If it is no mapping, or a field is missing or unknown.
    """
    what = kind.__name__.lower()
    if not isinstance(data, Mapping):
        raise ValueError(f"{what}: a dictionary is required, got {shown(data)}")
    known = {field.name: field.default is not MISSING for field in fields(kind)}
    if unknown := [name for name in data if name not in known]:
        raise ValueError(f"{what}: the fields {', '.join(known)} are known, got {shown(unknown[0])}")
    if missing := [name for name, optional in known.items() if not optional and name not in data]:
        raise ValueError(f"{what}: the field {missing[0]!r} is required")
    return {name: frozen(value) for name, value in data.items()}


def many(kind: type[Any], what: str, items: object) -> tuple[Any, ...]:
    """Several parts of a record from plain data."""
    if not isinstance(items, list | tuple):
        raise ValueError(f"{what}: a list is required, got {shown(items)}")
    return tuple(kind(**fields_of(kind, item)) for item in items)


def frozen(value: Any, depth: int = 0) -> Any:
    """Lists as tuples."""
    if depth > DEEPEST:
        raise ValueError(f"lists within lists: at most {DEEPEST} are allowed")
    return tuple(frozen(item, depth + 1) for item in value) if isinstance(value, list | tuple) else value


def require_name(what: str, value: object) -> None:
    """A path of the catalogue."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ValueError(f"{what}: letters, digits and _ . / - are required, got {shown(value)}")


def require_letters(what: str, values: Iterable[object]) -> None:
    """Names of letters."""
    for value in require_tuple(what, values):
        if not isinstance(value, str) or not LETTER.fullmatch(value):
            raise ValueError(f"{what}: a letter, with digits and _, is required, got {shown(value)}")


def require_plain(what: str, *values: object) -> None:
    """Printable text."""
    for value in values:
        if not isinstance(value, str) or not value.isprintable():
            raise ValueError(f"{what}: printable text is required, got {shown(value)}")


def require_tuple(what: str, value: object, kind: type[Any] | None = None) -> tuple[Any, ...]:
    """A tuple, of one kind."""
    if not isinstance(value, tuple) or not (kind is None or all(isinstance(item, kind) for item in value)):
        raise ValueError(f"{what}: a list is required, got {shown(value)}")
    return value


def require_pairs(what: str, value: object) -> tuple[tuple[Any, Any], ...]:
    """A tuple of pairs."""
    pairs = require_tuple(what, value, tuple)
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"{what}: pairs are required, got {shown(value)}")
    return pairs


def require_count(what: str, value: object) -> None:
    """A number of things."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{what}: a number of them is required, got {shown(value)}")
