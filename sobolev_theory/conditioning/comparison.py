"""How norms compare in conditioning at given weights: condition-number ratios and a table of rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Unpack

import numpy as np

from .._runtime.checks import one_of
from .._runtime.progress import tracked
from .._runtime.results import Record, Rows, Value
from .._runtime.tables import Table
from ..curvature.operator import Curvature
from ..losses import LossOptions, PopulationLoss, Student
from ..norms import NormLike, several_norms, two_norms
from .extremes import extremes, warn

LOCAL = "kappa and rate are those of small errors at these weights; a flow ends with those of its end (compare_flows)"
"""What is compared, in a line under every table."""

ANSWERS = {"definite": "yes", "semidefinite": "semi", "indefinite": "no"}
"""Whether a matrix is positive definite."""

MEANINGS = {
    "semidefinite": "eigenvalues are 0 to rounding: errors along them stay, and kappa is infinite",
    "indefinite": "errors grow along some direction; kappa is a ratio of moduli, no rate follows from it",
}
"""What a matrix that is not positive definite means."""


@dataclass(frozen=True, eq=False, repr=False)
class ComparisonRow(Record, Value):
    """Extreme eigenvalues (real parts), condition number and rates of one norm.

    ``rate``, as is, is the smallest eigenvalue: along the slowest direction errors decay like ``exp(-rate t)``.
    ``rate_equal_sharpness`` is the rate after rescaling time so that the largest eigenvalue equals that of the first
    norm compared; NaN if that is not positive. ``definiteness`` is ``"definite"``, ``"semidefinite"`` (eigenvalues are
    0 to rounding: errors along them stay, the rate is 0 and the condition number infinite) or ``"indefinite"`` (errors
    grow along some direction; the condition number is a ratio of moduli from which no rate follows). ``reason`` says
    why a condition number is NaN.
    """

    norm: str
    smallest: float
    largest: float
    condition_number: float
    rate: float
    rate_equal_sharpness: float
    definiteness: str
    reason: str = ""

    @property
    def definite(self) -> bool:
        """Whether errors decay along every direction."""
        return self.definiteness == "definite"


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Rows[ComparisonRow], Value):
    """One row per norm, by number or by the norm's name; ``str()`` is a table, ``as_dicts()`` the data.

    Examples
    --------
    >>> comparison = compare([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    >>> comparison["H1"].definite, len(comparison), [row.norm for row in comparison]
    (True, 2, ['L2', 'H1'])
    """

    rows: tuple[ComparisonRow, ...]
    curvature: str
    derivative: str

    HEADS = ("norm", "smallest", "largest", "kappa", "rate", "equal sharpness", "definite")

    @property
    def title(self) -> str:
        """What was compared."""
        return f"{matrix_name(self.curvature, self.derivative)}; rate as is, and at equal sharpness"

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines under the table: where its numbers hold, and what those of a matrix that is not definite mean."""
        lines = [LOCAL]
        for definiteness, meaning in MEANINGS.items():
            names = [row.norm for row in self.rows if row.definiteness == definiteness]
            lines += [f"{', '.join(names)}: {meaning}"] if names else []
        for reason in dict.fromkeys(row.reason for row in self.rows if row.reason):
            names = [row.norm for row in self.rows if row.reason == reason]
            lines.append(f"{', '.join(names)}: kappa is left out, {reason}")
        if any(np.isnan(row.rate_equal_sharpness) for row in self.rows):
            lines.append("equal sharpness: nan where a largest eigenvalue is not positive, its own or the first norm's")
        return tuple(lines)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        return [asdict(row) | {"definite": row.definite} for row in self.rows]

    def cells(self) -> list[list[str]]:
        """Rows as texts under `HEADS`, numbers with six significant digits."""
        numbers = [
            (row.smallest, row.largest, row.condition_number, row.rate, row.rate_equal_sharpness) for row in self.rows
        ]
        return [
            [row.norm, *(f"{number:.6g}" for number in values), ANSWERS[row.definiteness]]
            for row, values in zip(self.rows, numbers, strict=True)
        ]

    def table(self) -> Table:
        """A row for each norm."""
        return Table(self.title, self.HEADS, self.cells(), self.notes)

    def named_rows(self) -> list[tuple[str | None, ComparisonRow]]:
        """The rows by the names of their norms."""
        return [(row.norm, row) for row in self.rows]


def condition_number_ratio(
    W: Student,
    V: Student,
    norms: Sequence[NormLike] = ("H1", "L2"),
    *,
    curvature: str = "hessian",
    **loss_options: Unpack[LossOptions],
) -> float:
    """``kappa(first norm) / kappa(second norm)`` at student ``W`` and teacher ``V``; below 1, the first is better.

    ``kappa = max |lambda| / min |lambda|``. Far from the teacher a Hessian can be indefinite: it has a ratio of moduli
    too, but no rate follows from it, and a warning says so; ``curvature="gauss_newton"`` is always positive
    semi-definite. It is the quotient *at these weights*: near a minimum that is the advantage at equal sharpness, but a
    flow that goes on from here sees other curvatures, and its last rate is that at its end. For one ReLU neuron at
    angle 1, ``|w| = |w*|``, the ratio is 0.78; at its end, the teacher, both condition numbers are 1.

    Parameters
    ----------
    W, V
        Student and teacher: weights of shape (K, d) and (M, d), or networks.
    norms
        Two norms as in `PopulationLoss`.
    curvature
        ``"hessian"`` or ``"gauss_newton"``.
    **loss_options
        ``activation``, ``derivative`` and other options of `PopulationLoss`.

    Returns
    -------
    float
        The ratio; 0 or infinite if one matrix is singular to rounding; NaN if both are, or if a matrix is indefinite
        and so large (on the span, beyond 1024) that its ratio of moduli is left out.

    Warns
    -----
    ConditioningWarning
        If one of the two matrices is not positive definite.

    Raises
    ------
    NotDifferentiableError, InfiniteNormError, UnknownActivationError, ValueError
        As `PopulationLoss` and its ``hessian`` and ``gauss_newton``.

    Examples
    --------
    >>> ratio = condition_number_ratio([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    >>> x = 1 / np.pi                       # r sin(theta) / pi
    >>> bool(np.isclose(ratio, (1 - 2 * x) / (1 - 1.5 * x)))
    True
    """
    losses = [PopulationLoss(V, norm, **loss_options) for norm in two_norms(norms)]
    first, second = (extremes(curvature_at(loss, W, curvature)) for loss in losses)
    warn("condition_number_ratio", zip((loss.norm.name for loss in losses), (first, second), strict=True))
    return first.condition_number / second.condition_number


def compare(
    W: Student,
    V: Student,
    norms: Sequence[NormLike] = ("L2", "H1"),
    *,
    curvature: str = "hessian",
    progress: bool = False,
    **loss_options: Unpack[LossOptions],
) -> Comparison:
    """Extreme eigenvalues, condition number and rates of several norms at the same weights.

    Parameters and errors are those of `condition_number_ratio`, with any number of norms; ``norms="H1"`` is one.
    ``progress`` shows a bar on stderr.

    Everything is *local*: rates of small errors at these weights. They tell the speed of training where training ends;
    on the way curvature changes. At angle 1 and ``|w| = |w*|`` kappa of one ReLU neuron is 1.67 for H1 and 2.15 for L2,
    yet at equal sharpness its flow from there is a little slower in H1 (`compare_flows`): it ends at the teacher, where
    both condition numbers are 1.

    Two extreme eigenvalues are needed: the whole spectrum is computed only up to size 256 on the span (1024 if the
    matrix is not definite), above that the ends are found by iteration, to 1e-10 of the largest. The cost does not
    depend on ``d`` beyond ``min(d, K + M)``. No warning is given: column and notes say what is not definite.

    Examples
    --------
    >>> print(compare([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]))
    Hessian, backprop convention; rate as is, and at equal sharpness
    norm  smallest  largest    kappa      rate  equal sharpness  definite
      L2   0.18169      0.5  2.75194   0.18169          0.18169       yes
      H1  0.522535        1  1.91375  0.522535         0.261268       yes
    kappa and rate are those of small errors at these weights; a flow ends with those of its end (compare_flows)
    """
    rows: list[ComparisonRow] = []
    losses = [PopulationLoss(V, norm, **loss_options) for norm in several_norms(norms)]
    for loss in tracked(losses, len(losses), "comparing", progress):
        found = extremes(curvature_at(loss, W, curvature))
        low, high = found.smallest, found.largest
        reference = rows[0].largest if rows else high
        scaled = low / high * reference if min(high, reference) > 0 else np.nan
        name, kappa = loss.norm.name, found.condition_number
        rows.append(ComparisonRow(name, low, high, kappa, low, scaled, found.definiteness, found.reason))
    return Comparison(tuple(rows), curvature, losses[0].derivative)


def matrix_name(curvature: str, derivative: str) -> str:
    """What a table or a figure calls a curvature."""
    return "Gauss-Newton matrix" if curvature == "gauss_newton" else f"Hessian, {derivative} convention"


def curvature_at(loss: PopulationLoss, W: Student, curvature: str) -> Curvature:
    """The Hessian or the Gauss-Newton matrix of a loss at student ``W``."""
    at, kinds = loss.at(W), ("hessian", "gauss_newton")
    return at.hessian if one_of("curvature", curvature, kinds) == "hessian" else at.gauss_newton
