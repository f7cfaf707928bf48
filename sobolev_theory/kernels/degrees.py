"""What a kernel of a wide network has in each degree of the harmonics of a sphere."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from .._kernels.wide_network import BLOCKS
from ..errors import OverflowingError
from .harmonics import eigenvalues, multiplicity
from .input_pairs import letters_at
from .powers import by_degree, powers
from .prior import Prior

FloatArray = NDArray[np.float64]

ROUNDING = 1e-15
"""Of an eigenvalue times the root of its multiplicity, relative to the trace."""
POWER_ROUNDING = 1e-14
"""Of a share, relative to its root and that of the trace: that of a coefficient, some times."""
DIGITS = 1e-3
"""Relative error of an eigenvalue above which it is not given."""


def shares_of(kernel: str, prior: Prior, dim: int, degrees: int, radius: float) -> tuple[FloatArray, float]:
    """``N(d, l) mu_l``, and their sum over all degrees.

    Of Funk and Hecke's integral, which loses the root of the multiplicity, and of the sum over powers of the cosine,
    which loses what later powers have, the more accurate one.
    """
    at = of_angle(kernel, prior, radius)
    total, opposite = at(np.array([0.0, np.pi])).tolist()
    if not 0 < total < np.inf:
        raise OverflowingError(
            "radius, weight_variance: numbers within the range of doubles are required; rescale them"
        )
    counts = np.array([float(multiplicity(dim, degree)) for degree in range(degrees + 1)])
    shares, error = counts * eigenvalues(at, dim, degrees), ROUNDING * total * np.sqrt(counts)
    if (found := powers(prior.definition, *_scales(prior, radius), tangent=kernel == "ntk")) is not None:
        others, last = by_degree(found, dim, degrees)
        later = last * (max(total - float(found.sum()), 0.0) + ROUNDING * total)
        bound = later + POWER_ROUNDING * np.sqrt(total * others) * np.sqrt(1 + np.arange(degrees + 1))
        shares, error = np.where(bound < error, others, shares), np.minimum(bound, error)
    left = [(total + opposite) / 2, (total - opposite) / 2]  # traces of even and of odd degrees
    rounding = [10 * ROUNDING * total] * 2
    for degree in range(degrees + 1):
        parity = degree % 2
        if left[parity] <= rounding[parity]:
            shares[degree] = 0.0
        elif shares[degree] * DIGITS < error[degree]:
            shares[degree] = np.nan
        left[parity] -= float(shares[degree])
        rounding[parity] += float(error[degree])
    return shares, total


def _scales(prior: Prior, radius: float) -> tuple[float, float]:
    """Standard deviation of a neuron on the sphere, and by which part of its variance correlations differ from one."""
    of_weights = prior.weight_variance * radius**2
    variance = of_weights + prior.bias_variance
    return sqrt(variance), of_weights / variance


def of_angle(kernel: str, prior: Prior, radius: float) -> Callable[[FloatArray], FloatArray]:
    """The kernel of two points of a sphere by the angle between them; that of rows with a bias is smaller."""
    deviation, alpha = _scales(prior, radius)
    p, (function, _) = np.array(deviation), BLOCKS[kernel, (0, 0)]

    def at(angle: FloatArray) -> FloatArray:
        narrow = angle if alpha == 1 else 2 * np.arcsin(sqrt(alpha) * np.sin(angle / 2))
        sine, cosine = np.sin(narrow), np.cos(narrow)
        with np.errstate(all="ignore"):
            letters = letters_at(prior.definition, prior.definition, p, p, narrow, sine, cosine)
            values: FloatArray = function(np, letters, p**2 * cosine, prior.weight_variance)
        return np.broadcast_to(values, angle.shape)

    return at
