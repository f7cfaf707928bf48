"""How norms compare in conditioning at given weights: condition-number ratios and a table of rates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from .._runtime.progress import tracked
from .._runtime.sample_mean import SampleMean
from ..losses import LossOptions, Student, each_loss
from ..norms import NormLike, several_norms, two_norms
from .comparison import Comparison, ComparisonRow
from .directions import SEVERAL, Directions, Towards
from .extremes import Extremes, extremes, warn

FloatArray = NDArray[np.float64]


def condition_number_ratio(
    W: Student,
    V: Student,
    norms: Sequence[NormLike] = ("H1", "L2"),
    *,
    curvature: str = "hessian",
    towards: Towards = None,
    directions: int = SEVERAL,
    rng: Any = None,
    **loss_options: Unpack[LossOptions],
) -> float:
    """``kappa(first norm) / kappa(second norm)`` at student ``W`` and teacher ``V``; below 1, the first is better.

    ``kappa = max |lambda| / min |lambda|``. Far from the teacher a Hessian can be indefinite: it has a ratio of moduli
    too, but no rate follows from it, and a warning says so; ``curvature="gauss_newton"`` is always positive
    semi-definite, but what Gauss-Newton and natural-gradient steps invert: gradient descent follows the Hessian. It is
    the quotient *at these weights*: near a minimum that is the advantage at equal sharpness, but a flow that goes on
    from here sees other curvatures, and its last rate is that at its end. For one ReLU neuron at angle 1,
    ``|w| = |w*|``, the ratio is 0.78; at its end, the teacher, both condition numbers are 1.

    At parallel rows, as at the teacher, the Hessian of ReLU in H1 does not exist. It has limits, which training sees:
    take ``towards``. At an orthonormal teacher of 5 neurons the ratio of those is 0.95, and that of the Gauss-Newton
    matrices, which training does not follow, 0.49.

    Parameters
    ----------
    W, V
        Student and teacher: weights of shape (K, d) and (M, d), or networks.
    norms
        Two norms as in `PopulationLoss`.
    curvature
        ``"hessian"``, which gradient descent follows, or ``"gauss_newton"``, which is the same at the teacher only, and
        not there either where the norm contains the order that jumps (ReLU with H1).
    towards
        A displacement ``X`` of the student, shape (K, d), as in `PopulationLoss.hessian`: the limit of the Hessian at
        ``W + eps X`` for ``eps -> 0+``, and the Hessian itself where that exists. ``"random"``: the limits along random
        ones, of independent standard Gaussian entries.
    directions, rng
        How many random directions, and their seed or generator; the same for all norms.
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
    >>> teacher = np.eye(5, 1000)
    >>> ratio = condition_number_ratio(teacher, teacher, towards="random", rng=0)
    >>> print(f"{ratio:.3f} +- {ratio.standard_error:.0e}, one direction +- {ratio.spread:.0e}")
    0.946 +- 3e-05, one direction +- 3e-04
    >>> round(condition_number_ratio(teacher, teacher, curvature="gauss_newton"), 4)
    0.4867
    """
    along = Directions(towards, directions, rng)
    losses = each_loss(V, two_norms(norms), loss_options)
    found = [[extremes(each) for each in along.curvatures(loss, W, curvature).each] for loss in losses]
    warn("condition_number_ratio", zip((loss.norm.name for loss in losses), map(_worst, found), strict=True))
    first, second = (np.array([each.condition_number for each in some]) for some in found)
    with np.errstate(all="ignore"):  # 0/0 and inf/inf are nan
        return _mean(first / second, along)


def compare(
    W: Student,
    V: Student,
    norms: Sequence[NormLike] = ("L2", "H1"),
    *,
    curvature: str = "hessian",
    towards: Towards = None,
    directions: int = SEVERAL,
    rng: Any = None,
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

    Two extreme eigenvalues are needed: the whole spectrum is computed only up to size 1024 on the span (256 if the
    matrix is not symmetric but definite), above that the ends are found by iteration, to 1e-10 of the largest. The cost
    does not depend on ``d`` beyond ``min(d, K + M)``. No warning is given: column and notes say what is not definite.

    Of all parameters of a ReLU^n network that move some directions change nothing: ``(w_i, b_i, -n a_i)``. Numbers are
    those across them, as in `Curvature.condition_number`, and depend on where among equal networks the student is:
    `Network.balanced` is near where gradient flow from small weights ends.

    At a teacher, ``W = V``, and wherever rows are parallel, ``towards`` compares the limits of Hessians that training
    sees. Over random directions means are printed, with the standard deviation of a single direction and the standard
    error of the mean; quotients are formed for each direction. Rates of Gauss-Newton matrices are those of gradient
    descent at the teacher only, and not there where an order jumps: notes say for which norms.

    Examples
    --------
    >>> print(compare([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]))
    Hessian, backprop convention; rate as is, and at equal sharpness
    norm  smallest  largest    kappa      rate  equal sharpness  definite
      L2   0.18169      0.5  2.75194   0.18169          0.18169       yes
      H1  0.522535        1  1.91375  0.522535         0.261268       yes
    kappa and rate are local: they hold near these weights, and change as training moves on (see compare_flows)
    >>> print(compare(np.eye(2), np.eye(2), towards=[[0.0, 1.0], [-1.0, 0.0]]))
    Hessian, backprop convention, limit along a direction (training); rate as is, and at equal sharpness
    norm   smallest   largest    kappa       rate  equal sharpness  definite
      L2  0.0908451  0.909155  10.0078  0.0908451        0.0908451       yes
      H1   0.264073   1.73593  6.57368   0.264073         0.138302       yes
    kappa and rate are local: they hold near these weights, and change as training moves on (see compare_flows)
    L2: the Hessian exists, and is its own limit
    """
    along = Directions(towards, directions, rng)
    losses = each_loss(V, several_norms(norms), loss_options)
    sides = [along.curvatures(loss, W, curvature) for loss in losses]
    each = [curvature for side in sides for curvature in side.each]
    found = iter([extremes(one) for one in tracked(each, len(each), "comparing", progress)])
    rows: list[ComparisonRow] = []
    reference: FloatArray | None = None
    for loss, side in zip(losses, sides, strict=True):
        some = list(islice(found, len(side.each)))
        low, high, kappa = np.array([(one.smallest, one.largest, one.condition_number) for one in some]).T
        reference = high if reference is None else reference
        with np.errstate(all="ignore"):
            scaled = np.where(np.minimum(high, reference) > 0, low / high * reference, np.nan)
        rows.append(
            ComparisonRow(
                norm=loss.norm.name,
                smallest=_mean(low, along),
                largest=_mean(high, along),
                condition_number=_mean(kappa, along),
                rate=_mean(low, along),
                rate_equal_sharpness=_mean(scaled, along),
                definiteness=_worst(some).definiteness,
                reason=next((one.reason for one in some if one.reason), ""),
                is_limit=side.are_limits,
            )
        )
    across = any(curvature.has_quotient for curvature in each)
    jumping = tuple(loss.norm.name for loss in losses if loss.norm.jumps_for(loss.activation))
    return Comparison(tuple(rows), curvature, losses[0].derivative, along.title, jumping, across, losses[0].setting)


def _worst(some: list[Extremes]) -> Extremes:
    """Of curvatures along several directions that of the smallest eigenvalue."""
    return min(some, key=lambda one: one.smallest)


def _mean(values: FloatArray, along: Directions) -> float:
    """The mean over random directions; else the number that there is."""
    return SampleMean(np.broadcast_to(values, along.count)) if along.count else float(values[0])
