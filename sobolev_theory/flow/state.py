r"""Where a flow is: weights as displacements from an anchor, and what the field is there.

The unknown is the displacement ``D = W - P`` from an anchor ``P``. A row's anchor is the teacher's row that it matches
where that is nearer than zero, and zero elsewhere: a solver that saw ``W`` near the teacher would stop resolving ``D``
at ``rtol |W|``, and one that saw ``W - V`` near zero would not resolve ``W``; here the tolerance follows ``|D|`` down,
and the anchor follows the student. Of a row that slides on a line the unknown is its length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .. import activations
from ..parameters import Parameters, matching
from ..points import Point
from ..problem import SpanProblem
from .sliding import Aligned, on_lines, packed, unpacked

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

RELU = activations.get("relu")

NOWHERE = -1
"""Row of the teacher that stands for the anchor zero."""

STICKY = 3.0
"""Factor on the norm of a row within which it keeps its anchor; within once its norm it gets it."""

SEGMENT = ((2.0**-26, (0.5,)), (2.0**-13, (0.5 - 0.75**0.5 / 3, 0.5 + 0.75**0.5 / 3)))
"""Displacements, in units of `SpanProblem.smooth_within`, up to which the field is an integral along the segment from
the teacher, and the Gauss-Legendre points for it: of relative errors ``x^2/24`` and ``x^4/4320``, 1e-17 and 5e-20.
"""

DEEP = 2.0**-80
"""Displacement, relative to the largest weight, down to which a field that is accurate relative to it is followed.

The loss is 1e-48 there if it is quadratic. Where it falls linearly, with a derivative that jumps, it is the square.
"""

ROUNDINGS = 8
"""Roundings of the largest weight that a field that is a difference of terms does not resolve."""


class StopError(Exception):
    """The integration cannot go on; carries the status and the reason."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, eq=False)
