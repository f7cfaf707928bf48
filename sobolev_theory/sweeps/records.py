"""Results of a sweep as they are written to files, a line each, and read back with every field checked."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from .._runtime.checkpoint import Codec
from .grids import LARGEST, canonical

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
        for name in READERS:
            if name not in record:
                raise ValueError(f"{name}: missing")
        for name in record:
            if name not in READERS:
                raise ValueError(f"{name!r:.100}: an unknown field")
        result = Result(**{name: reader(name, record[name]) for name, reader in READERS.items()})
        if sorted(result.point) != names:
            raise _refused("point", f"one of {', '.join(names)}", result.point)
        if bool(result.reason) == bool(result.values):
            raise ValueError("values: some are required, or a reason why there is none")
        return result

    return Codec(SUBJECT, "sweep", "result", lambda result: result.key, lambda result: dict(vars(result)), read)


def _refused(name: str, required: str, value: object) -> ValueError:
    return ValueError(f"{name}: {required} is required, got {value!r:.100}")


def _point(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refused(name, "a point", value)
    return value


def _count(name: str, value: Any) -> int:
    if type(value) is not int or not 0 <= value < LARGEST:
        raise _refused(name, "an integer from 0 on", value)
    return value


def _values(name: str, value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or not all(type(number) is float for number in value.values()):
        raise _refused(name, "decimal numbers by their names", value)
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _refused(name, "a text", value)
    return value


READERS: dict[str, Callable[[str, Any], Any]] = {"point": _point, "repeat": _count, "values": _values, "reason": _text}
"""How each field of a `Result` is read."""
