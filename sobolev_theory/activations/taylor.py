"""Derivatives of functions of one variable by arithmetic of their Taylor coefficients, to rounding at any argument.

A list ``x[k]`` of arrays stands for ``sum_k x[k] e^k``, a function at ``z + e``.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Taylor = list[FloatArray]


def variable(z: FloatArray, order: int) -> Taylor:
    """``z + e``."""
    return [z, np.ones_like(z), *[np.zeros_like(z)] * (order - 1)][: order + 1]


def coefficient(k: int, *factors: Taylor) -> Any:
    """The k-th of a product."""
    first, *others = factors
    if not others:
        return first[k]
    return sum(first[i] * coefficient(k - i, *others) for i in range(k + 1))


def product(x: Taylor, y: Taylor) -> Taylor:
    """``x y``."""
    return [coefficient(k, x, y) for k in range(len(x))]


def logistic(x: Taylor) -> Taylor:
    """``s = 1/(1 + exp(-x))``, to relative accuracy: ``s' = s q x'``, ``q = 1 - s``."""
    decay = np.exp(-np.abs(x[0]))
    small, large = decay / (1 + decay), 1 / (1 + decay)
    s, q, slope = [np.where(x[0] < 0, small, large)], [np.where(x[0] < 0, large, small)], list[FloatArray]()
    for k in range(1, len(x)):
        slope.append(coefficient(k - 1, s, q))
        s.append(sum(j * x[j] * slope[k - j] for j in range(1, k + 1)) / k)
        q.append(-s[-1])
    return s


def mish_gate(z: FloatArray, order: int) -> Taylor:
    """``t = tanh(log(1 + e^z))``, to relative accuracy: ``t' = (1 - t)(1 + t)/(1 + exp(-z))``."""
    e = np.exp(-np.abs(z))
    numerator = np.where(z < 0, e * (e + 2), 1 + 2 * e)
    scale = np.where(z < 0, 1.0, e * e)
    t, left = [numerator / (numerator + 2 * scale)], [2 * scale / (numerator + 2 * scale)]
    more, s, slope = [1 + t[0]], logistic(variable(z, order)), list[FloatArray]()
    for k in range(1, order + 1):
        slope.append(coefficient(k - 1, left, more))
        t.append(sum(slope[i] * s[k - 1 - i] for i in range(k)) / k)
        left.append(-t[-1])
        more.append(t[-1])
    return t


def derivatives(x: Taylor) -> list[FloatArray]:
    """``x^(k) = k! x[k]``."""
    return [factorial(k) * value for k, value in enumerate(x)]
