"""Piecewise polynomials with kinks anywhere: moments against integrals in 25 digits, losses against differences.

The oracle integrates over the first argument between its kinks, and over the second in closed form, piece by piece;
a Dirac term is the value on its line.
"""

from __future__ import annotations

import pickle
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from mpmath import mp
from scipy.special import gammainc, ndtr

import sobolev_theory as st
from sobolev_theory.activations import Activation
from sobolev_theory.activations.arguments import gaussian_pairs, kinked_pairs
from sobolev_theory.activations.piecewise.polynomial import PiecewisePolynomial, mixed_pairs
from sobolev_theory.activations.piecewise.rectifier import RectifierMoments
from sobolev_theory.affine_point import AffinePoint
from tests.oracles.quadrature import gauss_legendre
from tests.test_every_parameter import dear, error, moved, problem, require_differences

SHAPES = {
    "leaky_relu": ((0.0,), ((0.0, 0.01), (0.0, 1.0))),
    "abs": ((0.0,), ((0.0, -1.0), (0.0, 1.0))),
    "step": ((0.0,), ((0.0,), (1.0,))),
    "sign": ((0.0,), ((-1.0,), (1.0,))),
    "hard_tanh": ((-1.0, 1.0), ((-1.0,), (0.0, 1.0), (1.0,))),
    "relu6": ((0.0, 6.0), ((0.0,), (0.0, 1.0), (6.0,))),
    "hard_sigmoid": ((-3.0, 3.0), ((0.0,), (0.5, 1 / 6), (1.0,))),
    "cubic": ((-0.5, 0.25), ((1.0, 2.0), (1.75, 3.5, 1.0, -1.0), (2.0, 0.5, 0.0, 1.0))),
    "square": ((1.0,), ((1.0, 1.0, 1.0), (2.0, -1.0, 2.0))),
}
"""The third last has three digits in its slope; the last two jump in the value, and in the second derivative."""
DEFINITIONS = {name: PiecewisePolynomial(*shape) for name, shape in SHAPES.items()}


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(25):
        yield


