"""The oracles against published values, against plain integration, and against each other."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from mpmath import mp

from tests.oracles import (
    cross_block,
    field,
    gauss_newton_block,
    gradient,
    loss,
    own_block,
    self_block,
    self_field,
    self_gauss_newton,
    self_value,
    single_neuron_block,
    value,
)
from tests.oracles.pair import Derivative, field_of_vectors, pair_moments, pair_value, smooth_own_block
from tests.oracles.plane import Pair, frame
from tests.oracles.quadrature import gauss_hermite, gauss_legendre, jacobian

pytestmark = pytest.mark.long  # of the tests, not of the package

P, Q, THETA = 1.3, 0.6, 0.7
ACTIVATIONS = ["relu", "relu2", "relu3", "erf"]
TERMS = [("relu", 0), ("relu", 1), ("relu2", 1), ("relu2", 2), ("relu3", 1), ("relu3", 3), ("erf", 0), ("erf", 3)]
ANGLES = ["1e-12", "1e-3", "0.7", "1.5707963267948966", "2.9", "3.1415926535887932"]


def discrepancy(actual: Any, expected: Any) -> Any:
    """Largest absolute difference over the largest absolute entry."""
    if isinstance(actual, mp.matrix):
        return mp.mnorm(actual - expected, mp.inf) / (mp.mnorm(expected, mp.inf) or 1)
    return abs(actual - expected) / (abs(expected) or 1)


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(100):
        yield


def test_quadrature_rules_integrate_known_functions() -> None:
    assert discrepancy(sum(w * mp.exp(x) for x, w in gauss_legendre(0, 2, 60)), mp.exp(2) - 1) < 1e-95
    for degree, moment in ((0, 1), (4, 3), (8, 105), (7, 0)):
        assert discrepancy(sum(w * x**degree for x, w in gauss_hermite(5)), moment) < 1e-90


@pytest.mark.parametrize("theta", ANGLES)
def test_relu_values_are_the_arc_cosine_kernels(theta: str) -> None:
    """Cho & Saul 2009, with P and Q the exact doubles."""
    t, pq = mp.mpf(theta), mp.mpf(P) * mp.mpf(Q)
    s, c, gap = mp.sin(t), mp.cos(t), mp.pi - t
    assert discrepancy(value("relu", 0, P, Q, t), pq * (s + gap * c) / (2 * mp.pi)) < 1e-60
    assert discrepancy(value("relu", 1, P, Q, t), pq * c * gap / (2 * mp.pi)) < 1e-60
    kernel = 3 * s * c + gap * (1 + 2 * c**2)
    assert abs(value("relu2", 0, P, Q, t) - pq**2 * kernel / (2 * mp.pi)) < 1e-80
    assert discrepancy(value("relu2", 1, P, Q, t), 4 * pq**2 * c * (s + gap * c) / (2 * mp.pi)) < 1e-60


@pytest.mark.parametrize("p", [1e-3, 1.3, 1e6])
def test_erf_value_is_the_arcsine(p: float) -> None:
    """Williams 1997: K_00 = (2/pi) arcsin(rho / sqrt((1+s)(1+t)))."""
    rho = mp.mpf(p) * mp.mpf(Q) * mp.cos(THETA)
    sine = rho / mp.sqrt((1 + mp.mpf(p) ** 2) * (1 + mp.mpf(Q) ** 2))
    assert discrepancy(value("erf", 0, p, Q, THETA), 2 / mp.pi * mp.asin(sine)) < 1e-70
    slope = 2 / mp.pi / mp.sqrt((1 + mp.mpf(p) ** 2) * (1 + mp.mpf(Q) ** 2) - rho**2)
    assert discrepancy(value("erf", 1, p, Q, THETA), rho * slope) < 1e-70


def test_erf_moments_agree_with_plain_two_dimensional_sums() -> None:
    """The trapezoidal rule on a grid of R^2 with mpmath's erf: no tilt, no tau-integral, no Stein."""
    with mp.workdps(25):
        c, s = mp.cos_sin(mp.mpf(THETA))
        h, n = mp.mpf("0.3"), 33
        grid = [(k * h, h * mp.exp(-((k * h) ** 2) / 2) / mp.sqrt(2 * mp.pi)) for k in range(-n, n + 1)]
        totals = [mp.zero] * 4
        for (x, w), (y, z) in product(grid, repeat=2):
            first, second = P * x, Q * (c * x + s * y)
            erf_second = mp.erf(second / mp.sqrt(2))
            slope = mp.sqrt(2 / mp.pi) * mp.exp(-(first**2) / 2)
            totals[0] += w * z * mp.erf(first / mp.sqrt(2)) * erf_second
            totals[1] += w * z * slope * erf_second * y
            totals[2] += w * z * -first * slope * erf_second * x * y
            totals[3] += w * z * (first**2 - 1) * slope * mp.sqrt(2 / mp.pi) * mp.exp(-(second**2) / 2) * y * y
    pair = Pair.from_angle(P, Q, THETA)
    moments = [pair_moments("erf", a, b, k, pair) for a, b, k in ((0, 0, 0), (1, 0, 1), (2, 0, 2), (3, 1, 2))]
    for total, moment in zip(totals, (moments[0][0], moments[1][1], moments[2][1], moments[3][2]), strict=True):
        assert discrepancy(total, moment) < 1e-18


