"""Exponential units, ELU, SELU and CELU, against integrals of the definition in 30 digits.

``z_1 = p (X + h)``, ``z_2 = q (r X + c Y + k)``. Functions are integrated over X by panels that end at both kinks, over
Y by parts; a Dirac is the integral over the line where its argument vanishes, its derivative a difference quotient
across that line. Errors count by the natural scale, the root of the product of the mean squares of the two factors
under centred laws with the same second moments.
"""

import pickle
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from mpmath import mp

import sobolev_theory as st
from sobolev_theory import activations
from sobolev_theory.activations.definition import KinkedPairs
from sobolev_theory.activations.exponential.closed import ClosedPairs, moderate
from sobolev_theory.activations.exponential.letters import Unit
from sobolev_theory.activations.exponential.pairs import integrated
from sobolev_theory.activations.exponential.unit import ExponentialUnit
from tests.oracles.quadrature import gauss_legendre, hermite

ELU, SELU = (activations.get(name).definition for name in ("elu", "selu"))
CELU = activations.get("celu(0.5)").definition
END = 11  # phi(11) < 1e-27
BOUND = 3e-14


@pytest.fixture(autouse=True)
def _digits() -> Iterator[None]:
    with mp.workdps(30):
        yield


def regular(ratio: Any, order: int, y: Any) -> Any:
    """The pointwise derivative of ``y_+ + ratio (exp(y) - 1) 1(y < 0)``."""
    if y > 0:
        return (y, mp.one, mp.zero)[min(order, 2)]
    return ratio * (mp.expm1(y) if order == 0 else mp.exp(y))


def jump(ratio: Any, order: int) -> Any:
    """From both limits at 0."""
    return (mp.zero, 1 - ratio, -ratio)[min(order, 2)]


def panels(*kinks: tuple[Any, Any]) -> list[tuple[Any, Any]]:
    """Nodes and weights of the normal law: panels of two, and around places where something changes by a length."""
    edges = {mp.mpf(x) for x in range(-END, END + 1, 2)}
    for place, length in kinks:
        edges |= {place + sign * length * x for sign in (-1, 1) for x in (0, 3, 9, 24, 60)}
    inside = sorted(x for x in edges if abs(x) <= END)
    return [(x, w * mp.npdf(x)) for a, b in pairwise(inside) for x, w in gauss_legendre(a, b, 22)]