class Oracle:
    """A definition at ``z_1, z_2``, means ``m_1, m_2``, deviations p, q, correlation r, ``c = sqrt(1 - r^2)``."""

    def __init__(self, of: PiecewisePolynomial, m1: Any, m2: Any, p: Any, q: Any, r: Any, c: Any) -> None:
        self.of, self.kinks = of, [mp.mpf(kink) for kink in of.function.kinks]
        self.m1, self.m2, self.p, self.q, self.r, self.c = map(mp.mpf, (m1, m2, p, q, r, c))

    def pieces(self, order: int) -> list[list[Any]]:
        """Coefficients of the derivative."""
        return [
            [mp.ff(n, order) * mp.mpf(c) for n, c in enumerate(piece)][order:] for piece in self.of.function.polynomials
        ]

    def mean(self, pieces: list[list[Any]], mean: Any, deviation: Any) -> Any:
        """Of a piecewise polynomial, from truncated moments."""
        if not deviation:
            return mp.polyval(pieces[sum(mean > kink for kink in self.kinks)][::-1] or [0], mean)
        ends = [-mp.inf, *((kink - mean) / deviation for kink in self.kinks), mp.inf]
        total = mp.zero
        for (left, right), piece in zip(pairwise(ends), pieces, strict=True):
            moments = [x - y for x, y in zip(tails(left, len(piece)), tails(right, len(piece)), strict=True)]
            for n, c in enumerate(piece):
                powers = (mp.binomial(n, k) * mean ** (n - k) * deviation**k * moments[k] for k in range(n + 1))
                total += c * mp.fsum(powers)
        return total

    def slope(self, order: int) -> Any:
        """``d_m^order E sigma(z_1)``, by differences."""
        step = mp.mpf(10) ** -9 * self.p
        return mp.diff(lambda m: self.mean(self.pieces(0), m, self.p), self.m1, order, h=step)

    def __call__(self, a: int, b: int) -> Any:
        """``E[sigma^(a)(z_1) sigma^(b)(z_2)]``, a Dirac term of the jump of the derivative before among them."""
        second, first = self.pieces(b), self.pieces(a)

        def given(z: Any) -> Any:
            return self.mean(second, self.m2 + self.q * self.r * (z - self.m1) / self.p, self.q * self.c)

        def density(z: Any) -> Any:
            return mp.npdf((z - self.m1) / self.p) / self.p

        total = mp.zero
        for left, right in pairwise(self.breaks()):
            piece = first[sum((left + right) / 2 > kink for kink in self.kinks)][::-1]
            if any(piece):
                total += sum(
                    w * mp.polyval(piece, z) * density(z) * given(z) for z, w in gauss_legendre(left, right, 16)
                )
        for place, height in self.of.jumps(a - 1) if a else ():
            total += height * density(place) * given(mp.mpf(place))
        return total

    def breaks(self) -> list[Any]:
        """Ends of intervals on which the integrand is smooth on its scale."""
        places = {self.m1 + self.p * x for x in range(-12, 13, 2)} | set(self.kinks)
        if self.r:
            slope = self.q * self.r / self.p
            for kink in self.kinks:
                at, width = self.m1 + (kink - self.m2) / slope, abs(self.q * self.c / slope)
                places |= {at + width * x for x in (-12, -6, -3, -1, 0, 1, 3, 6, 12)}
        return sorted(z for z in places if abs(z - self.m1) <= 12 * self.p)

    def scale(self, a: int, b: int) -> Any:
        """``sqrt(E sigma^(a)(y)^2 E sigma^(b)(y')^2)``, y of the second moments; for a Dirac term height over p."""
        return self._size(a, self.m1, self.p) * self._size(b, self.m2, self.q)

    def _size(self, order: int, mean: Any, deviation: Any) -> Any:
        second_moment = mp.sqrt(deviation**2 + mean**2)
        squares = [np.convolve(piece, piece).tolist() if piece else [] for piece in self.pieces(order)]
        jumps = sum(abs(height) for _, height in self.of.jumps(order - 1)) if order else 0
        return mp.sqrt(self.mean(squares, mp.zero, second_moment)) + mp.mpf(jumps) / deviation


def tails(lower: Any, count: int) -> list[Any]:
    """``int_lower^inf x^t phi(x) dx`` for t < count, by parts."""
    if mp.isinf(lower):
        return [(mp.fac2(t - 1) if t % 2 == 0 else mp.zero) * (lower < 0) for t in range(count)]
    moments = [mp.ncdf(-lower), mp.npdf(lower)]
    for t in range(2, count):
        moments.append(lower ** (t - 1) * mp.npdf(lower) + (t - 1) * moments[t - 2])
    return moments[:count]


PLACES = [  # m_1, m_2, s, t, r
    (0.3, -0.7, 1.2, 0.8, 0.5),
    (0.0, 0.0, 2.0, 1.3, -0.9),
    (1e-3, -2e-3, 1e-6, 1e-6, 0.5),
    (-7.0, 20.0, 1.0, 9.0, -0.3),
    (1.0, -1.0, 1e-6, 1e4, -0.7),
    (100.0, -30.0, 1e3, 1e3, 0.999999),
    (0.5, 0.5, 1.0, 1.0, 1 - 1e-14),
    (0.0, -70.0, 1e4, 1e4, 0.6),
    (0.4, -1.5, 1e4, 1e4, -(1 - 1e-5)),
]
BOUND = 2e-14  # rounding of ``p q`` and of q, up to 16 of the distances of the kinks, over a size of 0.1


def worst(name: str, place: tuple[float, ...]) -> float:
    """Largest error of a moment of at most one Dirac term, relative to the natural scale."""
    of = DEFINITIONS[name]
    m1, m2, s, t, r = place
    at = gaussian_pairs(m1, m2, s, r * np.sqrt(s * t), t)
    p, q = mp.sqrt(s), mp.sqrt(t)
    g = mp.mpf(float(at.s)) * mp.mpf(float(at.t)) - mp.mpf(float(at.rho)) ** 2
    oracle = Oracle(of, m1, m2, p, q, mp.mpf(float(at.rho)) / (p * q), mp.sqrt(max(g, 0)) / (p * q))
    letter = of.pairs(kinked_pairs(at))
    top = of.max_order + 1
    orders = [(a, b) for m in range(top) for a, b in ((m, m), (m + 1, m), (m + 2, m)) if a <= top]
    errors = [abs(mp.mpf(float(letter(a, b, 0, 0))) - oracle(a, b)) / oracle.scale(a, b) for a, b in orders]
    return float(max(errors))


