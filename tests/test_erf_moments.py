"""Moments of the error function with means, against integrals of the definition in many digits.

One integral is left after ``E sigma^(b)(mu + tau Y) = sigma^(b)(mu/w)/w^b``, ``w = sqrt(1 + tau^2)``, a convolution of
Gaussians in one variable, which a test confirms; it is taken by Gauss-Legendre points on panels of three widths
of what varies there.
"""

from itertools import pairwise, product
from math import comb
from typing import Any, NamedTuple

import numpy as np
import pytest
from mpmath import mp
from numpy.typing import NDArray

from sobolev_theory.activations.smoothed import error_function
from sobolev_theory.activations.smoothed.error_function import ErfMoments
from tests.oracles.quadrature import gauss_legendre

FloatArray = NDArray[np.float64]
Table = list[Any]

DIGITS = 22
HIGHEST = 8
"""Derivative of the activation: `K_73`, and one more, by which a mean acts."""
NEEDED = sorted(
    {
        (a + i, b + j)
        for k in range(4)
        for a, b in ((k, k), (k + 1, k), (k, k + 1))
        for i in range(3)
        for j in range(3 - i)
    }
    | {(k + a + i, k + b + j) for k in range(4) for a, b in ((1, 1), (2, 0)) for i in range(3) for j in range(3 - i)}
)
"""``(a, b)`` of the letters that the operator asks for: second derivatives of ``(k+1, k+1)`` and ``(k+2, k)``."""
TOLERANCE = 2e-15
"""Ten roundings; measured 7e-16 at most."""


class Case(NamedTuple):
    """Means, standard deviations and the angle of a pair."""

    m1: float
    m2: float
    p: float
    q: float
    theta: float


CASES = [
    Case(1.0, 0.7, 1.3, 0.8, 0.9),
    Case(1e-6, 2e-6, 1e-6, 3e-6, 1.0),  # moments as small as the vectors
    Case(8.0, -7.0, 1.0, 2.0, 2.0),
    Case(8.0, 8.0, 1e-6, 1e-6, 0.5),
    Case(3.0, 2.9, 1e3, 1.0003e3, 1e-6),  # long and nearly parallel
    Case(2.0, 1.0, 1e-6, 1e3, 1.0),
    Case(1.0, -1.0, 50.0, 50.0, np.pi - 1e-9),
    Case(0.0, 1.0, 5.0, 4.0, 0.5),  # Owen's function at a mean of zero
    Case(0.3, 0.3, 1e3, 1e3, 1e-8),  # and where roundings of its arguments would show
    Case(1e-9, -1e-3, 10.0, 20.0, 3.14),
    Case(8e3, 8003.0, 1e3, 1e3, 1e-2),
    Case(-2.0, 1.0, 1e6, 1e6, 1e-3),
]


def derivatives(z: Any) -> Table:
    """``sigma^(a)(z)``, a <= `HIGHEST`: ``sigma' = sqrt(2/pi) exp(-z^2/2)``, ``sigma^(a+1) = (-1)^a He_a sigma'``."""
    slope = mp.sqrt(2 / mp.pi) * mp.exp(-z * z / 2)
    table = [mp.erf(z / mp.sqrt(2)), slope, -z * slope]
    for a in range(2, HIGHEST):
        table.append(-z * table[a] - (a - 1) * table[a - 1])
    return table


def smoothed(mu: Any, tau: Any) -> Table:
    """``E sigma^(b)(mu + tau Y)``."""
    width = mp.sqrt(1 + tau * tau)
    return [value / width**b for b, value in enumerate(derivatives(mu / width))]


def points(*layers: tuple[Any, Any]) -> list[tuple[Any, Any]]:
    """Gauss-Legendre points for a standard normal variable and functions that vary about a centre within a width."""
    edges = {mp.mpf(x) for x in range(-12, 13, 3)}
    for centre, width in layers:
        if width < 1:
            edges |= {x for x in (centre + 3 * j * width for j in range(-4, 5)) if abs(x) < 12}
    ends = sorted(edges)
    rules = (gauss_legendre(a, b, mp.dps) for a, b in pairwise(ends))
    return [(x, w * mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)) for rule in rules for x, w in rule]


def pair_table(case: Case) -> dict[tuple[int, int], Any]:
    """``K_ab``, all of a case from the same points."""
    m1, m2, p, q, theta = map(mp.mpf, case)
    along, tau = q * mp.cos(theta), q * mp.sin(theta)
    layers = (-m1 / p, 1 / p), (-m2 / along, mp.sqrt(1 + tau * tau) / abs(along))
    rows = [(w, derivatives(m1 + p * x), smoothed(m2 + along * x, tau)) for x, w in points(*layers)]
    orders = range(HIGHEST + 1)
    return {(a, b): mp.fsum(w * f[a] * f2[b] for w, f, f2 in rows) for a, b in product(orders, orders)}


