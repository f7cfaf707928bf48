"""How norms compare in conditioning at given weights: condition-number ratios and a table of rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Unpack

import numpy as np

from .._runtime.checks import one_of
from .._runtime.results import Record, Rows, Value
from .._runtime.tables import Table
from ..curvature.operator import Curvature
from ..losses import LossOptions, PopulationLoss, Student
from ..norms import NormLike, several_norms, two_norms


@dataclass(frozen=True, eq=False, repr=False)
class ComparisonRow(Record, Value):
    """Extreme eigenvalues (real parts), condition number and rates of one norm.

    ``rate``, as is, is the smallest eigenvalue: along the slowest direction errors decay like ``exp(-rate t)``.
    ``rate_equal_sharpness`` is the rate after rescaling time so that the largest eigenvalue equals that of the first
    norm compared; NaN if that is not positive. Where the curvature is not positive ``definite``, errors grow along
    some direction, and the condition number is a ratio of moduli from which no rate follows.
    """

    norm: str
    smallest: float
    largest: float
    condition_number: float
    rate: float
    rate_equal_sharpness: float
    definite: bool


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
        name = {"hessian": "Hessian", "gauss_newton": "Gauss-Newton matrix"}[self.curvature]
        convention = f", {self.derivative} convention" if self.curvature == "hessian" else ""
        return f"{name}{convention}; rate as is, and at equal sharpness"

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        return [asdict(row) for row in self.rows]

    def cells(self) -> list[list[str]]:
        """Rows as texts under `HEADS`, numbers with six significant digits."""
        numbers = [
            (row.smallest, row.largest, row.condition_number, row.rate, row.rate_equal_sharpness) for row in self.rows
        ]
        return [
            [row.norm, *(f"{number:.6g}" for number in values), "yes" if row.definite else "no"]
            for row, values in zip(self.rows, numbers, strict=True)
        ]

    def table(self) -> Table:
        """A row for each norm."""
        return Table(self.title, self.HEADS, self.cells())

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

    ``kappa = max |lambda| / min |lambda|``. Far from the teacher a Hessian can be indefinite; `compare` tells, and
    ``curvature="gauss_newton"`` is always positive semi-definite.

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
        The ratio; NaN if both matrices are singular.

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
    first, second = (
        curvature_at(PopulationLoss(V, norm, **loss_options), W, curvature).condition_number()
        for norm in two_norms(norms)
    )
    return first / second


def compare(
    W: Student,
    V: Student,
    norms: Sequence[NormLike] = ("L2", "H1"),
    *,
    curvature: str = "hessian",
    **loss_options: Unpack[LossOptions],
) -> Comparison:
    """Extreme eigenvalues, condition number and rates of several norms at the same weights.

    Parameters and errors are those of `condition_number_ratio`, with any number of norms. The whole spectrum is
    computed: the cost is cubic in ``K min(d, K + M)``, and does not depend on ``d`` beyond that.

    Examples
    --------
    >>> print(compare([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]))
    Hessian, backprop convention; rate as is, and at equal sharpness
    norm  smallest  largest    kappa      rate  equal sharpness  definite
      L2   0.18169      0.5  2.75194   0.18169          0.18169       yes
      H1  0.522535        1  1.91375  0.522535         0.261268       yes
    """
    rows: list[ComparisonRow] = []
    losses = [PopulationLoss(V, norm, **loss_options) for norm in several_norms(norms)]
    for loss in losses:
        spectrum = curvature_at(loss, W, curvature).spectrum()
        low, high = spectrum.smallest, spectrum.largest
        reference = rows[0].largest if rows else high
        scaled = low * reference / high if min(high, reference) > 0 else np.nan
        kappa = spectrum.modulus_ratio
        rows.append(ComparisonRow(loss.norm.name, low, high, kappa, low, scaled, low > 0))
    return Comparison(tuple(rows), curvature, losses[0].derivative)


def curvature_at(loss: PopulationLoss, W: Student, curvature: str) -> Curvature:
    """The Hessian or the Gauss-Newton matrix of a loss at student ``W``."""
    at, kinds = loss.at(W), ("hessian", "gauss_newton")
    return at.hessian if one_of("curvature", curvature, kinds) == "hessian" else at.gauss_newton
