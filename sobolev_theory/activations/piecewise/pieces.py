r"""Piecewise polynomials as polynomials and ramps, ``P(z) + sum c (z - kappa)_+^n``, and their means at one argument.

At an argument of mean m the polynomial is that of the piece in which m lies, and ramps rise away from it: right of m
``(z - kappa)_+^n``, left of it ``(kappa - z)_+^n`` with ``(-1)^(n+1)`` times the coefficient, as ``x_+^n = x^n +
(-1)^(n+1) (-x)_+^n``. What is added is then small where the argument varies little, and nothing cancels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from math import comb, perm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._kernels.rectifier_moments import POWERS
from ..._quadrature import on_panels
from .rectifier import power, singles

FloatArray = NDArray[np.float64]
Polynomial = tuple[float, ...]
"""Coefficients by ascending powers of z."""

ROUNDING = Fraction(1, 2**50)
"""Where two pieces differ by less, relative to the terms of either, they meet."""


@dataclass(frozen=True)
class Pieces:
    """``polynomials[l]`` between ``kinks[l-1]`` and ``kinks[l]``; at a kink itself, the piece on its left."""

    kinks: tuple[float, ...]
    polynomials: tuple[Polynomial, ...]

    @property
    def degree(self) -> int:
        """Of the polynomial of highest degree."""
        return max(map(len, self.polynomials)) - 1

    @cached_property
    def ramps(self) -> tuple[dict[int, float], ...]:
        """Of each kink, c by n of the ramps ``c (z - kappa)_+^n`` that begin there."""
        between = zip(self.kinks, self.polynomials[:-1], self.polynomials[1:], strict=True)
        return tuple(_ramps(*at) for at in between)

    @property
    def smoothness(self) -> int:
        """The first derivative that jumps."""
        return min((min(ramps) for ramps in self.ramps if ramps), default=self.degree)

    @cached_property
    def table(self) -> FloatArray:
        """The coefficients, (degree + 1, pieces)."""
        table = np.zeros((self.degree + 1, len(self.polynomials)))
        for piece, coefficients in enumerate(self.polynomials):
            table[: len(coefficients), piece] = coefficients
        return table

    def __call__(self, z: FloatArray) -> FloatArray:
        """Values, by Horner's rule."""
        piece = np.searchsorted(self.kinks, z, side="left")
        total = np.zeros(np.shape(z))
        for row in self.table[::-1]:
            total = total * z + row[piece]
        return total

    def derivative(self, order: int) -> Pieces:
        """Pointwise, without Dirac terms at kinks."""
        return Pieces(self.kinks, tuple(_derivative(piece, order) for piece in self.polynomials))

    def times(self, other: Pieces) -> Pieces:
        """Pointwise, of two with the same kinks."""
        pairs = zip(self.polynomials, other.polynomials, strict=True)
        return Pieces(self.kinks, tuple(tuple(np.convolve(*pair).tolist()) for pair in pairs))

    def without(self, power: int) -> Pieces:
        """Less the ramps of a power."""
        taken = np.polynomial.Polynomial([0.0])
        pieces = [self.polynomials[0]]
        for kink, ramps, piece in zip(self.kinks, self.ramps, self.polynomials[1:], strict=True):
            taken = taken + ramps.get(power, 0.0) * np.polynomial.Polynomial([-kink, 1.0]) ** power
            pieces.append(tuple((np.polynomial.Polynomial(piece) - taken).coef.tolist()))
        return Pieces(self.kinks, tuple(pieces))


def _derivative(coefficients: Polynomial, order: int) -> Polynomial:
    return tuple(perm(n, order) * c for n, c in enumerate(coefficients) if n >= order) or (0.0,)


def _ramps(kink: float, left: Polynomial, right: Polynomial) -> dict[int, float]:
    """Coefficients of ``right - left`` in powers of ``z - kink``, those above the rounding of both."""
    degree = max(len(left), len(right))
    at = Fraction(kink)
    before, after = ([Fraction(c) for c in piece] + [Fraction(0)] * (degree - len(piece)) for piece in (left, right))
    found = {}
    for n in range(degree):
        terms = [(comb(j, n) * at ** (j - n), before[j], after[j]) for j in range(n, degree)]
        value = sum((of * (y - x) for of, x, y in terms), Fraction(0))
        if abs(value) > ROUNDING * sum((abs(of) * (abs(x) + abs(y)) for of, x, y in terms), Fraction(0)):
            found[n] = float(value)
    return found


