"""What tuning found: a table of the steps of each norm, with predictions, and error bars over starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .._runtime.results import Column, Record, Rows, Value
from .._runtime.tables import Table
from .optimisers import RULES
from .tuned_runs import TunedRun

FAR = 0.3
"""Nonlinearity at the start from which a note says that a prediction is that of nearer starts."""

DIFFER = "they differ in width, activation or what does not move, and no spectrum says where training ends"
"""Why a count stands alone."""

COLUMNS = (
    Column("norm"),
    Column("step", "", "{:.4g}"),
    Column("momentum", "", "{:.3g}"),
    Column("contraction", "", "{:.4f}"),
    Column("predicted_contraction", "predicted", "{:.4f}"),
    Column("steps", "", "{:.4g}"),
    Column("standard_error", "+-", "{:.2g}"),
    Column("predicted_steps", "predicted", "{:.4g}"),
    Column("gain", "", "{:.4g}"),
    Column("gain_error", "+-", "{:.2g}"),
)


@dataclass(frozen=True, eq=False, repr=False)
class TunedStepsRow(Record, Value):
    """One norm: means over the starts from which it arrived.

    Attributes
    ----------
    norm, runs
        Name of the norm, and what was found from each start, in order (`TunedRun`).
    status
        ``"reached"`` if all starts arrived, else the statuses of the others.
    step, momentum, contraction, predicted_contraction, steps, predicted_steps
        Means of those of the runs; NaN if none arrived.
    standard_error
        Of the mean of ``steps``; NaN for a single start.
    gain, gain_error
        Mean, and its standard error, of the steps of the first norm over those of this one from the same start.
    """

    norm: str
    status: str
    runs: tuple[TunedRun, ...]
    step: float
    momentum: float
    predicted_contraction: float
    contraction: float
    predicted_steps: float
    steps: float
    standard_error: float
    gain: float
    gain_error: float


@dataclass(frozen=True, eq=False, repr=False)
class TunedSteps(Rows[TunedStepsRow], Value):
    """One row per norm, by number or by the norm's name; ``str()`` is a table, ``as_dicts()`` the data.

    ``setting`` is what is not standard of inputs, metric and moving parameters.

    Examples
    --------
    >>> from sobolev_theory import steps_to
    >>> table = steps_to([[0.9, 0.1], [0.2, 1.1]], [[1.0, 0.0], [0.0, 1.0]], activation="erf", accuracy=1e-3)
    >>> len(table), table["H1"].steps, round(table["H1"].gain, 2)
    (2, 7.0, 1.86)
    """

    rows: tuple[TunedStepsRow, ...]
    method: str
    accuracy: float
    derivative: str
    setting: str = ""

    @property
    def title(self) -> str:
        """What was counted."""
        starts = len(self.rows[0].runs)
        over = "its start" if starts == 1 else f"its start (mean and standard error over {starts} starts)"
        return (
            f"{RULES[self.method].title}, {self.derivative} convention, tuned for each norm and start; contraction per "
            f"step, and steps until the L2 loss is {self.accuracy:g} of {over}; predicted by the spectrum; gain over "
            f"{self.rows[0].norm}"
        )

    @property
    def notes(self) -> list[str]:
        """Where starts did not arrive, and where a prediction does not hold."""
        notes = [self.setting] * bool(self.setting)
        for row in self.rows:
            if lost := sum(run.status != "reached" for run in row.runs):
                which = f"{lost} of {len(row.runs)} starts did not arrive, and are left out"
                notes.append(f"{row.norm}: {which} ({row.status})")
        # never NaN, which a run that nothing is predicted for has: no comparison holds with it
        misses = [(row.norm, max(0.0, *(run.nonlinearity for run in row.runs))) for row in self.rows]
        far = [f"{norm} {miss:.1g}" for norm, miss in misses if miss > FAR]
        alone = any(np.isnan(run.nonlinearity) for row in self.rows for run in row.runs)
        if far and self.method != "adam":
            notes.append(f"far starts: a linear field misses that much of the gradient there: {', '.join(far)}")
        if self.method == "adam":
            notes.append("nothing is predicted: the steps of Adam are not linear in the gradient")
        elif alone:
            notes.append(f"nothing is predicted where neurons of student and teacher do not match: {DIFFER}")
        return notes

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows as dictionaries, their runs too."""
        return [asdict(row) for row in self.rows]

    def table(self) -> Table:
        """A row for each norm; with standard errors if there are several starts."""
        several = len(self.rows[0].runs) > 1
        return Table.of(self.title, [c for c in COLUMNS if several or c.head != "+-"], self.rows, self.notes)

    def named_rows(self) -> list[tuple[str | None, TunedStepsRow]]:
        """The rows by the names of their norms."""
        return [(row.norm, row) for row in self.rows]
