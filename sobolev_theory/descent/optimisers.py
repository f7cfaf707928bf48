r"""Gradient descent, heavy ball, Nesterov's method and Adam as update rules, and how they contract near a minimum.

A rule is pure: from weights, what it remembers and the gradient as a function it makes the next weights and what it
remembers then. On a quadratic, an eigenvalue of the Hessian makes one or two multipliers per iteration of all rules
but Adam; the largest modulus of all of them is the contraction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
Gradient = Callable[[FloatArray], FloatArray]
Memory = tuple[FloatArray, ...]


class Optimiser(Protocol):
    """An update rule with numbers that can be tuned: its step, and its momentum if it has one.

    ``guess(low, high, reach)`` of a rule is where tuning begins: best, for all rules but Adam, on quadratics with
    eigenvalues from ``low`` to ``high``; ``reach`` is the longest way that a weight has to go.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @property
    def step(self) -> float:
        """Step size, or learning rate."""

    @property
    def momentum(self) -> float:
        """Part of the last move that is repeated."""

    def begin(self, weights: FloatArray) -> Memory:
        """What is remembered at the start."""

    def update(self, weights: FloatArray, memory: Memory, gradient: Gradient) -> tuple[FloatArray, Memory]:
        """The next weights, and what is remembered with them."""

    @property
    def numbers(self) -> int:
        """How many numbers can be tuned."""

    def tuned(self, factors: Sequence[float]) -> Optimiser:
        """The rule with its step, and the distance of its momentum from 1, multiplied by factors."""

    def contraction(self, eigenvalues: ComplexArray) -> float:
        """Largest modulus of a multiplier per iteration over the eigenvalues of a Hessian; NaN if there is none."""


@dataclass(frozen=True)
class GradientDescent:
    r"""``W <- W - s g(W)``; an eigenvalue ``l`` is multiplied by ``1 - s l``."""

    name: ClassVar[str] = "gd"
    title: ClassVar[str] = "Gradient descent"
    numbers: ClassVar[int] = 1
    step: float
    momentum: ClassVar[float] = 0.0

    @classmethod
    def guess(cls, low: float, high: float, reach: float) -> GradientDescent:
        """The best step between two eigenvalues, ``2/(low + high)``."""
        return cls(2 / (low + high))

    def begin(self, weights: FloatArray) -> Memory:
        """Nothing."""
        return ()

    def update(self, weights: FloatArray, memory: Memory, gradient: Gradient) -> tuple[FloatArray, Memory]:
        """One step down the gradient."""
        return weights - self.step * gradient(weights), ()

    def tuned(self, factors: Sequence[float]) -> GradientDescent:
        """Another step."""
        return GradientDescent(self.step * factors[0])

    def contraction(self, eigenvalues: ComplexArray) -> float:
        """``max |1 - s l|``."""
        return float(np.abs(1 - self.step * eigenvalues).max())


@dataclass(frozen=True)
class _WithMomentum:
    """A rule with a step and a momentum, which remembers the weights before."""

    numbers: ClassVar[int] = 2
    step: float
    momentum: float

    def begin(self, weights: FloatArray) -> Memory:
        """The weights before are those at the start: it starts at rest."""
        return (weights,)

    def tuned(self, factors: Sequence[float]) -> Self:
        """Another step, and another distance of the momentum from 1; at most 1."""
        return type(self)(self.step * factors[0], max(0.0, 1 - factors[1] * (1 - self.momentum)))


class HeavyBall(_WithMomentum):
    r"""Polyak's ``W <- W - s g(W) + b (W - W_before)``.

    Multipliers are the roots of ``z^2 - (1 + b - s l) z + b``.
    """

    name: ClassVar[str] = "heavy_ball"
    title: ClassVar[str] = "Heavy ball"

    @classmethod
    def guess(cls, low: float, high: float, reach: float) -> HeavyBall:
        r"""Polyak's choice: ``(2/(sqrt(low) + sqrt(high)))^2`` and ``((sqrt(kappa) - 1)/(sqrt(kappa) + 1))^2``."""
        roots = np.sqrt(low), np.sqrt(high)
        return cls(float(4 / sum(roots) ** 2), float(((roots[1] - roots[0]) / sum(roots)) ** 2))

    def update(self, weights: FloatArray, memory: Memory, gradient: Gradient) -> tuple[FloatArray, Memory]:
        """A step down the gradient, and a part of the last move."""
        (before,) = memory
        return weights - self.step * gradient(weights) + self.momentum * (weights - before), (weights,)

    def contraction(self, eigenvalues: ComplexArray) -> float:
        """The largest root."""
        return _largest_root(1 + self.momentum - self.step * eigenvalues, self.momentum + 0 * eigenvalues)


