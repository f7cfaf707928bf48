"""Gauss-Legendre rules, on the unit interval and on panels."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@cache
def gauss_legendre(count: int) -> tuple[FloatArray, FloatArray]:
    """Points and weights on [0, 1]; ``count`` of them integrate polynomials of degree ``2 count - 1``.

    Examples
    --------
    >>> x, weights = gauss_legendre(2)
    >>> bool(np.isclose(weights @ x**3, 1 / 4, rtol=1e-15))
    True
    """
    x, omega = np.polynomial.legendre.leggauss(count)
    rule = (x + 1) / 2, omega / 2
    for array in rule:
        array.setflags(write=False)
    return rule


def on_panels(edges: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Points and weights of a rule between each two neighbours of ascending edges: of (..., n), (..., n - 1, count).

    Examples
    --------
    >>> x, weights = on_panels(np.array([0.0, 1.0, 3.0]), 2)
    >>> bool(np.isclose((weights * x**3).sum(), 81 / 4, rtol=1e-15))
    True
    """
    points, weights = gauss_legendre(count)
    lengths = np.diff(edges)[..., None]
    return edges[..., :-1, None] + lengths * points, lengths * weights
