r"""Gradient flow ``dW/dt = -gradient`` of a population loss: exact dynamics, rates, and times to accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import number, one_of
from .._runtime.progress import fraction_bar
from ..errors import NotDifferentiableError
from ..losses import PopulationLoss, Student
from ..problem import SpanProblem
from .events import QUANTITIES, SAMPLES, crossing, parse_levels, quantity, reached
from .rates import Rate, tail_rate
from .state import State, StopError, negligible_gradient
from .steps import METHODS, AcceptedStep, steps

FloatArray = NDArray[np.float64]

MAX_STEPS = 50_000
"""Steps after which a flow gives up, so that one that creeps along a valley for ever does not."""

FINEST = 100 * float(np.finfo(np.float64).eps)
"""Smallest relative tolerance that the solvers can honour in double precision."""


class Flow:
    r"""The solution of ``dW/dt = -gradient``, at the times of the solver's steps and in between.

    ``flow(t)`` gives the weights at any times, shape (K, d) for a number, (n, K, d) for an array.

    Attributes
    ----------
    t
        Times of the accepted steps, shape (T,), increasing from 0.
    weights
        Hidden weights (T, K, d); formed when asked for.
    loss, gradient_norm
        Loss and Frobenius norm of its gradient, (T,).
    distance
        ``|W - V|_F``, (T,): neurons compared in the order given. NaN if student and teacher differ in width.
    status
        Why the flow ended:

        - ``"t_max"``: the end of the time asked for;
        - ``"loss"``, ``"gradient_norm"``, ``"distance"``: that quantity fell to its level in ``until``;
        - ``"stationary"``: the gradient is zero to the rounding of the weights. If ``t_max`` is finite the flow goes on
          to it at rest;
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
    widths differ), and never less than a few units in the last place of the largest weight.
    """

    def __init__(self, problem: SpanProblem, path: list[AcceptedStep], status: str, message: str) -> None:
        self.problem, self._path, self.status, self.message = problem, path, status, message
        self.t = np.array([0.0, *(step.end for step in path)])
        self.alignments = _alignments(path)
        self._states = [State.start(problem), *(step.at_end for step in path)]

    def __repr__(self) -> str:
        return f"<Flow of {self.problem.original!r} to t = {self.t[-1]:g}: {self.message}>"

    def __call__(self, t: float | FloatArray) -> FloatArray:
        """Weights at times in ``[0, flow.t[-1]]``."""
        try:
            times = np.asarray(t, dtype=np.float64)
        except (TypeError, ValueError):
            times = np.array(np.nan)
        if not ((times >= 0) & (times <= self.t[-1])).all():
            raise ValueError(f"t: times between 0 and the end of the flow, {self.t[-1]:g}, are required, got {t}")
        shape = self.problem.student.weights.shape
        return np.reshape([self._state(float(time)).weights for time in times.ravel()], (*times.shape, *shape))

    def _state(self, t: float) -> State:
        if t == 0 or not self._path:
            return self._states[0]
        return self._path[int(np.searchsorted(self.t, t)) - 1](t)

    @cached_property
    def weights(self) -> FloatArray:
        """Hidden weights (T, K, d)."""
        return np.stack([state.weights for state in self._states])

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

    def along(self, function: Callable[[State], float]) -> FloatArray:
        """A function of the state at the times ``t``, (T,)."""
        return np.array([function(state) for state in self._states])

    def rate(self) -> Rate:
        r"""Asymptotic exponential rate of the distance to the end point: a float, with its uncertainty.

        ``|W(t) - W(inf)| ~ exp(-rate t)``. The slope of ``log |W - W(inf)|`` is fitted on the tail; the end point is
        the teacher, or the critical point that Newton's method finds from the last weights. ``rate.uncertainty`` is
        the drift of the slope along the tail, ``rate.predicted`` the smallest eigenvalue of the Hessian on the tail,
        among the modes that the tail occupies: a flow never leaves its span, nor the symmetries of its start.

        In the backprop convention the field of an order whose derivative jumps is not linear at the teacher, only
        homogeneous of degree one: there the prediction depends on the direction of approach, which is why it is taken
        on the tail. For one ReLU neuron and H1 the matrix there is a Jordan block: ``t exp(-t)``, whose slope reaches 1
        as slowly as ``1 - 1/t``.

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
        given = {"loss": loss, "gradient_norm": gradient_norm, "distance": distance}
        asked = {name: level for name, level in given.items() if level is not None}
        if len(asked) != 1:
            raise ValueError(f"time_to: one of {', '.join(QUANTITIES)} is required, got {sorted(asked) or 'none'}")
        ((name, level),) = parse_levels("time_to", asked, self.problem).items()
        return self.first_time(partial(quantity, name), level)

    def first_time(self, function: Callable[[State], float], level: float) -> float:
        """First time at which a function of the state has fallen to a level, or ``inf``."""
        if reached(function(self._states[0]), level):
            return 0.0
        return next((t for step in self._path if (t := crossing(step, function, level, SAMPLES)) < np.inf), np.inf)


