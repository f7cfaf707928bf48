"""How many iterations of a tuned optimiser each norm needs, from one start or from several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from .._runtime.checks import number, one_of, positive_integer
from .._runtime.progress import tracked
from .._runtime.sample_mean import SampleMean
from .._runtime.threads import one_blas_thread
from ..losses import LossOptions, PopulationLoss, Student, each_loss
from ..norms import NormLike, several_norms
from ..problem import SpanProblem
from ..starts import Starts, several
from .optimisers import RULES
from .tuned_runs import TunedRun, tuned_run
from .tuned_steps import TunedSteps, TunedStepsRow


@np.errstate(all="ignore")
def steps_to(
    W0: Starts,
    V: Student,
    norms: Sequence[NormLike] = ("L2", "H1"),
    *,
    accuracy: float = 1e-8,
    method: str = "gd",
    limit: int = 10_000,
    progress: bool = False,
    **loss_options: Unpack[LossOptions],
) -> TunedSteps:
    r"""Iterations until training is accurate, each norm with the step that needs fewest: what a gain comes to.

    A loss added to itself halves the best step and changes nothing else, so the count is fair to norms of any scale.
    Every norm descends its own loss, by its exact population gradients, and all are judged by the same yardstick, the
    L2 loss: it is to fall to ``accuracy`` of its start.

    Parameters
    ----------
    W0
        Start: weights (K, d), or a `Network`. Several of them, in a list or as (n, K, d), give means with standard
        errors; each is tuned by itself.
    V
        Teacher, weights (M, d) or a `Network`. Steps are predicted if its neurons match the students', M = K, and
        what does not move is equal.
    norms
        Norms as in `PopulationLoss`; the first is the reference.
    accuracy
        Fraction of the L2 loss at the start, in (0, 1), not below what doubles resolve.
    method
        ``"gd"``; ``"heavy_ball"``, ``"nesterov"``, whose momentum is tuned too; ``"adam"``, with ``beta = (0.9,
        0.999)`` and a constant learning rate, in the given coordinates, on which it depends.
    limit
        Iterations after which a run is given up.
    progress
        Show a progress bar on stderr.
    **loss_options
        ``activation``, ``derivative`` and other options of `PopulationLoss`.

    Returns
    -------
    TunedSteps
        A row for each norm. A norm that no step takes to the accuracy has a status in place of numbers.

    Raises
    ------
    ValueError
        For an accuracy outside (0, 1) or below what doubles resolve, a start of no loss, and a teacher that students
        match near which no step contracts.
    NotDifferentiableError, InfiniteNormError, UnknownActivationError, SizeError
        As `PopulationLoss`, its gradient, and the spectrum of its Hessian.

    Notes
    -----
    Search: compass search in the logarithms of the step and of one minus the momentum, with factors from 2 down to
    1.01, from the optimum on the field to first order on, which is searched for in the same way from that of theory on:
    ``2/(l + L)`` for gradient descent, ``(2/(sqrt l + sqrt L))^2`` and ``((sqrt kappa - 1)/(sqrt kappa + 1))^2`` for
    heavy ball (Polyak), ``4/(3 L + l)`` and ``(r - 2)/(r + 2)``, ``r = sqrt(3 kappa + 1)``, for Nesterov (Lessard,
    Recht & Packard 2016), with the extreme eigenvalues ``l, L`` near the teacher. A count is never below that of a
    better step, but where it has several minima the search may end in one that is not the deepest. With momentum errors
    oscillate, and there are many: from 20 starts of two and three neurons, with 4 to 35 steps, counted and predicted
    ones differ by up to 3, and beginning at the best of a grid brings them no closer.

    Nothing is predicted for Adam, nor for students whose neurons do not match the teacher's. The loss of a wider one
    vanishes on a manifold of networks, that of a narrower one nowhere: no spectrum is known of where training ends.
    Counting is the same; the search begins at ``1/L``, the largest eigenvalue of the Gauss-Newton matrix at the start,
    without momentum, and with steps from a sixteenth to sixteen times as long. Steps at which iterates circle about the
    manifold may come by chance to it sooner than the best of those that descend.

    Predicted are the least contraction that the spectrum allows, in the direction from which the tuned descent arrives,
    and the fewest iterations on the field to first order at the teacher (`PopulationLoss.field_limit`) from the same
    displacement, where modes that a start hardly excites count as little as they do. Where an order jumps that field
    is not linear, and not the one of the Gauss-Newton matrix; if rows of the teacher are parallel it is linearised in
    the direction of arrival. ``run.nonlinearity`` says how far the start is from all this. A run is short: in
    many dimensions most of a random displacement lies across the teacher's span, the slowest modes are hardly excited,
    and the count is far below ``log(accuracy)/(2 log(contraction))``.

    Examples
    --------
    >>> table = steps_to([[0.9, 0.1], [0.2, 1.1]], [[1.0, 0.0], [0.0, 1.0]], activation="erf", accuracy=1e-3)
    >>> [(row.norm, row.steps, row.predicted_steps) for row in table]
    [('L2', 13.0, 13.0), ('H1', 7.0, 7.0)]
    """
    one_of("method", method, tuple(RULES))
    accuracy = number("accuracy", accuracy, "a fraction between 0 and 1", 0, 1)
    limit = positive_integer("limit", limit)
    losses = each_loss(V, several_norms(norms), loss_options)
    starts = several(W0)
    problems = [_problem(loss, start, method) for loss in losses for start in starts]
    tasks = tracked(problems, len(problems), "tuning", progress)
    with one_blas_thread():  # matrices are small, and many
        found = [tuned_run(problem, method, accuracy, limit) for problem in tasks]
    runs = [tuple(found[k : k + len(starts)]) for k in range(0, len(found), len(starts))]
    rows = tuple(_row(loss.norm.name, own, runs[0]) for loss, own in zip(losses, runs, strict=True))
    return TunedSteps(rows, method, accuracy, losses[0].derivative, losses[0].setting)


def _problem(loss: PopulationLoss, start: Student, method: str) -> SpanProblem:
    """The problem of one start, in coordinates of the span; for Adam, which leaves it, in those given."""
    loss.gradient(start)  # refuses a start where the gradient does not exist
    if method != "adam":
        return SpanProblem.of(loss, start)
    student = loss.parameters(start)
    return SpanProblem(loss, student, loss, student, None)


def _row(norm: str, runs: tuple[TunedRun, ...], reference: tuple[TunedRun, ...]) -> TunedStepsRow:
    """Means over the starts that arrived."""
    lost = sorted({run.status for run in runs} - {"reached"})
    steps, error = _mean([run.steps for run in runs])
    gains = [first.steps / own.steps for first, own in zip(reference, runs, strict=True)]
    names = ("step", "momentum", "predicted_contraction", "contraction", "predicted_steps")
    means = {name: _mean([getattr(run, name) for run in runs])[0] for name in names}
    gain, gain_error = _mean(gains)
    means |= {"steps": steps, "standard_error": error, "gain": gain, "gain_error": gain_error}
    return TunedStepsRow(norm, ", ".join(lost) or "reached", runs, **means)


def _mean(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard error of the numbers among them; NaN of too few."""
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return np.nan, np.nan
    mean = SampleMean(known)
    return float(mean), mean.standard_error
