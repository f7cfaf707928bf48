r"""Moments ``E[sigma^(a)(z_1) tau^(b)(z_2)]`` of two different activations by Mehler's series, with their bound.

One at least is smooth. The pointwise part of a derivative beyond a jump has a series. Of the Diracs ``J delta^(l)(z_1 -
kappa)`` each is an integral over ``z_2`` of given ``z_1``, which is Gaussian with the mean ``M = m_2 + (rho/s)(z_1 -
m_1)`` and the variance ``g/s``:

    E[delta^(l)(z_1 - kappa) f(z_2)] = (-d/dz_1)^l [n(z_1; m_1, s) E f(M + sqrt(g/s) Z)]   at   z_1 = kappa.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from math import comb, pi, sqrt

import numpy as np
from numpy.polynomial.hermite_e import hermeval
from numpy.typing import NDArray

from ..definition import Definition, GaussianPairs, Jump
from .frequencies import bandwidth_of
from .functions import Function
from .mehler import Bounded, Correlated
from .recent_neurons import neurons_of
from .series import Series

FloatArray = NDArray[np.float64]

OF_PIECES = 1.5
"""Bandwidth of what is between kinks: polynomials and exponentials."""
TOLERANCE = 1e-13
"""Relative to the norms of the two functions."""


class Seen:
    """A definition as a function with pointwise derivatives."""

    whole = None

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.highest_derivative = definition.highest_derivative

    @cached_property
    def kinks(self) -> tuple[float, ...]:
        """Places where a derivative jumps."""
        orders = range(self.highest_derivative + 1)
        return tuple(sorted({jump.place for order in orders for jump in self.definition.jumps(order)}))

    @cached_property
    def bandwidth(self) -> float:
        """Where frequencies end."""
        if self.kinks:
            return OF_PIECES
        return bandwidth_of(self.definition.derivative, self.highest_derivative)

    def derivatives(self, z: FloatArray, order: int) -> Sequence[FloatArray]:
        """All up to an order."""
        return [self.definition.derivative(z, k) for k in range(order + 1)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and self.definition.key == other.definition.key

    def __hash__(self) -> int:
        return hash(self.definition.key)


@lru_cache(maxsize=32)
def _once(function: Seen) -> Seen:
    """Of equal ones, the first."""
    return function


def function_of(definition: Definition) -> Function:
    """A definition as what has Hermite coefficients."""
    return definition if isinstance(definition, Series) else _once(Seen(definition))


class Mixed:
    """Moments of two definitions at pairs."""

    def __init__(self, first: Definition, second: Definition, at: GaussianPairs) -> None:
        self.first, self.second, self.at = first, second, at
        self.functions = function_of(first), function_of(second)
        self.series = Correlated.of(*self.functions, at, TOLERANCE)
        self.shape = np.broadcast_shapes(*map(np.shape, (at.s, at.rho, at.t)))

    def moment(self, a: int, b: int) -> Bounded:
        """``E[sigma^(a)(z_1) tau^(b)(z_2)]`` and the bound of its error.

        Raises
        ------
        AccuracyError
            If the series does not reach its tolerance.
        """
        value, bound = (x.reshape(self.shape) for x in self.series.moment(a, b))
        turned = GaussianPairs(self.at.m2, self.at.m1, self.at.t, self.at.rho, self.at.s, self.at.g)
        one, other = self.functions
        for order in range(a):
            for jump in self.first.jumps(order):
                value = value + _dirac(jump, a - 1 - order, other, b, self.at)
        for order in range(b):
            for jump in self.second.jumps(order):
                value = value + _dirac(jump, b - 1 - order, one, a, turned)
        return value, bound


def _dirac(jump: Jump, order: int, function: Function, b: int, at: GaussianPairs) -> FloatArray:
    """``J E[delta^(order)(z_1 - kappa) f^(b)(z_2)]`` of a smooth f."""
    slope, p = at.rho / at.s, np.sqrt(at.s)
    off = jump.place - (np.zeros_like(at.s) if at.m1 is None else at.m1)
    mean = (0.0 if at.m2 is None else at.m2) + slope * off
    neurons, number = neurons_of(function, mean, np.broadcast_to(at.g / at.s, mean.shape))
    density = np.exp(-((off / p) ** 2) / 2) / (sqrt(2 * pi) * p)
    total = np.zeros(mean.shape)
    for i in range(order + 1):
        smooth = neurons.mean(b + i)[number].reshape(mean.shape)
        total += comb(order, i) * (-slope) ** i * hermeval(off / p, [0] * (order - i) + [1]) / p ** (order - i) * smooth
    return jump.height * density * total
