"""The value near the teacher: against the definition in 75 digits, against the pair sum, and where forms change.

Errors are measured in units of the sum of the losses of single neurons, ``sum_i a_i^2 E |sigma_w_i - sigma_v_i|^2/2``.
By Cauchy-Schwarz it bounds every difference that is summed, so it is what rounding refers to.
"""

from itertools import product

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as hs

import sobolev_theory as st
from sobolev_theory._quadrature import gauss_legendre
from sobolev_theory.activations.generated import BUILT_IN
from sobolev_theory.pairs.gauss_points import points_between_kinks, points_of_smooth
from sobolev_theory.pairs.near_teacher import Segments
from sobolev_theory.parameters import Parameters
from sobolev_theory.symbolic import derive
from tests import oracles

NORMS = [(name, order) for name in sorted(BUILT_IN) for order in range(st.activations.get(name).max_order + 1)]

ROUNDING = {"erf": 4e-14, "relu": 3e-15, "relu2": 3e-15, "relu3": 3e-15}
"""A difference is a sum of five products, each good to a few roundings of 1.1e-16, with kernels good to 4e-16 (erf:
8e-15, see docs/accuracy.md): some 20 roundings, erf four times its kernel."""

ALWAYS, NEVER = np.inf, -1.0
"""Settings of the share of the terms below which the value is taken from segments."""


def problem(seed: int, width: int, name: str, order: int, dim: int = 4) -> tuple[st.PopulationLoss, np.ndarray]:
    """A loss whose teacher has output weights of both signs, and a direction of norm one."""
    rng = np.random.default_rng(seed)
    output_weights = rng.choice([-1, 1], width) * rng.uniform(0.5, 2, width)
    teacher = st.Network(rng.standard_normal((width, dim)), output_weights, activation=name)
    direction = rng.standard_normal((width, dim))
    return st.PopulationLoss(teacher, (1.0,) * (order + 1)), direction / np.linalg.norm(direction)


def student_at(loss: st.PopulationLoss, weights: np.ndarray) -> st.Network:
    return st.Network(weights, loss.teacher.output_weights, activation=loss.activation)


def oracle(loss: st.PopulationLoss, student: st.Network) -> mp.mpf:
    """The loss by integration; zero rows, which the oracle refuses, contribute nothing."""
    rows = [
        (n.weights[n.weights.any(axis=1)], n.output_weights[n.weights.any(axis=1)]) for n in (student, loss.teacher)
    ]
    (w, a), (v, b) = rows
    return oracles.loss(loss.activation.name, loss.sobolev_weights, w, v, a, b)


def error(loss: st.PopulationLoss, weights: np.ndarray) -> float:
    """Error of the value in units of the sum of single losses, rows of `weights` in the teacher's order.

    The loss itself is added to the sum, for losses above it."""
    order = np.random.default_rng(0).permutation(len(weights))
    a = loss.teacher.output_weights
    student = st.Network(weights[order], a[order], activation=loss.activation)
    with mp.workdps(60):
        exact = oracle(loss, student)
        single = mp.mpf(0)
        for w, v, c in zip(weights, loss.teacher.weights, a, strict=True):
            if w.any() and v.any():
                single += oracles.loss(loss.activation.name, loss.sobolev_weights, [w], [v], [c], [c])
        return float(abs(loss.value(student) - exact) / (single + exact))


@pytest.mark.parametrize(
    ("name", "order"),
    [
        pytest.param(*case, marks=() if case in (("relu", 0), ("relu", 1), ("erf", 3)) else pytest.mark.long)
        for case in NORMS
    ],
)
def test_value_near_the_teacher(monkeypatch, name, order):
    """Permuted students at distances down to 1e-13, where the pair sum has no digit left."""
    monkeypatch.setattr("sobolev_theory.points.CANCELS", ALWAYS)
    for width, distance in ((1, 1e-9), (2, 1e-2), (3, 1e-1), (3, 1e-13)):
        loss, direction = problem(order, width, name, order)
        assert error(loss, loss.teacher.weights + distance * direction) < ROUNDING[name]


