"""Single numbers: real ones, whole ones, and the seeds of random ones."""

import operator
from typing import Any

import numpy as np

from .names import shown

REAL = "fiu"
"""Kinds of NumPy types that are real numbers: floats, signed and unsigned integers."""

NO_NUMBERS = str, bytes, bytearray, bool
"""Types that Python reads as numbers, and that are none."""

SOURCES = np.random.Generator, np.random.BitGenerator, np.random.SeedSequence, np.random.RandomState
"""What `numpy.random.default_rng` makes a generator of, besides seeds."""


def real(value: Any) -> float:
    """The double nearest to a real number of any type: of Python, NumPy, fractions, decimals, SymPy, tensors.

    Raises
    ------
    TypeError
        For text, booleans, dates, complex numbers, masked ones, arrays with an axis, and tensors that require grad.
    OverflowError
        For a number beyond the range of double precision.
    """
    if type(value) is float:
        return value
    if isinstance(value, NO_NUMBERS) or np.ma.isMaskedArray(value) or getattr(value, "ndim", 0) != 0:
        raise TypeError("no single number")
    if getattr(value, "requires_grad", False) is True:
        raise TypeError("a tensor that requires grad")
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        return real(value[()])
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind not in REAL:
        raise TypeError("no real number")
    with np.errstate(over="ignore"):  # of a longer float
        return float(value)


def number(name: str, value: float, required: str, low: float, high: float) -> float:
    """A real number in ``(low, high)``; an end that is to belong to it can be moved by the caller."""
    reason: Exception | None = None
    try:
        given = real(value)
    except Exception as error:  # a stranger's object may raise anything on its way to a number
        given, reason = np.nan, None if type(error) is TypeError else error
    if not low < given < high:
        raise ValueError(f"{name}: {required} is required, got {shown(value)}") from reason
    return given


def integer(name: str, value: Any, required: str, least: int) -> int:
    """A whole number of at least so much; a float is none, even if it is whole, as for NumPy's sizes."""
    given, reason = least - 1, None
    kind = value.dtype.kind if isinstance(value, np.ndarray | np.generic) else "i"
    if kind in "iuO" and not isinstance(value, bool) and not np.ma.isMaskedArray(value):
        try:
            given = operator.index(value)
        except Exception as error:  # as for `number`
            reason = None if type(error) is TypeError else error
    if given < least:
        raise ValueError(f"{name}: {required} is required, got {shown(value)}") from reason
    return given


def positive_integer(name: str, value: Any) -> int:
    """A positive integer."""
    return integer(name, value, "a positive integer", 1)


def generator(rng: Any) -> np.random.Generator:
    """The generator of the argument ``rng``: fresh for None, of a seed, or the caller's own."""
    required = "None, a seed (a non-negative integer or several) or a numpy.random.Generator"
    if rng is None or isinstance(rng, SOURCES):
        return np.random.default_rng(rng)
    if isinstance(rng, list | tuple) or (isinstance(rng, np.ndarray) and rng.ndim == 1):
        words = [integer("rng", word, required, 0) for word in rng]
        if words:
            return np.random.default_rng(words)
    return np.random.default_rng(integer("rng", rng, required, 0))
