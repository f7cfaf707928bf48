"""Arguments of moments, as a user gives them: means, variances and a covariance, checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_numbers, between
from .definition import Definition, GaussianPairs, Kinked, KinkedPairs, Moments, Smooth

FloatArray = NDArray[np.float64]
ROUNDING = 8 * np.finfo(np.float64).eps
"""Excess of ``rho^2`` over ``s t``, relative, that is taken for rounding of the arguments."""
NEARLY_PARALLEL = 1 / 16
"""Sine below which quotients need more digits than a double has: their errors are divided by it."""
DOUBLED = 2.0**-98
"""Relative error of a difference of numbers of two doubles each."""
SPLIT = 2.0**27 + 1
"""Splits a double into two of half its digits."""


def gaussian_pairs(m1: ArrayLike, m2: ArrayLike, s: ArrayLike, rho: ArrayLike, t: ArrayLike) -> GaussianPairs:
    """The arguments, of one shape.

    Raises
    ------
    ValueError
        For arguments that are no numbers, do not broadcast, or are no means, variances and covariance.
    """
    positive = "positive variances"
    given = {"m1": as_numbers("m1", m1, "means are required"), "m2": as_numbers("m2", m2, "means are required")}
    given |= {"s": between("s", s, positive, 0.0, np.inf), "t": between("t", t, positive, 0.0, np.inf)}
    given |= {"rho": between("rho", rho, "finite covariances", -np.inf, np.inf)}
    for name in ("m1", "m2"):
        between(name, given[name], "finite means", -np.inf, np.inf)
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
        """``v = (k -+ h)/c +- h c/(1 +- r)``, infinite for parallel arguments with other kinks."""
        h, k = (m1 - first) / p, (m2 - second) / q
        apart = (m2 / q - sign * m1 / p) - (second / q - sign * first / p)  # kinks of one place cancel
        if nearly.any():
            one, other = _quotient(m1, first, at.s), _quotient(m2, second, at.t)
            exact = _apart(other, (sign * one[0], sign * one[1]))
            apart = np.where(nearly, exact, apart)
        with np.errstate(divide="ignore", invalid="ignore"):
            v = np.where(apart == 0, 0.0, apart / sine) + sign * h * sine / (1 + np.abs(cosine))
        return h, k, v

    return KinkedPairs(p, q, np.arctan2(sine, cosine), sine, cosine, offsets)


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
        "and of a layer they are those of its neurons, network.activations[i].moments"
    )


def _apart(one: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray]) -> FloatArray:
    """A difference of sums of two doubles, to rounding of that difference."""
    difference: FloatArray = (one[0] - other[0]) + (one[1] - other[1])
    return np.where(np.abs(difference) <= DOUBLED * np.abs(one[0]), 0.0, difference)


def _quotient(x: FloatArray, y: float, s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``(x - y)/sqrt(s)`` as a sum of two doubles."""
    root, rise = np.sqrt(s), x - y
    taken = x - rise
    low = (x - (rise + taken)) + (taken - y)
    square, quotient = root * root, rise / root
    product = quotient * root
    beyond = ((s - square) - _error(root, root, square)) / (2 * root)
    return quotient, (((rise - product) - _error(quotient, root, product)) - quotient * beyond + low) / root


def _determinant(s: FloatArray, rho: FloatArray, t: FloatArray) -> FloatArray:
    """``s t - rho^2`` with the rounding errors of the two products added back."""
    product, square = s * t, rho * rho
    exact: FloatArray = (product - square) + (_error(s, t, product) - _error(rho, rho, square))
    return exact


def _error(x: FloatArray, y: FloatArray, product: FloatArray) -> FloatArray:
    """``x y - fl(x y)`` by the halves of Dekker 1971; 0 where those overflow."""
    (x1, x2), (y1, y2) = _halves(x), _halves(y)
    error: FloatArray = x2 * y2 - (((product - x1 * y1) - x2 * y1) - x1 * y2)
    return np.where(np.isfinite(error), error, 0.0)


def _halves(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = SPLIT * x
        high = scaled - (scaled - x)
        return high, x - high
