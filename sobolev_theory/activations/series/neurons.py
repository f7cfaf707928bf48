"""Neurons ``m + p Z`` seen through a smooth function and its derivatives: their Hermite coefficients, made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, cached_property

import numpy as np
from numpy.polynomial.hermite_e import hermeval
from numpy.typing import NDArray

from ...errors import AccuracyError
from ..definition import leibniz
from .coefficients import END, LONGEST, MOST, ROUNDING, Coefficients, Rule, projected, quotient
from .functions import Function

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

EDGE = 1e-16
"""Of the norm of a function, what it may have at the ends of the rule."""
QUADRATURE = 2e-14
"""Of the norm, by how much coefficients may differ from those of the rule between the nodes."""
STEIN = 1e-11
"""Rounding, relative to the natural scale, that missing derivatives may cost."""
STEPS = 4
"""How often the step is halved until they agree."""


USUAL = 64
"""Terms for whose rule integrals without coefficients are made."""
SMALL, TOGETHER, KEPT = 1e-2, 2**22, 2**18
"""Deviations below are alike; values of a function that are made at once, and that are kept."""


class Neurons:
    """k neurons by their means and standard deviations, (k,).

    Accuracies are relative to the norms ``sqrt(E[sigma^(a)(z)^2])``, or to ``size`` if that is larger; of neurons that
    are `in_natural_scale` to norms at centred arguments with the second moments of z: a dead neuron's own is smaller.
    """

    def __init__(
        self, function: Function, m: FloatArray, p: FloatArray, size: float = 0.0, natural: bool = False
    ) -> None:
        self.function, self.m, self.p, self.size, self.natural = function, m, p, size, natural
        self.coefficients, self.product = cache(self._coefficients), cache(self._product)
        self._kept: dict[tuple[int, float, float, float], Sequence[FloatArray]] = {}

    def subset(self, which: IntArray) -> Neurons:
        """Some of them."""
        return type(self)(self.function, self.m[which], self.p[which], self.size, self.natural)

    @cached_property
    def in_natural_scale(self) -> Neurons:
        """The same, with accuracies relative to the natural scale."""
        return type(self)(self.function, self.m, self.p, self.size, True)

    def _coefficients(self, order: int, count: int) -> Coefficients:
        """The first ``count`` of the derivative of an order, in the natural scale if not in that of the norms."""
        try:
            return self._made(order, count)
        except AccuracyError:
            if self.natural or self.size:
                raise
            return self.in_natural_scale.coefficients(order, count)

    def _product(self, a: int, b: int, degree: int = 0) -> FloatArray:
        """``E[sigma^(a)(z) sigma^(b)(z) He_degree(Z)]`` of each, (k,); likewise."""
        try:
            return self._integrated(a, b, degree)
        except AccuracyError:
            if self.natural or self.size:
                raise
            return self.in_natural_scale.product(a, b, degree)

    def _made(self, order: int, count: int) -> Coefficients:
        """Coefficients of the derivative of an order.

        One more than the function has comes by Stein's identity ``h_n^(a+1) = sqrt(n + 1) h_(n+1)^(a) / p``, whose
        rounding is ``1/p`` times larger; its tail beyond the coefficients is that of ones that fall as 1/n at least.
        """
        if order > self.function.highest_derivative:
            lower, factor = self.coefficients(order - 1, count + 1), np.sqrt(np.arange(1, count + 1))[:, None] / self.p
            h = factor * lower.values[1:]
            tail = np.vstack([h * h, 4 * (count + 1) * lower.tail[-1] / self.p**2])
            tail = np.cumsum(tail[::-1], axis=0)[::-1]
            rounding = quotient(lower.rounding * lower.norms, self.p * np.sqrt(tail[0]))
            return Coefficients(h, tail, rounding, np.full(len(self.m), self.size))
        k, parts = len(self.m), self._scales
        found = np.empty((count, k)), np.empty((count + 1, k)), np.empty(k), np.empty(k)
        for which in parts:
            part = self._settled(which, count, lambda rule, at: self._projected(order, at, rule))
            if len(parts) == 1:
                return part
            found[0][:, which], found[1][:, which] = part.values, part.tail
            found[2][which], found[3][which] = part.rounding, part.size
        return Coefficients(*found)

    def _projected(self, order: int, which: IntArray, rule: Rule) -> Coefficients:
        """Coefficients by a rule."""
        return projected(self._values(order, which, rule), rule, self._size(order, which, rule))

    def _size(self, order: int, which: IntArray, rule: Rule) -> FloatArray:
        """The norms of what rounding is relative to, (k,)."""
        size = np.full(len(which), self.size)
        if self.natural:
            centred = type(self)(self.function, np.zeros(len(which)), np.hypot(self.m[which], self.p[which]))
            size = np.maximum(size, np.sqrt(centred._integrated(order, order, 0)))
        if self.function.whole is not None:
            whole = self.function.whole(self.m[which, None] + self.p[which, None] * rule.nodes, order)
            size = np.maximum(size, np.sqrt(((whole * rule.roots) ** 2).sum(axis=1)))
        return size

    def _integrated(self, a: int, b: int, degree: int) -> FloatArray:
        found = np.empty(len(self.m))

        def integral(rule: Rule, at: IntArray) -> Coefficients:
            first, second = self._values(a, at, rule), self._values(b, at, rule)
            value = (first * second) @ hermeval(rule.nodes, [0] * degree + [1])
            square = (first * first).sum(axis=1) * (second * second).sum(axis=1)
            size = self._size(a, at, rule) * self._size(b, at, rule)
            return Coefficients(value[None], square[None], np.zeros(len(at)), size)

        for which in self._scales:
            found[which] = self._settled(which, USUAL, integral).values[0]
        return found

    @cached_property
    def _scales(self) -> list[IntArray]:
        """Numbers of neurons whose deviations are alike up to a factor 2, so that one rule is good for all.

        They are no more than whose values fit.
        """
        p, cuts = np.maximum(self.p, SMALL), [0]
        order = np.argsort(p, kind="stable") if p.max() > 2 * p.min() else np.arange(len(p))
        p = p[order]
        while True:
            rule = Rule.of(2 * p[cuts[-1]] * self.function.bandwidth, END, USUAL)
            fitting = max(1, int(TOGETHER * USUAL / rule.size))
            end = min(int(np.searchsorted(p, 2 * p[cuts[-1]], side="right")), cuts[-1] + fitting)
            if end >= len(p):
                return np.split(order, cuts[1:])
            cuts.append(end)

    def _settled(self, which: IntArray, count: int, integral: Callable[[Rule, IntArray], Coefficients]) -> Coefficients:
        """Integrals by a rule that is long enough, and whose step is halved until that between its nodes agrees.

        The one of largest deviation sees all that those around 0 see, and is asked for them; further ones each.
        """
        m, p = self.m[which], self.p[which]
        asked = np.union1d(np.argmax(p), np.flatnonzero(np.abs(m) > p.max()))
        rule = self._long_enough(which, Rule.of(p.max() * self.function.bandwidth, END, count))
        for _ in range(STEPS):
            require_size(rule.size, float(p.max()))
            found, other = integral(rule, which), integral(rule.shifted, which[asked])
            apart = np.abs(other.values - found.values[:, asked]).max(axis=0)
            relative = quotient(apart, found.norms[asked])
            if (relative <= QUADRATURE).all():
                return replace(found, rounding=np.maximum(found.rounding, relative.max()))
            rule = Rule(rule.step / 2, rule.end, count)
        raise AccuracyError(
            f"activation: an integral of it at standard deviation {p.max():.3g}",
            float(relative.max()),
            QUADRATURE,
            "declare its kinks, or use a smoother activation or shorter weights",
        )

    def _long_enough(self, which: IntArray, rule: Rule) -> Rule:
        """A rule at whose ends nothing is left, of the function and those derivatives that were asked for."""
        while True:
            require_size(rule.size, float(self.p[which].max()))
            values = self._values(0, which, rule)
            with np.errstate(over="ignore"):
                size = np.maximum(np.sqrt((values * values).sum(axis=1)), self._size(0, which, rule))
            ends = np.abs(values[:, [0, -1]]).max(axis=1)
            if (ends <= EDGE * size).all() and np.isfinite(size).all():
                return rule
            if rule.end >= LONGEST or not np.isfinite(size).all():
                raise AccuracyError(
                    f"activation: E[sigma(z)^2] at standard deviation {self.p[which].max():.3g}, for which it grows "
                    "too fast,",
                    float((ends / size).max()) if np.isfinite(size).all() else float("inf"),
                    EDGE,
                    "use shorter weights, or an activation that grows slower",
                )
            rule = Rule(rule.step, min(2 * rule.end, LONGEST), rule.count, rule.shift)

    def _values(self, order: int, which: IntArray, rule: Rule) -> FloatArray:
        """``sqrt(step phi) f(m + p z)`` at the nodes, (k, n)."""
        key = (int(which[0]) * len(self.m) + len(which), rule.step, rule.end, rule.shift)
        known = self._kept.get(key, ())
        if order >= len(known):
            z = self.m[which][:, None] + self.p[which][:, None] * rule.nodes
            with np.errstate(all="ignore"):
                known = self.function.derivatives(z, min(order + 1, self.function.highest_derivative))
                known = [values * rule.roots for values in known]
            if z.size <= KEPT:
                self._kept[key] = known
        return known[order]

    def mean(self, n: int) -> FloatArray:
        """``d_m^n E sigma(z)`` of each, (k,)."""
        h: FloatArray = self.coefficients(n, USUAL).values[0]
        return h

    def square(self, k: int, n: int) -> FloatArray:
        """``d_m^n E[sigma^(k)(z)^2]`` of each, (k,), by Leibniz' rule.

        By Stein's identity ``d_m E[f(z) He_j(Z)] = E[f(z) He_(j+1)(Z)]/p`` where there are not enough derivatives.
        """
        known = min(n, self.function.highest_derivative - k)
        products = leibniz(lambda a, b: self.product(*sorted((a, b)), n - known), k, known)
        total: FloatArray = products / self.p ** (n - known)
        if n > known:
            self._require_rounding(k, n, known)
        return total

    def _require_rounding(self, k: int, n: int, known: int) -> None:
        """Refuse a derivative by Stein's identity whose rounding shows."""
        lower, upper = (self.coefficients(k + order, USUAL).norms for order in (known, n))
        rounding = float(quotient(ROUNDING * lower, self.p ** (n - known) * upper).max())
        if rounding > STEIN:
            raise AccuracyError(
                f"activation: the derivative of order {n} of E[sigma^({k})(z)^2]",
                rounding,
                STEIN,
                f"give the derivatives of the activation up to order {k + n}, or use longer weights",
            )


def require_size(values: float, p: float) -> None:
    """Refuse integrals of a neuron that would take too many values."""
    if values > MOST:
        raise AccuracyError(
            f"activation: an integral of it at standard deviation {p:.3g}, over too many oscillations,",
            np.inf,
            QUADRATURE,
            "use shorter weights, or an activation with closed forms",
        )
