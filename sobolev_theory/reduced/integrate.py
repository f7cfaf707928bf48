r"""Trajectories of planar systems whose field may jump across coordinate lines.

Where the field points to such a line from both sides, the trajectory slides on it, with the velocity along the line
that both sides share (Filippov); elsewhere it crosses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import between, number
from .._runtime.results import Record, Value
from ..flow.integration import relative_tolerance

FloatArray = NDArray[np.float64]

Sides = tuple[int, ...]
"""Of each line, +1 above its level, -1 below, 0 on it: held there by the field from both sides."""

Field = Callable[[FloatArray, Sides], FloatArray]
"""``field(state, sides)``: the velocity on the given sides, none of them 0, continued smoothly beyond the lines."""

Line = tuple[int, float]
"""The line on which the coordinate of a number has a level."""

STIFF, BEGINNING = 5e3, 400
"""Number of time constants from which an implicit solver is cheaper: an explicit one needs two gradients for each; and
how many of them the explicit one follows all the same, within which most flows come to rest.
"""

STABLE = 4.0
"""Longest explicit step, in time constants: of six, at the border of stability, it would follow its own errors."""

PATIENCE = 300_000
"""Evaluations of the field after which a flow gives up."""

ROUNDINGS = 8 * float(np.finfo(np.float64).eps)
"""Change of a coordinate, relative, in the fastest time constant, which is not told from rest."""

SMALLEST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False, repr=False)
class PlanarFlow(Record, Value):
    """A trajectory of a planar system; ``flow(t)`` gives states at any times in ``[0, t_max]``.

    Attributes
    ----------
    names
        The two coordinates, in words.
    t, states
        Times of the solver's steps (T,), and states there (T, 2).
    status
        ``"t_max"``, or ``"stationary"`` if the field vanished to rounding before: the flow goes on at rest from then.
    alignment_time
        Time from which on a student's row is parallel to a teacher's, reached at a finite speed in the exact convention
        of a norm whose highest derivative jumps; ``inf`` if that does not happen.
    """

    names: tuple[str, str]
    t: FloatArray
    states: FloatArray
    status: str
    alignment_time: float
    _solution: scipy.integrate.OdeSolution

    def facts(self) -> dict[str, Any]:
        """Where it began and ended."""
        return {
            "coordinates": ", ".join(self.names),
            "start": self.states[0],
            "end": self.states[-1],
            "t": self.t[-1],
            "steps": len(self.t) - 1,
            "alignment_time": self.alignment_time,
        }

    def __call__(self, t: ArrayLike) -> FloatArray:
        """States at times in ``[0, t_max]``, shape (..., 2)."""
        times = between("t", t, f"times between 0 and the end of the flow, {self.t[-1]:g},", 0, self.t[-1])
        if not times.size:
            return np.empty((*times.shape, 2))
        with np.errstate(all="ignore"):
            states: FloatArray = self._solution(times.ravel()).T.reshape(*times.shape, 2)
        return states


@np.errstate(all="ignore")
def integrate(
    names: tuple[str, str],
    field: Field,
    start: FloatArray,
    t_max: float,
    *,
    rtol: float,
    atol: FloatArray,
    rest: FloatArray,
    sharpness: float,
    lines: Sequence[Line] = (),
) -> PlanarFlow:
    """The trajectory from ``start``; ``sharpness`` is about the largest rate, and decides the solver.

    It is at rest where no coordinate changes by more than its rounding, or ``rest``, in the fastest time constant.
    """
    t_max = number("t_max", t_max, "a positive finite time", 0, np.inf)
    rtol = relative_tolerance(rtol)
    change = t_max if sharpness * t_max < STIFF else BEGINNING / sharpness
    plane, t, state, aligned = _Plane(field, lines), 0.0, start, np.inf
    sides = plane.sides(state)
    times, states, interpolants = [np.zeros(1)], [start[None]], []
    rested = _Rest(plane.velocity(sides), rest, sharpness)(t, state) <= 0
    while t < t_max:
        aligned = min(aligned, t) if 0 in sides else np.inf
        if rested:
            times.append(np.array([t_max]))
            states.append(state[None])
            interpolants.append(partial(_held, state))
            break
        exits = plane.exits(sides)
        explicit = t < change
        piece = scipy.integrate.solve_ivp(
            plane.velocity(sides),
            (t, change if explicit else t_max),
            state,
            method="DOP853" if explicit else "Radau",
            max_step=STABLE / sharpness if explicit else np.inf,
            dense_output=True,
            events=[*exits, _Rest(plane.velocity(sides), rest, sharpness)],
            rtol=rtol,
            atol=atol,
        )
        if piece.status < 0:
            raise ValueError(f"t_max: the solver stopped at t = {piece.t[-1]:g}, lower t_max: {piece.message}")
        t, state = float(piece.t[-1]), piece.y[:, -1].copy()
        *left, rests = piece.t_events
        rested = len(rests) > 0
        for leave in (leave for leave, at in zip(exits, left, strict=True) if len(at)):
            state, sides = plane.leave(state, sides, leave)
        if t > times[-1][-1]:
            times.append(piece.t[1:])
            states.append(np.vstack([piece.y.T[1:-1], state]))
            interpolants += piece.sol.interpolants
    knots = np.concatenate(times)
    # Of two pieces that meet at a knot the later one: on the line exactly.
    solution = scipy.integrate.OdeSolution(knots, interpolants, alt_segment=True)
    return PlanarFlow(names, knots, np.concatenate(states), "stationary" if rested else "t_max", aligned, solution)


def _held(state: FloatArray, t: FloatArray) -> FloatArray:
    """A state at rest, at any times."""
    return np.multiply.outer(state, np.ones_like(t))


@dataclass
class _Rest:
    """A terminal SciPy event: the velocity has fallen to what is not told from zero."""

    velocity: Callable[[float, FloatArray], FloatArray]
    rest: FloatArray
    sharpness: float
    terminal: bool = True
    direction: int = -1

    def __call__(self, t: float, state: FloatArray) -> float:
        floor = self.sharpness * np.maximum(self.rest, ROUNDINGS * np.abs(state))
        return float((np.abs(self.velocity(t, state)) / floor).max() - 1)


@dataclass(frozen=True)
class _Exit:
    """A terminal SciPy event; `side` is the side of the line to be on afterwards, None if the field has to say."""

    value: Callable[[FloatArray], float]
    direction: int
    line: int
    side: int | None
    terminal: bool = True

    def __call__(self, _: float, state: FloatArray) -> float:
        return self.value(state)


@dataclass
class _Plane:
    """A field and the lines across which it jumps; it counts evaluations."""

    field: Field
    lines: Sequence[Line]
    count: int = 0

    def sides(self, state: FloatArray) -> Sides:
        """The sides on which a trajectory from a state begins."""
        sides = tuple(int(np.sign(self._height(state, i))) for i in range(len(self.lines)))
        for i in (i for i, side in enumerate(sides) if side == 0):
            sides = self._departure(state, sides, i)
        return sides

    def velocity(self, sides: Sides) -> Callable[[float, FloatArray], FloatArray]:
        """The velocity as long as the sides do not change."""
        held = [axis for (axis, _), side in zip(self.lines, sides, strict=True) if side == 0]

        def velocity(t: float, state: FloatArray) -> FloatArray:
            self.count += 1
            if self.count > PATIENCE:
                raise ValueError(f"t_max: no end after {PATIENCE} evaluations at t = {t:g}; lower t_max or raise rtol")
            value = self.field(state, tuple(side or 1 for side in sides))
            value[held] = 0.0
            return value

        return velocity

    def exits(self, sides: Sides) -> list[_Exit]:
        """What ends a stay on the sides: a line is reached, or the field no longer holds the state on it."""
        exits = []
        for i, side in enumerate(sides):
            if side:
                exits.append(_Exit(partial(self._height, i=i), -side, i, None))
            else:
                exits += [_Exit(partial(self._pull, sides=sides, i=i, side=to), 1, i, to) for to in (1, -1)]
        return exits

    def leave(self, state: FloatArray, sides: Sides, end: _Exit) -> tuple[FloatArray, Sides]:
        """State and sides after an exit."""
        if end.side is not None:
            return state, _replaced(sides, end.line, end.side)
        axis, level = self.lines[end.line]
        state[axis] = level
        return state, self._departure(state, sides, end.line)

    def _height(self, state: FloatArray, i: int) -> float:
        """Height above line ``i``."""
        axis, level = self.lines[i]
        return float(state[axis] - level)

    def _pull(self, state: FloatArray, sides: Sides, i: int, side: int) -> float:
        """Velocity away from line ``i`` on one side of it, positive if a state on the line leaves it to there."""
        beside = tuple(s or 1 for s in _replaced(sides, i, side))
        away = side * float(self.field(state, beside)[self.lines[i][0]])
        return away - SMALLEST  # a field that vanishes on the line holds: its sign never changes

    def _departure(self, state: FloatArray, sides: Sides, i: int) -> Sides:
        """The side to which the field leads from line ``i``."""
        leads = (side for side in (1, -1) if self._pull(state, sides, i, side) > 0)
        return _replaced(sides, i, next(leads, 0))


def _replaced(sides: Sides, i: int, side: int) -> Sides:
    return (*sides[:i], side, *sides[i + 1 :])
