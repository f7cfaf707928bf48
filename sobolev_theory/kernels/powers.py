r"""Kernels of points on a sphere by powers of the cosine, and those by degree: accurate in many dimensions.

With ``h_n = E[sigma(p Z) He_n(Z)]/sqrt(n!)`` the covariance of a wide network at a correlation r is ``sum_n h_n^2
r^n``, and the tangent kernel ``sum_n (1 + n) h_n^2 r^n``; with a bias ``r = alpha cos + 1 - alpha``. All coefficients
``c_k`` of powers of the cosine are positive, and so are the shares ``q_kl`` that a power has in a degree,

.. math:: q_{kl} = N(d, l) \frac{k! \, \Gamma(d/2) \, \Gamma((k - l + 1)/2)}
    {(k - l)! \, 2^l \sqrt{\pi} \, \Gamma((k + l + d)/2)}, \quad l = k, k - 2, \dots

which sum to one: nothing cancels. For a degree they fall with k like ``k^{-(d-1)/2}``.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from .._quadrature import on_panels
from ..activations.definition import Definition
from ..activations.series.coefficients import hermite_functions, root_density
from .harmonics import multiplicity

FloatArray = NDArray[np.float64]

COUNT = 400
"""Powers."""
END, POINTS, WIDEST, FINEST = 20.0, 24, 0.5, 2.0**-12
"""Of the rule on the line: where it ends, points of a panel, and lengths of panels."""
ROUNDING = 4e-15
"""Of a coefficient ``h_n``, relative to the root of their squares' sum: by as much rules may differ."""


def powers(definition: Definition, p: float, alpha: float, *, tangent: bool) -> FloatArray | None:
    """``c_k``, k < COUNT, of neurons of deviation p; None for an activation that the rule does not resolve."""
    with np.errstate(all="ignore"):
        (h, ends), (other, _) = (_coefficients(definition, p, points) for points in (POINTS, POINTS - 4))
        size = float(np.sqrt((h * h).sum()))
        if not max(float(np.abs(h - other).max()), ends) <= ROUNDING * size:
            return None
    h[np.abs(h) <= ROUNDING * size] = 0.0
    squares = h * h * (1 + np.arange(COUNT) if tangent else 1)
    found = np.zeros(COUNT)
    for square in squares[::-1]:  # Horner's rule, for polynomials of the cosine
        found[1:], found[0] = alpha * found[:-1] + (1 - alpha) * found[1:], (1 - alpha) * found[0] + square
    return found


def _coefficients(definition: Definition, p: float, points: int) -> tuple[FloatArray, float]:
    """``h_n``, by a composite Gauss rule between kinks; and the size of the integrand at the ends."""
    places = {0.0, *(jump.place / p for order in range(definition.max_order + 2) for jump in definition.jumps(order))}
    steps = WIDEST * 2.0 ** -np.arange(0, np.log2(WIDEST / FINEST) + 1)
    graded = [place + sign * step for place in places for sign in (1, -1) for step in (*steps, 0.0)]
    breaks = np.unique(np.clip([*graded, *np.arange(-END, END + WIDEST, WIDEST)], -END, END))
    z, weight = (each.ravel() for each in on_panels(breaks, points))
    values = definition.derivative(p * z, 0) * root_density(z)
    return (weight * values) @ hermite_functions(z, COUNT), float(np.abs(values[[0, -1]]).max())


def by_degree(coefficients: FloatArray, dim: int, degrees: int) -> tuple[FloatArray, FloatArray]:
    """``sum_k c_k q_kl`` by l; and ``q_kl`` of the last powers, a bound of later ones."""
    found, last = np.zeros((2, degrees + 1))
    k = np.arange(0, COUNT - 2, 2)
    for degree in range(degrees + 1):
        first = prod(((degree - i) / (dim + 2 * (degree - 1 - i)) for i in range(degree)), start=1.0)
        at = degree + k[: (COUNT - degree - 1) // 2]
        ratios = (at + 2) * (at + 1) / ((at - degree + 2) * (at + degree + dim))
        q = float(multiplicity(dim, degree)) * first * np.cumprod(np.concatenate([[1.0], ratios]))
        found[degree] = coefficients[degree : degree + 2 * len(q) : 2] @ q
        last[degree] = q[-1] if ratios[-1] < 1 else np.inf
    return found, last
