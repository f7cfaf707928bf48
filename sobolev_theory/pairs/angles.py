r"""Angles of nearly parallel vectors, and sums that cancel, without loss of digits."""

import numpy as np
from numpy.typing import NDArray

from .._error_free import two_product, two_sum

FloatArray = NDArray[np.float64]

PARALLEL = 2.0**-50
"""Sine of the angle below which two vectors of doubles are treated as parallel when a derivative depends on their
plane.
"""


FLOOR = 2.0**-90
"""Sine below which `components` has lost the direction of the residual: the square of rounding is 2^-104. Smaller
ones come from products of two components.
"""


def components(u: FloatArray, v: FloatArray, image: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    r"""Split ``v = a u + r`` with ``r`` orthogonal to ``u``, row by row: ``(a, r)`` of shapes ``(n,)`` and ``(n, d)``.

    Orthogonal in another form than the Euclidean one where the ``image`` of ``u`` under it is given.

    The products ``a u_i`` are formed without rounding (Dekker), so ``r`` keeps full relative accuracy however nearly
    parallel the vectors are; ``v - a u`` in plain arithmetic would lose ``1e-16 / theta`` of it. A second projection
    removes the rounding of ``a``.
    """
    image = u if image is None else image
    square = np.einsum("nd,nd->n", image, u)
    factor = np.einsum("nd,nd->n", image, v) / square
    product, error = two_product(factor[:, None], u)
    residual = (v - product) - error
    correction = np.einsum("nd,nd->n", residual, image) / square
    residual -= correction[:, None] * u
    return factor + correction, residual


def angle_and_direction(
    u: FloatArray, v: FloatArray, offset: FloatArray | float = 0.0
) -> tuple[FloatArray, FloatArray, FloatArray]:
    r"""Angle between rows ``u, offset u + v``, its sine, and the unit vector ``e`` of their plane, orthogonal to ``u``.

    With ``v = a u + r``: ``theta = atan2(|r|, (offset + a) |u|)``, radians in [0, pi], and ``e = r/|r|``. Angle and
    sine are correct to 1e-15 relative for norms between 1e-130 and 1e150; near pi, where a double cannot hold
    ``pi - theta``, the sine still is. Parallel vectors (so all vectors of a line) get ``e = 0``. Where the difference
    ``v`` of the second row and ``u`` is known better than the rounded rows tell, an offset of one gives results as
    accurate as that.

    Examples
    --------
    >>> angle, sine, e = angle_and_direction(np.array([[1.0, 0.0]]), np.array([[-1.0, 2**-60]]))
    >>> angle == np.pi, sine * 2**60, e
    (array([ True]), array([1.]), array([[0., 1.]]))
    """
    factor, residual = components(u, v)
    lengths, height = _norms(u), _norms(residual)
    lost = height <= FLOOR * np.abs(factor) * lengths  # the residual is one of v, whatever the offset
    lost[lost] = residual[lost].any(axis=1)  # an exact multiple has none
    if lost.any():
        residual[lost] = exact_residual(u[lost], v[lost], u[lost])
        height[lost] = _norms(residual[lost])
    along = (factor + offset) * lengths
    sine = height / np.hypot(height, along)
    e = residual / np.where(height > 0, height, np.inf)[:, None]
    return np.arctan2(height, along), sine, e


def exact_residual(u: FloatArray, v: FloatArray, image: FloatArray) -> FloatArray:
    r"""``r`` of `components`, to full relative accuracy for vectors that are parallel to rounding, 0 if they are so.

    With the largest component ``u_m`` that has an image, ``v - (v_m/u_m) u`` has the components ``(u_m v_k - v_m
    u_k)/u_m``, of which products and differences are formed without rounding. It differs from ``r`` by a multiple of
    ``u``.
    """
    m = np.argmax(np.where(image != 0, np.abs(u), 0.0), axis=1)[:, None]
    u_m, v_m = np.take_along_axis(u, m, 1), np.take_along_axis(v, m, 1)
    (first, first_error), (second, second_error) = two_product(u_m, v), two_product(v_m, u)
    error, error_of_that = two_sum(first_error, -second_error)
    residual = ((first - second) + error + error_of_that) / u_m
    along = np.einsum("nd,nd->n", residual, image) / np.einsum("nd,nd->n", u, image)
    residual -= along[:, None] * u
    return residual


def _norms(rows: FloatArray) -> FloatArray:
    """Norms of rows, by pairwise summation."""
    norms: FloatArray = np.sqrt((rows * rows).sum(axis=1))
    return norms


def combine_rows(coefficients: FloatArray, rows: FloatArray) -> FloatArray:
    r"""``sum_i c_i u_i`` as if computed in twice the working precision (Ogita, Rump & Oishi 2005); shape ``(d,)``.

    A student near its teacher makes this sum cancel; its relative error stays at 1e-16 until 16 digits have cancelled.
    """
    total, compensation = np.zeros((2, rows.shape[1]), dtype=np.result_type(coefficients, rows))
    for coefficient, row in zip(coefficients, rows, strict=True):
        product, product_error = two_product(coefficient, row)
        total, sum_error = two_sum(total, product)
        compensation += product_error + sum_error
    combined: FloatArray = total + compensation
    return combined
