"""The logistic function, ``1/(1 + exp(-z))``, and what is made of it: atoms of mixtures, and stable derivatives."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .._kernels.logistic_mixture import DERIVATIVES, NODES
from .smoothed import SmoothedRectifiers
from .smoothed_layers import Atom

FloatArray = NDArray[np.float64]


def mixture(weight: float, power: int, width: float = 1.0, moment: int = 0) -> list[Atom]:
    """``weight E[T^moment R_power(z)]``, ``R_power`` of the width ``width T``, over the law whose ``E Phi(z/T)`` it is.

    Error of the sum as a function of z: that of the function itself 2e-17, times ``weight``; of derivatives as
    `_kernels.logistic_mixture.BOUNDS` says.

    Examples
    --------
    >>> from math import fsum
    >>> fsum(atom.weight for atom in mixture(1.0, 0))       # the limit of the sum as z grows
    1.0
    """
    return [Atom(weight * share * tau**moment, power, width * tau) for tau, share in NODES]


def sigmoid(order: int, z: FloatArray) -> FloatArray:
    """Derivative of the logistic function, to full relative accuracy up to signs of its polynomial in ``tanh(z/2)``."""
    value: FloatArray = special.expit(z)
    if order:
        value = value * special.expit(-z) * np.polynomial.Polynomial(DERIVATIVES[order - 1])(np.tanh(z / 2))
    return value


def tanh(order: int, z: FloatArray) -> FloatArray:
    """Derivative of ``tanh(z) = 2 sigma(2 z) - 1``."""
    return 2 ** (order + 1) * sigmoid(order, 2 * z) if order else np.tanh(z)


def softplus(order: int, z: FloatArray) -> FloatArray:
    """Derivative of ``log(1 + exp(z))``."""
    return sigmoid(order - 1, z) if order else np.logaddexp(0.0, z)


def silu(order: int, z: FloatArray) -> FloatArray:
    """Derivative of ``z sigma(z)``."""
    return z * sigmoid(order, z) + (order * sigmoid(order - 1, z) if order else 0.0)


def pointwise(of: Callable[[int, FloatArray], FloatArray]) -> tuple[Callable[[Any, FloatArray], FloatArray], ...]:
    """The derivatives of one of these as functions ``f(np, z)``."""
    return tuple(partial(_evaluated, of, order) for order in range(len(DERIVATIVES)))


def _evaluated(of: Callable[[int, FloatArray], FloatArray], order: int, xp: Any, z: FloatArray) -> FloatArray:
    return of(order, z)


SIGMOID = SmoothedRectifiers(mixture(1.0, 0), (), "1/(1 + exp(-z))", pointwise(sigmoid))
TANH = SmoothedRectifiers(mixture(2.0, 0, 0.5), (-1.0,), "tanh(z)", pointwise(tanh))
SOFTPLUS = SmoothedRectifiers(mixture(1.0, 1), (), "log(1 + exp(z))", pointwise(softplus))
SILU = SmoothedRectifiers([*mixture(1.0, 1), *mixture(-1.0, -1, moment=2)], (), "z/(1 + exp(-z))", pointwise(silu))
