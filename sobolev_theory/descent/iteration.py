"""Iterates of an optimiser: until they are asked for no more, come to rest, or diverge."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..errors import OverflowingError
from .optimisers import Gradient, Optimiser

FloatArray = NDArray[np.float64]

LARGEST = 1e30
"""Weights beyond this have diverged; losses and gradients of all activations up to it are finite."""

SETTLED, RESTS = 64, 8 * float(np.finfo(np.float64).eps)
"""Iterations, at least, in which weights at rest have not moved by more than so much of the largest."""


class Iteration:
    """The iterates of an optimiser, the start first; ``status`` tells why there are no more of them.

    ``"steps"``: as many as asked for; ``"stationary"``: the weights came back to where they were, to the bit, or to 8
    roundings of the largest after 64 iterations or more; ``"diverged"``: weights grew beyond ``largest``, or to where
    the gradient is no double, and are not given.
    """

    def __init__(
        self, optimiser: Optimiser, gradient: Gradient, start: FloatArray, count: int, largest: float = LARGEST
    ) -> None:
        self.optimiser, self.gradient, self.start, self.count = optimiser, gradient, start, count
        self.largest = largest
        self.status = "steps"

    def __iter__(self) -> Iterator[FloatArray]:
        weights, memory = self.start, self.optimiser.begin(self.start)
        known, since = weights, 0
        yield weights
        for k in range(self.count):
            try:
                weights, memory = self.optimiser.update(weights, memory, self.gradient)
            except OverflowingError:
                self.status = "diverged"
                return
            if np.abs(weights).max() > self.largest or not np.isfinite(weights).all():
                self.status = "diverged"
                return
            yield weights
            rounding = RESTS if k - since >= SETTLED else 0.0  # a step may be short, many are not
            if np.abs(weights - known).max() <= rounding * np.abs(weights).max():
                self.status = "stationary"
                return
            if k & (k + 1) == 0:  # Brent: a cycle of any length returns to the iterate of a power of two
                known, since = weights, k
