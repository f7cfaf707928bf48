r"""How much derivative weight is best for conditioning, and how carefully it must be tuned.

The curvature of the norm ``(1, lambda)`` is ``G0 + lambda G1``, with ``G0`` from the function and ``G1`` from its
derivatives. For symmetric matrices the largest eigenvalue is convex in ``lambda`` and the smallest concave, so that

.. math:: \kappa(\lambda) \le t \iff \lambda_{max}(G_0 + \lambda G_1) - t\, \lambda_{min}(G_0 + \lambda G_1) \le 0

describes an interval: where the matrix is positive definite, ``kappa`` has one valley, and every local minimum is
global. *More derivative weight stops helping* where the largest eigenvalue begins to grow faster, in proportion, than
the smallest. There the two relative growth rates agree, or an eigenvalue crosses an extreme one and ``kappa`` has a
kink. If it never happens the best weight is infinite, and ``kappa`` falls towards that of ``G1`` alone, ever slower.

For the Gauss-Newton matrix of ReLU, at standard inputs and of hidden weights alone, it never happens. ``G1 = A (x) I``
with ``A_ik = a_i a_k (pi - theta_ik)/(2 pi)``. The mean of ``z' G0 z`` over ``z = alpha (x) e_b``, where
``e_1, ..., e_d`` is an orthonormal basis, is ``alpha' A alpha``, because steps depend only on the direction of their
input ``x``, and ``E |x|^2 = d``. So for every weight the spectrum reaches at least from ``1 + lambda`` times the
smallest eigenvalue of ``A`` to ``1 + lambda`` times the largest: no weight beats ``kappa(A) = kappa(G1)``, and since
there is one valley, ``kappa`` never rises. For the exact Hessian of ReLU it does: near the teacher the loss has a cone,
and the largest eigenvalue of ``G1`` diverges.
"""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import number
from .._runtime.sizes import require_hours_at_most, spectrum_operations
from ..curvature.operator import Curvature
from ..curvature.spectrum import definiteness_of
from ..losses import LossOptions, PopulationLoss, Student
from .comparison import matrix_name
from .directions import SEVERAL, Curvatures, Directions, Towards
from .extremes import Extremes, warn
from .optimum import OptimalWeight
from .valleys import ROUNDING, Valleys
from .weight_path import WeightPath, quality, sharpness_rate

FloatArray = NDArray[np.float64]

SPECTRA = 200
"""Dense spectra that a search costs, eigenvectors counted."""

CLOSE = 1.01
"""Condition numbers up to this factor above the best count as close to it."""


def optimal_weight(
    W: Student,
    V: Student,
    *,
    curvature: str = "hessian",
    towards: Towards = None,
    directions: int = SEVERAL,
    rng: Any = None,
    within: float = 0.05,
    **loss_options: Unpack[LossOptions],
) -> OptimalWeight:
    """The weight ``lambda_1`` in [0, inf] that minimises the condition number of the norm ``(1, lambda_1)``.

    The curvature is the Hessian unless told, as in `compare`: it is what training from ``W`` sees. Where it does not
    exist, at a ReLU teacher in H1, training sees its limits: take ``towards``. The Gauss-Newton matrix is another one
    there, whose gains are not those of gradient descent.

    A symmetric positive definite curvature has a condition number with one valley. A Hessian can be indefinite, and the
    backprop one need not be symmetric: its condition number is the ratio of extreme moduli of eigenvalues, complex ones
    included, and can have several valleys. The search is global (`conditioning.valleys`) by evidence: of 500 random
    Hessians, held against a grid by a test, it misses the lowest valley of none.

    Parameters
    ----------
    W, V
        Student and teacher: weights of shape (K, d) and (M, d), or networks.
    curvature
        ``"hessian"`` or ``"gauss_newton"``.
    towards, directions, rng
        As in `condition_number_ratio`. Over random directions the best weight is one for all of them, with the largest
        mean of ``1/kappa``: condition numbers are harmonic means, rates are means.
    within
        Part of the best attainable rate at equal sharpness that the recommended weight may lose, in (0, 1).
    **loss_options
        ``activation``, ``derivative`` and other options of `PopulationLoss`.

    Returns
    -------
    OptimalWeight
        The pair ``weight, condition_number``, with the recommended weight and the sensitivity as attributes. Of weights
        that are equally good up to rounding, 0 is preferred, then a smaller one.

    Warns
    -----
    ConditioningWarning
        If the curvature at the best weight is not positive definite, as far from the teacher.
    UserWarning
        If it takes minutes.

    Raises
    ------
    SizeError
        If it would take a day: beyond sizes ``K min(d, K + M)`` of about 3700, for symmetric matrices 7200.
    ValueError
        If the curvature is singular to working precision (``kappa > 1e14``) for every weight.
    NotDifferentiableError, UnknownActivationError, ValueError
        As `PopulationLoss` and its ``hessian`` and ``gauss_newton``.

    Notes
    -----
    The search runs over ``u`` in [0, 1] with matrix ``(1 - u) G0/s0 + u G1/s1``, where ``s`` is the largest entry, so
    that infinity is a point like others and units do not matter. Both ends are tried exactly. ``1/kappa`` is accurate
    to 1e-14. The weight is as accurate as that allows: ``u`` to about 1e-7 where the minimum is smooth (``kappa`` is
    flat there), to about 1e-14 times ``kappa`` at a kink. The cost is that of about 40 eigendecompositions and 100
    spectra of size ``K min(d, K + M)``; it does not depend on ``d`` beyond one decomposition of the weights per order.

    Examples
    --------
    >>> best = optimal_weight([[1.0, 0.3, 0.0]], [[1.0, 0.0, 0.0]])
    >>> best.weight, round(best.recommended, 3), round(best.condition_number, 3)
    (inf, 0.92, 1.096)
    >>> best = optimal_weight([[1.0, 0.3, 0.0]], [[1.0, 0.0, 0.0]], derivative="exact")
    >>> best.weight, round(best.interval[1], 3)        # the cone at the teacher: derivatives do not pay
    (0.0, 0.101)
    """
    return best_on(path_along(Directions(towards, directions, rng), W, V, curvature, loss_options), within)


