"""Gauss-Newton matrices on data beside those of theory: how far apart they are, and how far by chance alone.

Samples are parted into batches, whose matrices scatter about their mean: that is its standard error, of every entry and
of the trace. Inputs of theory have the mean and the covariance of the same samples, so that chance is a little less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from .._runtime.checks import listed
from ..empirical import curvature
from ..networks import Network
from ..norms import Norm
from .orders import of_order

FloatArray = NDArray[np.float64]

BATCHES = 10
"""Batches into which samples are parted; fewer where there are fewer samples."""

CONSTANT, COLLINEAR = 1e-12, 1e-10
"""Deviation of a column, of its largest entry, and singular value of all, of the largest, which are rounding."""

CHANCE = 0.97725
"""Probability, of a normal law, of no more than two standard deviations."""

ROUNDING = 1e-8
"""Distance that may be rounding: scatter of batches comes from squares that cancel, down to its root."""


@dataclass(frozen=True)
class Question:
    """What is asked of samples: the network, what of it moves, the metric, and with how many workers."""

    network: Network
    metric: ArrayLike | None
    parameters: str | Sequence[str]
    workers: Any

    def gauss_newton(self, X: FloatArray, norm: Norm | tuple[float, ...]) -> FloatArray:
        """The empirical Gauss-Newton matrix, dense."""
        return self._dense(X, norm)

    def hessian(self, X: FloatArray, norm: Norm, targets: Any) -> FloatArray:
        """The Hessian of the empirical loss, dense."""
        return self._dense(X, norm, curvature="hessian", targets=targets)

    def _dense(self, X: FloatArray, norm: Norm | tuple[float, ...], **which: Any) -> FloatArray:
        options = {"metric": self.metric, "parameters": self.parameters, "workers": self.workers}
        return curvature(self.network, X, norm, **which, **options).to_dense()


@dataclass(frozen=True)
class Agreement:
    """Of one norm, data against theory.

    Attributes
    ----------
    trace, trace_error
        Trace on data over that of theory, and its standard error.
    distance, distance_error
        Frobenius norm of the difference over that of theory's matrix, and what the data's own scatter makes of it.
    batches
        Number of those that scatter.
    """

    norm: str
    trace: float
    trace_error: float
    distance: float
    distance_error: float
    batches: int

    @property
    def within_error(self) -> bool:
        """Whether the data do not contradict theory: both are as near as chance leaves them in 19 cases of 20.

        Errors that come from few batches are known by Student's law, which of ten has 2.3 of them, of two 14.
        """
        away = abs(self.trace - 1)
        if max(self.distance, away) <= ROUNDING:
            return True
        errors = float(stdtrit(self.batches - 1, CHANCE)) if self.batches > 1 else np.nan
        return self.distance <= errors * self.distance_error and away <= errors * self.trace_error


def matrices_on_data(
    question: Question, X: FloatArray, theory: Sequence[FloatArray], norms: Sequence[Norm]
) -> tuple[list[FloatArray], list[Agreement]]:
    """Matrices of the orders on all samples, and for each norm how far they are from those of theory, if not zero."""
    norms = [norm for norm in norms if weighted(theory, norm).any()]
    batches = np.array_split(X, min(BATCHES, len(X)))
    means = [np.zeros_like(matrix) for matrix in theory]
    squares, traces = np.zeros(len(norms)), np.zeros((len(norms), len(batches)))
    expectations = [weighted(theory, norm) for norm in norms]
    units = [float(np.abs(expected).max()) for expected in expectations]  # squares of entries overflow
    for k, batch in enumerate(batches):
        found = [question.gauss_newton(batch, of_order(m)) for m in range(len(theory))]
        for mean, matrix in zip(means, found, strict=True):
            mean += matrix * (len(batch) / len(X))
        for i, norm in enumerate(norms):
            of_norm = weighted(found, norm) / units[i]
            squares[i] += np.vdot(of_norm, of_norm)
            traces[i, k] = np.trace(of_norm)
    agreements = []
    for norm, square, trace, whole, unit in zip(norms, squares, traces, expectations, units, strict=True):
        mean, expected = weighted(means, norm) / unit, whole / unit
        size, count = float(np.linalg.norm(expected)), len(batches)
        scatter = max(square / count - float(np.vdot(mean, mean)), 0.0) / max(count - 1, 1)
        agreements.append(
            Agreement(
                norm.name,
                float(np.trace(mean) / np.trace(expected)),
                float(trace.std(ddof=1) / np.sqrt(count) / np.trace(expected)) if count > 1 else np.nan,
                float(np.linalg.norm(mean - expected)) / size,
                float(np.sqrt(scatter)) / size if count > 1 else np.nan,
                count,
            )
        )
    return means, agreements


def weighted(matrices: Sequence[FloatArray], norm: Norm) -> FloatArray:
    """The matrix of a norm from those of orders."""
    total: FloatArray = np.sum([weight * matrices[m] for m, weight in norm.orders], axis=0)
    return total


def columns_in_words(X: FloatArray) -> list[str]:
    """What is peculiar of samples: columns that are constant or combinations of others, and few rows."""
    n, d = X.shape
    deviation = X.std(axis=0)
    constant = np.flatnonzero(deviation <= CONSTANT * np.maximum(np.abs(X).max(axis=0), np.finfo(float).tiny))
    found = []
    if len(constant):
        found.append(f"{_columns(constant)} constant: weights of {'it' if len(constant) == 1 else 'them'} are biases")
    varying = np.delete(np.arange(d), constant)
    rank = int(np.linalg.matrix_rank((X[:, varying] - X[:, varying].mean(axis=0)) / deviation[varying], rtol=COLLINEAR))
    if n <= d:
        found.append(f"{n} samples in {d} dimensions: their covariance is singular, and theory is that of their span")
    elif rank < len(varying):
        found.append(f"columns are collinear, {len(varying)} of rank {rank}: theory is that of their span")
    return found


def _columns(which: NDArray[np.intp]) -> str:
    """Columns by number."""
    return f"{listed('column', which)} {'is' if len(which) == 1 else 'are'}"
