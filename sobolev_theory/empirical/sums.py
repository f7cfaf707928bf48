"""Sums over samples: chunk by chunk within a part, part by part in their order, whoever works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .._runtime.parallel import Workers, ordered_map
from .samples import PARTS, Batch, Data

FloatArray = NDArray[np.float64]

PAYS = 2e11
"""Operations from which on it pays to start processes and to send samples to them: two seconds or three of a core."""


class Task(Protocol):
    """A function of a batch of samples, whose arrays are to be added up."""

    @property
    def operations(self) -> float:
        """How many one sample takes, about."""

    def __call__(self, batch: Batch, /) -> list[FloatArray]:
        """The arrays."""


@dataclass(frozen=True)
class OfPart:
    """The sums of a task over a part of the samples."""

    task: Task

    def __call__(self, part: Data) -> list[FloatArray]:
        """Of all its chunks."""
        with np.errstate(all="ignore"):
            return _added(map(self.task, part.batches()))


def sums(task: Task, data: Data, workers: Workers, parts: int = PARTS) -> list[FloatArray]:
    """The arrays that a task gives of a batch, summed over all of them: the same, bit for bit, for any workers.

    Processes are started only where that pays.
    """
    if isinstance(workers, int) and task.operations * len(data) < PAYS:
        workers = 1
    with ordered_map(workers) as parallel:
        return _added(parallel(OfPart(task), data.parts(parts)))


def means(task: Task, data: Data, workers: Workers, parts: int = PARTS) -> list[FloatArray]:
    """The same, divided by the number of samples."""
    return [each / len(data) for each in sums(task, data, workers, parts)]


def _added(found: Any) -> list[FloatArray]:
    """The sum of lists of arrays, in their order."""
    total: list[FloatArray] = []
    for arrays in found:
        for one, two in zip(total, arrays, strict=True) if total else ():
            np.add(one, two, out=one)
        total = total or arrays
    return total
