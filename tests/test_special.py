"""The delicate primitives against their definitions: arc-cosine functions, angles between vectors, sums that cancel."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from mpmath import mp
from numpy.typing import NDArray

from sobolev_theory import _special
from sobolev_theory._kernels.arc_cosine import SWITCH
from sobolev_theory._special import arc_cosine, arc_cosine_of_supplement, damped_cosh, damped_sinh
from sobolev_theory.pairs import angles
from sobolev_theory.pairs.angles import angle_and_direction, combine_rows, components
from sobolev_theory.symbolic import ArcCosine
from sobolev_theory.symbolic.symbols import theta
from tests.oracles.quadrature import gauss_legendre

FloatArray = NDArray[np.float64]

ORDERS = range(4)
UNIT = 2.0**-53
SUPPLEMENTS = np.concatenate(
    [
        np.geomspace(1e-12, 1, 40),
        np.linspace(0.05, np.pi, 40),
        SWITCH + np.linspace(-0.2, 0.2, 21),
        [np.nextafter(SWITCH, 0), SWITCH, np.nextafter(SWITCH, 2), np.pi],
    ]
)
ANGLES = [1e-15, 1e-12, 1e-8, 1e-4, 0.1, 1.0, np.pi / 2, 2.0, np.pi - 0.1, np.pi - 1e-4, np.pi - 1e-8, np.pi - 1e-15]


def defining_integral(n: int, x: Any) -> Any:
    """``J_n(pi - x) = n! int_0^x (cos alpha - cos x)^n d alpha``."""
    x = mp.mpf(x)
    end = mp.cos(x)
    total = sum(weight * (mp.cos(x * tau) - end) ** n for tau, weight in gauss_legendre(mp.zero, mp.one, 40))
    return mp.factorial(n) * x * total


def relative(actual: Any, expected: Any) -> float:
    return float(abs(mp.mpf(float(actual)) - expected) / abs(expected))


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(80):
        yield


@pytest.mark.parametrize("n", ORDERS)
def test_arc_cosine_of_supplement_is_the_defining_integral(n: int) -> None:
    """Relative accuracy at every distance from the zero, on both sides of the switch between series and closed form."""
    x = SUPPLEMENTS
    values = arc_cosine_of_supplement(np, n, x, np.sin(x), np.cos(x))
    assert max(relative(value, defining_integral(n, at)) for value, at in zip(values, x.tolist(), strict=True)) < 3e-15


@pytest.mark.parametrize("n", ORDERS)
def test_arc_cosine_is_accurate_in_the_rounded_supplement(n: int) -> None:
    """The function of ``theta`` knows ``pi - theta`` to one rounding of pi, and loses nothing more."""
    angle = np.concatenate([np.pi - SUPPLEMENTS[:-1], [0.0, 1e-12, 1e-3]])
    values = arc_cosine(np, n, angle, np.sin(angle), np.cos(angle))
    largest = defining_integral(n, mp.pi)
    for value, at in zip(values, angle.tolist(), strict=True):
        assert relative(value, defining_integral(n, np.pi - at)) < 3e-15
        exact = defining_integral(n, mp.pi - mp.mpf(at))
        assert abs(value - exact) < 8 * UNIT * largest


@pytest.mark.parametrize("n", ORDERS)
def test_arc_cosine_vanishes_at_pi_and_starts_at_the_double_factorial(n: int) -> None:
    """``J_n(pi) = 0`` and ``J_n(0) = pi (2n - 1)!!``."""
    at_ends = arc_cosine(np, n, np.array([np.pi, 0.0]), np.array([0.0, 0.0]), np.array([-1.0, 1.0]))
    assert at_ends[0] == 0
    assert at_ends[1] == pytest.approx(np.pi * math.prod(range(2 * n - 1, 0, -2)), rel=1e-15)


def test_series_is_what_makes_it_accurate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: without the series, the closed form loses every digit near the zero."""
    monkeypatch.setattr(_special, "SWITCH", 0.0)
    x = np.array([1e-3])
    for n in ORDERS[1:]:
        value = arc_cosine_of_supplement(np, n, x, np.sin(x), np.cos(x))[0]
        assert relative(value, defining_integral(n, x[0])) > 1e-12


