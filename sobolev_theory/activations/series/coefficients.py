r"""Hermite coefficients ``h_n = E[f(m + p Z) He_n(Z)]/sqrt(n!)`` of a function, Z standard normal, and their tails.

Everything is a sum over the nodes of a trapezoidal rule, of products with the Hermite functions ``psi_n = He_n sqrt(phi
/ n!)``, orthonormal on the line: ``h_n = (sqrt(phi) f, psi_n)``. The rule errs by what the integrand has at frequencies
``2 pi/step`` and above: a Hermite function ends at ``sqrt(n)``, ``sqrt(phi)`` at 8, and f at ``p`` times its own end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log2, pi, sqrt

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

END = 13.0
"""Where ``sqrt(phi)`` is 4e-19 of its largest value: half the length of the rule, for functions that grow slowly."""
LONGEST = 50.0
"""Half the length for those that grow fast: beyond, ``sqrt(phi)`` leaves the range of doubles."""
GAUSSIAN = 10.0
"""The frequency at which ``sqrt(phi)`` is ``exp(-100)`` of its largest value."""
HUGE = 1e100
"""Of the recurrence, which is scaled down by it beyond it: sixteen steps grow by less than the rest of the range."""
KEPT, MOST = 2**20, 2**25
"""Values of Hermite functions that are kept for the next time, and that are made, at most."""
ROUNDING = 2e-15
"""Of coefficients, relative to the norm of the function."""


@dataclass(frozen=True)
class Rule:
    """Nodes ``step (k + shift)`` up to ``end``, and Hermite functions below ``count``; of equal rules they are kept."""

    step: float
    end: float
    count: int
    shift: float = 0.0

    @classmethod
    def of(cls, frequency: float, end: float, count: int) -> Rule:
        """For functions ``f(m + p z)`` whose frequencies end at ``frequency``; steps are powers of ``2^(1/4)``."""
        return cls(2.0 ** (-ceil(4 * log2((frequency + sqrt(count) + GAUSSIAN) / (2 * pi))) / 4), end, count)

    @property
    def size(self) -> float:
        """Values of Hermite functions that it takes."""
        return 2 * self.end / self.step * self.count

    @property
    def shifted(self) -> Rule:
        """The rule between the nodes."""
        return Rule(self.step, self.end, self.count, 0.5)

    @property
    def nodes(self) -> FloatArray:
        """Of ``[-end, end]``, (n,)."""
        return _nodes(self)[0]

    @property
    def roots(self) -> FloatArray:
        """``sqrt(step phi)`` at the nodes."""
        return _nodes(self)[1]

    def basis(self) -> FloatArray:
        """``sqrt(step) psi_n`` at the nodes, (n, count)."""
        kept = self.size <= KEPT
        return (_basis if kept else _basis.__wrapped__)(self)

    def beyond(self) -> FloatArray:
        """The same on nodes of a second rule beyond the end, as far as the Hermite functions reach."""
        return _beyond(self)


@lru_cache(maxsize=32)
def _nodes(rule: Rule) -> tuple[FloatArray, FloatArray]:
    last = int(rule.end / rule.step)
    nodes: FloatArray = rule.step * (np.arange(-last, last + 1, dtype=np.float64) + rule.shift)
    return nodes, sqrt(rule.step) * root_density(nodes)


@lru_cache(maxsize=32)
def _basis(rule: Rule) -> FloatArray:
    found = hermite_functions(rule.nodes, rule.count)
    found *= sqrt(rule.step)
    return found


@lru_cache(maxsize=32)
def _beyond(rule: Rule) -> FloatArray:
    step, reach = pi / (2 * sqrt(rule.count) + 4), 2 * sqrt(rule.count) + 6
    nodes = np.arange(rule.end, max(reach, rule.end + step), step)
    half = hermite_functions(nodes, rule.count) * sqrt(step)
    return np.concatenate([half, half * (-1.0) ** np.arange(rule.count)])


def root_density(z: FloatArray) -> FloatArray:
    """``sqrt(phi(z))``."""
    root: FloatArray = (2 * pi) ** -0.25 * np.exp(-(z**2) / 4)
    return root


def hermite_functions(z: FloatArray, count: int) -> FloatArray:
    """``psi_n(z)``, n < count, (..., count), by their recurrence; far out it starts below the range of doubles."""
    found = np.empty((count, *z.shape))
    exponent = -(z**2) / 4
    before, now = np.zeros(z.shape), np.full(z.shape, (2 * pi) ** -0.25)
    factor, term = np.exp(exponent), np.empty(z.shape)
    for n in range(count):
        np.multiply(now, factor, out=found[n])
        before *= -sqrt(n / (n + 1))
        np.multiply(z / sqrt(n + 1), now, out=term)
        before += term
        before, now = now, before
        if n % 16 == 15 and (large := np.abs(now) > HUGE).any():
            before[large] /= HUGE
            now[large] /= HUGE
            exponent[large] += np.log(HUGE)
            factor = np.exp(exponent)
    return np.moveaxis(found, 0, -1)


@dataclass(frozen=True, eq=False)
class Coefficients:
    """``h_n``, n < N, of k functions, (N, k); and of each ``tail[n] = sum_(l >= n) h_l^2`` for n <= N, (N + 1, k).

    ``rounding``, (k,), bounds errors of the coefficients relative to the norm. The tail at N is the square of what is
    left of the function, formed of that and not of a difference of squares; it ends at the rounding of coefficients.
    """

    values: FloatArray
    tail: FloatArray
    rounding: FloatArray
    size: FloatArray

    @property
    def norms(self) -> FloatArray:
        """``sqrt(E f^2)``, or the size by which rounding is measured if that is larger; (k,)."""
        norms: FloatArray = np.maximum(np.sqrt(self.tail[0]), self.size)
        return norms

    def left(self, count: int) -> FloatArray:
        """``sqrt`` of the tail from there on relative to the norm, (k,)."""
        left = np.sqrt(self.tail[count])
        return quotient(left, self.norms)

    @property
    def most_left(self) -> FloatArray:
        """The largest of them, (N + 1,)."""
        most: FloatArray = quotient(np.sqrt(self.tail), self.norms).max(axis=1, initial=0.0)
        return most


def quotient(x: FloatArray, y: FloatArray) -> FloatArray:
    """``x/y`` of numbers from 0 on, 0 where y is."""
    found: FloatArray = np.divide(x, y, out=np.zeros(np.broadcast_shapes(x.shape, y.shape)), where=y > 0)
    return found


def projected(values: FloatArray, rule: Rule, size: FloatArray) -> Coefficients:
    """Coefficients of functions given by ``sqrt(step phi) f`` at the nodes, (k, n), and what rounding is of, (k,)."""
    basis = rule.basis()
    h = values @ basis
    left, beyond = values - h @ basis.T, h @ rule.beyond().T
    squares = np.column_stack([h * h, (left * left).sum(axis=1) + (beyond * beyond).sum(axis=1)])
    tail = np.cumsum(squares[:, ::-1], axis=1)[:, ::-1]
    rounding = np.full(len(h), ROUNDING)
    return Coefficients(np.ascontiguousarray(h.T), np.ascontiguousarray(tail.T), rounding, size)
