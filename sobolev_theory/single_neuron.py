r"""One ReLU neuron ``w`` learning another, ``w*``: closed forms in the angle and the ratio ``r = |w*| / |w|``.

The curvature has three distinct eigenvalues: radial (along ``w``), in-plane (orthogonal to ``w`` in span(w, w*)) and
transverse (multiplicity ``d - 2``). With ``x = r sin(theta)/pi``, in the backprop convention,

.. math:: L2: \tfrac12,\ \tfrac12 - x,\ \tfrac12 - \tfrac{x}{2}; \qquad H1: 1,\ 1 - \tfrac{3x}{2},\ 1 - \tfrac{x}{2}

so that for ``x < 1/2`` the condition numbers are ``1/(1 - 2x)`` and ``1/(1 - 3x/2)``, and H1 is never worse
conditioned than L2. For ``x >= 1/2`` the L2 Hessian is singular or indefinite, for ``x >= 2/3`` the H1 one: the
condition number is then still the ratio of extreme moduli, but no rate of convergence follows from it. In the exact
convention the transverse H1 eigenvalue is ``1 + r cos(2 theta)/(2 pi sin(theta))``, which diverges at ``theta -> 0``:
the true H1 loss has a cone at the teacher.

Source: Oh, Lyu & Son 2025 (arXiv 2509.19773); derivation: `derivations/single_neuron.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import activations
from ._checks import CONVENTIONS, one_of
from ._kernels.single_neuron import EIGENVALUES
from .norms import Norm, parse_norm, two_norms

__all__ = ["condition_number", "condition_number_ratio", "eigenvalues"]

FloatArray = NDArray[np.float64]

BLOCK = 2**14
"""Elements evaluated at a time, so that temporaries stay in cache."""

TINY = 1e-300
"""Norm ratios between this and its inverse are admitted: their products do not overflow."""


def eigenvalues(
    angle: ArrayLike, ratio: ArrayLike = 1.0, norm: Norm = "H1", *, derivative: str = "backprop"
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
    theta, r = _parse(angle, ratio)
    return np.stack(np.broadcast_arrays(*_eigenvalues(theta, r, _weights(norm), _convention(derivative))), axis=-1)


def condition_number(
    angle: ArrayLike, ratio: ArrayLike = 1.0, norm: Norm = "H1", *, derivative: str = "backprop"
) -> FloatArray:
    """``max |lambda| / min |lambda|`` over the three eigenvalues, infinite where one vanishes.

    Arguments and errors are those of `eigenvalues`; the result has the broadcast shape.

    Examples
    --------
    >>> float(condition_number(np.pi / 2, ratio=np.pi / 4, norm="L2"))    # 1/(1 - 2x) with x = 1/4
    2.0
    """
    weights, convention = _weights(norm), _convention(derivative)
    return _in_blocks(lambda theta, r: _condition_number(theta, r, weights, convention), *_parse(angle, ratio))


def condition_number_ratio(
    angle: ArrayLike, ratio: ArrayLike = 1.0, norms: tuple[Norm, Norm] = ("H1", "L2"), *, derivative: str = "backprop"
) -> FloatArray:
    """``kappa(first norm) / kappa(second norm)``, below 1 where the first is better conditioned.

    Arguments and errors are those of `eigenvalues`; the result has the broadcast shape, NaN where both are singular.

    For H1 over L2 in the backprop convention this is ``(1 - 2x)/(1 - 3x/2)``, ``x = r sin(theta)/pi < 1/2``.

    Examples
    --------
    >>> condition_number_ratio([np.pi / 2, np.pi / 6], ratio=np.pi / 4)
    array([0.8       , 0.92307692])
    """
    first, second = (_weights(norm) for norm in two_norms(norms))
    convention = _convention(derivative)

    def quotient(theta: FloatArray, r: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):  # inf/inf, both matrices singular, is NaN
            return _condition_number(theta, r, first, convention) / _condition_number(theta, r, second, convention)

    return _in_blocks(quotient, *_parse(angle, ratio))


def _eigenvalues(theta: FloatArray, r: FloatArray, weights: tuple[float, ...], derivative: str) -> list[FloatArray]:
    """Radial, in-plane and transverse eigenvalues, summed over orders: the in-plane blocks are all triangular."""
    sine = np.where(theta == np.pi, 0.0, np.sin(theta))  # the double nearest to pi stands for pi
    cosine = np.cos(theta) if derivative == "exact" else None
    total: list[FloatArray] = [np.zeros(())] * 3
    with np.errstate(divide="ignore", over="ignore"):
        for order, weight in enumerate(weights):
            if weight:
                values = EIGENVALUES[order, derivative](np, r, sine, cosine)
                total = [t + weight * v for t, v in zip(total, values, strict=True)]
    return total


def _condition_number(theta: FloatArray, r: FloatArray, weights: tuple[float, ...], derivative: str) -> FloatArray:
    radial, in_plane, transverse = (np.abs(v) for v in _eigenvalues(theta, r, weights, derivative))
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


def _parse(angle: ArrayLike, ratio: ArrayLike) -> tuple[FloatArray, FloatArray]:
    theta = _numbers("angle", "radians in [0, pi] (np.deg2rad converts degrees)", angle, 0.0, np.pi)
    r = _numbers("ratio", "positive finite norm ratios |w*|/|w|", ratio, TINY, 1 / TINY)
    try:
        np.broadcast_shapes(theta.shape, r.shape)
    except ValueError:
        raise ValueError(
            f"ratio: a shape that broadcasts against that of angle, {theta.shape}, is required, got {r.shape}"
        ) from None
    return theta, r


def _numbers(name: str, required: str, value: ArrayLike, low: float, high: float) -> FloatArray:
    """Numbers of an interval; NaN and empty arrays are refused too."""
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {required} are required, got {value!r}") from None
    if not (numbers.size and numbers.min() >= low and numbers.max() <= high):
        wrong = numbers[~((numbers >= low) & (numbers <= high))]
        raise ValueError(f"{name}: {required} are required, got {wrong[0] if wrong.size else 'nothing'}")
    return numbers


def _weights(norm: Norm) -> tuple[float, ...]:
    return parse_norm(norm, activations.get("relu"))


def _convention(derivative: str) -> str:
    return one_of("derivative", derivative, CONVENTIONS)
