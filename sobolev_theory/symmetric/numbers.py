"""Numbers of many digits, with the functions that generated code asks of a namespace."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mpmath.ctx_mp import MPContext


@lru_cache(maxsize=64)
def context(digits: int) -> MPContext:
    """Numbers of so many digits, apart from the global context of mpmath.

    Examples
    --------
    >>> print(context(30).divide(1, 3))
    0.333333333333333333333333333333
    """
    from mpmath.ctx_mp import MPContext

    numbers = MPContext()
    numbers.dps = digits
    numbers.abs, numbers.arctan, numbers.arcsin = abs, numbers.atan, numbers.asin
    numbers.divide = lambda a, b: numbers.mpf(a) / b
    numbers.copysign = lambda size, x: size if x >= 0 else -size
    return numbers
