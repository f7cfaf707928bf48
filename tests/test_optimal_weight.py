"""The best derivative weight: closed forms, hand-made valleys, dense linear algebra on a grid, and invariances.

Tolerances: eigenvalues of a symmetric matrix of the sizes here are known to 1e-14 of the largest, so ``1/kappa`` is
known to 2e-14 and ``kappa`` to ``2e-14 kappa^2``.
"""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as hs
from scipy.optimize import brentq

import sobolev_theory as st
from sobolev_theory.conditioning.optimal_weight import CLOSE, optimal_weight
from sobolev_theory.conditioning.valleys import Valleys
from sobolev_theory.conditioning.weight_path import WeightPath, quality
from tests.strategies import problems

FAR = pytest.mark.filterwarnings("ignore::sobolev_theory.ConditioningWarning")
"""Also where Hessians are indefinite; that `optimal_weight` warns there has its own test."""

ACTIVATIONS = ["erf", "relu", "relu2", "relu3"]


def orthonormal_relu(width):
    """``G0`` and ``G1`` of ReLU at W = I from the moments of independent Gaussians and their steps.

    ``E[s_i] = 1/2``, ``E[s_i s_j] = 1/4``, ``E[s_i x_i] = 1/sqrt(2 pi)``, and all x_a are independent.
    """
    steps = np.full((width, width), 0.25) + 0.25 * np.eye(width)  # E[s_i s_j]
    g1 = np.kron(steps, np.eye(width))
    g0 = g1.reshape((width,) * 4).copy()  # axes i, a, j, b; E[s_i s_j x_a x_b] = E[s_i s_j] on a = b
    for i in range(width):
        for j in range(width):
            if i != j:
                g0[i, i, j, j] = g0[i, j, j, i] = 1 / (2 * np.pi)  # E[s_i x_i] E[s_j x_j]
    return g0.reshape(g1.shape), g1


def dense_quality(student, teacher, weight, curvature="gauss_newton", **options):
    """``1/kappa`` from the whole matrix of one norm, by dense linear algebra."""
    loss = st.PopulationLoss(teacher, (0, 1) if weight == np.inf else (1, weight), **options)
    matrix = getattr(loss, curvature)(student).to_dense()
    modulus = np.abs(np.linalg.eigvals(matrix) if curvature == "hessian" else np.linalg.eigvalsh(matrix))
    return modulus.min() / modulus.max()


def valley(g0, g1):
    """The path of two symmetric matrices; where its best point and the interval around are, in ``u``."""
    path = WeightPath([(g0, g1)], symmetric=True)
    valleys = Valleys(path, quality)
    best = valleys.best()
    return path, best, *valleys.interval(best, valleys(best) / CLOSE)


def perturbed(width=3, dim=4, scale=0.3):
    """A student near an orthonormal teacher, and the teacher."""
    teacher = np.eye(width, dim)
    return teacher + scale * np.random.default_rng(0).standard_normal((width, dim)), teacher


@pytest.mark.parametrize("width", [3, 5, 10])
def test_orthonormal_relu_teacher(width):
    """Scalar eigenvalues 1/4 -+ 1/(2 pi), for H1 plus 1/4; ``kappa(A) = K + 1`` at infinity; the interval's low end."""
    teacher = np.eye(width)
    best = optimal_weight(teacher, teacher, curvature="gauss_newton")
    g0, g1 = orthonormal_relu(width)

    def kappa(weight):
        values = np.linalg.eigvalsh(g0 + weight * g1)
        assert np.abs(values - (0.25 * (1 + weight) - 1 / (2 * np.pi))).min() < 1e-13 * (1 + weight)
        return values[-1] / values[0]

    assert best.weight == np.inf
    assert best.definite
    assert best.condition_number == best.at_infinity == pytest.approx(width + 1, rel=1e-12)
    assert best.at_zero == pytest.approx(kappa(0), rel=1e-12)
    assert best.at_one == pytest.approx(kappa(1), rel=1e-12)
    low = brentq(lambda weight: kappa(weight) - 1.01 * (width + 1), 1, 1e4)
    # kappa - (K + 1) is about c/lambda: its relative error of 1e-13/0.01 is that of lambda
    assert best.interval == (pytest.approx(low, rel=1e-10), np.inf)


