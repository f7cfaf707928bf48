"""Moments of powers of the rectifier at neurons with means, against integrals of the definition in 50 digits.

The oracle integrates ``X^s Y^t`` over the quadrant on which both neurons are active: numerically over X, by parts over
Y. Dirac's delta is the integral over a line, its derivative a difference quotient across that line.
"""

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from mpmath import mp

from sobolev_theory.activations.rectifier import RectifierMoments
from tests.oracles.quadrature import gauss_legendre

Polynomial = dict[tuple[int, int], Any]  # coefficients by powers of X and Y

HERMITE: list[list[int]] = [[1], [0, 1], [-1, 0, 1]]
END = 14  # phi(14) < 1e-43
MOST = 8, 5  # powers of X and Y


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(50):
        yield


def tail_moments(lower: Any, count: int) -> list[Any]:
    """``int_lower^inf y^t phi(y) dy`` for t < count, by parts."""
    if mp.isinf(lower):
        return [(mp.fac2(t - 1) if t % 2 == 0 else mp.zero) * (lower < 0) for t in range(count)]
    density = mp.npdf(lower)
    moments = [mp.ncdf(-lower), density]
    for t in range(2, count):
        moments.append(lower ** (t - 1) * density + (t - 1) * moments[t - 2])
    return moments


def ratio(numerator: Any, c: Any) -> Any:
    return numerator / c if c else mp.sign(numerator) * mp.inf


def times(left: Polynomial, right: Polynomial) -> Polynomial:
    product_: Polynomial = {}
    for ((a, b), x), ((s, t), y) in product(left.items(), right.items()):
        product_[a + s, b + t] = product_.get((a + s, b + t), 0) + x * y
    return product_


def hermite(i: int, j: int) -> Polynomial:
    return {(s, t): x * y for (s, x), (t, y) in product(enumerate(HERMITE[i]), enumerate(HERMITE[j]))}


class Oracle:
    """``E[He_i(X) He_j(Y) sigma^(a)(p (X + h)) sigma^(b)(q (r X + c Y + k))]`` of the rectifier's n-th power."""

    def __init__(self, p: float, q: float, h: Any, k: Any, r: Any, c: Any) -> None:
        self.p, self.q, self.h, self.k, self.r, self.c = map(mp.mpf, (p, q, h, k, r, c))
        self._quadrant: dict[tuple[int, int], Any] = {}

    def __call__(self, n: int, a: int, b: int, i: int, j: int) -> Any:
        h, k, r, c, p, q = self.h, self.k, self.r, self.c, self.p, self.q
        factor = mp.ff(n, min(a, n)) * mp.ff(n, min(b, n)) * p ** (n - a) * q ** (n - b)
        alpha, beta = n - a, n - b
        second: Polynomial = {(0, 0): mp.one}
        for _ in range(beta):
            second = times(second, {(1, 0): r, (0, 1): c, (0, 0): k})

        def inner(x: Any) -> Any:
            """``phi(x) He_i(x) E[He_j(Y) (r x + c Y + k)_+^beta]``."""
            moments = tail_moments(ratio(-(r * x + k), c), MOST[1] + 1)
            terms = times(second, hermite(0, j)).items()
            return (
                mp.npdf(x)
                * sum(y * x**s for s, y in enumerate(HERMITE[i]))
                * sum(of * x**s * moments[t] for (s, t), of in terms)
            )

        if alpha == beta == -1:
            x, y = -h, ratio(-(k - r * h), c)
            return factor * mp.npdf(x) * mp.npdf(y) / c * sum(of * x**s * y**t for (s, t), of in hermite(i, j).items())
        if alpha == -1:
            return factor * inner(-h)
        if alpha == -2:
            return -factor * mp.diff(inner, -h)
        if beta == -1:  # along (x, y) = -k (r, c) + tau (c, -r)
            moments = tail_moments(ratio(k * r - h, c), 9)
            polynomial = times(hermite(i, j), {(0, 0): mp.one})
            total = mp.zero
            for (s, t), of in polynomial.items():
                on_line: Polynomial = {(0, 0): of * mp.npdf(k)}
                for step in (
                    [{(0, 0): -k * r, (1, 0): c}] * s
                    + [{(0, 0): -k * c, (1, 0): -r}] * t
                    + [{(0, 0): h - k * r, (1, 0): c}] * alpha
                ):
                    on_line = times(on_line, step)
                total += sum(value * moments[power] for (power, _), value in on_line.items())
            return factor * total
        polynomial = times(second, hermite(i, j))
        for _ in range(alpha):
            polynomial = times(polynomial, {(1, 0): mp.one, (0, 0): h})
        quadrant = self._quadrant or self._integrate()
        return factor * sum(of * quadrant[key] for key, of in polynomial.items())

    def _integrate(self) -> dict[tuple[int, int], Any]:
        """``E[X^s Y^t; X > -h, r X + c Y > -k]``."""
        bend = ratio(-self.k, self.r)
        width = abs(ratio(self.c, self.r))
        at = {-self.h, mp.mpf(END), *(bend + width * x for x in (-14, -8, -4, -2, 0, 2, 4, 8, 14))}
        ends = sorted(x for x in {*at, *map(mp.mpf, range(-END, END, 2))} if -self.h <= x <= END)
        powers = [(s, t) for s in range(MOST[0] + 1) for t in range(MOST[1] + 1)]
        self._quadrant = dict.fromkeys(powers, mp.zero)
        for left, right in pairwise(ends):
            for x, weight in gauss_legendre(left, right, 30):
                moments = tail_moments(ratio(-(self.r * x + self.k), self.c), MOST[1] + 1)
                of_x = [weight * mp.npdf(x) * x**s for s in range(MOST[0] + 1)]
                for s, t in powers:
                    self._quadrant[s, t] += of_x[s] * moments[t]
        return self._quadrant


