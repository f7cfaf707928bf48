"""Mish and the GELU by tanh: ``z`` times a gate, moments by series."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .series import Series
from .taylor import gated, logistic, mish_gate

FloatArray = NDArray[np.float64]

SLOPE, CUBIC = 2 * np.sqrt(2 / np.pi), 0.044715
"""``GELU(z) = z/(1 + exp(-SLOPE (z + CUBIC z^3)))`` of Hendrycks and Gimpel, arXiv:1606.08415."""


def mish(z: FloatArray, order: int) -> list[FloatArray]:
    """Derivatives of ``z tanh(log(1 + exp(z)))`` up to an order, to rounding (Misra, arXiv:1908.08681).

    Examples
    --------
    >>> mish(np.array([0.0]), 1)
    [array([0.]), array([0.6])]
    """
    return gated(z, mish_gate(z, order))


def gelu_tanh(z: FloatArray, order: int) -> list[FloatArray]:
    """Derivatives of ``z (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3)))/2`` up to an order, to rounding.

    Examples
    --------
    >>> gelu_tanh(np.array([0.0]), 1)
    [array([0.]), array([0.5])]
    """
    polynomial = z + CUBIC * z * z * z, 1 + 3 * CUBIC * z * z, 3 * CUBIC * z, CUBIC
    return gated(z, logistic(*(SLOPE * one for one in polynomial), order=order))


HIGHEST: Final = 3
"""Sobolev order of their losses; a Hessian of it takes four derivatives more."""
MISH = Series("z*tanh(log(1 + exp(z)))", mish, HIGHEST + 4, HIGHEST, "mish")
GELU_TANH = Series("z*(1 + tanh(sqrt(2/pi)*(z + 0.044715*z**3)))/2", gelu_tanh, HIGHEST + 4, HIGHEST, "gelu_tanh")