@given(hs.integers(1, 4), hs.integers(1, 6), hs.integers(0, 2**32 - 1))
def test_relu_gauss_newton_never_has_enough(width, dim, seed):
    """The theorem of the module: no weight beats derivatives alone."""
    rng = np.random.default_rng(seed)
    student = st.Network(rng.standard_normal((width, dim)), rng.standard_normal(width))
    qualities = [dense_quality(student, student, weight) for weight in (0, 0.1, 1, 10, 100, np.inf)]
    assert (np.diff(qualities) >= -4e-14).all()


def test_one_relu_neuron_is_a_multiple_of_the_identity():
    best = optimal_weight([[1.0, 2.0, 0.0]], [[1.0, 0.0, 0.0]], curvature="gauss_newton")
    assert best == (0, pytest.approx(1, rel=1e-14))
    assert best.interval == (0, np.inf)


@pytest.mark.parametrize(("theta", "r"), [(0.3, 1.0), (1.0, 0.5), (2.5, 1.5)])
def test_one_relu_neuron_with_its_exact_hessian(theta, r):
    """Radial ``(1 + l)/2``, in-plane ``(1/2 - x)(1 + l)``, transverse ``(1 - x)/2 + l (1/2 + c)`` (MATH 3).

    ``kappa`` stays ``1/(1 - 2x)`` until the transverse one is the largest: the smallest of equally good weights is 0.
    """
    x, c = r * np.sin(theta) / np.pi, r * np.cos(theta) ** 2 / (2 * np.pi * np.sin(theta))
    best = optimal_weight([[1 / r, 0.0, 0.0]], [[np.cos(theta), np.sin(theta), 0.0]], derivative="exact")
    assert best == (0, pytest.approx(1 / (1 - 2 * x), rel=1e-13))
    # (1 - x)/2 + l (1/2 + c) = 1.01 (1 + l)/2
    assert best.interval == (0, pytest.approx((0.005 + x / 2) / (c - 0.005), rel=1e-11))


def test_one_relu_neuron_in_the_backprop_convention():
    """``(1 + l)/(1 - 2x + l (1 - x))`` falls from ``1/(1 - 2x)`` to ``1/(1 - x)``."""
    x = 1 / np.pi
    best = optimal_weight([[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]], curvature="hessian")
    values = (best.at_zero, best.at_one, best.at_infinity)
    assert best.weight == np.inf
    assert values == pytest.approx((1 / (1 - 2 * x), 1 / (1 - 1.5 * x), 1 / (1 - x)), rel=1e-13)


@pytest.mark.parametrize("unit", [1.0, 1e-5, 1e7])
def test_a_kink_is_found_to_rounding(unit):
    """Largest eigenvalue ``1 + l``, smallest ``min(1/4 + l, 1/2 + l/5)``: they cross at l = 5/16.

    1 percent above: ``1/4 + l`` and ``1/2 + l/5`` equal to ``(1 + l) (9/16)/(21/16)/1.01``. Units of G1 scale l.
    """
    g0, g1 = np.diag([1, 0.25, 0.5]), np.diag([1, 1, 0.2])
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    path, *found = valley(rotation @ g0 @ rotation.T, unit * rotation @ g1 @ rotation.T)
    best, low, high = (path.weight(u) * unit for u in found)
    level = (9 / 16) / (21 / 16) / 1.01
    assert best == pytest.approx(5 / 16, rel=1e-13)  # rounding of the eigenvalues, slopes of order one
    assert low == pytest.approx((level - 0.25) / (1 - level), rel=1e-10)  # brentq stops at 2e-12 in u
    assert high == pytest.approx((0.5 - level) / (level - 0.2), rel=1e-10)


