"""Curvature of one ReLU neuron: three eigenvalues, condition numbers and their ratios."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._kernels.single_neuron import EIGENVALUES
from ..norms import Convention, NormLike, two_norms
from ..pairs.sums import sum_over_orders
from .arguments import Orders, orders, parse, sine

FloatArray = NDArray[np.float64]

BLOCK = 2**14
"""Elements evaluated at a time, so that temporaries stay in cache."""


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
) -> FloatArray:
    """``max |lambda| / min |lambda|`` over the three eigenvalues, infinite where one vanishes.

    Arguments and errors are those of `eigenvalues`; the result has the broadcast shape.

    Examples
    --------
    >>> float(condition_number(np.pi / 2, ratio=np.pi / 4, norm="L2"))    # 1/(1 - 2x) with x = 1/4
    2.0
    """
    kernels = orders(EIGENVALUES, norm, derivative)
    return _in_blocks(lambda theta, r: _condition_number(theta, r, kernels, derivative), *parse(angle, ratio))


def condition_number_ratio(
    angle: ArrayLike,
    ratio: ArrayLike = 1.0,
    norms: tuple[NormLike, NormLike] = ("H1", "L2"),
    *,
    derivative: str = "backprop",
) -> FloatArray:
    """``kappa(first norm) / kappa(second norm)``, below 1 where the first is better conditioned.

    Arguments and errors are those of `eigenvalues`; the result has the broadcast shape, NaN where both are singular.

    For H1 over L2 in the backprop convention this is ``(1 - 2x)/(1 - 3x/2)``, ``x = r sin(theta)/pi < 1/2``.

    Examples
    --------
    >>> condition_number_ratio([np.pi / 2, np.pi / 6], ratio=np.pi / 4)
    array([0.8       , 0.92307692])
    """
    first, second = (orders(EIGENVALUES, norm, derivative) for norm in two_norms(norms))

    def quotient(theta: FloatArray, r: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):  # inf/inf, both matrices singular, is NaN
            return _condition_number(theta, r, first, derivative) / _condition_number(theta, r, second, derivative)

    return _in_blocks(quotient, *parse(angle, ratio))


def _eigenvalues(theta: FloatArray, r: FloatArray, kernels: Orders, derivative: str) -> tuple[FloatArray, ...]:
    """Radial, in-plane and transverse eigenvalues, summed over orders: the in-plane blocks are all triangular."""
    cosine = np.cos(theta) if derivative == Convention.EXACT else None  # the others do without
    with np.errstate(divide="ignore", over="ignore"):
        return sum_over_orders(np, kernels, r, sine(theta), cosine)


def _condition_number(theta: FloatArray, r: FloatArray, kernels: Orders, derivative: str) -> FloatArray:
    radial, in_plane, transverse = (np.abs(value) for value in _eigenvalues(theta, r, kernels, derivative))
    with np.errstate(divide="ignore"):
        largest = np.maximum(np.maximum(radial, in_plane), transverse)
        return largest / np.minimum(np.minimum(radial, in_plane), transverse)


def _in_blocks(
    function: Callable[[FloatArray, FloatArray], FloatArray], theta: FloatArray, r: FloatArray
) -> FloatArray:
    """An elementwise function of two broadcast arrays, a block at a time."""
    theta, r = np.broadcast_arrays(theta, r)
    if theta.size <= BLOCK:
        return np.asarray(function(theta, r), dtype=np.float64)
    result = np.empty(theta.shape)
    flat, flat_theta, flat_r = result.reshape(-1), theta.reshape(-1), r.reshape(-1)
    for start in range(0, theta.size, BLOCK):
        part = slice(start, start + BLOCK)
        flat[part] = function(flat_theta[part], flat_r[part])
    return result
