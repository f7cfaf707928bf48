"""Functions in forms that lose no digits: arc-cosine functions, damped hyperbolic ones, and those of the normal law.

Kernels call them by name and never expand them; `sobolev_theory.symbolic` holds the same functions as named SymPy
functions, and a test keeps the two together.
"""

import math
from typing import Any

import numpy as np
from scipy import special

from ._kernels.arc_cosine import CLOSED_FORMS, SERIES, SWITCH
from ._kernels.rectifier_moments import by_owen, orthant

FAR = 40.0
"""Beyond it the normal density is zero in doubles."""

TINY = 1e-290
"""Arguments of which a double may not hold the ratio; the normal distribution is that at 0 up to them."""


def arc_cosine(xp: Any, n: int, angle: Any, sine: Any, cosine: Any) -> Any:
    r"""``J_n(theta)`` with ``J_n(theta) = n! int_0^(pi - theta) (cos theta + cos alpha)^n d alpha``.

    Relative error below 2e-15 as a function of the rounded ``pi - theta``.

    Parameters
    ----------
    xp
        Array namespace, for instance ``numpy``.
    angle, sine, cosine
        ``theta`` in [0, pi], radians, with its sine and cosine.

    Examples
    --------
    >>> arc_cosine(np, 1, np.zeros(1), np.zeros(1), np.ones(1)) == np.pi   # sin + (pi - theta) cos
    array([ True])
    """
    return arc_cosine_of_supplement(xp, n, xp.pi - angle, sine, -cosine)


def arc_cosine_of_supplement(xp: Any, n: int, angle: Any, sine: Any, cosine: Any) -> Any:
    r"""``J_n(pi - x)``, which is of order ``x^(2n+1)`` at ``x = 0``; relative error below 2e-15 on [0, pi].

    Arguments as in `arc_cosine`.

    Closed form for ``x > 5/4``; below, where it cancels, the Taylor series with exact rational coefficients. Numbers of
    many digits have those that cancel: for them the closed form everywhere.

    Examples
    --------
    >>> x = np.array([1e-5])
    >>> arc_cosine_of_supplement(np, 1, x, np.sin(x), np.cos(x)) / (x**3 / 3)      # sin(x) - x cos(x)
    array([1.])
    """
    result = CLOSED_FORMS[n](xp, angle, sine, cosine)
    if xp is not np:
        return xp.where(angle < SWITCH, _series(n, angle), result) if hasattr(xp, "where") else result
    small = angle < SWITCH
    if not np.any(small):
        return result
    if isinstance(result, np.ndarray) and result.shape == np.shape(angle) != ():
        result[small] = _series(n, angle[small])  # most angles of random rows are large
        return result
    return np.where(small, _series(n, angle), result)


def _series(n: int, x: Any) -> Any:
    """``x^(2n+1) sum_k c_k x^(2k)`` by Horner's rule."""
    square = x * x
    total = SERIES[n][-1]
    for coefficient in SERIES[n][-2::-1]:
        total = total * square + coefficient
    for _ in range(n):
        total = total * square
    return total * x


def erf(xp: Any, x: Any) -> Any:
    """The error function of doubles, or of a namespace that has it."""
    return xp.erf(x) if hasattr(xp, "erf") else special.erf(x)


def logistic(xp: Any, x: Any) -> Any:
    """``1/(1 + exp(-x))`` of doubles, to full relative accuracy in the lower tail."""
    return special.expit(x)


def softplus(xp: Any, x: Any) -> Any:
    """``log(1 + exp x)``, likewise."""
    return xp.logaddexp(0.0, x)


def damped_sinh(xp: Any, a: Any, b: Any) -> Any:
    """``exp(a) sinh(b)`` without overflow of a factor, to full relative accuracy near b = 0."""
    size = xp.abs(b)
    return xp.copysign(0.5, b) * xp.exp(a + size) * (-xp.expm1(-2 * size))


def damped_cosh(xp: Any, a: Any, b: Any) -> Any:
    """``exp(a) cosh(b)`` without overflow of a factor."""
    size = xp.abs(b)
    return 0.5 * xp.exp(a + size) * (1 + xp.exp(-2 * size))


def normal_density(x: Any) -> Any:
    """``phi(x)``, of arrays."""
    return np.exp(-0.5 * (x * x)) / math.sqrt(2 * math.pi)


def bivariate_normal(h: Any, k: Any, u: Any, v: Any, angle: Any) -> Any:
    r"""``Phi_2(h, k; cos theta)``, the probability that ``X < h`` and ``Y < k`` at the correlation ``cos(theta)``.

    ``Phi(h)/2 + Phi(k)/2 - T(h, v/h) - T(k, u/k) - (0 or 1/2)`` with Owen's function ``T``, at most Phi(h) and Phi(k);
    absolute error below 3e-16.

    Parameters
    ----------
    h, k
        Finite numbers.
    u, v
        ``(h - k cos theta)/sin theta`` and ``(k - h cos theta)/sin theta``; infinite ones are limits at parallel rows.
    angle
        ``theta`` in [0, pi], radians; of use where h and k are 0, or so small that their ratios are none.

    References
    ----------
    Owen 1956; the derivation is in ``derivations/rectifier_moments.py``.

    Examples
    --------
    >>> float(bivariate_normal(1.0, 1.0, 0.0, 0.0, 0.0) - special.ndtr(1.0))   # one variable
    0.0
    >>> float(bivariate_normal(0.0, 0.0, 0.0, 0.0, np.pi / 2))                 # a quadrant
    0.25
    """
    h, k = np.add(h, 0.0), np.add(k, 0.0)  # of the zeros the positive one, which beta counts as positive
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        tails = special.owens_t(h, v / h) + special.owens_t(k, u / k)
    beta = 0.5 * ((h < 0) != (k < 0))
    below, other = special.ndtr(h), special.ndtr(k)
    found = np.clip(by_owen(np, below, other, tails, beta), 0.0, np.minimum(below, other))
    return np.where(np.maximum(np.abs(h), np.abs(k)) < TINY, orthant(np, angle), found)
