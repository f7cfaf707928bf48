"""Arrays of real numbers from anything that NumPy reads as such, and from nothing else."""

from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .foreign import as_numpy, refused
from .names import shown, shown_kind
from .numbers import REAL, real

FloatArray = NDArray[np.float64]

OTHERS = {
    "b": "booleans; np.asarray(x, float) makes them 0 and 1",
    "c": "complex numbers; pass x.real if that is meant",
    "m": "time differences",
    "M": "dates",
    "S": "bytes; np.asarray(x, float) reads them",
    "T": "text; np.asarray(x, float) reads it",
    "U": "text; np.asarray(x, float) reads it",
    "V": "a structured array; numpy.lib.recfunctions.structured_to_unstructured(x) makes a plain one",
}
"""What arrays of other kinds hold, and what to do about it."""

DEEPEST = 8
"""Levels of nested lists that are searched for masked arrays."""


def as_array(name: str, value: ArrayLike, axes: tuple[str, ...], sizes: Mapping[str, int] | None = None) -> FloatArray:
    """A finite float64 array with the given axes, none empty; the caller's own where it is one already.

    Axes named in `sizes` must have that length.

    Raises
    ------
    ValueError
        Naming the argument, what is required, what came, and which rearrangement of it would fit.
    """
    array = value if _is_plain(value) else as_numbers(name, value, f"an array of numbers of {_named(axes)} is required")
    require_shape(name, array.shape, axes, sizes)
    return require_finite(name, array)


def require_shape(
    name: str, shape: tuple[int, ...], axes: tuple[str, ...], sizes: Mapping[str, int] | None = None
) -> None:
    """Refuse the shape of an array that has not the axes of `as_array`."""
    known = {axis: length for axis, length in sizes.items() if axis in axes} if sizes else {}
    if not _fits(shape, axes, known):
        sized = " with " * bool(known) + ", ".join(f"{axis} = {length}" for axis, length in known.items())
        empty = "" if 0 not in shape else " with no empty axis"
        raise ValueError(
            f"{name}: {_named(axes)}{sized or empty} is required, got shape {shape}{_rearranged(shape, axes, known)}"
        )


def as_finite(name: str, value: ArrayLike) -> FloatArray:
    """A finite float64 array of any shape, not empty."""
    array = as_numbers(name, value, "a number, or an array of numbers, is required")
    if not array.size:
        raise ValueError(f"{name}: at least one number is required, got shape {array.shape}")
    return require_finite(name, array)


def between(name: str, value: ArrayLike, required: str, low: float, high: float) -> FloatArray:
    """Numbers in ``[low, high]``, of any shape; NaN is none."""
    numbers = as_numbers(name, value, f"{required} are required")
    if numbers.size and not (numbers.min() >= low and numbers.max() <= high):
        wrong = numbers[~((numbers >= low) & (numbers <= high))]
        raise ValueError(f"{name}: {required} are required, got {wrong[0]}")
    return numbers


def as_numbers(name: str, value: ArrayLike, required: str) -> FloatArray:
    """A float64 array of any shape, NaN and infinity included; `required` is what the message says.

    Accepted are all real numbers: floats of other sizes and byte orders, integers, and objects that are one by one, as
    fractions and decimals; of a masked array, one without masked entries; what other libraries keep, see `as_numpy`.
    """
    if _is_plain(value):
        return value

    def refusal(came: str) -> ValueError:
        return ValueError(f"{name}: {required}, got {came}")

    if hasattr(value, "toarray") and not hasattr(value, "__array__"):  # SciPy's sparse matrices
        raise refusal(f"{type(value).__name__}, a sparse matrix; pass x.toarray()")
    if _masked(value):
        raise refusal("a masked array with masked entries; fill them, x.filled(...), or leave their rows out")
    try:
        given = np.asarray(as_numpy(value))
    except Exception as error:  # a stranger's object may raise anything on its way to an array
        raise refusal(f"{shown_kind(value)}{_conversion(value, error)}") from error
    kind = given.dtype.kind
    if kind == "O":
        return _from_objects(given, value, refusal)
    if kind not in REAL and not (kind == "V" and np.can_cast(given.dtype, np.float64)):  # as bfloat16 of JAX
        if given.ndim == 0:
            raise refusal(shown(value))
        raise refusal(OTHERS[kind] if kind != "V" or given.dtype.names else f"numbers of type {given.dtype}")
    with np.errstate(over="ignore"):  # a longer float becomes infinite
        return given.astype(np.float64, copy=False)