def test_kinks_of_nearly_parallel_arguments_meet_where_they_do() -> None:
    """At variances that are no squares: ``v`` to the rounding of its two terms, not to that over the sine."""
    for r, second in product((1 - 1e-14, -1 + 1e-10), (0.0, 1.0)):
        sine = np.sqrt((1 - r) * (1 + r))
        s, t, m1 = 30.0, 7.0, 0.7
        m2 = second + np.sqrt(t) * (np.sign(r) * m1 / np.sqrt(s) + 0.9 * sine)
        at = gaussian_pairs(m1, m2, s, r * np.sqrt(s * t), t)
        *_, v = kinked_pairs(at).offsets(0.0, second)
        with mp.workdps(40):
            p, q, cosine = mp.sqrt(s), mp.sqrt(t), mp.mpf(float(at.rho)) / mp.sqrt(mp.mpf(s) * t)
            exact = ((mp.mpf(float(m2)) - second) / q - cosine * m1 / p) / mp.sqrt(1 - cosine**2)
        assert abs(float(v) - exact) < 1e-15


CASES = [("relu6", 3), ("hard_tanh", 7)]
LONG = [
    ("hard_tanh", 0),
    ("hard_tanh", 8),
    ("cubic", 0),
    ("hard_sigmoid", 5),
    ("hard_tanh", 4),
    ("leaky_relu", 6),
    ("relu6", 2),
    ("sign", 1),
]


@pytest.mark.parametrize(("name", "place"), [*CASES, *(pytest.param(*case, marks=pytest.mark.long) for case in LONG)])
def test_moments_are_the_integrals(name: str, place: int) -> None:
    assert worst(name, PLACES[place]) < BOUND


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "relu6" else pytest.mark.long) for name in SHAPES]
)
def test_means_and_squares_are_the_integrals(name: str) -> None:
    """At deviations from 1e-3 to 100, with derivatives in the mean: those of the closed form, by differences."""
    of = DEFINITIONS[name]
    deviations, means = np.array([1e-3, 0.5, 2.5, 100.0]), np.array([1.001, 0.0, -3.0, 20.0])
    found, square = of.means(means, deviations**2), of.squares(means, deviations**2)
    for place, (p, m) in enumerate(zip(deviations, means, strict=True)):
        oracle = Oracle(of, m, m, p, p, 1, 0)
        squares = [[np.convolve(piece, piece) for piece in oracle.pieces(k) if piece] for k in range(of.max_order + 1)]
        size = oracle._size(0, oracle.m1, oracle.p)
        for n in range(3):
            exact = oracle.slope(n)
            assert abs(found(n)[place] - exact) < BOUND * size / min(p, 1) ** n, (p, n)
        for k, pieces in enumerate(squares):
            if len(pieces) == len(SHAPES[name][1]):
                exact = oracle.mean([piece.tolist() for piece in pieces], oracle.m1, oracle.p)
                assert abs(square(k, 0)[place] - exact) < BOUND * oracle._size(k, oracle.m1, oracle.p) ** 2


