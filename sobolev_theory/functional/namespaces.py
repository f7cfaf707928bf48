"""Array libraries: namespaces by the names that generated kernels use, and arguments as arrays of one library."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import array_api_compat
import numpy as np
from scipy import special

from .._runtime.checks import as_array, shown

FLOATS = ("float32", "float64")

Function = TypeVar("Function", bound=Callable[..., Any])


class Namespace:
    """Functions of the array API, under NumPy's older names too, and what is made on the device of an array."""

    def __init__(self, like: Any) -> None:
        xp = array_api_compat.array_namespace(like)
        self.xp, self.like = xp, like
        self.arctan, self.arcsin = xp.atan, xp.asin
        self.eps = float(xp.finfo(like.dtype).eps)
        self.place = {} if array_api_compat.is_jax_array(like) else {"device": array_api_compat.device(like)}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.xp, name)

    def sqrt(self, x: Any) -> Any:
        """Of numbers too, which keep no precision."""
        return math.sqrt(x) if isinstance(x, int | float) else self.xp.sqrt(x)

    def erf(self, x: Any) -> Any:
        """SciPy's, of arrays of a library that has none; of those derivatives are not known."""
        if array_api_compat.is_jax_array(x):
            from jax.scipy.special import erf

            return erf(x)
        return self.xp.erf(x) if hasattr(self.xp, "erf") else self.from_numbers(special.erf(np.asarray(x)))

    def from_numbers(self, numbers: Any) -> Any:
        """Numbers of NumPy as an array, a copy: theirs may be read-only."""
        return self.xp.asarray(np.array(numbers), dtype=self.like.dtype, **self.place)

    def ones(self, count: int) -> Any:
        """So many ones."""
        return self.xp.ones((count,), dtype=self.like.dtype, **self.place)

    def identity(self, size: int, columns: int) -> Any:
        """Where the row is the column, of truth values."""
        numbers = self.xp.arange(max(size, columns), **self.place)
        return numbers[:size, None] == numbers[None, :columns]


def in_whole_precision(function: Function) -> Function:
    """A function of weights, whose products are not shortened: JAX takes float32 for 11 bits of it on some devices."""

    @wraps(function)
    def whole(W: Any, *args: Any, **options: Any) -> Any:
        if not array_api_compat.is_jax_array(W):
            return function(W, *args, **options)
        import jax

        with jax.default_matmul_precision("highest"):
            return function(W, *args, **options)

    return cast(Function, whole)


def weights_of(name: str, given: Any) -> tuple[Namespace, Any]:
    """The namespace of weights (neurons, d), and them as an array of it: a list becomes one of NumPy.

    Raises
    ------
    ValueError
        For another shape or precision; of numbers of NumPy also where they are not finite.
    """
    if not array_api_compat.is_array_api_obj(given) or array_api_compat.is_numpy_array(given):
        single = getattr(given, "dtype", None) == np.float32
        given = as_array(name, given, ("neurons", "d")).astype(np.float32 if single else np.float64, copy=False)
    _require(name, given, ("neurons", "d"), {})
    return Namespace(given), given


def like(xp: Namespace, name: str, given: Any, axes: tuple[str, ...], sizes: dict[str, int]) -> Any:
    """An argument as an array of a namespace, of given axes: numbers of NumPy and lists are put on its device.

    Raises
    ------
    ValueError
        For one of another library, of another shape or precision.
    """
    if not array_api_compat.is_array_api_obj(given) or array_api_compat.is_numpy_array(given):
        return xp.from_numbers(as_array(name, given, axes, sizes))
    if array_api_compat.array_namespace(given) is not xp.xp:
        raise ValueError(
            f"{name}: an array of the library of W, {xp.xp.__name__.split('.')[-1]}, or of NumPy is required, got "
            f"{type(given).__name__}; convert it"
        )
    _require(name, given, axes, sizes)
    return given


def _require(name: str, array: Any, axes: tuple[str, ...], sizes: dict[str, int]) -> None:
    """Axes, none of them empty, and a precision."""
    shape = tuple(array.shape)
    wanted = tuple(sizes.get(axis, size) for axis, size in zip(axes, shape, strict=False))
    if len(shape) != len(axes) or shape != wanted or 0 in shape:
        sized = ", ".join(f"{axis} = {sizes[axis]}" for axis in axes if axis in sizes)
        raise ValueError(
            f"{name}: shape ({', '.join(axes)}){' with ' * bool(sized)}{sized} is required, got {shown(shape)}"
        )
    if (kind := str(array.dtype).split(".")[-1].strip("'>")) not in FLOATS:
        raise ValueError(f"{name}: float64 or float32 is required, got {kind}; convert it")
