"""Moments of polynomials and exponentials with means: against quadrature of the definition, and in many digits."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from math import comb
from typing import Any

import numpy as np
import pytest
from mpmath import mp
from numpy.typing import NDArray

from derivations import entire as derivation
from sobolev_theory.activations.built_in import definition_of
from sobolev_theory.activations.definition import GaussianPairs
from sobolev_theory.activations.entire import Entire
from sobolev_theory.symbolic import DerivationError

FloatArray = NDArray[np.float64]
Row = tuple[Any, Any, Any, Any, Any]
"""``m_1, m_2, s, rho, t``."""

DIGITS = 60
TOLERANCE = 1e-14
"""Of the natural scale; measured 5e-15, of exp, whose exponent of 60 is rounded."""


def of(name: str) -> Entire:
    """An activation of the package."""
    definition = definition_of(name)
    assert isinstance(definition, Entire)
    return definition


SINE, COSINE, EXPONENTIAL = of("sin"), of("cos"), of("exp")
WAVE = Entire(((0.2 + 1.3j, (0.15 - 0.5j,)), (0.2 - 1.3j, (0.15 + 0.5j,))), "wave")
BOTH = Entire(((0, (0.5, -1.0, 0.25)), *SINE.terms, (0.3, (0.5,))), "both")
ORDERS = ((0, 0), (1, 0), (1, 1), (2, 0), (1, 2), (4, 4))
LENGTHS = ((1e-6, 1e-6), (1e-6, 1e4), (0.5, 2.0), (1.0, 1.0000001), (30.0, 30.000003), (1e4, 1e4))
"""Variances."""
PLACES = ((0.0, 0.0), (8.0, -8.0), (0.5, -1e-3))
"""Means in standard deviations."""
CORRELATIONS = (-1.0, -0.7, 0.0, 0.99, 1 - 1e-14, 1.0)


def rows() -> list[tuple[float, ...]]:
    """Doubles; a covariance that rounding makes greater than it may be is one still for what is entire."""
    found = []
    for (s, t), (h, k), r in product(LENGTHS, PLACES, CORRELATIONS):
        found.append((h * s**0.5, k * t**0.5, s, r * (s * t) ** 0.5, t))
    return found


def arguments(cases: Sequence[Sequence[float]]) -> GaussianPairs:
    """With the determinant rounded from many digits."""
    with mp.workdps(DIGITS):
        g = [float(max(mp.mpf(s) * mp.mpf(t) - mp.mpf(rho) ** 2, 0)) for _, _, s, rho, t in cases]
    m1, m2, s, rho, t = np.array(cases).T
    return GaussianPairs(m1, m2, s, rho, t, np.array(g))


def powers(row: Row, degree: int) -> Callable[[int, int], Any]:
    """``E z_1^i z_2^j`` by Isserlis' theorem."""
    m1, m2, s, rho, t = row

    @cache
    def moment(i: int, j: int) -> Any:
        if i < 0 or j < 0:
            return mp.mpf(0)
        if i:
            return m1 * moment(i - 1, j) + (i - 1) * s * moment(i - 2, j) + j * rho * moment(i - 1, j - 1)
        return m2 * moment(0, j - 1) + (j - 1) * t * moment(0, j - 2) if j else mp.mpf(1)

    return moment


def coefficients(degree: int, variance: int) -> list[int]:
    """Of ``He_degree`` on powers."""
    before, same = [1], [0, 1]
    for n in range(1, degree):
        raised = [0, *same]
        for i, c in enumerate(before):
            raised[i] -= n * variance * c
        before, same = same, raised
    return same if degree else before


def of_polynomial(degree: int, variance: int) -> Callable[[Row], Callable[[int, int], Any]]:
    """Moments of its derivatives."""
    tables = [coefficients(degree, variance)]
    for _ in range(4):
        tables.append([i * c for i, c in enumerate(tables[-1])][1:])

    def at(row: Row) -> Callable[[int, int], Any]:
        moment = powers(row, degree)
        return lambda a, b: mp.fsum(
            x * y * moment(i, j) for i, x in enumerate(tables[a]) for j, y in enumerate(tables[b]) if x and y
        )

    return at


