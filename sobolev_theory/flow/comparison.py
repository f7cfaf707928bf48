"""How much faster training with one norm is than with another: as is, and at equal sharpness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import number
from .._runtime.results import Column, Record, Rows, Value
from .._runtime.tables import Table
from ..losses import LossOptions, PopulationLoss, Student
from ..norms import NormLike, several_norms
from ..problem import like
from .integration import gradient_flow
from .solution import Flow
from .state import State

FloatArray = NDArray[np.float64]

AS_IS = "a loss added to itself has twice the rate, sharpness and gain, and the same equal time and equal gain"
"""What the columns as is are worth, in a line under every table."""

COLUMNS = (
    Column("norm"),
    Column("rate", "", "{:.5g}"),
    Column("uncertainty", "+-", "{:.1g}"),
    Column("predicted", "", "{:.5g}"),
    Column("sharpness", "", "{:.5g}"),
    Column("time", "", "{:.5g}"),
    Column("acceleration", "gain", "{:.4g}"),
    Column("time_equal_sharpness", "equal time", "{:.5g}"),
    Column("acceleration_equal_sharpness", "equal gain", "{:.4g}"),
    Column("status", "ended by"),
)


@dataclass(frozen=True, eq=False, repr=False)
class FlowComparisonRow(Record, Value):
    """One norm: rates and times to accuracy, as is and at equal sharpness.

    Attributes
    ----------
    norm, status
        Name of the norm, and why its flow ended.
    reason
        Why the rate is NaN, in words; empty if it is not.
    rate, uncertainty, predicted
        As in `Rate`; NaN if the flow did not come near an end point.
    sharpness
        As in `Rate`: the largest eigenvalue of the Hessian on the tail.
    time
        First time at which the L2 loss, the prediction error, has fallen to ``accuracy`` times its start; ``inf`` if
        it does not, NaN if it is zero at the start.
    time_equal_sharpness
        The same after rescaling time so that the sharpness is that of the first norm; NaN if that is infinite.
    acceleration, acceleration_equal_sharpness
        Time of the first norm over the time of this one: above 1, this one is faster. NaN if one of them did not
        arrive, or has no sharpness; 0 at equal sharpness if that of this norm alone is infinite.
    """

    norm: str
    status: str
    rate: float
    uncertainty: float
    predicted: float
    sharpness: float
    time: float
    time_equal_sharpness: float
    acceleration: float
    acceleration_equal_sharpness: float
    reason: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class FlowComparison(Rows[FlowComparisonRow]):
    """One row per norm, by number or by the norm's name; ``str()`` is a table, ``as_dicts()`` the data.

    The flows themselves are in ``flows``; ``setting`` is what is not standard of inputs, metric and moving parameters.
    """

    rows: tuple[FlowComparisonRow, ...]
    flows: tuple[Flow, ...]
    accuracy: float
    derivative: str
    setting: str = ""

    @property
    def title(self) -> str:
        """What was compared."""
        return (
            f"Gradient flow, {self.derivative} convention; rate and sharpness at its end, not at the start; time until "
            f"the L2 loss is {self.accuracy:g} of its start, gain over {self.rows[0].norm}; as is, and at equal "
            "sharpness"
        )

    @cached_property
    def errors(self) -> tuple[FloatArray, ...]:
        """The L2 loss, the prediction error, along each flow at its times ``t``."""
        return tuple(flow.along(_prediction_error(flow)) for flow in self.flows)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        return [asdict(row) for row in self.rows]

    def cells(self) -> list[list[str]]:
        """Rows as texts, numbers with the digits of the table."""
        return [*map(list, self.table().rows)]

    @property
    def notes(self) -> list[str]:
        """Why entries are no plain numbers."""
        return [f"{row.norm}: {note}" for row in self.rows for note in _notes(row, self.rows[0])]

    def table(self) -> Table:
        """A row for each norm, with notes."""
        return Table.of(self.title, COLUMNS, self.rows, [*filter(None, [self.setting]), AS_IS, *self.notes])

    def named_rows(self) -> list[tuple[str | None, FlowComparisonRow]]:
        """The rows by the names of their norms."""
        return [(row.norm, row) for row in self.rows]


@np.errstate(all="ignore")
def compare_flows(
    W0: Student,
    V: Student,
    norms: Sequence[NormLike] = ("L2", "H1"),
    *,
    t_max: float,
    accuracy: float = 1e-6,
    rtol: float = 1e-10,
    atol: float = 1e-12,
    progress: bool = False,
    **loss_options: Unpack[LossOptions],
) -> FlowComparison:
    """Gradient flows of several norms from one start: rates, times to accuracy, and accelerations that are fair.

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
        Start and teacher: weights (K, d) and (M, d), or networks.
    norms
        Norms as in `PopulationLoss`; the first is the reference.
    t_max
        Positive, finite time to which each flow is followed.
    accuracy
        Fraction of the L2 loss at the start, in (0, 1).
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
    """
    accuracy = number("accuracy", accuracy, "a fraction between 0 and 1", 0, 1)
    t_max = number("t_max", t_max, "a positive finite time", 0, np.inf)
    losses = [PopulationLoss(V, norm, **loss_options) for norm in several_norms(norms)]
    flows = tuple(gradient_flow(loss, W0, t_max, rtol=rtol, atol=atol, progress=progress) for loss in losses)
    rows: list[FlowComparisonRow] = []
    for loss, flow in zip(losses, flows, strict=True):
        rows.append(_row(loss.norm.name, flow, accuracy, rows[0] if rows else None))
    first = losses[0]
    return FlowComparison(tuple(rows), flows, accuracy, first.derivative, first.setting)


def _prediction_error(flow: Flow) -> Callable[[State], float]:
    """The L2 loss of a state of a flow."""
    prediction = like(flow.problem.loss, norm="L2")
    return lambda state: prediction.at(state.point.parameters).value


def _notes(row: FlowComparisonRow, reference: FlowComparisonRow) -> list[str]:
    """Why entries of a row are NaN, infinite or zero."""
    notes = []
    if row.reason:
        notes.append(f"no rate and no sharpness, {row.reason}")
    elif np.isnan(row.predicted):
        notes.append("no predicted rate, the flow ends where the Hessian does not exist or is not definite")
    if row.sharpness == np.inf:
        notes.append("infinite sharpness, rows slide on cones of the loss; no fixed step follows")
    if row.time == np.inf:
        notes.append(f"did not reach the accuracy (ended by {row.status}), so a gain against it has no value")
    elif np.isnan(row.time):
        notes.append("no time and no gain, student and teacher agree at the start")
    if row is not reference and np.isnan(row.acceleration_equal_sharpness) and not np.isnan(row.acceleration):
        notes.append(f"no gain at equal sharpness, that of {reference.norm} or its own is infinite or has no value")
    return notes


def _row(norm: str, flow: Flow, accuracy: float, reference: FlowComparisonRow | None) -> FlowComparisonRow:
    reason = ""
    try:
        rate = flow.rate()
        values = float(rate), rate.uncertainty, rate.predicted, rate.sharpness
    except ValueError as error:  # no end point is near
        values, reason = (np.nan,) * 4, str(error).removeprefix("rate: ")
    error_of = _prediction_error(flow)
    start = error_of(State.start(flow.problem))
    time = flow.first_time(error_of, accuracy * start) if start else np.nan
    sharpness = values[-1]
    first = reference.time if reference else time
    base = reference.sharpness if reference else sharpness
    scaled = time * sharpness / base if base < np.inf else np.nan
    arrived = first < np.inf and time < np.inf
    gains = (first / time, first / scaled) if arrived else (np.nan, np.nan)
    return FlowComparisonRow(norm, flow.status, *values, time, scaled, *gains, reason)
