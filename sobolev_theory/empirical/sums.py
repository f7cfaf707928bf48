"""Sums over samples: chunk by chunk within a part, part by part in their order, whoever works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.parallel import Workers, ordered_map
from .samples import Batch, Data

FloatArray = NDArray[np.float64]
Task = Callable[[Batch], list[FloatArray]]


@dataclass(frozen=True)
class OfPart:
    """The sums of a task over a part of the samples."""

    task: Task

    def __call__(self, part: Data) -> list[FloatArray]:
        """Of all its chunks."""
        with np.errstate(all="ignore"):
            return _added(map(self.task, part.batches()))


def sums(task: Task, data: Data, workers: Workers) -> list[FloatArray]:
    """The arrays that a task gives of a batch, summed over all of them: the same, bit for bit, for any workers."""
    with ordered_map(workers) as parallel:
        return _added(parallel(OfPart(task), data.parts()))


def means(task: Task, data: Data, workers: Workers) -> list[FloatArray]:
    """The same, divided by the number of samples."""
    return [each / len(data) for each in sums(task, data, workers)]


def _added(found: Any) -> list[FloatArray]:
    """The sum of lists of arrays, in their order."""
    total: list[FloatArray] = []
    for arrays in found:
        for one, two in zip(total, arrays, strict=True) if total else ():
            np.add(one, two, out=one)
        total = total or arrays
    return total