class Oracle:
    """Of two units of rate and scale 1; ``c = 0`` are parallel rows."""

    def __init__(self, levels: tuple[Any, Any], p: Any, q: Any, h: Any, k: Any, r: Any, c: Any) -> None:
        self.p, self.q, self.h, self.k, self.r, self.c = map(mp.mpf, (p, q, h, k, r, c))
        self.levels = tuple(map(mp.mpf, levels))
        place = -self.k / self.r if self.r else mp.inf
        lengths = (self.c / abs(self.r), 1 / (self.q * abs(self.r))) if self.r else ()
        self.rule = panels((-self.h, 1 / self.p), *((place, length) for length in lengths if abs(place) < 99))
        self.given = cache(self._given)

    def __call__(self, a: int, b: int, i: int, j: int) -> Any:
        """``E[He_i(X) He_j(Y) sigma^(a)(z_1) sigma^(b)(z_2)]``."""
        total = mp.fsum(
            w * hermite(i, x) * regular(self.levels[0], a, self.p * (x + self.h)) * self.given(b, j, x)
            for x, w in self.rule
        )
        bends = [
            [(jump(level, low), order - 1 - low) for low in range(1, order)]
            for level, order in zip(self.levels, (a, b), strict=True)
        ]
        for which, other in ((0, b), (1, a)):
            total += mp.fsum(height * self.line(which, n, other, i, j) for height, n in bends[which] if height)
        for (height, n), (other_height, m) in product(*bends):
            if height * other_height:
                assert n == m == 0
                v = (self.k - self.r * self.h) / self.c
                density = mp.npdf(self.h) * mp.npdf(v) / (self.p * self.q * self.c)
                total += height * other_height * density * hermite(i, -self.h) * hermite(j, -v)
        return total

    def _given(self, b: int, j: int, x: Any) -> Any:
        """``E[He_j(Y) R_b(z_2)]`` at X."""
        level, width = self.q * (self.r * x + self.k), self.q * self.c
        if not width:
            return regular(self.levels[1], b, level) if j == 0 else mp.zero
        kink, shifts = -level / width, hermite_powers(j)
        above = truncated(kink, j + 1)
        if b == 0:
            found = mp.fsum(s * (level * above[n] + width * above[n + 1]) for n, s in enumerate(shifts))
        else:
            found = mp.fsum(s * above[n] for n, s in enumerate(shifts)) if b == 1 else mp.zero
        tilted = [(-1) ** n * x for n, x in enumerate(truncated(width - kink, j))]  # of Y - width, below
        moved = mp.fsum(
            s * mp.binomial(n, m) * width ** (n - m) * tilted[m] for n, s in enumerate(shifts) for m in range(n + 1)
        )
        found += self.levels[1] * mp.exp(level + width**2 / 2) * moved
        if b == 0:
            below = [(-1) ** n * x for n, x in enumerate(truncated(-kink, j))]
            found -= self.levels[1] * mp.fsum(s * below[n] for n, s in enumerate(shifts))
        return found

    def line(self, which: int, n: int, order: int, i: int, j: int) -> Any:
        """``E[He_i(X) He_j(Y) delta^(n)(z)`` times the function of the other argument ``]``, n <= 1."""
        if n == 1:
            own, other = (self.p, self.q) if which == 0 else (self.q, self.p)
            step = own * min(self.c, 1 / other) / 10**8  # of the error its square, 1e-16
            with mp.workdps(40):
                return (self._line(which, -step, order, i, j) - self._line(which, step, order, i, j)) / (2 * step)
        return self._line(which, mp.zero, order, i, j)

    def _line(self, which: int, at: Any, order: int, i: int, j: int) -> Any:
        """Where the argument is ``at``: along the line Y or, turned, another standard normal variable."""
        r, c, p, q, h, k = self.r, self.c, self.p, self.q, self.h, self.k
        own, other = ((p, h), (q, k)) if which == 0 else ((q, k), (p, h))
        x = at / own[0] - own[1]
        kink = -(r * x + other[1]) / c
        total = mp.zero
        for y, w in panels((kink, 1 / (other[0] * c))):
            first, second = (x, y) if which == 0 else (r * x + c * y, c * x - r * y)
            value = regular(self.levels[1 - which], order, other[0] * (r * x + c * y + other[1]))
            total += w * hermite(i, first) * hermite(j, second) * value
        return mp.npdf(x) / own[0] * total

    def scale(self, a: int, b: int) -> Any:
        """The natural scale; where two Diracs meet, or a jump the derivative of one, with the density there."""
        product_ = self._size(0, a, self.p, self.h) * self._size(1, b, self.q, self.k)
        if a + b < (4 if 1 not in self.levels else 6) or not self.c:
            return product_
        v = (self.k - self.r * self.h) / self.c
        return product_ * (1 + (1 + v**2) * mp.npdf(v) / self.c)

    def _size(self, which: int, order: int, deviation: Any, offset: Any) -> Any:
        """With what Diracs have: heights over powers of the deviation."""
        spread, level = deviation * mp.sqrt(1 + offset**2), self.levels[which]
        rule = panels((mp.zero, 1 / spread))
        pointwise = mp.sqrt(mp.fsum(w * regular(level, order, spread * x) ** 2 for x, w in rule))
        return pointwise + mp.fsum(abs(jump(level, low)) * spread ** (low - order) for low in range(order))


def hermite_powers(j: int) -> list[int]:
    return [[1], [0, 1], [-1, 0, 1]][j]


def truncated(kink: Any, highest: int) -> list[Any]:
    """``E[Y^n; Y > kink]``, by parts."""
    moments = [mp.ncdf(-kink), mp.npdf(kink)]
    for n in range(2, highest + 1):
        moments.append(kink ** (n - 1) * moments[1] + (n - 1) * moments[n - 2])
    return moments


