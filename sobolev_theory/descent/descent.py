r"""Gradient descent with a fixed step: what gradient flow becomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import flag, instance_of, number, positive_integer
from .._runtime.progress import tracked
from .._runtime.results import Record
from .._runtime.sizes import require_memory
from ..flow.events import one_level, parse_levels, quantity, reached, watched
from ..flow.state import State
from ..losses import PopulationLoss, Student
from ..problem import SpanProblem
from .best_step import best_step, curvature_at_teacher
from .iteration import Iteration
from .optimisers import GradientDescent

FloatArray = NDArray[np.float64]


class Descent(Record):
    """The iterates of gradient descent.

    Attributes
    ----------
    weights
        Hidden weights of all iterates, (n + 1, K, d); formed when asked for. There are fewer than the steps asked for
        if it ended before.
    parameters
        Flat vectors of all that moves, (n + 1, P); see ``loss.split``.
    loss, gradient_norm
        Loss and gradient norm of each, (n + 1,).
    distance
        ``|W - V|_F`` of each, of all that moves; NaN if student and teacher differ in width.
    step
        The step taken.
    status
        ``"loss"``, ``"gradient_norm"``, ``"distance"``: that level was reached; ``"steps"``: all were taken;
        ``"stationary"``: the weights came back to where they were, to the bit, or to 8 roundings of the largest after
        64 iterations or more; ``"diverged"``: weights grew beyond 1e30, or to where the gradient is no double, and the
        iterates end before that.
    """

    def __init__(self, problem: SpanProblem, rows: FloatArray, step: float, status: str) -> None:
        self.problem, self._rows, self.step, self.status = problem, rows, step, status

    @property
    def diverged(self) -> bool:
        """Whether the weights grew beyond 1e30."""
        return self.status == "diverged"

    def facts(self) -> dict[str, Any]:
        """How many steps of which size, and where they ended."""
        last = self.problem.at(self._rows[-1]).value
        return {"steps": len(self._rows) - 1, "step": self.step, "loss": last, "status": self.status}

    @cached_property
    def weights(self) -> FloatArray:
        """Hidden weights of the iterates."""
        return self.problem.hidden_weights(self.problem.embed(self._rows))

    @cached_property
    def parameters(self) -> FloatArray:
        """Flat vectors of what moves."""
        layout = self.problem.original.layout(self.problem.student.width)
        return layout.flat(self.problem.embed(self._rows))

    @cached_property
    def loss(self) -> FloatArray:
        """Loss of the iterates."""
        return self._along("loss")

    @cached_property
    def gradient_norm(self) -> FloatArray:
        """Gradient norm of the iterates."""
        return self._along("gradient_norm")

    @cached_property
    def distance(self) -> FloatArray:
        """Distance of the iterates to the teacher."""
        return self._along("distance")

    def time_to(
        self, *, loss: float | None = None, gradient_norm: float | None = None, distance: float | None = None
    ) -> float:
        """First iteration after which one quantity has fallen to a level; ``inf`` if it does not in this descent.

        Time is counted in iterations. In units of gradient flow (`Flow.time_to`), each is as long as ``step``.

        Examples
        --------
        >>> descent = gradient_descent(PopulationLoss([[1.0, 0.0]], "L2"), [[1.5, 0.0]], 9, step=1.0)
        >>> descent.time_to(distance=0.1), descent.time_to(distance=1e-9)      # 1/2 halved k times
        (3.0, inf)
        """
        name, level = one_level(self.problem, loss=loss, gradient_norm=gradient_norm, distance=distance)
        fallen = (reached(watched(name, state), level) for state in self._states)
        with np.errstate(all="ignore"):
            return next((float(k) for k, at_level in enumerate(fallen) if at_level), np.inf)

    @property
    def _states(self) -> Iterator[State]:
        return (State.at(self.problem, rows) for rows in self._rows)

    @np.errstate(all="ignore")
    def _along(self, name: str) -> FloatArray:
        return np.array([quantity(name, state) for state in self._states])


@np.errstate(all="ignore")
def gradient_descent(
    loss: PopulationLoss,
    W0: Student,
    steps: int,
    *,
    step: float | None = None,
    until: Mapping[str, float] | None = None,
    progress: bool = False,
) -> Descent:
    r"""Iterate ``W <- W - step * loss.gradient(W)``.

    Near the teacher the error contracts by ``(kappa - 1)/(kappa + 1)`` per iteration at the best step: see `best_step`.

    Parameters
    ----------
    loss, W0
        Norm and convention; start, weights (K, d) or a `Network`, which it has to be where more moves.
    steps
        Number of iterations, positive. It ends before if the weights come to rest, up to their rounding, or reach a
        level.
    step
        Positive step size; by default the best one at the teacher: that of ``best_step`` of its Hessian towards the
        start, or of the Gauss-Newton matrix where that does not exist, as in the exact convention of a jump.
    until
        Levels at which to stop, as those of `gradient_flow`: ``{"loss": 1e-12}``, and likewise ``"gradient_norm"``,
        ``"distance"``; at the first iterate that is at most one of them.
    progress
        Show a progress bar on stderr.

    Raises
    ------
    NotDifferentiableError
        If the gradient does not exist at an iterate.
    ValueError
        For a step or a level that makes no sense; if there is no step, for a student and a teacher of different widths
        or that differ in what does not move, or a teacher where no step contracts.
    SizeError
        If so many iterates do not fit into memory.

    Notes
    -----
    Computed in coordinates of ``span(W0, V)``, which the iterates never leave.

    Examples
    --------
    >>> descent = gradient_descent(PopulationLoss([[1.0, 0.0]], "L2"), [[1.5, 0.0]], 3, step=1.0)
    >>> descent.distance                                                     # |1 - 1/2| per iteration
    array([0.5   , 0.25  , 0.125 , 0.0625])
    >>> gradient_descent(PopulationLoss([[1.0, 0.0]], "H1"), [[0.0, 1.0]], 1000, until={"loss": 1e-9}).status
    'loss'
    """
    count = positive_integer("steps", steps)
    instance_of("loss", loss, PopulationLoss)
    if step is None:
        step = best_step(curvature_at_teacher(loss, loss.student(W0))).step
    step = number("step", step, "a positive step size", 0, np.inf)
    loss.gradient(W0)  # refuses a start where the gradient does not exist
    problem = SpanProblem.of(loss, W0)
    levels = parse_levels("until", {} if until is None else until, problem)
    advice = "take fewer steps, from the last iterate on again if need be, or gradient_flow"
    require_memory("steps", count * problem.start_rows.size, advice)
    iteration = Iteration(GradientDescent(step), lambda rows: problem.at(rows).gradient_rows, problem.start_rows, count)
    iterates: list[FloatArray] = []
    for rows in tracked(iteration, count + 1, "gradient descent", flag("progress", progress)):
        iterates.append(rows)
        if levels and (name := _level_reached(problem, rows, levels)) is not None:
            return Descent(problem, np.array(iterates), step, name)
    return Descent(problem, np.array(iterates), step, iteration.status)


def _level_reached(problem: SpanProblem, rows: FloatArray, levels: Mapping[str, float]) -> str | None:
    """The first quantity that is at its level."""
    state = State.at(problem, rows)
    return next((name for name, level in levels.items() if reached(watched(name, state), level)), None)
