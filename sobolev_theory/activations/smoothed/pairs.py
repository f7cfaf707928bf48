r"""Moments ``E[f_1(z_1) f_2(z_2)]`` of sums of smoothed rectifiers, a sum over all pairs of their widths.

A pair of ``D_a`` and ``D_b`` is a moment of the error function (`ErfMoments`) in units of the widths: variances grow by
the squares of the widths, and the covariance stays. Products with ``z`` follow by Stein's rule.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._kernels import smoothed_rectifiers as forms
from ..._runtime.sizes import slices
from ..definition import Moments
from .error_function import ErfMoments
from .layers import Arguments, Layers

FloatArray = NDArray[np.float64]

CHUNK = 2**17
"""Pairs of widths, times pairs of arguments, at a time."""


def direct_sum(layers: Layers, a: int, b: int, at: Arguments) -> FloatArray:
    """``K_ab`` without the polynomials, of arguments in one dimension."""
    count, step = len(at.rho), max(1, CHUNK // len(layers.widths) ** 2)
    parts = (PairsOfWidths(np, layers, at.taken(part), _letters).moment(a, b) for part in slices(count, step))
    return np.concatenate([np.zeros(0), *parts])


def _letters(*units: FloatArray) -> Moments:
    """Moments of the error function."""
    m1, m2, *covariances = units
    means = (m1, m2) if np.any(m1) or np.any(m2) else (None, None)
    letter = ErfMoments().pairs(*means, *covariances)
    return lambda a, b: letter(a, b, 0, 0)


class PairsOfWidths:
    """Pairs of widths at some pairs of arguments, in arrays of any namespace.

    Parameters
    ----------
    layers
        The widths and their weights.
    at
        Arrays (...); ``rho`` has the shape of all.
    letters
        Moments of the error function from means and covariances (L, L, ...).
    place
        Makes an array of the namespace of one of NumPy.
    """

    def __init__(
        self,
        xp: Any,
        layers: Layers,
        at: Arguments,
        letters: Callable[..., Moments],
        place: Callable[[FloatArray], Any] = np.asarray,
    ) -> None:
        self.xp, self.layers, self.at, self.place = xp, layers, at, place
        widths, ones = place(layers.widths), [1] * at.rho.ndim
        self.widths = xp.reshape(widths, (-1, 1, *ones)), xp.reshape(widths, (-1, *ones))
        self.letter = letters(*forms.units(xp, *at, *self.widths))
        self.of = cache(lambda a, b: forms.of_erf(xp, a, b, *self.widths) * self.letter(a, b))

    def moment(self, a: int, b: int) -> Any:
        """``K_ab``."""
        xp, (ramp, terms), (other_ramp, other_terms) = self.xp, self.layers.expansion(a), self.layers.expansion(b)
        m1, m2, s, rho, t, _ = self.at
        total = xp.zeros_like(rho)
        for j, row in terms.items():
            for k, other in other_terms.items():
                total = total + self._summed(row, self.of(j, k), other)
            if other_ramp is not None:
                with_ramp = forms.with_ramp(xp, m2, t, rho, self.of(j, 0), self.of(j, 1), self.of(j + 1, 0))
                total = total + self._summed(row, with_ramp, other_ramp)
        if ramp is None:
            return total
        for k, other in other_terms.items():
            with_ramp = forms.with_ramp(xp, m1, s, rho, self.of(0, k), self.of(1, k), self.of(0, k + 1))
            total = total + self._summed(ramp, with_ramp, other)
        if other_ramp is not None:
            squares = (width**2 for width in self.widths)
            moments = (self.of(j, k) for j, k in ((0, 0), (1, 0), (0, 1), (1, 1)))
            total = total + self._summed(ramp, forms.ramps(xp, *self.at, *squares, *moments), other_ramp)
        return total

    def _summed(self, row: FloatArray, moments: Any, other: FloatArray) -> Any:
        """``sum_lk row_l other_k moments_lk``."""
        xp, (count, *shape) = self.xp, moments.shape[1:]
        by_second = self.place(row) @ xp.reshape(moments, (count, -1))
        return xp.reshape(self.place(other) @ xp.reshape(by_second, (count, -1)), tuple(shape))