def test_relu_moments_agree_with_adaptive_polar_integrals() -> None:
    """E[(u.x)_+^2 (v.x)_+ x1 x2] for relu3 by mpmath's own quadrature in the radius and the angle."""
    with mp.workdps(30):
        u, v = (mp.mpf(P), mp.zero), [mp.mpf(Q) * x for x in mp.cos_sin(THETA)]
        angular = mp.quad(
            lambda f: (u[0] * mp.cos(f)) ** 2 * (v[0] * mp.cos(f) + v[1] * mp.sin(f)) * mp.cos(f) * mp.sin(f),
            [THETA - mp.pi / 2, mp.pi / 2],
        )
        radial = mp.quad(lambda r: r**6 * mp.exp(-(r**2) / 2), [0, 2, 5, 14])
        expected = 3 * 6 * angular * radial / (2 * mp.pi)
        assert discrepancy(pair_moments("relu3", 1, 2, 2, Pair.from_angle(P, Q, THETA))[1], expected) < 1e-25


@pytest.mark.parametrize(("activation", "order"), TERMS)
@pytest.mark.parametrize("theta", ["1e-6", "0.7", "2.9"])
def test_exact_field_is_the_gradient_of_the_value(activation: str, order: int, theta: str) -> None:
    pair = Pair.from_angle(P, Q, mp.mpf(theta))
    slope = jacobian(lambda u: [pair_value(activation, order, frame(u, pair.v)[0])], pair.u, mp.mpf("1e-30"))
    assert discrepancy(field(activation, order, "exact", P, Q, mp.mpf(theta)), slope.T) < 1e-45


@pytest.mark.parametrize(("activation", "order"), [("relu3", 0), ("relu3", 1), ("erf", 0), ("erf", 1), ("erf", 3)])
def test_blocks_by_moments_are_the_differentiated_field(activation: str, order: int) -> None:
    """Two routes to the same Jacobians, wherever the needed derivatives of sigma are functions."""
    pair, step = Pair.from_angle(P, Q, THETA), mp.mpf("1e-30")
    own = jacobian(lambda u: field_of_vectors(activation, order, "exact", u, pair.v), pair.u, step)
    cross = jacobian(lambda v: field_of_vectors(activation, order, "exact", pair.u, v), pair.v, step)
    for block in (own_block(activation, order, "exact", P, Q, THETA), smooth_own_block(activation, order, pair)):
        assert discrepancy(block, own) < 1e-45
    assert discrepancy(cross_block(activation, order, "exact", P, Q, THETA), cross) < 1e-45
    assert discrepancy(gauss_newton_block(activation, order, P, Q, THETA), cross) < 1e-45


