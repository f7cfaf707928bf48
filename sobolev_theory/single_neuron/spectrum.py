"""Curvature of one ReLU neuron: three eigenvalues, condition numbers and their ratios."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._kernels.single_neuron import EIGENVALUES
from ..errors import ConditioningWarning
from ..norms import Convention, NormLike, two_norms
from ..pairs.sums import sum_over_orders
from .arguments import Orders, orders, parse, sine

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

BLOCK = 2**14
"""Elements evaluated at a time, so that temporaries stay in cache."""

ROUNDING = 1e-15
"""Error of an eigenvalue in units of ``1 + r sin(theta)``, the size of its terms."""


def eigenvalues(
    angle: ArrayLike, ratio: ArrayLike = 1.0, norm: NormLike = "H1", *, derivative: str = "backprop"
) -> FloatArray:
    """Eigenvalues of the curvature of one ReLU neuron; last axis: radial, in-plane, transverse (multiplicity d - 2).

    Parameters
    ----------
    angle
        Angle between student and teacher, radians in [0, pi].
    ratio
        ``r = |w*| / |w| > 0``; broadcast against the angle.
    norm, derivative
        As in `PopulationLoss`.

    Returns
    -------
    array
        Array of the broadcast shape plus one axis of length 3, accurate to 1e-15 of ``1 + r`` (exact convention, order
        1: of ``1 + r/sin(theta)``). For d = 2 leave the last entry out. At angles 0 and pi (the double ``np.pi``) it is
        the continuous extension, which in the exact convention is infinite for the transverse eigenvalue.

    Raises
    ------
    ValueError
        For an angle or a ratio outside its domain.
    InfiniteNormError
        For a norm of order 2 or more.

    Examples
    --------
    >>> eigenvalues(np.pi / 2, ratio=np.pi / 4, norm="H1")
    array([1.   , 0.625, 0.875])
    """
    theta, r = parse(angle, ratio)
    return np.stack(
        np.broadcast_arrays(*_eigenvalues(theta, r, orders(EIGENVALUES, norm, derivative), derivative)), axis=-1
    )


def condition_number(
    angle: ArrayLike, ratio: ArrayLike = 1.0, norm: NormLike = "H1", *, derivative: str = "backprop"
) -> FloatArray | float:
    """``max |lambda| / min |lambda|`` over the three eigenvalues, infinite where one vanishes to rounding.

    Arguments and errors are those of `eigenvalues`; the result has the broadcast shape, and is a number for numbers.
    In the exact convention of H1 it is infinite at angles 0 and pi, where an eigenvalue is.

    Warns
    -----
    ConditioningWarning
        Where an eigenvalue is not positive, as for ``x = r sin(theta)/pi >= 1/2`` in L2: no rate follows there.

    Examples
    --------
    >>> float(condition_number(np.pi / 2, ratio=np.pi / 4, norm="L2"))    # 1/(1 - 2x) with x = 1/4
    2.0
    """
    kernels = orders(EIGENVALUES, norm, derivative)
    theta, r = parse(angle, ratio)
    kappa, definite = _in_blocks(lambda theta, r: _condition_number(theta, r, kernels, derivative), theta, r)
    _warn("condition_number", definite, theta, r)
    return kappa[()]


def condition_number_ratio(
    angle: ArrayLike,
    ratio: ArrayLike = 1.0,
    norms: tuple[NormLike, NormLike] = ("H1", "L2"),
    *,
    derivative: str = "backprop",
) -> FloatArray | float:
    """``kappa(first norm) / kappa(second norm)``, below 1 where the first is better conditioned.

    Arguments and errors are those of `eigenvalues`; the result has the broadcast shape, and is a number for numbers.
    NaN where both condition numbers are infinite.

    For H1 over L2 in the backprop convention this is ``(1 - 2x)/(1 - 3x/2)``, ``x = r sin(theta)/pi < 1/2``. It is the
    quotient *at these weights*: a flow ends at the teacher, where both condition numbers are 1.

    Warns
    -----
    ConditioningWarning
        Where one of the two curvatures is not positive definite, as for ``x >= 1/2``.

    Examples
    --------
    >>> condition_number_ratio([np.pi / 2, np.pi / 6], ratio=np.pi / 4)
    array([0.8       , 0.92307692])
    """
    first, second = (orders(EIGENVALUES, norm, derivative) for norm in two_norms(norms))

    def quotient(theta: FloatArray, r: FloatArray) -> tuple[FloatArray, BoolArray]:
        (above, regular), (below, also) = (_condition_number(theta, r, some, derivative) for some in (first, second))
        with np.errstate(invalid="ignore"):  # inf/inf is NaN
            return above / below, regular & also

    theta, r = parse(angle, ratio)
    result, definite = _in_blocks(quotient, theta, r)
    _warn("condition_number_ratio", definite, theta, r)
    return result[()]


def smallest_sign(angle: ArrayLike, ratio: ArrayLike, norm: NormLike, *, derivative: str) -> NDArray[np.int_]:
    """Sign of the smallest eigenvalue, 0 where it is zero to rounding: 1 where the curvature is positive definite."""
    theta, r = parse(angle, ratio)
    kernels = _normalised(orders(EIGENVALUES, norm, derivative))
    smallest, rounding = _ends(_eigenvalues(theta, r, kernels, derivative))[0], _rounding(theta, r)
    return np.where(smallest > rounding, 1, np.where(smallest >= -rounding, 0, -1))


@np.errstate(all="ignore")
def _eigenvalues(theta: FloatArray, r: FloatArray, kernels: Orders, derivative: str) -> tuple[FloatArray, ...]:
    """Radial, in-plane and transverse eigenvalues, summed over orders: the in-plane blocks are all triangular."""
    cosine = np.cos(theta) if derivative == Convention.EXACT else None  # the others do without
    with np.errstate(divide="ignore", over="ignore"):
        return sum_over_orders(np, kernels, r, sine(theta), cosine)


def _condition_number(
    theta: FloatArray, r: FloatArray, kernels: Orders, derivative: str
) -> tuple[FloatArray, BoolArray]:
    """The condition number, and where all eigenvalues are positive."""
    values, rounding = _eigenvalues(theta, r, _normalised(kernels), derivative), _rounding(theta, r)
    smallest, largest = _ends(values)
    definite = smallest > rounding
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if definite.all():
            return largest / smallest, definite
        least, most = _ends([np.abs(value) for value in values])
        return np.where(least <= rounding, np.inf, most / least), definite


def _normalised(kernels: Orders) -> Orders:
    """Weights of which the largest is 1: that changes no sign and no quotient."""
    largest = max(weight for weight, _ in kernels)
    return [(weight / largest, kernel) for weight, kernel in kernels]


def _rounding(theta: FloatArray, r: FloatArray) -> FloatArray:
    return ROUNDING * (1 + r * sine(theta))


def _ends(values: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Elementwise smallest and largest of three."""
    first, second, third = values
    return np.minimum(np.minimum(first, second), third), np.maximum(np.maximum(first, second), third)