def self_table(m: float, p: float) -> list[list[Any]]:
    """``E (d/dz)^n sigma^(k)(z)^2`` by k and n, each by Leibniz' rule."""
    m, p = mp.mpf(m), mp.mpf(p)
    rows = [(w, derivatives(m + p * x)) for x, w in points((-m / p, 1 / p))]
    squares = [[(comb(n, j), k + j, k + n - j) for j in range(n + 1)] for k in range(5) for n in range(5)]
    sums = [mp.fsum(w * c * f[a] * f[b] for w, f in rows for c, a, b in terms) for terms in squares]
    return [sums[5 * k : 5 * k + 5] for k in range(5)]


def natural_size(m: float, p: float) -> list[Any]:
    """``sqrt(E[sigma^(a)(z)^2])``."""
    m, p = mp.mpf(m), mp.mpf(p)
    rows = [(w, derivatives(m + p * x)) for x, w in points((-m / p, 1 / p))]
    return [mp.sqrt(mp.fsum(w * f[a] ** 2 for w, f in rows)) for a in range(HIGHEST + 1)]


def letters_of(cases: list[Case]) -> Any:
    """The letters of many pairs at once, their covariances rounded from many digits."""
    with mp.workdps(40):
        exact = [[mp.mpf(x) for x in case] for case in cases]
        rows = [(m1, m2, p * p, p * q * mp.cos(a), q * q, (p * q * mp.sin(a)) ** 2) for m1, m2, p, q, a in exact]
    return ErfMoments().pairs(*np.array([[float(x) for x in row] for row in rows]).T)


def worst_of_pairs(cases: list[Case]) -> float:
    """Largest error of `NEEDED`, in natural sizes plus the change by a relative change of the means."""
    letter, worst = letters_of(cases), 0.0
    for index, case in enumerate(cases):
        with mp.workdps(DIGITS):
            exact, first, second = pair_table(case), natural_size(case.m1, case.p), natural_size(case.m2, case.q)
            for a, b in NEEDED:
                change = abs(case.m1 * exact[a + 1, b]) + abs(case.m2 * exact[a, b + 1])
                error = abs(mp.mpf(float(letter(a, b, 0, 0)[index])) - exact[a, b])
                worst = max(worst, float(error / (first[a] * second[b] + change)))
    return worst


def worst_of_one(m: float, p: float) -> float:
    """Largest error of the letters of one neuron, derivatives in units of ``sqrt(1 + p^2)``.

    It is measured by the largest of them, times what a relative change of the mean does in such units.
    """
    width = np.sqrt(1 + p * p)
    itself = ErfMoments().itself(np.array([m]), np.array([p * p]))
    mean = ErfMoments().means(np.array([m]), np.array([p * p]))
    with mp.workdps(40):  # the terms of Leibniz' rule cancel, by up to p^4
        exact = self_table(m, p)
        _, *slopes = smoothed(mp.mpf(m), mp.mpf(p))
        exact.append([smoothed(mp.mpf(m), mp.mpf(p))[0], *slopes[:4]])
    found = [[itself(k, min(n, 2), max(n - 2, 0))[0] for n in range(5)] for k in range(5)]
    found.append([mean(min(n, 2), max(n - 2, 0))[0] for n in range(5)])
    worst = 0.0
    for one, other in zip(found, exact, strict=True):
        scaled = [abs(float(x)) * width**n for n, x in enumerate(other)]
        errors = [abs(float(mp.mpf(float(x)) - y)) * width**n for n, (x, y) in enumerate(zip(one, other, strict=True))]
        worst = max(worst, max(errors) / (max(scaled) * (1 + abs(m) / width)))
    return worst


def test_the_smoothed_function_is_a_mean() -> None:
    """The one closed form that the integrals use, by plain integration over ``Y``."""
    mu, tau = mp.mpf("0.7"), mp.mpf("1.3")
    with mp.workdps(DIGITS):
        sums = [(w, derivatives(mu + tau * y)) for y, w in points((-mu / tau, 1 / tau))]
        for b, value in enumerate(smoothed(mu, tau)):
            assert abs(mp.fsum(w * f[b] for w, f in sums) - value) < 1e-18


