r"""Global search for the best point of a path of matrices, and for where it comes close to that.

A measure such as ``1/kappa`` is a function of eigenvalues, and between two points each eigenvalue is nearly what its
value and its derivative at both say. Cells are split, where that prediction is best, as long as it promises more than
was found; then every hill whose top was seen is climbed. Predictions err to second order, by an amount that the other
end of the cell tells. First cells: `CELLS` equal ones, split at the points of singular matrices, between which hills of
indefinite ones stand. For a positive definite symmetric matrix there is one hill, and tangents of its concave smallest
eigenvalue are bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import scipy

from .weight_path import Measure, WeightPath

CELLS = 32
"""Equal cells that ``[0, 1]`` is searched by before any is split."""

WITHIN = np.linspace(0.0, 1.0, 18)[1:-1]
"""Where in a cell measures are predicted."""

PROMISE = 1e-3
"""Relative gain over the best known from which a prediction is followed."""

NARROWEST = 1e-10
"""Width below which no cell is split."""

FEW = 400
"""Points at which eigenvectors are computed at most. Random Hessians of up to 16 parameters take 40, rarely 160."""

ROUNDING = 1e-14
"""Error of a measure: eigenvalues are known to about 1e-15 of the largest, with some room."""


class Valleys:
    """A measure along a path."""

    def __init__(self, path: WeightPath, measure: Measure) -> None:
        self.path, self.measure = path, measure
        self.points: list[float] = sorted({*np.linspace(0.0, 1.0, CELLS + 1).tolist(), *path.singular_points()})
        self._split_promising()

    def __call__(self, u: float) -> float:
        """The measure at a point."""
        return float(self.measure(self.path.eigenvalues(u)))

    def seen(self, u: float) -> float:
        """The same from eigenvalues that came with eigenvectors."""
        return float(self.measure(self.path.motion(u)[0]))

    def best(self) -> float:
        """Where the measure is largest; of points that are equally good up to rounding the first."""
        values = [-np.inf, *map(self.seen, self.points), -np.inf]
        highest = max(values)
        first = next(k for k, value in enumerate(values[1:]) if value >= highest - ROUNDING)
        tops = []
        for k, (before, value, after) in enumerate(zip(values, values[1:], values[2:], strict=False)):
            hill = value >= (1 - 3 * PROMISE) * highest and value > before + ROUNDING and value >= after - ROUNDING
            if hill or k == first:
                low, u, high = self.points[max(k - 1, 0)], self.points[k], self.points[min(k + 1, len(self.points) - 1)]
                refined = climb(self, low, high)
                tops.append(refined if self(refined) > self(u) + ROUNDING else u)
        found = [(u, self(u)) for u in tops]
        top = max(value for _, value in found)
        best: float = next(u for u, value in found if value >= top - ROUNDING)
        return best

    def interval(self, best: float, level: float) -> tuple[float, float]:
        """The ends of the interval around a point on which the measure is at least a level."""
        below, above = [u for u in reversed(self.points) if u < best], [u for u in self.points if u > best]
        return _end(self, level, [best, *below]), _end(self, level, [best, *above])

    def first(self, level: float) -> float:
        """The first point at which the measure reaches a level that it reaches somewhere."""
        known = next(u for u in self.points if self.seen(u) >= level)
        self._split_promising(level, known)
        k = next(k for k, u in enumerate(self.points) if self.seen(u) >= level)
        if not k or self(self.points[k]) < level:  # at once; or rounding made the difference
            return self.points[k]
        return _end(self, level, [self.points[k], self.points[k - 1]])

    def _split_promising(self, level: float | None = None, end: float = 1.0) -> None:
        """Split cells up to an end that promise more than the best point known, or than a level both ends are below."""
        cells = [(a, b) for a, b in pairwise(self.points) if b <= end]
        best = max(map(self.seen, self.points)) if level is None else level / (1 + PROMISE)
        found: list[float] = []
        while cells and len(self.points) + len(found) < FEW:
            cells = [(a, b) for a, b in cells if level is None or max(self.seen(a), self.seen(b)) < level]
            promises = [(*self._promise(a, b), a, b) for a, b in cells if b - a > NARROWEST]
            cells = []
            for promise, u, a, b in sorted(promises, reverse=True):
                if promise > best * (1 + PROMISE) + ROUNDING:
                    found.append(u)
                    cells += [(a, u), (u, b)]
                    best = max(best, self.seen(u)) if level is None else best
        self.points = sorted({*self.points, *found})

    def _promise(self, a: float, b: float) -> tuple[float, float]:
        """The largest measure that eigenvalues and their derivatives at either end of a cell predict, and where.

        Where eigenvalues bend, a prediction errs: by what it errs at the other end, and in the middle by a quarter.
        """
        inside = a + (b - a) * WITHIN
        predictions, error = [], 0.0
        for end, other in ((a, b), (b, a)):
            values, speeds = self.path.motion(end)
            places = np.append(inside, other)
            predicted = self.measure(values + speeds * (places - end)[:, None])
            predictions.append(predicted[:-1])
            error = max(error, abs(float(predicted[-1]) - self.seen(other)))
        most = np.maximum(*predictions)
        return float(most.max()) + error / 4, float(inside[most.argmax()])


def climb(measure: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one hill on [low, high] is largest.

    The minimiser stops at 1e-8 of the coordinate. The second pass counts it from the first answer, so that a kink is
    found to rounding.
    """
    centre = (low + high) / 2
    for reach in ((high - low) / 2, 1e-8):
        bounds = max(low - centre, -reach), min(high - centre, reach)
        found = scipy.optimize.minimize_scalar(
            lambda t, centre=centre: -measure(centre + t), bounds=bounds, method="bounded", options={"xatol": 1e-15}
        )
        centre += float(found.x)
    return centre


def _end(measure: Callable[[float], float], level: float, points: Sequence[float]) -> float:
    """Where the measure falls below the level on the way from the first point to the last; the last if nowhere."""
    for inside, outside in pairwise(points):
        if measure(outside) < level:
            return float(scipy.optimize.brentq(lambda u: measure(u) - level, inside, outside))
    return points[-1]