@pytest.mark.parametrize("n", ORDERS)
def test_named_function_and_numeric_function_agree(n: int) -> None:
    """Value and derivative of `ArcCosine`, which formulas print, and of `arc_cosine`, which kernels call."""
    angle = np.linspace(0.05, 3.0, 7)
    numeric = arc_cosine(np, n, angle, np.sin(angle), np.cos(angle))
    symbolic = ArcCosine(n, theta)
    for at, value in zip(angle.tolist(), numeric.tolist(), strict=True):
        point = sp.Float(at, 60)
        integral = defining_integral(n, mp.pi - mp.mpf(at))
        assert relative(symbolic.subs(theta, point).evalf(40), integral) < 1e-15
        assert abs(value - float(symbolic.subs(theta, point).evalf(40))) < 8 * UNIT * float(defining_integral(n, mp.pi))
        slope = mp.diff(lambda a: defining_integral(n, mp.pi - a), mp.mpf(at))
        assert relative(sp.diff(symbolic, theta).subs(theta, point).evalf(40), slope) < 1e-15


def vectors(angle: float, dim: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Two vectors at about the given angle; what they enclose after rounding is for `exact_angle` to say."""
    rng = np.random.default_rng(seed)
    u, e = rng.standard_normal((2, dim))
    unit = u / np.linalg.norm(u)
    e -= (e @ unit) * unit
    e /= np.linalg.norm(e)
    return u, np.cos(angle) * unit + np.sin(angle) * e


def exact_angle(u: FloatArray, v: FloatArray) -> tuple[Any, Any, Any]:
    """The angle of two vectors of doubles, its distance to pi, and the direction ``e``."""
    first, second = (mp.matrix(vector.tolist()) for vector in (u, v))
    square, inner = mp.fdot(first, first), mp.fdot(first, second)
    across = second - (inner / square) * first
    height = mp.norm(across) * mp.sqrt(square)
    return mp.atan2(height, inner), mp.atan2(height, -inner), across / mp.norm(across)


@pytest.mark.parametrize("dim", [2, 3, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("first", "second"), [(1, 1), (1e150, 1e150), (1e-130, 1e-130), (1e-130, 1e150), (1e150, 1e-130)]
)
def test_angle_sine_and_direction_have_relative_accuracy_at_both_ends(dim: int, first: float, second: float) -> None:
    """At pi the angle is one rounding of pi, and the sine keeps the distance. Down to norms whose squares underflow."""
    for seed, angle in enumerate(ANGLES):
        u, v = vectors(angle, dim, seed)
        u, v = first * u, second * v
        measured, sine, e = angle_and_direction(u[None], v[None])
        theta, supplement, direction = exact_angle(u, v)
        assert relative(measured[0], theta) < 1e-15
        assert relative(sine[0], mp.sin(min(theta, supplement))) < 1e-15
        assert mp.norm(mp.matrix(e[0].tolist()) - direction) < 5e-15


@pytest.mark.parametrize("dim", [2, 3, 1000])
@pytest.mark.parametrize("sign", [1, -1])
def test_components_of_vectors_parallel_up_to_rounding(dim: int, sign: int) -> None:
    """``fl(w (1 + 1e-9))`` is parallel to ``w`` up to 1e-16; the residual, and with it the angle, is still right.

    The residual is rounded at ``2^-53`` of the 1e-16 that the quotient was off by, which limits angles below 1e-16.
    """
    for seed in range(5):
        u = vectors(1.0, dim, seed)[0]
        v = sign * (u * (1 + 1e-9))
        factor, residual = components(u[None], v[None])
        distance = exact_angle(u, v)[0 if sign > 0 else 1]
        assert distance < 2e-16
        height = mp.norm([mp.mpf(x) for x in residual[0].tolist()]) / mp.norm([mp.mpf(x) for x in v.tolist()])
        assert abs(height - distance) < 1e-15 * distance + 1e-31
        assert factor[0] == pytest.approx(sign * (1 + 1e-9), rel=4e-16)


@pytest.mark.parametrize("dim", [2, 1000])
@pytest.mark.parametrize("angle", ANGLES)
def test_components_add_up_and_are_orthogonal(dim: int, angle: float) -> None:
    """Against the decomposition in high precision; relative to the residual itself, not to ``v``."""
    u, v = vectors(angle, dim, 3)
    factor, residual = components(u[None], v[None])
    first, second = ([mp.mpf(x) for x in vector.tolist()] for vector in (u, v))
    exact = mp.fdot(first, second) / mp.fdot(first, first)
    rest = mp.matrix(second) - exact * mp.matrix(first)
    assert abs(factor[0] - exact) < 4 * UNIT * mp.norm(second) / mp.norm(first)
    assert mp.norm(mp.matrix(residual[0].tolist()) - rest) < 1e-15 * mp.norm(rest) + mp.mpf(1e-31)


def test_components_without_exact_products_lose_the_residual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: with plain products the angle of nearly parallel vectors is noise."""
    monkeypatch.setattr(angles, "two_product", lambda a, b: (a * b, 0.0))
    u, v = vectors(1e-12, 3, 1)
    assert relative(angle_and_direction(u[None], v[None])[0][0], exact_angle(u, v)[0]) > 1e-6


@pytest.mark.parametrize("factor", [1.0, 1.7, -0.3])
def test_on_a_line_there_is_no_direction(factor: float) -> None:
    angle, sine, e = angle_and_direction(np.array([[0.7]]), np.array([[0.7 * factor]]))
    assert (angle[0], sine[0], e[0, 0]) == (np.pi if factor < 0 else 0.0, 0.0, 0.0)


def test_exactly_parallel_vectors_have_an_angle_far_below_rounding() -> None:
    """Integer multiples of one integer vector: what the residual is left with is the square of the rounding unit."""
    rng = np.random.default_rng(0)
    rows = rng.integers(1, 99, (1000, 4)) * rng.choice([-1.0, 1.0], (1000, 4))
    left, right = (rng.integers(1, 99, (1000, 1)) for _ in range(2))
    for sign in (1, -1):
        angle, sine, _ = angle_and_direction(left * rows, sign * right * rows)
        assert np.max(sine) < 4 * UNIT**2
        np.testing.assert_allclose(angle, 0 if sign > 0 else np.pi, rtol=0, atol=4 * UNIT**2)


def test_rows_are_treated_one_by_one() -> None:
    pairs = [vectors(angle, 5, seed) for seed, angle in enumerate(ANGLES)]
    together = angle_and_direction(*(np.array(side) for side in zip(*pairs, strict=True)))
    apart = zip(*(angle_and_direction(u[None], v[None]) for u, v in pairs), strict=True)
    assert [part.shape for part in together] == [(len(ANGLES),), (len(ANGLES),), (len(ANGLES), 5)]
    for whole, parts in zip(together, apart, strict=True):
        np.testing.assert_allclose(whole, np.concatenate(parts), rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("cancelled", [0, 4, 8, 12, 15])
def test_combine_rows_keeps_its_digits_through_cancellation(cancelled: int) -> None:
    """Against exact rationals; error below ``2^-53 |sum| + (N 2^-53)^2 sum |c_i u_i|`` (Ogita, Rump & Oishi 2005)."""
    rng = np.random.default_rng(cancelled)
    half, dim = 20, 6
    c, rows = rng.standard_normal(half), rng.standard_normal((half, dim))
    coefficients = np.concatenate([c, -c])
    stacked = np.concatenate([rows, rows * (1 + 10.0 ** float(-cancelled) * rng.standard_normal((half, dim)))])
    result = combine_rows(coefficients, stacked)
    for k in range(dim):
        terms = [Fraction(a) * Fraction(x) for a, x in zip(coefficients.tolist(), stacked[:, k].tolist(), strict=True)]
        exact, size = float(sum(terms)), float(sum(map(abs, terms)))
        assert abs(Fraction(float(result[k])) - sum(terms)) <= UNIT * abs(exact) + (2 * half * UNIT) ** 2 * size


@pytest.mark.parametrize("sine", [1e-20, 1e-40, 1e-100])
def test_sines_below_the_square_of_rounding(sine: float) -> None:
    """Rows whose difference doubles do tell, in another component than the largest."""
    u, v = np.array([[1.0, sine, 0.0]]), np.array([[1.1, 3.3 * sine, 0.5 * sine]])
    _, measured, e = angle_and_direction(u, v)
    across = np.array([[0.0, 2.0, 0.5 / 1.1]])
    assert measured[0] == pytest.approx(sine * np.linalg.norm(across), rel=1e-15)
    assert e == pytest.approx(across / np.linalg.norm(across), rel=1e-15, abs=2 * sine)
    assert angle_and_direction(u, -2 * u)[1:] == (0.0, pytest.approx(np.zeros((1, 3)), abs=0.0))


def test_sines_below_the_square_of_rounding_at_any_length() -> None:
    """Of ``(x, s), (y, t)`` with ``|s|, |t| << 1`` by the determinant, in rationals; 0 where that vanishes."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        (x, y), s = rng.uniform(1, 2, 2), 2.0**-45 * rng.uniform(1, 2)
        t = s * y / x * (1 + 2.0**-51)
        determinant = abs(Fraction(x) * Fraction(t) - Fraction(s) * Fraction(y))
        _, sine, _ = angle_and_direction(np.array([[x, s]]), np.array([[y, t]]))
        assert sine[0] == pytest.approx(float(determinant) / (x * y), rel=1e-15, abs=0)
    rows = np.round(2**28 * rng.uniform(1, 2, (1000, 3)))
    assert not angle_and_direction(rows, rows * rng.integers(2**20, 2**24, (1000, 1)))[1].any()


def test_combine_rows_with_unit_coefficients_is_a_correctly_rounded_sum() -> None:
    """Against `math.fsum`: the products are exact there."""
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((50, 4)) * np.logspace(-4, 4, 50)[:, None]
    stacked = np.concatenate([rows, -rows, [[1e-3] * 4]])
    rng.shuffle(stacked)
    result = combine_rows(np.ones(len(stacked)), stacked)
    assert result.tolist() == [math.fsum(column) for column in stacked.T] == [1e-3] * 4


def test_combine_rows_without_compensation_loses_its_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: with plain products twelve digits cancel away."""
    monkeypatch.setattr(angles, "two_product", lambda a, b: (a * b, 0.0))
    with pytest.raises(AssertionError):
        test_combine_rows_keeps_its_digits_through_cancellation(12)


@pytest.mark.parametrize("a", [-700.0, -1.0, 0.5])
@pytest.mark.parametrize("b", [-1400.0, -2.0, -1e-12, 0.0, 1e-300, 0.7, 1300.0])
def test_damped_hyperbolic_functions_overflow_in_no_factor(a: float, b: float) -> None:
    for ours, theirs in ((damped_sinh, mp.sinh), (damped_cosh, mp.cosh)):
        with mp.workdps(40):
            exact = mp.exp(mp.mpf(a)) * theirs(mp.mpf(b))
        if abs(exact) < 1e300:
            assert float(ours(np, a, b)) == pytest.approx(float(exact), rel=4 * 2.0**-52 * (1 + abs(a) + abs(b)))
