"""Fields of results as JSON has them, read back with every one of them checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

LARGEST = 2**53
"""Below which whole numbers are doubles."""


class Reader(Protocol):
    """What a field says, given its name and what JSON has; a ValueError names it if that is something else."""

    def __call__(self, name: str, value: Any, /) -> Any:
        """The value."""


def fields(record: Mapping[str, Any], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The fields of a record, each by its reader: all of them, and no others.

    Raises
    ------
    ValueError
        Naming the field that is missing, unknown or wrong.

    Examples
    --------
    >>> fields({"run": 3}, {"run": count})
    {'run': 3}
    >>> fields({"run": -1}, {"run": count})
    Traceback (most recent call last):
    ValueError: run: an integer from 0 on is required, got -1
    """
    for name in readers:
        if name not in record:
            raise ValueError(f"{name}: missing")
    for name in record:
        if name not in readers:
            raise ValueError(f"{name!r:.100}: an unknown field")
    return {name: read(name, record[name]) for name, read in readers.items()}


def refused(name: str, required: str, value: object) -> ValueError:
    """The refusal of a field."""
    return ValueError(f"{name}: {required} is required, got {value!r:.100}")


def count(name: str, value: Any) -> int:
    """A number of things, or the number of one."""
    if type(value) is not int or not 0 <= value < LARGEST:
        raise refused(name, "an integer from 0 on", value)
    return value


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise refused(name, "a text", value)
    return value