def gradient_flow(
    loss: PopulationLoss,
    W0: Student,
    t_max: float,
    *,
    rtol: float = 1e-10,
    atol: float = 1e-12,
    method: str = "DOP853",
    until: Mapping[str, float] | None = None,
    progress: bool = False,
) -> Flow:
    r"""Integrate ``dW/dt = -loss.gradient(W)`` from ``W0``; output weights are not trained.

    Parameters
    ----------
    loss
        Norm and convention of the field.
    W0
        Start: weights (K, d), or a `Network` with its output weights.
    t_max
        Positive end time; ``inf`` if ``until`` says when to stop.
    rtol, atol
        Bounds of the local errors of the weights: ``rtol |W - V|``, or ``atol`` where that is smaller. Where K = M
        and the student comes near the teacher, ``atol`` is lowered along with the distance, so that a loss of 1e-20
        of its start is still resolved.
    method
        ``"DOP853"``, ``"RK45"``, ``"RK23"``, or, with the exact Jacobian, ``"Radau"``, ``"BDF"``.
    until
        Levels at which to stop: ``{"loss": 1e-12}``, and likewise ``"gradient_norm"``, ``"distance"``; looked at after
        each step of the solver.
    progress
        Show a progress bar on stderr.

    Returns
    -------
    Flow
        Look at its ``status`` and ``message``: a flow that comes to rest elsewhere, aligns or diverges says so.

    Raises
    ------
    NotDifferentiableError
        If the gradient does not exist at ``W0``.
    ValueError
        For a time, a tolerance or a level that makes no sense, or a student of another dimension.

    Notes
    -----
    Computed in coordinates of ``span(W0, V)``, which the flow never leaves: beyond one QR the cost does not depend on
    d. In the exact convention an order whose derivative jumps pulls a student's row onto the line of a teacher's at a
    finite speed: they meet in finite time, and the flow goes on in Filippov's sense, the row sliding on that line;
    ``alignments`` tells when. Where a line lets go of a row, or students meet one another, the flow stops with status
    ``"nonsmooth"``.

    Examples
    --------
    >>> flow = gradient_flow(PopulationLoss([[1.0, 0.0]], "L2"), [[2.0, 0.0]], 4.0)     # w = (1 + exp(-t/2), 0)
    >>> bool(abs(flow.weights[-1, 0, 0] - 1 - np.exp(-2)) < 1e-10)
    True
    >>> gradient_flow(PopulationLoss([[1.0, 0.0]], "H1"), [[0.0, 1.0]], np.inf, until={"loss": 1e-25}).status
    'loss'
    """
    one_of("method", method, METHODS)
    rtol = number("rtol", rtol, f"a number from {FINEST:.2g}, the limit of double precision, to 1", FINEST / 1.01, 1)
    atol = number("atol", atol, "a number from 0 on", -np.finfo(np.float64).tiny, np.inf)
    if not (until and t_max == np.inf):
        t_max = number("t_max", t_max, "a positive time, inf only with until such as {'loss': 1e-12},", 0, np.inf)
    problem = SpanProblem.of(loss, W0)
    levels = parse_levels("until", until or {}, problem)
    loss.gradient(loss.at(problem.student))  # refuses a start where the field does not exist
    largest = max(float(np.abs(network.weights).max()) for network in (problem.start, problem.loss.teacher))
    number("student, teacher", largest, "a largest weight between 1e-100 and 1e100", 1e-100, 1e100)
    path: list[AcceptedStep] = []
    with fraction_bar("gradient flow", progress) as show:
        try:
            status, message = _run(problem, path, t_max, levels, (rtol, atol, method), show)
        except (StopError, NotDifferentiableError) as stop:
            status = getattr(stop, "status", "nonsmooth")
            message = f"at t = {path[-1].end if path else 0.0:g}: {stop}"
    return Flow(problem, path, status, message)


