"""When two results are equal."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np


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
