"""How norms compare in conditioning at given weights: condition-number ratios and a table of rates."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ._checks import one_of
from .curvature import Curvature
from .losses import PopulationLoss, Student
from .norms import Norm, norm_name, two_norms


@dataclass(frozen=True)
class ComparisonRow:
    """Extreme eigenvalues and rates of one norm.

    ``rate`` is the smallest eigenvalue: errors in that direction decay like ``exp(-rate t)`` (negative: they grow).
    ``rate_equal_sharpness`` is the rate after rescaling time so that the largest eigenvalue equals that of the first
    norm compared.
    """

    norm: str
    smallest: float
    largest: float
    condition_number: float
    rate: float
    rate_equal_sharpness: float


@dataclass(frozen=True)
class Comparison:
    """One row per norm; ``str()`` is a plain table, ``as_dicts()`` the data."""

    rows: tuple[ComparisonRow, ...]
    curvature: str
    derivative: str

    def as_dicts(self) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        return [asdict(row) for row in self.rows]

    def __str__(self) -> str:
        heads = ("norm", "smallest", "largest", "kappa", "rate", "rate (equal sharpness)")
        cells = [[row.norm, *(f"{v:.6g}" for v in list(asdict(row).values())[1:])] for row in self.rows]
        widths = [max(len(line[k]) for line in (heads, *cells)) for k in range(len(heads))]
        lines = ["  ".join(f"{cell:>{w}}" for cell, w in zip(line, widths, strict=True)) for line in (heads, *cells)]
        return "\n".join([f"{self.curvature}, {self.derivative} convention", *lines])


def condition_number_ratio(
    W: Student, V: Student, norms: tuple[Norm, Norm] = ("H1", "L2"), *, curvature: str = "hessian", **loss_options: Any
) -> float:
    """``kappa(first norm) / kappa(second norm)`` at student ``W`` and teacher ``V``; below 1 where the first is
    better conditioned.

    Parameters
    ----------
    W, V
        Student and teacher: weights of shape (K, d) and (M, d), or networks.
    norms
        Two norms as in `PopulationLoss`.
    curvature
        ``"hessian"`` or ``"gauss_newton"``.
    **loss_options
        Further options of `PopulationLoss`.

    Examples
    --------
    >>> ratio = condition_number_ratio([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    >>> x = 1 / np.pi                       # r sin(theta) / pi
    >>> bool(np.isclose(ratio, (1 - 2 * x) / (1 - 1.5 * x)))
    True
    """
    first, second = (_curvature(W, V, norm, curvature, loss_options).condition_number() for norm in two_norms(norms))
    return first / second


def compare(
    W: Student, V: Student, norms: Sequence[Norm] = ("L2", "H1"), *, curvature: str = "hessian", **loss_options: Any
) -> Comparison:
    """Extreme eigenvalues, condition number and rates of several norms at the same weights (arguments as in
    `condition_number_ratio`).

    Examples
    --------
    >>> print(compare([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]))
    hessian, backprop convention
    norm  smallest  largest    kappa      rate  rate (equal sharpness)
      L2   0.18169      0.5  2.75194   0.18169                 0.18169
      H1  0.522535        1  1.91375  0.522535                0.261268
    """
    if isinstance(norms, str) or not len(norms):
        raise ValueError(f"norms: a sequence of norms is required, got {norms!r}")
    rows: list[ComparisonRow] = []
    for norm in norms:
        spectrum = _curvature(W, V, norm, curvature, loss_options).spectrum()
        low, high = spectrum.smallest, spectrum.largest
        reference = rows[0].largest if rows else high
        scaled = low * reference / high if high > 0 else np.nan
        rows.append(ComparisonRow(norm_name(norm), low, high, spectrum.condition_number(), low, scaled))
    return Comparison(tuple(rows), curvature, loss_options.get("derivative", "backprop"))


def _curvature(W: Student, V: Student, norm: Norm, curvature: str, options: dict[str, Any]) -> Curvature:
    one_of("curvature", curvature, ("hessian", "gauss_newton"))
    loss = PopulationLoss(V, norm, **options)
    return loss.hessian(W) if curvature == "hessian" else loss.gauss_newton(W)