@pytest.mark.parametrize("name", sorted(BUILT_IN))
@pytest.mark.parametrize("angle", [1e-3, *(pytest.param(x, marks=pytest.mark.long) for x in (1e-6, np.pi - 1e-3))])
def test_nearly_parallel_teacher(name, angle):
    """Neighbours moving apart, together, and along themselves, where the loss of ReLU in H1 has no term of first order:
    the frames of nearly parallel rows lose no digits.
    """
    rows = np.array([[1.0, 0.0, 0.0], [np.cos(angle), np.sin(angle), 0.0], [0.3, 0.4, 0.5]])
    loss = st.PopulationLoss(st.Network(rows, activation=name), "H1")
    away = np.array([[0.1, -1.0, 0.3], [-0.1, 1.0, -0.2], [0.0, 0.1, 0.0]])
    radial = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [2.0, 0.0, 0.0]]) + [[0.0], [-1.0], [0.0]] * rows[1]
    for direction, distance in ((away, 0.05), (-away, 1e-5), (radial, 0.05)):
        assert error(loss, rows + distance * np.sin(angle) * direction) < ROUNDING[name]


@pytest.mark.parametrize("name", ["relu", "relu2", "relu3"])
def test_one_neuron_at_any_angle(monkeypatch, name):
    """The angle between a neuron and its own is integrated to rounding up to a half turn."""
    monkeypatch.setattr("sobolev_theory.points.CANCELS", ALWAYS)
    loss = st.PopulationLoss(st.Network([[0.0, 2.0, 0.0]], activation=name), f"H{name[4:] or 1}")
    for angle in (1e-7, 0.5, 1.5, 3.0, np.pi):
        assert error(loss, 1.5 * np.array([[np.sin(angle), np.cos(angle), 0.0]])) < ROUNDING[name]


@given(hs.sampled_from(NORMS), hs.integers(1, 6), hs.integers(1, 6), hs.floats(-3, 1), hs.integers(0, 2**32 - 1))
def test_segments_and_pair_sum_agree_where_both_have_digits(norm, width, dim, decade, seed):
    """At every distance, also far away, in any dimension: the value is continuous where one takes over.

    Rounding of a sum of ``(2 K)^2`` terms: each is at most ``t = max_i c_i^2 F_ii`` and good to ten roundings.
    """
    loss, direction = problem(seed, width, *norm, dim=dim)
    student = student_at(loss, loss.teacher.weights + 10**decade * direction)
    with pytest.MonkeyPatch.context() as patch:
        values = []
        for setting in (ALWAYS, NEVER):
            patch.setattr("sobolev_theory.points.CANCELS", setting)
            values.append(loss.value(student))
    rows = [(loss, n.weights[[k]], n.output_weights[[k]]) for n in (student, loss.teacher) for k in range(width)]
    largest = max(
        st.PopulationLoss(st.Network(w, c, activation=loss.activation), loss.sobolev_weights).value(
            st.Network(0 * w, c, activation=loss.activation)
        )
        for _, w, c in rows
    )
    scale = (
        1 + np.linalg.norm(student.weights, axis=1).max() ** 2 if loss.activation.name == "erf" else 1
    )  # cost of norms
    assert abs(values[0] - values[1]) <= 10 * 2.0**-53 * (2 * width) ** 2 * 2 * largest * scale


@pytest.mark.parametrize(
    "weights", [(0.0, 0.0, 1.0), *(pytest.param(w, marks=pytest.mark.long) for w in ((1.0,), (1.0,) * 4))]
)
@pytest.mark.parametrize("scale", [1e-5, *(pytest.param(x, marks=pytest.mark.long) for x in (1e-8, 1e-2, 1.0))])
def test_small_weights_of_a_smooth_activation(scale, weights):
    """How far a row moves counts relative to its own length: generic directions at every distance and scale."""
    rng = np.random.default_rng(5)
    for distance in (1e-13, 1e-6, 5e-4, 0.05, 0.3, 1.0):
        teacher = scale * rng.standard_normal((2, 3))
        loss = st.PopulationLoss(st.Network(teacher, activation="erf"), weights)
        assert error(loss, teacher + distance * scale * rng.standard_normal((2, 3))) < 2 * ROUNDING["erf"]


