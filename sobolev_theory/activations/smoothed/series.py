r"""Moments of sums of smoothed rectifiers by Price's expansion, with a bound of what its terms leave out.

``K_ab = sum_n rho^n/n! (d_m^n E sigma^(a)(z_1)) (d_m^n E sigma^(b)(z_2))``: Mehler's series, whose coefficients are
those of each argument alone. Normalised, ``h_n = p^n/sqrt(n!) d_m^n E sigma^(a)``, ``p^2 = s``, they are sums over
widths of ``p^n/sqrt(n!) D_(n+k)`` of the variance ``S = s + tau^2``, ``k`` from ``a - 1`` to ``a + 1``. By Cramer's
inequality ``|He_n(x)| <= sqrt(n!) exp(x^2/4)`` (Indritz 1961) these are at most

    B_n = sqrt((n+k-1)!/n!) (s/S)^(n/2) S^(-k/2) exp(-m^2/(4 S))/sqrt(2 pi).

``B_(n+1)/B_n`` is at most ``sqrt((s/S) max(1, (n+k)/(n+1)))`` for ``n > 1``, so that terms from N on are at most a
geometric series. A series is taken where that is below `SMALL` of ``sqrt(sum h_n^2)`` of both arguments, a lower bound
of the root of ``E[sigma^(a)(z)^2]``.
"""

from __future__ import annotations

from functools import cache
from math import exp, lgamma, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..._kernels import smoothed_rectifiers as forms
from ..._runtime.sizes import slices
from .layers import Arguments, Layers, over_widths

FloatArray = NDArray[np.float64]

SMALL = 2.0**-54
"""Half a rounding of a sum that is nearly 1."""
SHORT = 1e-60
"""A variance that stands for zero where one is divided by."""
FIRST = 16
"""Terms by which the sizes of functions are judged."""
BLOCK = 2**14
"""Pairs at a time, whose numbers stay near the cores."""


class Coefficients:
    """``h_n`` of arguments ``z ~ N(m, s)``, without the polynomial."""

    def __init__(self, layers: Layers, m: FloatArray, s: FloatArray) -> None:
        self.layers, self.m, self.centred = layers, m, not np.any(m)
        self.s = np.maximum(s, SHORT)
        self.p, self.w = np.sqrt(self.s), self.s + layers.column(m, s) ** 2
        self.mean = layers.means(m, self.s)(0)
        zeros = np.zeros((len(layers.widths), *self.mean.shape))
        self.recent = [forms.integral(np, m, self.w) + zeros, forms.density(np, m, self.w) * self.p + zeros]
        self.sums = [over_widths(layers.weights, value) for value in self.recent]
        self.of, self.left_out = cache(self._of), cache(self._left_out)

    def _sums(self, count: int) -> FloatArray:
        """``p^n/sqrt(n!) D_n``, added up with the weights of ``R_1, R_0, R_(-1)``; of the shape (count, 3, ...)."""
        for k in range(len(self.sums) - 1, count - 1):
            before, last = self.recent
            if self.centred and k % 2:  # D_(k+1) is odd
                following, total = np.zeros_like(last), np.zeros_like(self.sums[0])
            else:
                following = forms.scaled(np, k, self.m, self.p, self.w, last, before if k > 1 else 0.0)
                total = over_widths(self.layers.weights, following)
            self.recent = [last, following]
            self.sums.append(total)
        return np.array(self.sums[:count])

    def _of(self, order: int, count: int) -> FloatArray:
        """The first so many for the derivative of an order, (count, ...)."""
        first = max(order, 1)
        j = np.arange(first, order + count).reshape(-1, *[1] * self.mean.ndim)
        sums = self._sums(order + count + 1)[first - 1 :]
        total = sums[1:-1, 1] + (self.p / np.sqrt(j)) * sums[:-2, 0] + (np.sqrt(j + 1) / self.p) * sums[2:, 2]
        total *= np.sqrt(special.poch(j - order + 1, order)) / self.p**order
        return total if order else np.concatenate([self.mean[None], total])

    def _left_out(self, order: int, count: int) -> tuple[FloatArray, FloatArray]:
        """``B_n`` of the first term left out, over the size of the function, and the square of a bound of ratios."""
        decay = (self.s / self.w) ** (count / 2) * np.exp(-(self.m**2) / (4 * self.w))
        bound: Any = 0.0
        for k, row in enumerate(np.abs(self.layers.weights), start=order - 1):
            if row.any():
                factor = exp((lgamma(count + k) - lgamma(count + 1)) / 2) / sqrt(2 * pi)
                bound = bound + factor * over_widths(row, decay / np.sqrt(self.w) ** k)
        size = np.sqrt(np.square(self.of(order, FIRST)).sum(axis=0))
        ratio = self.s / self.w[0] * max(1.0, (count + order + 1) / (count + 1))
        return np.divide(bound, size, out=np.full(self.mean.shape, np.inf), where=size > 0), ratio + 0 * size


