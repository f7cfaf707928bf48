r"""Derivatives in m of ``E[f(z) g(z)]``, ``z ~ N(m, s)``, of derivatives f and g of a sum of smoothed rectifiers.

Products of ``D_j`` and ``D_k`` of two widths, by Leibniz' rule on ``D_1`` times a tilted normal law; derivations in
``derivations/smoothed_rectifiers.py``.
"""

from __future__ import annotations

from functools import cached_property
from math import comb, factorial

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from ..._kernels import smoothed_rectifiers as forms
from .layers import Chain, Layers, chain, means_of_polynomial, over_widths

FloatArray = NDArray[np.float64]
Z = Polynomial([0.0, 1.0])


class Products:
    """At one argument, arrays of means and variances."""

    def __init__(self, layers: Layers, m: FloatArray, s: FloatArray) -> None:
        self.layers, self.m, self.s = layers, m, s
        self.first = chain(m, s + layers.column(m, s) ** 2)

    def derivative(self, a: int, b: int, n: int) -> FloatArray:
        """``d_m^n E[sigma^(a)(z) sigma^(b)(z)]``.

        The derivative of order b has no ramp, and no ``D_0`` where that of order a has a ramp, or has one and n is 0.
        """
        (ramp, terms), (_, other_terms) = self.layers.expansion(a), self.layers.expansion(b)
        q, other_q = self.layers.polynomial.deriv(a), self.layers.polynomial.deriv(b)
        total: FloatArray = means_of_polynomial(q * other_q, self.m, self.s)(n)
        total = total + self._with_polynomial(other_q, terms, n) + self._with_polynomial(q, other_terms, n)
        for k, other in other_terms.items():
            for j, row in terms.items():
                total = total + self._product(j, k, row, other, n)
            if ramp is not None:  # z D_0 D_k
                above, below = (forms.times_z(np, k, self.layers.widths**2, *unit) for unit in ((1.0, 0.0), (0.0, 1.0)))
                total = total + self._product(0, k + 1, ramp, above * other, n)
                total = total + (self._product(0, k - 1, ramp, below * other, n) if k > 1 else 0.0)
        return total if ramp is None else total + self._with_polynomial(Z * other_q, {0: ramp}, n)

    def _with_polynomial(self, q: Polynomial, terms: dict[int, FloatArray], n: int) -> FloatArray:
        """``d_m^n E[q sum D_j]``: ``sum_i s^i/i! (E q^(i)) (E D_(j+i))``."""
        means = means_of_polynomial(q, self.m, self.s)
        total = np.zeros(np.broadcast_shapes(np.shape(self.m), np.shape(self.s)))
        if not np.any(q.coef):
            return total
        for j, row in terms.items():
            for i in range(q.degree() + 1):
                for e in range(n + 1):
                    factor = comb(n, e) / factorial(i) * self.s**i * means(i + e)
                    total = total + factor * over_widths(row, self.first(j + i + n - e))
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
                inner = over_widths(other, second(k + i + n - e))
                total += over_widths(row, factor * self.first(j - i + e) * inner)
        return total

    @cached_property
    def _tilted(self) -> tuple[Chain, FloatArray, FloatArray]:
        """``E D_n`` of all widths under the laws that the widths tilt, (L, L, ...), and the slopes of their means."""
        widths = self.layers.column(self.m, self.s)
        mean, variance, in_mean, in_shift = forms.tilted(np, self.m, self.s, widths**2)
        return chain(mean, variance + widths[:, None] ** 2), in_mean, in_shift
