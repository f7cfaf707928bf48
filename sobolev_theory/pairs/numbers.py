"""Wide numbers, for what leaves the range of doubles on the way to a result that does not."""

import numpy as np
from numpy.typing import NDArray

from ..errors import OverflowingError

FloatArray = NDArray[np.float64]

WIDE = np.longdouble
"""Numbers with as many digits as doubles have, or more, of magnitudes up to 1e4932: extended or quadruple precision."""

DOUBLE = np.dtype(np.float64)

LARGE = 2.0**100
"""Weights of a norm, and sizes of output weights, up to which (down to its inverse) products with them are doubles."""


def in_wide_numbers(numbers: FloatArray) -> FloatArray:
    """An array in `WIDE` numbers.

    Raises
    ------
    OverflowingError
        Where a platform has none.
    """
    if np.finfo(WIDE).maxexp <= np.finfo(np.float64).maxexp:
        raise OverflowingError(
            "student, teacher: weights of this size need numbers of a wider range than doubles, which NumPy does not "
            "have on this platform; rescale them"
        )
    return numbers.astype(WIDE)