class State:
    """Weights as displacements (K, n) from rows of the teacher, or from zero where ``rows`` is `NOWHERE`.

    Rows that slide on the line of a teacher's row (see `sliding`) are in ``aligned``.
    """

    problem: SpanProblem
    rows: IntArray
    displacement: FloatArray
    aligned: Aligned = ()

    @classmethod
    def at(cls, problem: SpanProblem, coordinates: FloatArray) -> State:
        """Weights in coordinates, displaced from zero."""
        return cls(problem, np.full(len(coordinates), NOWHERE), coordinates)

    @classmethod
    def start(cls, problem: SpanProblem) -> State:
        """The start of the problem; the displacement is taken in R^d, where it has no rounding near the teacher."""
        state = cls.at(problem, problem.start.weights).from_nearest()
        near = state.rows >= 0
        if problem.basis is None or not near.any():
            return state
        displacement = state.displacement.copy()
        given = problem.student.weights[near] - problem.original.teacher.weights[state.rows[near]]
        displacement[near] = given @ problem.basis
        return cls(problem, state.rows, displacement)

    def from_nearest(self) -> State:
        """The same weights from the nearest anchors."""
        rows = self._nearest()
        if (rows == self.rows).all():
            return self
        shift = self.anchor - _anchor(self.problem.loss.teacher.weights, rows)
        moved = replace(self, rows=rows, displacement=self.displacement + shift)
        return moved.after(moved.unknowns) if self.aligned else moved

    def _nearest(self) -> IntArray:
        """Of each row the teacher's row that it matches, if that is nearer than zero; a sliding row's only its own."""
        teacher, weights = self.problem.loss.teacher, self.coordinates
        found = matching(self.point.parameters, teacher)
        if found is None:
            return self.rows
        rows = found.copy()
        away = np.linalg.norm(weights - teacher.weights[rows], axis=1)
        reach = np.linalg.norm(weights, axis=1) * np.where(rows == self.rows, STICKY, 1.0)
        rows[away > reach] = NOWHERE
        for i, j in self.aligned:
            if rows[i] != j:
                rows[i] = NOWHERE
        return rows

    @property
    def is_anchored(self) -> bool:
        """Whether every row is displaced from a row of the teacher's."""
        return bool((self.rows >= 0).all())

    @cached_property
    def anchor(self) -> FloatArray:
        """The rows displaced from, in coordinates."""
        return _anchor(self.problem.loss.teacher.weights, self.rows)

    @property
    def coordinates(self) -> FloatArray:
        """The weights in coordinates, (K, n)."""
        return self.anchor + self.displacement

    @property
    def weights(self) -> FloatArray:
        """The weights in R^d, (K, d)."""
        return _anchor(self.problem.original.teacher.weights, self.rows) + self.problem.embed(self.displacement)

    @property
    def size(self) -> float:
        """Norm of the displacement."""
        return float(np.linalg.norm(self.displacement))

    @property
    def unknowns(self) -> FloatArray:
        """What a solver sees: the displacements of free rows, and of sliding rows those along their lines."""
        return packed(self.displacement, self.problem.loss.teacher.weights, self.aligned)

    @property
    def velocity(self) -> FloatArray:
        """Time derivative of the unknowns."""
        return -packed(self.gradient, self.problem.loss.teacher.weights, self.aligned)

    def after(self, unknowns: FloatArray) -> State:
        """The state of other unknowns from the same anchor."""
        teacher = self.problem.loss.teacher.weights
        displacement = unpacked(unknowns, self.displacement.shape, teacher, self.aligned)
        return State(self.problem, self.rows, displacement, self.aligned)

    def sliding_on(self, aligned: Aligned) -> State:
        """The state with some rows on lines, to which they are projected; their anchors lie on those."""
        rows, displacement = self.rows.copy(), self.displacement.copy()
        for i, j in aligned:
            if rows[i] not in (j, NOWHERE):
                rows[i], displacement[i] = NOWHERE, self.coordinates[i]
        state = State(self.problem, rows, displacement, aligned).from_nearest()
        return state.after(state.unknowns)

    @cached_property
    def point(self) -> Point:
        """The loss at the student in coordinates, with the digits of its displacement."""
        loss, output_weights = self.problem.loss, self.problem.start.output_weights
        if not self.is_anchored:
            return loss.at(Parameters(self.coordinates, output_weights))
        return loss.at(Parameters.displaced(loss.teacher, self.rows, self.displacement, output_weights))

    @property
    def original(self) -> Point:
        """The loss at the student in R^d, with the digits of its displacement."""
        loss, output_weights = self.problem.original, self.problem.student.output_weights
        if not self.is_anchored:
            return loss.at(Parameters(self.weights, output_weights))
        displacement = self.problem.embed(self.displacement)
        return loss.at(Parameters.displaced(loss.teacher, self.rows, displacement, output_weights))

    @cached_property
    def gradient(self) -> FloatArray:
        """The gradient in coordinates, (K, n); of sliding rows what is left of it along their lines."""
        if self.aligned:
            return on_lines(self.point.sliding_gradient, self.problem.loss.teacher.weights, self.aligned)
        return self._along_segment() if self._segment else self.point.gradient

    @cached_property
    def _segment(self) -> tuple[float, ...]:
        """Points on the segment from the teacher if the field is smooth along it and its terms cancel; else none."""
        if self.aligned or not self.is_anchored or self.problem.loss.has_cones or _is_alone(self):
            return ()
        lengths = np.linalg.norm(self.displacement, axis=1)
        within = self.problem.smooth_within[self.rows]
        return next((points for share, points in SEGMENT if (lengths <= share * within).all()), ())

    def _along_segment(self) -> FloatArray:
        r"""``\int_0^1 DF(V + s D) D ds`` for the field ``F``, which vanishes at ``V``: nothing cancels."""
        total = np.zeros(self.displacement.size)
        for s in self._segment if self.size else ():
            between = State(self.problem, self.rows, s * self.displacement)
            total += between.point.hessian @ self.displacement.ravel() / len(self._segment)
        return total.reshape(self.displacement.shape)

    @property
    def resolution(self) -> float:
        """Displacement below which neither is an error asked for, nor a gradient told from zero.

        A few units in the last place of the largest weight, which the field does not resolve; much less where the field
        is accurate relative to the displacement.
        """
        loss = self.problem.loss
        largest = max(float(np.abs(weights).max()) for weights in (self.coordinates, loss.teacher.weights))
        if (_is_alone(self) and self.is_anchored) or self._segment:
            return largest * (DEEP**2 if loss.terms.jumps and not self.aligned else DEEP)
        return largest * ROUNDINGS * float(np.finfo(np.float64).eps)

    @property
    def vanished(self) -> int | None:
        """A row that is not told from zero, where the activation has a kink; None if there is none."""
        norms = np.linalg.norm(self.coordinates, axis=1)
        row = int(np.argmin(norms))
        return row if self.problem.loss.has_kinks and norms[row] <= self.resolution else None


def _is_alone(state: State) -> bool:
    """Whether student and teacher are one ReLU neuron each, whose field is accurate relative to the displacement."""
    teacher = state.problem.loss.teacher
    return len(state.rows) == teacher.width == 1 and teacher.activation == RELU


def _anchor(teacher: FloatArray, rows: IntArray) -> FloatArray:
    """Rows of the teacher, zero where there is none."""
    anchor: FloatArray = np.where(rows[:, None] >= 0, teacher[rows], 0.0)
    return anchor
