"""Gradient flow of one ReLU neuron: its planar system, and the decrease of the distance to the teacher."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._kernels.planar_flow import LYAPUNOV_DERIVATIVE, VELOCITY
from ..norms import NormLike
from ..pairs.sums import sum_over_orders
from .arguments import orders, parse, sine

FloatArray = NDArray[np.float64]

TINY_SQUARE = 1e-150
"""The same where the square of the ratio enters."""

PI_TAIL = 1.2246467991473532e-16
"""pi less the double nearest to it."""


@np.errstate(all="ignore")
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
    arguments = with_functions(*parse(angle, ratio))
    components = sum_over_orders(np, orders(VELOCITY, norm, derivative), *arguments)
    return np.stack(np.broadcast_arrays(*components), axis=-1) + 0.0  # no minus zero


@np.errstate(all="ignore")
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
    arguments = with_functions(*parse(angle, ratio, TINY_SQUARE))
    (total,) = sum_over_orders(np, orders(LYAPUNOV_DERIVATIVE, norm, derivative), *arguments)
    return np.asarray(total, dtype=np.float64)


def with_functions(theta: FloatArray, r: FloatArray) -> tuple[FloatArray, ...]:
    """Arguments of a kernel of the flow: ratio, angle, supplement ``pi - theta``, sine, cosine, versine ``1 - cos``."""
    supplement = np.where(theta == np.pi, 0.0, (np.pi - theta) + PI_TAIL)
    return r, theta, supplement, sine(theta), np.cos(theta), 2 * np.sin(theta / 2) ** 2
