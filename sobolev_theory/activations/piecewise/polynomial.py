r"""Piecewise polynomials with kinks anywhere: leaky ReLU, |z|, step, sign, hard tanh, ReLU6, hard sigmoid.

A kink at ``kappa`` is a bias ``-kappa``: pairs of ramps are moments of rectifiers at shifted offsets, of two different
powers. A polynomial with anything is the sum ``E[P g] = sum_k rho^k/k! E[P^(k)] E[g^(k)]``, which ends with its degree
(`derivations/rectifier_moments.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import product
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..definition import Jump, Kinked, KinkedPairs, Letters, Moments, along_polar_frame
from ..generated import Kernels
from .pieces import OneArgument, Pieces, means
from .rectifier import derived, power, unit_pairs
from .two_slopes import kernels_of
from .wide_pairs import are_wide, between, outer

FloatArray = NDArray[np.float64]
HIGHEST = 3
"""Degree of polynomials whose moments are generated."""


class PiecewisePolynomial(Kinked):
    """Polynomials of degree at most 3 between kinks, with jumps of the value or of a derivative there.

    Parameters
    ----------
    kinks
        Where pieces meet, ascending; at least one.
    pieces
        Coefficients by ascending powers of z, one polynomial more than there are kinks. Pieces that meet up to
        rounding do meet. At a kink itself derivatives are those of the piece on its left.
    expression
        Of ``z``, as text; made from the pieces if none is given.

    Raises
    ------
    ValueError
        For other numbers of kinks and pieces, kinks that do not ascend or are none, degrees beyond 3.

    Examples
    --------
    >>> from sobolev_theory.activations.piecewise.polynomial import PiecewisePolynomial
    >>> hard_tanh = PiecewisePolynomial((-1.0, 1.0), ((-1.0,), (0.0, 1.0), (1.0,)))
    >>> hard_tanh.derivative(np.array([-2.0, 0.5]), 0), hard_tanh.jumps(1)
    (array([-1. ,  0.5]), (Jump(place=-1.0, height=1.0), Jump(place=1.0, height=-1.0)))
    >>> hard_tanh.means(np.array([0.0, 50.0]), np.array([1.0, 1.0]))(0)
    array([0., 1.])
    """

    def __init__(
        self, kinks: Sequence[float], pieces: Sequence[Sequence[float]], *, expression: str | None = None
    ) -> None:
        self.function = Pieces(tuple(map(float, kinks)), tuple(tuple(map(float, piece)) for piece in pieces))
        _require(self.function)
        self.max_order = self.function.smoothness
        self.degree = _degree(self.function)
        self.kernels = _kernels(self.function) if self.degree == 1 else None
        self.expression = _text(self.function) if expression is None else expression

    def __reduce__(self) -> tuple[partial[PiecewisePolynomial], tuple[Any, ...]]:
        return partial(type(self), expression=self.expression), (self.function.kinks, self.function.polynomials)

    @property
    def key(self) -> object:
        """The kinks and the pieces."""
        return type(self).__name__, self.function

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """Of the piece."""
        return self.function.derivative(order)(z)

    def jumps(self, order: int) -> tuple[Jump, ...]:
        """At the kinks from which a ramp of that power rises."""
        places = zip(self.function.kinks, self.function.ramps, strict=True)
        return tuple(Jump(kink, factorial(order) * ramps[order]) for kink, ramps in places if order in ramps)

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Of the polynomial around the mean, and of ramps beyond."""
        return means(self.function, m, s)

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """Squares are piecewise polynomials."""

        @cache
        def of(order: int) -> Callable[[int], FloatArray]:
            slope = self.function.derivative(order)
            return means(slope.times(slope), m, s)

        return lambda k, n: of(k)(n)

    @property
    def beyond(self) -> PiecewisePolynomial | None:
        """The same without the ramps of lowest power; None where all pieces are of that degree at most."""
        above = self.function.derivative(self.max_order + 1)
        return WithoutJump(self.function.without(self.max_order), self.max_order) if above.table.any() else None

    def products(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Products are piecewise polynomials."""
        first, second = (self.function.derivative(self.max_order + more) for more in (0, 1))
        return means(first.times(second), m, s)

    def pairs(self, at: KinkedPairs) -> Letters:
        """As `mixed_pairs` of the function with itself."""
        return mixed_pairs(self.function, self.function, at)


class WithoutJump(PiecewisePolynomial):
    """What is left of a piecewise polynomial without the first of its derivatives that jumps; it may have no kink."""

    def __init__(self, function: Pieces, max_order: int) -> None:
        self.function, self.max_order, self.expression = function, max_order, _text(function)


def mixed_pairs(first: Pieces, second: Pieces, at: KinkedPairs) -> Letters:
    """``D_1^i D_2^j E[f^(a)(z_1) g^(b)(z_2)]`` of two piecewise polynomials; orders as in `RectifierMoments.pairs`."""
    places = _Places(first, second, at)
    one, other, shape = (
        places.one,
        places.other,
        np.broadcast_shapes(np.shape(at.angle), np.shape(at.p), np.shape(at.q)),
    )
    along = along_polar_frame(cache(lambda a, b: _with_polynomials(one, other, at.p * at.q * at.cosine, a, b)), at)
    kinks = list(product(enumerate(first.ramps), enumerate(second.ramps)))
    orders = product(range(min(first.smoothness, 1) + 1), range(min(second.smoothness, 1) + 1))
    cancels = [(a, b, 0, 0) for a, b in orders]

    def letter(a: int, b: int, i: int, j: int) -> FloatArray:
        total: Any = along(a, b, i, j)
        for (kink, ramps), (kink_2, others) in kinks:
            for (n, c), (n_2, d) in product(ramps.items(), others.items()):
                scale = c * derived(n, a) * power(at.p, n - a) * one.turned(kink, n + 1 + a + i)
                scale = scale * (d * derived(n_2, b) * power(at.q, n_2 - b) * other.turned(kink_2, n_2 + 1 + b + j))
                total = total + scale * places.units(kink, kink_2)(n - a, n_2 - b, i, j)
        found: FloatArray = np.broadcast_to(total, shape)
        if (a, b, i, j) in cancels and (wide := np.broadcast_to(are_wide(first, second, at.p, at.q), shape)).any():
            found = found.copy()
            found[wide] = _of_wide(first.derivative(a), second.derivative(b), at.in_a_row(wide))
        return found

    return cache(letter)


def _of_wide(first: Pieces, second: Pieces, at: KinkedPairs) -> FloatArray:
    """``K_00`` of arguments that vary far more than kinks are apart."""
    m1, m2 = (0.0 if m is None else m for m in (at.gaussian.m1, at.gaussian.m2))
    found = mixed_pairs(outer(first), outer(second), at)(0, 0, 0, 0)
    found = found + between(first, second, (m1, m2), at.p, at.q, at.cosine, at.sine)
    return found + between(second, outer(first), (m2, m1), at.q, at.p, at.cosine, at.sine)


def _with_polynomials(one: OneArgument, other: OneArgument, covariance: FloatArray, a: int, b: int) -> Any:
    """``K_ab`` less the moments of ramps with ramps."""
    total: Any = 0.0
    for k in range(max(one.function.degree - a, other.function.degree - b) + 1):
        factor = power(covariance, k) / factorial(k)
        if not _vanishes(left := one.of_polynomial(a + k)):
            total = total + factor * left * other.mean(b + k)
        if not _vanishes(right := other.of_polynomial(b + k)):
            total = total + factor * one.of_ramps(a + k) * right
    return total


class _Places:
    """Two functions at their arguments, and rectifiers at each two of their kinks."""

    def __init__(self, first: Pieces, second: Pieces, at: KinkedPairs) -> None:
        self.at, self.kinks = at, (first.kinks, second.kinks)
        here, there = first.kinks[0], second.kinks[0]
        self.is_centred = len(first.kinks) == len(second.kinks) == 1 and at.offsets(here, there)[0] is None
        h, k, _ = self._offsets(0.0, 0.0)
        self.one = OneArgument(first, at.p, h, [self._offsets(kink, there)[0] for kink in first.kinks])
        self.other = OneArgument(second, at.q, k, [self._offsets(here, kink)[1] for kink in second.kinks])
        self.units = cache(self._units)

    def _offsets(self, first: float, second: float) -> tuple[Any, Any, Any]:
        """Those of the pairs, in numbers unless all letters are those of zero means."""
        found = self.at.offsets(first, second)
        return (np.zeros(()),) * 3 if found[0] is None and not self.is_centred else found

    def _units(self, kink: int, kink_2: int) -> Letters:
        """Moments of rectifiers that rise away from the means: a reflected argument turns the sign of r."""
        at = self.at
        h, k, v = self._offsets(self.kinks[0][kink], self.kinks[1][kink_2])
        if h is None:
            return unit_pairs(None, None, at.angle, at.sine, at.cosine, None)
        left, right = self.one.signs[kink], self.other.signs[kink_2]
        sign = left * right
        angle = np.where(sign < 0, np.pi - at.angle, at.angle)
        return unit_pairs(left * h, right * k, angle, at.sine, sign * at.cosine, right * v)


def _vanishes(value: Any) -> bool:
    """Whether it is the number 0."""
    return not isinstance(value, np.ndarray) and bool(value == 0)


def _require(function: Pieces) -> None:
    """Refuse what is no piecewise polynomial with kinks, or has no generated moments."""
    kinks, pieces = function.kinks, function.polynomials
    if not kinks or not np.isfinite(kinks).all() or (np.diff(kinks) <= 0).any():
        raise ValueError(f"kinks: numbers in ascending order are required, at least one, got {kinks}")
    if len(pieces) != len(kinks) + 1 or not all(pieces):
        raise ValueError(f"pieces: coefficients of {len(kinks) + 1} polynomials are required, got {pieces}")
    if function.degree > HIGHEST or not all(np.isfinite(piece).all() for piece in pieces):
        raise ValueError(f"pieces: finite coefficients of degrees up to {HIGHEST} are required, got {pieces}")
    if not all(function.ramps):
        kink = kinks[function.ramps.index({})]
        raise ValueError(f"kinks: places where two pieces differ are required, those at {kink} are one polynomial")


def _degree(function: Pieces) -> int | None:
    """``n`` of ``a z_+^n + b (-z)_+^n``."""
    powers = {n for piece in function.polynomials for n, c in enumerate(piece) if c}
    return powers.pop() if function.kinks == (0.0,) and len(powers) == 1 else None


def _kernels(function: Pieces) -> Kernels:
    """Of ``a z_+ + b (-z)_+``."""
    left, right = ((*piece, 0.0)[1] for piece in function.polynomials)
    return kernels_of(right, -left)


def _text(function: Pieces) -> str:
    """In words of SymPy: ``Piecewise((-1, z <= -1), (z, z <= 1), (1, True))``."""
    conditions = [*(f"z <= {kink:.12g}" for kink in function.kinks), "True"]
    terms = (_polynomial(piece) for piece in function.polynomials)
    return f"Piecewise({', '.join(f'({term}, {where})' for term, where in zip(terms, conditions, strict=True))})"


def _polynomial(coefficients: Sequence[float]) -> str:
    """``0.5 + 0.25*z``."""
    powers = ["", "*z", *(f"*z**{n}" for n in range(2, len(coefficients)))]
    terms = [f"{c:.12g}{of}" for c, of in zip(coefficients, powers, strict=False) if c]
    return " + ".join(terms) or "0"
