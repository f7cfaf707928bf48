r"""Integration of the gradient field, step by step, with errors controlled relative to the distance that is left.

The unknown is the displacement ``D = W - P`` from an anchor ``P``: the teacher, its neurons in the order nearest to
the student. A solver that saw ``W`` would stop resolving ``D`` at ``rtol |W|``; here the tolerance follows ``|D|`` down
to the rounding of the weights, and the anchor follows the student. With other widths than the teacher's, ``P = 0``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.integrate
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from .alignment import Aligned, collapsed, has_cones, met, on_lines, slides
from .errors import NotDifferentiableError
from .networks import Displaced, Network
from .span import SpanProblem

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

METHODS = ("DOP853", "RK45", "RK23", "Radau", "BDF")
"""SciPy's solvers; the last two are implicit and get the exact Jacobian."""

CLOSER = 0.1
"""Fall of the distance to the nearest anchor after which the solver is started anew, with tolerances to match."""

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

    Rows that slide on the line of a teacher's row (see `alignment`) are in ``aligned``.
    """

    problem: SpanProblem
    order: IntArray | None
    displacement: FloatArray
    aligned: Aligned = ()

    @classmethod
    def nearest(cls, problem: SpanProblem, state: State) -> State:
        """The same weights from the nearest anchor."""
        if not problem.is_square:
            return state
        rows, teacher = state.coordinates, problem.loss.teacher.weights
        order = linear_sum_assignment(((rows[:, None] - teacher) ** 2).sum(axis=-1))[1]
        if state.order is not None and (order == state.order).all():
            return state
        return replace(state, order=order, displacement=state.displacement + (state.anchor - teacher[order]))

    @classmethod
    def start(cls, problem: SpanProblem) -> State:
        """The start of the problem; the displacement is taken in R^d, where it has no rounding near the teacher."""
        state = cls.nearest(problem, cls(problem, None, problem.start.weights))
        if state.order is None or problem.basis is None:
            return state
        given = problem.student.weights - problem.original.teacher.weights[state.order]
        return cls(problem, state.order, given @ problem.basis)

    @property
    def anchor(self) -> FloatArray:
        """The rows displaced from, in coordinates."""
        if self.order is None:
            return np.zeros(self.displacement.shape[-2:])
        rows: FloatArray = self.problem.loss.teacher.weights[self.order]
        return rows

    @property
    def coordinates(self) -> FloatArray:
        """The weights in coordinates, (..., K, n)."""
        return self.anchor + self.displacement

    @property
    def gradient(self) -> FloatArray:
        """The gradient in coordinates, (K, n); of sliding rows what is left of it along their lines."""
        loss = self.problem.loss
        if not self.aligned:
            return loss.gradient(self.network)
        return on_lines(loss.sliding_gradient(self.network), loss.teacher.weights, self.aligned)

    def after(self, displacement: FloatArray) -> State:
        """The state of another displacement from the same anchor, (K n,)."""
        moved = np.reshape(displacement, self.displacement.shape).copy()
        return replace(self, displacement=self._sliding(moved))

    def joined(self) -> State:
        """The state with rows that have met a line sliding on it.

        Raises
        ------
        StopError
            If a row shrank to zero, the pull of the lines does not hold all sliding rows, or students met one another.
        """
        loss, student = self.problem.loss, self.network
        if zero := collapsed(student, loss.teacher):
            raise StopError("nonsmooth", f"student rows {zero} shrank to zero, where {loss.activation} has a kink")
        if not has_cones(loss):
            return self
        pair, state = met(student, loss.teacher, self.aligned), self
        if pair:
            where = f"rows {pair} of [W; V] became parallel, where the exact gradient jumps"
            if pair[1] < student.width:
                raise StopError("nonsmooth", where)
            joined = replace(self, aligned=(*self.aligned, (pair[0], pair[1] - student.width)))
            state = replace(joined, displacement=joined._sliding(self.displacement))
        if state.aligned:
            gradient = loss.sliding_gradient(state.network)
            if not slides(loss, state.network, gradient, state.aligned):
                raise StopError("nonsmooth", f"of the rows (student, teacher) {state.aligned} on one line, some part")
        return state

    def _sliding(self, displacement: FloatArray) -> FloatArray:
        """A displacement with sliding rows exactly on their lines."""
        if not self.aligned:
            return displacement
        teacher, projected = self.problem.loss.teacher.weights, displacement.copy()
        for i, j in self.aligned:
            if self.order is not None and self.order[i] == j:  # keep the digits of a small displacement
                projected[i] = on_lines(displacement, teacher, ((i, j),))[i]
            else:
                projected[i] = on_lines(self.anchor + displacement, teacher, ((i, j),))[i] - self.anchor[i]
        return projected

    @property
    def network(self) -> Network:
        """The student in coordinates, with the digits of its displacement."""
        problem, output_weights = self.problem, self.problem.start.output_weights
        if self.order is None:
            return problem.network(self.displacement)
        return Displaced(problem.loss.teacher, self.order, self.displacement, output_weights)

    @property
    def weights(self) -> FloatArray:
        """The weights in R^d, (..., K, d)."""
        embedded = self.problem.embed(self.displacement)
        return embedded if self.order is None else self.problem.original.teacher.weights[self.order] + embedded

    @property
    def size(self) -> float:
        """Norm of the displacement."""
        return float(np.linalg.norm(self.displacement))


@dataclass(frozen=True, eq=False)
class Step:
    """One accepted step: the state as a function of time on ``[start, end]``."""

    start: float
    end: float
    at_end: State
    interpolant: Callable[[FloatArray | float], FloatArray]

    def __call__(self, t: float) -> State:
        """The state at one time."""
        if t == self.end:
            return self.at_end
        return self.at_end.after(self.interpolant(t))


def resolution(state: State) -> float:
    """Displacement below which the field is rounding: neither is an error asked for there, nor a gradient told from 0.

    A few units in the last place of the largest weight; for one ReLU neuron, whose field is accurate relative to its
    displacement, the angle below which a direction has no digits left.
    """
    student, teacher = state.coordinates, state.problem.loss.teacher
    largest = max(float(np.abs(weights).max()) for weights in (student, teacher.weights))
    alone = len(student) == teacher.width == 1 and teacher.activation == "relu"
    return largest * (2.0**-80 if alone else ROUNDINGS * float(np.finfo(np.float64).eps))


def negligible_gradient(state: State) -> float:
    """Gradient norm that is not told from zero: what a displacement at the resolution makes."""
    sharpness = state.problem.loss.gauss_newton(state.network).extreme_eigenvalues()[1]
    return resolution(state) * sharpness


def steps(problem: SpanProblem, t_max: float, rtol: float, atol: float, method: str) -> Iterator[Step]:
    """Accepted steps of ``dW/dt = -gradient`` from the start up to ``t_max``.

    Raises
    ------
    StopError
        If the field or the solver cannot go on.
    """
    solver_class = getattr(scipy.integrate, method)
    state, t = State.start(problem), 0.0
    while t < t_max:
        begun = state

        def field(_: float, y: FloatArray, begun: State = begun) -> FloatArray:
            return -begun.after(y).gradient.ravel()

        def jacobian(_: float, y: FloatArray, begun: State = begun) -> FloatArray:
            return -problem.loss.hessian(begun.after(y).network).to_dense()

        exact = {"jac": jacobian} if method in ("Radau", "BDF") else {}
        tolerance = max(min(atol, rtol * begun.size), resolution(begun))
        try:
            solver = solver_class(field, t, begun.displacement.ravel(), t_max, rtol=rtol, atol=tolerance, **exact)
            while solver.status == "running":
                reason = solver.step()
                if reason:
                    raise StopError("failed", f"the solver gave up: {reason}")
                t, state = float(solver.t), begun.after(solver.y)
                yield Step(float(solver.t_old), t, state, solver.dense_output())
                joined = state.joined()
                nearer = State.nearest(problem, joined)
                if joined is not state or nearer.size < CLOSER * begun.size:
                    state = nearer
                    break
        except NotDifferentiableError as error:
            raise StopError("nonsmooth", str(error)) from None
        except ValueError as error:
            raise StopError("diverged", str(error)) from None
