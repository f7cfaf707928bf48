r"""Rows that meet in the exact convention, and what becomes of the flow then.

An order whose derivative jumps gives the loss a cone in the angle of two rows: the exact gradient of row ``i`` contains
``a_i c_j f_2 e``, where ``e`` points from ``u_i`` to ``u_j``, and the coefficient ``f_2`` does not vanish with the
angle. Where ``a_i c_j f_2 < 0``, as between student and teacher, the rows meet in finite time, and the field points
back from all sides: in Filippov's sense the flow *slides*. The row stays on the line of ``u_j`` as long as the rest of
the gradient, across the line, is weaker than the pull; along the line it follows the rest of the gradient. Opposite
rows, at the angle pi, meet in the same way.

A row of a ReLU student can also shrink to zero in finite time, in any norm and convention: near zero the gradient
depends on its direction only. There the flow ends.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import activations
from ._special import angle_and_direction
from .losses import PopulationLoss
from .networks import Network

FloatArray = NDArray[np.float64]
Aligned = tuple[tuple[int, int], ...]
"""Student rows ``i`` that slide on the line of row ``j`` of the teacher, as pairs ``(i, j)``."""

MET = 1e-11
"""Sine of the angle at which two rows have met, and relative norm of a row that is zero: below any tolerance of the
weights, and far above rounding.
"""


def has_cones(loss: PopulationLoss) -> bool:
    """Whether the exact gradient is asked for, and jumps where rows are parallel."""
    return loss.jumps and loss.derivative == "exact" and loss.teacher.dim > 1


def collapsed(student: Network, teacher: Network) -> list[int]:
    """Student rows that have shrunk to zero, where the gradient has no value if the first derivative jumps."""
    if activations.get(student.activation).jump_order != 1:
        return []
    norms = np.linalg.norm(student.weights, axis=1)
    largest = max(norms.max(), np.linalg.norm(teacher.weights, axis=1).max())
    return [int(i) for i in np.flatnonzero(norms < MET * largest)]


def met(student: Network, teacher: Network, aligned: Aligned) -> tuple[int, int] | None:
    """The closest pair of rows of [W; V] on one line, not counting rows that slide already."""
    rows = np.vstack([student.weights, teacher.weights])
    i, j = np.triu_indices(student.width, 1, len(rows))
    sliding = [row for row, _ in aligned]
    free = ~np.isin(i, sliding) & ~np.isin(j, sliding)  # who meets a sliding row meets its line
    i, j = i[free], j[free]
    if not len(i):
        return None
    sine = angle_and_direction(rows[i], rows[j])[1]
    closest = int(np.argmin(sine))
    return (int(i[closest]), int(j[closest])) if sine[closest] < MET else None


def on_lines(vectors: FloatArray, teacher: FloatArray, aligned: Aligned) -> FloatArray:
    """Vectors (K, n) with those of sliding rows projected onto their lines."""
    projected = vectors.copy()
    for i, j in aligned:
        line = teacher[j] / np.linalg.norm(teacher[j])
        projected[i] = (vectors[i] @ line) * line
    return projected


def slides(loss: PopulationLoss, student: Network, gradient: FloatArray, aligned: Aligned) -> bool:
    """Whether the pull of the lines holds all sliding rows against the rest of the gradient."""
    across = np.linalg.norm(gradient - on_lines(gradient, loss.teacher.weights, aligned), axis=1)
    return all(across[i] < _pull(loss, student, i, j, aligned) for i, j in aligned)


def _pull(loss: PopulationLoss, student: Network, i: int, j: int, aligned: Aligned) -> float:
    """Strength of the cone of teacher row ``j``, less those of the other students on its line, at row ``i``."""
    a, rows = student.output_weights, student.weights
    pull = loss.teacher.output_weights[j] * _slope(loss, rows[i], loss.teacher.weights[j])
    for k, other in aligned:
        if other == j and k != i:
            pull -= a[k] * _slope(loss, rows[i], rows[k])
    return float(a[i] * pull)


def _slope(loss: PopulationLoss, u: FloatArray, v: FloatArray) -> float:
    """``f_2 cos(theta)`` of the exact field of vectors on one line, ``theta`` 0 or pi: positive if they attract."""
    cosine = float(np.sign(u @ v))
    numbers = np.linalg.norm(u), np.linalg.norm(v), np.arccos(cosine), 0.0, cosine
    arguments = [np.array([number]) for number in numbers]
    activation, total = activations.get(loss.activation), 0.0
    for order, weight in enumerate(loss.sobolev_weights):
        if weight and activation.has_kernel("field_in_frame", order, "exact"):
            total += weight * activation.kernel("field_in_frame", order, "exact")(np, *arguments)[1].item()
    return total * cosine