def _warn(what: str, definite: BoolArray, theta: FloatArray, r: FloatArray) -> None:
    """The warning of numbers from which no rate follows, with the first place of one."""
    if definite.all():
        return
    at = np.unravel_index(np.argmin(definite), definite.shape)
    angle, ratio = (float(np.broadcast_to(some, definite.shape)[at]) for some in (theta, r))
    warnings.warn(
        f"{what}: at {np.count_nonzero(~definite)} of {definite.size} points, such as angle={angle:.6g}, "
        f"ratio={ratio:.6g}, a Hessian has an eigenvalue that is not positive, and no rate follows from its condition "
        "number. Meaningful are single_neuron.eigenvalues, points of r sin(angle)/pi < 1/2, and the Gauss-Newton "
        "matrix, whose condition number is 1 for one neuron",
        ConditioningWarning,
        stacklevel=3,
    )


def _in_blocks(
    function: Callable[[FloatArray, FloatArray], tuple[FloatArray, BoolArray]], theta: FloatArray, r: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """An elementwise function of two broadcast arrays, a block at a time."""
    theta, r = np.broadcast_arrays(theta, r)
    if theta.size <= BLOCK:
        values, definite = function(theta, r)
        return np.asarray(values, dtype=np.float64), np.asarray(definite)
    result, known = np.empty(theta.shape), np.empty(theta.shape, dtype=bool)
    flat, flat_known, flat_theta, flat_r = (some.reshape(-1) for some in (result, known, theta, r))
    for start in range(0, theta.size, BLOCK):
        part = slice(start, start + BLOCK)
        flat[part], flat_known[part] = function(flat_theta[part], flat_r[part])
    return result, known