@pytest.mark.parametrize(("activation", "order"), TERMS)
def test_conventions_agree_below_the_jump_and_differ_at_it(activation: str, order: int) -> None:
    jumps = activation != "erf" and order == int(activation[4:] or 1)
    exact, backprop = (field(activation, order, kind, P, Q, THETA) for kind in ("exact", "backprop"))
    assert (discrepancy(exact, backprop) > 0.01) is jumps
    exact_block, block = (own_block(activation, order, kind, P, Q, THETA) for kind in ("exact", "backprop"))
    assert discrepancy(exact_block, exact_block.T) < 1e-60
    assert (discrepancy(block, block.T) > 0.01) is jumps


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_gauss_newton_contraction_against_explicit_tensors(order: int) -> None:
    """The contraction in the docstring for four random numbers s'_u, s_u, s'_v, s_v and vectors h, k, x."""
    rng = np.random.default_rng(0)
    ds_u, s_u, ds_v, s_v = rng.normal(size=4)
    u, v, h, k, x = rng.normal(size=(5, 3))

    def tensor(factors: list[np.ndarray]) -> np.ndarray:
        result: np.ndarray = np.ones(())
        for factor in factors:
            result = np.asarray(np.multiply.outer(result, factor))
        return result

    def derivative(ds: float, s: float, w: np.ndarray, g: np.ndarray) -> np.ndarray:
        slots = [tensor([g if i == j else w for j in range(order)]) for i in range(order)]
        return np.asarray(ds * (g @ x) * tensor([w] * order) + s * sum(slots, np.zeros((3,) * order)))

    rho, m = u @ v, order
    contracted = rho**m * ds_u * ds_v * (h @ x) * (k @ x)
    if m:
        mixed = ds_u * s_v * (h @ x) * (u @ k) + s_u * ds_v * (k @ x) * (h @ v) + s_u * s_v * (h @ k)
        contracted += m * rho ** (m - 1) * mixed
    if m > 1:
        contracted += m * (m - 1) * rho ** (m - 2) * s_u * s_v * (h @ v) * (u @ k)
    assert np.sum(derivative(ds_u, s_u, u, h) * derivative(ds_v, s_v, v, k)) == pytest.approx(contracted, rel=1e-12)


def test_gauss_newton_of_relu_order_zero_is_the_cross_block() -> None:
    """For a piecewise-linear activation E[d_u sigma_u d_v sigma_v] is also d_v of the field (no Dirac in sigma_v')."""
    block = gauss_newton_block("relu", 0, P, Q, THETA)
    assert discrepancy(cross_block("relu", 0, "exact", P, Q, THETA), block) < 1e-60
    assert discrepancy(self_gauss_newton("relu", 0, P), mp.eye(3) / 2) < 1e-70
    assert discrepancy(self_gauss_newton("relu", 1, P), mp.eye(3) / 2) < 1e-70


@pytest.mark.parametrize("theta", ["1e-12", "1e-3", "0.7", "2.0", "3.14159"])
@pytest.mark.parametrize("r", [1e-6, 0.8, 1e6])
def test_single_neuron_table(theta: str, r: float) -> None:
    """Eigenvalues of L2 and of H1 (backprop, exact), and the backprop H1 matrix, as published or checked."""
    t, ratio = mp.mpf(theta), mp.mpf(r)
    s, c, pi, scale = mp.sin(t), mp.cos(t), mp.pi, 1 + mp.mpf(r)
    l2 = single_neuron_block(0, "backprop", r, t)
    expected = mp.diag([mp.mpf(1) / 2, mp.mpf(1) / 2 - ratio * s / pi, mp.mpf(1) / 2 - ratio * s / (2 * pi)])
    assert mp.mnorm(l2 - expected, mp.inf) < scale * mp.mpf("1e-40")
    jump = single_neuron_block(1, "backprop", r, t)
    outer = mp.matrix([[0, c, 0], [0, s, 0], [0, 0, 0]])
    assert mp.mnorm(jump - mp.eye(3) / 2 + ratio / (2 * pi) * outer, mp.inf) < scale * mp.mpf("1e-40")
    h1 = l2 + jump
    eigenvalues = (h1[0, 0], h1[1, 1], h1[2, 2])  # block triangular in the frame
    for actual, wanted in zip(eigenvalues, (1, 1 - 3 * ratio * s / (2 * pi), 1 - ratio * s / (2 * pi)), strict=True):
        assert abs(actual - wanted) < scale * mp.mpf("1e-40")
    exact = single_neuron_block(1, "exact", r, t)
    tail = [mp.mpf(1) / 2, mp.mpf(1) / 2 - ratio * s / pi, mp.mpf(1) / 2 + ratio * c**2 / (2 * pi * s)]
    assert mp.mnorm(exact - mp.diag(tail), mp.inf) < scale / s * mp.mpf("1e-40")


