"""Samples: arrays of any size, in memory or in a file, of which some rows at a time become doubles."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_numbers, require_finite, require_shape
from .._runtime.sizes import slices

FloatArray = NDArray[np.float64]

NUMBERS = 2**17
"""Numbers of one chunk of samples and of what becomes of it, so that they stay in the cache of a core."""

FEWEST = 256
"""Samples of a chunk for which products with tables of wide networks are efficient, if they do not take too much."""

PARTS = 32
"""Parts of the samples, each a task: the same for any workers, so that sums are added in one order."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows of numbers of any real type, which are neither copied nor converted as a whole."""

    array: NDArray[Any]

    @classmethod
    def parse(cls, name: str, value: ArrayLike | Samples, axes: tuple[str, ...], sizes: dict[str, int]) -> Samples:
        """The samples of an argument, of axes of which the first is that of samples.

        Raises
        ------
        ValueError
            For another shape, what are no numbers, and numbers that are not finite, with the place of the first.
        """
        if isinstance(value, Samples):
            return value
        kept = isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and not isinstance(value, np.ma.MaskedArray)
        array: Any = value if kept else as_numbers(name, value, "an array of numbers is required")
        require_shape(name, array.shape, axes, sizes)
        samples = cls(array)
        for part in samples.chunks():
            require_finite(name, samples[part], part.start)
        return samples

    def chunks(self) -> list[slice]:
        """Rows that are few enough to be looked at together."""
        return slices(len(self), max(1, 8 * NUMBERS * len(self) // self.array.size))

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, part: slice) -> FloatArray:
        """Some rows, in doubles."""
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(self.array[part], dtype=np.float64)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Rows of a file go to other processes by its name."""
        place = _place_in_file(self.array)
        if place is None:
            return Samples, (self.array,)
        file: Any = self.array  # a numpy.memmap
        return _opened, (file.filename, file.dtype, place, file.shape)

    @property
    def numbers(self) -> int:
        """How many doubles take as much memory."""
        return self.array.nbytes // 8


class Batch(NamedTuple):
    """Some samples: inputs (c, d), and targets of some orders, (c, d, ...)."""

    inputs: FloatArray
    targets: dict[int, FloatArray]


@dataclass(frozen=True, eq=False)
class Data:
    """Inputs (n, d) and targets, ``m`` axes of length d for those of order m, in chunks of a length."""

    inputs: Samples
    targets: dict[int, Samples]
    length: int

    @classmethod
    def of(cls, inputs: Samples, targets: dict[int, Samples], neurons: int) -> Data:
        """Chunks for networks of so many neurons."""
        row = inputs.array[0].size + 2 * neurons + sum(each.array[0].size for each in targets.values())
        length = max(NUMBERS // row, min(FEWEST, 32 * NUMBERS // row), 16)
        return cls(inputs, targets, min(length, len(inputs)))

    def __len__(self) -> int:
        return len(self.inputs)

    def batches(self) -> Iterator[Batch]:
        """All samples, chunk by chunk."""
        for part in slices(len(self), self.length):
            yield Batch(self.inputs[part], {m: each[part] for m, each in self.targets.items()})

    def parts(self, count: int) -> Iterator[Data]:
        """At most so many parts, of whole chunks."""
        chunks = -(-len(self) // self.length)
        for part in slices(len(self), self.length * -(-chunks // count)):
            targets = {m: Samples(each.array[part]) for m, each in self.targets.items()}
            yield replace(self, inputs=Samples(self.inputs.array[part]), targets=targets)


def _place_in_file(array: Any) -> int | None:
    """Where in its file an array begins; None if it is in memory, or not in one piece."""
    mapped = getattr(array, "_mmap", None)
    if mapped is None or getattr(array, "filename", None) is None or not array.flags.c_contiguous:
        return None
    before = array.ctypes.data - np.frombuffer(mapped, np.uint8).ctypes.data
    return int(array.offset // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY + before)


def _opened(filename: Any, dtype: Any, place: int, shape: tuple[int, ...]) -> Samples:
    """The samples of a file."""
    return Samples(np.memmap(filename, dtype, "r", place, shape))
