r"""The derivative weight with which gradient descent takes fewest steps to an accuracy, and how carefully to tune it.

Condition numbers of networks that were trained are those of their slowest directions, along which hardly anything is
to be learned; steps to an accuracy count every direction as much as it is errors.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from ..norms import Norm
from .contraction import Contraction
from .orders import Model

FloatArray = NDArray[np.float64]

L2 = Norm.parse("L2")

GRID = 10.0 ** np.linspace(-3, 3, 13)
"""Weights that are tried, in units of the one with which function and derivatives have curvatures of one trace.

Between them logarithms of steps are interpolated.
"""

FEW = 3
"""Directions over which a search goes: they scatter by less than what a weight is recommended within."""

FINER = 2001
"""Points of the interpolation."""


@dataclass(frozen=True)
class BestWeight:
    """The weight ``lambda_1`` of fewest steps.

    Attributes
    ----------
    weight, steps
        Where they are fewest, and how many.
    recommended, recommended_steps
        The smallest weight within a part of the fewest, 0 if derivatives do not pay; infinite steps if none arrives.
    interval
        All weights within the same part; the upper end infinite where the search ends within it.
    steps_without
        Those of L2.
    """

    weight: float
    steps: float
    recommended: float
    recommended_steps: float
    interval: tuple[float, float]
    steps_without: float

    def as_dict(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self) | {"interval": list(self.interval)}


def mean_steps(model: Model, norm: Norm, accuracy: float) -> float:
    """Predicted steps of gradient descent with its best step, the mean over a few directions."""
    return float(np.mean([Contraction.of(orders, norm).tuned(accuracy) for orders in model.followed(norm)[:FEW]]))


def best_weight(model: Model, accuracy: float, within: float) -> BestWeight:
    """The weight of fewest steps on a grid, and between its points."""
    without = mean_steps(model, L2, accuracy)
    traces = [sum(np.trace(part[m]) * count for part, count in model.smooth.parts) for m in (0, 1)]
    if not traces[1] > 0:
        return BestWeight(0.0, without, 0.0, without, (0.0, np.inf), without)
    weights = float(traces[0] / traces[1]) * GRID

    def steps(weight: float) -> float:
        return mean_steps(model, Norm.parse((1.0, weight)), accuracy)

    found = np.array([steps(weight) for weight in weights])
    reached = np.isfinite(found)
    if not reached.any():
        return BestWeight(np.nan, np.inf, np.nan, np.inf, (np.nan, np.nan), without)
    inside = np.log(weights[reached])
    curve = _interpolated(inside, np.log(found[reached]))
    places = np.linspace(float(inside[0]), float(inside[-1]), FINER)
    values = curve(places)
    best = int(np.argmin(values))
    fewest = min(float(np.exp(values[best])), without)
    good = np.flatnonzero(values <= np.log(fewest * (1 + within)))
    if without <= fewest * (1 + within):  # derivatives do not pay
        high = float(np.exp(places[good[-1]])) if len(good) else 0.0
        weight = 0.0 if without <= fewest else float(np.exp(places[best]))
        return BestWeight(weight, fewest, 0.0, without, (0.0, _end(high, weights)), without)
    low, high = (float(np.exp(places[k])) for k in (good[0], good[-1]))
    return BestWeight(float(np.exp(places[best])), fewest, low, steps(low), (low, _end(high, weights)), without)


def _end(high: float, weights: FloatArray) -> float:
    """An upper end; infinite where no larger weight was tried."""
    return np.inf if high >= weights[-1] * (1 - 1e-9) else high


def _interpolated(x: FloatArray, y: FloatArray) -> Any:
    """A monotone interpolation between points."""
    return scipy.interpolate.PchipInterpolator(x, y) if len(x) > 1 else lambda places: np.full(len(places), y[0])
