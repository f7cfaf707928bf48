"""Activations with moments by Mehler's series: any smooth function whose derivatives can be evaluated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from ..definition import GaussianPairs, Moments, Smooth
from .frequencies import bandwidth_of
from .mehler import Correlated
from .recent_neurons import neurons_of

FloatArray = NDArray[np.float64]


class Series(Smooth):
    """A smooth function: ``evaluate(z, order)`` is the list of its derivatives up to an order, at most ``highest``.

    Moments are series, cut where the bound of what is left is below ``tolerance``, relative to the norms
    ``sqrt(E[sigma^(a)(z)^2])``.
    """

    how = "Hermite series"
    kinks: tuple[float, ...] = ()
    accuracy = 1e-12

    def __init__(
        self,
        expression: str,
        evaluate: Callable[[FloatArray, int], Sequence[FloatArray]],
        highest: int,
        max_order: int,
        key: object,
        tolerance: float = 1e-13,
    ) -> None:
        self.expression, self.evaluate, self.highest, self.max_order = expression, evaluate, highest, max_order
        self._key, self.tolerance = key, tolerance

    @property
    def key(self) -> object:
        """What was given as such."""
        return self._key

    @property
    def highest_derivative(self) -> int:
        """As many as were given."""
        return self.highest

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """That given."""
        return self.evaluate(z, order)[order]

    def derivatives(self, z: FloatArray, order: int) -> Sequence[FloatArray]:
        """All up to an order."""
        return self.evaluate(z, order)

    @property
    def whole(self) -> Callable[[FloatArray, int], FloatArray] | None:
        """None: its rounding is relative to itself."""
        return None

    @cached_property
    def bandwidth(self) -> float:
        """The largest frequency of any of them."""
        return bandwidth_of(self.derivative, self.highest)

    def pairs(self, at: GaussianPairs) -> Moments:
        """Series with a bound."""
        moment = self._bounded(at)
        return lambda a, b: moment(a, b)[0]

    def error_bound(self, at: GaussianPairs, a: int, b: int) -> FloatArray:
        """What was computed, and the rounding of coefficients."""
        return self._bounded(at)(a, b)[1]

    def _bounded(self, at: GaussianPairs) -> Callable[[int, int], tuple[FloatArray, FloatArray]]:
        pairs = Correlated.of(self, self, at, self.tolerance)
        shape = np.broadcast_shapes(*map(np.shape, (at.s, at.rho, at.t)))

        @cache
        def moment(a: int, b: int) -> tuple[FloatArray, FloatArray]:
            value, bound = pairs.moment(a, b)
            return value.reshape(shape), bound.reshape(shape)

        return moment

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Integrals over one variable."""
        neurons, at = neurons_of(self, m, s)
        shape = np.shape(s if m is None else m + s)
        return cache(lambda n: neurons.mean(n)[at].reshape(shape))

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """Likewise, by Leibniz' rule."""
        neurons, at = neurons_of(self, m, s)
        shape = np.shape(s if m is None else m + s)
        return cache(lambda k, n: neurons.square(k, n)[at].reshape(shape))
