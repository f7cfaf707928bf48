r"""Moments ``E[f_1(z_1) f_2(z_2)]`` of sums of smoothed rectifiers, a sum over all pairs of their widths.

A pair of ``D_a`` and ``D_b`` is a moment of the error function (`ErfMoments`) in units of the widths: variances grow by
the squares of the widths, and the covariance stays. Products with ``z`` follow by Stein's rule.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from ..._kernels import erf
from ..._kernels import smoothed_rectifiers as forms
from ..._runtime.sizes import slices
from .error_function import ErfMoments
from .layers import Arguments, Layers, over_widths

FloatArray = NDArray[np.float64]

CHUNK = 2**17
"""Pairs of widths, times pairs of arguments, at a time."""


def direct_sum(layers: Layers, a: int, b: int, at: Arguments) -> FloatArray:
    """``K_ab`` without the polynomials, of arguments in one dimension."""
    count, step = len(at.rho), max(1, CHUNK // len(layers.widths) ** 2)
    parts = (_Chunk(layers, at.taken(part)).moment(a, b) for part in slices(count, step))
    return np.concatenate([np.zeros(0), *parts])


class _Chunk:
    """Some of the pairs; moments of the shape (L, L, pairs)."""

    def __init__(self, layers: Layers, at: Arguments) -> None:
        self.layers, self.at = layers, at
        self.widths = layers.widths[:, None, None], layers.widths[:, None]
        self.units = forms.units(np, *at, *self.widths)
        self.centred = not (np.any(at.m1) or np.any(at.m2))
        self.of = cache(self._of)

    def _of(self, a: int, b: int) -> FloatArray:
        """``P_ab``; centred ones, as far as there are, by forms without exponentials."""
        alone = self.centred and (max(a, b), min(a, b)) in erf.MOMENTS
        letter = ErfMoments().pairs(None, None, *self.units[2:]) if alone else self._letter
        moment: FloatArray = forms.of_erf(np, a, b, *self.widths) * letter(a, b, 0, 0)
        return moment

    @cached_property
    def _letter(self) -> Callable[[int, int, int, int], FloatArray]:
        return ErfMoments().pairs(*self.units)

    def moment(self, a: int, b: int) -> FloatArray:
        """``K_ab``."""
        (ramp, terms), (other_ramp, other_terms) = self.layers.expansion(a), self.layers.expansion(b)
        m1, m2, s, rho, t, _ = self.at
        total = np.zeros(len(rho))
        for j, row in terms.items():
            for k, other in other_terms.items():
                total += _summed(row, self.of(j, k), other)
            if other_ramp is not None:
                with_ramp = forms.with_ramp(np, m2, t, rho, self.of(j, 0), self.of(j, 1), self.of(j + 1, 0))
                total += _summed(row, with_ramp, other_ramp)
        if ramp is None:
            return total
        for k, other in other_terms.items():
            with_ramp = forms.with_ramp(np, m1, s, rho, self.of(0, k), self.of(1, k), self.of(0, k + 1))
            total += _summed(ramp, with_ramp, other)
        if other_ramp is not None:
            squares = (width**2 for width in self.widths)
            moments = (self.of(j, k) for j, k in ((0, 0), (1, 0), (0, 1), (1, 1)))
            total += _summed(ramp, forms.ramps(np, *self.at, *squares, *moments), other_ramp)
        return total


def _summed(row: FloatArray, moments: FloatArray, other: FloatArray) -> FloatArray:
    """``sum_lk row_l other_k moments_lk``."""
    summed: FloatArray = over_widths(other, over_widths(row, moments))
    return summed
