r"""Polynomials and exponentials, among them sine and cosine: their moments end, or are exponentials.

.. math:: \sigma(z) = \sum_n c_n He_n(z) + \operatorname{Re} \sum_l A_l e^{b_l z}

with polynomials ``He_n`` that are orthogonal under a normal law: powers at variance 0, Hermite polynomials at 1.
Forms are generated (`derivations/entire.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from itertools import product
from math import factorial, perm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._kernels import entire as forms
from .definition import GaussianPairs, Moments, Smooth, leibniz

FloatArray = NDArray[np.float64]
Terms = tuple[tuple[complex, tuple[complex, ...]], ...]
Means = Callable[[int], Any]
"""``d_m^n E f(z)`` by n."""
TINY = 1e-300
"""Makes the variance of nothing zero, where it is a quotient."""


class Entire(Smooth):
    """A polynomial and exponentials.

    Errors of moments are below 1e-13 of the natural scale if the terms of the sum do not cancel beyond it, as sines,
    cosines, exponentials, powers and Hermite polynomials do not; differences of real exponentials do.

    Parameters
    ----------
    terms
        ``(b_l, (c_0, c_1, ...))`` of ``(c_0 + c_1 z + ...) exp(b_l z)``, with different ``b_l``, complex and closed
        under conjugation; if ``b_l`` is not zero there is ``c_0`` alone.
    expression
        Of ``z``, as text.

    Examples
    --------
    >>> sine = Entire(((1j, (-0.5j,)), (-1j, (0.5j,))), "sin(z)")
    >>> pairs = GaussianPairs(None, None, *(np.array(x) for x in (1.0, 0.5, 1.0, 0.75)))
    >>> bool(np.isclose(sine.pairs(pairs)(0, 0), np.exp(-1) * np.sinh(0.5), rtol=1e-15))
    True
    """

    max_order = 7

    def __init__(self, terms: Terms, expression: str) -> None:
        self.terms, self.expression = terms, expression
        self.variance, self.polynomial = _well_conditioned(
            [c.real for b, cs in terms if b == 0 for c in map(complex, cs)]
        )
        self.exponentials = _real_parts(terms)
        self.variation = max((abs(rate) for _, rate in self.exponentials), default=1.0)

    @property
    def key(self) -> object:
        """Its terms."""
        return "entire", self.terms

    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """The mean of a constant."""
        return self.means(z, np.zeros(()))(order)

    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """``E sigma^(n)(z)``, for any n."""
        m = np.zeros_like(s) if m is None else m
        polynomial, exponentials = self.polynomial_means(m, s), self.exponential_means(m, s)
        shape = np.broadcast_shapes(np.shape(m), np.shape(s))
        return lambda n: np.broadcast_to(polynomial(n) + exponentials(n), shape)

    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """By the rule of Leibniz, from moments of one argument with itself."""
        return partial(leibniz, self.pairs(GaussianPairs.of_one(m, s)))

    def pairs(self, at: GaussianPairs) -> Moments:
        """Of any orders."""
        return of_two(self, self, at)

    def polynomial_means(self, m: FloatArray, s: FloatArray) -> Means:
        """Means of derivatives of the polynomial."""
        he: list[Any] = [1.0, m]
        for n in range(1, len(self.polynomial) - 1):
            he.append(forms.following(np, m, s, self.variance, n, he[n], he[n - 1]))
        terms = [(n, c) for n, c in enumerate(self.polynomial) if c]
        return cache(lambda k: sum(c * perm(n, k) * he[n - k] for n, c in terms if n >= k))

    def exponential_means(self, m: FloatArray, s: FloatArray) -> Means:
        """Means of derivatives of the exponentials."""
        known = [(A, b, *forms.mean(np, b.real, b.imag, m, s)) for A, b in self.exponentials]
        return cache(lambda k: sum(np.exp(size) * _turned(A * b**k, phase)[0] for A, b, size, phase in known))


def of_two(one: Entire, two: Entire, at: GaussianPairs) -> Moments:
    """``E[f^(a)(z_1) g^(b)(z_2)]``: sums that end at a degree, and those of two exponentials."""
    m1, m2 = (np.zeros_like(s) if m is None else m for m, s in ((at.m1, at.s), (at.m2, at.t)))
    first, second = one.polynomial_means(m1, at.s), two.polynomial_means(m2, at.t)
    others = one.exponential_means(m1, at.s), two.exponential_means(m2, at.t)
    degrees = len(one.polynomial) - 1, len(two.polynomial) - 1
    exponentials = [
        (A, b, C, c, *_scale_and_phases(b, c, m1, m2, at))
        for (A, b), (C, c) in product(one.exponentials, two.exponentials)
    ]

    @cache
    def moment(a: int, b: int) -> FloatArray:
        total = np.zeros(np.broadcast_shapes(*map(np.shape, (m1, m2, at.s, at.rho, at.t))))
        total += terminating(degrees[0] - a, at.rho, lambda k: first(a + k), lambda k: second(b + k) + others[1](b + k))
        total += terminating(degrees[1] - b, at.rho, lambda k: others[0](a + k), lambda k: second(b + k))
        for A, rate, C, other, scale, phi, psi in exponentials:
            u, v = A * rate**a, C * other**b
            size = rate.imag * other.imag * at.rho
            total += scale * forms.rest(np, size, np.abs(size), *_turned(u, phi), *_turned(v, psi))
        return total

    return moment


def terminating(degree: int, rho: FloatArray, first: Means, second: Means) -> Any:
    """``sum_k rho^k/k! E f^(k)(z_1) E g^(k)(z_2)``, ``k <= degree``: ``E[f(z_1) g(z_2)]`` if one is a polynomial.

    No term is greater than ``|r|^k sqrt(E f^2 E g^2)``: they are products of Hermite coefficients.
    """
    return sum(rho**k / factorial(k) * first(k) * second(k) for k in range(degree + 1))


def _scale_and_phases(
    first: complex, second: complex, m1: FloatArray, m2: FloatArray, at: GaussianPairs
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """``exp(E + |x|)``, ``phi`` and ``psi`` of two exponentials."""
    beta, omega, gamma, eta = first.real, first.imag, second.real, second.imag
    along, size = beta * gamma * at.rho, np.abs(omega * eta * at.rho)
    grown = np.where(
        along < 0,
        forms.narrow(np, beta, gamma, at.s, at.t, at.g, np.abs(along) + TINY),
        forms.wide(np, beta, gamma, at.s, at.t, along),
    )
    damped = forms.narrow(np, omega, eta, at.s, at.t, at.g, size + TINY)
    scale: FloatArray = np.exp(forms.exponent(np, beta, gamma, m1, m2, grown, damped))
    return scale, *forms.phases(np, beta, omega, gamma, eta, m1, m2, at.s, at.rho, at.t)


def _turned(amplitude: complex, phase: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Real and imaginary part of ``A exp(i phase)``."""
    cosine, sine = np.cos(phase), np.sin(phase)
    return amplitude.real * cosine - amplitude.imag * sine, amplitude.real * sine + amplitude.imag * cosine