def best_on(path: WeightPath, within: float) -> OptimalWeight:
    """The best weight on a path, and what is known of others; called by functions that users call."""
    within = number("within", within, "a part of the best rate, between 0 and 1,", 0.0, 1.0)
    valleys = Valleys(path, path.mean(quality))
    best = valleys.best()
    if valleys(best) <= ROUNDING:
        raise ValueError(
            "student: a curvature that is regular for some weight is required, got one that is singular for every "
            "weight; remove coincident neurons and zero output weights"
        )
    values, kappa = path.eigenvalues(best), 1 / valleys(best)
    low, high = float(values.real.min()), float(values.real.max())
    state = Extremes(low, high, kappa, definiteness_of(low, 0.0))
    warn("optimal_weight", [(f"the best weight, {path.weight(best):.6g},", state)], stacklevel=4)
    at_zero, at_one, at_infinity = (_inverse(valleys(u)) for u in (0.0, path.share(1.0), 1.0))
    ends = valleys.interval(best, valleys(best) / CLOSE)
    return OptimalWeight(
        path.weight(best),
        kappa,
        matrix=path.matrix,
        interval=(path.weight(ends[0]), path.weight(ends[1])),
        at_zero=at_zero,
        at_one=at_one,
        at_infinity=at_infinity,
        definite=low > 0,
        within=within,
        **_recommended(path, within),
    )


def path_along(along: Directions, W: Student, V: Student, curvature: str, loss_options: LossOptions) -> WeightPath:
    """The matrices of the norms ``(1, lambda)``, along all directions.

    Blocks of a limit are in coordinates that depend on its direction: there ``G0`` is a difference of two limits.
    """

    def of(*norm: float) -> Curvatures:
        return along.curvatures(PopulationLoss(V, norm, **loss_options), W, curvature)

    derivatives = of(0.0, 1.0)
    function = of(1.0, 1.0) if derivatives.are_limits else of(1.0)
    symmetric = all(each.is_symmetric for each in (*function.each, *derivatives.each))
    _require_search_fits(len(derivatives.each), derivatives.each[0].on_span.shape[0], symmetric)
    pairs: list[tuple[FloatArray, FloatArray]] = []
    for first, second in zip(function.each, derivatives.each, strict=True):
        blocks = [(g0, g1) for (g0, _), (g1, _) in zip(_parts(first), _parts(second), strict=True)]
        pairs += [(g0 - g1, g1) for g0, g1 in blocks] if derivatives.are_limits else blocks
    loss = PopulationLoss(V, **loss_options)
    across = "across rescalings" * any(each.has_quotient for each in derivatives.each)
    limit = along.title if derivatives.are_limits else ""
    words = matrix_name(curvature, loss.derivative, limit), loss.setting, across
    matrix = "; ".join(filter(None, words))
    return WeightPath(pairs, symmetric=symmetric, directions=len(derivatives.each), matrix=matrix)


def _parts(curvature: Curvature) -> list[tuple[FloatArray, int]]:
    """Dense parts; across rescalings of the network where it has any."""
    return curvature.parts_across() if curvature.has_quotient else curvature.parts()


def _require_search_fits(count: int, size: int, symmetric: bool) -> None:
    """Refuse a search that would take a day, and announce minutes."""
    operations = count * SPECTRA * spectrum_operations(size, symmetric=symmetric)
    what = f"student: a search over {size} x {size} matrices"
    advice = "take fewer neurons or dimensions, or compare norms (1, weight), which needs extreme eigenvalues only"
    require_hours_at_most(what, operations, advice, stacklevel=5)


def _recommended(path: WeightPath, within: float) -> dict[str, float]:
    """The smallest weight that comes close to the best rate at equal sharpness, and what it gains over L2."""
    rates, slowest = Valleys(path, path.mean(sharpness_rate)), path.mean(lambda values: values.real.min(axis=-1))
    most = rates(rates.best())
    names = ("recommended", "recommended_condition_number", "gain", "gain_equal_sharpness")
    if most <= ROUNDING:
        return dict.fromkeys(names, np.nan)
    u = rates.first((1 - within) * most)
    kappa = _inverse(float(path.mean(quality)(path.eigenvalues(u))))
    gains = np.nan, np.nan
    if rates(0.0) > ROUNDING:
        as_is = slowest(path.unscaled(u)) / slowest(path.unscaled(0.0))
        gains = float(as_is), rates(u) / rates(0.0)
    return dict(zip(names, (path.weight(u), kappa, *gains), strict=True))


def _inverse(part: float) -> float:
    return 1 / part if part > 0 else np.inf
