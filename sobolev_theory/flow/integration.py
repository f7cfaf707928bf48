r"""Gradient flow ``dW/dt = -gradient`` of a population loss, from a start until there is a reason to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import number, one_of
from .._runtime.progress import fraction_bar
from ..errors import NotDifferentiableError
from ..losses import PopulationLoss, Student
from ..problem import SpanProblem
from .events import fall, parse_levels, quantity, reached, watched
from .solution import Flow
from .state import State, StopError
from .steps import AUTO, METHODS, AcceptedStep, Sharpness, steps

FloatArray = NDArray[np.float64]

MAX_STEPS = 50_000
"""Steps after which a flow gives up, so that one that creeps along a valley for ever does not."""

FINEST = 100 * float(np.finfo(np.float64).eps)
"""Smallest relative tolerance that the solvers can honour in double precision."""


def relative_tolerance(rtol: float) -> float:
    """The argument ``rtol`` of a flow."""
    return number("rtol", rtol, f"a number from {FINEST:.2g}, the limit of double precision, to 1", FINEST / 1.01, 1)


@np.errstate(all="ignore")
def gradient_flow(
    loss: PopulationLoss,
    W0: Student,
    t_max: float,
    *,
    rtol: float = 1e-10,
    atol: float = 1e-12,
    method: str = AUTO,
    until: Mapping[str, float] | None = None,
    progress: bool = False,
) -> Flow:
    r"""Integrate ``dW/dt = -loss.gradient(W)`` from ``W0``, in all parameters that move in the loss.

    Parameters
    ----------
    loss
        Norm and convention of the field.
    W0
        Start: weights (K, d), or a `Network`, which it has to be where more moves than hidden weights.
    t_max
        Positive end time; ``inf`` if ``until`` says when to stop.
    rtol, atol
        Bounds of the local errors of the weights: ``rtol |W - V|``, or ``atol`` where that is smaller. Where K = M and
        the student comes near the teacher, ``atol`` is lowered along with the distance, and the field, if hidden
        weights move alone at standard inputs and the activation has kernels of its own, is formed from it without
        cancellation: a loss of 1e-40 is reached in every norm (not in the exact convention of one that jumps, nor where
        rows of the teacher are parallel: see `Flow`).
    method
        ``"auto"``: DOP853, and Radau while stability and not accuracy would bound its steps; or always ``"DOP853"``,
        ``"RK45"``, ``"RK23"``, or, with the exact Jacobian, ``"Radau"``, ``"BDF"``.
    until
        Levels at which to stop: ``{"loss": 1e-12}``, and likewise ``"gradient_norm"``, ``"distance"``; they are looked
        for within the steps of the solver. A loss that is rounding, 1e-16 where neurons cannot match, is at no level.
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
    Computed in coordinates of ``span(W0, V)``, which the flow never leaves: beyond one QR the cost does not
    depend on d. With a mean, a covariance or a metric of few eigenvalues the space is that of their projections to each
    eigenspace; a general covariance has none that is smaller than R^d. In the exact convention an order whose
    derivative jumps pulls a student's row onto the line of a teacher's at a finite speed: they meet in finite time, and
    the flow goes on in Filippov's sense, the row sliding on that line; ``alignments`` tells when. Where a line lets go
    of a row, or students meet one another, the flow stops with status ``"nonsmooth"``; and where rows meet at all, with
    biases, other inputs or metric, or more that moves than hidden weights.

    Where all parameters of ReLU^n move, ``|w_i|^2 + b_i^2 - n a_i^2`` of every neuron is conserved.

    Examples
    --------
    >>> flow = gradient_flow(PopulationLoss([[1.0, 0.0]], "L2"), [[2.0, 0.0]], 4.0)     # w = (1 + exp(-t/2), 0)
    >>> bool(abs(flow.weights[-1, 0, 0] - 1 - np.exp(-2)) < 1e-10)
    True
    >>> gradient_flow(PopulationLoss([[1.0, 0.0]], "H1"), [[0.0, 1.0]], np.inf, until={"loss": 1e-25}).status
    'loss'
    >>> from sobolev_theory import Network
    >>> loss = PopulationLoss(Network([[1.0, 0.0]], biases=[0.5]), "L2", parameters=("output_weights", "weights"))
    >>> flow = gradient_flow(loss, Network([[0.5, 0.5]], biases=[0.5]), 9.0)
    >>> bool(flow.distance[-1] < 0.2), loss.split(flow(9.0))["output_weights"].shape
    (True, (1,))
    """
    one_of("method", method, METHODS)
    rtol = relative_tolerance(rtol)
    atol = number("atol", atol, "a number from 0 on", -np.finfo(np.float64).tiny, np.inf)
    problem = SpanProblem.of(loss, W0)
    levels = parse_levels("until", {} if until is None else until, problem)
    if not (levels and isinstance(t_max, float) and t_max == np.inf):
        t_max = number("t_max", t_max, "a positive time, inf only with until such as {'loss': 1e-12},", 0, np.inf)
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
    begin = {name: watched(name, start) for name in levels}
    for name, level in levels.items():
        if reached(begin[name], level):
            return name, f"the start has {name} {begin[name]:g}, at most {level:g} already"
    sharpness = Sharpness()
    stationary = _is_at_rest(start, sharpness)
    for step in () if stationary else steps(problem, t_max, *solver, sharpness):
        path.append(step)
        ends = {name: fall(step, name, level) for name, level in levels.items()}
        if ends and (end := min(ends.values())) < np.inf:
            name = min(ends, key=lambda name: ends[name])
            path[-1] = replace(step, end=end, at_end=step(end))
            return name, f"{name} fell to {levels[name]:g} at t = {end:g}"
        if stationary := _is_at_rest(step.at_end, sharpness):
            break
        if len(path) >= MAX_STEPS:
            raise StopError("steps", f"{MAX_STEPS} steps passed; loosen rtol or lower t_max")
        show(partial(_fraction, step, t_max, levels, begin), f"t = {step.end:.4g}")
    if not stationary:
        return "t_max", f"t_max = {t_max:g} reached"
    state, t = (path[-1].at_end, path[-1].end) if path else (start, 0.0)
    if (row := state.vanished) is not None:
        raise StopError("nonsmooth", f"student row {row} shrank to zero, where {problem.loss.activation} has a kink")
    if t < t_max < np.inf:
        path.append(AcceptedStep(t, t_max, state, state, lambda _: state.unknowns))
    return "stationary", f"the gradient is zero to rounding from t = {t:g} on"


def _is_at_rest(state: State, sharpness: Sharpness) -> bool:
    """Whether the gradient is not told from zero: at most what a displacement at the resolution makes."""
    return quantity("gradient_norm", state) <= state.resolution * sharpness(state)


def _fraction(step: AcceptedStep, t_max: float, levels: dict[str, float], begin: dict[str, float]) -> float:
    """How much of the way is done: of the time, or of the decades to a level."""
    done = [step.end / t_max]
    for name, level in levels.items():
        now = max(watched(name, step.at_end), level)
        done.append(float(np.log(begin[name] / now) / np.log(begin[name] / level)))
    return max(done)
