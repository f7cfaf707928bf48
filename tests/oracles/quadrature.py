"""Gauss rules at the ambient precision, cached per precision, and the radial Gaussian integral."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import mpmath
from mpmath import mp
from numpy.polynomial.legendre import leggauss

WORKING_DIGITS = 80
"""Digits carried by every direct integral; the rules below are sized for an error under `10^-WORKING_DIGITS`."""

Number = Any
"""An `mpf` (mpmath ships no types)."""

Rule = tuple[tuple[Number, Number], ...]


def precision(digits: int = WORKING_DIGITS) -> AbstractContextManager[Any]:
    """Local precision of at least `digits` decimal digits; never lowers the ambient one."""
    manager: AbstractContextManager[Any] = mp.workdps(max(mp.dps, digits))
    return manager


@cache
def _legendre(count: int, digits: int) -> Rule:
    """Nodes and weights `2 / ((1 - x^2) P_n'(x)^2)` on [-1, 1]: Newton's iteration on the three-term recurrence.

    From the nodes in double precision; those below zero mirror those above.
    """
    with mp.workdps(digits + 15):
        rule = []
        for node, step in ((mp.mpf(start), mp.one) for start in leggauss(count)[0][count // 2 :]):
            while True:
                previous, current = mp.one, node
                for k in range(2, count + 1):
                    previous, current = current, ((2 * k - 1) * node * current - (k - 1) * previous) / k
                slope = count * (previous - node * current) / (1 - node**2)
                if abs(step) < mp.mpf(10) ** (-digits):
                    break
                step = current / slope
                node -= step
            rule.append((node, 2 / ((1 - node**2) * slope**2)))
        mirrored = [(-node, weight) for node, weight in reversed(rule[count % 2 :])]
        return (*mirrored, *rule)


@cache
def _hermite(count: int, digits: int) -> Rule:
    """Nodes and weights `n! / (n He_(n-1)(x))^2` for the standard normal distribution."""
    with mp.workdps(digits + 15):
        monomials = mp.taylor(lambda x: hermite(count, x), 0, count)[::-1]
        nodes = mp.polyroots(monomials, maxsteps=500, extraprec=200) if count else []
        return tuple((mp.re(x), mp.factorial(count) / (count * hermite(count - 1, mp.re(x))) ** 2) for x in nodes)


def hermite(degree: int, x: Number) -> Number:
    """He_n(x), `He_(n+1) = x He_n - n He_(n-1)`: the probabilists' Hermite polynomial."""
    previous, current = mp.zero, mp.one
    for k in range(degree):
        previous, current = current, x * current - k * previous
    return current


def gauss_legendre(lower: Number, upper: Number, count: int) -> list[tuple[Number, Number]]:
    """Nodes and weights on [lower, upper]."""
    middle, half = (lower + upper) / 2, (upper - lower) / 2
    return [(middle + half * x, half * w) for x, w in _legendre(count, mp.dps)]


def gauss_hermite(count: int) -> Rule:
    """Nodes and weights with `sum w f(x) = E f(z)`, z ~ N(0, 1), for polynomials of degree below `2 count`."""
    return _hermite(count, mp.dps)


def half_line(power: int) -> Number:
    """int_0^inf r^k e^(-r^2/2) dr = 2^((k-1)/2) Gamma((k+1)/2)."""
    return mp.sqrt(mp.mpf(2) ** (power - 1)) * mp.gamma(mp.mpf(power + 1) / 2)


def jacobian(function: Callable[[list[Number]], list[Number]], point: list[Number], step: Number) -> mpmath.matrix:
    """Central differences: rows are components of the function, columns coordinates of the point."""
    columns = []
    for k in range(len(point)):
        plus, minus = (function([x + sign * step * (i == k) for i, x in enumerate(point)]) for sign in (1, -1))
        columns.append([(a - b) / (2 * step) for a, b in zip(plus, minus, strict=True)])
    return mp.matrix(columns).T