class Nesterov(_WithMomentum):
    r"""Nesterov's ``Y = W + b (W - W_before)``, ``W <- Y - s g(Y)`` with constant momentum.

    Multipliers are the roots of ``z^2 - (1 + b)(1 - s l) z + b (1 - s l)``.
    """

    name: ClassVar[str] = "nesterov"
    title: ClassVar[str] = "Nesterov's method"

    @classmethod
    def guess(cls, low: float, high: float, reach: float) -> Nesterov:
        r"""The best on quadratics, ``4/(3 high + low)`` and ``(r - 2)/(r + 2)`` for ``r = sqrt(3 kappa + 1)``.

        Source: Lessard, Recht & Packard 2016 (arXiv 1408.3595), proposition 1.
        """
        root = float(np.sqrt(3 * high / low + 1))
        return cls(4 / (3 * high + low), (root - 2) / (root + 2))

    def update(self, weights: FloatArray, memory: Memory, gradient: Gradient) -> tuple[FloatArray, Memory]:
        """A part of the last move, and from there a step down the gradient."""
        (before,) = memory
        ahead = weights + self.momentum * (weights - before)
        return ahead - self.step * gradient(ahead), (weights,)

    def contraction(self, eigenvalues: ComplexArray) -> float:
        """The largest root."""
        kept = 1 - self.step * eigenvalues
        return _largest_root((1 + self.momentum) * kept, self.momentum * kept)


@dataclass(frozen=True)
class Adam:
    r"""Adam with a constant learning rate, ``beta_1 = 0.9``, ``beta_2 = 0.999`` and ``epsilon = 1e-8``, per coordinate.

    ``m <- beta_1 m + (1 - beta_1) g``, ``v <- beta_2 v + (1 - beta_2) g^2``, and after k iterations ``W <- W - s
    m/(1 - beta_1^k) / (sqrt(v/(1 - beta_2^k)) + epsilon)``.

    Source: Kingma & Ba 2015 (arXiv 1412.6980), algorithm 1.
    """

    name: ClassVar[str] = "adam"
    title: ClassVar[str] = "Adam"
    numbers: ClassVar[int] = 1
    step: float
    momentum: ClassVar[float] = 0.9
    decay: ClassVar[float] = 0.999
    floor: ClassVar[float] = 1e-8

    @classmethod
    def guess(cls, low: float, high: float, reach: float) -> Adam:
        """A sixteenth of the longest way that a weight has to go: Adam goes about a step per iteration."""
        return cls(reach / 16)

    def begin(self, weights: FloatArray) -> Memory:
        """Moments zero, and no iterations."""
        return np.zeros_like(weights), np.zeros_like(weights), np.zeros(1)

    def update(self, weights: FloatArray, memory: Memory, gradient: Gradient) -> tuple[FloatArray, Memory]:
        """A step along the mean of gradients over the root of the mean of their squares."""
        slope, (mean, square, count) = gradient(weights), memory
        mean = self.momentum * mean + (1 - self.momentum) * slope
        square = self.decay * square + (1 - self.decay) * slope**2
        count = count + 1
        unbiased = mean / (1 - self.momentum**count), square / (1 - self.decay**count)
        return weights - self.step * unbiased[0] / (np.sqrt(unbiased[1]) + self.floor), (mean, square, count)

    def tuned(self, factors: Sequence[float]) -> Adam:
        """Another learning rate."""
        return Adam(self.step * factors[0])

    def contraction(self, eigenvalues: ComplexArray) -> float:
        """None: it is not linear in the gradient."""
        return np.nan


def _largest_root(total: ComplexArray, product: ComplexArray) -> float:
    """Largest modulus of a root of ``z^2 - total z + product``."""
    root = np.sqrt(total.astype(complex) ** 2 - 4 * product)
    return float(np.maximum(np.abs(total + root), np.abs(total - root)).max() / 2)


RULES: dict[str, type[GradientDescent | HeavyBall | Nesterov | Adam]] = {
    rule.name: rule for rule in (GradientDescent, HeavyBall, Nesterov, Adam)
}
"""Rules by the names under which they are asked for."""
