"""What runs of sampled descent did: means and standard errors, beside exact descent and exact flow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.results import Column, Record, Shown, Value
from .._runtime.sample_mean import spread
from .._runtime.tables import Table
from .rows import Array

FEW = 1 / 3
"""Standard error over the mean above which a few of the runs decide it."""

ENDS = (
    ("standard_error", "std error", "{:.1e}"),
    ("over_descent", "/ descent", "{:#.5g}"),
    ("over_flow", "/ flow", "{:#.5g}"),
)
"""What stands beside a mean: names, ends of heads, and forms."""


@dataclass(frozen=True, eq=False, repr=False)
class SampledQuantity(Record, Value):
    """A loss along all runs, and along exact descent and flow; R steps are recorded.

    Attributes
    ----------
    runs
        (runs, R); NaN where a run has diverged.
    descent, flow
        (R,); NaN where they have diverged, or the flow has ended before.

    Examples
    --------
    >>> loss = SampledQuantity(np.array([[1.0, 0.4], [1.0, 0.6]]), np.array([1.0, 0.4]), np.array([1.0, 0.25]))
    >>> loss.mean, loss.standard_error.round(3), loss.over_flow
    (array([1. , 0.5]), array([0. , 0.1]), array([1., 2.]))
    """

    runs: Array
    descent: Array
    flow: Array

    @property
    def finished(self) -> Array:
        """The runs that have not diverged, (F, R)."""
        return self.runs[np.isfinite(self.runs).all(axis=1)]

    @property
    def mean(self) -> Array:
        """Mean over the finished runs, (R,); NaN if there is none."""
        return self._over_finished(np.mean)

    @property
    def median(self) -> Array:
        """Median of the finished runs, (R,), which no few of them decide; NaN if there is none."""
        return self._over_finished(np.median)

    @property
    def standard_error(self) -> Array:
        """Standard error of the mean, (R,); NaN for fewer than two finished runs."""
        return np.asarray(spread(self.finished) / max(len(self.finished), 1) ** 0.5)

    def _over_finished(self, reduced: Callable[..., Any]) -> Array:
        return np.asarray(reduced(self.finished, axis=0)) if len(self.finished) else np.full(len(self.flow), np.nan)

    @property
    def over_descent(self) -> Array:
        """Mean over that of exact descent: what the noise does, (R,); NaN where both are zero."""
        return _quotient(self.mean, self.descent)

    @property
    def over_flow(self) -> Array:
        """Mean over that of the exact flow: what noise and step size do, (R,); NaN where both are zero."""
        return _quotient(self.mean, self.flow)

    @property
    def z(self) -> Array:
        """``(mean - descent) / standard error``, (R,); NaN where nothing varies, as at the start."""
        return _quotient(self.mean - self.descent, self.standard_error)


@dataclass(frozen=True, eq=False, repr=False)
class SampledDescent(Shown, Value):
    """Outcome of `descent`; ``print(result)`` shows a table, with a row for each recorded step.

    Attributes
    ----------
    subject
        What was trained, in words.
    step, batch
        Step size, and inputs of a step.
    steps
        Numbers of steps after which iterates are kept, (R,).
    loss, error
        The loss, and the L2 loss, which is the prediction error, of the iterates: each a `SampledQuantity`.
    weights
        Iterates of the runs, (runs, R, K, d), or flat vectors (runs, R, P) if more than the weights moves; NaN from
        where a run has diverged.
    descent_weights, flow_weights
        Those of exact descent with the same step, and of the flow at the times ``step * steps``, (R, K, d) or (R, P).
    flow_status
        Why the flow ended, as in `Flow`.
    setting
        What is not standard of inputs, metric and moving parameters.
    """

    subject: str
    step: float
    batch: int
    steps: NDArray[np.intp]
    loss: SampledQuantity
    error: SampledQuantity
    weights: Array
    descent_weights: Array
    flow_weights: Array
    flow_status: str
    setting: str = ""

    @property
    def times(self) -> Array:
        """``step * steps``, (R,)."""
        return np.asarray(self.step * self.steps)

    @property
    def statuses(self) -> tuple[str, ...]:
        """Of each run ``"steps"``: all were taken, or ``"diverged"``: weights grew beyond 1e30."""
        return tuple(map(_status, self.weights))

    @property
    def descent_status(self) -> str:
        """The same of exact descent."""
        return _status(self.descent_weights)

    def table(self) -> Table:
        """A row for each recorded step: means of loss and, for other norms than L2, of the L2 loss."""
        runs, last = len(self.weights), int(self.steps[-1])
        of = f"{runs} run{'s' * (runs > 1)} of {last} steps of {self.step:g}"
        title = f"{self.subject}\n{of}, {self.batch} fresh inputs each"
        columns, values = [Column("step"), Column("time")], [self.steps, self.times]
        shown = {("loss", ""): self.loss}
        if not np.array_equal(self.loss.runs, self.error.runs, equal_nan=True):
            shown["error", "L2 "] = self.error
        for (name, norm), quantity in shown.items():
            columns.append(Column(name, f"{norm}loss", "{:.6g}"))
            columns += [Column(f"{name}_{of}", f"{norm}{end}", form) for of, end, form in ENDS]
            values += [quantity.mean, *(getattr(quantity, of) for of, _, _ in ENDS)]
        return Table(title, columns, [*zip(*values, strict=True)], self._notes(), keys=2)

    def _notes(self) -> list[str]:
        """What is missing from the table, and why."""
        notes = []
        if away := self.statuses.count("diverged"):
            notes.append(f"{away} of {len(self.weights)} runs diverged and are in no mean; take a shorter step")
        if self.descent_status == "diverged":
            notes.append("exact descent diverged; take a shorter step")
        if np.isnan(self.loss.flow).any():
            notes.append(f"the flow ended before ({self.flow_status})")
        if not self.loss.flow[0] > 0:
            notes.append("student and teacher agree at the start: losses are zero, and quotients have no value")
        few = np.flatnonzero(self.error.standard_error > FEW * self.error.mean)
        if few.size:
            notes.append(f"after {self.steps[few[0]]} steps a few of the runs decide the mean (see loss.median)")
        return notes


def _status(weights: Array) -> str:
    return "steps" if np.isfinite(weights[-1]).all() else "diverged"


def _quotient(above: Array, below: Array) -> Array:
    """Quotients, NaN where the denominator is zero."""
    return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0))
