"""Exponential units, rectifiers that saturate exponentially: ELU, SELU, CELU."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..._runtime.checks import number
from ..definition import Jump, Kinked, KinkedPairs, Letters, Moments
from .letters import Unit
from .pairs import PairsOfUnits
from .singles import SinglesOfUnits

FloatArray = NDArray[np.float64]


class ExponentialUnit(Kinked):
    """``scale (max(z, 0) + alpha (exp(z/rate) - 1) 1(z < 0))``.

    The slope jumps by ``scale (1 - alpha/rate)``; where that is 0, the second derivative is the first to jump.

    Parameters
    ----------
    alpha
        Finite; where the unit saturates, at ``-scale alpha``.
    scale, rate
        Positive.
    expression
        As text; made of the numbers if there is none.

    Raises
    ------
    ValueError
        For other numbers.

    Examples
    --------
    >>> ExponentialUnit().derivative(np.array([-np.log(2), 3.0]), 1)
    array([0.5, 1. ])
    >>> ExponentialUnit(0.5).jumps(1), ExponentialUnit(0.5, rate=0.5).jump_order
    ((Jump(place=0.0, height=0.5),), 2)
    """

    how = "closed form, of long and short arguments integrated over one"
    accuracy = 1e-13

    def __init__(self, alpha: float = 1.0, scale: float = 1.0, rate: float = 1.0, expression: str = "") -> None:
        self.alpha = number("alpha", alpha, "a finite number", -np.inf, np.inf)
        self.gain = number("scale", scale, "a positive number", 0.0, np.inf)
        self.rate = number("rate", rate, "a positive number", 0.0, np.inf)
        self.ratio = self.alpha / self.rate
        self.max_order = 2 if self.ratio == 1 else 1
        self.variation = 1 / self.rate
        self.expression = expression or _text(self.alpha, self.gain, self.rate)

    @property
    def key(self) -> object:
        """The three numbers."""
        return type(self), self.alpha, self.gain, self.rate

    @property
    def unit(self) -> Unit:
        """That of rate and scale 1."""
        return Unit(self.ratio)

    @property
    def beyond(self) -> ExponentialUnit | None:
        """The exponential; of a rectifier, none."""
        return BeyondJump(self.alpha, self.gain, self.rate) if self.alpha else None

    def factor(self, order: int) -> float:
        """``sigma^(order)(z)`` is this times that of the unit of rate and scale 1, at ``z/rate``."""
        return self.gain * self.rate ** (1 - order)

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """Of the two pieces; at 0 of the left one."""
        return np.asarray(self.factor(order) * self.unit.functions(z / self.rate)[min(order, 2)])

    def jumps(self, order: int) -> tuple[Jump, ...]:
        """At 0, of every order but those in which the pieces agree."""
        height = self.factor(order) * self.unit.height(order)
        return (Jump(0.0, height),) if height else ()

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Closed."""
        of = self._of_one(m, s)
        return lambda n: self.factor(n) * of.mean(n)

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """Closed, but for ``E sigma(z)^2``."""
        of = self._of_one(m, s)
        return lambda k, n: self.factor(k) ** 2 / self.rate**n * of.square(k, n)

    def _of_one(self, m: FloatArray | None, s: FloatArray) -> SinglesOfUnits:
        p = np.sqrt(s)
        return SinglesOfUnits(self.ratio, p / self.rate, np.zeros_like(p) if m is None else m / p)

    def products(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Closed: ``R_1 R_2`` and ``R_2 R_3`` are ``R_2^2``."""
        of, order = self._of_one(m, s), self.max_order
        return lambda n: self.factor(order) * self.factor(order + 1) / self.rate**n * of.square(2, n)

    def pairs(self, at: KinkedPairs) -> Letters:
        """Those of `PairsOfUnits`."""
        return self.pairs_with(self, at)

    def pairs_with(self, second: ExponentialUnit, at: KinkedPairs) -> Letters:
        """The same of two units, of any numbers."""
        h, k, v = at.offsets(0.0, 0.0)
        zero = np.zeros(())
        place, scaled = (zero, zero, zero) if h is None else (h, k, v), (at.p / self.rate, at.q / second.rate)
        of = PairsOfUnits(self.unit, second.unit, *scaled, *place, at.sine, at.cosine)

        def letter(a: int, b: int, i: int, j: int) -> FloatArray:
            with np.errstate(invalid="ignore", divide="ignore"):  # densities of coincident kinks
                return self.factor(a) * second.factor(b) * of.letter(a, b, i, j)

        return cache(letter)

    def scale(self, order: int, m: FloatArray | None, s: FloatArray) -> FloatArray:
        """Of the pointwise derivative; with it, of the l-th derivative of a jump, the height over ``p^l``."""
        s = s if m is None else s + m * m
        p = np.sqrt(s)
        pointwise = np.sqrt(self.squares(None, s)(order, 0))
        bends = (abs(jump.height) * p ** (b - order) for b in range(order) for jump in self.jumps(b))
        return np.asarray(pointwise + sum(bends))


class BeyondJump(ExponentialUnit):
    """The same without the first jump, in derivatives of higher orders than that."""

    @property
    def unit(self) -> Unit:
        """Likewise."""
        return Unit(self.ratio, self.max_order)


def _text(alpha: float, gain: float, rate: float) -> str:
    """The expression, with as few symbols as it needs."""
    exponent = "min(z, 0)" if rate == 1 else f"min(z, 0)/{rate:.15g}"
    below = f"{'' if alpha == 1 else f'{alpha:.15g}*'}(exp({exponent}) - 1)"
    return f"max(z, 0) + {below}" if gain == 1 else f"{gain:.15g}*(max(z, 0) + {below})"
