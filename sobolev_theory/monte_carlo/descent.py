r"""One-pass stochastic gradient descent with fresh Gaussian inputs, beside the theory that it is to follow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._runtime.checks import as_array, counted, flag, instance_of, number, positive_integer
from .._runtime.checks import generator as as_generator
from .._runtime.parallel import Workers, ordered_map
from .._runtime.progress import tracked
from .._runtime.sizes import require_memory
from ..errors import SizeError
from ..losses import PopulationLoss, Student
from ..networks import Network
from .limits import LONGEST
from .runs import Judged, Plan, Steps, exact, flowed, judged, sampled
from .trajectories import SampledDescent, SampledQuantity

RECORDED = 25
"""Steps at which iterates are kept by default, besides the start; fewer where they would coincide."""


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
        Norm, teacher, inputs and what moves; the common start of all runs, weights (K, d) or a `Network`.
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
    start = loss.student(W0)
    _require_backprop(loss, start)
    runs, steps, batch = (positive_integer(*one) for one in (("runs", runs), ("steps", steps), ("batch", batch)))
    layout = loss.layout(start.width)
    _require_days(start, steps, batch, runs)
    plan = Plan(number("step", step, "a positive step size", 0, np.inf), batch, _recorded(record, steps))
    kept = (runs + 2) * len(plan.recorded) * (layout.size + 2)
    require_memory("runs", 2 * kept, "take fewer runs, or record fewer steps")
    loss.gradient(start)  # refuses a start where the gradient does not exist
    entropy = [int(word) for word in as_generator(rng).integers(2**32, size=4)]
    seeds = (np.random.SeedSequence(entropy, spawn_key=(run,)) for run in range(runs))
    shown = flag("progress", progress)
    with ordered_map(workers) as parallel:
        followed = parallel(partial(sampled, loss, start, plan), seeds)
        results = [*tracked(followed, runs, "sampled descent", shown)]
        descended = judged(loss, start, exact(loss, start, plan))
        flow, status = flowed(loss, start, plan)
    return _result(loss, start, plan, results, (descended, judged(loss, start, flow)), status)


def _require_backprop(loss: PopulationLoss, start: Network) -> None:
    """Refuse the exact convention where it differs: in one dimension without biases it does not."""
    if loss.at(start).has_cones:
        raise ValueError(
            "loss: derivative='backprop' is required, got 'exact', whose gradient holds Dirac terms of the derivative "
            f"that jumps: gradients of sampled losses never do, nor does their mean; PopulationLoss(V, "
            f"{loss.norm.argument!r}) is the loss that SGD follows"
        )


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
    if runs * steps * batch > (most := LONGEST // max(start.weights.shape)):
        raise SizeError(
            f"batch: at most {counted(most)} inputs can be drawn, in all runs and steps together, got {counted(runs)} "
            f"x {counted(batch)} x {counted(steps)}; take smaller batches, fewer runs or fewer steps"
        )


def _result(
    loss: PopulationLoss,
    start: Network,
    plan: Plan,
    results: Sequence[Judged],
    theory: tuple[Judged, Judged],
    status: str,
) -> SampledDescent:
    rows, losses, errors = (np.stack(each) for each in zip(*results, strict=True))
    layout, (descended, flow) = loss.layout(start.width), theory
    weights = [each if layout.only_weights else layout.flat(each) for each in (rows, descended[0], flow[0])]
    return SampledDescent(
        subject=f"{loss.line()} from a student of {start.width} x {layout.dim}",
        step=plan.step,
        batch=plan.batch,
        steps=plan.recorded,
        loss=SampledQuantity(losses, descended[1], flow[1]),
        error=SampledQuantity(errors, descended[2], flow[2]),
        weights=weights[0],
        descent_weights=weights[1],
        flow_weights=weights[2],
        flow_status=status,
        setting=loss.setting,
    )
