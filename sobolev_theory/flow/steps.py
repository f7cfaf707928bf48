r"""Integration of the gradient field, step by step, with errors controlled relative to the distance that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.integrate
from numpy.typing import NDArray

from ..errors import NotDifferentiableError, OverflowingError
from ..problem import SpanProblem
from .state import State, StopError, resolution

FloatArray = NDArray[np.float64]

IMPLICIT = ("Radau", "BDF")
"""SciPy's solvers that get the exact Jacobian."""

METHODS = ("DOP853", "RK45", "RK23", *IMPLICIT)
"""SciPy's solvers."""

CLOSER = 0.1
"""Fall of the distance to the nearest anchor after which the solver is started anew, with tolerances to match."""


@dataclass(frozen=True, eq=False)
class AcceptedStep:
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


def steps(problem: SpanProblem, t_max: float, rtol: float, atol: float, method: str) -> Iterator[AcceptedStep]:
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
                yield AcceptedStep(t, t + joining.time, joining.state, _line(state, joining.velocity, t), state)
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


def _smooth_steps(
    begun: State, t: float, t_max: float, rtol: float, atol: float, method: str
) -> Iterator[AcceptedStep]:
    """Accepted steps of a SciPy solver, with one anchor and no row joining a line."""

    def field(_: float, y: FloatArray) -> FloatArray:
        return -begun.after(y).gradient.ravel()

    def jacobian(_: float, y: FloatArray) -> FloatArray:
        return -begun.after(y).point.hessian.to_dense()

    # the field of sliding rows has no Hessian to project: implicit methods take differences there
    exact = {"jac": jacobian} if method in IMPLICIT and not begun.aligned else {}
    solver_class = getattr(scipy.integrate, method)
    solver = solver_class(field, t, begun.displacement.ravel(), t_max, rtol=rtol, atol=atol, **exact)
    while solver.status == "running":
        reason = solver.step()
        if reason:
            raise StopError("failed", f"the solver gave up: {reason}")
        yield AcceptedStep(float(solver.t_old), float(solver.t), begun.after(solver.y), solver.dense_output(), begun)
