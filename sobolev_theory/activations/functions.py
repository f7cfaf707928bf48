"""What has Hermite coefficients: functions by their pointwise derivatives, kinks and frequencies."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Function(Protocol):
    """A function with pointwise derivatives up to an order, whose frequencies end at ``bandwidth``, but for kinks."""

    @property
    def kinks(self) -> Sequence[float]:
        """Places of its kinks."""

    @property
    def highest_derivative(self) -> int:
        """Highest order that it has."""

    @property
    def bandwidth(self) -> float:
        """Where its frequencies end."""

    def derivatives(self, z: FloatArray, order: int) -> Sequence[FloatArray]:
        """All up to an order."""

    def whole(self, z: FloatArray, order: int) -> FloatArray | None:
        """What its rounding is relative to, of a difference; None: itself."""

    def __hash__(self) -> int: ...
