r"""Moments of a long pair of nearly parallel neurons, conditioned on a factor X that both share.

With ``r > 0`` (else ``z_2`` is turned) ``z_1 = m_1 + p (a X + ...)``, ``z_2 = m_2 + q (a X + ...)``: of given X the
rest has the deviations ``p sqrt(delta), q sqrt(delta)``, ``delta = 1 - a^2``, and the correlation ``1 - (1 -
r)/delta``: its series is short. The trapezoidal rule in X has a bound of its own. By Poisson's formula it errs by
``E[sigma^(a)(z_1) sigma^(b)(z_2) exp(2 pi i k X/step)]``, k = +-1, +-2, ..., and X of given z is Gaussian with variance
``v = 1 - 2 a^2/(1 + r)``: together at most ``2.1 exp(-2 pi^2 v/step^2)`` times ``sqrt(E[sigma^(a)(z_1)^2]
E[sigma^(b)(z_2)^2])``, whatever the activation is.
"""

from __future__ import annotations

from math import exp, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from ..._runtime.sizes import slices
from .neurons import Neurons

FloatArray = NDArray[np.float64]

NARROW, NARROWEST = 0.5, 0.1
"""The larger deviation that is left at a given factor: at first, and at last."""
SHARE = 1.6
"""``delta`` in units of ``1 - r``, at least: the correlation that is left is 3/8 then."""
FEW, COUNTS = 32, (32, 64, 128, 256)
"""Terms whose coefficients tell a norm; and those of the series at a given factor."""
ALIASING, TAIL = 36.0, 9.5
"""``-log`` of the error of the rule, and where it ends."""
AT_A_TIME = 512
"""Nodes of the rule."""


def conditioned(
    first: Neurons, second: Neurons, r: float, gap: float, a: int, b: int, tolerance: float
) -> tuple[float, float]:
    """``K_ab`` of one neuron and one, ``gap = 1 - |r|``; and the bound of its error relative to the norms."""
    best, narrow = (float("nan"), float("inf")), NARROW
    first.size, second.size = (float(x.coefficients(k, FEW).norms[0]) for x, k in ((first, a), (second, b)))
    while narrow > NARROWEST:
        delta = min(max(SHARE * gap, (narrow / max(first.p[0], second.p[0])) ** 2), 0.75)
        for count in COUNTS:
            found = _at_factors(first, second, r, gap, a, b, delta, count)
            best = min(best, found, key=lambda one: one[1])
            if best[1] <= tolerance:
                return best
        narrow /= 2
    return best


def _at_factors(
    first: Neurons, second: Neurons, r: float, gap: float, a: int, b: int, delta: float, count: int
) -> tuple[float, float]:
    """By a series of so many terms at each node of the rule in X."""
    factor, left, sign = sqrt(1 - delta), sqrt(delta), -1.0 if r < 0 else 1.0
    rest = sign * (1 - gap / delta)
    variance = (2 * delta - gap) / (2 - gap)
    step = pi * sqrt(2 * variance / ALIASING)
    nodes: FloatArray = step * np.arange(-int(TAIL / step), int(TAIL / step) + 1, dtype=np.float64)
    weights = step / sqrt(2 * pi) * np.exp(-(nodes**2) / 2)
    powers = rest ** np.arange(count)
    value, beyond, squares = 0.0, 0.0, np.zeros(2)
    for part in slices(len(nodes), AT_A_TIME):
        x, w = nodes[part], weights[part]
        one = _given(first, factor * x, left).coefficients(a, count)
        other = _given(second, sign * factor * x, left).coefficients(b, count)
        value += float((powers @ (one.values * other.values)) @ w)
        beyond += float(abs(rest) ** count * np.sqrt(one.tail[-1] * other.tail[-1]) @ w)
        squares += [one.tail[0] @ w, other.tail[0] @ w]
    norm = max(sqrt(squares[0]), first.size) * max(sqrt(squares[1]), second.size)
    return value, (beyond / norm if norm else 0.0) + 2.1 * exp(-ALIASING)


def _given(neuron: Neurons, x: FloatArray, left: float) -> Neurons:
    """The neuron at given factors, a neuron each."""
    return type(neuron)(
        neuron.function, neuron.m[0] + neuron.p[0] * x, np.full(x.shape, neuron.p[0] * left), neuron.size
    )
