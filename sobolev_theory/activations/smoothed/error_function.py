r"""Moments of ``sigma(z) = erf(z / sqrt 2)`` of arguments with means: letters by which the operator is written.

``z_1, z_2`` are Gaussian with means ``m_1, m_2`` and covariance ``s, rho, t``; ``g = s t - rho^2``, as accurate as it
can be had, is all that nearly parallel vectors need. Closed forms are generated (`derivations/erf_moments.py`).
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..._kernels import erf
from ..._kernels import erf_moments as forms
from ..._quadrature import gauss_legendre
from ..moments import GramMoments

FloatArray = NDArray[np.float64]

CORRELATED: Final = 0.5
"""Correlation of ``z_1 + noise, z_2 + noise`` up to which ``K_00`` is integrated, by `POINTS` to 2e-16; it is at least
that correlation, and the form by Owen's function is accurate to rounding of 1."""
POINTS: Final = 10
SHARES: Final = 12
"""Points of a mean's share ``R(h, v)`` of ``K_00``, |v| <= |h|, for rounding of 1: its integrand has poles no nearer to
[0, 1] than ``+-i``, but for a factor that varies where it is small."""
NEARLY_ZERO: Final = 1e-8
"""Of ``(1 - exp(-q))/q``; its second order is ``q^2/6``."""
Side = tuple[Any, Any, Any, Any]
"""Mean and variance of an argument, ``y`` and ``P_ii`` of `forms.inverse`."""
TINY: Final = 1e-200
"""A mean that stands for zero where one is divided by."""


class ErfMoments:
    r"""Letters of the error function.

    Arrays of means and covariances broadcast against one another. Error below 2e-15 of ``sqrt(K_aa(z_1, z_1) K_bb(z_2,
    z_2))`` plus the change by one rounding of the means, which for long vectors is larger.

    Examples
    --------
    >>> letter = ErfMoments().means(np.zeros(1), np.zeros(1))
    >>> letter(1, 0) == np.sqrt(2 / np.pi)                          # sigma'(0)
    array([ True])
    """

    def pairs(
        self, m1: Any, m2: Any, s: FloatArray, rho: FloatArray, t: FloatArray, g: FloatArray
    ) -> Callable[[int, int, int, int], FloatArray]:
        """``K(a, b, i, j) = d_1^i d_2^j E[sigma^(a)(z_1) sigma^(b)(z_2)]``, each evaluated once.

        Means may be None, both of them, if all are zero: moments with ``a + b + i + j`` odd are then zero.
        """
        moment = _centred(s, rho, t, g) if m1 is None else with_means(np, _kernel, m1, m2, s, rho, t, g)
        return lambda a, b, i, j: moment(a + i, b + j)

    def itself(self, m: FloatArray | None, s: FloatArray) -> Callable[[int, int, int], FloatArray]:
        """``L(k, a, i) = d_m^(a+i) E[sigma^(k)(z)^2]``, k <= 4, a + i <= 4, of one argument of variance s.

        The means may be None if all are zero.
        """
        m = np.zeros_like(s) if m is None else m
        at = cache(lambda k: forms.SELF[k](np, m, s))

        def letter(k: int, a: int, i: int) -> FloatArray:
            if k == 0:
                value: FloatArray = at(0)[a + i - 1] if a + i else _kernel(m, m, s, s, s, np.zeros_like(s))
                return value
            derivative: FloatArray = at(k)[a + i]
            return derivative

        return letter

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int, int], FloatArray]:
        """``E(a, i) = d_m^(a+i) E[sigma(z)]``, a + i <= 4; likewise."""
        m = np.zeros_like(s) if m is None else m
        derivatives: tuple[FloatArray, ...] = forms.means(np, m, s)
        return lambda a, i: derivatives[a + i]


def _centred(s: FloatArray, rho: FloatArray, t: FloatArray, g: FloatArray) -> Callable[[int, int], FloatArray]:
    """``K_ab`` at means zero."""
    even = centred(np, s, rho, t, g)
    odd = np.broadcast_to(0.0, np.broadcast_shapes(*map(np.shape, (s, rho, t))))
    return lambda a, b: odd if (a + b) % 2 else even(a, b)


def with_means(
    xp: Any, kernel: Callable[..., Any], m1: Any, m2: Any, s: Any, rho: Any, t: Any, g: Any
) -> Callable[[int, int], Any]:
    """``K_ab``, of arrays of any namespace: four are written out, ``K_00`` by the kernel; the others by recurrences."""
    h, k, _, v, u = forms.standardised(xp, m1, m2, s, rho, t, g)
    y1, y2, p11, p12, p22 = forms.inverse(xp, m1, m2, s, rho, t, g)
    written_out: dict[tuple[int, int], Callable[[], Any]] = {
        (0, 0): lambda: kernel(m1, m2, s, rho, t, g),
        (1, 0): lambda: forms.moment_1_0(xp, h, v, s),
        (0, 1): lambda: forms.moment_1_0(xp, k, u, t),
        (1, 1): lambda: forms.moment_1_1(xp, h, v, s, t, g),
    }

    @cache
    def moment(a: int, b: int) -> Any:
        if (a, b) in written_out:
            return written_out[a, b]()
        return following(xp, a, b, moment, rho, p12, (m1, s, y1, p11), (m2, t, y2, p22))

    return moment