def letters(
    first: ExponentialUnit, second: ExponentialUnit, p: float, q: float, h: float, k: float, theta: float
) -> tuple[Any, Oracle]:
    """Both, at an angle; 0 and pi are parallel rows."""
    parallel = theta in (0.0, np.pi)
    angle = mp.mpf(theta)
    r, c = (mp.cos(round(theta)), mp.zero) if parallel else (mp.cos(angle), mp.sin(angle))
    r = mp.sign(np.cos(theta)) if parallel else r
    apart = mp.mpf(k) - r * mp.mpf(h)
    v = float(apart / c) if c else 0.0 if not apart else float(mp.sign(apart)) * np.inf
    arrays = [np.array(float(x)) for x in (p, q, theta, c, r)]
    place = tuple(np.array(float(x)) for x in (h, k, v))
    at = KinkedPairs(*arrays, lambda first, second: place)
    oracle = Oracle((first.ratio, second.ratio), mp.mpf(p) / first.rate, mp.mpf(q) / second.rate, h, k, r, c)
    return first.pairs_with(second, at), oracle


def error(
    first: ExponentialUnit, second: ExponentialUnit, at: tuple[float, ...], letter: tuple[int, int, int, int]
) -> float:
    """Of a letter, by its natural scale."""
    computed, oracle = letters(first, second, *at)
    a, b = letter[:2]
    factor = mp.mpf(first.gain) * mp.mpf(first.rate) ** (1 - a) * mp.mpf(second.gain) * mp.mpf(second.rate) ** (1 - b)
    return float(abs(computed(*letter) / factor - oracle(*letter)) / oracle.scale(a, b))


POINTS = {
    "generic": (0.7, 1.3, 0.4, -0.9, 1.1),
    "long and short": (30.0, 0.01, -1.0, 2.0, 2.5),
    "long, nearly parallel": (100.0, 100.0, 0.3, 0.31, 0.01),
    "short": (1e-3, 2e-3, 0.5, -0.2, 0.8),
    "coincident but for rounding": (0.8, 0.9, 0.3, 0.3 + 1e-8, 1e-8),
    "far to the left": (2.0, 5.0, -8.0, -7.0, 0.4),
    "far to the right": (0.02, 60.0, 8.0, 7.5, 3.0),
    "orthogonal": (1.0, 20.0, 0.0, 0.0, np.pi / 2),
    "almost opposite": (40.0, 0.7, 0.6, -0.5, np.pi - 1e-7),
}
PARALLEL = {
    "one": (1.5, 0.6, 0.4, 0.4, 0.0),
    "apart": (3.0, 70.0, 0.4, -0.6, 0.0),
    "opposite": (0.9, 4.0, 1.0, 0.3, np.pi),
}
SMOOTH_LETTERS = [(0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 1), (1, 1, 1, 1), (2, 0, 2, 0), (0, 2, 0, 2)]
OF_SLOPE = [(3, 1, 0, 0), (3, 1, 1, 1), (1, 3, 0, 2), (2, 2, 2, 0), (2, 1, 0, 1), (1, 2, 1, 0), (2, 0, 0, 2)]
OF_CURVATURE = [(4, 2, 0, 0), (2, 4, 1, 1), (4, 2, 2, 0), (3, 3, 0, 2), (3, 2, 0, 1), (1, 3, 1, 1)]


def test_generic_letters() -> None:
    assert error(SELU, SELU, POINTS["generic"], (1, 3, 1, 1)) < BOUND
    assert error(ELU, ELU, POINTS["short"], (0, 0, 0, 0)) < BOUND


@pytest.mark.long
@pytest.mark.parametrize("at", POINTS.values(), ids=POINTS)
def test_letters(at: tuple[float, ...]) -> None:
    """Of functions at every point; of Diracs for both kinds of units in turn."""
    place = list(POINTS.values()).index(at)
    for unit, asked in ((SELU, OF_SLOPE), (CELU, OF_CURVATURE)):
        for letter in (SMOOTH_LETTERS[(place + len(asked)) % 6], asked[place % len(asked)]):
            assert error(unit, unit, at, letter) < BOUND, letter


