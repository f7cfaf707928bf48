"""The terms of one neuron with itself: `S(u) = E|grad^m sigma_u|^2`, a function of `p = |u|`; frame `u = (p, 0, 0)`."""

from collections.abc import Callable

import mpmath
from mpmath import mp

from .pair import DIFFERENCE_DIGITS, DIFFERENCE_STEP, Derivative, gauss_newton_block, pair_moments, value
from .plane import Pair
from .quadrature import Number, precision


def self_value(activation: str, order: int, p: Number) -> Number:
    """E|grad^m sigma_u|^2 = p^(2m) E[sigma^(m)(p z)^2], the pair value at v = u."""
    return value(activation, order, p, p, 0)


def self_field(activation: str, order: int, derivative: Derivative, p: Number) -> Number:
    """Component along `u^` of half the gradient of `S` ("exact") or of E<d_u psi_u, psi_u> ("backprop").

    exact: `S'(p) / 2`, by central differences. backprop: `p^(2m) E[s' s z] + m p^(2m-1) E[s^2]` with the absolutely
    continuous s'. The other components vanish. (They agree: `z delta(z) = 0`.)
    """
    if derivative == "exact":
        with precision(DIFFERENCE_DIGITS):
            return _slope(lambda r: self_value(activation, order, r), mp.mpf(p)) / 2
    if derivative != "backprop":
        raise ValueError(f"derivative must be 'backprop' or 'exact', got {derivative!r}")
    with precision():
        p, m = mp.mpf(p), order
        s_squared = self_value(activation, m, p) / p ** (2 * m)
        mixed = pair_moments(activation, m + 1, m, 1, Pair(p, p, mp.one, mp.zero))[0]
        return p ** (2 * m) * mixed + m * p ** (2 * m - 1) * s_squared


def self_block(activation: str, order: int, derivative: Derivative, p: Number) -> mpmath.matrix:
    """Total Jacobian in u of the vector field `f(p) u^`, f the `self_field`: `diag(f'(p), f(p)/p, f(p)/p)`."""
    with precision(DIFFERENCE_DIGITS):
        p = mp.mpf(p)
        if derivative == "exact":  # f = S'/2, f' = S''/2
            radial = _curvature(lambda r: self_value(activation, order, r), p) / 2
        else:
            radial = _slope(lambda r: self_field(activation, order, derivative, r), p)
        transverse = self_field(activation, order, derivative, p) / p
        return mp.diag([radial, transverse, transverse])


def self_gauss_newton(activation: str, order: int, p: Number) -> mpmath.matrix:
    """The 3 x 3 matrix N with `h' N k = E<d psi_u[h], d psi_u[k]>`: the pair's block at v = u."""
    return gauss_newton_block(activation, order, p, p, 0)


def _slope(function: Callable[[Number], Number], point: Number) -> Number:
    """f'(x) by central differences."""
    step = point * mp.mpf(10) ** -DIFFERENCE_STEP
    return (function(point + step) - function(point - step)) / (2 * step)


def _curvature(function: Callable[[Number], Number], point: Number) -> Number:
    """f''(x) by central differences; the step `10^-32` balances truncation `10^-64` and rounding `10^-66`."""
    step = point * mp.mpf(10) ** -32
    return (function(point + step) - 2 * function(point) + function(point - step)) / step**2
