"""Moments of powers of the rectifier at neurons with means, against integrals of the definition in 50 digits.

The oracle integrates ``X^s Y^t`` over the quadrant on which both neurons are active: numerically over X, by parts over
Y. Dirac's delta is the integral over a line, its derivative a difference quotient across that line.
"""

from collections.abc import Iterator
from itertools import pairwise, product
from math import perm
from typing import Any

import numpy as np
import pytest
from mpmath import mp
from scipy.special import ndtr

from sobolev_theory._special import bivariate_normal
from sobolev_theory.activations.piecewise import rectifier
from sobolev_theory.activations.piecewise.rectifier import RectifierMoments
from tests.oracles.quadrature import gauss_legendre

Polynomial = dict[tuple[int, int], Any]  # coefficients by powers of X and Y

HERMITE: list[list[int]] = [[1], [0, 1], [-1, 0, 1]]
END = 14  # phi(14) < 1e-43
MOST = 8, 5  # powers of X and Y
BOUND = 4e-15  # the unit moments of n = 3 are up to 15 times the natural scale, which a few roundings multiply


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

    def __call__(self, n: int, a: int, b: int, i: int, j: int, *, other: int | None = None) -> Any:
        """Of ``sigma = z_+^n`` of both, or of another power for the second."""
        h, k, r, c, p, q = self.h, self.k, self.r, self.c, self.p, self.q
        second = n if other is None else other
        factor = mp.ff(n, min(a, n)) * mp.ff(second, min(b, second)) * p ** (n - a) * q ** (second - b)
        alpha, beta = n - a, second - b
        if beta == -2 and alpha >= 0:
            return Oracle(q, p, k, h, r, c)(second, b, a, i, j, other=n)
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
            if c == 0:
                return mp.zero  # two lines that do not meet
            x, y = -h, -(k - r * h) / c
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


POWERS = [(n, n) for n in (1, 2, 3)]
MIXED = [(n, other) for n, other in product(range(4), repeat=2) if n != other or n == 0]


def letters(n: int, other: int | None = None) -> Iterator[tuple[int, int, int, int]]:
    for m in range(min(n, n if other is None else other) + 1):
        yield m, m + 2, 0, 0
        for a, b, most in ((m, m, 0), (m + 1, m, 1), (m, m + 1, 1), (m + 2, m, 2), (m + 1, m + 1, 2)):
            yield from ((a, b, i, j) for i in range(most + 1) for j in range(most + 1 - i))


def worst(p: float, q: float, h: float, angle: float, *, v: float | None = None, k: float | None = None) -> float:
    """Largest error over all letters of all powers, relative to the natural scale; v or k is given."""
    theta = mp.mpf(angle)
    r, c = mp.cos(theta), mp.sin(theta)
    exact_k = mp.mpf(k) if k is not None else r * h + c * v
    oracle = Oracle(p, q, h, exact_k, r, c)
    of_v = float((exact_k - r * h) / c) if v is None else v
    arrays = [np.array([x]) for x in (p, q, h, float(exact_k), angle, float(c), float(r), of_v)]
    return max(
        error(RectifierMoments(*powers).pairs(*arrays), oracle, powers, float(c)) for powers in [*POWERS, *MIXED]
    )


def error(moments: Any, oracle: Oracle, powers: tuple[int, int], c: float) -> float:
    """Relative to ``sqrt(s + m_1^2)^(n-a) sqrt(t + m_2^2)^(l-b)``, over sin(theta) where Dirac terms meet."""
    (n, other), largest = powers, 0.0
    for a, b, i, j in letters(n, other):
        scale = oracle.p ** (n - a) * oracle.q ** (other - b)
        scale *= mp.sqrt(1 + oracle.h**2) ** max(n - a, 0) * mp.sqrt(1 + oracle.k**2) ** max(other - b, 0)
        meet = max(n - a, other - b) <= 0 and n - a + other - b < -1
        scale *= mp.ff(n, min(a, n)) * mp.ff(other, min(b, other)) / (c if meet else 1)
        value = moments(a, b, i, j)
        assert value.shape == (1,)
        largest = max(largest, float(abs(float(value[0]) - oracle(n, a, b, i, j, other=other)) / scale))
    return largest


@pytest.mark.parametrize(
    ("h", "angle", "v"),
    [(0.4, 1.1, -0.3), (0.7, 1e-12, 0.9)],
)
def test_letters_are_the_integrals(h: float, angle: float, v: float) -> None:
    """The bound is that of the sweep."""
    assert worst(0.7, 2.3, h, angle, v=v) < BOUND


