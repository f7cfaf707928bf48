"""Error-free transformations: sums and products as two numbers, the rounded one and what rounding took."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SPLITTERS = {np.dtype(kind): kind(2 ** (np.finfo(kind).nmant // 2 + 1) + 1) for kind in (np.float64, np.longdouble)}
"""``2^27 + 1`` for doubles."""


def two_sum(a: FloatArray, b: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """``a + b = sum + error`` exactly (Knuth).

    >>> [float(x) for x in two_sum(np.float64(1.0), 1e-20)]
    [1.0, 1e-20]
    """
    total = a + b
    shadow = total - a
    return total, (a - (total - shadow)) + (b - shadow)


def two_product(a: Any, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``a * b = product + error`` exactly (Veltkamp, Dekker), if no half overflows: for numbers up to 1e300.

    >>> x = np.float64(1 + 2**-30)
    >>> bool(two_product(x, x)[1] == 2.0**-60)
    True
    """
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: Any) -> tuple[Any, Any]:
    """High and low half of the bits of the significand: of 53, 26 and 26."""
    shifted = a * SPLITTERS[np.result_type(a)]
    high = shifted - (shifted - a)
    return high, a - high
