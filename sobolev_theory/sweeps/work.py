"""How results of a sweep are found: each from a generator of its own, and cheap ones many at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._runtime.parallel import ParallelMap
from .asked import numbers
from .grids import Point, label, words
from .networks import FAILURES

WHILE = 0.2
"""Seconds of work that are handed over at a time, once it is known how long a result takes: sending costs a thousandth.

So much of each worker, and the result that it was at, is lost when a sweep is killed.
"""

Found = tuple[dict[str, float], str]
"""Numbers by their names, and why there are none."""


@dataclass(frozen=True, eq=False)
class Job:
    """One result that is asked for, of some number: a point, a function of a generator, and the number of a repeat."""

    number: int
    point: Point
    call: Callable[[np.random.Generator], Any]
    repeat: int


@dataclass(frozen=True)
class Done:
    """Results by the numbers of their jobs, the numbers for which there was no time, and the seconds that it took."""

    found: list[tuple[int, Found]]
    left: list[int]
    seconds: float


@dataclass(frozen=True)
class Work:
    """What finds results of a quantity of some name; travels to workers."""

    name: str
    entropy: tuple[int, ...]

    def __call__(self, jobs: Sequence[Job]) -> Done:
        """The results of the first of some jobs: of one, and of as many more as are found in `WHILE`."""
        found: list[tuple[int, Found]] = []
        begun, taken = time.perf_counter(), 0.0
        for job in jobs:
            if taken > WHILE:
                break
            found.append((job.number, self._found(job)))
            taken = time.perf_counter() - begun
        return Done(found, [job.number for job in jobs[len(found) :]], taken)

    def _found(self, job: Job) -> Found:
        """One result, from its own generator."""
        seeds = np.random.SeedSequence(self.entropy, spawn_key=(*words(job.point), job.repeat))
        try:
            return numbers(self.name, job.call(np.random.default_rng(seeds)), job.point), ""
        except FAILURES as error:
            return {}, " ".join(str(error).split()) or type(error).__name__
        except Exception as error:
            point = ", ".join(f"{name}={label(value)!r}" for name, value in job.point)
            error.add_note(f"in a sweep, at {point}, repeat {job.repeat}")
            raise


@dataclass
class _Pace:
    """How long a result takes on average, so far."""

    results: int = 0
    seconds: float = 0.0

    def see(self, done: Done) -> None:
        """Count what was done."""
        self.results += len(done.found)
        self.seconds += done.seconds

    def chunks(self, jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
        """As many jobs at a time as take `WHILE`; one, until that is known."""
        start = 0
        while start < len(jobs):
            size = max(1, int(WHILE * self.results / self.seconds)) if self.seconds else 1
            yield jobs[start : start + size]
            start += size


def worked(work: Work, jobs: Sequence[Job], parallel: ParallelMap) -> Iterator[list[tuple[int, Found]]]:
    """Results by the numbers of their jobs, as they are found, some at a time."""
    pace, numbered = _Pace(), {job.number: job for job in jobs}
    while jobs:
        left: list[Job] = []
        for done in parallel(work, pace.chunks(jobs)):
            pace.see(done)
            left += [numbered[number] for number in done.left]
            yield done.found
        jobs = left
