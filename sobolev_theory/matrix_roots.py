"""Roots of positive semi-definite matrices, by correlations: units of coordinates do not matter, null rows are zero."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

EPS = float(np.finfo(np.float64).eps)
"""An eigenvalue of a dense form in R^d is known to ``d eps`` of the largest."""


@dataclass(frozen=True, eq=False)
class Root:
    """``L`` with ``S = L L'``, ``L_ik = delta_i Q_ik sqrt(lambda_k)``, of a positive semi-definite matrix ``S`` (d, d).

    ``delta`` are the deviations ``sqrt(S_ii)``, and ``Q``, ``lambda`` the eigenvectors and eigenvalues of the
    correlations ``S_ij/(delta_i delta_j)`` but those below ``10 d eps`` of the largest, which are rounding of zero.

    Examples
    --------
    >>> root = Root.of(np.array([[1.0, 1e9], [1e9, 1e18]]))
    >>> first, null = root.apply(np.array([[1.0, 0.0], [1.0, -1e-9]]))
    >>> round(float(first @ first), 12), null
    (1.0, array([0.]))
    """

    deviations: FloatArray  # delta, (d,)
    vectors: FloatArray  # Q, (d, rank)
    values: FloatArray  # lambda, (rank,), in ascending order

    @classmethod
    def of(cls, matrix: FloatArray) -> Root:
        """The root of a matrix; where rounding has made correlations of more than one, with ``delta = 1``."""
        deviations, rounding = np.sqrt(np.maximum(matrix.diagonal(), 0)), 10 * len(matrix) * EPS
        units = np.where(deviations > 0, deviations, 1.0)
        values, vectors = np.linalg.eigh(matrix / units / units[:, None])
        if values[0] < -rounding * values[-1]:
            deviations = np.ones(len(matrix))
            values, vectors = np.linalg.eigh(matrix)
        kept = values > rounding * values[-1]
        return cls(deviations, vectors[:, kept], values[kept])

    @cached_property
    def factor(self) -> FloatArray:
        """``L``, (d, rank)."""
        factor: FloatArray = self.deviations[:, None] * self.vectors * np.sqrt(self.values)
        return factor

    def apply(self, rows: FloatArray) -> FloatArray:
        """``rows @ L``, shape (..., rank); zero, not rounding, for rows in the null space of the matrix."""
        roots: FloatArray = rows @ self.factor
        d, rank = self.vectors.shape
        if rank < d:
            size = np.abs(rows * self.deviations).max(axis=-1, keepdims=True)
            # the eigenvector of lambda_k is known to eps lambda_max/lambda_k
            null = np.abs(roots) * np.sqrt(self.values) <= 10 * d * EPS * self.values[-1] * size
            roots[null.all(axis=-1)] = 0.0
        return roots