@pytest.mark.long
@pytest.mark.parametrize("at", PARALLEL.values(), ids=PARALLEL)
def test_letters_of_parallel_rows(at: tuple[float, ...]) -> None:
    """They do not depend on Y, and the slope of the second function meets the kink of the first."""
    for letter in ((0, 0, 0, 0), (1, 1, 2, 0), (0, 1, 0, 1), (2, 2, 1, 0)):
        computed, oracle = letters(ELU, ELU, *at)
        functions = mp.fsum(
            w * hermite(letter[2], x) * regular(mp.one, letter[0], oracle.p * (x + oracle.h))
            * oracle.given(letter[1], letter[3], x) for x, w in oracle.rule
        )  # fmt: skip
        assert abs(computed(*letter) - functions) < BOUND * oracle.scale(*letter[:2])


@pytest.mark.long
def test_two_units() -> None:
    """A rectifier is the unit of level 0; of moderate lengths in closed form, and of long ones by integrals."""
    for at in (POINTS["generic"], POINTS["far to the left"]):
        assert error(ExponentialUnit(0.0), SELU, at, (2, 2, 0, 0)) < BOUND
        assert error(SELU, ExponentialUnit(0.3, 2.0, 1.7), at, (3, 1, 0, 1)) < BOUND


def test_closed_forms_and_integrals_agree() -> None:
    """Where closed forms are taken, at angles down to 1e-9; every letter of two functions."""
    rng, count = np.random.default_rng(20), 2000
    p, q = 10.0 ** rng.uniform(-1.5, 0.7, size=(2, count))
    h, theta = 1.5 * rng.normal(size=count), np.where(np.arange(count) % 2, 10.0 ** rng.uniform(-9, 0, count), 1.3)
    v = rng.normal(size=count)
    k, r, c = h * np.cos(theta) + v * np.sin(theta), np.cos(theta), np.sin(theta)
    at = [x[moderate(p, q, h, k, r)] for x in (p, q, h, k, v, c, r)]
    levels = (Unit(SELU.ratio), Unit(0.7))
    closed, integral = ClosedPairs(*(unit.alpha for unit in levels), *at), integrated(*levels, *at[:3], *at[4:])
    assert len(at[0]) > 200
    for a, b, (i, j) in product(range(3), range(3), ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))):
        scale = [
            np.sqrt(ExponentialUnit(unit.alpha).squares(None, deviation**2 * (1 + offset**2))(order, 0))
            for unit, order, deviation, offset in zip(levels, (a, b), at[:2], at[2:4], strict=True)
        ]
        difference = closed.letter(a, b, i, j) - integral[:, 3 * a + i, 3 * b + j]
        assert np.max(np.abs(difference) / (scale[0] * scale[1])) < 1e-13  # what the activation states


def of_one(unit: ExponentialUnit, m: float, s: float, n: int, power: Callable[[Any], Any]) -> Any:
    """``d_m^n E f(z)`` by ``E[He_n(X) f(m + p X)]``, of the function f of ``z/rate``."""
    p = mp.sqrt(s)
    rule = panels((-m / p, unit.rate / p))
    return mp.fsum(w * hermite(n, x) * power((m + p * x) / unit.rate) for x, w in rule) / p**n


@pytest.mark.parametrize("p", [1e-3, *(pytest.param(p, marks=pytest.mark.long) for p in (0.03, 0.8, 100.0))])
def test_moments_of_one_argument(p: float) -> None:
    """Up to four derivatives in the mean of ``E sigma`` and of the pointwise squares."""
    unit, offset = (SELU, -0.6) if p < 1 else (CELU, 1.2)
    m, s = offset * p, p * p
    means, squares = unit.means(np.array(m), np.array(s)), unit.squares(np.array(m), np.array(s))
    size = [float(unit.scale(order, np.array(m), np.array(s))) for order in range(7)]
    for k, n in product(range(-1, unit.max_order + 1), range(5) if p != 1e-3 else range(3)):
        found, function, factor = (means(n), *sigma(unit, 0)) if k < 0 else (squares(k, n), *sigma(unit, k))
        if k < 0:
            scale = size[n]
        else:
            function, factor = (lambda y, of=function: of(y) ** 2), factor**2
            scale = max(size[k + a] * size[k + n - a] for a in range(n + 1))
        if p > 1:  # E[He_n(X) f(z)] is below sqrt(n! E f^2), and Diracs below others
            norm = of_one(unit, m, s, 0, lambda y, of=function: of(y) ** 2)
            scale = factor * mp.sqrt(mp.factorial(n) * norm) / mp.sqrt(s) ** n
        assert abs(found - factor * of_one(unit, m, s, n, function)) < BOUND * scale


