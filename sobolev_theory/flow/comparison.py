"""What comparing gradient flows of several norms finds: rates, times and gains, of one start or means over several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.results import Column, Record, Rows, Value, public_fields
from .._runtime.sample_mean import STATISTICS, with_statistics
from .._runtime.tables import Table
from ..problem import like
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
STATISTIC = Column("statistic", "over starts", words={"standard_error": "std error"})


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

    Over several starts numbers are means (`SampleMean`): of rates, sharpness and times over the starts for which there
    are finite ones, of gains over those that both norms arrived from; ``status`` is how often flows ended how.
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

    The flows themselves are in ``flows``, those of several starts are not kept: what was found from each is in
    ``starts``, a row for each norm. ``setting`` is what is not standard of inputs, metric and moving parameters.
    """

    rows: tuple[FlowComparisonRow, ...]
    flows: tuple[Flow, ...]
    accuracy: float
    derivative: str
    setting: str = ""
    starts: tuple[tuple[FlowComparisonRow, ...], ...] = ()

    @property
    def title(self) -> str:
        """What was compared."""
        return (
            f"Gradient flow, {self.derivative} convention; rate and sharpness at its end, not at the start; time until "
            f"the L2 loss is {self.accuracy:g} of its start, gain over {self.rows[0].norm}; as is, and at equal "
            f"sharpness{f'; {len(self.starts)} starts' * bool(self.starts)}"
        )

    @cached_property
    def errors(self) -> tuple[FloatArray, ...]:
        """The L2 loss, the prediction error, along each flow at its times ``t``."""
        return tuple(flow.along(prediction_error(flow)) for flow in self.flows)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows as dictionaries, over several starts with dictionaries ``spread`` and ``standard_error``."""
        return [with_statistics({name: getattr(row, name) for name in public_fields(row)}) for row in self.rows]

    def cells(self) -> list[list[str]]:
        """Rows as texts, numbers with the digits of the table."""
        return [*map(list, self.table().rows)]

    @property
    def notes(self) -> list[str]:
        """Why entries are no plain numbers; over several starts, for how many."""
        if not self.starts:
            return [f"{row.norm}: {note}" for row in self.rows for note in _notes(row, self.rows[0])]
        found = Counter((row.norm, note) for rows in self.starts for row in rows for note in _notes(row, rows[0]))
        total = len(self.starts)
        return [f"{norm}: {count} of {total} starts: {note}" for (norm, note), count in found.items()]

    def table(self) -> Table:
        """A row for each norm; over several starts one for each statistic."""
        notes = [*filter(None, [self.setting]), AS_IS, *self.notes]
        if not self.starts:
            return Table.of(self.title, COLUMNS, self.rows, notes)
        (norm, *numbers, status) = [column for column in COLUMNS if column.head != "+-"]
        values = [
            (row.norm, name, *(of(column.of(row)) for column in numbers), row.status)
            for row in self.rows
            for name, of in STATISTICS.items()
        ]
        return Table(self.title, (norm, STATISTIC, *numbers, status), values, notes, keys=2)

    def named_rows(self) -> list[tuple[str | None, FlowComparisonRow]]:
        """The rows by the names of their norms."""
        return [(row.norm, row) for row in self.rows]


def prediction_error(flow: Flow) -> Callable[[State], float]:
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
