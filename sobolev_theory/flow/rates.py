"""The asymptotic rate of a gradient flow, measured on its tail; beside it what the curvature there predicts."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.results import Record
from ..critical_points import critical_point
from ..errors import ConditioningWarning, NotDifferentiableError
from ..problem import SpanProblem
from ..rescalings import conserved, rescaled, rescales
from .events import QUANTITIES
from .predicted_rates import predicted_rate
from .state import State
from .steps import AcceptedStep

FloatArray = NDArray[np.float64]

NEAR_END = 0.1
"""Distance to the end point, relative to its norm, below which the tail begins."""

RESOLVED = 1e-9
"""Relative distance down to which Newton's end point is trusted, and at which it is taken for the teacher itself."""

TAKEN = 1e-4
"""Relative distance at which a flow that comes so near the teacher is taken to end there, if hidden weights move alone:
where others do it may end at a network that is equal to it.
"""

TRUSTED = 1e3
"""Distance to the teacher, in units of what the field resolves, down to which it is used for a rate."""

TOLD = 1e-6
"""Sine of the angle, about, from which a turn of the displacements tells a second mode."""

JORDAN = 1.5
"""Factor on ``sqrt(|d rate/dt|)``, what is left of a slope ``1 - 1/(t + c)``, for its change along a quarter."""

FLAT = 1e-12
"""Eigenvalue, in units of the largest, that is not told from zero: no rate follows from it."""

LINEAR = 1e-6
"""Relative distance at which the direction of arrival is taken, which keeps ten digits there.

On cones, of the exact convention, so is the curvature, which changes by that order.
"""

ADVICE = {"t_max": "; raise t_max"} | dict.fromkeys(QUANTITIES, "; take a lower level")
"""What makes the tail of a flow longer, by why it ended."""

SAMPLES = 65
"""Times at which each of the last two quarters of the tail is sampled."""

DRIFT = 6.0
"""What can be left of the drift of a slope, in units of its change between the last two quarters of the tail.

For a slope ``1 - 1/t`` on ``[0, T]`` the quarters deviate by ``4 log(3/2)/T`` and ``4 log(4/3)/T`` from the limit: 2.4
times the change is left, and more as long as the deviation is only becoming ``1/t``. Where it decays exponentially,
less than once the change is left.
"""


class Rate(Record, float):
    """An exponential rate, measured: a float with more to say.

    Attributes
    ----------
    uncertainty
        Six times the change of the slope between the last two quarters of the tail, plus the standard error of the
        fit, plus the distance to the slower of two modes: of nearly equal ones the slope is a mean that hardly changes.
        For one neuron in the backprop convention of an order that jumps, a Jordan block, it drifts like ``1/(t + c)``,
        or not for a while: the square root of its speed, and the speed at which the displacement turns, are added.
    predicted
        Smallest eigenvalue (real part) of the Hessian at the end of the tail, among the modes that the tail occupies.
        At a teacher where that does not exist, as that of ReLU in H1, ``lambda`` of ``D(X) = lambda X``: the limit
        ``D`` of the field is `PopulationLoss.field_limit`, and ``X`` the direction in which the flow arrives. Of the
        Gauss-Newton matrix in the lengths of the rows if all of them slide (see `gradient_flow`). NaN, with a
        `ConditioningWarning`, if it is not positive.
    sharpness
        Largest eigenvalue (real part) there, in the whole of weight space, of the limit along ``X`` if it is one (of
        rows that arrive along themselves the mean of limits on either side); infinite if all rows slide.
    """

    def __new__(cls, value: float, *_: float) -> Rate:
        """A float of that value."""
        return super().__new__(cls, value)

    def __init__(self, value: float, uncertainty: float, predicted: float, sharpness: float) -> None:
        self.uncertainty, self.predicted, self.sharpness = uncertainty, predicted, sharpness

    def facts(self) -> dict[str, Any]:
        """The rate, and what else is known."""
        return {"rate": float(self), **vars(self)}

    def __str__(self) -> str:
        return f"{float(self):.6g} +- {self.uncertainty:.1g}, predicted {self.predicted:.6g}"


