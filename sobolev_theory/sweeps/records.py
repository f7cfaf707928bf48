"""Results of a sweep as they are written to files, a line each, and read back with every field checked."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from .._runtime.checkpoint import Codec
from .._runtime.fields import Reader, count, fields, refused, text
from .grids import canonical

SUBJECT = "sweep of a quantity"
"""What files of sweeps hold."""


@dataclass(frozen=True)
class Result:
    """What a quantity gave.

    Attributes
    ----------
    point
        The point in JSON.
    repeat
        Number of the repeat, from 0.
    values
        Numbers by their names; none if there is a reason.
    reason
        Why there is no value, in words; empty if there is one.
    """

    point: dict[str, Any]
    repeat: int
    values: dict[str, float]
    reason: str

    @property
    def key(self) -> Hashable:
        """Point and repeat."""
        return canonical(self.point), self.repeat


def codec(names: list[str]) -> Codec[Result]:
    """Results of points with parameters of these names, as lines of a file."""

    def read(record: dict[str, Any]) -> Result:
        result = Result(**fields(record, READERS))
        if sorted(result.point) != names:
            raise refused("point", f"one of {', '.join(names)}", result.point)
        if bool(result.reason) == bool(result.values):
            raise ValueError("values: some are required, or a reason why there is none")
        return result

    return Codec(SUBJECT, "sweep", "result", lambda result: result.key, lambda result: dict(vars(result)), read)


def _point(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refused(name, "a point", value)
    return value


def _values(name: str, value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or not all(type(number) is float for number in value.values()):
        raise refused(name, "decimal numbers by their names", value)
    return value


READERS: dict[str, Reader] = {"point": _point, "repeat": count, "values": _values, "reason": text}
"""How each field of a `Result` is read."""