def _real_parts(terms: Terms) -> list[tuple[complex, complex]]:
    """``(A, b)``: of a pair that is conjugate, the one with a rate above the real axis, twice."""
    found = {complex(b): complex(cs[0]) for b, cs in terms if b != 0}
    closed = all(abs(c - found.get(b.conjugate(), np.inf).conjugate()) == 0 for b, c in found.items())
    if not closed or any(len(cs) > 1 for b, cs in terms if b != 0):
        raise ValueError("terms: exponentials with constant factors, closed under conjugation, are required")
    return [((2 if b.imag else 1) * c, b) for b, c in found.items() if b.imag >= 0]


def _well_conditioned(powers: list[float]) -> tuple[float, tuple[float, ...]]:
    """A polynomial on powers or on Hermite polynomials, whichever cancel less under ``N(0, 1)``; with the variance."""
    on_hermite = [Fraction(0)] * len(powers)
    for n, c in enumerate(map(Fraction, powers)):
        for k in range(n // 2 + 1):  # z^n = sum_k n!/(2^k k! (n-2k)!) He_(n-2k)
            on_hermite[n - 2 * k] += c * Fraction(factorial(n), 2**k * factorial(k) * factorial(n - 2 * k))
    hermite = tuple(map(float, on_hermite))
    sums = (
        sum(abs(c) * (factorial(2 * n) / (2**n * factorial(n))) ** 0.5 for n, c in enumerate(powers)),
        sum(abs(c) * factorial(n) ** 0.5 for n, c in enumerate(hermite)),
    )
    return (1.0, hermite) if sums[1] < sums[0] else (0.0, tuple(powers))
