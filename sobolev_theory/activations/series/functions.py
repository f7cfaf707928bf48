"""What has Hermite coefficients: functions by their pointwise derivatives, kinks and frequencies."""

from collections.abc import Callable, Sequence
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

    @property
    def whole(self) -> Callable[[FloatArray, int], FloatArray] | None:
        """Of a difference, derivatives of what its rounding is relative to; None: itself."""

    def __hash__(self) -> int: ...
