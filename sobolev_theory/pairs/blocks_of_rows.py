"""Functions of all pairs, a block of rows at a time, in threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from .._runtime.parallel import available_cores
from .._runtime.sizes import require_memory

Result = TypeVar("Result")

BLOCK = 2**18
"""Pairs evaluated at a time: temporaries of 2 MB stay near the cores, and the interpreter's share is small."""

MANY = 2**24
"""Pairs from which on their memory is judged."""

OF_A_FIELD, OF_A_MATRIX = 6, 24
"""Numbers that a pair takes at most at a time, of rows in a plane, many of them nearly parallel: in a loss or gradient,
and in a Hessian or Gauss-Newton matrix. In general position they are 3 and 21.
"""


def by_blocks(width: int, columns: int, function: Callable[[slice], Result], pairs: int = 0) -> list[Result]:
    """A function of every block of rows, of so many `pairs`, by default `BLOCK`.

    The blocks are independent, and NumPy works on them in threads.
    """
    step = max(1, (pairs or BLOCK) // columns)
    if width <= step:
        return [function(slice(0, width))]
    blocks = [slice(k, min(k + step, width)) for k in range(0, width, step)]
    settings: dict[str, Any] = dict(np.geterr())

    def alike(part: slice) -> Result:
        with np.errstate(**settings):  # a thread begins with NumPy's own
            return function(part)

    with ThreadPoolExecutor(available_cores()) as threads:
        return list(threads.map(alike, blocks))


def require_pairs_fit(width: int, columns: int, numbers: int = OF_A_FIELD) -> None:
    """Refuse more pairs than memory holds, of so many numbers each."""
    if width * columns > MANY:  # fewer are some hundred megabytes at most
        what = f"student, teacher: all pairs of {width} neurons with {columns}"
        require_memory(what, numbers * width * columns, "take fewer neurons")
