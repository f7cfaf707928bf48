r"""Pairs of inputs of a wide network: variances of its neurons there, angles, frames, and letters of moments.

Inputs stand where weights do in losses: of the rows ``x~ = (x, sqrt(c/v))`` the standard deviations of ``z = w . x +
b`` are ``p = sqrt(v) |x~|``, and correlations are cosines. The frame of a smooth activation is ``(v x, v y)``, that of
a kinked one ``sqrt(v)`` times orthonormal vectors ``x~/|x~|, e``, on the coordinates of inputs. An input at which ``z``
is constant has no direction: it has the frame of the former, and letters ``sigma^(a)(0) d_m^(b+j) E sigma(z_2)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property, partial
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..activations.arguments import place_along
from ..activations.definition import Definition, GaussianPairs, Kinked, KinkedPairs, Letters, Smooth
from ..activations.mixed_moments import mixed_letters
from ..pairs.angles import PARALLEL, angle_and_direction
from ..pairs.geometry import NEAR
from .prior import Prior

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

FAR_COSINE = sqrt(1 - NEAR**2)


@dataclass(frozen=True, eq=False)
class NearInputs:
    """Nearly parallel pairs of a block, at ``(i, j)``: sines, and the second vector of the frame on inputs (P, d).

    ``y~ = sign (1 + stretch) x~ + r`` with r orthogonal to ``x~``; the stretch is formed of a difference of inputs.
    """

    i: IntArray
    j: IntArray
    sine: FloatArray
    second: FloatArray
    sign: FloatArray
    stretch: FloatArray


@dataclass(frozen=True, eq=False)
class Points:
    """Inputs x (n, d), their rows ``x~`` (n, d or d + 1) and units along them, deviations ``sqrt(v) |x~|`` (n,)."""

    x: FloatArray
    rows: FloatArray
    units: FloatArray
    deviations: FloatArray

    @classmethod
    def of(cls, prior: Prior, x: FloatArray) -> Points:
        """Of inputs; one at which neurons are constant has no direction."""
        rows = prior.rows(x)
        lengths = np.sqrt((rows * rows).sum(axis=1))
        units = rows / np.where(lengths > 0, lengths, 1.0)[:, None]
        return cls(x, rows, units, sqrt(prior.weight_variance) * lengths)

    def part(self, of: slice) -> Points:
        """Some of them."""
        return Points(self.x[of], self.rows[of], self.units[of], self.deviations[of])


@dataclass(frozen=True, eq=False)
class InputPairs:
    """All pairs of inputs x (n, d) and y (m, d)."""

    prior: Prior
    x: FloatArray
    y: FloatArray
    p: FloatArray  # (n, 1)
    q: FloatArray  # (m,)
    cosine: FloatArray
    angle: FloatArray
    sine: FloatArray
    near: NearInputs

    @classmethod
    def of(cls, prior: Prior, first: Points, second: Points, products: FloatArray) -> InputPairs:
        """The geometry of inputs, from the inner products of their units (n, m)."""
        i, j = np.nonzero(np.abs(products) > FAR_COSINE)
        one, two, sign = first.rows[i], second.rows[j], np.sign(products[i, j])
        near_angle, near_sine, e = angle_and_direction(one, two)
        stretch = np.einsum("nd,nd->n", sign[:, None] * two - one, one) / np.einsum("nd,nd->n", one, one)
        cosine = products.copy()
        cosine[i, j] = np.cos(near_angle)
        angle, sine = np.arccos(cosine), np.sqrt((1 - cosine) * (1 + cosine))
        angle[i, j], sine[i, j] = near_angle, near_sine
        second_vector = sqrt(prior.weight_variance) * e[:, : first.x.shape[1]]
        near = NearInputs(i, j, near_sine, second_vector, sign, stretch)
        return cls(prior, first.x, second.x, first.deviations[:, None], second.deviations, cosine, angle, sine, near)

    @cached_property
    def zero(self) -> tuple[IntArray, IntArray]:
        """Inputs x, and y, at which neurons are constant."""
        return np.flatnonzero(self.p == 0), np.flatnonzero(self.q == 0)

    @cached_property
    def product(self) -> FloatArray:
        """``rho``."""
        product: FloatArray = self.p * self.q * self.cosine
        return product

    @cached_property
    def varying(self) -> tuple[FloatArray, FloatArray]:
        """``p`` and ``q``, 1 where they are 0."""
        return np.where(self.p == 0, 1.0, self.p), np.where(self.q == 0, 1.0, self.q)

    def letters(self, first: Definition, second: Definition) -> Letters:
        """``K(a, b, i, j)`` of an activation at x and of one at y, of the kind of the prior's."""
        p, q = self.varying
        found = cache(letters_at(first, second, p, q, self.angle, self.sine, self.cosine, self.near))
        if not any(map(len, self.zero)):
            return found
        x0, y0 = self.zero
        of_x, of_y = cache(first.means(None, np.ravel(p**2))), cache(second.means(None, np.ravel(q**2)))
        one, two = (cache(partial(_at_zero, definition)) for definition in (first, second))

        @cache
        def letter(a: int, b: int, i: int, j: int) -> FloatArray:
            value = np.array(np.broadcast_to(found(a, b, i, j), self.cosine.shape))
            value[x0] = one(a) * of_y(b + j) if i == 0 else 0.0
            value[:, y0] = (two(b) * of_x(a + i))[:, None] if j == 0 else 0.0
            value[np.ix_(x0, y0)] = one(a) * two(b) if i == j == 0 else 0.0
            return value

        return letter

    @cached_property
    def frame(self) -> tuple[Any, Any, Any]:
        """``f_1 = t_11 x``, ``f_2 = t_21 x + t_22 y``, ``t_21`` None if it is 0; of near pairs of a kinked one 0."""
        v = self.prior.weight_variance
        if isinstance(self.prior.definition, Smooth):
            return v, None, v
        (p, q), at = self.varying, (self.near.i, self.near.j)
        sine = self.sine.copy()
        sine[at] = np.inf
        along, across, on_second = v / p, -v * self.cosine / (p * sine), v / (q * sine)
        x0, y0 = self.zero
        if len(x0) or len(y0):
            along = np.array(np.broadcast_to(along, sine.shape))
            across[x0], across[:, y0], along[:, y0], on_second[x0] = 0.0, 0.0, v, v
        return along, across, on_second

    @property
    def explicit(self) -> NearInputs | None:
        """Near pairs whose second vector is not made of the inputs."""
        return self.near if isinstance(self.prior.definition, Kinked) and len(self.near.i) else None

    def meeting(self, places: tuple[float, ...]) -> list[tuple[int, int]]:
        """Pairs at which two kinks, of those places, are one hyperplane of the weights."""
        near, (p, q) = self.near, self.varying
        at = near.sine <= PARALLEL
        i, j = near.i[at], near.j[at]
        sign = np.sign(self.cosine[i, j])
        meet = np.zeros(len(i), dtype=bool)
        for first in places:
            for second in places:
                h, k = sign * first / p[i, 0], second / q[j]
                meet |= np.abs(h - k) <= PARALLEL * (np.abs(h) + np.abs(k))
        return [(int(one), int(two)) for one, two in zip(i[meet], j[meet], strict=True)]


