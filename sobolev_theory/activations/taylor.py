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


def logistic(*x: FloatArray | float, order: int) -> Taylor:
    """``s = 1/(1 + exp(-x))``, to relative accuracy, of a polynomial x in e: ``s' = s (1 - s) x'``."""
    decay = np.exp(-np.abs(x[0]))
    small, large = decay / (1 + decay), 1 / (1 + decay)
    s, q = np.where(x[0] < 0, small, large), np.where(x[0] < 0, large, small)
    found, slope = [s], [s * q]
    for k in range(1, order + 1):
        found.append(sum((j * x[j] * slope[k - j] for j in range(2, min(k, len(x) - 1) + 1)), x[1] * slope[k - 1]) / k)
        slope.append(found[k] * (q - s) - _inner(found, k))
    return found


def mish_gate(z: FloatArray, order: int) -> Taylor:
    """``t = tanh(log(1 + e^z))``, to relative accuracy: ``t' = (1 - t^2)/(1 + exp(-z))``."""
    decay = np.exp(-np.abs(z))
    numerator = np.where(z < 0, decay * (decay + 2), 1 + 2 * decay)
    rest = np.where(z < 0, 2.0, 2 * decay * decay)
    t, s = [numerator / (numerator + rest)], logistic(z, 1.0, order=order)
    slope = [rest / (numerator + rest) * (1 + t[0])]
    for k in range(1, order + 1):
        t.append(sum(slope[i] * s[k - 1 - i] for i in range(k)) / k)
        slope.append(-2 * t[0] * t[k] - _inner(t, k))
    return t


def _inner(x: Taylor, k: int) -> Any:
    """``sum_(0 < i < k) x[i] x[k - i]``."""
    return sum(x[i] * x[k - i] for i in range(1, k))


def gated(z: FloatArray, gate: Taylor) -> list[FloatArray]:
    """Derivatives of ``z`` times a gate."""
    terms = [z * gate[0], *(z * gate[k] + gate[k - 1] for k in range(1, len(gate)))]
    return [factorial(k) * term for k, term in enumerate(terms)]
