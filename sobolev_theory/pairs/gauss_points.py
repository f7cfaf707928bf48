r"""How many Gauss-Legendre points a mixed difference needs in each direction.

Seen from the middle of a segment ``v_i + s D_i``, in half lengths, an integrand that is singular no nearer than some
reach is integrated to rounding by as many points as `REACH` says.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

POINTS = 8
"""Most Gauss-Legendre points in each direction; a difference that needs more is summed directly."""

REACH = np.cosh(29 * np.log(2) / np.arange(1, POINTS + 1))
"""Distance of the nearest singularity, in half lengths, for which n = 1, 2, ... points suffice.

The error is a constant times ``exp(-2 n arccosh(reach)) = 2^-58`` (Bernstein ellipse), up to 250 for erf in H3.
"""


def points_between_kinks(x: FloatArray, sines: FloatArray) -> IntArray:
    """For ``x_i = |D_i|/|v_i|`` and sines of the angles between rows, (n, n): 0 if more than `POINTS`.

    A kinked integrand is singular where ``u_i(s)``, ``s`` complex, meets the line of a real ``u_j(t)``: no nearer than
    ``2 (sin(theta_ij) - x_j)/x_i - 1``.
    """
    return _counted(2 * (sines - x) / x[:, None] - 1)


def points_of_smooth(length: FloatArray, norms: FloatArray, variation: float, power: FloatArray) -> IntArray:
    """For ``|D_i|``, ``|v_i|``, a smooth activation's `Activation.variation`, and powers of ``F`` in a weight; (n, n).

    ``erf(z/sqrt 2)``, of variation 1, is singular no nearer than ``2/|D_i|``. Moments of weights below the inverse of
    the variation vary as powers of them do, so that ``|D_i|/|v_i|`` counts as well; or they are taken for polynomials,
    which n points integrate up to degree ``2 n - 1``, up to further powers of ``|v| + |D|`` that are rounding. A
    polynomial, of variation 0, has no singularity at all, and a degree that one length does not tell.

    Across long rows ``F`` varies faster than along them, and terms of the form cancel: in units of the variation,
    ``|v_i| |v_j| |D_i| |D_j|`` roundings of ``F`` are lost, more than by a direct sum where that exceeds one.
    """
    x = length * np.maximum(1 / norms, variation)
    size = np.minimum(variation * (norms + length), 0.5).astype(np.float64)
    powers = np.ceil((power + 1 + 52 / -np.log2(size)) / 2)
    few = np.where((powers <= POINTS) & (size > 0), powers, np.inf)
    by_power, by_reach = np.maximum.outer(few, few), _counted(2 * (1 - x) / x[:, None] - 1)
    found: IntArray = np.minimum(by_power, np.where(by_reach, by_reach, np.inf))
    loss = variation**2 * norms * length
    return np.where((found <= POINTS) & (np.outer(loss, loss) <= 1), found, 0).astype(np.intp)


def _counted(reach: FloatArray) -> IntArray:
    """The points for a reach in each direction, for the smaller of the two."""
    points = 1 + np.searchsorted(-REACH, -np.minimum(reach, reach.T).astype(np.float64))  # REACH falls
    return np.where(points <= POINTS, points, 0)
