"""Neurons ``m + p Z`` seen through a smooth function and its derivatives: their Hermite coefficients, made once."""

from __future__ import annotations

from functools import cache
from math import comb, perm, sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import AccuracyError
from .hermite import END, LONGEST, Coefficients, Rule, projected

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

EDGE = 1e-16
"""Of the norm of a function, what it may have at the ends of the rule."""
QUADRATURE = 4e-15
"""Of the norm, by how much coefficients may differ from those of the rule between the nodes."""
STEPS = 4
"""How often the step is halved until they agree."""


class Function(Protocol):
    """A smooth function with derivatives up to an order, whose frequencies end somewhere."""

    @property
    def highest_derivative(self) -> int: ...
    def derivative(self, z: FloatArray, order: int) -> FloatArray: ...
    def frequency(self, order: int) -> float: ...


class Neurons:
    """k neurons by their means and standard deviations, (k,); what is below rounding of ``size`` does not count."""

    def __init__(self, function: Function, m: FloatArray, p: FloatArray, size: float = 0.0) -> None:
        self.function, self.m, self.p, self.size = function, m, p, size
        self.coefficients = cache(self._coefficients)

    def subset(self, which: IntArray) -> Neurons:
        """Some of them."""
        return Neurons(self.function, self.m[which], self.p[which], self.size)

    def _coefficients(self, order: int, count: int) -> Coefficients:
        """The first ``count`` of the derivative of an order.

        One more than the function has comes by Stein's identity ``h_n^(a+1) = sqrt(n + 1) h_(n+1)^(a) / p``, whose
        rounding is ``1/p`` times larger; its tail beyond the coefficients is that of ones that fall as 1/n at least.
        """
        highest = self.function.highest_derivative
        if order > highest:
            lower, factor = self.coefficients(order - 1, count + 1), np.sqrt(np.arange(1, count + 1))[:, None] / self.p
            h = factor * lower.values[1:]
            tail = np.vstack([h * h, 4 * (count + 1) * lower.tail[-1] / self.p**2])
            tail = np.cumsum(tail[::-1], axis=0)[::-1]
            return Coefficients(h, tail, _quotient(lower.rounding * lower.norms, self.p * np.sqrt(tail[0])))
        k = len(self.m)
        found = np.empty((count, k)), np.empty((count + 1, k)), np.empty(k)
        for which in self._scales():
            part = self._of_one_scale(order, count, which)
            found[0][:, which], found[1][:, which], found[2][which] = part.values, part.tail, part.rounding
        return Coefficients(*found)

    def _scales(self) -> list[IntArray]:
        """Numbers of neurons whose deviations are alike up to a factor 2, so that one rule is good for all."""
        scale = np.maximum(np.ceil(np.log2(np.maximum(self.p, 1e-9))), -2)
        return [np.flatnonzero(scale == one) for one in np.unique(scale)]

    def _of_one_scale(self, order: int, count: int, which: IntArray) -> Coefficients:
        """Coefficients by a rule whose ends and step are seen to suffice."""
        m, p = self.m[which], self.p[which]
        largest = [int(np.argmax(p)), int(np.argmax(np.abs(m)))]
        rule = Rule.of(p.max() * self.function.frequency(order), END, count)
        for _ in range(STEPS):
            values, rule = self._values(order, m, p, rule)
            found = projected(values, rule)
            other = self._values(order, m[largest], p[largest], rule.shifted)[0] @ rule.shifted.basis()
            apart = np.abs(other.T - found.values[:, largest]).max(axis=0)
            if (apart <= QUADRATURE * np.maximum(found.norms[largest], self.size)).all():
                return found
            rule = Rule(rule.step / 2, rule.end, count)
        bound = float(_quotient(apart, found.norms[largest]).max())
        raise AccuracyError(
            f"the Hermite coefficients of the derivative of order {order} at standard deviation {p.max():.3g}",
            bound,
            QUADRATURE,
            "declare its kinks, or use a smoother activation or shorter weights",
        )

    def _values(self, order: int, m: FloatArray, p: FloatArray, rule: Rule) -> tuple[FloatArray, Rule]:
        """``sqrt(step phi) f(m + p z)`` at the nodes, (k, n), of a rule as long as the function asks for."""
        while True:
            with np.errstate(all="ignore"):
                values = self.function.derivative(m[:, None] + p[:, None] * rule.nodes, order) * rule.roots
                size = np.maximum(np.sqrt((values * values).sum(axis=1)), self.size)
                ends = np.abs(values[:, [0, -1]]).max(axis=1)
            if (ends <= EDGE * size).all():
                return values, rule
            if rule.end >= LONGEST:
                raise AccuracyError(
                    f"E[sigma^({order})(z)^2] at standard deviation {p.max():.3g}, where the activation grows so fast "
                    "that it",
                    float(_quotient(ends, size).max()),
                    EDGE,
                    "use shorter weights, or an activation that grows slower",
                )
            rule = Rule(rule.step, min(2 * rule.end, LONGEST), rule.count, rule.shift)

    def product(self, a: int, b: int) -> FloatArray:
        """``E[sigma^(a)(z) sigma^(b)(z)]`` of each, (k,)."""
        found = np.empty(len(self.m))
        for which in self._scales():
            m, p = self.m[which], self.p[which]
            frequency = self.function.frequency(a) + self.function.frequency(b)
            _, rule = self._values(a, m, p, Rule.of(p.max() * frequency, END, 1))
            second, rule = self._values(b, m, p, rule)
            found[which] = (self._values(a, m, p, rule)[0] * second).sum(axis=1)
        return found

    def mean(self, n: int) -> FloatArray:
        """``d_m^n E sigma(z)`` of each, (k,): by Stein's identity where there are fewer derivatives."""
        order = min(n, self.function.highest_derivative)
        h: FloatArray = self.coefficients(order, n - order + 1).values[n - order]
        return sqrt(perm(n - order)) * h / self.p ** (n - order)


def _quotient(x: FloatArray, y: FloatArray) -> FloatArray:
    """``x/y``, 0 where both are."""
    return np.divide(x, y, out=np.zeros(np.shape(x)), where=x > 0)
