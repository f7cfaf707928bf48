"""How much faster training with one norm is than with another: as is, and at equal sharpness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from .._runtime.checks import number
from .._runtime.parallel import Workers, ordered_map
from .._runtime.progress import tracked
from .._runtime.results import public_fields
from .._runtime.sample_mean import SampleMean
from ..losses import LossOptions, PopulationLoss, Student, each_loss
from ..norms import NormLike, several_norms
from ..starts import Starts, around, several
from .comparison import FlowComparison, FlowComparisonRow, prediction_error
from .integration import gradient_flow
from .solution import Flow
from .state import State


@np.errstate(all="ignore")
def compare_flows(
    W0: Starts,
    V: Student,
    norms: Sequence[NormLike] = ("L2", "H1"),
    *,
    t_max: float,
    accuracy: float = 1e-6,
    starts: int | None = None,
    rng: Any = None,
    workers: Workers = 1,
    rtol: float = 1e-10,
    atol: float = 1e-12,
    progress: bool = False,
    **loss_options: Unpack[LossOptions],
) -> FlowComparison:
    """Gradient flows of several norms from the same starts: rates, times to accuracy, and accelerations that are fair.

    A loss added to itself doubles the speed of gradient flow, ``rate`` and gain as is, and improves nothing: of a rate
    that H1 has doubled, or nearly, it is the sharpness that tells whether more was gained than by counting the loss
    twice. So every time is given twice: as is, and with time rescaled so that all norms have the largest Hessian
    eigenvalue, on the tail, of the first. The second is what a method feels whose step size is bounded by the
    sharpness, as that of gradient descent is.

    What `compare` says of the condition number holds at one point; the rate here is that of the end, and the time is
    that of the whole way. For one ReLU neuron at angle 1 kappa of H1 is 0.78 of that of L2, and at the end both are 1:
    as the flow comes nearer the advantage fades, and at equal sharpness the whole way takes longer (below: 0.94).

    All norms are judged by the same yardstick, the L2 loss: it is to fall to ``accuracy`` of its start.

    Parameters
    ----------
    W0, V
        Start and teacher: weights (K, d) and (M, d), or networks. Several starts, in a list or as (n, K, d), give means
        with standard errors.
    norms
        Norms as in `PopulationLoss`; the first is the reference.
    t_max
        Positive, finite time to which each flow is followed.
    accuracy
        Fraction of the L2 loss at the start, in (0, 1).
    starts, rng
        So many random starts, as far from the teacher as ``W0`` is, in uniformly random directions of all that moves;
        passed to `numpy.random.default_rng`. More starts begin with fewer.
    workers
        Who follows several starts: as in `find_critical_points`; the result does not depend on it.
    rtol, atol, progress
        As in `gradient_flow`.
    **loss_options
        ``activation``, ``derivative`` and other options of `PopulationLoss`.

    Raises
    ------
    ValueError, NotDifferentiableError, InfiniteNormError, UnknownActivationError
        As `gradient_flow` and `PopulationLoss`.

    Examples
    --------
    >>> table = compare_flows([[0.5, 0.8]], [[1.0, 0.0]], t_max=60.0)
    >>> [f"{row.time:.4f}" for row in table.rows], f"{table.rows[1].acceleration_equal_sharpness:.4f}"
    (['14.7554', '7.8175'], '0.9437')
    >>> table = compare_flows([[0.5, 0.8]], [[1.0, 0.0]], t_max=18.0, rtol=1e-6, starts=3, rng=0)
    >>> gain = table["H1"].acceleration_equal_sharpness
    >>> print(f"{gain:.3f} +- {gain.standard_error:.3f}")
    1.028 +- 0.030
    """
    accuracy = number("accuracy", accuracy, "a fraction between 0 and 1", 0, 1)
    t_max = number("t_max", t_max, "a positive finite time", 0, np.inf)
    losses = each_loss(V, several_norms(norms), loss_options)
    task = _Start(losses, t_max, accuracy, {"rtol": rtol, "atol": atol})
    if starts is None and len(each := several(W0, "student")) == 1:
        flows, rows = task.followed(each[0], progress)
        return FlowComparison(rows, flows, accuracy, losses[0].derivative, losses[0].setting)
    each = several(W0, "student") if starts is None else around(losses[0], W0, starts, rng)
    with ordered_map(workers) as parallel:
        found = tuple(tracked(parallel(task, each), len(each), "following", progress))
    means = tuple(map(_mean, zip(*found, strict=True)))
    return FlowComparison(means, (), accuracy, losses[0].derivative, losses[0].setting, found)


@dataclass(frozen=True)
class _Start:
    """What follows all norms from a start; travels to workers."""

    losses: Sequence[PopulationLoss]
    t_max: float
    accuracy: float
    tolerances: dict[str, float]

    def __call__(self, start: Student) -> tuple[FlowComparisonRow, ...]:
        """What was found from one start."""
        with np.errstate(all="ignore"):
            return self.followed(start, progress=False)[1]

    def followed(self, start: Student, progress: bool) -> tuple[tuple[Flow, ...], tuple[FlowComparisonRow, ...]]:
        """The flows, and a row for each."""
        options: dict[str, Any] = {**self.tolerances, "progress": progress}
        flows = tuple(gradient_flow(loss, start, self.t_max, **options) for loss in self.losses)
        rows: list[FlowComparisonRow] = []
        for loss, flow in zip(self.losses, flows, strict=True):
            rows.append(_row(loss.norm.name, flow, self.accuracy, rows[0] if rows else None))
        return flows, tuple(rows)


def _mean(rows: Sequence[FlowComparisonRow]) -> FlowComparisonRow:
    """Means over starts of what is finite, each of a number of its own."""
    facts = {name: [getattr(row, name) for row in rows] for name in public_fields(rows[0])}
    texts = {name: values[0] for name, values in facts.items() if isinstance(values[0], str)}
    means: dict[str, Any] = {name: _finite(values) for name, values in facts.items() if name not in texts}
    ended = Counter(facts["status"])
    status = ", ".join(f"{name} {count}" for name, count in ended.items()) if len(ended) > 1 else texts["status"]
    return FlowComparisonRow(norm=texts["norm"], status=status, **means)


def _finite(values: Sequence[float]) -> SampleMean:
    """The mean of the finite ones; NaN if there is none."""
    return SampleMean([value for value in values if np.isfinite(value)] or [np.nan])


def _row(norm: str, flow: Flow, accuracy: float, reference: FlowComparisonRow | None) -> FlowComparisonRow:
    reason = ""
    try:
        rate = flow.rate()
        values = float(rate), rate.uncertainty, rate.predicted, rate.sharpness
    except ValueError as error:  # no end point is near
        values, reason = (np.nan,) * 4, str(error).removeprefix("rate: ")
    error_of = prediction_error(flow)
    start = error_of(State.start(flow.problem))
    time = flow.first_time(error_of, accuracy * start) if start else np.nan
    sharpness = values[-1]
    first = reference.time if reference else time
    base = reference.sharpness if reference else sharpness
    scaled = time * sharpness / base if base < np.inf else np.nan
    arrived = first < np.inf and time < np.inf
    gains = (first / time, first / scaled) if arrived else (np.nan, np.nan)
    return FlowComparisonRow(norm, flow.status, *values, time, scaled, *gains, reason)
