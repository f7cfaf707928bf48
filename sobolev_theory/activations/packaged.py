"""Definitions with generated kernels: those of the package that have closed moments besides, and derived ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._kernels.activations import ACTIVATIONS
from .definition import Definition, GaussianPairs, Jump, Kinked, KinkedPairs, Letters, Moments, Smooth
from .generated import BUILT_IN, Kernels
from .piecewise.rectifier import RectifierMoments
from .smoothed.error_function import ErfMoments

FloatArray = NDArray[np.float64]


class OfKernels(Definition):
    """What generated kernels say of an activation; moments of such a one are known at standard inputs alone."""

    kernels: Kernels

    def __init__(self, kernels: Kernels, expression: str = "") -> None:
        self.kernels, self.expression = kernels, expression
        self.source = getattr(kernels, "SOURCE", None)
        self.max_order, self.degree = kernels.MAX_ORDER, kernels.DEGREE
        self.variation = float(getattr(kernels, "VARIATION", 1.0))

    @property
    def key(self) -> object:
        """The text of the generated module, or the module."""
        return self.source or self.kernels

    @property
    def highest_derivative(self) -> int:
        """As many as were generated."""
        return len(self.kernels.DERIVATIVES) - 1

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """Generated."""
        return np.asarray(self.kernels.DERIVATIVES[order](np, z), dtype=np.float64)

    def jumps(self, order: int) -> tuple[Jump, ...]:
        """At 0, of the order that the kernels say."""
        return (Jump(0.0, float(self.kernels.JUMP)),) if order == self.kernels.JUMP_ORDER else ()

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Not known."""
        raise NotImplementedError

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """Not known."""
        raise NotImplementedError

    def scale(self, order: int, m: FloatArray | None, s: FloatArray) -> FloatArray:
        """Not known."""
        raise NotImplementedError


class Rectifier(Kinked, OfKernels):
    """``max(z, 0)^n``."""

    accuracy = 1e-14

    def __init__(self, kernels: Kernels, expression: str, n: int) -> None:
        super().__init__(kernels, expression)
        self.moments = RectifierMoments(n)

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """Generated; 0 beyond."""
        return super().derivative(z, order) if order <= self.highest_derivative else np.zeros(z.shape)

    def pairs(self, at: KinkedPairs) -> Letters:
        """Those of `RectifierMoments`."""
        h, k, v = at.offsets(0.0, 0.0)
        return self.moments.pairs(at.p, at.q, h, k, at.angle, at.sine, at.cosine, v)

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Likewise."""
        letter = self.moments.means(*_standardised(m, s))
        return lambda n: letter(n, 0)

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """Likewise."""
        letter = self.moments.itself(*_standardised(m, s))
        return lambda k, n: letter(k, n, 0)


class ErrorFunction(Smooth, OfKernels):
    """``erf(z/sqrt 2)``."""

    accuracy = 1e-14

    def pairs(self, at: GaussianPairs) -> Moments:
        """Those of `ErfMoments`."""
        letter = ErfMoments().pairs(at.m1, at.m2, at.s, at.rho, at.t, at.g)
        return lambda a, b: letter(a, b, 0, 0)

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Likewise."""
        letter = ErfMoments().means(m, s)
        return lambda n: letter(n, 0)

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """Likewise."""
        letter = ErfMoments().itself(m, s)
        return lambda k, n: letter(k, n, 0)


def _standardised(m: FloatArray | None, s: FloatArray) -> tuple[Any, Any]:
    """``p`` and ``h = m/p``."""
    p = np.sqrt(s)
    return p, None if m is None else m / p


def _expression(name: str) -> str:
    return str(ACTIVATIONS[name]["expression"])


PACKAGED: dict[str, OfKernels] = {
    **{name: Rectifier(BUILT_IN[name], _expression(name), n) for n, name in enumerate(("relu", "relu2", "relu3"), 1)},
    "erf": ErrorFunction(BUILT_IN["erf"], _expression("erf")),
}
"""The activations of the package that have generated kernels, by name."""
