r"""Integration of the gradient field, step by step, with errors controlled relative to the distance that is left.

The unknown is the displacement ``D = W - P`` from an anchor ``P``: the teacher, its neurons in the order nearest to
the student. A solver that saw ``W`` would stop resolving ``D`` at ``rtol |W|``; here the tolerance follows ``|D|`` down
to the rounding of the weights, and the anchor follows the student. Where widths or output weights differ, ``P = 0``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.integrate
from numpy.typing import NDArray

from ..errors import NotDifferentiableError, OverflowingError
from ..networks import Displaced, Network, matching
from ..problem import SpanProblem
from .sliding import Aligned, collapsing, has_kinks, meeting, on_lines, slides

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

IMPLICIT = ("Radau", "BDF")
"""SciPy's solvers that get the exact Jacobian."""

METHODS = ("DOP853", "RK45", "RK23", *IMPLICIT)
"""SciPy's solvers."""

SLOW = 100.0
"""Longest time scale, in units of that of the norm, at which a row still counts as moving at a finite speed."""

REST = 1e-3
"""Part of the way to where the gradient has no value that a flow which stops there leaves out."""

LEAP = 0.3
"""Part of ``sqrt(precision)`` times the time scale within which a row is led onto a line by one Euler step: its local
error, the square, is a tenth of the tolerance. Explicit solvers chatter about a line only at a hundredth of that.
"""

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

    def from_nearest(self) -> State:
        """The same weights from the nearest anchor."""
        order = matching(self.network, self.problem.loss.teacher)
        if order is None or (self.order is not None and (order == self.order).all()):
            return self
        teacher = self.problem.loss.teacher.weights
        return replace(self, order=order, displacement=self.displacement + (self.anchor - teacher[order]))

    @classmethod
    def start(cls, problem: SpanProblem) -> State:
        """The start of the problem; the displacement is taken in R^d, where it has no rounding near the teacher."""
        state = cls(problem, None, problem.start.weights).from_nearest()
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

    def joining(self, precision: float) -> Joining | None:
        """What happens next, if that is so near that an Euler step there errs by less than a local error of the solver.

        A row meets a line of the teacher's and slides on it; or it shrinks to zero, or students meet: there the flow
        stops.

        Raises
        ------
        StopError
            If the lines do not hold the rows that slide on them.
        """
        loss, student = self.problem.loss, self.network
        if not (loss.has_cones or has_kinks(loss)):
            return None
        velocity = -self.gradient
        speed = float(np.linalg.norm(velocity))
        if speed == 0:
            return None
        # from the anchor zero the displacement may vanish, and is no scale then
        size = self.size if self.order is not None else self.size + float(np.linalg.norm(loss.teacher.weights))
        horizon = LEAP * np.sqrt(precision) * min(size / speed, SLOW / sum(loss.sobolev_weights))
        if has_kinks(loss) and (found := collapsing(loss, student, velocity, horizon)):
            time = (1 - REST) * found[0]
            reason = f"student row {found[1]} shrank to zero, where {loss.activation} has a kink"
            return Joining(time, self.after(self.displacement + time * velocity), velocity, reason)
        if not loss.has_cones:
            return None
        if self.aligned and not slides(loss, student, loss.sliding_gradient(student), self.aligned):
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
        if not slides(loss, joined.network, loss.sliding_gradient(joined.network), joined.aligned):
            return None  # it crosses the line
        return Joining(time, joined, velocity, None)

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
class Joining:
    """An Euler step to a state in which a row has joined a line, or, for a reason, to where the flow stops."""

    time: float
    state: State
    velocity: FloatArray
    reason: str | None


@dataclass(frozen=True, eq=False)
class Step:
    """One accepted step: the state as a function of time on ``[start, end]``."""

    start: float
    end: float
    at_end: State
    interpolant: Callable[[FloatArray | float], FloatArray]
    begun: State

    def __call__(self, t: float) -> State:
        """The state at one time."""
        if t == self.end:
            return self.at_end
        return self.begun.after(self.interpolant(t))


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
    state, t = State.start(problem), 0.0
    try:
        while t < t_max:
            state = state.from_nearest()
            tolerance = max(min(atol, rtol * state.size), resolution(state))
            precision = rtol + (tolerance / state.size if state.size else 0.0)
            joining = state.joining(precision)
            if joining and t + joining.time < t_max:
                yield Step(t, t + joining.time, joining.state, _line(state, joining.velocity, t), state)
                if joining.reason:
                    raise StopError("nonsmooth", joining.reason)
                t, state = t + joining.time, joining.state
                continue
            for step in _smooth_steps(state, t, t_max, rtol, tolerance, method):
                yield step
                t, state = step.end, step.at_end
                nearer = state.from_nearest().size < CLOSER * step.begun.size
                if nearer or state.joining(precision):
                    break
    except NotDifferentiableError as error:
        raise StopError("nonsmooth", str(error)) from None
    except OverflowingError as error:
        raise StopError("diverged", str(error)) from None


def _line(state: State, velocity: FloatArray, start: float) -> Callable[[FloatArray | float], FloatArray]:
    """The displacement along a velocity, as a function of time."""
    return lambda t: state.displacement + (t - start) * velocity


def _smooth_steps(begun: State, t: float, t_max: float, rtol: float, atol: float, method: str) -> Iterator[Step]:
    """Accepted steps of a SciPy solver, with one anchor and no row joining a line."""
    loss = begun.problem.loss

    def field(_: float, y: FloatArray) -> FloatArray:
        return -begun.after(y).gradient.ravel()

    def jacobian(_: float, y: FloatArray) -> FloatArray:
        return -loss.hessian(begun.after(y).network).to_dense()

    # the field of sliding rows has no Hessian to project: implicit methods take differences there
    exact = {"jac": jacobian} if method in IMPLICIT and not begun.aligned else {}
    solver_class = getattr(scipy.integrate, method)
    solver = solver_class(field, t, begun.displacement.ravel(), t_max, rtol=rtol, atol=atol, **exact)
    while solver.status == "running":
        reason = solver.step()
        if reason:
            raise StopError("failed", f"the solver gave up: {reason}")
        yield Step(float(solver.t_old), float(solver.t), begun.after(solver.y), solver.dense_output(), begun)