def of_exponential(amplitude: complex, rate: complex) -> Callable[[Row], Callable[[int, int], Any]]:
    """``E Re f Re g = Re E (f g + f g~)/2`` with the characteristic function of the pair."""

    def at(row: Row) -> Callable[[int, int], Any]:
        m1, m2, s, rho, t = row
        b, A = mp.mpc(rate), mp.mpc(amplitude)

        def product_of(c: Any) -> Any:
            return mp.exp(b * m1 + c * m2 + (b * b * s + 2 * b * c * rho + c * c * t) / 2)

        one, other = product_of(b), product_of(mp.conj(b))

        def moment(i: int, j: int) -> Any:
            u, v = A * b**i, A * b**j
            return mp.re(u * v * one + u * mp.conj(v) * other) / 2

        return moment

    return at


def natural(oracle: Callable[[Row], Callable[[int, int], Any]], m: float, s: float) -> Callable[[int], Any]:
    """``sqrt(E sigma^(a)(y)^2)``, ``y ~ N(0, s + m^2)``."""
    y = mp.mpf(s) + mp.mpf(m) ** 2
    moment = oracle((mp.mpf(0), mp.mpf(0), y, y, y))
    return cache(lambda a: mp.sqrt(moment(a, a)))


@pytest.mark.parametrize(
    ("activation", "oracle"),
    [
        pytest.param(SINE, of_exponential(-1j, 1j), id="sin"),
        pytest.param(COSINE, of_exponential(1, 1j), id="cos"),
        pytest.param(EXPONENTIAL, of_exponential(1, 1), id="exp"),
        pytest.param(WAVE, of_exponential(0.3 - 1j, 0.2 + 1.3j), id="wave", marks=pytest.mark.long),
        pytest.param(of("monomial3"), of_polynomial(3, 0), id="monomial3"),
        pytest.param(of("hermite5"), of_polynomial(5, 1), id="hermite5", marks=pytest.mark.long),
        pytest.param(of("monomial20"), of_polynomial(20, 0), id="monomial20", marks=pytest.mark.long),
        pytest.param(of("hermite20"), of_polynomial(20, 1), id="hermite20", marks=pytest.mark.long),
    ],
)
def test_moments_are_exact_at_any_size_mean_and_correlation(activation: Entire, oracle: Any) -> None:
    """Where the natural scale is a double; `EXPONENTIAL` at longer ones is another test."""
    cases, worst = rows(), 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        found = activation.pairs(arguments(cases))
        values = [[float(x) for x in found(a, b)] for a, b in ORDERS]
    with mp.workdps(DIGITS):
        for index, case in enumerate(cases):
            exact = oracle(tuple(map(mp.mpf, case)))
            first, second = natural(oracle, case[0], case[2]), natural(oracle, case[1], case[4])
            for (a, b), of in zip(ORDERS, values, strict=True):
                scale = first(a) * second(b)
                if 0 < scale < 1e300:
                    worst = max(worst, float(abs(of[index] - exact(a, b)) / scale))
    assert worst < TOLERANCE


def test_differences_of_long_arguments_are_exact() -> None:
    """``E exp(z_1 + z_2)`` and ``E sin(z_1) sin(z_2)`` where those nearly cancel, relative to themselves.

    Nearly parallel pairs are given by the determinant: one rounding of the covariance changes these by 1e-12.
    """
    rng = np.random.default_rng(0)
    s, t = 5e3 + rng.uniform(0.0, 1.0, (2, 20))
    g = s * t * rng.uniform(0.0, 1e-4, 20) ** 2
    for activation, oracle, sign in ((EXPONENTIAL, of_exponential(1, 1), -1), (SINE, of_exponential(-1j, 1j), 1)):
        with mp.workdps(DIGITS):
            rho = [sign * mp.sqrt(mp.mpf(x) * mp.mpf(y) - mp.mpf(z)) for x, y, z in zip(s, t, g, strict=True)]
            rows = zip(map(mp.mpf, s), rho, map(mp.mpf, t), strict=True)
            exact = [oracle((mp.mpf(3), mp.mpf(-2), *row))(0, 0) for row in rows]
        means = np.full(20, 3.0), np.full(20, -2.0)
        found = activation.pairs(GaussianPairs(*means, s, np.array(list(map(float, rho))), t, g))(0, 0)
        assert max(abs(float(y / x) - 1) for x, y in zip(map(float, found), exact, strict=True)) < 5e-14