def _is_plain(value: object) -> TypeGuard[FloatArray]:
    """Whether nothing is to be converted."""
    return type(value) is np.ndarray and value.dtype == np.float64


def _named(axes: tuple[str, ...]) -> str:
    """A shape in letters."""
    return f"shape ({', '.join(axes)}{',' if len(axes) == 1 else ''})"


def _from_objects(given: NDArray[Any], value: ArrayLike, refusal: Any) -> FloatArray:
    """Numbers that NumPy keeps as objects, one by one."""
    if given.ndim == 0 and not isinstance(value, np.ndarray):
        try:
            return np.array(real(value))
        except OverflowError as error:
            raise refusal(f"{shown(value)}, beyond the range of double precision") from error
        except Exception:
            advice = "; pass list(x) or an array" if hasattr(value, "__next__") else ""
            raise refusal(f"{shown_kind(value)}{advice}") from None
    array = np.empty(given.shape)
    for position, item in np.ndenumerate(given):
        try:
            array[position] = real(item)
        except OverflowError as error:
            raise refusal(f"{shown(item)}{_at(position)}, beyond the range of double precision") from error
        except Exception as error:
            raise refusal(f"{shown(item)}{_at(position)}") from (None if type(error) is TypeError else error)
    return array


def _conversion(value: object, error: Exception) -> str:
    """Why an object is no array, in its own words."""
    if told := refused(value, error):
        return told
    if "inhomogeneous" in str(error):
        return " of rows of different lengths"
    if isinstance(error, OverflowError):
        return " with a number beyond the range of double precision"
    return f", whose conversion says: {shown(error)}"


def _masked(value: object, depth: int = 0) -> bool:
    """Whether there are masked entries, in an array or in lists of arrays."""
    if isinstance(value, np.ma.MaskedArray):
        return bool(np.ma.is_masked(value))
    return isinstance(value, list | tuple) and depth < DEEPEST and any(_masked(item, depth + 1) for item in value)


def require_finite(name: str, array: FloatArray, first: int = 0) -> FloatArray:
    """The array, if it has neither NaN nor infinity; of rows of a longer one, the number of the first."""
    finite = np.isfinite(array)
    if not finite.all():
        position = tuple(int(index[0]) for index in np.nonzero(np.atleast_1d(~finite)))[: array.ndim]
        place = (position[0] + first, *position[1:]) if position else position
        raise ValueError(f"{name}: finite numbers are required, got {array[position]}{_at(place)}")
    return array


def _at(position: tuple[int, ...]) -> str:
    """Where in an array."""
    return f" at entry {position[0] if len(position) == 1 else position}" if position else ""


def _fits(shape: tuple[int, ...], axes: tuple[str, ...], sizes: Mapping[str, int]) -> bool:
    """Whether a shape has the axes, none empty, with the lengths known."""
    lengths = zip(axes, shape, strict=False)
    return len(shape) == len(axes) and 0 not in shape and all(sizes.get(axis, n) == n for axis, n in lengths)


def _rearranged(shape: tuple[int, ...], axes: tuple[str, ...], sizes: Mapping[str, int]) -> str:
    """Which rearrangement would fit, as advice; empty if none is near."""
    if 0 in shape:
        return "; it is empty"
    long = tuple(length for length in shape if length != 1)
    if len(shape) == len(axes) == 2 and _fits(shape[::-1], axes, sizes):
        return "; its transpose, x.T, would fit"
    if len(shape) > len(axes) == 1 and _fits(long or (1,), axes, sizes):
        return "; x.ravel() would fit"
    if len(shape) > len(axes) and _fits(long, axes, sizes):
        return "; x.squeeze() would fit"
    if len(shape) == 1 and len(axes) == 2 and _fits((1, *shape), axes, sizes):
        return "; for one row pass x[None, :]"
    return ""
