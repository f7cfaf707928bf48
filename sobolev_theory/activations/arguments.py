"""Arguments of moments, as a user gives them: means, variances and a covariance, checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._error_free import two_product, two_sum
from .._runtime.checks import as_numbers, between
from .definition import Definition, GaussianPairs, Kinked, KinkedPairs, Moments, Smooth

FloatArray = NDArray[np.float64]
ROUNDING = 8 * np.finfo(np.float64).eps
"""Excess of ``rho^2`` over ``s t``, relative, that is taken for rounding of the arguments."""
LEAST, MOST = float(np.nextafter(0.0, 1.0)), float(np.finfo(np.float64).max)
"""The smallest and the largest positive double."""
NEARLY_PARALLEL = 1 / 16
"""Sine below which quotients need more digits than a double has: their errors are divided by it."""
DOUBLED = 2.0**-98
"""Relative error of a difference of numbers of two doubles each."""


def gaussian_pairs(m1: ArrayLike, m2: ArrayLike, s: ArrayLike, rho: ArrayLike, t: ArrayLike) -> GaussianPairs:
    """The arguments, of one shape.

    Raises
    ------
    ValueError
        For arguments that are no numbers, do not broadcast, or are no means, variances and covariance.
    """
    positive = "positive variances"
    given = {"m1": as_numbers("m1", m1, "means are required"), "m2": as_numbers("m2", m2, "means are required")}
    given |= {"s": between("s", s, positive, LEAST, MOST), "t": between("t", t, positive, LEAST, MOST)}
    given |= {"rho": between("rho", rho, "finite covariances", -MOST, MOST)}
    for name in ("m1", "m2"):
        between(name, given[name], "finite means", -MOST, MOST)
    try:
        arrays = dict(zip(given, np.broadcast_arrays(*given.values()), strict=True))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in given.items())
        raise ValueError(f"m1, m2, s, rho, t: arrays that broadcast are required, got shapes {shapes}") from None
    g, product = _determinant(arrays["s"], arrays["rho"], arrays["t"]), arrays["s"] * arrays["t"]
    if (wrong := g < -ROUNDING * product).any():
        s, rho, t = (float(arrays[name][wrong][0]) for name in ("s", "rho", "t"))
        raise ValueError(
            f"rho: a covariance of modulus at most sqrt(s t) is required, got {rho:g} at s = {s:g}, t = {t:g}"
        )
    return GaussianPairs(**arrays, g=np.maximum(g, 0.0))


def kinked_pairs(at: GaussianPairs) -> KinkedPairs:
    """The same by deviations and an angle, with the places where kinks meet."""
    p, q, sine = np.sqrt(at.s), np.sqrt(at.t), np.sqrt(at.g)
    norm = np.hypot(sine, at.rho)
    sine, cosine = sine / norm, at.rho / norm
    m1 = np.zeros_like(p) if at.m1 is None else at.m1
    m2 = np.zeros_like(q) if at.m2 is None else at.m2
    sign = np.where(cosine < 0, -1.0, 1.0)
    nearly = sine < NEARLY_PARALLEL

    def offsets(first: float, second: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        h, k = (m1 - first) / p, (m2 - second) / q
        apart = (m2 / q - sign * m1 / p) - (second / q - sign * first / p)  # kinks of one place cancel
        close = (2 * np.abs(m1 - first) < np.abs(m1)) | (2 * np.abs(m2 - second) < np.abs(m2))
        apart = np.where(close, k - sign * h, apart)  # but those at a mean do so in h and k
        if nearly.any():
            one, other = _quotient(m1, first, at.s), _quotient(m2, second, at.t)
            exact = _apart(other, (sign * one[0], sign * one[1]))
            apart = np.where(nearly, exact, apart)
        return h, k, place_along(apart, h, sine, cosine)

    return KinkedPairs(p, q, np.arctan2(sine, cosine), sine, cosine, offsets)


def place_along(apart: FloatArray, h: FloatArray, sine: FloatArray, cosine: FloatArray) -> FloatArray:
    """``v = (k - r h)/c`` of ``k - h``, for an obtuse angle of ``k + h``: ``(k -+ h)/c +- h c/(1 +- r)``.

    It is infinite for parallel arguments with other kinks.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        along = np.where(apart == 0, 0.0, apart / sine)
    place: FloatArray = along + np.where(cosine < 0, -1.0, 1.0) * h * sine / (1 + np.abs(cosine))
    return place


def moments_of(definition: Definition, at: GaussianPairs) -> Moments:
    """``K_ab`` of a definition at pairs, in whatever frame it gives them.

    Raises
    ------
    NotImplementedError
        For kernels alone, whose moments are known at standard inputs, and for layers of several activations.
    """
    if isinstance(definition, Smooth):
        return definition.pairs(at)
    if isinstance(definition, Kinked):
        letters = definition.pairs(kinked_pairs(at))
        return lambda a, b: letters(a, b, 0, 0)
    raise NotImplementedError(
        "activation: one with moments is required; of derived kernels alone they are known at standard inputs only, "
        "and of a layer they are those of each neuron, network.activations[i].moments"
    )


def _apart(one: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray]) -> FloatArray:
    """A difference of sums of two doubles, to rounding of that difference."""
    difference: FloatArray = (one[0] - other[0]) + (one[1] - other[1])
    return np.where(np.abs(difference) <= DOUBLED * np.abs(one[0]), 0.0, difference)


def _quotient(x: FloatArray, y: float, s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``(x - y)/sqrt(s)`` as a sum of two doubles."""
    root, (rise, low) = np.sqrt(s), two_sum(x, -y)
    quotient = rise / root
    (square, left), (product, error) = _product(root, root), _product(quotient, root)
    beyond = ((s - square) - left) / (2 * root)
    return quotient, (((rise - product) - error) - quotient * beyond + low) / root


def _determinant(s: FloatArray, rho: FloatArray, t: FloatArray) -> FloatArray:
    """``s t - rho^2`` with the rounding errors of the two products added back."""
    (product, error), (square, left) = _product(s, t), _product(rho, rho)
    exact: FloatArray = (product - square) + (error - left)
    return exact


def _product(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``x y`` and the error of its rounding; 0 where halves overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        product, error = two_product(x, y)
    return product, np.where(np.isfinite(error), error, 0.0)
