"""A function with kinks as ramps that rise from them, whose moments are closed, and a smooth rest with series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from math import factorial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..definition import GaussianPairs, Jump, Kinked, KinkedPairs, Letters, Moments, along_polar_frame, leibniz
from ..piecewise.polynomial import PiecewisePolynomial
from ..series.mixed import Mixed
from ..series.series import Series

FloatArray = NDArray[np.float64]


class Pointwise(Protocol):
    """A function with pointwise derivatives up to an order."""

    functions: tuple[Callable[[FloatArray], FloatArray], ...]
    highest: int

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """Of an order."""


class Rest(Series):
    """A function less its jumps, ``f - sum_k J_k (z - kappa)_+^k/k!``; smooth."""

    def __init__(self, function: Pointwise, jumps: Mapping[float, tuple[float, ...]], expression: str) -> None:
        super().__init__(
            expression, self._derivatives, function.highest, function.highest - 1, (function.functions, tuple(jumps))
        )
        self.function, self.jumps_at = function, jumps

    def __reduce__(self) -> tuple[type[Rest], tuple[Any, ...]]:
        return type(self), (self.function, self.jumps_at, self.expression)

    def _derivatives(self, z: FloatArray, order: int) -> list[FloatArray]:
        """At a kink itself, those from the right."""
        for place in self.jumps_at:
            z = np.where(z == place, np.nextafter(place, np.inf), z)
        return [self.function.derivative(z, k) - self._ramps(z, k) for k in range(order + 1)]

    def _ramps(self, z: FloatArray, order: int) -> FloatArray | float:
        """The derivative of what is subtracted."""
        total: FloatArray | float = 0.0
        for place, heights in self.jumps_at.items():
            for k in range(order, len(heights)):
                if heights[k]:
                    ramp = np.where(z > place, (z - place) ** (k - order), 0.0)
                    total = total + heights[k] / factorial(k - order) * ramp
        return total

    @property
    def whole(self) -> Callable[[FloatArray, int], FloatArray] | None:
        """The function with its jumps."""
        return self.function.derivative if self.jumps_at else None


class RampsAndRest(Kinked):
    """The function of which a rest was left."""

    how = "closed form of its ramps, and Hermite series"
    accuracy = 1e-12

    def __init__(self, rest: Rest) -> None:
        self.rest, self.expression = rest, rest.expression
        self.ramps = _of_jumps(rest.jumps_at)
        self.max_order = min(rest.max_order, self.ramps.max_order)

    @property
    def key(self) -> object:
        """That of its rest."""
        return type(self).__name__, self.rest.key

    @property
    def highest_derivative(self) -> int:
        """As many as were given."""
        return self.rest.highest

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """That given."""
        return self.rest.function.derivative(z, order)

    def jumps(self, order: int) -> tuple[Jump, ...]:
        """Those measured."""
        return self.ramps.jumps(order)

    def pairs(self, at: KinkedPairs) -> Letters:
        """Of ramps with ramps, and the others, which are finite."""
        closed, moments = self.ramps.pairs(at), along_polar_frame(cache(self._with_rest(at.gaussian)), at)
        return cache(lambda a, b, i, j: closed(a, b, i, j) + moments(a, b, i, j))

    def _with_rest(self, at: GaussianPairs) -> Moments:
        """``K_ab`` less that of ramps with ramps."""
        first, second = Mixed(self.ramps, self.rest, at), Mixed(self.rest, self.ramps, at)
        both = self.rest.pairs(at)
        return lambda a, b: first.moment(a, b)[0] + second.moment(a, b)[0] + both(a, b)

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Of ramps, and of the rest."""
        ramps, rest = self.ramps.means(m, s), self.rest.means(m, s)
        return cache(lambda n: ramps(n) + rest(n))

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """``E[ramps^2] + 2 E[ramps rest] + E[rest^2]``; derivatives of the second by Leibniz' rule."""
        ramps, rest = self.ramps.squares(m, s), self.rest.squares(m, s)
        series = Mixed(self.ramps, self.rest, GaussianPairs.of_one(m, s))
        mixed = cache(lambda a, b: series.moment(a, b)[0])
        return cache(lambda k, n: ramps(k, n) + 2 * leibniz(mixed, k, n) + rest(k, n))


def _of_jumps(jumps: Mapping[float, tuple[float, ...]]) -> PiecewisePolynomial:
    """``sum_k J_k (z - kappa)_+^k/k!``."""
    pieces = [np.polynomial.Polynomial([0.0])]
    for place, heights in jumps.items():
        ramp = np.polynomial.Polynomial([height / factorial(k) for k, height in enumerate(heights[:4])])
        pieces.append(pieces[-1] + ramp(np.polynomial.Polynomial([-place, 1.0])))
    return PiecewisePolynomial(tuple(jumps), [tuple(piece.trim().coef) for piece in pieces])