def sigma(unit: ExponentialUnit, order: int) -> tuple[Callable[[Any], Any], Any]:
    """The pointwise derivative at ``rate y``, less a factor, and that factor."""
    return partial(regular, unit.ratio, order), mp.mpf(unit.gain) * mp.mpf(unit.rate) ** (1 - order)


@pytest.mark.parametrize("unit", [ELU, SELU, CELU, ExponentialUnit(0.3, 2.0, 1.7)])
def test_pieces_and_jumps(unit: ExponentialUnit) -> None:
    """Derivatives by differences beside the kink, jumps across it; a pickle is the same unit."""
    z = np.array([-30.0, -2.0, -0.5, 0.7, 3.0])
    values = unit.gain * (np.maximum(z, 0) + unit.alpha * np.expm1(np.minimum(z, 0) / unit.rate))
    assert np.allclose(unit.derivative(z, 0), values, rtol=1e-15)
    for order in range(4):
        step = 1e-5
        slope = (unit.derivative(z + step, order) - unit.derivative(z - step, order)) / (2 * step)
        assert np.allclose(unit.derivative(z, order + 1), slope, atol=1e-9)
        beside = unit.derivative(np.array([-1e-12, 1e-12]), order)
        heights = [jump_.height for jump_ in unit.jumps(order)]
        assert np.isclose(sum(heights), beside[1] - beside[0], atol=1e-11)
        assert all(heights)
    assert pickle.loads(pickle.dumps(unit)).key == unit.key != ExponentialUnit(0.123).key


def test_orders() -> None:
    """The slope of ELU and of CELU is continuous, and there is a loss in H2; else H1 is the order that jumps."""
    assert [(u.jump_order, u.max_order) for u in (ELU, CELU, ExponentialUnit(0.5), SELU)] == [
        (2, 2),
        (2, 2),
        (1, 1),
        (1, 1),
    ]
    assert SELU.derivative(np.array([-99.0, 1.0]), 0) == pytest.approx([-1.7580993408473766, 1.0507009873554805])
    for arguments in ((np.nan,), (1.0, 0.0), (1.0, 1.0, -1.0), ("1",)):
        with pytest.raises(ValueError, match=r"^(alpha|scale|rate): a (finite|positive) number is required, got "):
            ExponentialUnit(*arguments)


def setting(name: str, of_teacher: str, dim: int) -> tuple[st.Network, st.Network, dict[str, Any]]:
    """Two students, two teachers, and inputs with a mean and a covariance, in a metric."""
    rng = np.random.default_rng(dim)
    networks = [
        st.Network(rng.normal(size=(2, dim)), rng.normal(size=2), rng.normal(size=2), rng.normal(), each)
        for each in (name, of_teacher)
    ]
    root, other = rng.normal(size=(2, dim, dim))
    inputs = st.Inputs(rng.normal(size=dim), root @ root.T + np.eye(dim))
    return *networks, {"inputs": inputs, "metric": other @ other.T + np.eye(dim), "parameters": "all"}


BENT = [("elu", "H2"), ("selu", "H1")]
LONG = [("selu", "H1"), ("elu", "L2"), ("elu", "H1"), ("celu(0.5)", "H2"), ("elu(0.4)", "H1")]


