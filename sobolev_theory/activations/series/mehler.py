r"""Mehler's series ``K_ab = sum_n r^n h_n^(a)(z_1) h_n^(b)(z_2)`` with a bound of what is left of it.

``h_n`` are the Hermite coefficients of each neuron, r is the correlation. By Cauchy-Schwarz and Parseval

    |K_ab - K_ab^N| <= |r|^N sqrt(T_1 T_2),      T = E[sigma^(a)(z)^2] - sum_(n < N) h_n^2,

two integrals over one variable. For long and nearly parallel neurons, whose coefficients fall slowly, `common_factor`
is the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from ..._runtime.sizes import slices
from ...errors import AccuracyError
from ..definition import GaussianPairs
from .coefficients import Coefficients
from .common_factor import conditioned
from .functions import Function
from .neurons import IntArray, Neurons
from .panels import PiecewiseNeurons
from .recent_neurons import neurons_of

FloatArray = NDArray[np.float64]
Bounded = tuple[FloatArray, FloatArray]
"""Values and bounds of their errors."""

CAP = 1024
"""Most terms of a series."""
FIRST = 32
"""Terms that are made at once: nothing is gained from fewer."""
MOST, ALL = 0.99, 128
"""Share of pairs by whose correlation the series over all of them is cut; the others have longer ones of their own. Up
to so many terms, coefficients are made for those at once."""
CELLS = 2**14
"""Pairs of a series at a time: they stay near the core."""
LONG = 3.0
"""Deviation beyond which a common factor costs less than `CAP` terms."""


def series(first: FloatArray, second: FloatArray, r: FloatArray) -> FloatArray:
    """``sum_n r^n first[n] second[n]`` by Horner's rule; arrays broadcast after the first axis."""
    total: FloatArray = first[-1] * second[-1] + np.zeros_like(r)
    term = np.empty_like(total)
    for one, other in zip(first[-2::-1], second[-2::-1], strict=True):
        total *= r
        np.multiply(one, other, out=term)
        total += term
    return total


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of neurons ``first[i], second[j]`` with correlations r and ``gap = 1 - |r|``."""

    first: Neurons
    second: Neurons
    i: IntArray
    j: IntArray
    r: FloatArray
    gap: FloatArray
    tolerance: float


@dataclass(frozen=True, eq=False)
class Correlated(Pairs):
    """Shapes are (R, 1), (1, C), (R, C), (R, C), of all neurons with all, or (P,) each."""

    by_series: bool = False  # all, also those of a neuron with itself

    @classmethod
    def of(cls, first: Function, second: Function, at: GaussianPairs, tolerance: float) -> Correlated:
        """The pairs of two functions at arguments; an array (R, 1) with one (C,) or (1, C) means all with all."""
        shape = np.broadcast_shapes(*map(np.shape, (at.s, at.rho, at.t)))
        crossed = len(shape) == 2 and np.shape(at.s)[1:] == (1,) and np.shape(at.t)[-2:] in (shape[1:], (1, shape[1]))
        product = np.sqrt(at.s) * np.sqrt(at.t)
        r = np.clip(np.broadcast_to(at.rho / product, shape), -1.0, 1.0)
        gap = np.broadcast_to(at.g / product**2, shape) / (1 + np.abs(r))
        one = PiecewiseNeurons if first.kinks else Neurons
        other = PiecewiseNeurons if second.kinks else Neurons
        if crossed:
            (right, j), (left, i) = neurons_of(second, at.m2, at.t, other), neurons_of(first, at.m1, at.s, one)
            return cls(left, right, i[:, None], j[None, :], r, gap, tolerance)
        s, t = np.broadcast_to(at.s, shape), np.broadcast_to(at.t, shape)
        (right, j), (left, i) = neurons_of(second, at.m2, t, other), neurons_of(first, at.m1, s, one)
        return cls(left, right, i, j, r.ravel(), gap.ravel(), tolerance)

    @cached_property
    def alike(self) -> tuple[IntArray, ...]:
        """Where a neuron is paired with itself: moments are integrals over one variable."""
        if self.by_series or self.first is not self.second:
            return (np.empty(0, dtype=np.intp),) * self.r.ndim
        return np.nonzero((self.i == self.j) & (self.gap == 0) & (self.r > 0))

    @cached_property
    def modulus(self) -> FloatArray:
        """``|r|``, and 0 of pairs that are `alike`."""
        modulus: FloatArray = np.abs(self.r)
        modulus[self.alike] = 0.0
        return modulus

    @cached_property
    def correlations(self) -> tuple[float, float]:
        """Moduli that few pairs exceed, and none."""
        others = self.modulus
        return (float(np.quantile(others, MOST)), float(others.max())) if others.size else (0.0, 0.0)

    def moment(self, a: int, b: int) -> Bounded:
        """``K_ab`` and the bound of its error, both of the shape of r.

        Raises
        ------
        AccuracyError
            If neither `CAP` terms nor a common factor reach the tolerance, relative to ``sqrt(E[sigma^(a)(z_1)^2]
            E[sigma^(b)(z_2)^2])`` or to the natural scale.
        """
        try:
            return self._moment(a, b)
        except AccuracyError:
            if self.first.natural:
                raise
            first, second = self.first.in_natural_scale, self.second.in_natural_scale
            return replace(self, first=first, second=second)._moment(a, b)

    @cached_property
    def in_series(self) -> Correlated:
        """The same, without integrals of a neuron with itself: those need every derivative."""
        return replace(self, by_series=True)

    def _moment(self, a: int, b: int) -> Bounded:
        highest = min(x.function.highest_derivative for x in (self.first, self.second))
        if max(a, b) > highest and len(self.alike[0]):
            return self.in_series._moment(a, b)
        usual, largest = self.correlations
        made = max(min(_terms(largest, self.tolerance), ALL), min(_terms(usual, self.tolerance), CAP // 4))
        one, other = self.first.coefficients(a, made), self.second.coefficients(b, made)
        count = _fewest(one, other, usual, self.tolerance)
        value = self._all(one.values[:count], other.values[:count])
        bound = _power(self.modulus, count)
        bound *= one.left(count)[self.i]
        bound *= other.left(count)[self.j]
        late = np.nonzero(bound > self.tolerance)
        if len(late[0]):
            value[late], bound[late] = self._longer(late).moment(a, b, made)
        if len(self.alike[0]):
            value[self.alike] = self.first.product(a, b)[np.broadcast_to(self.j, self.r.shape)[self.alike]]
        rounding = one.rounding.max(initial=0.0) + other.rounding.max(initial=0.0)
        self._require(a, b, float(bound.max(initial=0.0)), "use shorter weights")
        advice = f"give its derivative of order {highest + 1} as well, or use longer weights"
        self._require(a, b, float(rounding), advice)
        bound += rounding
        bound *= one.norms[self.i]
        bound *= other.norms[self.j]
        return value, bound

    def _require(self, a: int, b: int, bound: float, advice: str) -> None:
        if not bound <= self.tolerance:
            what = f"activation: the moment of its derivatives of orders {a} and {b}"
            raise AccuracyError(what, bound, self.tolerance, advice)

    def _all(self, one: FloatArray, other: FloatArray) -> FloatArray:
        """The series over all pairs, so many at a time."""
        step = max(1, CELLS * len(self.r) // max(self.r.size, 1))
        parts = slices(len(self.r), step)
        if self.r.ndim == 1:
            return _joined([series(one[:, self.i[k]], other[:, self.j[k]], self.r[k]) for k in parts])
        return _joined([series(one[:, self.i[k]], other[:, self.j], self.r[k]) for k in parts])

    def _longer(self, late: tuple[IntArray, ...]) -> Longer:
        i, j = (np.broadcast_to(x, self.r.shape)[late] for x in (self.i, self.j))
        (first, i), (second, j) = _those(self.first, i), _those(self.second, j)
        return Longer(first, second, i, j, self.r[late], self.gap[late], self.tolerance)


@dataclass(frozen=True, eq=False)
class Longer(Pairs):
    """Those, (P,) each, whose series are longer than those of most."""

    def moment(self, a: int, b: int, count: int) -> Bounded:
        """``K_ab`` and its bound relative to the norms, of series with so many terms, then twice as many."""
        value, bound = np.empty(self.r.shape), np.full(self.r.shape, np.inf)
        long = np.minimum(self.first.p[self.i], self.second.p[self.j]) > LONG
        left = np.flatnonzero(~long | (np.abs(self.r) ** CAP <= self.tolerance))
        while len(left) and count <= CAP:
            one, other = self.first.coefficients(a, count), self.second.coefficients(b, count)
            i, j, r = self.i[left], self.j[left], self.r[left]
            bound[left] = one.left(count)[i] * other.left(count)[j] * np.abs(r) ** count
            done = bound[left] <= self.tolerance
            for part in slices(len(left), max(1, 2**20 // count)):
                value[left[part]] = series(one.values[:, i[part]], other.values[:, j[part]], r[part])
            left, count = left[~done], 2 * count
        for k in np.flatnonzero(bound > self.tolerance):
            i, j = self.i[[k]], self.j[[k]]
            pair = self.first.subset(i), self.second.subset(j), float(self.r[k]), float(self.gap[k])
            value[k], bound[k] = conditioned(*pair, a, b, self.tolerance)
        return value, bound


def _fewest(one: Coefficients, other: Coefficients, r: float, tolerance: float) -> int:
    """How many terms most pairs need of those that were made."""
    count = len(one.values)
    left = one.most_left * other.most_left * r ** np.arange(count + 1)
    enough = np.flatnonzero(left <= tolerance)
    return max(int(enough[0]) if len(enough) else count, 1)


def _terms(r: float, tolerance: float) -> int:
    """A power of two of terms that suffices at a correlation, whatever the functions are."""
    wanted = ceil(log(tolerance) / log(r)) if 0 < r < 1 else CAP if r else 1
    return min(max(FIRST, 1 << (wanted - 1).bit_length()), CAP)


def _those(neurons: Neurons, which: IntArray) -> tuple[Neurons, IntArray]:
    """Neurons without those that do not occur, if those are many; and where they are."""
    used, at = np.unique(which, return_inverse=True)
    return (neurons, which) if 4 * len(used) > len(neurons.m) else (neurons.subset(used), at)


def _power(x: FloatArray, n: int) -> FloatArray:
    """``x^n`` by squaring."""
    power, square = np.ones_like(x), x.copy()
    while n:
        if n % 2:
            power *= square
        n //= 2
        if n:
            square *= square
    return power


def _joined(parts: list[FloatArray]) -> FloatArray:
    return np.concatenate(parts) if parts else np.empty(0)
