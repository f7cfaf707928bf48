"""The solution of a gradient flow: weights and quantities at any times, its rate, and times to accuracy."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import between, number
from .._runtime.results import Record
from ..layout import Layout
from ..networks import Network
from ..problem import SpanProblem
from .events import crossing, one_level, quantity, reached, watched
from .rates import Rate, tail_rate
from .state import State
from .steps import AcceptedStep

FloatArray = NDArray[np.float64]


class Flow(Record):
    r"""The solution of ``dW/dt = -gradient``, at the times of the solver's steps and in between.

    ``flow(t)`` gives the weights at any times, shape (K, d) for a number, (n, K, d) for an array; if more than hidden
    weights moves, the flat vector of all that does, (P,), or (n, P). ``flow.student(t)`` is a `Network`.

    Attributes
    ----------
    t
        Times of the accepted steps, shape (T,), increasing from 0.
    weights
        Hidden weights (T, K, d); formed when asked for.
    parameters
        Flat vectors of all that moves, (T, P); see ``loss.split``.
    loss, gradient_norm
        Loss and Frobenius norm of its gradient, (T,).
    distance
        ``|W - V|_F``, (T,), of all that moves: neurons compared in the order given. NaN if student and teacher differ
        in width.
    status
        Why the flow ended:

        - ``"t_max"``: the end of the time asked for;
        - ``"loss"``, ``"gradient_norm"``, ``"distance"``: that quantity fell to its level in ``until``;
        - ``"stationary"``: the gradient is zero to the rounding of the weights, at the teacher or elsewhere. If
          ``t_max`` is finite the flow goes on to it at rest;
        - ``"nonsmooth"``: the gradient does not exist where the flow arrived: a ReLU row shrank to zero, or, in the
          exact convention, rows became parallel and do not stay so;
        - ``"diverged"``, ``"failed"``, ``"steps"``: the field overflowed, the solver gave up, or `MAX_STEPS` passed.
    message
        The same in words.
    alignments
        Times at which student row ``i`` met the line of teacher row ``j`` and went on sliding on it, as ``(t, i, j)``:
        in the exact convention only, see `gradient_flow`.

    Notes
    -----
    Weights carry an error of about ``rtol`` times the distance to the teacher that is left (times ``|W|`` if the
    widths differ). Near the teacher it is followed down to ``2^-80`` of the weights, or to ``2^-160`` if the loss has a
    derivative that jumps and so falls linearly; not in the exact convention of such a norm, nor near parallel rows of
    the teacher, unless both are one ReLU neuron: a few units in the last place of the largest weight remain there. The
    loss of rows that slide has 1e-17 of the distance left, as their direction is rounded.
    """

    def __init__(self, problem: SpanProblem, path: list[AcceptedStep], status: str, message: str) -> None:
        self.problem, self._path, self.status, self.message = problem, path, status, message
        self.t = np.array([0.0, *(step.end for step in path)])
        self.alignments = _alignments(path)
        self._states = [State.start(problem), *(step.at_end for step in path)]

    def facts(self) -> dict[str, Any]:
        """What flowed, how far, and where it ended."""
        return {
            "of": self.problem.original,
            "steps": len(self._path),
            "end": self.t[-1],
            "status": self.status,
            "message": self.message,
        }

    @np.errstate(all="ignore")
    def __call__(self, t: float | FloatArray) -> FloatArray:
        """Weights, or flat vectors of what moves, at times in ``[0, flow.t[-1]]``."""
        times = between("t", t, f"times between 0 and the end of the flow, {self.t[-1]:g},", 0, self.t[-1])
        layout = self._layout
        found = [layout.flat(self._state(float(time)).student.rows(layout)) for time in times.ravel()]
        return layout.given(np.reshape(found, (*times.shape, layout.size)))

    @np.errstate(all="ignore")
    def student(self, t: float) -> Network:
        """The student at a time in ``[0, flow.t[-1]]``, with all that it has."""
        (time,) = between("t", t, f"a time between 0 and the end of the flow, {self.t[-1]:g},", 0, self.t[-1]).ravel()
        return self._state(float(time)).network

    @property
    def _layout(self) -> Layout:
        return self.problem.original.layout(self.problem.student.width)

    def _state(self, t: float) -> State:
        if t == 0 or not self._path:
            return self._states[0]
        return self._path[int(np.searchsorted(self.t, t)) - 1](t)

    @cached_property
    def weights(self) -> FloatArray:
        """Hidden weights (T, K, d)."""
        return np.stack([state.student.weights for state in self._states])

    @cached_property
    def parameters(self) -> FloatArray:
        """Flat vectors of what moves (T, P)."""
        return np.stack([self._layout.flat(state.student.rows(self._layout)) for state in self._states])

    @cached_property
    def loss(self) -> FloatArray:
        """Loss (T,)."""
        return self.along(partial(quantity, "loss"))

    @cached_property
    def gradient_norm(self) -> FloatArray:
        """Norm of the gradient (T,)."""
        return self.along(partial(quantity, "gradient_norm"))

    @cached_property
    def distance(self) -> FloatArray:
        """Distance to the teacher (T,)."""
        return self.along(partial(quantity, "distance"))

    @np.errstate(all="ignore")
    def along(self, function: Callable[[State], float]) -> FloatArray:
        """A function of the state at the times ``t``, (T,)."""
        return np.array([function(state) for state in self._states])

    @np.errstate(all="ignore")
    def rate(self) -> Rate:
        r"""Asymptotic exponential rate of the distance to the end point: a float, with its uncertainty.

        ``|W(t) - W(inf)| ~ exp(-rate t)``. The slope of ``log |W - W(inf)|`` is fitted on the tail; the end point is
        the teacher, or the critical point that Newton's method finds from the last weights. ``rate.uncertainty`` is
        the drift of the slope along the tail, ``rate.predicted`` the smallest eigenvalue of the Hessian on the tail,
        among the modes that the tail occupies: a flow never leaves its span, nor the symmetries of its start.

        In the backprop convention the field of an order whose derivative jumps is not linear at the teacher, only
        homogeneous of degree one: ``D(X)`` (`PopulationLoss.field_limit`). A flow arrives along an ``X`` with
        ``D(X) = lambda X``, and ``lambda`` is predicted; at teachers that are not orthonormal there are several, and
        the start decides. For one ReLU neuron and H1 the tail is ``t exp(-t)``, whose slope reaches 1 as slowly as
        ``1 - 1/t``.

        Raises
        ------
        ValueError
            If the flow has not come near an end point, or two rows aligned.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss, gradient_flow
        >>> rate = gradient_flow(PopulationLoss([[1.0, 0.0]], "L2"), [[0.5, 0.8]], 60.0).rate()
        >>> print(f"{rate:.4f}, predicted {rate.predicted:.4f}")
        0.5000, predicted 0.5000
        """
        return tail_rate(self.problem, self._path, self.status)

    def time_to(
        self, *, loss: float | None = None, gradient_norm: float | None = None, distance: float | None = None
    ) -> float:
        """First time at which one quantity has fallen to a level; ``inf`` if it does not along this flow.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss, gradient_flow
        >>> flow = gradient_flow(PopulationLoss([[1.0, 0.0]], "L2"), [[2.0, 0.0]], 10.0)
        >>> round(flow.time_to(distance=0.1), 6)           # exp(-t/2) = 1/10
        4.60517
        """
        name, level = one_level(self.problem, loss=loss, gradient_norm=gradient_norm, distance=distance)
        return self.first_time(partial(watched, name), level)

    @np.errstate(all="ignore")
    def first_time(self, function: Callable[[State], float], level: float) -> float:
        """First time at which a function of the state has fallen to a positive level, or ``inf``."""
        level = number("level", level, "a positive finite level", 0, np.inf)
        if reached(function(self._states[0]), level):
            return 0.0
        return next((t for step in self._path if (t := crossing(step, function, level)) < np.inf), np.inf)


def _alignments(path: list[AcceptedStep]) -> list[tuple[float, int, int]]:
    """When rows joined lines: the pairs that a step slides on and the one before it did not."""
    found: list[tuple[float, int, int]] = []
    known: tuple[tuple[int, int], ...] = ()
    for step in path:
        found += [(step.end, i, j) for i, j in step.at_end.aligned if (i, j) not in known]
        known = step.at_end.aligned
    return found
