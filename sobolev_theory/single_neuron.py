r"""One ReLU neuron ``w`` learning another, ``w*``: closed forms in the angle and the ratio ``r = |w*| / |w|``.

The curvature has three distinct eigenvalues: radial (along ``w``), in-plane (orthogonal to ``w`` in span(w, w*)) and
transverse (multiplicity ``d - 2``). With ``x = r sin(theta)/pi``, in the backprop convention,

.. math:: L2: \tfrac12,\ \tfrac12 - x,\ \tfrac12 - \tfrac{x}{2}; \qquad H1: 1,\ 1 - \tfrac{3x}{2},\ 1 - \tfrac{x}{2}

so that for ``x < 1/2`` the condition numbers are ``1/(1 - 2x)`` and ``1/(1 - 3x/2)``, and H1 is never worse
conditioned than L2. For ``x >= 1/2`` the L2 Hessian is singular or indefinite, for ``x >= 2/3`` the H1 one: the
condition number is then still the ratio of extreme moduli, but no rate of convergence follows from it. In the exact
convention the transverse H1 eigenvalue is ``1 + r cos(2 theta)/(2 pi sin(theta))``, which diverges at ``theta -> 0``:
the true H1 loss has a cone at the teacher.

Gradient flow never leaves span(w, w*): `velocity` is its planar system, `lyapunov_derivative` the decrease of
``|w - w*|^2``.

Source: Oh, Lyu & Son 2025 (arXiv 2509.19773); derivations: `single_neuron.py` and `planar_flow.py` in `derivations/`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import activations
from ._kernels.planar_flow import LYAPUNOV_DERIVATIVE, VELOCITY
from ._kernels.single_neuron import EIGENVALUES
from .norms import Convention, Norm, NormLike, two_norms

__all__ = ["condition_number", "condition_number_ratio", "eigenvalues", "lyapunov_derivative", "velocity"]

FloatArray = NDArray[np.float64]

BLOCK = 2**14
"""Elements evaluated at a time, so that temporaries stay in cache."""

TINY = 1e-300
"""NormLike ratios between this and its inverse are admitted: their products do not overflow."""

TINY_SQUARE = 1e-150
"""The same where the square of the ratio enters."""

PI_TAIL = 1.2246467991473532e-16
"""pi less the double nearest to it."""


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
    theta, r = _parse(angle, ratio)
    return np.stack(np.broadcast_arrays(*_eigenvalues(theta, r, _weights(norm), _convention(derivative))), axis=-1)


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
    weights, convention = _weights(norm), _convention(derivative)
    return _in_blocks(lambda theta, r: _condition_number(theta, r, weights, convention), *_parse(angle, ratio))


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
    first, second = (_weights(norm) for norm in two_norms(norms))
    convention = _convention(derivative)

    def quotient(theta: FloatArray, r: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):  # inf/inf, both matrices singular, is NaN
            return _condition_number(theta, r, first, convention) / _condition_number(theta, r, second, convention)

    return _in_blocks(quotient, *_parse(angle, ratio))


def velocity(
    angle: ArrayLike, ratio: ArrayLike = 1.0, norm: NormLike = "H1", *, derivative: str = "backprop"
) -> FloatArray:
    r"""Gradient flow of one ReLU neuron as a planar system; last axis: ``d(|w|/|w*|)/dt`` and ``d theta/dt``.

    .. math:: L2: \frac{1}{2\pi} [(\pi - \theta) \cos\theta + \sin\theta] - \frac{1}{2r},\
              -\frac{r}{2\pi} (\pi - \theta) \sin\theta; \qquad
              J: \frac{1}{2\pi} (\pi - \theta) \cos\theta - \frac{1}{2r},\
              -\frac{r}{2\pi} [(\pi - \theta) \sin\theta + \{\cos\theta\}]

    where the term in braces is there in the exact convention only. With it ``theta' -> -r/(2 pi)`` as ``theta -> 0``:
    the student aligns with the teacher in finite time and stays aligned (it slides along the ray of ``w*``, to which
    the field points from all sides). The value at angle 0 is the limit; on the ray itself ``theta' = 0``. Likewise the
    exact flow that starts near angle pi (H1: above 2.488) aligns with ``-w*`` and shrinks to 0.

    Arguments and errors are those of `eigenvalues`.

    Returns
    -------
    array
        Array of the broadcast shape plus one axis of length 2. For L2 and H1 the vector ``w'`` of components
        ``d|w|/dt`` and ``|w| d theta/dt`` is accurate to 4e-15 of its own length, near ``w*`` and angle pi too.

    Examples
    --------
    >>> velocity([0.0, np.pi / 2], ratio=2.0, norm="L2")       # (1 - 1/2)/2 and 0; 1/(2 pi) - 1/4 and -1/2
    array([[ 0.25      ,  0.        ],
           [-0.09084506, -0.5       ]])
    """
    arguments = _with_functions(*_parse(angle, ratio))
    pairs = [
        np.broadcast_arrays(*(weight * x for x in VELOCITY[order, convention](np, *arguments)))
        for order, weight, convention in _terms(norm, derivative)
    ]
    return np.stack([sum(parts) for parts in zip(*pairs, strict=True)], axis=-1)


def lyapunov_derivative(
    angle: ArrayLike, ratio: ArrayLike = 1.0, norm: NormLike = "H1", *, derivative: str = "backprop"
) -> FloatArray:
    r"""``dV/dt`` of ``V = |w - w*|^2 / 2`` along the gradient flow of one ReLU neuron, in units of ``|w*|^2``.

    .. math:: L2: -\frac{1}{2\pi} \left( \frac{\pi}{r^2} - \frac{(2\pi - \theta) \cos\theta + \sin\theta}{r}
              + \pi - \theta + \sin\theta \cos\theta \right), \qquad
              J: -\frac{1}{2\pi} \left( \frac{\pi}{r^2} - \frac{(2\pi - \theta) \cos\theta}{r}
              + \pi - \theta + \{\sin\theta \cos\theta\} \right)

    where the term in braces is there in the exact convention only. Both are negative for every ``w`` other than 0 and
    ``w*``, in both conventions, hence ``dV/dt(H1) < dV/dt(L2) < 0`` there; Oh, Lyu & Son 2025 state it on the ball
    ``0 < |w - w*| < |w*|``. At equal sharpness (H1 at half speed: largest eigenvalue 1, not 1/2) backprop H1 is ahead
    where ``w . (w - w*) > 0``, behind inside the ball with diameter from 0 to ``w*``, and equal at angles 0 and pi.

    Arguments and errors are those of `eigenvalues`, with ratios between 1e-150 and 1e150.

    Returns
    -------
    array
        Array of the broadcast shape, 0 where ``w = w*``; relative error below 4e-15, near ``w*`` too, plus ``1e-16
        r^(1/3)`` near angle pi. At angles 0 and pi (the double ``np.pi``) it is the continuous extension.

    Examples
    --------
    >>> lyapunov_derivative(np.pi, ratio=0.5, norm="L2")       # -p(p + q)/2 with p = 2 q
    array(-3.)
    >>> bool(lyapunov_derivative(3.0, 0.01, "H1") < lyapunov_derivative(3.0, 0.01, "L2") < 0)     # far from the ball
    True
    """
    arguments = _with_functions(*_parse(angle, ratio, TINY_SQUARE))
    terms = _terms(norm, derivative)
    total = sum(weight * LYAPUNOV_DERIVATIVE[order, convention](np, *arguments) for order, weight, convention in terms)
    return np.asarray(total, dtype=np.float64)


def _with_functions(theta: FloatArray, r: FloatArray) -> tuple[FloatArray, ...]:
    """Arguments of a kernel of the flow: ratio, angle, supplement ``pi - theta``, sine, cosine, versine ``1 - cos``."""
    supplement = np.where(theta == np.pi, 0.0, (np.pi - theta) + PI_TAIL)
    return r, theta, supplement, _sine(theta), np.cos(theta), 2 * np.sin(theta / 2) ** 2


def _terms(norm: NormLike, derivative: str) -> list[tuple[int, float, str]]:
    """Order, weight and convention of the terms of a norm."""
    convention = _convention(derivative)
    return [(order, weight, convention) for order, weight in enumerate(_weights(norm)) if weight]


def _sine(theta: FloatArray) -> FloatArray:
    """The sine; the double nearest to pi stands for pi."""
    return np.where(theta == np.pi, 0.0, np.sin(theta))


def _eigenvalues(theta: FloatArray, r: FloatArray, weights: tuple[float, ...], derivative: str) -> list[FloatArray]:
    """Radial, in-plane and transverse eigenvalues, summed over orders: the in-plane blocks are all triangular."""
    sine = _sine(theta)
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


def _parse(angle: ArrayLike, ratio: ArrayLike, tiny: float = TINY) -> tuple[FloatArray, FloatArray]:
    theta = _numbers("angle", "radians in [0, pi] (np.deg2rad converts degrees)", angle, 0.0, np.pi)
    r = _numbers("ratio", f"norm ratios |w*|/|w| between {tiny:g} and {1 / tiny:g}", ratio, tiny, 1 / tiny)
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


def _weights(norm: NormLike) -> tuple[float, ...]:
    return Norm.parse(norm, activations.get("relu")).weights


def _convention(derivative: str) -> str:
    return Convention.parse(derivative)