@pytest.mark.parametrize("theta", ["1e-9", "0.7", "3.0"])
def test_single_neuron_gradients(theta: str) -> None:
    """L2, J backprop and J exact of the table, for w = (1, 0), w* = r (cos, sin)."""
    r, t = mp.mpf("0.8"), mp.mpf(theta)
    s, c, gap = mp.sin(t), mp.cos(t), mp.pi - t
    rows: list[tuple[int, Derivative, Any, Any]] = [
        (0, "exact", gap * r * c + r * s, gap * r * s),
        (1, "backprop", gap * r * c, gap * r * s),
        (1, "exact", gap * r * c, gap * r * s + r * c),
    ]
    for order, kind, along, across in rows:
        weights = [0] * order + [1]
        actual = gradient("relu", weights, kind, [[1, 0]], [[r * c, r * s]], [1], [1])
        expected = mp.matrix([[mp.mpf(1) / 2 - along / (2 * mp.pi), -across / (2 * mp.pi)]])
        assert mp.mnorm(actual - expected, mp.inf) < mp.mpf("1e-65")


@pytest.mark.parametrize(("norm", "shift"), [((1,), 0.0), ((1, 1), 0.25)])
def test_scalar_blocks_at_the_orthonormal_teacher(norm: tuple[int, ...], shift: float) -> None:
    """Arjevani & Field 2020: 1/4 -+ 1/(2 pi) with multiplicities (K-1)(K-2)/2, K(K-3)/2; H1 Gauss-Newton adds 1/4."""
    width = 5
    right = sum((np.array(gauss_newton_block("relu", m, 1, 1, mp.pi / 2).tolist(), float) for m, _ in enumerate(norm)))
    same = sum((np.array(self_gauss_newton("relu", m, 1).tolist(), float) for m, _ in enumerate(norm)))
    matrix = np.zeros((width, width, width, width))
    for i, j in product(range(width), repeat=2):
        order = [i, j, *(k for k in range(width) if k not in (i, j))] if i != j else [i, *(set(range(width)) - {i})]
        plane = np.asarray(same if i == j else right)
        block = np.diag(np.full(width, plane[2, 2]))
        block[:2, :2] = plane[:2, :2]
        matrix[i, :, j, :][np.ix_(order, order)] = block
    spectrum = np.linalg.eigvalsh(matrix.reshape(width**2, width**2))
    for scalar, multiplicity in ((0.25 - 0.5 / np.pi + shift, 6), (0.25 + 0.5 / np.pi + shift, 5)):
        assert np.sum(np.abs(spectrum - scalar) < 1e-12) >= multiplicity


@pytest.mark.parametrize(("activation", "order"), TERMS)
def test_self_terms(activation: str, order: int) -> None:
    """One-dimensional integrals of the self value; both conventions agree, since z delta(z) = 0."""
    with mp.workdps(30):
        p, power = mp.mpf(P), int(activation[4:] or 1) if activation != "erf" else 0

        def slope(z: Any) -> Any:
            if activation != "erf":
                return mp.ff(power, order) * z ** (power - order) if z > 0 else mp.zero
            return mp.erf(z / mp.sqrt(2)) if order == 0 else mp.sqrt(2 / mp.pi) * (z**2 - 1) * mp.exp(-(z**2) / 2)

        integral = mp.quad(lambda z: mp.npdf(z) * slope(p * z) ** 2, [-12, -6, -3, 0, 3, 6, 12])
        assert discrepancy(self_value(activation, order, P), p ** (2 * order) * integral) < 1e-20
    exact, backprop = (self_field(activation, order, kind, P) for kind in ("exact", "backprop"))
    assert discrepancy(exact, backprop) < 1e-60
    exact, backprop = (self_block(activation, order, kind, P) for kind in ("exact", "backprop"))
    assert discrepancy(exact, backprop) < 1e-50


@pytest.mark.parametrize("distance", [1e-9, 1e-13])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_losses_next_to_the_teacher_are_the_gauss_newton_form(activation: str, distance: float) -> None:
    """Orders below the jump: L2 = 1/2 D' N D (1 + O(distance)) and gradient = N D (1 + O(distance))."""
    teacher = [[1.0, 0.0, 0.0], [0.3, 0.9, 0.0]]
    student = [[1.0, distance, -2 * distance], [0.3 - distance, 0.9, distance]]
    second = gauss_newton_block(activation, 0, *_pair_of(teacher))
    turned = _to_axes(second, teacher)
    own = [self_gauss_newton(activation, 0, 1), self_gauss_newton(activation, 0, mp.norm(teacher[1]))]
    moves = [
        mp.matrix([mp.mpf(x) - mp.mpf(y) for x, y in zip(*rows, strict=True)])
        for rows in zip(student, teacher, strict=True)
    ]
    axes = [mp.eye(3), _axes(teacher[1], teacher[0])]
    first = own[0] * moves[0] + turned * moves[1]
    last = axes[1] * own[1] * axes[1].T * moves[1] + turned.T * moves[0]
    quadratic = ((moves[0].T * first)[0] + (moves[1].T * last)[0]) / 2
    ones = [1, 1]
    assert discrepancy(loss(activation, [1], student, teacher, ones, ones), quadratic) < 20 * distance
    actual = gradient(activation, [1], "exact", student, teacher, ones, ones)
    expected = mp.matrix([list(first), list(last)])
    assert discrepancy(actual, expected) < 20 * distance