def tail_rate(problem: SpanProblem, path: list[AcceptedStep], status: str) -> Rate:
    """The slope of ``-log |W(t) - W(inf)|`` on the last quarter of the tail of a flow."""
    if not path:
        raise ValueError(f"rate: a flow that moves is required, this one ended at its start with {status!r}")
    ended = f"this one ended at t = {path[-1].end:g} with {status!r}{ADVICE.get(status, '')}"
    end, floor = _end_point(problem, path[-1].at_end, ended)

    def distance(state: State) -> float:
        return float(np.linalg.norm(state.displaced_from(end)))

    distances = np.array([distance(step.at_end) for step in path])
    far = np.flatnonzero(distances > NEAR_END * np.linalg.norm(end))
    resolved = np.flatnonzero(distances >= floor)
    first, last = (far[-1] + 1 if len(far) else 0), (resolved[-1] if len(resolved) else -1)
    if last <= first or distances[last] > NEAR_END * distances[first]:
        raise ValueError(
            f"rate: a flow that comes near its end point and stays there for a decade is required, {ended}"
        )
    times = np.linspace((path[first].end + path[last].end) / 2, path[last].end, 2 * SAMPLES)
    ends = [step.end for step in path]
    states = [path[int(np.searchsorted(ends, t))](float(t)) for t in times]
    logarithms = np.log([distance(state) for state in states])
    early, _ = _slope(times[:SAMPLES], logarithms[:SAMPLES])
    late, error = _slope(times[SAMPLES:], logarithms[SAMPLES:])
    near = np.flatnonzero(logarithms >= np.log(LINEAR * np.linalg.norm(end)))
    state = states[near[-1] if len(near) else 0]
    predicted, sharpness = predicted_rate(problem, state, end)
    if predicted <= FLAT * sharpness < np.inf:
        warnings.warn(
            f"rate: the end of the flow has the eigenvalue {predicted:.3g} along its tail, zero or negative to "
            "rounding; no exponential rate follows from it, predicted is NaN: the slope of the tail is the rate",
            ConditioningWarning,
            stacklevel=4,  # this, rate, its decorator
        )
        predicted = np.nan
    slower = _slower(states[0], states[SAMPLES], end, -late)  # before the last quarter, which may end at the rounding
    uncertainty = DRIFT * abs(late - early) + error + abs(late + slower)
    if problem.loss.terms.jumps and not problem.loss.has_cones and problem.start.width == 1:
        quarter = times[-1] - times[SAMPLES]
        uncertainty += _turning(states[SAMPLES], end) + JORDAN * np.sqrt(abs(late - early) / quarter)
    return Rate(-late, uncertainty, predicted, sharpness)


def _end_point(problem: SpanProblem, state: State, ended: str) -> tuple[FloatArray, float]:
    """Coordinates of the critical point near a state, and the distance to it below which rounding is seen."""
    near = state.from_nearest()
    if problem.is_standard and near.is_anchored and near.size < TAKEN * np.linalg.norm(near.anchor):
        return near.anchor, TRUSTED * state.resolution
    try:
        point = critical_point(problem.loss, problem.parameters_at(state.coordinates))
    except NotDifferentiableError:
        raise ValueError(
            "rate: a flow that comes nearer to the teacher, or to a point with a Hessian, is required"
        ) from None
    found = problem.loss.parameters(point.student).rows(problem.layout)
    anchor = State.at(problem, found).from_nearest().anchor
    if rescales(problem):  # of all networks that are equal the flow reaches one
        values = conserved(problem, state.coordinates)
        found, anchor = rescaled(problem, found, values), rescaled(problem, anchor, values)
    size = float(np.linalg.norm(found))
    if not point.converged or np.linalg.norm(found - state.coordinates) > NEAR_END * size:
        raise ValueError(f"rate: a flow that comes near a critical point is required, {ended}")
    if np.linalg.norm(found - anchor) < RESOLVED * size:
        return anchor, TRUSTED * state.resolution if problem.is_standard else RESOLVED * size
    return found, RESOLVED * size


def _slope(times: FloatArray, logarithms: FloatArray) -> tuple[float, float]:
    """Slope of the least-squares line, with its standard error."""
    fit, covariance = np.polyfit(times, logarithms, 1, cov=True)
    return float(fit[0]), float(np.sqrt(covariance[0, 0]))


def _slower(first: State, last: State, end: FloatArray, rate: float) -> float:
    """Rate of the slower of two modes of which displacements consist: an eigenvalue of ``B``, gradients ``G = X B``.

    The slope of ``|X|`` is a mean of both. If displacements do not tell a second mode from rounding, the rate given.
    """
    states = first, last
    moved = np.array([state.displaced_from(end).ravel() for state in states])
    gradients = np.array([state.gradient.ravel() for state in states])
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    told = max(TOLD, TRUSTED * max(state.resolution for state in states) / float(lengths.min()))
    modes, _, rank, _ = np.linalg.lstsq((moved / lengths).T, (gradients / lengths).T, rcond=told)
    return float(np.linalg.eigvals(modes).real.min()) if rank == 2 else rate


def _turning(state: State, end: FloatArray) -> float:
    """Speed at which the direction of the displacement turns: the residual of its eigenvalue equation."""
    displacement, gradient = state.displaced_from(end), state.gradient
    across = gradient - displacement * (np.vdot(gradient, displacement) / np.vdot(displacement, displacement))
    return float(np.linalg.norm(across) / np.linalg.norm(displacement))
