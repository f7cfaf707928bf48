"""The rate that the curvature at the end of a gradient flow predicts for its tail."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..errors import NotDifferentiableError
from ..problem import SpanProblem
from ..rescalings import across, rescales
from ..shorthands import AnyPoint
from .state import State

FloatArray = NDArray[np.float64]

OCCUPIED = 1e-3
"""Part of a displacement, relative to the largest, below which a mode is not in the tail.

A symmetric start excites symmetric modes only.
"""

TURNS, SETTLED = 50, 1e-12
"""Limits along directions that follow one another, at most, and the change of an eigenvalue that ends them."""

TOGETHER = 1e-7
"""Distance, in units of the largest, of eigenvalues that can be one."""


def predicted_rate(problem: SpanProblem, state: State, end: FloatArray) -> tuple[float, float]:
    """Smallest eigenvalue among the modes of a displacement from the end, and largest of all; NaN where there is none.

    Where all rows slide (exact convention) the flow has their K lengths left, in which the loss is smooth; across the
    lines it is a cone, of infinite sharpness.
    """
    displacement = problem.layout.flat(state.displaced_from(end))
    if len(state.aligned) == problem.start.width:
        rows = problem.teacher_rows[[j for _, j in sorted(state.aligned)]]
        lines = scipy.linalg.block_diag(*(rows / np.linalg.norm(rows, axis=1, keepdims=True)))
        lengths = lines @ state.point.gauss_newton.to_dense() @ lines.T
        return _slowest(lengths, lines @ displacement), np.inf
    try:
        if not problem.loss.has_cones and problem.at(end).parallel:
            return nonlinear_eigenvalue(problem.at(end), problem.layout.given(displacement))
        at = state if problem.loss.has_cones else State.at(problem, end)
        whole, within = at.original.hessian, at.point.hessian.to_dense()
    except NotDifferentiableError:
        return np.nan, np.nan
    if rescales(problem):
        moves = across(problem, end)
        within, displacement = moves.T @ within @ moves, moves.T @ displacement
    return _slowest(within, displacement), whole.spectrum().largest


def nonlinear_eigenvalue(end: AnyPoint, displacement: FloatArray) -> tuple[float, float]:
    """``lambda`` of ``D(X) = lambda X``, and the largest eigenvalue (real part) of the limit along ``X``.

    The limit along a displacement has modes; what the displacement has of the slowest is the next one. Where the flow
    has settled that is the direction ``X`` of its tail. Eigenvalues that rounding parts are one (in the Jordan block of
    one neuron by its square root), known by their mean. Heuristic: if the eigenvalue does not settle, the first is
    taken.
    """
    found: list[tuple[float, float]] = []
    for _ in range(TURNS):
        values, vectors = np.linalg.eig(end.linear_along(displacement).to_dense())
        parts = np.linalg.lstsq(vectors, displacement.ravel().astype(vectors.dtype), rcond=None)[0]
        occupied, rates = np.abs(parts) > OCCUPIED * np.abs(parts).max(), values.real
        slowest = occupied & (rates <= rates[occupied].min() + TOGETHER * np.abs(values).max())
        found.append((float(rates[slowest].mean()), float(rates.max())))
        if len(found) > 1 and abs(found[-1][0] - found[-2][0]) <= SETTLED * found[-1][1]:
            return found[-1]
        displacement = (vectors[:, slowest] @ parts[slowest]).real.reshape(displacement.shape)
    return found[0]


def _slowest(matrix: FloatArray, displacement: FloatArray) -> float:
    """The smallest eigenvalue (real part) whose eigenvector has a part in the displacement."""
    values, vectors = np.linalg.eigh(matrix) if (matrix == matrix.T).all() else np.linalg.eig(matrix)
    parts = np.abs(np.linalg.lstsq(vectors, displacement.ravel().astype(vectors.dtype), rcond=None)[0])
    return float(values.real[parts > OCCUPIED * parts.max()].min())