def test_a_smooth_valley():
    """Two by two, ``kappa`` falls as ``det/tr^2`` rises: of a quadratic over a squared linear function of l.

    ``(p + q l + r l^2)/(a + b l)^2`` is stationary at ``l = (2 b p - q a)/(2 r a - q b)``. At an error of 1e-15 in
    ``1/kappa`` the stationary point is known to about its square root.
    """
    g0, g1 = np.diag([1.0, 0.1]), np.array([[0.3, 0.2], [0.2, 0.5]])
    p, r = np.linalg.det(g0), np.linalg.det(g1)
    q, a, b = np.linalg.det(g0 + g1) - p - r, np.trace(g0), np.trace(g1)
    path, u, *_ = valley(g0, g1)
    best = path.weight(u)
    assert best == pytest.approx((2 * b * p - q * a) / (2 * r * a - q * b), rel=2e-7)
    growth = [np.linalg.eigvalsh(g0 + weight * g1) for weight in (best - 1e-4, best + 1e-4)]
    low, high = np.log(growth[1] / growth[0])  # relative growth of both ends, central differences, error 1e-8
    assert low == pytest.approx(high, rel=1e-5)


def test_the_interval_is_one_valley_of_several():
    """Eigenvalues ``1 + l`` and ``1 - l``: ``kappa = 1`` at 0 and at infinity; it is 1.01 first at l = 0.01/2.01."""
    path, *found = valley(np.eye(2), np.diag([1.0, -1.0]))
    best, low, high = map(path.weight, found)
    assert (best, low) == (0, 0)
    assert high == pytest.approx(0.01 / 2.01, rel=1e-8)  # brentq stops at 2e-12 in u


@given(problems(min_dim=2))
def test_gauss_newton_against_a_grid_of_dense_matrices(problem):
    """No weight is better than the best, the one valley is there, and the interval ends where ``kappa`` says."""
    options = {"activation": problem.loss.activation}
    student, teacher = problem.student, problem.loss.teacher

    def quality_at(weight):
        return dense_quality(student, teacher, weight, **options)

    grid = [0, *np.logspace(-4, 4, 33), np.inf]
    values = np.array([quality_at(weight) for weight in grid])
    rounding = 4e-14
    assume(values.max() > rounding)  # singular to rounding for every weight is refused from 1e-14 on
    best = optimal_weight(student, teacher, curvature="gauss_newton", **options)
    assert 1 / best.condition_number == pytest.approx(quality_at(best.weight), abs=rounding)
    assert values.max() <= 1 / best.condition_number + rounding
    top = values.argmax()
    assert (np.diff(values[: top + 1]) >= -rounding).all()
    assert (np.diff(values[top:]) <= rounding).all()
    level = 1 / (1.01 * best.condition_number)
    for end, stop, outwards in zip(best.interval, (0, np.inf), (0.999, 1.001), strict=True):
        if end == stop:
            assert quality_at(end) >= level - rounding
        else:
            # brentq's 2e-12 in u; 1e-9 covers slopes of 1/kappa up to 500
            assert quality_at(end) == pytest.approx(level, abs=rounding + 1e-9 * level)
            assert quality_at(end * outwards) <= level + rounding