class OneArgument:
    """A piecewise polynomial at ``z = m + p X``; arrays that broadcast.

    Parameters
    ----------
    function
        The piecewise polynomial.
    p
        Standard deviations.
    h
        ``m/p``, None where all means are zero and the only kink is at 0.
    offsets
        ``(m - kappa)/p`` of each kink; of no use where h is None.
    """

    def __init__(self, function: Pieces, p: Any, h: Any, offsets: Sequence[Any]) -> None:
        self.function, self.p, self.h = function, p, h
        self.offsets: Sequence[Any] = offsets if h is not None else [None] * len(function.kinks)

    @cached_property
    def signs(self) -> list[Any]:
        """-1 of kinks left of the mean, else 1."""
        return [1.0 if h is None else np.where(h < 0, 1.0, -1.0) for h in self.offsets]

    @cached_property
    def coefficients(self) -> Any:
        """Those of the polynomial of the piece in which the mean lies, of each power."""
        if self.h is None:
            return self.function.table[:, 0]
        piece = np.add.reduce([h >= 0 for h in np.broadcast_arrays(*self.offsets)], dtype=np.intp)
        return self.function.table[:, piece]

    def turned(self, kink: int, parity: int) -> Any:
        """A sign to an integer power."""
        return self.signs[kink] if parity % 2 else 1.0

    def of_polynomial(self, order: int) -> Any:
        """``d_m^order E[P(z)]``; the number 0 beyond its degree."""
        h = 0.0 if self.h is None else self.h
        total: Any = 0.0
        for n in range(order, self.function.degree + 1):
            moment, letters = POWERS[n - order,]
            total = total + self.coefficients[n] * perm(n, order) * power(self.p, n - order) * moment(
                np, *[h] * len(letters)
            )
        return total

    def of_ramps(self, order: int) -> Any:
        """``d_m^order`` of the mean of all ramps."""
        total: Any = 0.0
        for kink, ramps in enumerate(self.function.ramps):
            for n, c in ramps.items():
                total = total + c * self.turned(kink, n + 1 + order) * self._singles[kink](n, order)
        return total

    @cached_property
    def _singles(self) -> list[Any]:
        return [
            singles(self.p, None if h is None else sign * h) for sign, h in zip(self.signs, self.offsets, strict=True)
        ]

    def mean(self, order: int) -> Any:
        """``d_m^order E[f(z)]``."""
        return self.of_polynomial(order) + self.of_ramps(order)


def at_argument(function: Pieces, m: FloatArray | None, s: FloatArray) -> OneArgument:
    """At ``z ~ N(m, s)``; means None are all zero."""
    p = np.sqrt(s)
    if m is None and function.kinks == (0.0,):
        return OneArgument(function, p, None, ())
    m = np.zeros_like(p) if m is None else m
    return OneArgument(function, p, m / p, [(m - kink) / p for kink in function.kinks])


def means(function: Pieces, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
    """``d_m^order E[f(z)]``, order at most 4, of ``z ~ N(m, s)``; means None are all zero."""
    near = at_argument(function, m, s)
    if len(function.kinks) == 1:
        return cache(near.mean)
    first, last = function.kinks[0], function.kinks[-1]
    ends = at_argument(Pieces((first,), (function.polynomials[0], function.polynomials[-1])), m, s)
    wide = near.p > last - first
    places, weights = _between(function)

    def mean(order: int) -> FloatArray:
        """Of arguments that vary more than all kinks are apart, the outer pieces, and what lies between by a rule."""
        around: FloatArray = near.mean(order)
        if not wide.any():
            return around
        density = singles(near.p[..., None], near.h[..., None] - places / near.p[..., None])(0, order + 1)
        return np.where(wide, ends.mean(order) + density @ weights, around)

    return cache(mean)


def _between(function: Pieces) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre places between the outer kinks, and their weights times what f is there beyond the last piece.

    Of a density of deviation above the distance of the kinks twenty places a piece leave nothing.
    """
    places, weights = on_panels(np.array(function.kinks), 20)
    beyond = function(places) - Pieces((), function.polynomials[-1:])(places)
    return places.ravel(), (weights * beyond).ravel()
