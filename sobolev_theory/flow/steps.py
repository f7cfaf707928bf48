r"""Integration of the gradient field, step by step, with errors controlled relative to the distance that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from ..errors import NotDifferentiableError, OverflowingError
from ..problem import SpanProblem
from .joining import joining
from .state import State, StopError

FloatArray = NDArray[np.float64]

AUTO = "auto"
"""DOP853, and Radau for as long as stability and not accuracy bounds its steps."""

EXPLICIT = {"DOP853": 3.0, "RK45": 1.6, "RK23": 1.2}
"""SciPy's explicit solvers, and their longest steps in units of the fastest time constant: half of what is stable.

At the border of stability a solver follows rounding and its own errors; within, a flow comes to rest.
"""

IMPLICIT = ("Radau", "BDF")
"""SciPy's solvers that get the exact Jacobian."""

METHODS = (AUTO, *EXPLICIT, *IMPLICIT)
"""Names of the solvers."""

CLOSER = 0.1
"""Fall of the distance to the nearest anchor after which the solver is started anew, with tolerances to match."""

PATIENCE = 60
"""Steps in a row that the stability of an explicit solver bounds, or would, before `AUTO` changes the solver."""

STALE = 50
"""Questions after which a sharpness is computed anew."""

CHATTER = 1e-7
"""Length of a step, relative to the time passed, below which `PATIENCE` steps in a row go nowhere: they cross lines."""

NEWTON = 0.03
"""Part of the tolerance to which `AUTO` solves the equations of an implicit step: SciPy asks for 1e-5 of it, which the
rounding of the field forbids for long steps. Of those so long that rounding is more than this part, all that it is.
"""

STRAY = 1e6
"""Times the largest weight beyond which a trial of a solver says nothing of where the flow goes."""

LARGEST = 600
"""Unknowns up to which `AUTO` changes the solver: an implicit step solves systems of that size."""

DEGREE, INSTANTS = 7, 33
"""Of the interpolants of all solvers, at most; how many instants of a step, evenly spaced, are looked at."""

NODES = np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE)
"""Where a step's interpolant is evaluated, of a step from -1 to 1."""

_FROM_VALUES = np.linalg.inv(chebyshev.chebvander(NODES, DEGREE))

SLOPES, BENDS = (
    chebyshev.chebvander(np.linspace(-1, 1, INSTANTS), DEGREE - n) @ chebyshev.chebder(_FROM_VALUES, n) for n in (1, 2)
)
"""Its first and second derivatives at those instants, from its values at the nodes."""


@dataclass(frozen=True, eq=False)
class AcceptedStep:
    """One accepted step: the state as a function of time on ``[start, end]``.

    The interpolant gives the unknowns, which are displacements from the anchors that ``at_start`` has.
    """

    start: float
    end: float
    at_start: State
    at_end: State
    interpolant: Callable[[float], FloatArray]

    @property
    def length(self) -> float:
        """How long it takes."""
        return self.end - self.start

    def __call__(self, t: float) -> State:
        """The state at one time."""
        if t == self.end:
            return self.at_end
        return self.at_start if t == self.start else self.at_start.after(self.interpolant(t))

    def slowest(self) -> float:
        """What the speed of the unknowns, which is the norm of the gradient to errors of the solver, is not below.

        Between instants it falls at most by the acceleration times half of the time between them. The largest one is
        taken at the instants, where it is at least 0.96 of what it is anywhere.
        """
        instants = self.start + (1 + NODES) / 2 * self.length
        values = np.array([self.interpolant(t) for t in instants])
        speeds, changes = (np.linalg.norm(of @ values, axis=1) for of in (SLOPES, BENDS))
        lower = (speeds[1:] + speeds[:-1] - changes.max() * 2 / (INSTANTS - 1)) / 2
        return float(lower.min() * 2 / self.length)


class Sharpness:
    """The largest eigenvalue of the Gauss-Newton matrix along a flow, computed anew now and then.

    That is where weights double or halve, and after `STALE` questions, three a step.
    """

    def __init__(self) -> None:
        self._size, self._value, self._asked = np.nan, np.nan, 0

    def __call__(self, state: State) -> float:
        """About that at a state."""
        size = float(np.linalg.norm(state.coordinates))
        self._asked += 1
        if self._asked > STALE or not self._size / 2 < size < 2 * self._size:
            self._size, self._value, self._asked = size, state.point.gauss_newton.extreme_eigenvalues()[1], 0
        return self._value