@FAR
@pytest.mark.parametrize("derivative", ["backprop", "exact"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dim", [3, pytest.param(9, marks=pytest.mark.long)])
def test_hessian_against_a_grid(activation, derivative, dim):
    student, teacher = perturbed(3, dim)
    options = {"curvature": "hessian", "activation": activation, "derivative": derivative}
    best = optimal_weight(student, teacher, **options)
    # the backprop matrix is not symmetric: its eigenvalues are known to 1e-14 times their own condition, here below 2
    for weight, kappa in [(best.weight, best.condition_number), (0, best.at_zero), (1, best.at_one)]:
        assert dense_quality(student, teacher, weight, **options) == pytest.approx(1 / kappa, rel=1e-10)
    for weight in [0, *np.logspace(-3, 3, 200), np.inf]:
        assert dense_quality(student, teacher, weight, **options) <= (1 + 1e-10) / best.condition_number
    assert best.interval[0] <= best.weight <= best.interval[1]


def test_more_can_be_too_much():
    """An interior optimum of a network: the exact Hessian of ReLU near its teacher, worse at both ends."""
    best = optimal_weight(*perturbed(5, 50), curvature="hessian", derivative="exact")
    assert 0 < best.interval[0] < best.weight < best.interval[1] < np.inf
    assert best.condition_number < 0.8 * min(best.at_zero, best.at_infinity)


@FAR
@pytest.mark.parametrize("curvature", ["gauss_newton", "hessian"])
@pytest.mark.parametrize("activation", ["erf", "relu"])
def test_invariance(activation, curvature):
    """Rotations, permutations of neurons on both sides, and more dimensions beyond the span and one change nothing."""
    options = {"curvature": curvature, "activation": activation, "derivative": "exact"}
    student, teacher = perturbed(3, 7)
    rng = np.random.default_rng(1)
    rotation = np.linalg.qr(rng.standard_normal((7, 7)))[0]
    best = optimal_weight(student, teacher, **options)
    for other in (
        (student @ rotation, teacher @ rotation),
        (student[[2, 0, 1]], teacher[[1, 0, 2]]),
        tuple(np.hstack([rows, np.zeros((3, 99_993))]) for rows in (student, teacher)),
    ):
        same = optimal_weight(*other, **options)
        # kappa < 100: 1e-11 is its rounding; a smooth valley is known to the root of that, with its curvature of order
        # one in u; and an interval of 1 percent ends at slopes of 1e-2 at least
        assert same.condition_number == pytest.approx(best.condition_number, rel=1e-11)
        assert same.weight == pytest.approx(best.weight, rel=1e-5)
        assert same.interval == pytest.approx(best.interval, rel=1e-8)


def test_near_pairs_share_their_frame():
    """Students 1e-7 from their teachers, whose directions ``e`` are vectors of their own beside the rows."""
    teacher = np.random.default_rng(0).standard_normal((3, 30))
    student = teacher + 1e-7 * np.random.default_rng(1).standard_normal((3, 30))
    best = optimal_weight(student, teacher, curvature="hessian")
    for weight, kappa in [(1, best.at_one), (np.inf, best.at_infinity)]:
        assert dense_quality(student, teacher, weight, "hessian") == pytest.approx(1 / kappa, rel=1e-10)


def test_an_indefinite_best_is_said_to_be_so():
    """One neuron opposite to a large teacher, ``x > 2``: all eigenvalues but the radial one are negative."""
    with pytest.warns(st.ConditioningWarning, match=r"optimal_weight: .*best weight.*is indefinite.*gauss_newton"):
        best = optimal_weight([[0.1, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    assert not best.definite
    assert "not positive definite" in str(best)
    assert "no weight is recommended" in str(best)
    sensible = (best.recommended, best.recommended_condition_number, best.gain, best.gain_equal_sharpness)
    assert np.isnan(sensible).all()
    assert "not positive definite" not in str(optimal_weight(*perturbed(), curvature="gauss_newton"))


def test_it_is_a_pair_with_attributes():
    best = optimal_weight(*perturbed(), curvature="hessian", derivative="exact")
    weight, kappa = best
    assert (weight, kappa) == (best.weight, best.condition_number) == (best[0], best[1])
    assert len(best) == 2
    for again in (pickle.loads(pickle.dumps(best)), copy.copy(best)):
        assert again == best
        assert vars(again) == vars(best)
    assert f"lambda_1 = {weight:.6g}, kappa = {kappa:.6g}" in str(best)


@FAR
def test_networks_bring_their_activation_and_output_weights():
    student, teacher = (st.Network.random(2, 5, rng=k, activation="erf") for k in (0, 1))
    assert optimal_weight(student, teacher) == optimal_weight(student.weights, teacher.weights, activation="erf")
    louder = st.Network(student.weights, [1.0, 3.0], activation="erf")
    assert optimal_weight(louder, teacher) != optimal_weight(student, teacher)


@pytest.mark.parametrize(
    "student",
    [np.ones((2, 3)), st.Network(np.eye(2, 3), [1.0, 0.0]), st.Network(np.eye(2, 3), [0.0, 0.0])],
)
def test_singular_for_every_weight(student):
    with pytest.raises(ValueError, match=r"student.*singular for every weight; remove"):
        optimal_weight(student, np.eye(2, 3), curvature="gauss_newton")


def test_bad_input():
    student, teacher = perturbed()
    with pytest.raises(ValueError, match="curvature"):
        optimal_weight(student, teacher, curvature="fisher")
    with pytest.raises(ValueError, match="derivative"):
        optimal_weight(student, teacher, derivative="autograd")
    with pytest.raises(ValueError, match="student"):
        optimal_weight(student[:, :2], teacher)
    with pytest.raises(st.UnknownActivationError):
        optimal_weight(student, teacher, activation="tahn")
    with pytest.raises(st.NotDifferentiableError, match="gauss_newton"):
        optimal_weight(teacher, teacher)
    with pytest.raises(st.NotDifferentiableError, match="zero"):
        optimal_weight(0 * student, teacher)
    for within in (0.0, 1.0, -1, np.nan, "0.1", None):
        with pytest.raises(ValueError, match="within: a part of the best rate"):
            optimal_weight(student, teacher, within=within)


def test_the_hessian_is_the_default_as_in_compare():
    """One default curvature: what training from these weights sees."""
    student, teacher = perturbed(scale=0.1)
    best, row = optimal_weight(student, teacher), st.compare(student, teacher, norms="H1").rows[0]
    assert best.at_one == pytest.approx(row.condition_number, rel=1e-12)
    assert best == optimal_weight(student, teacher, curvature="hessian")


@pytest.mark.parametrize("width", [3, 5, 10])
def test_the_recommended_weight_is_finite_and_near_the_best(width):
    """Orthonormal ReLU teacher: best at infinity; 5 percent below its rate at equal sharpness, found by other means."""
    g0, g1 = orthonormal_relu(width)

    def ends(weight):
        return np.linalg.eigvalsh(g0 + weight * g1)[[0, -1]]

    def rate(weight):
        low, high = ends(weight)
        return low / high

    for within in (0.05, 0.2):
        best = optimal_weight(np.eye(width), np.eye(width), curvature="gauss_newton", within=within)
        expected = brentq(lambda weight, within=within: rate(weight) * (width + 1) - (1 - within), 0, 1e3)
        assert best.weight == np.inf
        assert best.within == within
        assert best.recommended == pytest.approx(expected, rel=1e-9)
        assert best.recommended_condition_number == pytest.approx((width + 1) / (1 - within), rel=1e-9)
        assert best.gain == pytest.approx(ends(expected)[0] / ends(0)[0], rel=1e-9)
        assert best.gain_equal_sharpness == pytest.approx(rate(expected) / rate(0), rel=1e-9)
        assert f"recommended: lambda_1 = {expected:.3g}" in str(best)


def test_where_derivatives_do_not_pay_none_are_recommended():
    """The cone near a teacher in the exact convention; gains over L2 are then one."""
    best = optimal_weight([[1.0, 0.3, 0.0]], [[1.0, 0.0, 0.0]], derivative="exact")
    assert (best.weight, best.recommended, best.gain, best.gain_equal_sharpness) == (0, 0, 1, 1)


def test_no_gain_over_a_norm_without_rate():
    """``x = 0.6``: L2, at 1/2 - x, is indefinite; derivatives alone, at 1/2 - x/2 and more, are definite."""
    r = 0.6 * np.pi
    best = optimal_weight([[1 / r, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    assert best.definite
    assert 0 < best.recommended < np.inf
    assert np.isnan([best.gain, best.gain_equal_sharpness]).all()
    assert best.notes == ("no gain is given: the curvature of L2 is not positive definite, and has no rate",)


VALLEY = (
    st.Network([[1.951, -2.459], [3.219, 12.196], [0.731, -0.86]], [1, -1, 1]),
    st.Network([[0.175, 0.158], [0.273, 0.007]], [-1, 1]),
)


def test_a_valley_of_complex_eigenvalues():
    """Two real eigenvalues are a complex pair from 15.66 to 15.75 only: 164.3 there, 201.9 at infinity."""
    with pytest.warns(st.ConditioningWarning):
        best = optimal_weight(*VALLEY)
    # where two eigenvalues meet they are known to the root of rounding, 1e-8 of the largest
    assert 1 / best.condition_number == pytest.approx(dense_quality(*VALLEY, best.weight, "hessian"), rel=2e-6)
    assert best.condition_number <= 1 / dense_quality(*VALLEY, 15.72, "hessian") < 165
    assert best.at_infinity == pytest.approx(201.9, abs=0.05)


def random_hessian(seed):
    """Networks of up to four neurons a side in up to four dimensions, of any size and sign."""
    rng = np.random.default_rng(seed)
    width, teachers, dim = rng.integers(1, 5, 3)
    networks = [
        st.Network(rng.standard_normal((k, dim)) * np.exp(rng.normal(size=(k, 1))), rng.choice([-1, 1], k))
        for k in (width, teachers)
    ]
    return *networks, {"derivative": ["backprop", "exact"][seed % 2]}


def blocks_of_orders(student, teacher, options):
    """The matrices of orders 0 and 1, by the public operators."""
    return [st.PopulationLoss(teacher, norm, **options).hessian(student).to_dense() for norm in ((1,), (0, 1))]


@FAR
@pytest.mark.parametrize(
    "seeds", [range(30), pytest.param(range(30, 500), marks=pytest.mark.long)], ids=["some", "many"]
)
def test_no_valley_is_missed(seeds):
    """Random Hessians, most of them indefinite, half not symmetric: no point of a fine grid is lower.

    The grid has 500 shares of the matrices and 500 weights from 1e-5 to 1e5. Both matrices are divided by their size,
    with which the units of weights go.
    """
    share = np.linspace(0, 1, 500)
    weight = np.logspace(-5, 5, 500)
    for seed in seeds:
        *networks, options = random_hessian(seed)
        g0, g1 = blocks_of_orders(*networks, options)
        size = np.abs(g0).max() / np.abs(g1).max()
        weights = np.concatenate([share[:-1] / (1 - share[:-1]) * size, weight])
        values_of = np.linalg.eigvalsh if options["derivative"] == "exact" else np.linalg.eigvals
        moduli = np.abs(values_of(np.concatenate([g0 + weights[:, None, None] * g1, g1[None]])))
        lowest = (moduli.min(axis=1) / moduli.max(axis=1)).max()
        if lowest > 1e-10:
            # 1/kappa is known to 1e-14; of matrices that are not symmetric to 1e-14 times their eigenvalues' condition
            assert 1 / optimal_weight(*networks, **options).condition_number >= lowest * (1 - 1e-9) - 1e-13, seed


def test_a_search_of_days_is_refused_and_minutes_are_announced(monkeypatch):
    """K = 60, d = 100: 200 spectra of size 6000."""
    far = st.Network.random(60, 100, rng=1), st.Network.random(60, 100, rng=0)
    with pytest.raises(st.SizeError, match=r"student: a search over 6000 x 6000 matrices.*compare norms"):
        optimal_weight(*far)
    monkeypatch.setattr("sobolev_theory._runtime.sizes.LONG", 1.0)
    with pytest.warns(UserWarning, match="takes minutes; take fewer neurons"):
        optimal_weight(np.eye(2), np.eye(2), curvature="gauss_newton")


def test_singular_points_bound_the_cells():
    """``diag(1 + l, 1 - l, 2 - l)`` is singular at l = 1 and 2; hills of indefinite matrices stand between."""
    path = WeightPath([(np.diag([1.0, 1.0, 2.0]), np.diag([1.0, -1.0, -1.0]))], symmetric=True)
    points = path.singular_points()
    assert sorted(map(path.weight, points)) == pytest.approx([1, 2], rel=1e-12)
    assert set(points) <= set(Valleys(path, quality).points)


# --- along directions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [3, 40])
def test_along_a_direction_it_is_the_best_of_the_limits(dim):
    """Condition numbers are those of the limits of each norm, and none on a grid is smaller."""
    rng = np.random.default_rng(0)
    V, X = rng.standard_normal((2, 3, dim)) / dim**0.5

    def kappa(*norm):
        return st.PopulationLoss(V, norm).hessian(V, towards=X).condition_number()

    best = optimal_weight(V, V, towards=X)
    assert best.at_zero == pytest.approx(kappa(1), rel=1e-12)
    assert best.at_one == pytest.approx(kappa(1, 1), rel=1e-12)
    assert best.at_infinity == pytest.approx(kappa(0, 1), rel=1e-12)
    assert best.recommended_condition_number == pytest.approx(kappa(1, best.recommended), rel=1e-12)
    assert best.condition_number <= min(kappa(1, weight) for weight in np.logspace(-2, 3, 30)) * (1 + 1e-12)
    assert best.definite
    assert best.condition_number > 1.2 * optimal_weight(V, V, curvature="gauss_newton").condition_number


def test_over_random_directions_it_is_the_best_in_the_mean():
    """Of reciprocals: condition numbers are harmonic means, over the directions of `compare`."""
    teacher = np.eye(3, 50)
    along = {"towards": "random", "directions": 7, "rng": 3}
    best = optimal_weight(teacher, teacher, **along)
    norms = ("L2", "H1", (0, 1), (1, best.recommended))
    table = st.compare(teacher, teacher, norms, **along)
    harmonic = [1 / np.mean(1 / row.condition_number.values) for row in table]
    found = best.at_zero, best.at_one, best.at_infinity, best.recommended_condition_number
    np.testing.assert_allclose(found, harmonic, rtol=1e-12)
    zero, recommended = table[0], table[3]
    assert best.gain == pytest.approx(recommended.smallest / zero.smallest, rel=1e-9)
    share = np.mean(recommended.smallest.values / recommended.largest.values)
    assert best.gain_equal_sharpness == pytest.approx(share / (zero.smallest / zero.largest), rel=1e-9)
    grid = [(1, weight) for weight in np.logspace(-1, 3, 20)]
    others = st.compare(teacher, teacher, grid, **along)
    assert best.condition_number <= min(1 / np.mean(1 / row.condition_number.values) for row in others) * (1 + 1e-12)


def test_where_nothing_jumps_directions_make_no_difference():
    teacher = st.Network.orthonormal(3, 4, activation="erf")
    plain = optimal_weight(teacher, teacher)
    for towards in (np.ones((3, 4)), "random"):
        assert optimal_weight(teacher, teacher, towards=towards).facts() == plain.facts()


def test_the_best_weight_says_of_which_matrix_it_is():
    """Derivatives alone do not see an output bias: of all parameters their curvature is singular."""
    teacher = st.Network([[1.0, 0.2], [0.1, -0.8]], [1.0, -0.7], [0.3, -0.2], 0.1)
    options = {"parameters": "all", "inputs": st.Inputs([0.1, 0.0], [1.0, 2.0])}
    best = optimal_weight(teacher, teacher, curvature="gauss_newton", **options)
    said = "Gauss-Newton matrix; Inputs(mean=[0.1, 0], covariance=[1, 2]); all parameters; across rescalings"
    assert str(best).splitlines()[0] == best.matrix == said
    assert best.at_infinity == np.inf
    assert 0 < best.weight < np.inf
    limit = optimal_weight(teacher, teacher, towards="random", directions=2, rng=0)
    assert limit.matrix == "Hessian, backprop convention, limit along 2 random directions (training)"
