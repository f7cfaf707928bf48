"""Which critical point one run of gradient flow leads to: the flow chooses it, Newton's method finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..critical_points import CriticalPoint, critical_point, is_zero
from ..errors import NotDifferentiableError
from ..flow.integration import gradient_flow
from ..flow.solution import Flow
from ..losses import PopulationLoss, Student
from ..networks import Network
from .results import EndPoint

FloatArray = NDArray[np.float64]

LOOSE: dict[str, Any] = {"method": "BDF", "rtol": 1e-3, "atol": 1e-3}
"""How the flow is followed at first. Long implicit steps are cheap on the slow way into a minimum, but damp what should
grow at a saddle: a run that seems to end in one is followed again from its start, as `gradient_flow` does by default.
"""

LEVELS = (1e-4, 1e-6, 1e-8, 1e-10)
"""Gradient norms, relative to that at the start, at which Newton's method is tried. A flow that passes by a saddle is
slow there as well: it goes on to the next level, and has left the saddle by then unless that is where it ends.
"""

NEAR = 1e-2
"""Relative distance within which Newton's method must find its point for that to be where the flow is going.

Heuristic: at gradient 1e-4 a minimum whose smallest eigenvalue is 1e-2 of the largest is as far.
"""

TOL = 1e-12
"""Gradient of a critical point, relative to its natural scale."""

SETTLED = ("gradient_norm", "stationary", "t_max")
"""Statuses of a flow whose end can be polished."""

T_MAX = 1e5
"""Time after which a run gives up."""


def end_of_run(loss: PopulationLoss, start: Student, run: int) -> EndPoint:
    """Where gradient flow from a start ends."""
    if loss.has_cones:  # loose tolerances would not let rows meet, and lines cannot be left and joined again
        return _followed(loss, start, run, LEVELS[-1:], {})
    end = _followed(loss, start, run, LEVELS, LOOSE)
    return end if end.kind != "saddle" else _followed(loss, start, run, LEVELS, {})


def _followed(
    loss: PopulationLoss, start: Student, run: int, levels: tuple[float, ...], options: dict[str, Any]
) -> EndPoint:
    """Follow the flow from level to level until it is seen to which minimum it leads."""
    unit, student = float(np.linalg.norm(loss.gradient(start))) or 1.0, start
    for level in levels:
        flow = gradient_flow(loss, student, T_MAX, until={"gradient_norm": level * unit}, **options)
        student = flow.student(flow.t[-1])
        end = _named(loss, run, flow, student)
        minimum = end.kind in ("global minimum", "spurious minimum")
        if minimum or flow.status not in ("gradient_norm", "stationary") or (end.kind == "saddle" and options):
            break
    return end


def _named(loss: PopulationLoss, run: int, flow: Flow, student: Network) -> EndPoint:
    """The critical point near the end of a flow, or that end itself, by its name."""
    point = _polished(loss, student) if flow.status in SETTLED else None
    if point is None:
        value, norm = _or_nan(loss.value, student), _or_nan(loss.gradient, student)
        nonsmooth = flow.status == "nonsmooth" or np.isnan(norm)
        kind = "global minimum" if is_zero(loss, value) else "nonsmooth" if nonsmooth else "unconverged"
        end = (value, norm, np.empty(0), np.empty(0, np.intp), None, flow.message)
        return EndPoint(run, kind, student.weights, *end, _moving(loss, student))
    exists, values = point.curvature == "hessian", point.spectrum.values.real
    kind = "nonsmooth" if not exists else "saddle" if point.index else "spurious minimum"
    if point.is_global:
        kind = "global minimum"
    index, values = (point.index, values) if exists else (None, values[:0])
    counts = point.spectrum.multiplicities[: len(values)]
    found = (point.value, point.gradient_norm, values, counts, index, flow.message)
    return EndPoint(run, kind, point.weights, *found, _moving(loss, point.student))


def _moving(loss: PopulationLoss, student: Network) -> FloatArray | None:
    """The flat vector of what moves, if that is more than hidden weights."""
    layout = loss.layout(student.width)
    return None if layout.only_weights else layout.flat(loss.parameters(student).rows(layout))


def _polished(loss: PopulationLoss, student: Student) -> CriticalPoint | None:
    """The critical point near the end of a flow, if there is one."""
    try:
        point = critical_point(loss, student, tol=TOL)
    except NotDifferentiableError:
        return None
    layout = loss.layout(point.student.width)
    found, before = (loss.parameters(each).rows(layout) for each in (point.student, student))
    return point if point.converged and np.linalg.norm(found - before) <= NEAR * np.linalg.norm(before) else None


def _or_nan(function: Callable[[Student], float | FloatArray], student: Network) -> float:
    """The norm of a value or a gradient, NaN where it does not exist."""
    try:
        return float(np.linalg.norm(function(student)))
    except ValueError:
        return np.nan
