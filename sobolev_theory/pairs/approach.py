r"""Frames of parallel rows that come apart along a displacement: what the limit of a derivative depends on.

In the backprop convention coefficients of own and cross blocks on the frame ``(u^_i, e)`` are continuous up to
``theta = 0`` and ``pi``; of parallel rows ``u_j = c u_i`` only ``e`` is missing. Of ``u + eps X`` it tends to

.. math:: e = \frac{P (X_j - c X_i)}{|P (X_j - c X_i)|}, \qquad P = I - \hat u_i \hat u_i^T

for ``eps -> 0+`` (`derivations/directional_limit.py`); so the limit of a curvature is the same sum over the same pairs.
"""

from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from .angles import PARALLEL, components
from .geometry import PairGeometry

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def approached(geometry: PairGeometry, displacement: FloatArray) -> tuple[PairGeometry, IntArray]:
    """The geometry of rows just off their places, and which near pairs are parallel still; those have ``e = 0``.

    Parameters
    ----------
    geometry
        Of the rows ``u``.
    displacement
        ``X`` of the first rows, (width, d), none of its entries beyond 1 in modulus; the other rows rest.
    """
    near, at = geometry.near, geometry.parallel
    i, apart = near.i[at], differences(geometry, displacement, at)
    _, transverse = components(geometry.rows[i], apart)
    length = np.sqrt(np.einsum("nd,nd->n", transverse, transverse))
    together = length <= PARALLEL * sqrt(geometry.rows.shape[1])  # rounding of the difference
    transverse /= np.where(together, np.inf, length)[:, None]
    e = np.empty_like(near.e)
    others = np.ones(len(e), dtype=bool)
    others[at] = False
    e[at], e[others] = transverse, near.e[others]
    return replace(geometry, near=replace(near, e=e)), at[together]


def differences(geometry: PairGeometry, displacement: FloatArray, at: IntArray) -> FloatArray:
    """``X_j - c X_i`` of near pairs that are parallel, in units of the sizes of the two: only directions count."""
    near, size = geometry.near, np.abs(displacement).max(axis=1)
    i, j = near.i[at], near.j[at]
    c = np.where(near.angle[at] < 1, 1.0, -1.0) * geometry.norms[j] / geometry.norms[i]  # angles of 0 or pi
    moves = j < geometry.width
    unit, both = np.abs(c) * size[i], j[moves]
    unit[moves] += size[both]
    unit[unit == 0] = 1.0
    apart: FloatArray = displacement[i] * (-c / unit)[:, None]
    apart[moves] += displacement[both] / unit[moves, None]
    return apart
