"""Activations with moments by Mehler's series: any smooth function whose derivatives can be evaluated."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .definition import GaussianPairs, Moments, Smooth
from .frequencies import end_of_spectrum
from .mehler import Correlated
from .neurons import Neurons

FloatArray = NDArray[np.float64]


class Series(Smooth):
    """A smooth function by its derivatives ``evaluate(z, order)``, order up to ``highest``.

    Moments are series, cut where the bound of what is left is below ``tolerance``, relative to the norms
    ``sqrt(E[sigma^(a)(z)^2])``.
    """

    how = "Hermite series"
    accuracy = 1e-12

    def __init__(
        self,
        expression: str,
        evaluate: Callable[[FloatArray, int], FloatArray],
        highest: int,
        max_order: int,
        key: object,
        tolerance: float = 1e-13,
    ) -> None:
        self.expression, self.evaluate, self.highest, self.max_order = expression, evaluate, highest, max_order
        self._key, self.tolerance = key, tolerance
        self.frequency = cache(lambda order: end_of_spectrum(lambda z: evaluate(z, order))[0])

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
        return self.evaluate(z, order)

    @cached_property
    def variation(self) -> float:  # type: ignore[override]
        """That of a function with frequencies up to 1 is 1."""
        return 1.0

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
        neurons, shape = self._neurons(m, s)
        return cache(lambda n: neurons.mean(n).reshape(shape))

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """Likewise, by Leibniz' rule."""
        neurons, shape = self._neurons(m, s)
        product = cache(neurons.product)

        def square(k: int, n: int) -> FloatArray:
            terms: Any = sum(comb(n, j) * product(*sorted((k + j, k + n - j))) for j in range(n + 1))
            return np.asarray(terms).reshape(shape)

        return cache(square)

    def _neurons(self, m: FloatArray | None, s: FloatArray) -> tuple[Neurons, tuple[int, ...]]:
        m = np.zeros_like(s) if m is None else m
        m, s = np.broadcast_arrays(m, s)
        return Neurons(self, m.ravel(), np.sqrt(s).ravel()), s.shape