class Solver:
    """Which of SciPy's solvers integrates next: the one asked for, or with `AUTO` the one that suits."""

    def __init__(self, name: str, unknowns: int) -> None:
        self.loosens, self._changes = name == AUTO, name == AUTO and unknowns <= LARGEST
        self.name, self._count = "DOP853" if name == AUTO else name, 0

    def longest(self, sharpness: float) -> float:
        """The longest step that it takes."""
        return EXPLICIT[self.name] / sharpness if self.name in EXPLICIT else np.inf

    def change(self, length: float, sharpness: float) -> bool:
        """Change it after a step of some length, if that is due."""
        bounded = length >= 0.9 * EXPLICIT["DOP853"] / sharpness
        self._count = self._count + 1 if bounded == (self.name == "DOP853") else 0
        if not self._changes or self._count < PATIENCE:
            return False
        self.name, self._count = "DOP853" if self.name == "Radau" else "Radau", 0
        return True


def steps(
    problem: SpanProblem, t_max: float, rtol: float, atol: float, method: str, sharpness: Sharpness
) -> Iterator[AcceptedStep]:
    """Accepted steps of ``dW/dt = -gradient`` from the start up to ``t_max``.

    Raises
    ------
    StopError
        If the field or the solver cannot go on.
    """
    state, t = State.start(problem), 0.0
    solver, short = Solver(method, state.displacement.size), 0
    try:
        while t < t_max:
            state = state.from_nearest()
            tolerance = max(min(atol, rtol * state.size), state.resolution)
            precision = rtol + (tolerance / state.size if state.size else 0.0)
            joined = joining(state, precision)
            if joined and t + joined.time < t_max:
                yield AcceptedStep(t, t + joined.time, state, joined.state, _line(state, joined.velocity, t))
                if joined.reason:
                    raise StopError("nonsmooth", joined.reason)
                t, state = t + joined.time, joined.state
                continue
            begun = state
            for step in _smooth_steps(begun, t, t_max, rtol, tolerance, solver, sharpness):
                yield step
                t, state = step.end, step.at_end
                short = short + 1 if step.length < CHATTER * t and t < t_max else 0
                if short > PATIENCE and problem.loss.has_cones:
                    raise StopError("nonsmooth", "rows go back and forth across a line and do not slide on it")
                nearest = state.from_nearest()
                moved = (nearest.rows != begun.rows).any() or nearest.size < CLOSER * begun.size
                if moved or solver.change(step.length, sharpness(state)) or joining(state, precision):
                    break
    except NotDifferentiableError as error:
        raise StopError("nonsmooth", str(error)) from None
    except OverflowingError as error:
        raise StopError("diverged", str(error)) from None


def _line(state: State, velocity: FloatArray, start: float) -> Callable[[float], FloatArray]:
    """The unknowns along a velocity of the rows, as a function of time."""

    def line(t: float) -> FloatArray:
        moved = state.displacement + (t - start) * velocity
        return State(state.problem, state.rows, moved, state.aligned).unknowns

    return line


def _smooth_steps(
    begun: State, t: float, t_max: float, rtol: float, atol: float, solver: Solver, sharpness: Sharpness
) -> Iterator[AcceptedStep]:
    """Accepted steps of a SciPy solver, with one anchor and no row joining a line."""

    now = begun

    def field(_: float, y: FloatArray) -> FloatArray:
        state = begun.after(y)
        try:
            return state.velocity
        except OverflowingError:
            if np.abs(state.coordinates).max() <= STRAY * np.abs(now.coordinates).max():
                raise
            return np.full(len(y), np.nan)  # a trial that went far astray: the step is too long

    def jacobian(_: float, y: FloatArray) -> FloatArray:
        point = begun.after(y).point
        try:
            return -point.hessian.to_dense()
        except NotDifferentiableError:  # the field does exist: Newton's method takes what the Hessian is near the rest
            return -point.gauss_newton.to_dense()

    # the field of sliding rows has no Hessian to project: implicit methods take differences there
    exact = {"jac": jacobian} if solver.name in IMPLICIT and not begun.aligned else {}
    solver_class = getattr(scipy.integrate, solver.name)
    scipy_solver = solver_class(field, t, begun.unknowns, t_max, rtol=rtol, atol=atol, **exact)
    loosened = solver.loosens and solver.name in IMPLICIT
    while scipy_solver.status == "running":
        scipy_solver.max_step = solver.longest(sharpness(now))
        if loosened:
            rounding = now.resolution * sharpness(now) * scipy_solver.h_abs
            scipy_solver.newton_tol = min(max(NEWTON, rounding / (atol + rtol * now.size)), 1.0)
        reason = scipy_solver.step()
        if reason:
            raise StopError("failed", f"the solver gave up: {reason}")
        before, now = now, begun.after(scipy_solver.y)
        yield AcceptedStep(float(scipy_solver.t_old), float(scipy_solver.t), before, now, scipy_solver.dense_output())
