r"""The numerically delicate primitives: arc-cosine functions, angles of nearly parallel vectors, sums that cancel.

Kernels call these by name and never expand them; `sobolev_theory.symbolic` holds the same functions as named SymPy
functions, and a test keeps the two together.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ._kernels.arc_cosine import CLOSED_FORMS, SERIES, SWITCH

FloatArray = NDArray[np.float64]

PARALLEL = 2.0**-50
"""Sine of the angle below which two vectors of doubles are treated as parallel when a derivative depends on their
plane.
"""


FLOOR = 2.0**-90
"""Sine below which `components` has lost the residual's direction: the square of the unit of rounding is 2^-104."""


def arc_cosine(xp: Any, n: int, angle: Any, sine: Any, cosine: Any) -> Any:
    r"""``J_n(theta)`` with ``J_n(theta) = n! int_0^(pi - theta) (cos theta + cos alpha)^n d alpha``.

    Relative error below 2e-15 as a function of the rounded ``pi - theta``.

    Parameters
    ----------
    xp
        Array namespace, for instance ``numpy``.
    angle, sine, cosine
        ``theta`` in [0, pi], radians, with its sine and cosine.

    Examples
    --------
    >>> arc_cosine(np, 1, np.zeros(1), np.zeros(1), np.ones(1)) == np.pi   # sin + (pi - theta) cos
    array([ True])
    """
    return arc_cosine_of_supplement(xp, n, xp.pi - angle, sine, -cosine)


def arc_cosine_of_supplement(xp: Any, n: int, angle: Any, sine: Any, cosine: Any) -> Any:
    r"""``J_n(pi - x)``, which is of order ``x^(2n+1)`` at ``x = 0``; relative error below 2e-15 on [0, pi].

    Arguments as in `arc_cosine`.

    Closed form for ``x > 5/4``; below, where it cancels, the Taylor series with exact rational coefficients. Numbers of
    many digits have those that cancel: for them the closed form everywhere.

    Examples
    --------
    >>> x = np.array([1e-5])
    >>> arc_cosine_of_supplement(np, 1, x, np.sin(x), np.cos(x)) / (x**3 / 3)      # sin(x) - x cos(x)
    array([1.])
    """
    result = CLOSED_FORMS[n](xp, angle, sine, cosine)
    small = angle < SWITCH
    if xp is np and np.any(small):
        result = xp.where(small, _series(n, angle), result)
    return result


def _series(n: int, x: Any) -> Any:
    """``x^(2n+1) sum_k c_k x^(2k)`` by Horner's rule."""
    square = x * x
    total = SERIES[n][-1]
    for coefficient in SERIES[n][-2::-1]:
        total = total * square + coefficient
    for _ in range(n):
        total = total * square
    return total * x


def erf(xp: Any, x: Any) -> Any:
    """The error function of doubles, or of a namespace that has it."""
    return xp.erf(x) if hasattr(xp, "erf") else special.erf(x)


def components(u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
    r"""Split ``v = a u + r`` with ``r`` orthogonal to ``u``, row by row: ``(a, r)`` of shapes ``(n,)`` and ``(n, d)``.

    The products ``a u_i`` are formed without rounding (Dekker), so ``r`` keeps full relative accuracy however nearly
    parallel the vectors are; ``v - a u`` in plain arithmetic would lose ``1e-16 / theta`` of it. A second projection
    removes the rounding of ``a``.
    """
    square = np.einsum("nd,nd->n", u, u)
    factor = np.einsum("nd,nd->n", u, v) / square
    product, error = _two_product(factor[:, None], u)
    residual = (v - product) - error
    correction = np.einsum("nd,nd->n", residual, u) / square
    residual -= correction[:, None] * u
    return factor + correction, residual


def angle_and_direction(
    u: FloatArray, v: FloatArray, difference: FloatArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    r"""Angle between rows ``u, v``, its sine, and the unit vector ``e`` of their plane, orthogonal to ``u``.

    With ``v = a u + r``: ``theta = atan2(|r|, a |u|)``, radians in [0, pi], and ``e = r/|r|``. Angle and sine are
    correct to 1e-15 relative for norms between 1e-130 and 1e150; near pi, where a double cannot hold ``pi - theta``,
    the sine still is. Below a sine of 2^-90 vectors are parallel (so are all vectors of a line) and get ``e = 0``.
    Where ``difference = v - u`` is known better than the rounded vectors tell, results are as accurate as that.

    Examples
    --------
    >>> angle, sine, e = angle_and_direction(np.array([[1.0, 0.0]]), np.array([[-1.0, 2**-60]]))
    >>> angle == np.pi, sine * 2**60, e
    (array([ True]), array([1.]), array([[0., 1.]]))
    """
    if difference is None:
        factor, residual = components(u, v)
    else:
        factor, residual = components(u, difference)
        factor = 1 + factor
    if u.shape[1] == 1:
        residual[:] = 0.0  # what is left on a line is rounding
    height, along = np.linalg.norm(residual, axis=1), factor * np.linalg.norm(u, axis=1)
    height = np.where(height > FLOOR * np.abs(along), height, 0.0)
    sine = height / np.hypot(height, along)
    e = np.divide(residual, height[:, None], out=np.zeros_like(residual), where=height[:, None] > 0)
    return np.arctan2(height, along), sine, e


def combine_rows(coefficients: FloatArray, rows: FloatArray) -> FloatArray:
    r"""``sum_i c_i u_i`` as if computed in twice the working precision (Ogita, Rump & Oishi 2005); shape ``(d,)``.

    A student near its teacher makes this sum cancel; its relative error stays at 1e-16 until 16 digits have cancelled.
    """
    total, compensation = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    for coefficient, row in zip(coefficients, rows, strict=True):
        product, product_error = _two_product(coefficient, row)
        total, sum_error = _two_sum(total, product)
        compensation += product_error + sum_error
    return total + compensation


def _two_sum(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``a + b = sum + error`` exactly (Knuth)."""
    total = a + b
    shadow = total - a
    return total, (a - (total - shadow)) + (b - shadow)


def _two_product(a: Any, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``a * b = product + error`` exactly (Veltkamp, Dekker)."""
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: Any) -> tuple[Any, Any]:
    """High and low 26 bits of the significand."""
    shifted = a * 134217729.0  # 2^27 + 1
    high = shifted - (shifted - a)
    return high, a - high