class PriceSeries:
    """The expansion for pairs of arguments with means."""

    def __init__(self, layers: Layers, at: Arguments) -> None:
        self.first, self.second = Coefficients(layers, at.m1, at.s), Coefficients(layers, at.m2, at.t)
        self.r = np.clip(at.rho / (self.first.p * self.second.p), -1.0, 1.0)
        self.largest = float(np.abs(self.r).max(initial=0.0))
        self.shape = at.shape

    def left_out(self, a: int, b: int, count: int) -> FloatArray:
        """Bound of what so many terms leave out of ``K_ab``, relative to the sizes of the two functions."""
        sides = self.first.left_out(a, count), self.second.left_out(b, count)
        largest = [(bound.max(), ratio.max()) for bound, ratio in sides]
        found = _geometric(self.largest, count, *largest)
        if found > SMALL:
            found = _geometric(np.abs(self.r), count, *sides)
        return np.broadcast_to(found, self.shape)

    def sum(self, a: int, b: int, count: int, where: NDArray[np.bool_] | None = None) -> FloatArray:
        """So many terms of ``K_ab``, at all pairs or at some."""
        first, second = self.first.of(a, count), self.second.of(b, count)
        r = np.atleast_1d(np.broadcast_to(self.r, self.shape))
        degrees = np.flatnonzero(_any(first) & _any(second)).tolist()
        if where is not None:
            at = np.nonzero(where)
            first, second, r = _taken(first, at), _taken(second, at), r[at]
        total = np.zeros(r.shape)
        step = max(1, BLOCK * len(r) // max(r.size, 1))
        for part in slices(len(r), step):
            _by_horner(total[part], r[part], degrees, _rows(first, part, r.ndim), _rows(second, part, r.ndim))
        return total if where is not None else total.reshape(self.shape)


def _by_horner(total: FloatArray, r: FloatArray, degrees: list[int], first: FloatArray, second: FloatArray) -> None:
    """``sum_n r^n first_n second_n`` into an array of zeros; from the highest of the degrees down."""
    term, square = np.empty_like(total), r * r
    for n, below in zip(degrees[::-1], [*degrees[-2::-1], 0], strict=False):
        np.multiply(first[n], second[n], out=term)
        total += term
        if n > below:
            total *= square if n - below == 2 else r ** (n - below)


def _any(rows: FloatArray) -> NDArray[np.bool_]:
    """Whether each of a sequence of arrays has an element that is not zero."""
    found: NDArray[np.bool_] = np.any(rows.reshape(len(rows), -1), axis=1)
    return found


def _rows(arrays: FloatArray, part: slice, ndim: int) -> FloatArray:
    """Some rows of each of a sequence of arrays that broadcast."""
    return arrays[:, part] if arrays.ndim == ndim + 1 and arrays.shape[1] > 1 else arrays


def _geometric(r: Any, count: int, first: tuple[Any, Any], second: tuple[Any, Any]) -> Any:
    """Terms from a first one on, by bounds of it and squares of ratios for the two arguments."""
    q = r * np.sqrt(first[1] * second[1])
    with np.errstate(all="ignore"):
        return np.where(q < 1, r**count * first[0] * second[0] / (1 - q), np.inf)


def _taken(arrays: FloatArray, at: tuple[NDArray[np.intp], ...]) -> FloatArray:
    """The elements of each of a sequence of arrays that broadcast, by their indices."""
    own = zip(at[len(at) - arrays.ndim + 1 :], arrays.shape[1:], strict=True)
    taken: FloatArray = arrays[slice(None), *(index if size > 1 else 0 for index, size in own)]
    return taken
