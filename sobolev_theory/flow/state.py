r"""Where a flow is: weights as a displacement from an anchor, and what happens to them next.

The unknown is the displacement ``D = W - P`` from an anchor ``P``: the teacher, its neurons in the order nearest to
the student. A solver that saw ``W`` would stop resolving ``D`` at ``rtol |W|``; here the tolerance follows ``|D|`` down
to the rounding of the weights, and the anchor follows the student. Where widths or output weights differ, ``P = 0``.
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
from .sliding import Aligned, collapsing, meeting, on_lines, slides

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

RELU = activations.get("relu")

SLOW = 100.0
"""Longest time scale, in units of that of the norm, at which a row still counts as moving at a finite speed."""

REST = 1e-3
"""Part of the way to where the gradient has no value that a flow which stops there leaves out."""

LEAP = 0.3
"""Part of ``sqrt(precision)`` times the time scale within which a row is led onto a line by one Euler step: its local
error, the square, is a tenth of the tolerance. Explicit solvers chatter about a line only at a hundredth of that.
"""

ROUNDINGS = 8
"""Roundings of the largest weight that the field of several neurons does not resolve."""


class StopError(Exception):
    """The integration cannot go on; carries the status and the reason."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, eq=False)
class State:
    """Weights as displacements (K, n) from the teacher's rows in some order, or from zero if there is none.

    Rows that slide on the line of a teacher's row (see `sliding`) are in ``aligned``.
    """

    problem: SpanProblem
    rows: IntArray | None
    displacement: FloatArray
    aligned: Aligned = ()

    def from_nearest(self) -> State:
        """The same weights from the nearest anchor."""
        rows = matching(self.point.parameters, self.problem.loss.teacher)
        if rows is None or (self.rows is not None and (rows == self.rows).all()):
            return self
        teacher = self.problem.loss.teacher.weights
        return replace(self, rows=rows, displacement=self.displacement + (self.anchor - teacher[rows]))

    @classmethod
    def start(cls, problem: SpanProblem) -> State:
        """The start of the problem; the displacement is taken in R^d, where it has no rounding near the teacher."""
        state = cls(problem, None, problem.start.weights).from_nearest()
        if state.rows is None or problem.basis is None:
            return state
        given = problem.student.weights - problem.original.teacher.weights[state.rows]
        return cls(problem, state.rows, given @ problem.basis)

    @property
    def anchor(self) -> FloatArray:
        """The rows displaced from, in coordinates."""
        if self.rows is None:
            return np.zeros(self.displacement.shape[-2:])
        anchor: FloatArray = self.problem.loss.teacher.weights[self.rows]
        return anchor

    @property
    def coordinates(self) -> FloatArray:
        """The weights in coordinates, (..., K, n)."""
        return self.anchor + self.displacement

    @cached_property
    def gradient(self) -> FloatArray:
        """The gradient in coordinates, (K, n); of sliding rows what is left of it along their lines."""
        if not self.aligned:
            return self.point.gradient
        return on_lines(self.point.sliding_gradient, self.problem.loss.teacher.weights, self.aligned)

    def after(self, displacement: FloatArray) -> State:
        """The state of another displacement from the same anchor, (K n,)."""
        moved = np.reshape(displacement, self.displacement.shape).copy()
        return State(self.problem, self.rows, self._sliding(moved), self.aligned)

    def joining(self, precision: float) -> Joining | None:
        """What happens next, if that is so near that an Euler step there errs by less than a local error of the solver.

        A row meets a line of the teacher's and slides on it; or it shrinks to zero, or students meet: there the flow
        stops.

        Raises
        ------
        StopError
            If the lines do not hold the rows that slide on them.
        """
        loss, student = self.problem.loss, self.point.parameters
        if not (loss.has_cones or loss.has_kinks):
            return None
        velocity = -self.gradient
        speed = float(np.linalg.norm(velocity))
        if speed == 0:
            return None
        # from the anchor zero the displacement may vanish, and is no scale then
        size = self.size if self.rows is not None else self.size + float(np.linalg.norm(loss.teacher.weights))
        horizon = LEAP * np.sqrt(precision) * min(size / speed, SLOW / sum(loss.norm.weights))
        if loss.has_kinks and (found := collapsing(loss, student, velocity, horizon)):
            time = (1 - REST) * found[0]
            reason = f"student row {found[1]} shrank to zero, where {loss.activation} has a kink"
            return Joining(time, self.after(self.displacement + time * velocity), velocity, reason)
        if not loss.has_cones:
            return None
        if self.aligned and not slides(self.point, self.aligned):
            raise StopError("nonsmooth", f"of the rows (student, teacher) {self.aligned} some leave their line")
        if (met := meeting(student, velocity, loss.teacher, self.aligned, horizon)) is None:
            return None
        time, i, j = met
        if j < student.width:
            reason = f"student rows {(i, j)} became parallel, where the exact gradient jumps"
            time *= 1 - REST
            return Joining(time, self.after(self.displacement + time * velocity), velocity, reason)
        joined = replace(self, aligned=(*self.aligned, (i, j - student.width)))
        joined = joined.after(self.displacement + time * velocity)
        if not slides(joined.point, joined.aligned):
            return None  # it crosses the line
        return Joining(time, joined, velocity, None)

    def _sliding(self, displacement: FloatArray) -> FloatArray:
        """A displacement with sliding rows exactly on their lines."""
        if not self.aligned:
            return displacement
        teacher, projected = self.problem.loss.teacher.weights, displacement.copy()
        for i, j in self.aligned:
            if self.rows is not None and self.rows[i] == j:  # keep the digits of a small displacement
                projected[i] = on_lines(displacement, teacher, ((i, j),))[i]
            else:
                projected[i] = on_lines(self.anchor + displacement, teacher, ((i, j),))[i] - self.anchor[i]
        return projected

    @cached_property
    def point(self) -> Point:
        """The loss at the student in coordinates, with the digits of its displacement."""
        loss, output_weights = self.problem.loss, self.problem.start.output_weights
        if self.rows is None:
            return loss.at(Parameters(self.displacement, output_weights))
        return loss.at(Parameters.displaced(loss.teacher, self.rows, self.displacement, output_weights))

    @property
    def weights(self) -> FloatArray:
        """The weights in R^d, (..., K, d)."""
        embedded = self.problem.embed(self.displacement)
        return embedded if self.rows is None else self.problem.original.teacher.weights[self.rows] + embedded

    @property
    def size(self) -> float:
        """Norm of the displacement."""
        return float(np.linalg.norm(self.displacement))


@dataclass(frozen=True, eq=False)
class Joining:
    """An Euler step to a state in which a row has joined a line, or, for a reason, to where the flow stops."""

    time: float
    state: State
    velocity: FloatArray
    reason: str | None


def resolution(state: State) -> float:
    """Displacement below which the field is rounding: neither is an error asked for there, nor a gradient told from 0.

    A few units in the last place of the largest weight; for one ReLU neuron, whose field is accurate relative to its
    displacement, the angle below which a direction has no digits left.
    """
    student, teacher = state.coordinates, state.problem.loss.teacher
    largest = max(float(np.abs(weights).max()) for weights in (student, teacher.weights))
    alone = len(student) == teacher.width == 1 and teacher.activation == RELU
    return largest * (2.0**-80 if alone else ROUNDINGS * float(np.finfo(np.float64).eps))


def negligible_gradient(state: State) -> float:
    """Gradient norm that is not told from zero: what a displacement at the resolution makes."""
    sharpness = state.point.gauss_newton.extreme_eigenvalues()[1]
    return resolution(state) * sharpness