@pytest.mark.long
@pytest.mark.parametrize("near", [0.0, np.pi])
@pytest.mark.parametrize("offset", ["v", "k"])
def test_letters_are_the_integrals_up_to_parallel_rows(near: float, offset: str) -> None:
    """Kinks from 8 standard deviations before the origin to 8 behind, ratios of norms to 1e6, angles to 1e-12."""
    rng = np.random.default_rng([int(near), ord(offset)])
    for _ in range(8):
        angle = abs(near - 10 ** rng.uniform(-12, 0.4))
        at = 2 * rng.standard_normal() if offset == "v" else rng.uniform(-8, 8)
        p = 10 ** rng.uniform(-3, 3)
        assert worst(p, 1.0, rng.uniform(-8, 8), angle, **{offset: float(at)}) < BOUND


@pytest.mark.parametrize(("h", "k", "cosine"), [(1.5, 0.4, -1.0), pytest.param(0.5, -1.2, 1.0, marks=pytest.mark.long)])
def test_letters_of_parallel_rows(h: float, k: float, cosine: float) -> None:
    """At ``c = 0`` one neuron bends where the other does not: v is infinite, and no letter is."""
    oracle, v = Oracle(1.5, 0.6, h, k, cosine, 0), np.copysign(np.inf, k - cosine * h)
    arrays = [np.array([x]) for x in (1.5, 0.6, h, k, np.arccos(cosine), 0.0, cosine, v)]
    for n in (1, 2, 3):
        smooth = RectifierMoments(n).pairs(*arrays)
        values = {(a, b): float(smooth(a, b, 0, 0)[0]) for a, b, i, j in letters(n) if i + j == 0}
        assert values[n + 1, n + 1] == 0
        assert error(RectifierMoments(n).pairs(*arrays), oracle, (n, n), 1.0) < BOUND


def test_letters_of_a_neuron_with_itself_are_its_own() -> None:
    """At one hyperplane, ``c = v = 0``; where two deltas meet on it, there is no number."""
    p, h, zero = np.array([0.5, 2.0, 3.0]), np.array([-2.0, 0.0, 1.3]), np.zeros(3)
    for n in (1, 2, 3):
        pair = RectifierMoments(n).pairs(p, p, h, h, zero, zero, zero + 1, zero)
        alone = RectifierMoments(n).itself(p, h)
        for m in range(n + 1):
            scale = perm(n, m) ** 2 * (p * p * (1 + h * h)) ** (n - m)
            assert np.max(abs(pair(m, m, 0, 0) - alone(m, 0, 0)) / scale) < BOUND
        finite = {at[:2] for at in letters(n) if np.all(np.isfinite(pair(*at)))}
        assert finite == {at[:2] for at in letters(n)} - {(n + 1, n + 1), (n + 2, n), (n, n + 2)}


def one_neuron(p: float, m: float) -> dict[tuple[int, int], Any]:
    """``d_m^o E[(m + p X)_+^l]`` at ``(l, o)``: what is positive, times the o-th derivative of its density."""
    moments = dict.fromkeys(product(range(7), range(5)), mp.zero)
    for left, right in pairwise([p * x for x in range(0, 17, 4)]):
        for z, weight in gauss_legendre(mp.mpf(left), mp.mpf(right), 24):
            x = (z - m) / p
            density = weight * mp.npdf(x) / p
            derivatives = [
                density * of / p**o for o, of in enumerate((1, x, x**2 - 1, x**3 - 3 * x, x**4 - 6 * x**2 + 3))
            ]
            for power, order in moments:
                moments[power, order] += z**power * derivatives[order]
    return moments


@pytest.mark.parametrize("h", [-1.5, 0.6, None])
def test_letters_of_one_neuron_are_the_integrals(h: float | None) -> None:
    """The k-th derivative of ``z_+^n`` is ``n!/(n-k)! z_+^(n-k)``; a is of the mean, i of p times the mean."""
    p = 1.7
    given = None if h is None else np.array([h])
    exact = one_neuron(p, p * (h or 0.0))
    for n in (1, 2, 3):
        moments = RectifierMoments(n)
        own, mean = moments.itself(np.array([p]), given), moments.means(np.array([p]), given)
        for a, i in product(range(3), repeat=2):
            expected = [mp.ff(n, k) ** 2 * p**i * exact[2 * (n - k), a + i] for k in range(n + 1)]
            values = [float(own(k, a, i)[0]) for k in range(n + 1)]
            np.testing.assert_allclose(values, np.array(expected, float), rtol=2e-14, atol=1e-15)
            assert float(mean(a, i)[0]) == pytest.approx(float(p**i * exact[n, a + i]), rel=2e-14, abs=1e-15)


def test_without_means_are_the_same_letters() -> None:
    """The functions for zero means against those for any, at zero."""
    angle = np.array([[1e-12, 1e-6, 0.3, 1.5, 2.9, np.pi - 1e-6, np.pi - 1e-12]])
    p, q, zero = np.array([[0.5], [2.0]]), np.array([[1.0]]), np.zeros((1, 1))
    for powers in (*POWERS, *MIXED):
        moments = RectifierMoments(*powers)
        centred = moments.pairs(p, q, None, None, angle, np.sin(angle), np.cos(angle), None)
        general = moments.pairs(p, q, zero, zero, angle, np.sin(angle), np.cos(angle), zero)
        for at in letters(*powers):
            assert centred(*at).shape == general(*at).shape == (2, 7)
            np.testing.assert_allclose(centred(*at), general(*at), rtol=4e-15, atol=1e-14)