@pytest.mark.parametrize(("name", "norm"), [BENT[0], *(pytest.param(*case, marks=pytest.mark.long) for case in LONG)])
def test_derivatives_are_those_of_the_loss(name: str, norm: str) -> None:
    """By central differences in every parameter, 1e-9 of the largest entry; the backprop field has its own Jacobian."""
    student, teacher, options = setting(name, name, 2)

    def moved(change: np.ndarray) -> st.Network:
        weights = student.weights + change[2:6].reshape(2, 2)
        biases, bias = student.biases + change[6:8], float(student.output_bias + change[8])
        return st.Network(weights, student.output_weights + change[:2], biases, bias, name)

    step = 1e-5 * np.eye(9)
    for derivative in ("exact", "backprop") if (name, norm) in BENT else ("exact",):
        loss = st.PopulationLoss(teacher, norm, derivative=derivative, **options)
        fields = [[np.asarray(loss.gradient(moved(sign * x))) for sign in (1, -1)] for x in step]
        jacobian, hessian = np.array([(one - two) / 2e-5 for one, two in fields]).T, loss.hessian(student).to_dense()
        assert np.max(np.abs(hessian - jacobian)) < 1e-9 * np.max(np.abs(hessian))
        if derivative == "exact":
            slopes = [(loss.value(moved(x)) - loss.value(moved(-x))) / 2e-5 for x in step]
            gradient = np.asarray(loss.gradient(student))
            assert np.max(np.abs(gradient - slopes)) < 1e-9 * np.max(np.abs(gradient))


@pytest.mark.parametrize(
    ("name", "of_teacher", "order"),
    [("selu", "selu", 1), ("elu(0.4)", "relu", 1), ("elu(2)", "celu(0.5)", 1), ("celu(0.5)", "elu", 2)],
)
def test_backprop_and_gauss_newton_on_a_line(name: str, of_teacher: str, order: int) -> None:
    """Inputs of one dimension: sums over panels that end at the kinks, with pointwise derivatives of the features."""
    student, teacher, options = setting(name, of_teacher, 1)
    inputs, metric = options["inputs"], float(options["metric"][0, 0])
    mean, deviation = float(inputs.mean[0]), float(np.sqrt(inputs.covariance[0, 0]))
    kinks = [-bias / w for net in (student, teacher) for bias, w in zip(net.biases, net.weights[:, 0], strict=True)]
    edges = np.sort([mean + deviation * x for x in np.arange(-12, 12.5, 0.5)] + kinks)
    points, weights = np.polynomial.legendre.leggauss(20)
    half = np.diff(edges)[:, None] / 2
    x = (edges[:-1, None] + half * (1 + points)).ravel()
    mass = (half * weights).ravel() * np.exp(-(((x - mean) / deviation) ** 2) / 2) / np.sqrt(2 * np.pi) / deviation
    gradient, gauss_newton = np.zeros(7), np.zeros((7, 7))
    for k in range(order + 1):
        residual, features = np.zeros(len(x)), np.zeros((7, len(x)))
        for sign, net in ((1, student), (-1, teacher)):
            for i in range(2):
                w, a, z = net.weights[i, 0], net.output_weights[i], net.weights[i, 0] * x + net.biases[i]
                at, above = (net.activation.derivative(z, k + n) for n in (0, 1))
                residual += sign * a * w**k * at
                if net is student:
                    features[i] = w**k * at
                    features[2 + i] = a * (w**k * above * x + (k * w ** (k - 1) * at if k else 0))
                    features[4 + i] = a * w**k * above
        if k == 0:
            features[6], residual = 1.0, residual + student.output_bias - teacher.output_bias
        gradient += metric**k * (features * mass) @ residual
        gauss_newton += metric**k * (features * mass) @ features.T
    loss = st.PopulationLoss(teacher, f"H{order}", derivative="backprop", activation=name, **options)
    found, matrix = np.asarray(loss.gradient(student)), loss.gauss_newton(student).to_dense()
    assert np.max(np.abs(found - gradient)) < 1e-13 * np.max(np.abs(gradient))
    assert np.max(np.abs(matrix - gauss_newton)) < 1e-13 * np.max(np.abs(gauss_newton))
