"""How many iterations an optimiser needs until an error is at a level, and the step with which it needs fewest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..errors import NotDifferentiableError, OverflowingError
from .iteration import Iteration
from .optimisers import Gradient, Optimiser

FloatArray = NDArray[np.float64]

GROWN = 1e6
"""Times its start at which an error has diverged; one that a momentum only delays grows by about the condition."""

COARSE, FINE = 0.7, 0.01
"""Logarithms of the first and of the last factors by which a step is changed in a search.

``exp(0.7)`` is 2: steps between a half and twice the theoretical one are the first bracket, which goes where the count
falls.
"""

HALVINGS = 10
"""Times that the step is halved while it is too long to arrive: down to a thousandth of the theoretical one."""


@dataclass(frozen=True)
class Arrival:
    """Where a run ended: ``"reached"``, ``"limit"`` of iterations, ``"nonsmooth"``, or a status of `Iteration`.

    ``steps`` counts its iterations, ``time`` the same with the part of the last that it took, infinite if it did not
    arrive; the contraction is the mean of the distance per iteration over the second half.
    """

    status: str
    weights: FloatArray
    steps: int
    time: float
    contraction: float


@dataclass(frozen=True)
class Task:
    """Iterate from a start until an error is at a level, with at most so many iterations."""

    gradient: Gradient
    error: Callable[[FloatArray], float]
    start: FloatArray
    level: float
    limit: int

    def run(self, optimiser: Optimiser, most: float = np.inf) -> Arrival:
        """One run, of fewer iterations if more are of no interest."""
        iteration = Iteration(optimiser, self.gradient, self.start, int(min(self.limit, most)))
        errors, weights, status = [], self.start, None
        try:
            for weights in iteration:
                errors.append(self.error(weights))
                if errors[-1] <= self.level:
                    return _arrived(weights, errors, self.level)
                if not errors[-1] <= GROWN * errors[0]:
                    status = "diverged"
                    break
        except (NotDifferentiableError, OverflowingError) as error:
            status = "nonsmooth" if isinstance(error, NotDifferentiableError) else "diverged"
        status = status or {"steps": "limit"}.get(iteration.status, iteration.status)
        return Arrival(status, weights, len(errors) - 1, np.inf, np.nan)

    def tuned(self, optimiser: Optimiser) -> tuple[Optimiser, Arrival]:
        """The optimiser with the step, and momentum, that need fewest iterations, and its run."""
        first = self.run(optimiser)
        for _ in range(HALVINGS):
            if first.status in ("reached", "limit"):  # a shorter step takes longer still
                break
            optimiser = optimiser.tuned([0.5] + [1.0] * (optimiser.numbers - 1))
            first = self.run(optimiser)
        if not first.time < np.inf:
            return optimiser, first
        best = compass(lambda tried, time: self.run(tried, np.ceil(time)).time, optimiser, first.time, FINE)
        return best, self.run(best)


def _arrived(weights: FloatArray, errors: list[float], level: float) -> Arrival:
    """The last iteration counts in part: the error falls exponentially within it."""
    steps, half = len(errors) - 1, (len(errors) - 1) // 2
    if not steps or not errors[-1] > 0:
        return Arrival("reached", weights, steps, float(steps), 0.0)
    before, after = np.log(errors[-2] / level), np.log(errors[-2] / errors[-1])
    contraction = float((errors[-1] / errors[half]) ** (0.5 / (steps - half)))
    return Arrival("reached", weights, steps, steps - 1 + float(before / after), contraction)


def compass(judge: Callable[[Optimiser, float], float], optimiser: Optimiser, value: float, finest: float) -> Optimiser:
    """The optimiser of smallest value, from one of a known value on: a compass search in logarithms of its numbers.

    Every number is multiplied by a factor, its inverse or 1, in all combinations; the first that is better is taken,
    and if none is, factors become their roots.
    """
    mesh = COARSE
    while mesh > finest:
        for signs in product((0, 1, -1), repeat=optimiser.numbers):
            tried = optimiser.tuned(np.exp(mesh * np.array(signs)).tolist())
            if any(signs) and (other := judge(tried, value)) < value:
                optimiser, value = tried, other
                break
        else:
            mesh /= 2
    return optimiser
