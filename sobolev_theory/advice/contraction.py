r"""How many steps gradient descent takes on a norm's loss, to first order at a minimum, from random displacements.

From ``x`` the error after ``t`` steps is ``(I - s G)^t x``, with ``G`` the curvature of the norm. Whatever the norm,
errors are judged by the L2 loss ``1/2 x' G_0 x``. Over displacements of independent Gaussian entries of one size its
mean is, of its start, for a symmetric ``G`` with eigenvalues ``l_i`` and eigenvectors ``q_i``,

.. math:: \frac{\sum_i w_i (1 - s\, l_i)^{2 t}}{\sum_i w_i}, \qquad w_i = q_i^\top G_0\, q_i,

so that slow directions count as much as they are errors. Of ``G = Y diag(l) Y^-1`` that is not symmetric it is
``v* (Y* G_0 Y . (Y^-1 Y^-*)') v`` with ``v_i = (1 - s l_i)^t``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from ..curvature.spectrum import rounding_of
from ..norms import Norm
from .orders import Orders

FloatArray = NDArray[np.float64]
AnyArray = NDArray[Any]

L2 = Norm.parse("L2")

APART = 1e-12
"""Part of the largest entry by which a matrix that is not symmetric is moved, so that it has eigenvectors.

Eigenvalues that coincide part by its root; powers change by it, times as many as there are.
"""

SINGULAR = 1e-10
"""Part of the largest eigenvalue up to which the smallest is 0: beyond, fewer than three digits are left of it."""

ENDLESS = 1e12
"""Steps that nobody takes."""

LEAP = 1.5
"""Logarithm of the factor by which a number of steps is raised until it is enough."""

CLOSE = 1e-4
"""Relative accuracy of a number of steps."""

LONGEST = np.linspace(-5.0, 0.2, 6)
"""Decimal logarithms of ``2 - s L`` that are tried; between those around the best the step is minimised."""


@dataclass(frozen=True)
class Contraction:
    """Gradient descent on the loss of a norm: of each part eigenvalues, what errors along them count, and how often."""

    parts: tuple[tuple[AnyArray, AnyArray, int], ...]

    @classmethod
    def of(cls, orders: Orders, norm: Norm) -> Contraction:
        """Of the curvature of a norm; errors are judged by the L2 loss."""
        both = zip(orders.matrices(norm), orders.matrices(L2), strict=True)
        of = _symmetric if orders.symmetric else _general
        return cls(tuple((*of(matrix, judge), count) for (matrix, count), (judge, _) in both))

    @property
    def ends(self) -> tuple[float, float]:
        """Smallest and largest eigenvalue, real parts; one of which fewer than three digits are left is 0."""
        values = np.concatenate([values for values, _, _ in self.parts])
        low, high = float(values.real.min()), float(values.real.max())
        return (0.0 if abs(low) <= SINGULAR * high else low), high

    def left(self, step: float, time: float) -> float:
        """Mean of the L2 loss after so many steps, of its start."""
        total, start = 0.0, 0.0
        for values, counts, times in self.parts:
            start += times * float(counts.sum().real)
            with np.errstate(divide="ignore", under="ignore", over="ignore"):
                if counts.ndim == 1:
                    total += times * float(counts @ np.exp(2 * time * np.log(np.abs(1 - step * values))))
                else:
                    powers = (1 - step * values + 0j) ** time
                    total += times * float((powers.conj() @ (counts @ powers)).real)
        return total / start

    def time(self, step: float, accuracy: float) -> float:
        """Steps until the mean of the L2 loss is at a part of its start; infinite where that is beyond any number."""

        def excess(logarithm: float) -> float:
            return float(np.log(max(self.left(step, np.exp(logarithm)), np.finfo(np.float64).tiny) / accuracy))

        low, high = -LEAP, 0.0
        while excess(high) > 0:
            low, high = high, high + LEAP
            if high > np.log(ENDLESS):
                return np.inf
        if not excess(low) > 0:  # less than a step: no matter
            return float(np.exp(low))
        return float(np.exp(scipy.optimize.brentq(excess, low, high, xtol=CLOSE)))

    def tuned(self, accuracy: float) -> float:
        """The same with the step that needs fewest; infinite if errors do not decay."""
        low, high = self.ends
        if not 0 <= low <= high or not high > 0:
            return np.inf

        def logarithm(short: float) -> float:
            return float(np.log(self.time((2 - 10**short) / high, accuracy)))

        found = [logarithm(short) for short in LONGEST]
        best = int(np.argmin(found))
        if found[best] == np.inf:
            return np.inf
        bounds = float(LONGEST[max(best - 1, 0)]), float(LONGEST[min(best + 1, len(LONGEST) - 1)])
        finer = scipy.optimize.minimize_scalar(logarithm, bounds=bounds, method="bounded", options={"xatol": 3e-2})
        return float(np.exp(min(finer.fun, found[best])))


def _symmetric(matrix: FloatArray, judge: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues, and ``w``."""
    values, vectors = np.linalg.eigh(matrix)
    counts = np.einsum("ij,ij->j", vectors, judge @ vectors)
    return np.where(np.abs(values) <= rounding_of(values), 0.0, values), np.maximum(counts, 0.0)


def _general(matrix: FloatArray, judge: FloatArray) -> tuple[AnyArray, AnyArray]:
    """Eigenvalues, and the form of ``v``."""
    apart = APART * float(np.abs(matrix).max()) * np.random.default_rng(0).standard_normal(matrix.shape)
    values, vectors = np.linalg.eig(matrix + apart)
    back = np.linalg.inv(vectors)
    return values, (vectors.conj().T @ judge @ vectors) * (back @ back.conj().T).T
