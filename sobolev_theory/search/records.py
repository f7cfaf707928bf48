"""Finished runs as they are written to files, and read back with every field checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.fields import LARGEST, Reader, count, fields, refused, text
from ..layout import Layout
from .results import KINDS, EndPoint


def point_of(record: dict[str, Any], layout: Layout) -> EndPoint:
    """The point whose `EndPoint.as_dict` a record is, bit for bit, of a student of which some parameters move.

    Raises
    ------
    ValueError
        Naming the field that is missing, unknown or wrong.
    """
    readers = READERS if layout.only_weights else READERS | {"parameters": _reals}
    point = EndPoint(**fields(record, readers))
    shape, size = (layout.width, layout.dim), layout.size
    if point.weights.shape != shape:
        raise ValueError(f"weights: shape {shape} is required, got {point.weights.shape}")
    if point.parameters is not None and len(point.parameters) != size:
        raise ValueError(f"parameters: {size} numbers are required, got {len(point.parameters)}")
    if len(point.multiplicities) != len(point.eigenvalues):
        raise ValueError(f"multiplicities: {len(point.eigenvalues)} are required, got {len(point.multiplicities)}")
    if len(point.multiplicities) and sum(point.multiplicities.tolist()) != size:
        raise ValueError(f"multiplicities: a sum of {size} is required")
    if point.index is not None and point.index > size:
        raise ValueError(f"index: at most {size} is required, got {point.index}")
    return point


def _index(name: str, value: Any) -> int | None:
    return None if value is None else count(name, value)


def _kind(name: str, value: Any) -> str:
    if not isinstance(value, str) or value not in KINDS:
        raise refused(name, f"one of {', '.join(map(repr, KINDS))}", value)
    return value


def _magnitude(name: str, value: Any) -> float:
    if type(value) is not float or not (value >= 0 or np.isnan(value)) or np.isinf(value):
        raise refused(name, "a decimal number from 0 on, or NaN,", value)
    return value


def _reals(name: str, value: Any) -> NDArray[np.float64]:
    if not isinstance(value, list) or not all(type(x) is float for x in value) or not np.isfinite(value).all():
        raise refused(name, "a list of finite decimal numbers", value)
    return np.array(value, np.float64)


def _weights(name: str, value: Any) -> NDArray[np.float64]:
    if not isinstance(value, list) or not value:
        raise refused(name, "a list of rows", value)
    rows = [_reals(name, row) for row in value]
    if len({len(row) for row in rows}) != 1:
        raise refused(name, "a list of rows of one length", value)
    return np.array(rows)


def _counts(name: str, value: Any) -> NDArray[np.intp]:
    if not isinstance(value, list) or not all(type(n) is int and 0 < n < LARGEST for n in value):
        raise refused(name, "a list of positive integers", value)
    return np.array(value, np.intp)


READERS: dict[str, Reader] = {
    "run": count,
    "kind": _kind,
    "weights": _weights,
    "value": _magnitude,
    "gradient_norm": _magnitude,
    "eigenvalues": _reals,
    "multiplicities": _counts,
    "index": _index,
    "message": text,
}
"""How each field of an `EndPoint` is read; of one with more that moves than hidden weights, `parameters` beside."""
