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

GROWN = 1e3
"""Times the largest weight at which a run has diverged: a step that is too long only at first does not grow so far."""

COARSE, FINE = 0.7, 0.01
"""Logarithms of the first and of the last factors by which a step is changed in a search.

``exp(0.7)`` is 2: steps between a half and twice the theoretical one are the first bracket, which goes where the count
falls. A search from a step whose count is known nearly begins with that of the error, `CLOSE` at least.
"""

SCAN = np.exp(COARSE * np.arange(4, -5, -1))
"""Factors of a step of which nothing is known from which the best is taken first: counts may have several minima."""

CLOSE = 0.08
"""Logarithm of the first factor from a step that does what it is expected to do."""

LOOK = 0.75
"""Part of the iterations of the best run so far from which on errors of another are looked at."""

PATIENCE = 4
"""Times the expected number of iterations after which a first run is given up: too long a step need not diverge."""

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
    """Iterate from a start until an error is at a level, with at most so many iterations, and not beyond weights."""

    gradient: Gradient
    error: Callable[[FloatArray], float]
    start: FloatArray
    level: float
    limit: int
    largest: float

    def run(self, optimiser: Optimiser, most: float = np.inf, look: int = 0) -> Arrival:
        """One run, of fewer iterations if more are of no interest; errors are looked at from one of them on."""
        iteration = Iteration(optimiser, self.gradient, self.start, int(min(self.limit, most)), GROWN * self.largest)
        errors, weights, steps = [], self.start, -1
        try:
            for weights in iteration:
                steps += 1
                if steps >= look:
                    errors.append(self.error(weights))
                    if errors[-1] <= self.level:
                        return _arrived(weights, steps, errors, self.level)
        except NotDifferentiableError:
            iteration.status = "nonsmooth"
        except OverflowingError:
            iteration.status = "diverged"
        return Arrival({"steps": "limit"}.get(iteration.status, iteration.status), weights, steps, np.inf, np.nan)

    def improved(self, optimiser: Optimiser, best: float) -> float:
        """The time of a run that is to be better than the best; of one that is not, it may be infinite."""
        most = int(np.ceil(best))
        look = int(LOOK * most)
        arrival = self.run(optimiser, most, look)
        if arrival.steps == look and arrival.status == "reached":  # perhaps long before
            arrival = self.run(optimiser, most)
        return arrival.time

    def _begun(self, optimiser: Optimiser, most: float) -> tuple[Optimiser, Arrival]:
        """The first run that arrives within so many iterations, its step halved until one does; or the last."""
        first = self.run(optimiser, most)
        for _ in range(HALVINGS):
            if first.status == "reached" or first.steps == self.limit:  # a shorter step takes longer still
                break
            optimiser = optimiser.tuned([0.5] + [1.0] * (optimiser.numbers - 1))
            first = self.run(optimiser, most)
        return optimiser, first

    def tuned(self, optimiser: Optimiser, expected: float = np.inf) -> tuple[Optimiser, Arrival]:
        """The optimiser with the step, and momentum, that need fewest iterations, and its run.

        From one on that is expected to need so many; infinite if that is not known.
        """
        begun, first = self._begun(optimiser, PATIENCE * (expected + 1))
        if first.status != "reached" and PATIENCE * (expected + 1) < self.limit:
            begun, first = self._begun(optimiser, np.inf)
        if first.status != "reached":
            return begun, first
        optimiser, time, given = begun, first.time, begun
        for factor in SCAN if expected == np.inf else ():
            tried = given.tuned([factor] + [1.0] * (given.numbers - 1))
            if (other := self.improved(tried, time)) < time:
                optimiser, time = tried, other
        mesh = float(np.clip(abs(np.log(time) - np.log(expected)), CLOSE, COARSE))
        best = compass(self.improved, optimiser, time, (mesh, FINE))
        return best, self.run(best)


def _arrived(weights: FloatArray, steps: int, errors: list[float], level: float) -> Arrival:
    """The last iteration counts in part: the error falls exponentially within it."""
    half = len(errors) // 2
    if len(errors) < 2 or not errors[-1] > 0:
        return Arrival("reached", weights, steps, float(steps), 0.0)
    before, after = np.log(errors[-2] / level), np.log(errors[-2] / errors[-1])
    contraction = float((errors[-1] / errors[half - 1]) ** (0.5 / (len(errors) - half)))
    return Arrival("reached", weights, steps, steps - 1 + float(before / after), contraction)


def compass(
    judge: Callable[[Optimiser, float], float], optimiser: Optimiser, value: float, meshes: tuple[float, float]
) -> Optimiser:
    """The optimiser of smallest value, from one of a known value on: a compass search in logarithms of its numbers.

    Every number is multiplied by a factor, its inverse or 1, in all combinations; the first that is better is taken,
    and if none is, factors become their roots. Meshes are the logarithms of the first and of the last factor.
    """
    mesh, finest = meshes
    while mesh > finest:
        for signs in product((0, 1, -1), repeat=optimiser.numbers):
            tried = optimiser.tuned(np.exp(mesh * np.array(signs)).tolist())
            if any(signs) and (other := judge(tried, value)) < value:
                optimiser, value = tried, other
                break
        else:
            mesh /= 2
    return optimiser
