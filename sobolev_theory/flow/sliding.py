r"""Rows that meet in the exact convention, and what becomes of the flow then.

An order whose derivative jumps gives the loss a cone in the angle of two rows: the exact gradient of row ``i`` contains
``a_i c_j f_2 e``, where ``e`` points from ``u_i`` to ``u_j``, and the coefficient ``f_2`` does not vanish with the
angle. Where ``a_i c_j f_2 < 0``, as between student and teacher, the rows meet in finite time, and the field points
back from all sides: in Filippov's sense the flow *slides*. The row stays on the line of ``u_j`` as long as the rest of
the gradient, across the line, is weaker than the pull; along the line it follows the rest of the gradient. Opposite
rows, at the angle pi, meet in the same way. (`reduced.integrate` follows the same motion from the field of two
unknowns.)

A row of a ReLU student can also shrink to zero in finite time, in any norm and convention: near zero the gradient
depends on its direction only. There the flow ends.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..pairs.angles import PARALLEL, angle_and_direction
from ..pairs.geometry import PairGeometry
from ..pairs.sums import PairTerms
from ..points import Point
from ..problem import SpanProblem
from ..shorthands import AnyPoint

FloatArray = NDArray[np.float64]
Aligned = tuple[tuple[int, int], ...]
"""Student rows ``i`` that slide on the line of row ``j`` of the teacher, as pairs ``(i, j)``."""

STRAIGHT = 1e-3
"""Sine of the angle at which a row must head for zero to be taken to reach it: others turn away in time."""


def collapsing(
    problem: SpanProblem, rows: FloatArray, velocity: FloatArray, horizon: float, resolution: float
) -> tuple[float, int] | None:
    """Time to go, and neuron, of the first to reach its kink at zero within a horizon, or not told from zero.

    It does if it heads straight for zero, or if zero draws it in from all sides. Heuristic: from those of the axes.
    """
    neurons, columns = problem.kinked
    if not len(neurons):
        return None
    vectors, moving = rows[neurons, :columns], velocity[neurons, :columns]
    norms = np.linalg.norm(vectors, axis=1)
    fall = -np.einsum("kd,kd->k", moving, vectors) / norms
    times = np.divide(norms, fall, out=np.full(len(norms), np.inf), where=fall > 0)
    k = int(np.argmin(times))
    if not (times[k] < horizon or (norms[k] <= resolution and fall[k] > 0)):
        return None
    straight = fall[k] >= np.sqrt(1 - STRAIGHT**2) * np.linalg.norm(moving[k])
    return (float(times[k]), int(neurons[k])) if straight or _draws_in(problem, rows, int(neurons[k])) else None


def _draws_in(problem: SpanProblem, rows: FloatArray, neuron: int) -> bool:
    """Whether the loss rises from zero along all axes in the row of one neuron."""
    moved, (_, columns) = rows.copy(), problem.kinked
    axes = np.eye(columns)
    for axis in np.vstack([axes, -axes]):
        moved[neuron, :columns] = np.linalg.norm(rows[neuron, :columns]) * axis
        if rest_of_gradient(problem.at(moved))[neuron, :columns] @ axis <= 0:
            return False
    return True


def meeting(
    student: FloatArray, velocity: FloatArray, teacher: FloatArray, aligned: Aligned, horizon: float, size: float
) -> tuple[float, int, int] | None:
    """Time to go, and rows of [W; V], of the pair that is first on one line within a horizon; sliding rows left out.

    The sine of the angle falls at a finite speed, so its slope tells the time; what is ``e`` beside the line is
    constant. A row shorter than the scale ``size`` turns faster: an Euler step of time t errs by ``(speed t)^2/|u|``.
    """
    rows = np.vstack([student, teacher])
    moving = np.vstack([velocity, np.zeros_like(teacher)])
    norms = np.linalg.norm(rows, axis=1)
    i, j = np.triu_indices(len(student), 1, len(rows))
    sliding = [row for row, _ in aligned]
    free = ~np.isin(i, sliding) & ~np.isin(j, sliding) & (norms[j] > 0)  # who meets a sliding row meets its line
    i, j = i[free], j[free]
    angle, sine, towards = angle_and_direction(rows[i], rows[j])
    back = angle_and_direction(rows[j], rows[i])[2]
    turning = np.einsum("pd,pd->p", towards, moving[i]) / norms[i] + np.einsum("pd,pd->p", back, moving[j]) / norms[j]
    fall = turning * np.cos(angle)
    times = np.divide(sine, fall, out=np.full(len(i), np.inf), where=fall > 0)
    times[times >= horizon * np.sqrt(np.minimum(1.0, np.minimum(norms[i], norms[j]) / size))] = np.inf
    first = int(np.argmin(times)) if len(times) else -1
    if first < 0 or times[first] == np.inf:
        return None
    return float(times[first]), int(i[first]), int(j[first])


def on_lines(vectors: FloatArray, teacher: FloatArray, aligned: Aligned) -> FloatArray:
    """Vectors (K, n) with those of sliding rows projected onto their lines."""
    if not aligned:
        return vectors
    projected = vectors.copy()
    for i, line in _lines(teacher, aligned).items():
        projected[i] = (vectors[i] @ line) * line
    return projected


def packed(vectors: FloatArray, teacher: FloatArray, aligned: Aligned) -> FloatArray:
    """Vectors (K, n) as one; of sliding rows the length along their lines, with a sign."""
    if not aligned:
        return vectors.ravel()
    lines = _lines(teacher, aligned)
    return np.concatenate([[v @ lines[i]] if i in lines else v for i, v in enumerate(vectors)])


def unpacked(vector: FloatArray, shape: tuple[int, ...], teacher: FloatArray, aligned: Aligned) -> FloatArray:
    """The vectors (K, n) of a packed one: sliding rows are exact multiples of unit vectors."""
    if not aligned:
        return vector.reshape(shape).copy()
    lines, vectors, at = _lines(teacher, aligned), np.empty(shape), 0
    for i in range(shape[0]):
        length = 1 if i in lines else shape[1]
        part = vector[at : at + length]
        vectors[i] = part * lines[i] if i in lines else part
        at += length
    return vectors


def _lines(teacher: FloatArray, aligned: Aligned) -> dict[int, FloatArray]:
    """Unit vectors of the lines, by sliding row."""
    return {i: teacher[j] / np.linalg.norm(teacher[j]) for i, j in aligned}


def rest_of_gradient(point: AnyPoint) -> FloatArray:
    """The gradient, without the pull on one another of parallel rows of neurons if they can slide, (R, D)."""
    return point.sliding_gradient if isinstance(point, Point) else point.gradient_rows


def slides(point: AnyPoint, aligned: Aligned) -> bool:
    """Whether the pull of the lines holds all sliding rows against the rest of the gradient.

    Only where hidden weights move alone, of neurons without biases at standard inputs.
    """
    if not isinstance(point, Point):
        return False
    gradient, teacher = point.sliding_gradient, point.loss.teacher.weights
    across = np.linalg.norm(gradient - on_lines(gradient, teacher, aligned), axis=1)
    return all(across[i] < _pull(point, i, line) for i, line in _lines(teacher, aligned).items())


def _pull(point: Point, i: int, line: FloatArray) -> float:
    """Strength of the cones of all other rows on a line, of student and teacher, at row ``i`` on it."""
    rows, c = point.rows, point.outputs
    _, sine, _ = angle_and_direction(np.broadcast_to(line, rows.shape), rows)
    others = [j for j in np.flatnonzero((sine <= PARALLEL) & rows.any(axis=1)) if j != i]
    return -float(c[i] * sum(c[j] * _slope(point.loss.terms, rows[i], rows[j]) for j in others))


def _slope(terms: PairTerms, u: FloatArray, v: FloatArray) -> float:
    """``f_2 cos(theta)`` of the exact field of vectors on one line, ``theta`` 0 or pi: positive if they attract."""
    geometry = PairGeometry.of(np.stack([u, v]), 1, terms.chart)
    _, second = terms("field_in_frame", *geometry.arguments(geometry.angles()))
    return float(second[0, 1] * np.sign(u @ v))
