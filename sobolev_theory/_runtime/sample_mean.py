"""Means over random directions, with what they leave open."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .results import Record

SAME = 1e-12
"""Spread, relative to the largest value, that is rounding."""


class SampleMean(Record, float):
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
        self.values: NDArray[np.float64] = np.array(values, dtype=np.float64)
        self.values.setflags(write=False)

    @property
    @np.errstate(invalid="ignore")  # inf - inf
    def spread(self) -> float:
        """Standard deviation of the samples."""
        if len(self.values) < 2:
            return np.nan
        spread = float(np.std(self.values, ddof=1))
        return 0.0 if spread <= SAME * np.abs(self.values).max() < np.inf else spread

    @property
    def standard_error(self) -> float:
        """Standard error of the mean."""
        return self.spread / float(np.sqrt(len(self.values)))

    def facts(self) -> dict[str, Any]:
        """The mean, and what it leaves open."""
        n = len(self.values)
        return {"mean": float(self), "spread": self.spread, "standard_error": self.standard_error, "samples": n}
