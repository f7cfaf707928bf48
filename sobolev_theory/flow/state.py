r"""Where a flow is: rows of neurons as displacements from an anchor, and what the field is there.

The unknown is the displacement ``D = W - P`` from an anchor ``P``, of all that moves. A row's anchor is the teacher's
row that it matches where that is nearer than zero, and zero elsewhere: a solver that saw ``W`` near the teacher would
stop resolving ``D`` at ``rtol |W|``, and one that saw ``W - V`` near zero would not resolve ``W``; here the tolerance
follows ``|D|`` down, and the anchor follows the student. Of a row that slides on a line the unknown is its length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .. import activations
from ..networks import Network
from ..parameters import Parameters
from ..problem import SpanProblem, matched
from ..shorthands import AnyPoint
from .sliding import Aligned, on_lines, packed, rest_of_gradient, unpacked

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
    """Rows of neurons as displacements (R, D) from rows of the teacher, or from zero where ``rows`` is `NOWHERE`.

    Rows that slide on the line of a teacher's row (see `sliding`) are in ``aligned``.
    """

    problem: SpanProblem
    rows: IntArray
    displacement: FloatArray
    aligned: Aligned = ()

    @classmethod
    def at(cls, problem: SpanProblem, coordinates: FloatArray) -> State:
        """Rows of neurons in coordinates, displaced from zero."""
        return cls(problem, np.full(len(coordinates), NOWHERE), coordinates)

    @classmethod
    def start(cls, problem: SpanProblem) -> State:
        """The start of the problem; the displacement is taken in R^d, where it has no rounding near the teacher."""
        state = cls.at(problem, problem.start_rows).from_nearest()
        near = state.rows >= 0
        if problem.basis is None or not near.any():
            return state
        displacement = state.displacement.copy()
        given = problem.student.rows(problem.original.layout(problem.student.width))
        displacement[near] = problem.project(given[near] - problem.original_teacher_rows[state.rows[near]])
        return cls(problem, state.rows, displacement)

    def from_nearest(self) -> State:
        """The same rows from the nearest anchors."""
        rows = self._nearest()
        if (rows == self.rows).all():
            return self
        shift = self.anchor - _anchor(self.problem.teacher_rows, rows)
        moved = replace(self, rows=rows, displacement=self.displacement + shift)
        return moved.after(moved.unknowns) if self.aligned else moved

    def _nearest(self) -> IntArray:
        """Of each row the teacher's row that it matches, if that is nearer than zero; a sliding row's only its own."""
        problem, here = self.problem, self.coordinates
        found = matched(problem.loss, problem.parameters_at(here))
        if found is None:
            return self.rows
        rows = found.copy()
        away = np.linalg.norm(here - problem.teacher_rows[rows], axis=1)
        reach = np.linalg.norm(here, axis=1) * np.where(rows == self.rows, STICKY, 1.0)
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
        return _anchor(self.problem.teacher_rows, self.rows)

    @property
    def coordinates(self) -> FloatArray:
        """The rows of neurons in coordinates, (R, D)."""
        return self.anchor + self.displacement

    def displaced_from(self, point: FloatArray) -> FloatArray:
        """The rows less those of a point, (R, D); near the anchor nothing cancels."""
        return self.displacement + (self.anchor - point)

    @property
    def student(self) -> Parameters:
        """The student in R^d."""
        anchor = _anchor(self.problem.original_teacher_rows, self.rows)
        return self.problem.student_at(anchor + self.problem.embed(self.displacement))

    @property
    def network(self) -> Network:
        """The same, as a network."""
        p, activation = self.student, self.problem.loss.activation
        return Network(p.weights, p.output_weights, p.biases, p.output_bias, activation=activation)

    @property
    def size(self) -> float:
        """Norm of the displacement."""
        return float(np.linalg.norm(self.displacement))

    @property
    def unknowns(self) -> FloatArray:
        """What a solver sees: the displacements of free rows, and of sliding rows those along their lines."""
        return self._packed(self.displacement)

    @property
    def velocity(self) -> FloatArray:
        """Time derivative of the unknowns."""
        return -self._packed(self.gradient)

    def _packed(self, rows: FloatArray) -> FloatArray:
        """What moves of rows of neurons, as one vector."""
        if self.aligned:
            return packed(rows, self.problem.teacher_rows, self.aligned)
        return self.problem.layout.flat(rows)

    def after(self, unknowns: FloatArray) -> State:
        """The state of other unknowns from the same anchor."""
        if self.aligned:
            moved = unpacked(unknowns, self.displacement.shape, self.problem.teacher_rows, self.aligned)
        else:
            moved = self.problem.layout.rows(unknowns)
        return State(self.problem, self.rows, moved, self.aligned)

    def sliding_on(self, aligned: Aligned) -> State:
        """The state with some rows on lines, to which they are projected; their anchors lie on those."""
        rows, displacement = self.rows.copy(), self.displacement.copy()
        for i, j in aligned:
            if rows[i] not in (j, NOWHERE):
                rows[i], displacement[i] = NOWHERE, self.coordinates[i]
        state = State(self.problem, rows, displacement, aligned).from_nearest()
        return state.after(state.unknowns)

    @cached_property
    def point(self) -> AnyPoint:
        """The loss at the student in coordinates, with the digits of its displacement."""
        loss, output_weights = self.problem.loss, self.problem.start.output_weights
        if not (self.problem.is_standard and self.is_anchored):
            return self.problem.at(self.coordinates)
        return loss.at(Parameters.displaced(loss.teacher, self.rows, self.displacement, output_weights))

    @property
    def original(self) -> AnyPoint:
        """The loss at the student in R^d, with the digits of its displacement."""
        loss, output_weights = self.problem.original, self.problem.student.output_weights
        if not (self.problem.is_standard and self.is_anchored):
            return loss.at(self.student)
        displacement = self.problem.embed(self.displacement)
        return loss.at(Parameters.displaced(loss.teacher, self.rows, displacement, output_weights))

    @cached_property
    def gradient(self) -> FloatArray:
        """The gradient in coordinates, (R, D); of sliding rows what is left of it along their lines."""
        if self.aligned:
            return on_lines(rest_of_gradient(self.point), self.problem.teacher_rows, self.aligned)
        return self._along_segment() if self._segment else self.point.gradient_rows

    @cached_property
    def _segment(self) -> tuple[float, ...]:
        """Points on the segment from the teacher if the field is smooth along it and its terms cancel; else none."""
        loss = self.problem.loss
        if self.aligned or not (self.problem.is_standard and self.is_anchored) or loss.has_cones or _is_alone(self):
            return ()
        lengths = np.linalg.norm(self.displacement, axis=1)
        within = self.problem.smooth_within[self.rows]
        return next((points for share, points in SEGMENT if (lengths <= share * within).all()), ())

    def _along_segment(self) -> FloatArray:
        r"""``\int_0^1 D(V + s X; X) ds``, one-sided derivatives of the field, which is 0 at ``V``: nothing cancels."""
        total = np.zeros(self.displacement.shape)
        for s in self._segment if self.size else ():
            between = State(self.problem, self.rows, s * self.displacement)
            total += between.point.field_limit(self.displacement) / len(self._segment)
        return total

    @property
    def resolution(self) -> float:
        """Displacement below which neither is an error asked for, nor a gradient told from zero.

        A few units in the last place of the largest weight, which the field does not resolve; much less where the field
        is accurate relative to the displacement.
        """
        loss = self.problem.loss
        largest = max(float(np.abs(rows).max()) for rows in (self.coordinates, self.problem.teacher_rows))
        if (_is_alone(self) and self.is_anchored) or self._segment:
            return largest * (DEEP**2 if loss.terms.jumps and not self.aligned else DEEP)
        return largest * ROUNDINGS * float(np.finfo(np.float64).eps)

    @property
    def vanished(self) -> int | None:
        """A row that is not told from zero, where the activation has a kink; None if there is none."""
        neurons, columns = self.problem.kinked
        norms = np.linalg.norm(self.coordinates[neurons, :columns], axis=1)
        small = np.flatnonzero(norms <= self.resolution)
        return int(neurons[small[np.argmin(norms[small])]]) if len(small) else None


def _is_alone(state: State) -> bool:
    """Whether student and teacher are one ReLU neuron each, whose field is accurate relative to the displacement."""
    problem, teacher = state.problem, state.problem.loss.teacher
    return problem.is_standard and len(state.rows) == teacher.width == 1 and teacher.activation == RELU


def _anchor(teacher: FloatArray, rows: IntArray) -> FloatArray:
    """Rows of the teacher, zero where there is none."""
    anchor: FloatArray = np.where(rows[:, None] >= 0, teacher[rows], 0.0)
    return anchor
