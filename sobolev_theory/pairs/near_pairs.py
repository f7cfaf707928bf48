"""Nearly parallel pairs of rows: angles and frames to full relative accuracy, however near they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .._error_free import two_sum
from .._runtime.sizes import slices
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
        for part in slices(len(i), step):
            second, offset = rows[j[part]], np.zeros(len(i[part]))
            if origin is not None:
                at, difference = origin.differences(i[part], j[part])
                second[at], offset[at] = difference, 1.0
                parallel[part][at] = 0.0
            angle[part], sine[part], e[part] = angle_and_direction(rows[i[part]], second, offset)
        for array in (i, j, e, angle, sine, parallel):
            array.setflags(write=False)
        return cls(i, j, e, angle, sine, parallel)


Meeting = tuple[FloatArray, FloatArray]
"""``v`` and ``lag`` of pairs of kinks."""


@dataclass(frozen=True, eq=False)
class NearKinks(NearPairs):
    r"""Nearly parallel pairs of neurons ``(w, b)`` in the form of a covariance, and where their kinks meet.

    With ``(w_j, b_j) = a (w_i, b_i) + (r, r_b)``, ``r`` orthogonal to ``w_i`` in the form, ``e = Sigma r/|r|`` is the
    second vector of the frame, and ``v = (r . mu + r_b)/|r|`` says where along it the kinks meet: two quantities that
    are linear in the difference of the neurons, formed without rounding of their products. ``lag``, which is ``sin v``,
    is what ``h_j`` is beyond ``cos h_i``: means that cancel, each with a rounding of its own, do not tell it. Kinks at
    other places are those of ``(w, b - kappa)``.
    """

    neurons: FloatArray  # augmented rows (w, b), (N, d + 1)
    mean: FloatArray
    covariance: Form
    meetings: dict[tuple[float, float], Meeting]  # those found already, by the places of the two kinks

    @classmethod
    def of_neurons(cls, neurons: FloatArray, i: IntArray, j: IntArray, mean: FloatArray, covariance: Form) -> NearKinks:
        """Of augmented rows."""
        angle, sine, v, lag, e = _in_steps(neurons, i, j, (0.0, 0.0), mean, covariance)
        known = {(0.0, 0.0): (v, lag)}
        return cls(i, j, e, angle, sine, np.full(len(i), PARALLEL), neurons, mean, covariance, known)

    def meeting(self, first: float, second: float) -> Meeting:
        """Of kinks at ``z_i = first`` and ``z_j = second``."""
        places = first, second
        if places not in self.meetings:
            found = _in_steps(self.neurons, self.i, self.j, places, self.mean, self.covariance)
            self.meetings[places] = found[2:4]
        return self.meetings[places]


def _in_steps(
    neurons: FloatArray, i: IntArray, j: IntArray, places: tuple[float, float], mean: FloatArray, covariance: Form
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Angles, sines, ``v, lag, e`` of `kinks` at places, of few pairs at a time."""
    e = np.empty((len(i), len(mean)))
    angle, sine, v, lag = np.empty((4, len(i)))
    step = max(1, 2**20 // len(mean))
    for part in slices(len(i), step):
        first, second = (_with_kink(neurons[of[part]], at) for of, at in zip((i, j), places, strict=True))
        angle[part], sine[part], v[part], lag[part], e[part], _ = kinks(first, second, mean, covariance)
    return angle, sine, v, lag, e


def _with_kink(neurons: FloatArray, place: float) -> FloatArray:
    """Rows ``(w, b - kappa)``, of which the rounding of the offset is one more column."""
    return np.column_stack([neurons[:, :-1], *two_sum(neurons[:, -1], -place)])


def kinks(
    first: FloatArray, second: FloatArray, mean: FloatArray, covariance: Form
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]:
    """Angles, their sines, ``v, lag, e`` of rows ``(w, b)``, and which of them are multiples of one another.

    Of those all but the angles are 0; of parallel weights with other offsets ``v`` is infinite. Offsets may come in
    several columns, whose sum they are, so that none is rounded: ``(w, b, -kappa)``.
    """
    dim = len(mean)
    image = np.pad(covariance.apply(first[:, :dim]), ((0, 0), (0, first.shape[1] - dim)))
    factor, residual = components(first, second, image)
    length, height = (_length(rows[:, :dim], covariance) for rows in (first, residual))
    lost = height <= FLOOR * np.abs(factor) * length
    lost[lost] = residual[lost].any(axis=1)
    if lost.any():
        residual[lost] = exact_residual(first[lost], second[lost], image[lost])
        height[lost] = _length(residual[lost, :dim], covariance)
    along = factor * length
    offset = residual[:, :dim] @ mean + residual[:, dim:].sum(axis=1)
    apart = np.where(height > 0, height, np.inf)
    v = np.where(height > 0, offset / apart, np.copysign(np.where(offset == 0, 0.0, np.inf), offset))
    e = covariance.apply(residual[:, :dim]) / apart[:, None]
    norms = np.hypot(height, along)
    return np.arctan2(height, along), height / norms, v, offset / norms, e, (height == 0) & (offset == 0)


def _length(weights: FloatArray, covariance: Form) -> FloatArray:
    """Norms of weights in a form."""
    roots = covariance.root(weights)
    norms: FloatArray = np.sqrt((roots * roots).sum(axis=1))
    return norms