def following(
    xp: Any, a: int, b: int, of: Callable[[int, int], Any], rho: Any, p12: Any, first: Side, second: Side
) -> Any:
    """``K_ab`` by the recurrence in its larger index, from moments of lower orders; arrays of any namespace."""
    if a < b:
        return following(xp, b, a, lambda j, k: of(k, j), rho, p12, second, first)
    mean, variance, y, p = first
    same, before = of(a - 1, b), of(a - 2, b) if a > 2 else 0.0
    if b == 0:
        return forms.one_sided(xp, a - 1, mean, variance, rho, same, before, of(a - 1, 1))
    return forms.mixed(xp, a - 1, b, y, p, p12, same, before, of(a - 1, b - 1) if b > 1 else 0.0)


def centred(xp: Any, s: Any, rho: Any, t: Any, g: Any) -> Callable[[int, int], Any]:
    """``K_ab`` at means zero, of arrays of any namespace; those without a form of their own by recurrence.

    Examples
    --------
    >>> moments = centred(np, *(np.array([x]) for x in (1.0, 0.0, 1.0, 1.0)))
    >>> moments(1, 1) * np.pi                               # (2/pi)/sqrt(1 + s + t + g)
    array([1.])
    """
    even = GramMoments(erf.MOMENTS).at(xp, s, rho, t, g)
    *_, p11, p12, p22 = forms.inverse(xp, 0.0, 0.0, s, rho, t, g)

    @cache
    def moment(a: int, b: int) -> Any:
        if (a + b) % 2:
            return xp.zeros_like(rho)
        if (max(a, b), min(a, b)) in erf.MOMENTS:
            return even(a, b)
        return following(xp, a, b, moment, rho, p12, (0.0, s, 0.0, p11), (0.0, t, 0.0, p22))

    return moment


def smooth_kernel(xp: Any, m1: Any, m2: Any, s: Any, rho: Any, t: Any, g: Any) -> Any:
    """``K_00`` of arrays of any namespace, without a step that depends on them; accuracy as above.

    That at means zero, and what the means add at either argument, from `SHARES` points.
    """
    h, k, _, v, u = forms.standardised(xp, m1, m2, s, rho, t, g)
    return GramMoments(erf.MOMENTS).at(xp, s, rho, t, g)(0, 0) + _share(xp, h, v) + _share(xp, k, u)


def _share(xp: Any, h: Any, v: Any) -> Any:
    """``R(h, v)``, by the product of error functions and ``R(v, h)`` where v is the larger."""
    swapped = xp.abs(v) > xp.abs(h)
    large, small = xp.where(swapped, v, h), xp.where(swapped, h, v)
    total = xp.zeros_like(large)
    for x, weight in zip(*(array.tolist() for array in gauss_legendre(SHARES)), strict=True):
        total = total + weight * _decay(xp, forms.exponent(xp, large, small * x))
    share = forms.share(xp, large, small, total)
    return xp.where(swapped, forms.independent(xp, h, v) - share, share)


def _decay(xp: Any, q: Any) -> Any:
    """``(1 - exp(-q))/q``, q >= 0."""
    small = q < NEARLY_ZERO
    positive = xp.where(small, 1.0, q)
    return xp.where(small, 1.0 - q / 2, -xp.expm1(-positive) / positive)


def _kernel(*arrays: FloatArray) -> FloatArray:
    """``K_00``, by the integral where the correlation is small, by Owen's function where it is not."""
    h, k, r, *_ = np.broadcast_arrays(*forms.standardised(np, *arrays))
    strong, value = np.abs(r) > CORRELATED, np.empty(h.shape)
    value[~strong] = _integrated(h[~strong], k[~strong], r[~strong])
    value[strong] = _by_owen(*(x[strong] for x in np.broadcast_arrays(*arrays)))
    return value


def _integrated(h: FloatArray, k: FloatArray, r: FloatArray) -> FloatArray:
    """``K_00`` by Gauss-Legendre points over ``[0, arcsin r]``."""
    angle, total = np.arcsin(r), np.zeros_like(r)
    for x, weight in zip(*gauss_legendre(POINTS), strict=True):
        total += weight * forms.integrand(np, h, k, np.sin(x * angle))
    value: FloatArray = forms.independent(np, h, k) + angle * total
    return value


def _by_owen(
    m1: FloatArray, m2: FloatArray, s: FloatArray, rho: FloatArray, t: FloatArray, g: FloatArray
) -> FloatArray:
    """``K_00`` by Owen's function."""
    m1, m2 = (np.where(m == 0, TINY, m) for m in (m1, m2))
    h, k, r, *_ = forms.standardised(np, m1, m2, s, rho, t, g)
    with np.errstate(over="ignore"):  # T(h, +-inf) is a number
        v_by_h, u_by_k = forms.slopes(np, h, k, r, forms.complement(np, s, t, g), np.sign(r))
    first, second = special.owens_t(h, v_by_h), special.owens_t(k, u_by_k)
    value: FloatArray = forms.by_owen(np, np.sign(h) * np.sign(k), first, second)
    return value