@pytest.mark.parametrize("scale", [1e-8, 1e-5, 1.0, 1e8])
def test_powers_at_any_scale(scale):
    """``E (p^3 - q^3)^2 = 15 (q^3 - p^3)^2`` for parallel weights and ``z^3``; a zero row of the teacher beside."""
    cube = derive("z**3", "cube", max_order=0).activation
    for distance in (1e-10, 5e-4, 0.3):
        p, q = mp.mpf(scale), mp.mpf(scale * (1 + distance))
        teacher, student = np.array([[scale, 0.0], [0.0, 0.0]]), np.array([[scale * (1 + distance), 0.0], [0.0, 0.0]])
        loss = st.PopulationLoss(st.Network(teacher, activation=cube), "L2")
        with mp.workdps(50):
            expected = 15 * (q**3 - p**3) ** 2 / 2
        assert loss.value(student_at(loss, student)) == pytest.approx(
            float(expected), rel=1e-14 if distance > 1e-9 else 1e-13
        )


@pytest.mark.parametrize(("text", "power"), [("z**9", 9), pytest.param("z**3*exp(-z**2)", 3, marks=pytest.mark.long)])
def test_small_weights_of_high_powers(text, power):
    """Of ``z^n`` to first order ``E (p^n - q^n)^2 z^(2n) = (2n - 1)!! (p^n - q^n)^2``, at weights of 1e-9."""
    activation = derive(text, "high", max_order=0).activation
    for distance in (1e-6, 0.1, 0.5):
        p, q = 1e-9, 1e-9 * (1 + distance)
        loss = st.PopulationLoss(st.Network([[p, 0.0]], activation=activation), "L2")
        with mp.workdps(50):
            expected = mp.fac2(2 * power - 1) * (mp.mpf(q) ** power - mp.mpf(p) ** power) ** 2 / 2
        assert loss.value(student_at(loss, np.array([[q, 0.0]]))) == pytest.approx(float(expected), rel=1e-13)


@pytest.mark.parametrize("distance", [1e-6, 0.1, 0.5])
def test_tiny_weights_of_a_power_that_a_norm_picks(distance: float):
    """Alone in the second derivative of erf ``F = 2/pi (u.v)^3``, so that ``E = (q^3 - p^3)^2/pi``."""
    p, q = 1e-17, 1e-17 * (1 + distance)
    loss = st.PopulationLoss(st.Network([[p, 0.0]], activation="erf"), (0.0, 0.0, 1.0))
    with mp.workdps(50):
        expected = (mp.mpf(q) ** 3 - mp.mpf(p) ** 3) ** 2 / mp.pi
    assert loss.value(student_at(loss, np.array([[q, 0.0]]))) == pytest.approx(float(expected), rel=1e-14, abs=0)


def test_zero_exactly_at_the_teacher():
    """Permuted, with parallel, equal and zero rows, and output weights of zero on rows that differ."""
    rows = np.array([[1.0, 2.0], [1.0, 2.0], [-2.0, -4.0], [0.0, 0.0], [0.3, 0.1]])
    output_weights = np.array([1.0, 1.0, -2.0, 1.0, 0.0])
    for name, order in NORMS:
        loss = st.PopulationLoss(st.Network(rows, output_weights, activation=name), (1.0,) * (order + 1))
        moved = rows.copy()
        moved[4] = 7.0
        for permutation in ([0, 1, 2, 3, 4], [4, 2, 3, 1, 0]):
            student = st.Network(moved[permutation], output_weights[permutation], activation=name)
            assert loss.value(student) == 0.0


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_neurons_that_stay_do_not_matter(name):
    """One of six moves: its own loss remains, although others are parallel, equal or zero."""
    rows = np.array([[1.0, 2.0], [1.0, 2.0], [-2.0, -4.0], [0.0, 0.0], [0.3, 0.1], [1.0, -1.0]])
    moved = rows.copy()
    moved[5] += [1e-9, 3e-9]
    loss, alone = (st.PopulationLoss(st.Network(v, activation=name), "H1") for v in (rows, rows[5:]))
    assert loss.value(student_at(loss, moved)) == pytest.approx(alone.value(student_at(alone, moved[5:])), rel=1e-15)


def test_a_neuron_that_leaves_zero():
    """A zero row of the teacher has no direction: ``E = 3 |w|^4 / 4`` for ReLU^2 in L2."""
    teacher, student = np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[1.0, 2.0], [3e-5, 4e-5]])
    loss = st.PopulationLoss(st.Network(teacher, activation="relu2"), "L2")
    assert loss.value(student_at(loss, student)) == pytest.approx(0.75 * 5e-5**4, rel=1e-14, abs=0)


