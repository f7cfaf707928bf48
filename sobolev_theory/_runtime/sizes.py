"""What fits, judged before work begins: half of the physical memory, and hours of dense linear algebra."""

import os
import warnings
from functools import cache

from ..errors import SizeError
from .checks import counted

UNKNOWN = 2**33
"""Bytes of memory of a machine that does not tell."""

LONG, ENDLESS = 1e11, 1e14
"""Operations of a dense spectrum above which it takes minutes, and above which it would take a day."""


@cache
def available_memory() -> int:
    """Half of the physical memory, in bytes."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return UNKNOWN // 2


def slices(size: int, step: int) -> list[slice]:
    """Of so many elements at a time, whose temporaries fit.

    >>> slices(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    return [slice(k, k + step) for k in range(0, size, step)]


def require_memory(what: str, numbers: int, advice: str) -> None:
    """Refuse an array of so many doubles if half of the physical memory does not hold it.

    Raises
    ------
    SizeError
        With the size, and what to ask for in its place.
    """
    if 8 * numbers > available_memory():
        raise SizeError(
            f"{what}: {_gibibytes(8 * numbers)} are needed, more than half of this machine's memory, "
            f"{_gibibytes(available_memory())}; {advice}"
        )


def _gibibytes(size: int) -> str:
    """Bytes in a larger unit, also more of them than a double counts."""
    return f"{size / 2**30:.3g} GiB" if size < 2**1000 else f"{counted(size >> 30)} GiB"


def require_hours_at_most(what: str, operations: float, advice: str, *, stacklevel: int) -> None:
    """Refuse dense linear algebra that would take a day, and say so where it takes minutes.

    Raises
    ------
    SizeError
        From 1e14 operations on.

    Warns
    -----
    UserWarning
        From 1e11 operations on.
    """
    if operations > ENDLESS:
        raise SizeError(f"{what}: {operations:.1g} operations are needed, more than {ENDLESS:.0e}; {advice}")
    if operations > LONG:
        warnings.warn(f"{what}: this takes minutes; {advice}", UserWarning, stacklevel=stacklevel)


def require_spectrum(size: int, *, symmetric: bool, stacklevel: int) -> None:
    """Refuse a dense spectrum that does not fit, and say so where it takes minutes.

    Raises
    ------
    SizeError
        For more memory than half of the machine's, or 1e14 operations.

    Warns
    -----
    UserWarning
        From 1e11 operations on.
    """
    advice = "extreme_eigenvalues() and H @ x need neither; or take fewer neurons or dimensions"
    what = f"spectrum of a dense {size} x {size} matrix"
    require_memory(what, 3 * size * size, advice)
    require_hours_at_most(what, spectrum_operations(size, symmetric=symmetric), advice, stacklevel=stacklevel + 1)


def spectrum_operations(size: int, *, symmetric: bool) -> float:
    """What a dense spectrum costs."""
    return (4 / 3 if symmetric else 10) * float(size) ** 3
