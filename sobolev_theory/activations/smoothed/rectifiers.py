r"""Sums of rectifiers smoothed by Gaussian noise, and a polynomial: normal cdf, GELU, and mixtures for logistic ones.

``sigma(z) = q(z) + sum weight R_n(z)`` with ``R_n(z) = E (z + tau xi)_+^n`` and xi standard normal, whence ``R_1 =
z Phi(z/tau) + tau phi(z/tau)``, ``R_0 = Phi(z/tau)`` and ``R_(-1) = phi(z/tau)/tau``. A pair of them is a pair of
rectifiers of arguments whose variances are larger by ``tau^2``, with their covariance: closed, and smooth at parallel
vectors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..definition import GaussianPairs, Moments, Smooth
from .layers import Arguments, Atom, Layers, chain, in_parts, means_of_polynomial
from .pairs import direct_sum
from .products import Products
from .series import SMALL, PriceSeries

FloatArray = NDArray[np.float64]
Pointwise = Callable[[Any, FloatArray], FloatArray]
"""``f(np, z)``."""

TERMS = (32, 64, 128, 512, 2048)
"""Of series."""
OF_A_TERM, OF_A_COEFFICIENT, OF_A_PAIR = 3, 6, 40
"""Passes over all pairs that a term takes, over all arguments and widths its coefficients, and over all pairs and pairs
of widths a direct sum."""
NUMBERS = 2**18
"""In arrays over widths."""
COEFFICIENTS = 2**21
"""Of a series, at all arguments."""
FEW = 4
"""Pairs for each argument, up to which arguments are taken apart; and the share of pairs that is evaluated with all."""
AUDIBLE = 1e-8
"""Widths of less weight do not tell how fast moments vary."""


class SmoothedRectifiers(Smooth):
    """``q(z) + sum weight R_n(z)``.

    Parameters
    ----------
    atoms
        ``(weight, n, tau)``, n one of -1, 0, 1.
    polynomial
        Coefficients of ``q`` by ascending powers.
    expression
        Text of the function of ``z``.
    derivatives
        ``f(np, z)`` of the derivatives up to the order 5, in forms without cancellation, where the sum has some.

    Examples
    --------
    >>> normal_cdf = SmoothedRectifiers([(1.0, 0, 1.0)])
    >>> normal_cdf.means(None, np.ones(1))(1) * np.sqrt(4 * np.pi)      # E phi(z), z standard normal
    array([1.])
    """

    max_order = 3
    accuracy = 1e-14

    def __init__(
        self,
        atoms: Iterable[tuple[float, int, float]],
        polynomial: Iterable[float] = (),
        expression: str = "",
        derivatives: tuple[Pointwise, ...] = (),
    ) -> None:
        self.atoms = tuple(Atom(*atom) for atom in atoms)
        self.polynomial = tuple(polynomial)
        self.expression, self.derivatives = expression, derivatives
        self.layers = Layers.of(self.atoms, self.polynomial)
        count = len(self.layers.widths)
        self.how = "closed form" if count == 1 else f"mixture of {count} normal laws"
        largest = max(abs(atom.weight) for atom in self.atoms)
        self.variation = max(1 / atom.width for atom in self.atoms if abs(atom.weight) > AUDIBLE * largest)

    @property
    def key(self) -> object:
        """The sum."""
        return type(self).__name__, self.atoms, self.polynomial

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """Given, or the sum, of ``Phi`` rather than ``D_0``, which keeps the digits of small values."""
        if self.derivatives:
            return np.asarray(self.derivatives[order](np, z), dtype=np.float64)
        ramp, terms = self.layers.expansion(order)
        widths = self.layers.column(z)
        of = chain(z, widths**2)
        total: FloatArray = np.polynomial.Polynomial([*self.polynomial, 0.0]).deriv(order)(z)
        for k, row in terms.items():
            total = total + np.tensordot(row, of(k) if k else special.ndtr(z / widths), 1)
        return total if ramp is None else total + np.tensordot(ramp, z * special.ndtr(z / widths), 1)

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """Of the sum at larger variances, and of the polynomial."""
        m = np.zeros_like(s) if m is None else m
        of_sum, of_polynomial = self.layers.means(m, s), means_of_polynomial(self.layers.polynomial, m, s)
        return cache(lambda n: of_sum(n) + of_polynomial(n))

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """By products of two widths; where those have no density as a factor, as pairs of coincident arguments."""
        m = np.zeros_like(s) if m is None else m
        return in_parts(self._squares, max(1, NUMBERS // len(self.layers.widths) ** 2), m, s)

    def _squares(self, m: FloatArray, s: FloatArray) -> Moments:
        alike = self._moments(Arguments(m, m, s, s, s, np.zeros_like(s)), ())
        products = Products(self.layers, m, s)

        @cache
        def square(k: int, n: int) -> FloatArray:
            ramp, terms = self.layers.expansion(k)
            if ramp is not None and n > 1:  # (sigma^2)'' = 2 sigma'^2 + 2 sigma sigma''
                return 2 * square(k + 1, n - 2) + 2 * products.derivative(k, k + 2, n - 2)
            if ramp is not None or (n == 0 and 0 in terms):
                return (n + 1) * alike(k, k + n)
            return products.derivative(k, k, n)

        return square

    def pairs(self, at: GaussianPairs) -> Moments:
        """By a series where its bound is rounding and the sum over pairs of widths takes longer, else by that."""
        arguments, widths = Arguments.of(at), len(self.layers.widths)
        if arguments.size <= max(NUMBERS // widths, math.prod(arguments.shape) // FEW):
            return self._moments(arguments, TERMS)
        step = max(1, NUMBERS // (2 * widths))
        return in_parts(lambda *arrays: self._moments(Arguments(*arrays), TERMS), step, *arguments)

    def _moments(self, at: Arguments, counts: tuple[int, ...]) -> Moments:
        """By series of these numbers of terms, or the sum over pairs of widths."""
        polynomial, of_sum = self._with_polynomial(at), _Sums(self.layers, at, counts)
        return cache(lambda a, b: polynomial(a, b) + of_sum.moment(a, b))

    def _with_polynomial(self, at: Arguments) -> Moments:
        """Moments with a polynomial in one factor or both: ``sum_n rho^n/n! E f_1^(n) E f_2^(n)``, which ends."""
        q = self.layers.polynomial
        sides = [(self.layers.means(m, s), means_of_polynomial(q, m, s)) for m, s in ((at.m1, at.s), (at.m2, at.t))]
        (first, first_q), (second, second_q) = sides

        def moment(a: int, b: int) -> FloatArray:
            total, factor = np.zeros(np.shape(at.rho)), np.ones(())
            for n in range(q.degree() + 1):
                if n:
                    factor = factor * at.rho / n
                terms = []
                if a + n <= q.degree():
                    terms.append(first_q(a + n) * (second(b + n) + second_q(b + n)))
                if b + n <= q.degree():
                    terms.append(first(a + n) * second_q(b + n))
                total = total + factor * sum(terms)
            return total

        return moment if np.any(q.coef) else lambda a, b: np.zeros(np.shape(at.rho))


class _Sums:
    """Moments of the sums alone."""

    def __init__(self, layers: Layers, at: Arguments, counts: tuple[int, ...]) -> None:
        self.layers, self.at, self.counts = layers, at, counts

    def moment(self, a: int, b: int) -> FloatArray:
        """``K_ab``."""
        total, rest = np.empty(self.at.shape), np.ones(self.at.shape, dtype=bool)
        for count in self.counts:
            left = int(np.count_nonzero(rest))
            cheap = count * self.cost_of_a_term <= OF_A_PAIR * len(self.layers.widths) ** 2 * left
            if not left or not cheap or count * self.at.size > COEFFICIENTS:
                break
            enough = rest & (self.series.left_out(a, b, count) <= SMALL)
            found = np.count_nonzero(enough)
            if found == rest.size:
                return self.series.sum(a, b, count)
            if found > rest.size // FEW:
                total[enough] = self.series.sum(a, b, count)[enough]
            elif found:
                total[enough] = self.series.sum(a, b, count, enough)
            rest &= ~enough
        if rest.any():
            total[rest] = direct_sum(self.layers, a, b, self.at.taken(rest))
        return total

    @cached_property
    def cost_of_a_term(self) -> int:
        """Of the series, at all pairs; see `OF_A_TERM`."""
        return OF_A_TERM * math.prod(self.at.shape) + OF_A_COEFFICIENT * len(self.layers.widths) * self.at.size

    @cached_property
    def series(self) -> PriceSeries:
        """The expansion."""
        return PriceSeries(self.layers, self.at)
