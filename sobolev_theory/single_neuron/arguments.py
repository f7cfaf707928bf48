"""Angle and norm ratio of one ReLU neuron, a norm and a convention, as the closed forms take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import activations
from .._runtime.checks import between
from ..norms import Convention, Norm, NormLike

FloatArray = NDArray[np.float64]
Orders = list[tuple[float, Callable[..., Any]]]
"""Weights and closed forms of the orders of a norm."""

TINY = 1e-300
"""Norm ratios between this and its inverse are admitted: their products do not overflow."""


def orders(table: Mapping[tuple[int, str], Callable[..., Any]], norm: NormLike, derivative: str) -> Orders:
    """What a generated table has for a norm and a convention."""
    convention = Convention.parse(derivative)
    return [(weight, table[order, convention]) for order, weight in Norm.parse(norm, activations.get("relu")).orders]


def parse(angle: ArrayLike, ratio: ArrayLike, tiny: float = TINY) -> tuple[FloatArray, FloatArray]:
    """Angles and ratios that broadcast, checked."""
    theta = between("angle", angle, "radians in [0, pi] (np.deg2rad converts degrees)", 0.0, np.pi)
    r = between("ratio", ratio, f"norm ratios |w*|/|w| between {tiny:g} and {1 / tiny:g}", tiny, 1 / tiny)
    for name, numbers in (("angle", theta), ("ratio", r)):
        if not numbers.size:
            raise ValueError(f"{name}: at least one number is required, got shape {numbers.shape}")
    try:
        np.broadcast_shapes(theta.shape, r.shape)
    except ValueError:
        raise ValueError(
            f"ratio: a shape that broadcasts against that of angle, {theta.shape}, is required, got {r.shape}"
        ) from None
    return theta, r


def sine(theta: FloatArray) -> FloatArray:
    """The sine; the double nearest to pi stands for pi."""
    return np.where(theta == np.pi, 0.0, np.sin(theta))
