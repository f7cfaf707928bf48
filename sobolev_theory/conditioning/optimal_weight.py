r"""How much derivative weight is best for conditioning, and how carefully it must be tuned.

The curvature of the norm ``(1, lambda)`` is ``G0 + lambda G1``, with ``G0`` from the function and ``G1`` from its
derivatives. For symmetric matrices the largest eigenvalue is convex in ``lambda`` and the smallest concave, so that

.. math:: \kappa(\lambda) \le t \iff \lambda_{max}(G_0 + \lambda G_1) - t\, \lambda_{min}(G_0 + \lambda G_1) \le 0

describes an interval: where the matrix is positive definite, ``kappa`` has one valley, and every local minimum is
global. *More derivative weight stops helping* where the largest eigenvalue begins to grow faster, in proportion, than
the smallest. There the two relative growth rates agree, or an eigenvalue crosses an extreme one and ``kappa`` has a
kink. If it never happens the best weight is infinite, and ``kappa`` falls towards that of ``G1`` alone, ever slower.

For the Gauss-Newton matrix of ReLU it never happens. ``G1 = A (x) I`` with ``A_ik = a_i a_k (pi - theta_ik)/(2 pi)``.
The mean of ``z' G0 z`` over ``z = alpha (x) e_b``, where ``e_1, ..., e_d`` is an orthonormal basis, is
``alpha' A alpha``, because steps depend only on the direction of their input ``x``, and ``E |x|^2 = d``. So for every
weight the spectrum reaches at least from ``1 + lambda`` times the smallest eigenvalue of ``A`` to ``1 + lambda`` times
the largest: no weight beats ``kappa(A) = kappa(G1)``, and since there is one valley, ``kappa`` never rises. For the
exact Hessian of ReLU it does: near the teacher the loss has a cone, and the largest eigenvalue of ``G1`` diverges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, Unpack

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

from .._runtime.results import Record
from ..losses import LossOptions, PopulationLoss, Student
from .comparison import curvature_at

FloatArray = NDArray[np.float64]

CELLS = 32
"""Grid cells that ``[0, 1]`` is searched by. Heuristic where there may be more than one valley."""

ROUNDING = 1e-14
"""Error of a reciprocal condition number: eigenvalues are known to about 1e-15 of the largest, with some room."""

CLOSE = 1.01
"""Condition numbers up to this factor above the best count as close to it."""


class _Optimum(NamedTuple):
    """What an `OptimalWeight` unpacks to."""

    weight: float
    condition_number: float


class OptimalWeight(Record, _Optimum):
    """The best weight of the derivatives and its condition number, a pair that also knows how sensitive it is.

    The best weight is often infinite while a moderate one is nearly as good: ``interval[0]`` is the least derivative
    weight that comes within 1 percent. A wide interval needs no tuning. If it begins at 0, derivatives do not pay.

    Attributes
    ----------
    weight
        ``lambda_1`` in [0, inf], for the norm ``(1, lambda_1)``; infinity stands for ``(0, 1)``, derivatives alone.
    condition_number
        ``kappa`` there.
    interval
        ``(low, high)``: the weights around the best whose ``kappa`` is at most 1 percent above. ``high`` may be
        infinite. For a symmetric positive definite curvature these are all such weights.
    at_zero, at_one, at_infinity
        ``kappa`` of L2, of H1, and of derivatives alone.
    definite
        Whether all eigenvalues at the best weight have positive real part. If not, ``kappa`` is a ratio of moduli from
        which no rate of convergence follows.

    Examples
    --------
    >>> print(optimal_weight([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]))
    lambda_1 = inf, kappa = 3; at most 1 percent above for lambda_1 from 84.5 to inf
    kappa of L2 10.0078, H1 4.86777, derivatives alone 3
    """

    interval: tuple[float, float]
    at_zero: float
    at_one: float
    at_infinity: float
    definite: bool

    def __new__(cls, weight: float, condition_number: float, **sensitivity: Any) -> OptimalWeight:
        """The pair, with the other attributes by name; copying and unpickling fill them in afterwards."""
        pair = super().__new__(cls, weight, condition_number)
        pair.__dict__.update(sensitivity)
        return pair

    def facts(self) -> dict[str, Any]:
        """The pair, and how sensitive it is."""
        return self._asdict() | vars(self)

    def __str__(self) -> str:
        low, high = self.interval
        lines = [
            f"lambda_1 = {self.weight:.6g}, kappa = {self.condition_number:.6g}; "
            f"at most 1 percent above for lambda_1 from {low:.3g} to {high:.3g}",
            f"kappa of L2 {self.at_zero:.6g}, H1 {self.at_one:.6g}, derivatives alone {self.at_infinity:.6g}",
        ]
        return "\n".join(lines if self.definite else [*lines, "not positive definite: no rate follows from kappa"])


def optimal_weight(
    W: Student,
    V: Student,
    *,
    curvature: str = "gauss_newton",
    **loss_options: Unpack[LossOptions],
) -> OptimalWeight:
    """The weight ``lambda_1`` in [0, inf] that minimises the condition number of the norm ``(1, lambda_1)``.

    The Gauss-Newton matrix is symmetric and positive semi-definite: its condition number has one valley, and the
    minimum found is global. A Hessian can be indefinite, and the backprop one need not be symmetric: its condition
    number is the ratio of extreme moduli of eigenvalues, complex ones included, and can have several valleys. Those
    narrower than 1/32 of the search interval, in ``u`` of the notes, can be missed.

    Parameters
    ----------
    W, V
        Student and teacher: weights of shape (K, d) and (M, d), or networks.
    curvature
        ``"gauss_newton"`` or ``"hessian"``.
    **loss_options
        ``activation``, ``derivative`` and other options of `PopulationLoss`.

    Returns
    -------
    OptimalWeight
        The pair ``weight, condition_number``, with the sensitivity as attributes. Of weights that are equally good up
        to rounding, 0 is preferred, then a smaller one.

    Raises
    ------
    ValueError
        If the curvature is singular to working precision (``kappa > 1e14``) for every weight.
    NotDifferentiableError, UnknownActivationError, ValueError
        As `PopulationLoss` and its ``hessian`` and ``gauss_newton``.

    Notes
    -----
    The search runs over ``u`` in [0, 1] with matrix ``(1 - u) G0/s0 + u G1/s1``, where ``s`` is the largest entry, so
    that infinity is a point like others and units do not matter. Both ends are tried exactly. ``1/kappa`` is accurate
    to 1e-14. The weight is as accurate as that allows: ``u`` to about 1e-7 where the minimum is smooth (``kappa`` is
    flat there), to about 1e-14 times ``kappa`` at a kink. The cost is that of about 100 spectra of size
    ``K min(d, K + M)``; it does not depend on ``d`` beyond one decomposition of the weights per order.

    Examples
    --------
    >>> weight, kappa = optimal_weight([[1.0, 0.1], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]])
    >>> weight
    inf
    >>> best = optimal_weight([[1.0, 0.3, 0.0]], [[1.0, 0.0, 0.0]], curvature="hessian", derivative="exact")
    >>> best.weight, round(best.interval[1], 3)        # the cone at the teacher: derivatives do not pay
    (0.0, 0.101)
    """
    of_order = ((1.0,), (0.0, 1.0))
    orders = [curvature_at(PopulationLoss(V, norm, **loss_options), W, curvature) for norm in of_order]
    path = _Path(
        [(g0, g1) for (g0, _), (g1, _) in zip(orders[0].parts(), orders[1].parts(), strict=True)],
        symmetric=all(order.is_symmetric for order in orders),
    )
    quality = cache(path.quality)
    best, low, high = _search(quality)
    if quality(best) <= ROUNDING:
        raise ValueError(
            "student: a curvature that is regular for some weight is required, got one that is singular for every "
            "weight; remove coincident neurons and zero output weights"
        )
    at_zero, at_one, at_infinity, kappa = (
        1 / quality(u) if quality(u) > 0 else np.inf for u in (0.0, path.share(1.0), 1.0, best)
    )
    return OptimalWeight(
        path.weight(best),
        kappa,
        interval=(path.weight(low), path.weight(high)),
        at_zero=at_zero,
        at_one=at_one,
        at_infinity=at_infinity,
        definite=bool(path.eigenvalues(best).real.min() > 0),
    )


class _Path:
    """The matrices ``(1 - u) G0/s0 + u G1/s1``, u in [0, 1], given as pairs of diagonal blocks of ``G0`` and ``G1``."""

    def __init__(self, blocks: Sequence[tuple[FloatArray, FloatArray]], *, symmetric: bool) -> None:
        self.scales = [max(float(np.abs(block).max()) for block in order) or 1.0 for order in zip(*blocks, strict=True)]
        self.blocks = [[block / scale for block, scale in zip(pair, self.scales, strict=True)] for pair in blocks]
        self.values_of = np.linalg.eigvalsh if symmetric else np.linalg.eigvals

    def eigenvalues(self, u: float) -> NDArray[Any]:
        """Distinct eigenvalues, unsorted."""
        return np.concatenate([self.values_of((1 - u) * g0 + u * g1) for g0, g1 in self.blocks])

    def quality(self, u: float) -> float:
        """``1/kappa``, continuous in ``u``, 0 for a singular matrix."""
        modulus = np.abs(self.eigenvalues(u))
        return float(modulus.min() / modulus.max()) if modulus.any() else 0.0

    def weight(self, u: float) -> float:
        """``lambda = u s0 / ((1 - u) s1)``."""
        return u * self.scales[0] / ((1 - u) * self.scales[1]) if u < 1 else np.inf

    def share(self, weight: float) -> float:
        """``u`` of a finite weight."""
        return weight * self.scales[1] / (self.scales[0] + weight * self.scales[1])


def _search(quality: Callable[[float], float]) -> tuple[float, float, float]:
    """Where the quality is best on [0, 1], and the ends of the interval around on which it is close to that."""
    grid = np.linspace(0.0, 1.0, CELLS + 1).tolist()
    top = max(map(quality, grid))
    k = next(k for k, u in enumerate(grid) if quality(u) >= top - ROUNDING)
    refined = _maximum(quality, grid[max(k - 1, 0)], grid[min(k + 1, CELLS)])
    best = refined if quality(refined) > quality(grid[k]) + ROUNDING else grid[k]
    level = quality(best) / CLOSE
    low = _end(quality, level, [best, *(u for u in reversed(grid) if u < best)])
    return best, low, _end(quality, level, [best, *(u for u in grid if u > best)])


def _maximum(quality: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one hill on [low, high] is largest.

    The minimiser stops at 1e-8 of the coordinate. The second pass counts it from the first answer, so that a kink is
    found to rounding.
    """
    centre = (low + high) / 2
    for reach in ((high - low) / 2, 1e-8):
        bounds = max(low - centre, -reach), min(high - centre, reach)
        found = minimize_scalar(
            lambda t, centre=centre: -quality(centre + t), bounds=bounds, method="bounded", options={"xatol": 1e-15}
        )
        centre += float(found.x)
    return centre


def _end(quality: Callable[[float], float], level: float, points: Sequence[float]) -> float:
    """Where the quality falls below the level on the way from the first point to the last; the last if nowhere."""
    for inside, outside in pairwise(points):
        if quality(outside) < level:
            return float(brentq(lambda u: quality(u) - level, inside, outside))
    return points[-1]
