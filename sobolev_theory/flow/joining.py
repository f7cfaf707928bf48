"""What happens to a flow next, where its field jumps: a row joins a line, or the flow stops."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..networks import or_zeros
from ..parameters import Parameters
from .sliding import collapsing, meeting, slides
from .state import State, StopError

FloatArray = NDArray[np.float64]

SLOW = 100.0
"""Longest time scale, in units of that of the norm, at which a row still counts as moving at a finite speed."""

REST = 1e-3
"""Part of the way to where the gradient has no value that a flow which stops there leaves out."""

LEAP = 0.3
"""Part of ``sqrt(precision)`` times the time scale within which a row is led onto a line by one Euler step: its local
error, the square, is a tenth of the tolerance. Explicit solvers chatter about a line only at a hundredth of that.
"""


@dataclass(frozen=True, eq=False)
class Joining:
    """An Euler step to a state in which a row has joined a line, or, for a reason, to where the flow stops."""

    time: float
    state: State
    velocity: FloatArray
    reason: str | None


def joining(state: State, precision: float) -> Joining | None:
    """What happens next, if that is so near that an Euler step there errs by less than a local error of the solver.

    A row meets a line of the teacher's and slides on it; or it shrinks to zero, or students meet: there the flow
    stops.

    Raises
    ------
    StopError
        If the lines do not hold the rows that slide on them, or a row has shrunk to what is not told from zero.
    """
    loss, width = state.problem.loss, state.problem.start.width
    if not (loss.has_cones or loss.has_kinks):
        return None
    velocity = -state.gradient
    speed = float(np.linalg.norm(velocity))
    if speed == 0:
        return None
    # from the anchor zero the displacement may vanish, and is no scale then
    size = state.size if state.is_anchored else state.size + float(np.linalg.norm(state.problem.teacher_rows))
    horizon = LEAP * np.sqrt(precision) * min(size / speed, SLOW / sum(loss.norm.weights))
    if found := collapsing(state.problem, state.coordinates, velocity, horizon, state.resolution):
        reason = f"student row {found[1]} shrank to zero, where {loss.activation} has a kink"
        if not found[0] < horizon:
            raise StopError("nonsmooth", reason)
        return _stopping(state, velocity, found[0], reason)
    if not loss.has_cones:
        return None
    if not state.problem.is_standard:
        return _affine_meeting(state, velocity, horizon, size)
    if state.aligned and not slides(state.point, state.aligned):
        raise StopError("nonsmooth", f"of the rows (student, teacher) {state.aligned} some leave their line")
    teacher = state.problem.teacher_rows
    if (met := meeting(state.coordinates, velocity, teacher, state.aligned, horizon, size)) is None:
        return None
    time, i, j = met
    if j < width:
        reason = f"student rows {(i, j)} became parallel, where the exact gradient jumps"
        return _stopping(state, velocity, time, reason)
    moved = State(state.problem, state.rows, state.displacement + time * velocity)
    joined = moved.sliding_on((*state.aligned, (i, j - width)))
    if not slides(joined.point, joined.aligned):
        return None  # it crosses the line
    return Joining(time, joined, velocity, None)


def _affine_meeting(state: State, velocity: FloatArray, horizon: float, size: float) -> Joining | None:
    r"""The stop where neurons that attract each other come to bend on one hyperplane: none is followed that slides.

    The order ``n`` that jumps has ``a_i c_j g^n E[\sigma^{(n)} \sigma^{(n)}]``. The mean is largest at the angle 0 and
    least at pi, the tips of cones, and ``g^n`` has the sign ``(-1)^n`` beside pi.
    """
    student = state.problem.parameters_at(state.coordinates)
    teacher, still = Parameters.of_network(state.problem.loss.teacher), student.silent
    moving = replace(still, weights=0 * still.weights, biases=None).at_rows(state.problem.layout, velocity)
    met = meeting(_hyperplanes(student), _hyperplanes(moving), _hyperplanes(teacher), (), horizon, size)
    if met is None:
        return None
    time, i, j = met
    outputs = np.concatenate([student.output_weights, -teacher.output_weights])
    weights = np.concatenate([student.weights, teacher.weights])
    opposite, order = weights[i] @ weights[j] < 0, int(state.problem.loss.activation.jump_order or 0)
    if outputs[i] * outputs[j] * (-1) ** (opposite * (order + 1)) > 0:
        return None
    other = f"student row {j}" if j < student.width else f"teacher row {j - student.width}"
    reason = (
        f"student row {i} and {other} came to bend on one hyperplane, where the exact gradient jumps; rows that slide "
        "are followed where hidden weights move alone, of neurons without biases at standard inputs and metric"
    )
    return _stopping(state, velocity, time, reason)


def _hyperplanes(neurons: Parameters) -> FloatArray:
    """Where neurons bend: ``(w_i, b_i)``, (K, n + 1)."""
    return np.column_stack([neurons.weights, or_zeros(neurons.biases, neurons.width)])


def _stopping(state: State, velocity: FloatArray, time: float, reason: str) -> Joining:
    """The step that leads, but for a part, to where the flow stops."""
    time *= 1 - REST
    moved = State(state.problem, state.rows, state.displacement + time * velocity, state.aligned)
    return Joining(time, moved, velocity, reason)
