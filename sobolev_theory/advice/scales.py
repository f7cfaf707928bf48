"""How large a function, its gradient and a residual are: what gives a derivative weight its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..forms import Form
from ..losses import LossOptions, PopulationLoss
from ..networks import Network

FloatArray = NDArray[np.float64]


LEAST = 1e3 * np.finfo(np.float64).eps
"""Variance, of the mean square, of which three digits are left."""


@dataclass(frozen=True)
class Scales:
    """``Var f`` and ``E |grad f|^2_M``; NaN for what is not known."""

    variance: float
    slope: float

    @property
    def unit(self) -> float:
        """``E |grad f|^2_M / Var f``: with it times ``lambda_1`` a weight is free of units."""
        return self.slope / self.variance if self.variance > 0 else np.nan


def by_theory(network: Network, options: LossOptions, *, slopes: bool) -> Scales:
    """Of a network at Gaussian inputs: losses of constants that it is the teacher of; its output bias does not matter.

    A variance is none of which the square of the mean leaves fewer than three digits.
    """
    centred = Network(network.weights, network.output_weights, network.biases, activation=network.activation)

    def twice_the_loss(norm: tuple[float, ...], constant: float) -> float:
        none = np.zeros(network.width)
        student = Network(network.weights, none, network.biases, constant, activation=network.activation)
        return 2 * PopulationLoss(centred, norm, **options).value(student)

    square, one_off = (twice_the_loss((1.0,), constant) for constant in (0.0, 1.0))
    mean = (square - one_off + 1) / 2
    variance = twice_the_loss((1.0,), mean)
    variance = np.nan if 0 < variance <= LEAST * square else variance
    return Scales(variance, twice_the_loss((0.0, 1.0), 0.0) if slopes else np.nan)


def on_data(network: Network, X: FloatArray, metric: Form, *, slopes: bool) -> Scales:
    """Of a network at samples."""
    return of_values(network(X), network.input_gradient(X) if slopes else None, metric)


def of_values(y: FloatArray, G: FloatArray | None, metric: Form) -> Scales:
    """Of values (n,) and gradients (n, d)."""
    return Scales(float(np.var(y)), np.nan if G is None else float(np.mean((G * metric.apply(G)).sum(axis=1))))


@dataclass(frozen=True)
class Residual:
    """What the network leaves of its targets, root mean squares, of the scale of these: order 0, and 1 if given."""

    value: float
    slope: float


def residual(network: Network, X: FloatArray, targets: Any, metric: Form) -> tuple[Scales, Residual]:
    """Scales of the targets, a network or arrays by order, and what the network leaves of them."""
    y, G = _values(X, targets)
    scales = of_values(y, G, metric)
    off = float(np.sqrt(np.mean((network(X) - y) ** 2) / scales.variance)) if scales.variance > 0 else np.nan
    if G is None or not scales.slope > 0:
        return scales, Residual(off, np.nan)
    gap = network.input_gradient(X) - G
    return scales, Residual(off, float(np.sqrt(np.mean((gap * metric.apply(gap)).sum(axis=1)) / scales.slope)))


def _values(X: FloatArray, targets: Any) -> tuple[FloatArray, FloatArray | None]:
    """Values and gradients of targets that are checked."""
    if isinstance(targets, Network):
        return targets(X), targets.input_gradient(X)
    orders: Sequence[Any] = targets
    return orders[0], orders[1] if len(orders) > 1 else None
