r"""Pairs of arguments that vary far more than kinks are apart: moments of bounded functions without cancellation.

Ramps ``p X`` that cancel to a bounded function leave the rounding of ``p q``. There ``f = A + g``: A has the outer
pieces of f and one kink, g is what f is beyond A between its outer kinks, and ``E[g(z_1) f_2(z_2)]`` is an integral
between those of g times the density times the mean of ``f_2(z_2)`` given ``z_1``, a closed form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._quadrature import on_panels
from ..._runtime.sizes import slices
from .pieces import Pieces, at_argument
from .rectifier import singles

FloatArray = NDArray[np.float64]

WIDE = 32.0
"""Product of two deviations, in units of the distances of the outer kinks, from which rounding counts: 2^-53 of it."""

BENDS = np.array([-9.0, -4.5, -2.0, 0.0, 2.0, 4.5, 9.0])
"""Ends of panels, in deviations of the second argument given the first, from where that crosses a kink."""

SMALL = 1e-100
"""A correlation that stands for zero where one is divided by."""
NARROW = 1e-18
"""A deviation of the second argument given the first that no integral sees, by how far its mean moves between kinks."""
AT_A_TIME = 2048
"""Pairs whose nodes, some hundred each, are held at a time."""

POINTS = 16
"""Gauss-Legendre points of a panel."""


def spread(function: Pieces) -> float:
    """The distance of the outer kinks."""
    return function.kinks[-1] - function.kinks[0]


def are_wide(first: Pieces, second: Pieces, p: Any, q: Any) -> NDArray[np.bool_]:
    """Which pairs to take so."""
    one, two = spread(first), spread(second)
    return np.asarray((p > one) & (q > two) & (p * q > WIDE * one * two) & (one * two > 0))


def outer(function: Pieces) -> Pieces:
    """A: the first piece up to the first kink, and the last from there."""
    return Pieces(function.kinks[:1], (function.polynomials[0], function.polynomials[-1]))


def between(first: Pieces, second: Pieces, m: tuple[Any, Any], p: Any, q: Any, cosine: Any, sine: Any) -> FloatArray:
    """``E[g(z_1) f_2(z_2)]`` of pairs in a row; g of the first function, ``f_2`` the second."""
    columns = np.broadcast_arrays(*m, p, q, cosine, sine)
    parts = slices(len(columns[0]), AT_A_TIME)
    return np.concatenate([_between(first, second, *(column[part, None] for column in columns)) for part in parts])


def _between(first: Pieces, second: Pieces, m1: Any, m2: Any, p: Any, q: Any, cosine: Any, sine: Any) -> FloatArray:
    """The same of few pairs, in columns, by panels between the kinks, and where the mean given z_1 bends."""
    r = np.where(np.abs(cosine) < SMALL, SMALL, cosine)
    slope = q * r / p
    bends = [m1 + (kink - m2) / slope + q * sine / np.abs(slope) * BENDS for kink in second.kinks]
    kinks = np.broadcast_to(first.kinks, (len(m1), len(first.kinks)))
    ends = np.sort(np.clip(np.hstack([kinks, *bends]), first.kinks[0], first.kinks[-1]), axis=1)
    ends = ends[:, np.r_[True, (np.diff(ends) > 0).any(axis=0)]]
    z, weights = (x.reshape(len(m1), -1) for x in on_panels(ends, POINTS))
    beyond = first(z) - Pieces((), first.polynomials[-1:])(z)
    deviation = np.maximum(q * sine, NARROW * spread(first) * np.abs(slope))
    given = at_argument(second, m2 + slope * (z - m1), deviation**2 + 0 * z).mean(0)
    total: FloatArray = (weights * beyond * singles(p, (m1 - z) / p)(0, 1) * given).sum(axis=1)
    return total
