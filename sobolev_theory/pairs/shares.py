"""Shares of pairs in a sum: a neuron with itself has none here, nor has a pair of weight zero, even if it overflows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .geometry import PairGeometry, clear_diagonal

FloatArray = NDArray[np.float64]


def symmetric_sum(geometry: PairGeometry, c: FloatArray, values: Callable[[slice, slice], Any]) -> float:
    """``sum_ij c_i c_j F_ij`` over pairs with a leading row, ``j != i``; a row with others is counted twice.

    ``F``, values of rows and columns, is symmetric: of two leading rows each block is evaluated on and above its
    diagonal, and doubled off it.
    """
    silent = c == 0
    mute = bool(silent.any())  # a pair of weight zero contributes nothing, even where its value overflows

    def block(part: slice) -> float:
        columns = slice(part.start, None)
        table = owned(values(part, columns), (part.stop - part.start, len(c) - part.start))
        clear_diagonal(table, 0)
        if mute:
            table = np.where(silent[part, None] | silent[columns], 0.0, table)
        right = 2 * c[columns]
        right[: part.stop - part.start] /= 2
        total: float = c[part].dot(table @ right)
        return total

    return sum(geometry.by_blocks(block))


def weighted(weights: FloatArray, coefficients: Any, start: int) -> FloatArray:
    """Coefficients times weights: 0 for a row with itself, and for a weight of 0, even where a coefficient diverges.

    Of a block of pairs, the first of whose rows is in column ``start``.
    """
    array: FloatArray = weights * coefficients
    if not weights.all():
        array[weights == 0] = 0.0
    clear_diagonal(array, start)
    return array


def without_self(value: Any, shape: tuple[int, ...], part: slice) -> Any:
    """Coefficients with 0 for a row with itself."""
    array = owned(value, shape)
    clear_diagonal(array, part.start)
    return array


def owned(value: Any, shape: tuple[int, ...]) -> FloatArray:
    """An array of a shape to write on: kernels return numbers for what is constant, or one of their arguments."""
    if isinstance(value, np.ndarray) and value.shape == shape and value.flags.owndata and value.flags.writeable:
        return value
    return np.full(shape, value)
