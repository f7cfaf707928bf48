"""What a sampling check found: numbers entry by entry, one verdict, and a table to print."""

from dataclasses import dataclass
from math import expm1, log1p
from typing import Any

from .._runtime.results import Column, Rows, Value
from .._runtime.tables import Table
from .agreement import COLUMNS, Agreement
from .rows import Array


@dataclass(frozen=True, eq=False, repr=False)
class Report(Rows[Agreement], Value):
    """Outcome of `verify`: a sequence of agreements, by number or name; ``print(report)`` shows a table.

    Attributes
    ----------
    subject
        What was judged, in words.
    samples
        Number of sampled inputs.
    directions
        ``Z`` (q, K, d), or flat ones (q, P) if more than the weights moves, orthonormal: the gradient has entries
        ``<Z_a, grad>``, a matrix H ``Z_a' H Z_b``.
    level
        The check is passed if ``p_value >= level``.
    quantities
        The agreements by name.
    undefined
        By name, why a quantity does not exist at this student; it is not judged.
    """

    subject: str
    samples: int
    directions: Array
    level: float
    quantities: dict[str, Agreement]
    undefined: dict[str, str]

    @property
    def p_value(self) -> float:
        """Bonferroni over the quantities, which share their samples: ``min(1, count * smallest p)``.

        At most uniform for a true theory, where those of the quantities are uniform.
        """
        return min(1.0, len(self.quantities) * min(c.p_value for c in self.quantities.values()))

    @property
    def passed(self) -> bool:
        """Whether sampling and closed forms agree at the level."""
        return self.p_value >= self.level

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, words and nested lists, for JSON; without the directions."""
        return {
            "subject": self.subject,
            "passed": self.passed,
            "p_value": self.p_value,
            "level": self.level,
            "samples": self.samples,
            "quantities": {name: agreement.as_dict() for name, agreement in self.quantities.items()},
            "undefined": dict(self.undefined),
        }

    def table(self) -> Table:
        """A row for each quantity, and the verdict."""
        q, P = len(self.directions), self.directions[0].size
        where = f"all {q} coordinates" if q == P else f"{q} random orthonormal directions in the {P} dimensions"
        space = "weight" if self.directions.ndim == 3 else "parameter"
        title = f"{self.subject}\n{self.samples} samples; gradient and matrices along {where} of {space} space"
        missing = [f"{name}: not defined: {reason}" for name, reason in self.undefined.items()]
        rule = f", Bonferroni over {len(self.quantities)} quantities"
        verdict = _verdict(self.passed, self.p_value, self.level) + rule
        return Table(title, COLUMNS, [agreement.worst for agreement in self], [*missing, verdict])

    def named_rows(self) -> list[tuple[str | None, Agreement]]:
        """The quantities by name."""
        return [*self.quantities.items()]


@dataclass(frozen=True, eq=False, repr=False)
class Survey(Rows[Report], Value):
    """Outcome of `verify_many`: a sequence of one `Report` per sampled network, and one verdict.

    Attributes
    ----------
    subject
        What was judged, in words.
    reports
        In the order in which the networks were drawn; each is judged at the level ``1 - (1 - level)^(1/n)``.
    level
        The survey is passed if ``p_value >= level``, that is, if every report is.
    """

    subject: str
    reports: tuple[Report, ...]
    level: float

    @property
    def p_value(self) -> float:
        """Sidak over the networks, which are independent: ``1 - (1 - smallest p)^n``."""
        return sidak(min(report.p_value for report in self.reports), len(self.reports))

    @property
    def passed(self) -> bool:
        """Whether sampling and closed forms agree on all networks together."""
        return self.p_value >= self.level

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, words and nested lists, for JSON."""
        return {
            "subject": self.subject,
            "passed": self.passed,
            "p_value": self.p_value,
            "level": self.level,
            "reports": [report.as_dict() for report in self.reports],
        }

    def table(self) -> Table:
        """A row of p-values for each network, and the verdict."""
        names = list(dict.fromkeys(name for report in self.reports for name in (*report.quantities, *report.undefined)))
        columns = [Column("network"), Column("p_value", "joint", "{:.2g}")]
        columns += [Column(name, "", "{:.2g}") for name in names]
        rows = []
        for k, report in enumerate(self.reports):
            found = (report.quantities[name].p_value if name in report.quantities else None for name in names)
            rows.append((k, report.p_value, *found))
        verdict = f"{_verdict(self.passed, self.p_value, self.level)}, Sidak over {len(self.reports)} networks"
        title = f"{self.subject}\n{self.reports[0].samples} samples per network; p-values"
        return Table(title, columns, rows, [verdict])

    def named_rows(self) -> list[tuple[str | None, Report]]:
        """The reports, which have numbers only."""
        return [(None, report) for report in self.reports]


def sidak(p_value: float, count: float) -> float:
    """``1 - (1 - p)^count``: the level of ``count`` independent tests at level p; with ``1/count``, the inverse.

    Examples
    --------
    >>> round(sidak(0.01, 3), 6)
    0.029701
    """
    return 1.0 if p_value >= 1 else -expm1(count * log1p(-p_value))


def _verdict(passed: bool, p_value: float, level: float) -> str:
    return f"{'PASSED' if passed else 'FAILED'}: p = {p_value:.2g}, level {level:.2g}"