def test_never_negative():
    """Two equal neurons that part leave a loss of fourth order: 1e-32, far below the rounding of its terms."""
    rows, apart = np.array([[1.0, 0.5], [1.0, 0.5]]), np.array([[0.3, 1.0], [-0.3, -1.0]])
    for name, order in NORMS:
        loss = st.PopulationLoss(st.Network(rows, activation=name), (1.0,) * (order + 1))
        for distance in np.logspace(-9, -2, 20):
            assert loss.value(student_at(loss, rows + distance * apart)) >= 0.0


def test_what_is_left_to_sums():
    """Parallel and zero rows of the teacher, one dimension, more students than teachers: 1e-15 of the terms."""
    rng = np.random.default_rng(0)
    plane, line = rng.standard_normal((3, 3)), rng.standard_normal((3, 1))
    parallel, zero = plane.copy(), plane.copy()
    parallel[1], zero[1] = -2 * parallel[0], 0.0
    for name, rows in product(("relu", "relu2"), (parallel, zero, line)):
        loss = st.PopulationLoss(st.Network(rows, activation=name), "H1")
        student = student_at(loss, rows + 1e-7 * rng.standard_normal(rows.shape))
        with mp.workdps(60):
            assert abs(loss.value(student) - oracle(loss, student)) < 1e-15 * 10 * np.linalg.norm(rows) ** 4
    loss = st.PopulationLoss(plane[:2], "H1")
    student = st.Network(np.vstack([plane[:2], plane[:1]]) + 1e-7, [0.5, 1.0, 0.5])
    with mp.workdps(60):
        assert abs(loss.value(student) - oracle(loss, student)) < 1e-15 * 10 * np.linalg.norm(plane) ** 2


@pytest.mark.parametrize("exponent", [-300, 300])
def test_any_scale_of_relu_networks(exponent):
    """Scaling by a power of two changes no digit: no product on the way leaves the range of doubles."""
    for order in (0, 1):
        loss, direction = problem(1, 3, "relu", order)
        rows = loss.teacher.weights
        large = st.PopulationLoss(student_at(loss, 2.0**exponent * rows), loss.sobolev_weights)
        moved = rows + 1e-6 * direction
        value = large.value(student_at(loss, 2.0**exponent * moved))
        assert value == pytest.approx(4.0**exponent * loss.value(student_at(loss, moved)), rel=1e-15, abs=0)


@pytest.mark.parametrize(("name", "order"), [("relu", 0), ("relu2", 1), ("relu3", 2), ("erf", 3)])
def test_displacements_below_the_rounding_of_weights(name, order):
    """``E = D' G D/2`` with the Gauss-Newton matrix at the teacher, up to ``|D| = 1e-30`` relative."""
    loss, direction = problem(2, 3, name, order)
    permutation = np.array([2, 0, 1])
    displacement = 1e-30 * direction
    output_weights = loss.teacher.output_weights[permutation]
    value = loss.value(Parameters.displaced(loss.teacher, permutation, displacement, output_weights))
    matrix = loss.gauss_newton(st.Network(loss.teacher.weights[permutation], output_weights, activation=name))
    quadratic = displacement.ravel() @ (matrix @ displacement.ravel()) / 2
    assert value == pytest.approx(quadratic, rel=10 * ROUNDING[name], abs=0)


def test_the_cone_of_a_jump_below_the_rounding_of_weights():
    """``E = sum_i a_i^2 |v_i x D_i| / (2 pi)`` for ReLU with H1: of first order in the displacement."""
    loss, direction = problem(3, 2, "relu", 1, dim=2)
    v, a = loss.teacher.weights, loss.teacher.output_weights
    value = loss.value(Parameters.displaced(loss.teacher, np.arange(2), 1e-40 * direction, a))
    areas = np.abs(v[:, 0] * direction[:, 1] - v[:, 1] * direction[:, 0])
    assert value == pytest.approx(1e-40 * (a**2 @ areas) / (2 * np.pi), rel=1e-14, abs=0)


