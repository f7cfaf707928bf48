"""What comparing norms at given weights finds: a table of eigenvalues, condition numbers and rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._runtime.results import Column, Record, Rows, Value, public_fields
from .._runtime.sample_mean import STATISTICS, SampleMean, with_statistics
from .._runtime.tables import Table

LOCAL = "kappa and rate are local: they hold near these weights, and change as training moves on (see compare_flows)"
"""What is compared, in a line under every table."""

LEAST_SQUARES = (
    "kappa and rate are not those of gradient descent, which follows the Hessian; Gauss-Newton and natural-gradient "
    "steps invert this matrix"
)
"""The same under a table of Gauss-Newton matrices; their norms are those of `AGREE` or of `DIFFER`."""

ACROSS = "across the rescalings (w_i, b_i, -n a_i) of each neuron, which change nothing; they depend on its scale"
"""What numbers are of all parameters of ReLU^n."""

AGREE = "at the teacher the Hessian is the same matrix"
DIFFER = "at the teacher too gradient descent follows another matrix, a limit of the Hessian: see towards"

ANSWERS = {"definite": "yes", "semidefinite": "semi", "indefinite": "no"}
"""Whether a matrix is positive definite."""

MEANINGS = {
    "semidefinite": "eigenvalues are 0 to rounding: errors along them stay, and kappa is infinite",
    "indefinite": "errors grow along some direction; kappa is a ratio of moduli, no rate follows from it",
}
"""What a matrix that is not positive definite means."""

QUANTITIES = (
    Column("smallest"),
    Column("largest"),
    Column("condition_number", "kappa"),
    Column("rate"),
    Column("rate_equal_sharpness", "equal sharpness"),
)
NORM, STATISTIC = Column("norm"), Column("statistic", "over directions", words={"standard_error": "std error"})
DEFINITE = Column("definiteness", "definite", words=ANSWERS)


@dataclass(frozen=True, eq=False, repr=False)
class ComparisonRow(Record, Value):
    """Extreme eigenvalues (real parts), condition number and rates of one norm.

    ``rate``, as is, is the smallest eigenvalue: along the slowest direction errors decay like ``exp(-rate t)``.
    ``rate_equal_sharpness`` is the rate after rescaling time so that the largest eigenvalue equals that of the first
    norm compared; NaN if that is not positive. ``definiteness`` is ``"definite"``, ``"semidefinite"`` (eigenvalues are
    0 to rounding: errors along them stay, the rate is 0 and the condition number infinite) or ``"indefinite"`` (errors
    grow along some direction; the condition number is a ratio of moduli from which no rate follows). ``reason`` says
    why a condition number is NaN. ``is_limit``: the Hessian does not exist, the row is that of its limit.

    Over random directions numbers are means (`SampleMean`), of quotients that were formed for each direction, and
    ``definiteness`` is the worst.
    """

    norm: str
    smallest: float
    largest: float
    condition_number: float
    rate: float
    rate_equal_sharpness: float
    definiteness: str
    reason: str = ""
    is_limit: bool = False

    @property
    def definite(self) -> bool:
        """Whether errors decay along every direction."""
        return self.definiteness == "definite"


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Rows[ComparisonRow], Value):
    """One row per norm, by number or by the norm's name; ``str()`` is a table, ``as_dicts()`` the data.

    ``jumping`` names the norms that contain the order whose derivative jumps. ``across`` says that numbers are those
    across rescalings of the network, ``setting`` what is not standard of inputs, metric and moving parameters.

    Examples
    --------
    >>> from sobolev_theory import compare
    >>> comparison = compare([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    >>> comparison["H1"].definite, len(comparison), [row.norm for row in comparison]
    (True, 2, ['L2', 'H1'])
    """

    rows: tuple[ComparisonRow, ...]
    curvature: str
    derivative: str
    limit: str = ""
    jumping: tuple[str, ...] = ()
    across: bool = False
    setting: str = ""

    @property
    def title(self) -> str:
        """What was compared."""
        return f"{matrix_name(self.curvature, self.derivative, self.limit)}; rate as is, and at equal sharpness"

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines under the table: where its numbers hold, and what those of a matrix that is not definite mean."""
        lines = [self.setting] * bool(self.setting) + self._followed() + [f"numbers are those {ACROSS}"] * self.across
        exist = [row.norm for row in self.rows if not row.is_limit]
        lines += [f"{', '.join(exist)}: the Hessian exists, and is its own limit"] if self.limit and exist else []
        for definiteness, meaning in MEANINGS.items():
            names = [row.norm for row in self.rows if row.definiteness == definiteness]
            lines += [f"{', '.join(names)}: {meaning}"] if names else []
        for reason in dict.fromkeys(row.reason for row in self.rows if row.reason):
            names = [row.norm for row in self.rows if row.reason == reason]
            lines.append(f"{', '.join(names)}: kappa is left out, {reason}")
        if any(np.isnan(row.rate_equal_sharpness) for row in self.rows):
            lines.append("equal sharpness: nan where a largest eigenvalue is not positive, its own or the first norm's")
        return tuple(lines)

    def _followed(self) -> list[str]:
        """What follows the matrices."""
        if self.curvature != "gauss_newton":
            return [LOCAL]
        smooth = [row.norm for row in self.rows if row.norm not in self.jumping]
        kinds = ((smooth, AGREE), (self.jumping, DIFFER))
        return [LEAST_SQUARES, *(f"{', '.join(names)}: {what}" for names, what in kinds if names)]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows as dictionaries, over random directions with dictionaries ``spread`` and ``standard_error``."""
        rows = (
            {name: getattr(row, name) for name in public_fields(row)} | {"definite": row.definite} for row in self.rows
        )
        return [*map(with_statistics, rows)]

    def cells(self) -> list[list[str]]:
        """Rows as texts under the heads, numbers with six significant digits."""
        return [*map(list, self.table().rows)]

    @property
    def is_mean(self) -> bool:
        """Whether numbers are means over random directions."""
        return isinstance(self.rows[0].smallest, SampleMean)

    def table(self) -> Table:
        """A row for each norm; over random directions one for each statistic."""
        if not self.is_mean:
            return Table.of(self.title, (NORM, *QUANTITIES, DEFINITE), self.rows, self.notes)
        values = [
            (row.norm, name, *(of(column.of(row)) for column in QUANTITIES), row.definiteness)
            for row in self.rows
            for name, of in STATISTICS.items()
        ]
        return Table(self.title, (NORM, STATISTIC, *QUANTITIES, DEFINITE), values, self.notes, keys=2)

    def named_rows(self) -> list[tuple[str | None, ComparisonRow]]:
        """The rows by the names of their norms."""
        return [(row.norm, row) for row in self.rows]


def matrix_name(curvature: str, derivative: str, limit: str = "") -> str:
    """What a table or a figure calls a curvature, or its limit."""
    name = "Gauss-Newton matrix" if curvature == "gauss_newton" else f"Hessian, {derivative} convention"
    return f"{name}, {limit}" if limit else name
