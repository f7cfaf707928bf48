"""Means over samples, with what they leave open."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .results import Frozen

FloatArray = NDArray[np.float64]

SAME = 1e-12
"""Spread, relative to the largest value, that is rounding."""


@np.errstate(invalid="ignore")  # inf - inf
def spread(samples: FloatArray) -> FloatArray:
    """``sqrt(sum (x - mean)^2 / (n - 1))`` over the first axis of samples (n, ...); 0 where they agree to rounding.

    NaN for fewer than two, and where one is infinite.
    """
    if len(samples) < 2:
        return np.full(samples.shape[1:], np.nan)
    found: FloatArray = np.std(samples, axis=0, ddof=1)
    return np.where(found <= SAME * np.abs(samples).max(axis=0), 0.0, found)


class SampleMean(Frozen, float):
    """A mean over samples: a float with more to say.

    Attributes
    ----------
    values
        The samples, (n,).
    spread
        Their standard deviation, ``sqrt(sum (x - mean)^2 / (n - 1))``; 0 where they agree to rounding, NaN for a single
        one, and where one is infinite.
    standard_error
        ``spread / sqrt(n)``: what the mean errs by.

    Examples
    --------
    >>> SampleMean([1.0, 2.0, 3.0])
    SampleMean(mean=2, spread=1, standard_error=0.57735, samples=3)
    >>> SampleMean([1.0, 2.0, 3.0]) / 2
    1.0
    """

    def __new__(cls, values: ArrayLike) -> SampleMean:
        """The mean as a float."""
        return super().__new__(cls, np.mean(np.asarray(values, dtype=np.float64)))

    def __init__(self, values: ArrayLike) -> None:
        self.values: FloatArray = np.array(values, dtype=np.float64)
        self.values.setflags(write=False)

    @property
    def spread(self) -> float:
        """Standard deviation of the samples."""
        return float(spread(self.values))

    @property
    def standard_error(self) -> float:
        """Standard error of the mean."""
        return self.spread / float(np.sqrt(len(self.values)))

    def facts(self) -> dict[str, Any]:
        """The mean, and what it leaves open."""
        n = len(self.values)
        return {"mean": float(self), "spread": self.spread, "standard_error": self.standard_error, "samples": n}


STATISTICS: dict[str, Callable[[Any], float]] = {
    "mean": float,
    "spread": attrgetter("spread"),
    "standard_error": attrgetter("standard_error"),
}
"""What a table says of a mean, a line each."""


def with_statistics(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts by name with floats for means, of which ``spread`` and ``standard_error`` are dictionaries beside.

    Examples
    --------
    >>> with_statistics({"norm": "H1", "rate": SampleMean([1.0, 3.0])})["standard_error"]
    {'rate': 1.0}
    """
    means = {name: value for name, value in facts.items() if isinstance(value, SampleMean)}
    facts = facts | {name: float(value) for name, value in means.items()}
    for statistic in ("spread", "standard_error") if means else ():
        facts[statistic] = {name: getattr(value, statistic) for name, value in means.items()}
    return facts