def _at_zero(definition: Definition, order: int) -> float:
    """``sigma^(order)(0)``."""
    return float(definition.derivative(np.zeros(1), order)[0])


def letters_at(
    first: Definition,
    second: Definition,
    p: Any,
    q: Any,
    angle: Any,
    sine: Any,
    cosine: Any,
    near: NearInputs | None = None,
) -> Letters:
    """Letters of neurons with means zero, of standard deviations and an angle, in the frame of the activation."""
    if isinstance(first, Smooth):
        g = (p * q * sine) ** 2
        moments = first.pairs(GaussianPairs(None, None, p**2, p * q * cosine, q**2, g))
        return lambda a, b, i, j: moments(a + i, b + j)

    def offsets(first: float, second: float) -> Any:
        if first == second == 0:
            return None, None, None
        h, k, sign = -first / p, -second / q, np.where(cosine < 0, -1.0, 1.0)
        v = place_along(k - sign * h, h, sine, cosine)
        if near is not None and len(near.i):
            lag = near.sign * first * near.stretch + (near.sign * first - second)  # of q sin v
            with np.errstate(divide="ignore", invalid="ignore"):
                v[near.i, near.j] = np.where(lag == 0, 0.0, lag / (q[near.j] * near.sine))
        return h, k, v

    return mixed_letters(first, second, KinkedPairs(p, q, angle, sine, cosine, offsets))