@pytest.mark.parametrize("activation", [SINE, WAVE, BOTH, of("hermite4")])
def test_moments_are_those_of_the_definition(activation: Entire) -> None:
    """Sums over the points of Gauss and Hermite, of the pointwise derivative; exact to rounding at these sizes."""
    m1, m2, p, q, r = 0.4, -0.9, 1.1, 0.7, 0.6
    x, w = np.polynomial.hermite_e.hermegauss(40)
    w = w / w.sum()
    z1, z2 = m1 + p * x[:, None], m2 + q * (r * x[:, None] + (1 - r * r) ** 0.5 * x)
    at = GaussianPairs(*(np.array(v) for v in (m1, m2, p * p, p * q * r, q * q, p * p * q * q * (1 - r * r))))
    found = activation.pairs(at)
    for a, b in ORDERS:
        expected = w @ (activation.derivative(z1, a) * activation.derivative(z2, b)) @ w
        bound = 1e-13 * activation.scale(a, at.m1, at.s) * activation.scale(b, at.m2, at.t)
        assert abs(found(a, b) - expected) <= bound
    z = m1 + p * x
    derivatives = [activation.derivative(z, n) for n in range(9)]
    means, squares = activation.means(at.m1, at.s), activation.squares(at.m1, at.s)
    scales = [float(activation.scale(n, at.m1, at.s)) for n in range(9)]
    for n in range(5):
        assert abs(means(n) - w @ derivatives[n]) <= 1e-13 * scales[n]
        for k in range(5):
            terms = [(comb(n, i), k + i, k + n - i) for i in range(n + 1)]
            expected = sum(c * (w @ (derivatives[a] * derivatives[b])) for c, a, b in terms)
            assert abs(squares(k, n) - expected) <= 1e-13 * sum(c * scales[a] * scales[b] for c, a, b in terms)


def test_derivatives_are_those_of_the_functions() -> None:
    z = np.linspace(-3.0, 3.0, 7)
    assert np.array_equal(SINE.derivative(z, 3), -np.cos(z))
    assert np.array_equal(COSINE.derivative(z, 1), -np.sin(z))
    assert np.array_equal(EXPONENTIAL.derivative(z, 5), np.exp(z))
    assert np.array_equal(of("monomial4").derivative(z, 2), 12 * z * z)
    assert np.allclose(of("hermite4").derivative(z, 1), 4 * (z**3 - 3 * z), rtol=1e-14)
    assert not of("monomial2").derivative(z, 3).any()
    assert hash(of("hermite3").key) == hash(of("hermite3").key)
    assert of("hermite3").key != of("monomial3").key
    assert of("hermite20").polynomial == (*(0.0,) * 20, 1.0) == of("monomial20").polynomial
    assert (of("hermite20").variance, of("monomial20").variance) == (1.0, 0.0)
    with pytest.raises(ValueError, match=r"terms: exponentials with constant factors, closed under conjugation, are"):
        Entire(((1j, (1.0,)),), "exp(1j*z)")
    with pytest.raises(ValueError, match=r"terms: exponentials with constant factors, closed under conjugation, are"):
        Entire(((1, (0.0, 1.0)),), "z*exp(z)")


def test_what_overflows_is_infinite() -> None:
    long = GaussianPairs(None, None, *(np.array(x) for x in (1e4, 1e4, 1e4, 0.0)))
    with np.errstate(over="ignore"):
        assert np.isposinf(EXPONENTIAL.pairs(long)(0, 1))
        assert np.isposinf(EXPONENTIAL.squares(None, long.s)(1, 2))
        assert np.isposinf(EXPONENTIAL.means(None, long.s)(0))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("NEXT", derivation.m * derivation.same - derivation.n * (derivation.s - derivation.tau) * derivation.before),
        ("NARROW", derivation.NARROW.subs(derivation.g, 2 * derivation.g)),
        pytest.param("PHASES", derivation.PHASES[::-1], marks=pytest.mark.long),
        pytest.param("REST", derivation.REST.subs(derivation.im_u, -derivation.im_u), marks=pytest.mark.long),
    ],
)
def test_a_wrong_form_is_not_generated(name: str, wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "HIGHEST", 3)
    monkeypatch.setattr(derivation, name, wrong)
    with pytest.raises(DerivationError):
        derivation.derive()
