"""Nearly parallel pairs of rows: angles and frames to full relative accuracy, however near they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..forms import Form
from ..parameters import Origin
from .angles import FLOOR, PARALLEL, angle_and_direction, components, exact_residual

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

NOBODY = np.zeros(0, dtype=np.intp)


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs with an explicit second frame vector: rows ``i``, columns ``j``, vectors ``e`` (P, d), angles, sines.

    At a sine up to ``parallel`` rows of doubles tell no plane: 0 where their difference is known.
    """

    i: IntArray
    j: IntArray
    e: FloatArray
    angle: FloatArray
    sine: FloatArray
    parallel: FloatArray

    def named(self, numbers: IntArray) -> list[tuple[int, int]]:
        """Rows and columns of some of them."""
        return [(int(i), int(j)) for i, j in zip(self.i[numbers], self.j[numbers], strict=True)]

    @classmethod
    @cache
    def none(cls, dim: int) -> NearPairs:
        """No pairs."""
        return cls(NOBODY, NOBODY, np.zeros((0, dim)), *(np.zeros(0) for _ in range(3)))

    @classmethod
    def of(cls, rows: FloatArray, i: IntArray, j: IntArray, origin: Origin | None) -> NearPairs:
        """Pairs of rows, to full relative accuracy."""
        dim = rows.shape[1]
        e, (angle, sine) = np.empty((len(i), dim), dtype=rows.dtype), np.empty((2, len(i)), dtype=rows.dtype)
        parallel = np.full(len(i), PARALLEL)
        step = max(1, 2**20 // dim)
        for part in (slice(k, k + step) for k in range(0, len(i), step)):
            second, offset = rows[j[part]], np.zeros(len(i[part]))
            if origin is not None:
                at, difference = origin.differences(i[part], j[part])
                second[at], offset[at] = difference, 1.0
                parallel[part][at] = 0.0
            angle[part], sine[part], e[part] = angle_and_direction(rows[i[part]], second, offset)
        for array in (i, j, e, angle, sine, parallel):
            array.setflags(write=False)
        return cls(i, j, e, angle, sine, parallel)


@dataclass(frozen=True, eq=False)
class NearKinks(NearPairs):
    r"""Nearly parallel pairs of neurons ``(w, b)`` in the form of a covariance.

    With ``(w_j, b_j) = a (w_i, b_i) + (r, r_b)``, ``r`` orthogonal to ``w_i`` in the form, ``e = Sigma r/|r|`` is the
    second vector of the frame, and ``v = (r . mu + r_b)/|r|`` says where along it the kinks meet: two quantities that
    are linear in the difference of the neurons, formed without rounding of their products. ``lag``, which is ``sin v``,
    is what ``h_j`` is beyond ``cos h_i``: means that cancel, each with a rounding of its own, do not tell it.
    """

    v: FloatArray
    lag: FloatArray

    @classmethod
    def of_neurons(cls, neurons: FloatArray, i: IntArray, j: IntArray, mean: FloatArray, covariance: Form) -> NearKinks:
        """Of augmented rows ``(w, b)``, (N, d + 1)."""
        e = np.empty((len(i), len(mean)))
        angle, sine, v, lag = np.empty((4, len(i)))
        step = max(1, 2**20 // len(mean))
        for part in (slice(k, k + step) for k in range(0, len(i), step)):
            found = kinks(neurons[i[part]], neurons[j[part]], mean, covariance)
            angle[part], sine[part], v[part], lag[part], e[part], _ = found
        return cls(i, j, e, angle, sine, np.full(len(i), PARALLEL), v, lag)


def kinks(
    first: FloatArray, second: FloatArray, mean: FloatArray, covariance: Form
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]:
    """Angles, their sines, ``v, lag, e`` of rows ``(w, b)``, and which of them are multiples of one another.

    Of those all but the angles are 0; of parallel weights with other offsets ``v`` is infinite.
    """
    image = np.pad(covariance.apply(first[:, :-1]), ((0, 0), (0, 1)))
    factor, residual = components(first, second, image)
    length, height = (_length(rows, covariance) for rows in (first, residual))
    lost = height <= FLOOR * np.abs(factor) * length
    lost[lost] = residual[lost].any(axis=1)
    if lost.any():
        residual[lost] = exact_residual(first[lost], second[lost], image[lost])
        height[lost] = _length(residual[lost], covariance)
    along = factor * length
    offset = residual[:, :-1] @ mean + residual[:, -1]
    apart = np.where(height > 0, height, np.inf)
    v = np.where(height > 0, offset / apart, np.copysign(np.where(offset == 0, 0.0, np.inf), offset))
    e = covariance.apply(residual[:, :-1]) / apart[:, None]
    norms = np.hypot(height, along)
    return np.arctan2(height, along), height / norms, v, offset / norms, e, (height == 0) & (offset == 0)


def _length(neurons: FloatArray, covariance: Form) -> FloatArray:
    """Norms of the weights of rows ``(w, b)`` in a form."""
    roots = covariance.root(neurons[:, :-1])
    norms: FloatArray = np.sqrt((roots * roots).sum(axis=1))
    return norms