def _run(
    problem: SpanProblem,
    path: list[AcceptedStep],
    t_max: float,
    levels: dict[str, float],
    solver: tuple[float, float, str],
    show: Callable[[Callable[[], float], str], None],
) -> tuple[str, str]:
    """Fill the path until there is a reason to stop; status and message."""
    start = State.start(problem)
    begin = {name: quantity(name, start) for name in levels}
    for name, level in levels.items():
        if reached(begin[name], level):
            return name, f"the start has {name} {begin[name]:g}, at most {level:g} already"
    negligible, size = negligible_gradient(start), np.linalg.norm(start.coordinates)
    stationary = quantity("gradient_norm", start) <= negligible
    for step in () if stationary else steps(problem, t_max, *solver):
        path.append(step)
        ends = {name: crossing(step, partial(quantity, name), level) for name, level in levels.items()}
        if ends and (end := min(ends.values())) < np.inf:
            name = min(ends, key=lambda name: ends[name])
            path[-1] = replace(step, end=end, at_end=step(end))
            return name, f"{name} fell to {levels[name]:g} at t = {end:g}"
        if not size / 2 < (now := np.linalg.norm(step.at_end.coordinates)) < 2 * size:
            negligible, size = negligible_gradient(step.at_end), now
        if stationary := quantity("gradient_norm", step.at_end) <= negligible:
            break
        if len(path) >= MAX_STEPS:
            raise StopError("steps", f"{MAX_STEPS} steps passed; loosen rtol or lower t_max")
        show(partial(_fraction, step, t_max, levels, begin), f"t = {step.end:.4g}")
    if not stationary:
        return "t_max", f"t_max = {t_max:g} reached"
    state, t = (path[-1].at_end, path[-1].end) if path else (start, 0.0)
    if t < t_max < np.inf:
        path.append(AcceptedStep(t, t_max, state, lambda _: state.displacement, state))
    return "stationary", f"the gradient is zero to rounding from t = {t:g} on"


def _alignments(path: list[AcceptedStep]) -> list[tuple[float, int, int]]:
    """When rows joined lines: the pairs that a step slides on and the one before it did not."""
    found: list[tuple[float, int, int]] = []
    known: tuple[tuple[int, int], ...] = ()
    for step in path:
        found += [(step.end, i, j) for i, j in step.at_end.aligned if (i, j) not in known]
        known = step.at_end.aligned
    return found


def _fraction(step: AcceptedStep, t_max: float, levels: dict[str, float], begin: dict[str, float]) -> float:
    """How much of the way is done: of the time, or of the decades to a level."""
    done = [step.end / t_max]
    for name, level in levels.items():
        now = max(quantity(name, step.at_end), level)
        done.append(float(np.log(begin[name] / now) / np.log(begin[name] / level)))
    return max(done)
