r"""Exponential units of rate and scale 1, ``z_+ + alpha (exp(z) - 1) 1(z < 0)``, and what their moments are made of."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..._kernels import exponential_unit as forms
from ..._special import FAR, normal_density

FloatArray = NDArray[np.float64]
Letters = Callable[[str], Any]
"""Letters of generated functions by their names."""

SHORT = 0.1
"""Arguments shorter than this are integrated without cancellation of probabilities."""


class Unit(NamedTuple):
    """``z_+ + alpha (exp(z) - 1) 1(z < 0)``, or what has its derivatives of higher orders than a jump left out."""

    alpha: float
    left_out: int | None = None

    def functions(self, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The pointwise derivatives of order 0, 1, and 2, which is that of all higher ones too."""
        above, below = y > 0, np.minimum(y, 0.0)
        exponential = self.alpha * np.exp(below)
        ramp = np.where(above, y, self.alpha * np.expm1(below))
        return ramp, np.where(above, 1.0, exponential), np.where(above, 0.0, exponential)

    def height(self, order: int) -> float:
        """How much that of an order jumps at 0."""
        return (0.0, 1 - self.alpha, -self.alpha)[min(order, 2)] if order != self.left_out else 0.0

    def bends(self, order: int) -> list[tuple[float, int]]:
        """What the derivative has besides a function: heights, and orders of derivatives of Dirac's delta."""
        bends = ((self.height(low), order - 1 - low) for low in range(order))
        return [(height, n) for height, n in bends if height]


def letters_at(scale: FloatArray, place: FloatArray) -> Letters:
    """``Phi, phi, E, M`` of ``d`` and ``w``: of a function of ``d (Y + w)``; by the names of generated functions."""
    make: dict[str, Callable[[], Any]] = {
        "d": lambda: scale,
        "w": lambda: place,
        "v": lambda: place,
        "Phi": lambda: special.ndtr(place),
        "phi": lambda: normal_density(place),
        "E": lambda: tilted(scale, place, at("phi")),
        "M": lambda: beyond_probability(scale, place, at("E")),
    }
    at = cache(lambda name: make[name]())
    return at


def tilted(scale: FloatArray, place: FloatArray, density: FloatArray) -> FloatArray:
    """``E[exp(d (Y + w)); Y + w < 0]``: by Mills' ratio, or where that overflows as one exponent."""
    x = place + scale
    far = np.maximum(x, 0.0)
    value = density * np.sqrt(np.pi / 2) * special.erfcx(far / np.sqrt(2))
    near = np.exp(np.minimum(scale * (place + scale / 2), 0.0)) * special.ndtr(-x)
    found: FloatArray = np.where(x > 0, value, near)
    return found


def beyond_probability(scale: FloatArray, place: FloatArray, value: FloatArray) -> FloatArray:
    """``M``, that is ``E - Phi(-w)``; for short arguments by the small factor and the small interval that it is."""
    difference = np.asarray(value - special.ndtr(-place))
    short = np.broadcast_to(scale, difference.shape) < SHORT
    if short.any():
        d, w = (np.broadcast_to(x, difference.shape)[short] for x in (scale, place))
        factor = np.expm1(np.minimum(d * (w + d / 2), 700.0))  # beyond, the probability is zero
        middle = np.clip(w + d / 2, -FAR, FAR)
        difference[short] = factor * special.ndtr(-w - d) - forms.strip(np, middle, d, normal_density(middle))
    return difference
