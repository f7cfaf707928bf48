"""The curvatures of all derivative weights as one path of matrices, and how their eigenvalues move along it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..curvature.spectrum import rounding_of

FloatArray = NDArray[np.float64]
AnyArray = NDArray[Any]
Measure = Callable[[AnyArray], AnyArray]
"""Of eigenvalues, along the last axis."""

SINGULAR_POINTS = 300
"""Size up to which weights of singular matrices are looked for: that costs as much as 30 spectra."""


class WeightPath:
    """The matrices ``(1 - u) G0/s0 + u G1/s1``, u in [0, 1], given as pairs of diagonal blocks of ``G0`` and ``G1``.

    ``s`` is the largest entry, so that infinity is a point like others and units do not matter. Matrices along several
    directions, of one size, stand one after another. ``matrix`` says in words what they are.
    """

    def __init__(
        self, blocks: Sequence[tuple[FloatArray, FloatArray]], *, symmetric: bool, directions: int = 1, matrix: str = ""
    ) -> None:
        self.scales = [max(float(np.abs(block).max()) for block in order) or 1.0 for order in zip(*blocks, strict=True)]
        self.blocks = [[block / scale for block, scale in zip(pair, self.scales, strict=True)] for pair in blocks]
        self.symmetric, self.directions, self.matrix = symmetric, directions, matrix
        self.eigenvalues = lru_cache(maxsize=None)(self._eigenvalues)
        self.motion = lru_cache(maxsize=None)(self._motion)

    def _eigenvalues(self, u: float) -> AnyArray:
        """Distinct eigenvalues, unsorted; those below rounding are 0."""
        values_of = np.linalg.eigvalsh if self.symmetric else np.linalg.eigvals
        return _without_rounding(np.concatenate([values_of((1 - u) * g0 + u * g1) for g0, g1 in self.blocks]))

    def _motion(self, u: float) -> tuple[AnyArray, AnyArray]:
        """Eigenvalues and their derivatives in ``u``, ``y' (G1/s1 - G0/s0) x / y' x`` with both eigenvectors."""
        values, speeds = [], []
        for g0, g1 in self.blocks:
            matrix, change = (1 - u) * g0 + u * g1, g1 - g0
            if self.symmetric:
                value, right = np.linalg.eigh(matrix)
                left = right
            else:
                value, left, right = scipy.linalg.eig(matrix, left=True, right=True)
            with np.errstate(all="ignore"):  # where two eigenvalues meet, y' x = 0: they have no derivative there
                speed = np.einsum("ij,ij->j", left.conj(), change @ right) / np.einsum("ij,ij->j", left.conj(), right)
            values.append(value)
            speeds.append(np.where(np.isfinite(speed), speed, 0.0))
        return _without_rounding(np.concatenate(values)), np.concatenate(speeds)

    def singular_points(self) -> list[float]:
        """Where an eigenvalue is 0, or nearly so: real parts of the eigenvalues of the pencil, in (0, 1)."""
        if max(len(g0) for g0, _ in self.blocks) > SINGULAR_POINTS:
            return []
        with np.errstate(all="ignore"):  # a pencil can have eigenvalues at infinity, or 0/0
            points = np.concatenate([scipy.linalg.eigvals(g0, g0 - g1).real for g0, g1 in self.blocks])
        return [float(u) for u in points if 0 < u < 1]

    def weight(self, u: float) -> float:
        """``lambda = u s0 / ((1 - u) s1)``."""
        return u * self.scales[0] / ((1 - u) * self.scales[1]) if u < 1 else np.inf

    def share(self, weight: float) -> float:
        """``u`` of a finite weight."""
        return weight * self.scales[1] / (self.scales[0] + weight * self.scales[1])

    def mean(self, measure: Measure) -> Measure:
        """The mean of a measure over the directions."""

        def mean(values: AnyArray) -> AnyArray:
            measured: AnyArray = measure(values.reshape(*values.shape[:-1], self.directions, -1)).mean(axis=-1)
            return measured

        return mean

    def unscaled(self, u: float) -> AnyArray:
        """Eigenvalues of ``G0 + lambda G1``, for a finite weight."""
        return self.eigenvalues(u) * (self.scales[0] / (1 - u))


def _without_rounding(values: AnyArray) -> AnyArray:
    """Eigenvalues of which those are 0 that are rounding."""
    return np.where(np.abs(values) <= rounding_of(values), 0.0, values)


def quality(values: AnyArray) -> AnyArray:
    """``1/kappa``, ``min |lambda| / max |lambda|`` along the last axis: continuous, 0 for a singular matrix."""
    moduli = np.abs(values)
    largest = moduli.max(axis=-1)
    return np.where(largest > 0, moduli.min(axis=-1), 0.0) / np.where(largest > 0, largest, 1.0)


def sharpness_rate(values: AnyArray) -> AnyArray:
    """The rate in units of the sharpness, ``min Re lambda / max Re lambda`` along the last axis; 0 unless definite.

    It is ``1/kappa`` for a positive definite matrix with real eigenvalues.
    """
    lowest, largest = values.real.min(axis=-1), values.real.max(axis=-1)
    definite = lowest > 0
    return np.where(definite, lowest, 0.0) / np.where(definite, largest, 1.0)