def erf_pair(u: list[float], v: list[float], order: int) -> mp.mpf:
    """``(u.v)^m`` times the moment of derivatives m = 1 or 2 of ``erf(z/sqrt 2)``, with ``|u ^ v|^2`` from minors."""
    (a, b), (c, d) = (map(mp.mpf, row) for row in (u, v))
    rho, base = a * c + b * d, 1 + a * a + b * b + c * c + d * d + (a * d - b * c) ** 2
    return rho**order * 2 / mp.pi / mp.sqrt(base) * (rho / base) ** (order - 1)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("w", "v"),
    [
        ([1e30, 1.0], [1e30, 2.0]),  # far apart on the scale 1/|w| of angles, though parallel to rounding
        ([1e30, 1.0], [2e30, 3.0]),
        ([1e10, 1.0], [1e10 * (1 + 1e-15), 1.0]),  # 0.77 of 4.5e29 in H2: |w|^4 roundings were 1.5e20
        ([1e12, 1.0], [1e12 * (1 + 1e-12), 1.0]),
    ],
)
def test_long_rows_of_a_smooth_activation(order, w, v):
    norm = (0.0,) * order + (1.0,)
    with mp.workdps(100):
        own, other, mixed = (erf_pair(*pair, order) for pair in ((w, w), (v, v), (w, v)))
        expected, size = (own + other) / 2 - mixed, own + other
        value = st.PopulationLoss(st.Network([v], activation="erf"), norm).value([w])
        assert abs(value - expected) <= 1e-15 * size


# How many points a segment takes


def fewest(reach: np.ndarray) -> np.ndarray:
    """The least n with ``(reach + sqrt(reach^2 - 1))^(-2 n) <= 2^-58``, 0 if it is more than eight."""
    with np.errstate(invalid="ignore", divide="ignore"):
        points = np.ceil(58 * np.log(2) / (2 * np.log(reach + np.sqrt(reach**2 - 1))))
    return np.where((reach > 1) & (points <= 8), points, 0)


def test_points_between_kinks_reach_rounding_and_are_no_more():
    rng = np.random.default_rng(0)
    for _ in range(200):
        x, sines = 10 ** rng.uniform(-6, 0, size=3), rng.uniform(0, 1, size=(3, 3))
        sines = (sines + sines.T) / 2
        reach = 2 * (sines - x) / x[:, None] - 1
        np.testing.assert_array_equal(points_between_kinks(x, sines), fewest(np.minimum(reach, reach.T)))


def test_points_of_long_smooth_rows_reach_rounding_and_are_no_more():
    rng = np.random.default_rng(1)
    for _ in range(200):
        length, norms = 10 ** rng.uniform(-6, 0, size=3), rng.uniform(1, 4, size=3)
        reach = 2 * (1 - length) / length[:, None] - 1
        found = points_of_smooth(length, norms, 1.0, np.full(3, 2.0))
        np.testing.assert_array_equal(found, fewest(np.minimum(reach, reach.T)))


def test_points_of_small_smooth_rows_integrate_the_powers_that_count():
    """``size^(2 n)`` with ``size = |v| + |D|``, in units of the power that the integrand starts with, is rounding."""
    rng = np.random.default_rng(2)
    for _ in range(200):
        norms = 10 ** rng.uniform(-9, -4, size=3)
        power = rng.integers(1, 5, size=3).astype(float)
        found = points_of_smooth(norms, norms, 1.0, power)  # |D| = |v|: no reach helps
        size = 2 * norms

        def enough(n: int, size: np.ndarray = size, power: np.ndarray = power) -> np.ndarray:
            return size ** (2 * n - 1 - power) <= 2.0**-52

        least = np.array([next(n for n in range(1, 20) if enough(n)[i]) for i in range(3)])
        np.testing.assert_array_equal(found, np.maximum.outer(least, least) * (np.maximum.outer(least, least) <= 8))


@pytest.mark.parametrize(("weights", "power"), [((1.0,), 1), ((0.0, 1.0), 1), ((0.0, 0.0, 1.0), 3)])
def test_the_power_of_small_smooth_rows(weights: tuple[float, ...], power: int):
    """``F(u, v)`` is like ``(u.v)^power`` near zero: the derivatives of erf there are odd and even in turn."""
    row = np.array([[1e-9, 0.0]])
    terms = st.PopulationLoss(st.Network(row, activation="erf"), weights).terms
    segments = Segments(row, row, 2 * row, np.ones(1), terms)
    least = next(n for n in range(1, 9) if 2e-9 ** (2 * n - 1 - power) <= 2.0**-52)
    assert segments._points() == least


@pytest.mark.parametrize("count", range(1, 9))
def test_points_integrate_polynomials(count: int):
    x, weights = gauss_legendre(count)
    for degree in range(2 * count):
        assert weights @ x**degree == pytest.approx(1 / (degree + 1), rel=1e-14)
