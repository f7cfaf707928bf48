r"""Functions of an angle on the sphere in R^d by degree: Funk and Hecke's formula.

A kernel ``k(theta)`` of points of the unit sphere has the harmonics of degree l as eigenfunctions, in the uniform
distribution, with the eigenvalue

.. math:: \mu_l = \frac{\int_0^\pi k(\theta) P_l(\cos \theta) \sin^{d-2} \theta \, d\theta}
    {\int_0^\pi \sin^{d-2} \theta \, d\theta}

where ``P_l`` is Gegenbauer's polynomial with ``P_l(1) = 1``. The integral is taken in the angle, of which kernels of
kinked activations are smooth functions up to the ends, over panels that shrink towards them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import comb, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from .._quadrature import on_panels

FloatArray = NDArray[np.float64]

POINTS = 24
"""Gauss-Legendre points of a panel."""
HALVINGS = 45
"""Panels from the equator to a pole."""
TURN = 10.0
"""Radians of the fastest harmonic in a panel."""


def multiplicity(dim: int, degree: int) -> int:
    """Harmonics of a degree in R^dim: polynomials of that degree less those of two degrees below."""
    below = comb(dim + degree - 3, dim - 1) if degree >= 2 else 0
    return comb(dim + degree - 1, dim - 1) - below


def laplacian(dim: int, degree: int) -> float:
    """What the Laplacian of the unit sphere multiplies a degree with, less its sign: ``l (l + d - 2)``."""
    return float(degree * (degree + dim - 2))


def eigenvalues(kernel: Callable[[FloatArray], FloatArray], dim: int, degrees: int) -> FloatArray:
    """``mu_l`` up to a degree, of a kernel of the angle; to 1e-15 of its size over the root of the multiplicity.

    Examples
    --------
    >>> (eigenvalues(np.cos, 3, 2) * 3).round(12) + 0.0    # cos(theta) is one third of the projection on degree 1
    array([0., 1., 0.])
    """
    angle, weight = _rule(dim, degrees)
    with np.errstate(under="ignore"):
        weight = weight * np.sin(angle) ** (dim - 2)
    values, cosine = kernel(angle) * (weight / weight.sum()), np.cos(angle)
    before, at, found = np.zeros_like(cosine), np.ones_like(cosine), np.empty(degrees + 1)
    for degree in range(degrees + 1):
        found[degree] = (values * at).sum()
        ahead = 2 * degree + dim - 2 if degree else 1  # of P_1 = cos, also in the plane
        before, at = at, (ahead * cosine * at - degree * before) / (degree + dim - 2 if degree else 1)
    return found


def _rule(dim: int, degrees: int) -> tuple[FloatArray, FloatArray]:
    """Points and weights on [0, pi]."""
    ends = pi / 2 * np.concatenate([[0.0], 0.5 ** np.arange(HALVINGS, -1.0, -1.0)])
    widest = TURN / (degrees + sqrt(dim))
    parts = np.ceil(np.diff(ends) / widest).astype(int)
    starts = np.concatenate([*map(partial(np.linspace, endpoint=False), ends, ends[1:], parts), [pi / 2]])
    angle, weight = (each.ravel() for each in on_panels(starts, POINTS))
    return np.concatenate([angle, pi - angle]), np.concatenate([weight, weight])
