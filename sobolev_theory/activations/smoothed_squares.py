r"""Squares of sums of smoothed rectifiers, ``E[sigma^(k)(z)^2]`` of ``z ~ N(m, s)``, and their derivatives in the mean.

Products of ``D_j`` and ``D_k`` of two widths, by Leibniz' rule on ``D_1`` times a tilted normal law; derivations in
``derivations/smoothed_rectifiers.py``.
"""

from __future__ import annotations

from functools import cached_property
from math import comb, factorial

import numpy as np
from numpy.typing import NDArray

from .._kernels import smoothed_rectifiers as forms
from .smoothed_layers import Chain, Layers, chain, means_of_polynomial

FloatArray = NDArray[np.float64]


class Squares:
    """Of the derivative of an order, a polynomial ``q`` and terms ``c D_j``; it must have no ramp."""

    def __init__(self, layers: Layers, order: int, m: FloatArray, s: FloatArray) -> None:
        self.layers, self.m, self.s = layers, m, s
        self.terms = layers.expansion(order).terms
        self.q = layers.polynomial.deriv(order)
        self.first = chain(m, s + layers.column(m, s) ** 2)

    def derivative(self, n: int) -> FloatArray:
        """``d_m^n``; n > 0 where ``D_0`` is among the terms."""
        total = means_of_polynomial(self.q**2, self.m, self.s)(n)
        for j, row in self.terms.items():
            if np.any(self.q.coef):
                total = total + 2 * np.tensordot(row, self._with_polynomial(j, n), 1)
            for k, other in self.terms.items():
                total = total + self._product(j, k, row, other, n)
        return total

    def _with_polynomial(self, j: int, n: int) -> FloatArray:
        """``d_m^n E[q D_j]``: ``sum_i s^i/i! (E q^(i)) (E D_(j+i))``."""
        means = means_of_polynomial(self.q, self.m, self.s)
        total = np.zeros(())
        for i in range(self.q.degree() + 1):
            for e in range(n + 1):
                factor = comb(n, e) / factorial(i) * self.s**i
                total = total + factor * means(i + e) * self.first(j + i + n - e)
        return total

    def _product(self, j: int, k: int, row: FloatArray, other: FloatArray, n: int) -> FloatArray:
        """``d_m^n sum_lk row_l other_k E[D_j D_k]``."""
        if j < k:
            return self._product(k, j, other, row, n)
        if j == 0:  # d_m of the product
            return self._product(1, 0, row, other, n - 1) + self._product(1, 0, other, row, n - 1)
        second, in_mean, in_shift = self._tilted
        total = np.zeros(np.broadcast_shapes(np.shape(self.m), np.shape(self.s)))
        for i in range(j):
            for e in range(n + 1):
                factor = comb(j - 1, i) * comb(n, e) * in_shift**i * in_mean ** (n - e)
                inner = np.tensordot(other, second(k + i + n - e), 1)
                total += np.tensordot(row, factor * self.first(j - i + e) * inner, 1)
        return total

    @cached_property
    def _tilted(self) -> tuple[Chain, FloatArray, FloatArray]:
        """``E D_n`` of all widths under the laws that the widths tilt, (L, L, ...), and the slopes of their means."""
        widths = self.layers.column(self.m, self.s)
        mean, variance, in_mean, in_shift = forms.tilted(np, self.m, self.s, widths**2)
        return chain(mean, variance + widths[:, None] ** 2), in_mean, in_shift