def test_two_dirac_terms_are_the_density() -> None:
    """The second derivatives of hard tanh with one another; of a third one, the difference in a mean."""
    rng = np.random.default_rng(15)
    (m1, m2), kinks, heights = rng.standard_normal((2, 6)), np.array([-1.0, 1.0]), np.array([1.0, -1.0])
    s, t, rho, step = 1.5, 0.7, np.linspace(-0.8, 0.9, 6), 1e-5

    def letters(shift: float) -> Any:
        return DEFINITIONS["hard_tanh"].pairs(kinked_pairs(gaussian_pairs(m1 + shift, m2, s, rho, t)))

    x, y = (kinks - m1[:, None])[:, :, None], (kinks - m2[:, None])[:, None, :]
    cross, g = rho[:, None, None], (s * t - rho**2)[:, None, None]
    density = np.exp(-(t * x**2 - 2 * cross * x * y + s * y**2) / (2 * g)) / (2 * np.pi * np.sqrt(g))
    expected = (np.outer(heights, heights) * density).sum((1, 2))
    np.testing.assert_allclose(letters(0.0)(2, 2, 0, 0), expected, rtol=1e-12, atol=1e-15)
    slope = (letters(step)(2, 1, 0, 0) - letters(-step)(2, 1, 0, 0)) / (2 * step)
    np.testing.assert_allclose(letters(0.0)(3, 1, 0, 0), slope, rtol=1e-8, atol=1e-9)


def test_pairs_of_two_different_ones() -> None:
    """A step with the square of a ramp, of which moments of rectifiers are the integrals; one and itself."""
    rng = np.random.default_rng(0)
    m1, m2 = rng.standard_normal((2, 5))
    at = kinked_pairs(gaussian_pairs(m1, m2, 1.5, np.linspace(-1.2, 1.1, 5), 1.0))
    square = PiecewisePolynomial((0.0,), ((0.0,), (0.0, 0.0, 1.0)))
    letter = mixed_pairs(DEFINITIONS["step"].function, square.function, at)
    h, k, v = at.offsets(0.0, 0.0)
    expected = RectifierMoments(0, 2).pairs(at.p, at.q, h, k, at.angle, at.sine, at.cosine, v)
    for place in ((0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 1), (1, 1, 1, 1), (2, 0, 0, 2)):
        np.testing.assert_allclose(letter(*place), expected(*place), rtol=1e-13, atol=1e-14)