@pytest.mark.parametrize("case", [CASES[1], CASES[4]], ids=str)
def test_pair_letters_are_the_integrals(case: Case) -> None:
    """Letters up to `K_73`, of short vectors and of long ones that are nearly parallel."""
    assert worst_of_pairs([case]) < TOLERANCE


@pytest.mark.parametrize(("m", "p"), [(1.0, 1e-6), (0.3, 1e3)])
def test_letters_of_one_neuron_are_the_integrals(m: float, p: float) -> None:
    """Squares, their derivatives in the mean, and those of the mean of the activation."""
    assert worst_of_one(m, p) < TOLERANCE


@pytest.mark.long
def test_letters_from_short_to_long_vectors() -> None:
    """The extremes, and pairs and neurons at random: scales, means up to eight deviations, angles down to 1e-9."""
    rng = np.random.default_rng(12)
    sizes = 10 ** rng.uniform(-6, 3, (8, 2))
    means = rng.uniform(-8, 8, (8, 2)) * np.where(rng.random((8, 2)) < 0.5, sizes, 1)
    angles = np.where(rng.random(8) < 0.5, rng.uniform(0, np.pi, 8), 10 ** rng.uniform(-9, 0, 8))
    cases = [Case(*map(float, row)) for row in np.column_stack([means, sizes, angles])]
    assert worst_of_pairs(CASES + cases) < TOLERANCE
    assert max(worst_of_one(m, p) for m, p, *_ in cases) < TOLERANCE
    assert max(worst_of_one(m, p) for m in (0.0, 1e-6, 1.0, 8.0) for p in (1e-6, 1.0, 1e3)) < TOLERANCE


def random_pairs(*shape: int) -> tuple[FloatArray, ...]:
    """Means, covariances and Gram determinants."""
    rng = np.random.default_rng(7)
    m1, m2, p, q = rng.standard_normal((4, *shape))
    angle = rng.uniform(0, np.pi, shape)
    p, q = np.exp(p), np.exp(q)
    return m1, m2, p * p, p * q * np.cos(angle), q * q, (p * q * np.sin(angle)) ** 2


def test_means_of_none_are_means_of_zero() -> None:
    """The centred forms and the others, to 1e-14 of what they add up."""
    _, _, *covariance = random_pairs(50)
    centred = ErfMoments().pairs(None, None, *covariance)
    zero = ErfMoments().pairs(np.zeros(50), np.zeros(50), *covariance)
    for a, b in NEEDED:
        assert centred(a, b, 0, 0).shape == (50,)
        np.testing.assert_allclose(centred(a, b, 0, 0), zero(a, b, 0, 0), rtol=1e-14, atol=1e-14)
        if (a + b) % 2:
            assert not np.any(centred(a, b, 0, 0))


def test_two_forms_of_the_kernel_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each to rounding of 1; correlations up to a half, where the integral is taken."""
    m1, m2, s, _, t, _ = random_pairs(200)
    r = np.linspace(-0.5, 0.5, 200)
    rho = r * np.sqrt(s * t)
    pair = m1, m2, s, rho, t, s * t - rho**2
    integrated = ErfMoments().pairs(*pair)(0, 0, 0, 0)
    monkeypatch.setattr(error_function, "CORRELATED", 0.0)
    np.testing.assert_allclose(ErfMoments().pairs(*pair)(0, 0, 0, 0), integrated, rtol=0, atol=2e-15)


def test_letters_broadcast_and_raise_by_derivatives() -> None:
    """Shapes of means and covariances; ``D_1^i D_2^j`` raises indices; a swapped pair has swapped indices."""
    m1, m2, s, rho, t, g = random_pairs(3, 4)
    letter, swapped = ErfMoments().pairs(m1, m2, s, rho, t, g), ErfMoments().pairs(m2, m1, t, rho, s, g)
    assert np.array_equal(letter(1, 0, 1, 1), letter(2, 1, 0, 0))
    np.testing.assert_allclose(letter(3, 1, 0, 2), swapped(3, 3, 0, 0), rtol=1e-12, atol=1e-15)
    row = ErfMoments().pairs(m1[:, :1], m2[:1], s[:, :1], 0 * rho[0], t[:1], s[:, :1] * t[:1])
    one = ErfMoments().pairs(m1[1, 0], m2[0, 2], s[1, 0], 0.0, t[0, 2], s[1, 0] * t[0, 2])
    for a, b in ((0, 0), (1, 0), (2, 2)):
        assert row(a, b, 0, 0).shape == (3, 4)
        np.testing.assert_allclose(row(a, b, 0, 0)[1, 2], one(a, b, 0, 0), rtol=1e-15, atol=1e-16)