def test_letters_are_evaluated_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter on the line where one neuron bends needs no ``Phi_2``, and ``Phi_2`` is evaluated once."""
    calls = []
    monkeypatch.setattr(rectifier, "bivariate_normal", lambda *at: calls.append(at) or bivariate_normal(*at))
    one = np.ones(1)
    at = RectifierMoments(1).pairs(one, one, one, one, one, np.sin(one), np.cos(one), one)
    at(2, 1, 0, 0)
    assert not calls
    at(1, 1, 0, 0), at(0, 0, 0, 0), at(1, 1, 0, 0)
    assert len(calls) == 1


def probability(h: Any, k: Any, r: Any, c: Any) -> Any:
    """``Phi_2`` as ``int_(-inf)^h phi(x) Phi((k - r x)/c) dx``."""
    bend, width = ratio(k, r), abs(ratio(c, r))
    at = {mp.mpf(h), *(bend + width * x for x in (-14, -6, -2, 0, 2, 6, 14)), *map(mp.mpf, range(-END, END, 4))}
    ends = sorted(x for x in at if -END <= x <= h)
    return sum(
        weight * mp.npdf(x) * mp.ncdf(ratio(k - r * x, c))
        for left, right in pairwise(ends)
        for x, weight in gauss_legendre(left, right, 24)
    )


def phi_2_error(h: float, angle: float, *, k: float | None = None, v: float | None = None) -> float:
    """Absolute; v or k is given."""
    r, c = mp.cos(angle), mp.sin(angle)
    exact_k = mp.mpf(k) if k is not None else r * h + c * v
    at = (h, exact_k if k is None else k, (h - r * exact_k) / c, (exact_k - r * h) / c, angle)
    value = bivariate_normal(*(np.array([float(x)]) for x in at))
    return float(abs(float(value[0]) - probability(h, exact_k, r, c)))


@pytest.mark.parametrize(
    ("h", "k", "angle"),
    [
        *((0.7, -0.3, 1e-9), (0.0, 0.9, 2.5), (0.0, -0.9, 0.4), (-0.4, -0.0, 0.4), (0.4, -0.0, 0.4), (-0.0, 0.0, 1.1)),
        *((1e-200, -1e-200, 0.4), (-1e-9, 2e-9, np.pi - 1e-3)),
    ],
)
def test_bivariate_normal_is_its_integral(h: float, k: float, angle: float) -> None:
    """Four roundings of numbers below 1; signs of h and k, and zeros, each choose another form."""
    with mp.workdps(25):
        assert phi_2_error(h, angle, k=k) < 3e-16


@pytest.mark.long
@pytest.mark.parametrize("regime", ["generic", "near", "near, apart", "tails", "opposite"])
def test_bivariate_normal_is_its_integral_in_every_regime(regime: str) -> None:
    rng = np.random.default_rng(len(regime))
    for _ in range(25):
        small, h, k = 10 ** rng.uniform(-12, -1), *rng.uniform(-8, 8, 2)
        where: dict[str, tuple[float, float, dict[str, float]]] = {
            "generic": (h / 4, rng.uniform(0, np.pi), {"k": k / 4}),
            "near": (h, small, {"v": 2 * rng.standard_normal()}),
            "near, apart": (h, small, {"k": k}),
            "tails": (-abs(h), rng.uniform(0, np.pi), {"k": -abs(k)}),
            "opposite": (h, np.pi - small, {"v": 2 * rng.standard_normal()}),
        }
        at, angle, given = where[regime]
        assert phi_2_error(at, angle, **given) < 3e-16


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_bivariate_normal_of_one_variable(sign: float) -> None:
    """Of ``(X, X)`` the smaller of two probabilities; of ``(X, -X)`` what lies between, if anything does."""
    h, k = (x.ravel() for x in np.meshgrid([-3.0, -0.4, 0.0, 0.7, 2.5], [-2.5, -0.7, 0.0, 0.4, 3.0]))
    with np.errstate(divide="ignore", invalid="ignore"):
        v = np.where(k == sign * h, 0.0, (k - sign * h) / 0.0)
        u = np.where(k == sign * h, 0.0, (h - sign * k) / 0.0)
    values = bivariate_normal(h, k, u, v, np.full(25, np.arccos(sign)))
    below, other = ndtr(h), ndtr(k)
    expected = np.minimum(below, other) if sign > 0 else np.maximum(below - ndtr(-k), 0)
    np.testing.assert_allclose(values, expected, rtol=0, atol=2e-16)