@pytest.mark.parametrize("distance", [1e-6, 1e-9, 1e-13])
def test_single_neuron_losses_next_to_the_teacher_keep_their_digits(distance: float) -> None:
    """L = 1/4 |w-w*|^2 - pq (sin - theta cos)/(2 pi) and J = 1/4 |w-w*|^2 + rho theta/(2 pi), at twice the digits."""
    w, teacher = [1.0, 0.5 + distance, -distance], [1.0, 0.5, 0.0]
    with mp.workdps(200):
        difference = mp.norm([mp.mpf(x) - mp.mpf(y) for x, y in zip(w, teacher, strict=True)])
        pair = frame([mp.mpf(x) for x in w], [mp.mpf(y) for y in teacher])[0]
        theta = mp.atan2(pair.sin, pair.cos)
        l2 = difference**2 / 4 - pair.p * pair.q * (pair.sin - theta * pair.cos) / (2 * mp.pi)
        jump = difference**2 / 4 + pair.rho * theta / (2 * mp.pi)
    assert discrepancy(loss("relu", [1], [w], [teacher], [1], [1]), l2) < 1e-45
    assert discrepancy(loss("relu", [0, 1], [w], [teacher], [1], [1]), jump) < 1e-45
    assert discrepancy(loss("relu", [1, 1], [w], [teacher], [2], [2]), 4 * (l2 + jump)) < 1e-45
    assert loss("relu3", [1, 1, 1, 1], [teacher], [teacher], [1], [1]) < 1e-70


@pytest.mark.parametrize(("activation", "norm"), [("relu", (1, 1)), ("relu2", (0.5, 1, 2)), ("erf", (1, 0.5))])
def test_gradient_is_the_gradient_of_the_loss(activation: str, norm: tuple[float, ...]) -> None:
    student, teacher = [[0.5, 0.1, -0.7], [0.2, -1.1, 0.4]], [[1.0, 0.2, 0.3]]
    a, b, step = [0.7, -1.2], [1.5], mp.mpf("1e-25")
    actual = gradient(activation, norm, "exact", student, teacher, a, b)
    for i, k in ((0, 0), (0, 2), (1, 1)):
        moved = []
        for sign in (1, -1):
            rows = [[mp.mpf(x) for x in row] for row in student]
            rows[i][k] += sign * step
            moved.append(loss(activation, norm, rows, teacher, a, b))
        assert discrepancy((moved[0] - moved[1]) / (2 * step), actual[i, k]) < 1e-40


def test_refusals() -> None:
    with pytest.raises(ValueError, match="infinite"):
        value("relu", 2, 1, 1, 1)
    with pytest.raises(ValueError, match="theta = 0"):
        own_block("relu", 1, "backprop", 1, 1, 0)
    with pytest.raises(ValueError, match="derivative"):
        field("relu", 0, "autograd", 1, 1, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="activation"):
        value("gelu", 0, 1, 1, 1)


def test_global_precision_is_left_alone() -> None:
    with mp.workdps(15):
        own_block("relu", 1, "exact", P, Q, THETA)
        assert mp.dps == 15


def _axes(u: list[float], v: list[float]) -> Any:
    """Columns u^, e, n of the pair frame in R^3 (third coordinate of u and v zero)."""
    _, unit, e = frame([mp.mpf(x) for x in u], [mp.mpf(x) for x in v])
    return mp.matrix([unit, e, [0, 0, 1]]).T


def _pair_of(rows: list[list[float]]) -> tuple[Any, Any, Any]:
    pair, _, _ = frame(*[[mp.mpf(x) for x in row] for row in rows])
    return pair.p, pair.q, mp.atan2(pair.sin, pair.cos)


def _to_axes(block: Any, rows: list[list[float]]) -> Any:
    axes = _axes(*rows)
    return axes * block * axes.T