def letters(n: int) -> Iterator[tuple[int, int, int, int]]:
    for m in range(n + 1):
        for a, b, most in ((m, m, 0), (m + 1, m, 1), (m, m + 1, 1), (m + 2, m, 2), (m + 1, m + 1, 2)):
            yield from ((a, b, i, j) for i in range(most + 1) for j in range(most + 1 - i))


def worst(p: float, q: float, h: float, angle: float, *, v: float | None = None, k: float | None = None) -> float:
    """Largest error over all letters of n = 1, 2, 3, relative to the natural scale; v or k is given."""
    theta = mp.mpf(angle)
    r, c = mp.cos(theta), mp.sin(theta)
    exact_k = mp.mpf(k) if k is not None else r * h + c * v
    oracle = Oracle(p, q, h, exact_k, r, c)
    of_v = float((exact_k - r * h) / c) if v is None else v
    arrays = [np.array([x]) for x in (p, q, h, float(exact_k), angle, float(c), float(r), of_v)]
    return max(error(RectifierMoments(n).pairs(*arrays), oracle, n, float(c)) for n in (1, 2, 3))


def error(moments: Any, oracle: Oracle, n: int, c: float) -> float:
    """Relative to ``sqrt(s + m_1^2)^(n-a) sqrt(t + m_2^2)^(n-b)``, over sin(theta) where deltas meet."""
    largest = 0.0
    for a, b, i, j in letters(n):
        scale = oracle.p ** (n - a) * oracle.q ** (n - b)
        scale *= mp.sqrt(1 + oracle.h**2) ** max(n - a, 0) * mp.sqrt(1 + oracle.k**2) ** max(n - b, 0)
        scale *= mp.ff(n, min(a, n)) * mp.ff(n, min(b, n)) / (c if a > n and b >= n and a + b > 2 * n + 1 else 1)
        value = moments(a, b, i, j)
        assert value.shape == (1,)
        largest = max(largest, float(abs(float(value[0]) - oracle(n, a, b, i, j)) / scale))
    return largest


@pytest.mark.parametrize(
    ("h", "angle", "v"),
    [
        (0.4, 1.1, -0.3),
        (-1.3, 2.5, 0.8),
        (0.7, 1e-12, 0.9),
        (2.0, 1e-5, -2.5),
        (-0.6, np.pi - 1e-12, 0.2),
        (0.0, 0.7, 0.0),
    ],
)
def test_letters_are_the_integrals(h: float, angle: float, v: float) -> None:
    assert worst(0.7, 2.3, h, angle, v=v) < 2e-15