def test_letters_along_the_frame_are_those_of_derivatives() -> None:
    """``D_1 = p d_1 + q r d_2`` and ``D_2 = q c d_2`` raise the orders of the two derivatives."""
    rng = np.random.default_rng(1)
    m1, m2 = 2 * rng.standard_normal((2, 6))
    for name in ("hard_tanh", "cubic", "square"):
        at = kinked_pairs(gaussian_pairs(m1, m2, 1.5, np.linspace(-1.2, 1.1, 6), 1.0))
        letter, m = DEFINITIONS[name].pairs(at), DEFINITIONS[name].max_order
        along, turned, across = at.p, at.q * at.cosine, at.q * at.sine
        first = along * letter(m + 2, m, 0, 0) + turned * letter(m + 1, m + 1, 0, 0)
        np.testing.assert_allclose(letter(m + 1, m, 1, 0), first, rtol=1e-12, atol=1e-13)
        second = across * letter(m + 1, m + 1, 0, 0)
        np.testing.assert_allclose(letter(m + 1, m, 0, 1), second, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("kinks", "pieces", "message"),
    [
        ((), ((1.0,),), "kinks: numbers in ascending order are required, at least one"),
        ((1.0, 0.0), ((0.0,), (1.0,), (2.0,)), "kinks: numbers in ascending order"),
        ((0.0,), ((0.0,),), "pieces: coefficients of 2 polynomials are required"),
        ((0.0,), ((0.0,), (0.0, 0.0, 0.0, 0.0, 1.0)), "degrees up to 3"),
        ((0.0,), ((0.0,), (np.inf,)), "pieces: finite"),
        ((0.0, 1.0), ((0.0,), (0.0, 1.0), (0.0, 1.0)), "those at 1.0 are one polynomial"),
    ],
)
def test_what_is_no_piecewise_polynomial(kinks: Any, pieces: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PiecewisePolynomial(kinks, pieces)


def test_facts() -> None:
    """Pointwise derivatives, jumps, regularity, equality, pickles."""
    for name, (kinks, pieces) in SHAPES.items():
        of, z = DEFINITIONS[name], np.array([-7.3, -2.2, -0.75, -0.3, 0.2, 0.9, 1.7, 8.1])
        polynomials = [np.polynomial.Polynomial(pieces[np.searchsorted(kinks, x)]) for x in z]
        assert pickle.loads(pickle.dumps(of)).key == of.key
        for order in range(3):
            slopes = [(p.deriv(order) if order else p)(x) for p, x in zip(polynomials, z, strict=True)]
            np.testing.assert_allclose(of.derivative(z, order), slopes, rtol=1e-14)
            beside = [of.derivative(np.array([kink + 1e-9, kink - 1e-9]), order) for kink in kinks]
            heights = {kink: right - left for kink, (right, left) in zip(kinks, beside, strict=True)}
            assert dict(of.jumps(order)) == pytest.approx({k: x for k, x in heights.items() if abs(x) > 1e-6}, rel=1e-6)
    assert [DEFINITIONS[name].max_order for name in SHAPES] == [1, 1, 0, 0, 1, 1, 1, 0, 2]
    assert [DEFINITIONS[name].degree for name in SHAPES] == [1, 1, 0, 0, None, None, None, None, None]


def of(name: str) -> Activation:
    return Activation(name, DEFINITIONS[name])


def norm_of(name: str) -> str:
    """With the order that jumps."""
    return f"H{DEFINITIONS[name].max_order}" if DEFINITIONS[name].max_order else "L2"


DIFFERENCES = [(name, derivative) for name in SHAPES for derivative in ("exact", "backprop")]
DEFAULT = [("leaky_relu", "exact"), ("relu6", "backprop"), ("step", "exact")]


@pytest.mark.parametrize(("name", "derivative"), dear(DIFFERENCES, DEFAULT))
def test_derivatives_are_those_of_what_they_derive_from(name: str, derivative: str) -> None:
    """With a mean, a covariance, a metric, biases, output weights and the output bias."""
    require_differences(*problem(2, of(name), norm_of(name), derivative))


@pytest.mark.parametrize("name", ["abs", "leaky_relu"])
def test_both_engines_agree_at_standard_inputs(name: str) -> None:
    """Kernels of ReLU, scaled, against moments with means, at generic, nearly parallel and nearly opposite rows."""
    rng = np.random.default_rng(1)
    W, V = rng.standard_normal((4, 3)), rng.standard_normal((3, 3))
    W[1], W[2] = 1.5 * V[0] + 1e-9 * rng.standard_normal(3), 1e-5 * rng.standard_normal(3) - V[1]
    teacher = st.Network(V, rng.standard_normal(3), activation=of(name))
    for derivative in ("exact", "backprop"):
        loss = st.PopulationLoss(teacher, "H1", derivative=derivative)
        fast = loss.at(st.Network(W, rng.standard_normal(4), activation=of(name)))
        general = AffinePoint(loss, fast.parameters)
        assert abs(general.value - fast.value) < 1e-14 * fast.value
        assert error(general.gradient, fast.gradient) < 1e-14
        assert error(general.hessian.to_dense(), fast.hessian.to_dense()) < 3e-14
        assert error(general.gauss_newton.to_dense(), fast.gauss_newton.to_dense()) < 1e-14


def facing(name: str, seed: int, factors: tuple[float, float], **options: Any) -> tuple[st.PopulationLoss, st.Network]:
    """A student whose first kink lies on the teacher's last, and last on the teacher's first; weights are multiples.

    The student's neurons are multiples of the teacher's by a factor each, of either sign.
    """
    kinks, rng = SHAPES[name][0], np.random.default_rng(seed)
    loss, _ = problem(seed, of(name), norm_of(name), "backprop", **options)
    teacher = loss.teacher
    biases = [
        first - c * (other - b)
        for c, b, (first, other) in zip(
            factors, teacher.biases, [(kinks[0], kinks[-1]), (kinks[-1], kinks[0])], strict=True
        )
    ]
    weights = np.array(factors)[:, None] * teacher.weights
    student = st.Network(weights, rng.standard_normal(2), biases, 0.3, teacher.activation)
    return loss, student


@pytest.mark.parametrize("factors", [(1.5, 0.5), (-0.75, 2.0), (-3.0, -1.25)])
@pytest.mark.parametrize("name", ["hard_tanh", "relu6"])
def test_limits_where_a_kink_lies_on_another_one(name: str, factors: tuple[float, float]) -> None:
    """The Hessian and the field just beside, as at the teacher: off by about 1e-7."""
    loss, student = facing(name, 4, factors)
    direction = np.random.default_rng(5).standard_normal(loss.layout(2).size)
    with pytest.raises(st.NotDifferentiableError, match="towards=X") as refused:
        loss.hessian(student)
    assert refused.value.pairs == [(0, 2), (1, 3)]
    beside = moved(loss, student, 1e-7 * direction)
    assert error(loss.hessian(student, towards=direction).to_dense(), loss.hessian(beside).to_dense()) < 2e-6
    exact = st.PopulationLoss(loss.teacher, loss.norm, inputs=loss.inputs, parameters="all", derivative="exact")
    with pytest.raises(st.NotDifferentiableError):
        exact.gradient(student)
    apart = st.Network(student.weights, student.output_weights, student.biases + 1e-3, 0.3, student.activation)
    turned = moved(loss, apart, 1e-9 * direction)
    assert error(loss.hessian(apart).to_dense(), loss.hessian(turned).to_dense()) < 1e-7


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_where_kinks_of_nearly_parallel_neurons_meet(turn: float) -> None:
    """Against rational arithmetic, for planes that are as near to one another as to parallel."""
    rng = np.random.default_rng(11)
    mean, W = np.array([0.3, -1.1, 0.7]), rng.standard_normal((4, 3))
    places, small = (-1.0, 3.0), 10.0 ** np.array([-2, -6, -10, -14])
    V = turn * 1.7 * W + small[:, None] * rng.standard_normal((4, 3))
    biases = rng.uniform(0.1, 0.4, 4)  # of which b + 1 is rounded
    others = places[1] + turn * 1.7 * (biases - places[0]) + small * rng.standard_normal(4)
    teacher = st.Network(V, biases=others, activation=of("hard_tanh"))
    loss = st.PopulationLoss(teacher, "H1", inputs=st.Inputs(mean), parameters=("weights", "biases"))
    near = loss.at(st.Network(W, biases=biases, activation=of("hard_tanh"))).geometry.near
    v, lag = near.meeting(*places)
    for number, (i, j) in enumerate(zip(near.i, near.j, strict=True)):
        if j == i + 4:
            exact = meeting(
                [*W[i], Fraction(biases[i]) - Fraction(places[0])],
                [*V[i], Fraction(others[i]) - Fraction(places[1])],
                mean,
            )
            assert abs(v[number] / exact - 1) < 1e-14
            assert lag[number] == pytest.approx(near.sine[number] * v[number], rel=1e-14)


def meeting(first: list[Any], second: list[Any], mean: np.ndarray) -> float:
    """``(r . mu + r_b)/|r|``, r the part of the second neuron orthogonal to the first."""
    (*w, b), (*x, c) = ([Fraction(of) for of in row] for row in (first, second))
    a = sum(s * t for s, t in zip(w, x, strict=True)) / sum(s * s for s in w)
    r = [t - a * s for s, t in zip(w, x, strict=True)]
    offset = sum(s * Fraction(t) for s, t in zip(r, mean, strict=True)) + c - a * b
    square = sum(s * s for s in r)
    return float(mp.mpf(offset.numerator) / offset.denominator / mp.sqrt(mp.mpf(square.numerator) / square.denominator))


CURVED = {"cubic": "L2", "hard_swish": "H1", "ramp_and_square": "H1"}
DEFINITIONS["hard_swish"] = PiecewisePolynomial((-3.0, 3.0), ((0.0,), (0.0, 0.5, 1 / 6), (0.0, 1.0)))
DEFINITIONS["ramp_and_square"] = PiecewisePolynomial((0.5,), ((0.0, 0.0, 1.0), (-0.5, 1.0, 1.0)))


@pytest.mark.parametrize("name", CURVED)
def test_backpropagation_sees_the_curvature_between_kinks(name: str) -> None:
    """The gradient that automatic differentiation averages, on a line, by Gauss's rule between all kinks."""
    rng, definition = np.random.default_rng(12), DEFINITIONS[name]
    (w, b, a), (v, c, o) = rng.standard_normal((3, 2)), rng.standard_normal((3, 2))
    student = st.Network(w[:, None], a, b, activation=of(name))
    loss = st.PopulationLoss(st.Network(v[:, None], o, c, activation=of(name)), CURVED[name], parameters="all")
    kinks = [(kink - y) / x for x, y in zip([*w, *v], [*b, *c], strict=True) for kink in definition.function.kinks]
    ends = np.unique(np.clip([*kinks, *range(-9, 10)], -9, 9))
    nodes, weights = np.polynomial.legendre.leggauss(20)
    x = ((ends[1:] + ends[:-1]) / 2 + np.diff(ends) / 2 * nodes[:, None]).ravel()
    law = (np.diff(ends) / 2 * weights[:, None]).ravel() * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    z, y = np.outer(w, x) + b[:, None], np.outer(v, x) + c[:, None]
    gradient = np.zeros((2, 3))
    for m, weight in enumerate(loss.norm.weights):
        residual = (a * w**m) @ definition.derivative(z, m) - (o * v**m) @ definition.derivative(y, m)
        slope, itself = definition.derivative(z, m + 1), definition.derivative(z, m)
        on_slope = (a * w**m)[:, None] * slope
        rows = [on_slope * x + m * a[:, None] * itself, on_slope, w[:, None] ** m * itself]
        gradient += weight * np.stack([row @ (law * residual) for row in rows], axis=1)
    found = loss.split(loss.gradient(student))
    expected = {"weights": gradient[:, :1], "biases": gradient[:, 1], "output_weights": gradient[:, 2]}
    for part, numbers in expected.items():
        np.testing.assert_allclose(found[part], numbers, rtol=1e-12, atol=1e-12)


def test_backpropagation_does_not_see_a_step() -> None:
    """Weights and biases have no gradient and no part in the Gauss-Newton matrix, with an output bias that is off."""
    loss, student = problem(13, of("step"), "L2", "backprop")
    gradient, layout = loss.split(loss.gradient(student)), loss.layout(student.width)
    assert not np.any(gradient["weights"])
    assert not np.any(gradient["biases"])
    assert np.all(gradient["output_weights"])
    names, places = ("output_weights", "output_bias"), loss.split(np.arange(layout.size, dtype=float))
    seen = np.concatenate([places[name].ravel() for name in names]).astype(int)
    for derivative in ("backprop", "exact"):
        matrix = problem(13, of("step"), "L2", derivative)[0].gauss_newton(student).to_dense()
        assert not np.any(np.delete(matrix, seen, axis=0))
        assert np.linalg.eigvalsh(matrix[np.ix_(seen, seen)]).min() > 0


@pytest.mark.parametrize(("name", "flat"), [("hard_tanh", 1.0), ("relu6", 6.0)])
def test_long_arguments_that_are_one(name: str, flat: float) -> None:
    """``E sigma(z)^2`` of one argument twice, and of it with its negative, where sigma is the clipped identity.

    ``E clip(z)^2 = k^2 P(z > k) + E[z^2; 0 < z < k]`` on either side of 0.
    """
    p = np.array([10.0, 32.0, 100.0, 300.0])
    u = flat / p
    one_side = flat**2 * ndtr(-u) + p * p * gammainc(1.5, u * u / 2) / 2
    both = st.activations.get(name)
    same, opposite = (both.moments(0, 0, p * p, sign * p * p, p * p) for sign in (1, -1))
    sides = {"hard_tanh": (2, -2), "relu6": (1, 0)}[name]
    assert np.abs(same - sides[0] * one_side).max() < 1e-13 * flat**2  # the accuracy stated; flat^2 is the scale
    assert np.abs(opposite - sides[1] * one_side).max() < 1e-13 * flat**2
    swish = st.activations.get("hard_swish")
    slopes = swish.moments(0, 0, p * p, p * p, p * p, 1, 1)
    assert np.abs(slopes - swish.definition.squares(None, p * p)(1, 0)).max() < 1e-13
    long = np.array([[300.0, 0.0], [0.0, 300.0]])
    assert abs(st.PopulationLoss(long, "L2", activation=name).value(long)) < 1e-13 * flat**2
