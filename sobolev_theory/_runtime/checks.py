"""Checks at the public door: parse the input once, return clean arrays, and say clearly what is wrong."""

import operator
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray


def as_array(
    name: str, value: ArrayLike, axes: tuple[str, ...], sizes: Mapping[str, int] | None = None
) -> NDArray[np.float64]:
    """A finite float64 array with the given axes, none empty; the caller's own where it is one already.

    Axes named in `sizes` must have that length.

    Raises
    ------
    ValueError
        Naming the argument, what is required, and what came.
    """
    shape = f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
    try:
        given = np.asarray(value)
        array = np.asarray(given.real, dtype=np.float64)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise ValueError(f"{name}: an array of numbers of shape {shape} is required, got {kind}") from None
    if np.iscomplexobj(given):
        raise ValueError(f"{name}: real numbers are required, got complex ones")
    if array.ndim != len(axes) or 0 in array.shape:
        hint = "; for one row pass x[None, :]" if array.ndim == 1 and len(axes) == 2 else ""
        raise ValueError(f"{name}: shape {shape} with no empty axis is required, got shape {array.shape}{hint}")
    for axis, length in zip(axes, array.shape, strict=True):
        if sizes and axis in sizes and length != sizes[axis]:
            raise ValueError(f"{name}: shape {shape} with {axis} = {sizes[axis]} is required, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: finite numbers are required, got NaN or infinity")
    return array


def positive_integer(name: str, value: int) -> int:
    """A positive integer."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name}: a positive integer is required, got {value!r}") from None
    if number < 1:
        raise ValueError(f"{name}: a positive integer is required, got {number}")
    return number


def number(name: str, value: float, required: str, low: float, high: float) -> float:
    """A real number in ``(low, high)``; an end that is to belong to it can be moved by the caller."""
    try:
        given = np.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        given = np.nan
    if not low < given < high:
        raise ValueError(f"{name}: {required} is required, got {value!r}")
    return given


def flag(name: str, value: bool) -> bool:
    """A switch: True or False, of NumPy too, or 1 or 0."""
    if not isinstance(value, bool | np.bool_ | int) or value not in (True, False):
        raise ValueError(f"{name}: True or False is required, got {value!r}")
    return bool(value)


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """One of a few words."""
    if value not in allowed:
        raise ValueError(f"{name}: one of {', '.join(map(repr, allowed))} is required, got {value!r}")
    return value
