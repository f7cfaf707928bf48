r"""One-pass stochastic gradient descent with fresh Gaussian inputs, beside the theory that it is to follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_array, counted, flag, instance_of, number, positive_integer
from .._runtime.checks import generator as as_generator
from .._runtime.parallel import Workers, ordered_map
from .._runtime.progress import tracked
from .._runtime.sizes import require_memory
from ..descent.iteration import LARGEST
from ..errors import SizeError
from ..flow.integration import gradient_flow
from ..losses import PopulationLoss, Student
from ..networks import Network
from ..parameters import Parameters
from ..problem import SpanProblem
from .batches import batch_gradient
from .limits import LONGEST
from .residual import Array, Residual
from .trajectories import SampledDescent, SampledQuantity

Steps = NDArray[np.intp]

RECORDED = 25
"""Steps at which iterates are kept by default, besides the start; fewer where they would coincide."""


@dataclass(frozen=True)
class Plan:
    """Step size, inputs of each step, and the numbers of steps after which the iterate is kept, increasing."""

    step: float
    batch: int
    recorded: Steps


def descent(
    loss: PopulationLoss,
    W0: Student,
    *,
    step: float,
    batch: int,
    steps: int,
    record: ArrayLike | None = None,
    runs: int = 8,
    rng: Any = None,
    workers: Workers = 1,
    progress: bool = False,
) -> SampledDescent:
    r"""Runs of SGD, ``W <- W - step * (gradient of the sampled loss)``, beside exact gradient descent and exact flow.

    Every step of every run draws ``batch`` fresh inputs, and takes the gradient that automatic differentiation returns
    for the mean of their losses ``sum_m lambda_m/2 |grad^m f_S - grad^m f_T|^2``: its expectation is ``loss.gradient``.
    Beside the runs stand the iterates of `gradient_descent` of the same step, which have no noise, and `gradient_flow`
    at the times ``step * k``, which has no step either. Iterates are judged by their exact population losses.

    Parameters
    ----------
    loss, W0
        Norm and teacher; the common start of all runs, weights (K, d) or a `Network`.
    step
        Positive step size.
    batch, steps
        Inputs of one step, and number of steps.
    record
        Numbers of steps after which iterates are kept, increasing, from 0 to ``steps``; the runs end with the last.
        By default 0 and up to 25, spaced geometrically, to ``steps``.
    runs
        Number of independent runs.
    rng
        Passed to `numpy.random.default_rng`.
    workers
        As in `verify`: a run is a task, and the result is the same, bit for bit, for any workers.
    progress
        Show a progress bar on stderr.

    Returns
    -------
    SampledDescent
        Means over the runs, standard errors, and quotients with descent and flow; a table. Runs that diverge are
        counted and are in no mean.

    Raises
    ------
    ValueError
        For the exact convention of a norm whose highest derivative jumps: its gradient holds Dirac terms, which no
        sampled input meets. For numbers that make no sense.
    NotDifferentiableError
        If the gradient does not exist at the start.
    SizeError
        If what is recorded does not fit into memory, or the inputs would take days to draw.

    Notes
    -----
    Memory grows with what is recorded alone. Inputs have all ``d`` components, since noise leaves ``span(W0, V)``: a
    run costs ``steps * batch * d (K + M)`` operations, while descent and flow do not depend on ``d``.

    *The noise of L2*, and of every norm whose derivatives are continuous, has near the teacher a covariance of second
    order in the distance: means drift off those of descent at a rate proportional to ``step/batch`` (measured for 5
    neurons and steps of 0.1: by up to ``6/batch`` over four decades of loss). But noise keeps no symmetry of the start:
    where one lets the flow contract faster, SGD ends with the slowest mode.

    *The noise of H1 with ReLU* (of ReLU^n at order n) does not. Near a teacher without parallel rows, with matched
    students ``W = V + X``, an input between ``w_j`` and ``v_j`` gives a gradient that does not shrink with ``X``; only
    such inputs become rarer, as the angle between them. So for the gradients ``g`` of single inputs, at leading order,

    .. math:: \mathbb{E} |g|^2 = \frac{\lambda_1^2}{2\pi} \sum_i a_i^2 \; \sum_j a_j^2 \, |v_j| \, |X_j^\perp|,

    with ``X_j^perp`` the part of ``X_j`` orthogonal to ``v_j`` (``theorem/sampled_noise``). For small steps

    .. math:: \frac{d}{dt} \mathbb{E} |X|^2 = -2\, \mathbb{E} \langle X, D(X) \rangle
              + \frac{\mathrm{step}}{\mathrm{batch}} \mathbb{E} |g|^2

    with the limit ``D(X)`` of the gradient (`PopulationLoss.field_limit`): a variance of first order beside a
    contraction of second, which takes over where ``|X|`` is of the order of ``step/batch``, from any start. One neuron
    collects the variance ``(step/batch) lambda_1^2 |v||X| / (pi (lambda_0 + lambda_1))`` along ``v``.

    *Below that* (measured at orthonormal teachers of 2 to 8 neurons; not proved) there is no floor. An input between
    ``w_j`` and ``v_j`` comes ``(batch/step) sum_j angle_j / pi`` times in a unit of time, and sooner or later none
    comes any more. Then the run contracts as the Gauss-Newton matrix says, whose smallest eigenvalue is larger than
    that of the field (0.34 against 0.18 for 5 neurons): the typical run overtakes the flow, while the mean is decided
    by the few that are still hit. See ``loss.median``.

    Examples
    --------
    >>> loss = PopulationLoss([[1.0, 0.0], [0.0, 1.0]], "L2")
    >>> sgd = descent(loss, [[0.9, 0.3], [-0.2, 0.8]], step=0.1, batch=100, steps=200, runs=4, rng=0)
    >>> sgd.weights.shape, bool(np.abs(sgd.loss.over_descent - 1).max() < 0.2)
    ((4, 23, 2, 2), True)
    """
    instance_of("loss", loss, PopulationLoss)
    if loss.has_cones:
        raise ValueError(
            "loss: derivative='backprop' is required, got 'exact', whose gradient holds Dirac terms of the derivative "
            f"that jumps: gradients of sampled losses never do, nor does their mean; PopulationLoss(V, "
            f"{loss.norm.argument!r}) is the loss that SGD follows"
        )
    runs, steps, batch = (positive_integer(*one) for one in (("runs", runs), ("steps", steps), ("batch", batch)))
    start = loss.student(W0)
    _require_days(start, steps, batch, runs)
    plan = Plan(number("step", step, "a positive step size", 0, np.inf), batch, _recorded(record, steps))
    kept = (runs + 2) * len(plan.recorded) * (start.weights.size + 2)
    require_memory("runs", 2 * kept, "take fewer runs, or record fewer steps")
    loss.gradient(start)  # refuses a start where the gradient does not exist
    entropy = [int(word) for word in as_generator(rng).integers(2**32, size=4)]
    seeds = (np.random.SeedSequence(entropy, spawn_key=(run,)) for run in range(runs))
    shown = flag("progress", progress)
    with ordered_map(workers) as parallel:
        followed = parallel(partial(_sampled, loss, start, plan), seeds)
        sampled = [*tracked(followed, runs, "sampled descent", shown)]
        exact = _judged(loss, start, _exact(loss, start, plan))
        flow, status = _flowed(loss, start, plan)
    return _result(loss, plan, sampled, exact, _judged(loss, start, flow), status)


def _recorded(record: ArrayLike | None, steps: int) -> Steps:
    """The steps to keep."""
    if record is None:
        return np.unique(np.rint([0, *np.geomspace(1, steps, RECORDED)]).astype(np.intp))
    given = as_array("record", record, ("recorded",))
    if not (given[0] >= 0 and (np.diff(given) > 0).all() and 0 < given[-1] <= steps and (given % 1 == 0).all()):
        raise ValueError(
            f"record: increasing whole numbers from 0 to {counted(steps)} steps, the last of them positive, are "
            f"required, got {given if len(given) < 9 else f'{len(given)} from {given[0]:g} to {given[-1]:g}'}"
        )
    return given.astype(np.intp)


def _require_days(start: Network, steps: int, batch: int, runs: int) -> None:
    """Refuse more inputs than can be drawn in days."""
    if runs * batch > (most := LONGEST // (steps * max(start.weights.shape))):
        raise SizeError(
            f"batch: at most {counted(most)} inputs can be drawn in each of {counted(steps)} steps, in all runs "
            f"together, got {counted(runs)} x {counted(batch)}; take smaller batches, fewer runs or fewer steps"
        )


@np.errstate(all="ignore")
def iterates(gradient: Callable[[Array], Array], start: Array, plan: Plan) -> Array:
    """``W <- W - step * gradient(W)``, recorded, (R, K, n); NaN from where it has diverged.

    It never ends at rest, unlike `Iteration`: a batch that fires no neuron moves nothing, and the next one may.
    """
    kept = np.full((len(plan.recorded), *start.shape), np.nan)
    weights, done = start, 0
    for row, k in enumerate(plan.recorded):
        for _ in range(k - done):
            weights = weights - plan.step * gradient(weights)
            if not np.abs(weights).max() <= LARGEST:
                return kept
        kept[row], done = weights, k
    return kept


Judged = tuple[Array, Array, Array]
"""Iterates, their losses, and their L2 losses."""


def _sampled(loss: PopulationLoss, start: Network, plan: Plan, seed: np.random.SeedSequence) -> Judged:
    """One run of SGD."""
    rng, K = np.random.default_rng(seed), start.width
    residual = Residual.of(loss, start, np.zeros((0, *start.weights.shape)))

    def gradient(weights: Array) -> Array:
        return batch_gradient(replace(residual, weights=np.vstack([weights, residual.weights[K:]])), rng, plan.batch)

    return _judged(loss, start, iterates(gradient, start.weights, plan))


def _exact(loss: PopulationLoss, start: Network, plan: Plan) -> Array:
    """Iterates of gradient descent, (R, K, d), followed in the span."""
    problem = SpanProblem.of(loss, start)
    return problem.embed(iterates(lambda weights: problem.at(weights).gradient, problem.start.weights, plan))


def _flowed(loss: PopulationLoss, start: Network, plan: Plan) -> tuple[Array, str]:
    """The flow at the times of the steps, (R, K, d), NaN after its end, and its status."""
    times = plan.step * plan.recorded
    flow = gradient_flow(loss, start, times[-1])
    kept = np.full((len(times), *start.weights.shape), np.nan)
    reached = times <= flow.t[-1]
    kept[reached] = flow(times[reached])
    return kept, flow.status


@np.errstate(all="ignore")
def _judged(loss: PopulationLoss, start: Network, weights: Array) -> Judged:
    """Iterates with their exact losses; those of diverged ones are NaN."""
    prediction = PopulationLoss(loss.teacher, "L2")
    values = np.full((2, len(weights)), np.nan)
    for k in np.flatnonzero(np.isfinite(weights).all(axis=(1, 2))):
        parameters = Parameters(weights[k], start.output_weights)
        values[:, k] = [judge.at(parameters).value for judge in (loss, prediction)]
    return weights, values[0], values[1]


def _result(
    loss: PopulationLoss, plan: Plan, sampled: Sequence[Judged], exact: Judged, flow: Judged, status: str
) -> SampledDescent:
    weights, losses, errors = (np.stack(each) for each in zip(*sampled, strict=True))
    return SampledDescent(
        subject=f"{loss.line()} from a student of {weights.shape[2]} x {weights.shape[3]}",
        step=plan.step,
        batch=plan.batch,
        steps=plan.recorded,
        loss=SampledQuantity(losses, exact[1], flow[1]),
        error=SampledQuantity(errors, exact[2], flow[2]),
        weights=weights,
        descent_weights=exact[0],
        flow_weights=flow[0],
        flow_status=status,
    )
