"""Critical points: quadratic convergence, known saddles with their index, valleys, and what is not a critical point."""

import numpy as np
import pytest
from scipy.optimize import brentq

import sobolev_theory as st
from sobolev_theory.critical_points import is_flat, is_zero
from sobolev_theory.search.runs import end_of_run
from tests import oracles
from tests.oracles.flows import relu_gradient


def start_of_gradient(loss, size, seed=0):
    """The teacher, displaced in a random direction until the gradient norm is ``size``."""
    teacher = loss.teacher.weights
    direction = np.random.default_rng(100 + seed).standard_normal(teacher.shape)
    excess = brentq(lambda s: np.linalg.norm(loss.gradient(teacher + s * direction)) - size, 1e-9, 1, rtol=1e-3)
    return teacher + excess * direction


def random_teacher(width, dim, seed=0):
    return st.Network.random(width, dim, rng=seed).weights


def equal_rows(width, dim):
    """All neurons ``x sum_k v_k``: the saddle of the family of Tian 2017, for an orthonormal teacher and L2."""
    x = (np.sqrt(width - 1) - np.arccos(width**-0.5) + np.pi) / (np.pi * width)
    return x * np.ones((width, 1)) * np.eye(width, dim).sum(axis=0)


@pytest.mark.parametrize(
    ("width", "norm", "seed"), [(10, "L2", 0), (10, "H1", 0), (5, "H1", 0), (5, "H1", 1), (5, "L2", 0), (5, "L2", 1)]
)
def test_convergence_is_quadratic(width, norm, seed):
    """From a gradient of 1e-3: ``g_(k+1) <= C g_k^2`` with one C of order 1/(smallest eigenvalue)^2, down to rounding.

    ``|g(w + s) - g - H s| <= L |s|^2/2`` and ``|s| <= g/lambda``: the smallest eigenvalues here are 0.02 to 0.1.
    Backprop H1 is homogeneous of degree one at the teacher, not linear: ``G'(D) D = G(D)`` (Euler), so that the Newton
    step from ``D`` is ``-D`` up to the second order all the same.
    """
    loss = st.PopulationLoss(random_teacher(width, width + 2, seed), norm)
    start = start_of_gradient(loss, 1e-3, seed)
    point = st.critical_point(loss, start)
    norms = np.array(point.gradient_norms)
    assert point.converged
    assert norms[0] == pytest.approx(1e-3, rel=0.01)
    assert norms[-1] == point.gradient_norm <= 1e-12
    assert point.iterations == len(norms) - 1 < 15
    assert point.iterations <= 4
    assert (norms[1:] <= 30 * norms[:-1] ** 2 + 1e-15).all(), norms
    smallest = np.linalg.eigvalsh(st.PopulationLoss(loss.teacher, "L2").gauss_newton(loss.teacher).to_dense())[0]
    assert np.linalg.norm(point.weights - loss.teacher.weights) < 2 * 1e-12 / smallest
    assert point.index == 0
    assert point.value < 1e-12


def test_convergence_is_quadratic_from_afar():
    """Newton's method only near the end: the trust region brings it there, in fewer than 15 iterations."""
    loss = st.PopulationLoss(np.eye(6), "L2")
    norms = np.array(st.critical_point(loss, np.eye(6) + 0.1 * random_teacher(6, 6)).gradient_norms)
    assert norms[0] > 0.1
    assert len(norms) < 15
    last = norms[norms > 1e-9][-3:]  # a quadratic sequence has a ratio log g_(k+1)/log g_k near 2
    assert np.log(last[-1]) < 1.6 * np.log(last[-2])


@pytest.mark.parametrize(("width", "dim"), [(2, 2), (2, 5), (3, 3), (3, 7), (5, 5)])
def test_the_saddle_where_all_neurons_are_equal(width, dim):
    """Tian 2017, from a start on its ray; rows coincide, and the L2 Hessian exists.

    Orthogonal to the teacher (d - K dimensions) a neuron's own block is ``1/2`` of the self term less ``r sin/(2 pi)``
    of each teacher, ``r = 1/|w|``, ``cos = K^(-1/2)``; equal rows have the cross block ``1/2`` and no own block.
    So ``-K r sin/(2 pi) + 1/2 J`` acts on the neurons, ``J`` of ones: ``-K r sin/(2 pi)`` on their differences, and
    ``K/2`` more on their sum.
    """
    loss = st.PopulationLoss(np.eye(width, dim), "L2")
    saddle = equal_rows(width, dim)
    point = st.critical_point(loss, 1.3 * saddle)
    assert point.converged
    assert point.curvature == "hessian"
    np.testing.assert_allclose(point.weights, saddle, rtol=0, atol=1e-14)
    values = np.repeat(point.spectrum.values, point.spectrum.multiplicities)
    transverse = -width / np.linalg.norm(saddle[0]) * np.sqrt(1 - 1 / width) / (2 * np.pi)
    if dim > width:
        count = np.sum(np.abs(values - transverse) < 1e-13)
        assert count == (width - 1) * (dim - width)
        assert np.sum(np.abs(values - transverse - width / 2) < 1e-13) == dim - width
    assert point.index == np.sum(dense_eigenvalues(loss, saddle) < -1e-5)
    assert str(point).startswith(f"saddle of index {point.index}, value")


def dense_eigenvalues(loss, weights, step=1e-5):
    """Of the Hessian, by central differences of the gradient of plain NumPy: its kinks, ``|D|`` at the teacher, make
    errors of the order of the step.
    """
    lambdas = (*loss.sobolev_weights, 0.0)[:2]
    teacher, a = loss.teacher, np.ones(len(weights))

    def gradient(w):
        return relu_gradient(lambdas, w, teacher.weights, a, teacher.output_weights).ravel()

    moves = step * np.eye(weights.size).reshape(weights.size, *weights.shape)
    columns = np.array([(gradient(weights + m) - gradient(weights - m)) / (2 * step) for m in moves])
    return np.linalg.eigvals(columns.T).real


@pytest.mark.parametrize(("norm", "seed"), [("L2", 1), ("L2", 3), ("H1", 0), ("H1", 2)])
def test_points_found_from_random_starts(norm, seed):
    """The oracle's gradient vanishes there, and the index is that of a dense Hessian, the complement's part included:
    d = 8 leaves two dimensions beyond the span of three students and three teachers.
    """
    teacher = np.eye(3, 8)
    loss = st.PopulationLoss(teacher, norm)
    point = st.critical_point(loss, random_teacher(3, 8, seed))
    assert point.converged
    lambdas = (*loss.sobolev_weights, 0.0)[:2]
    gradient = np.array(
        oracles.gradient("relu", lambdas, "backprop", point.weights, teacher, np.ones(3), np.ones(3)).tolist(), float
    )
    assert np.linalg.norm(gradient) < 1.1e-12
    assert point.value == pytest.approx(loss.value(point.weights), rel=1e-12)
    if point.curvature == "hessian":
        values = dense_eigenvalues(loss, point.weights)
        assert point.spectrum.multiplicities.sum() == 24
        assert point.index == np.sum(values < -1e-5)
        assert point.spectrum.smallest == pytest.approx(values.min(), abs=1e-5)
        assert point.spectrum.largest == pytest.approx(values.max(), abs=1e-5)


def test_many_dimensions():
    """The index counts the complement: at the saddle of equal rows every dimension beyond the teacher adds K - 1."""
    few, many = (st.critical_point(st.PopulationLoss(np.eye(3, d), "L2"), 1.3 * equal_rows(3, d)) for d in (5, 20_000))
    assert many.converged
    assert many.weights.shape == (3, 20_000)
    np.testing.assert_allclose(many.weights[:, :5], few.weights, rtol=0, atol=1e-14)
    assert many.index - few.index == 2 * (20_000 - 5)
    assert many.spectrum.multiplicities.sum() == 60_000


@pytest.mark.parametrize("seed", range(8))
def test_overparameterised_students(seed):
    """Zero loss is reached to a gradient of 1e-12, in a valley. Where the loss is zero nothing is lower: index 0.

    Rows that the teacher does not need can come to lie near zero, where curvature is rounding over their norm.
    """
    loss = st.PopulationLoss(random_teacher(2, 6, seed) * 2, "L2")
    point = st.critical_point(loss, random_teacher(4, 6, 100 + seed) * 2, max_iterations=300)
    assert point.converged
    assert point.gradient_norm <= 1e-12
    if point.value < 1e-15:
        assert point.index == 0
        assert "minimum" in str(point)


@pytest.mark.parametrize("start", [[-1.37, 2.0], [-0.6, -0.13], [0.05, -0.74], [-2.3, -0.22]])
def test_a_neuron_that_vanishes_is_no_critical_point(start):
    """One neuron, L2: as ``w -> 0`` opposite to ``w*`` the gradient tends to zero, yet at 0 there is none, and from
    there the loss falls in most directions. Neither a minimum nor a saddle is found.
    """
    point = st.critical_point(st.PopulationLoss([[1.0, 0.0]], "L2"), [start])
    assert np.linalg.norm(point.weights) < 1e-6
    assert not point.converged
    assert point.index is None


@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_newton_may_step_onto_the_teacher(seed):
    """The Hessian does not exist where a row is parallel to the teacher's; a start elsewhere is still a good start."""
    start = np.random.default_rng(seed).standard_normal((1, 2))
    point = st.critical_point(st.PopulationLoss([[1.0, 0.0]], "H1"), start)
    np.testing.assert_allclose(point.weights, [[1.0, 0.0]], rtol=0, atol=1e-10)
    assert point.converged
    assert point.index == 0


@pytest.mark.parametrize(("norm", "seed"), [("H1", 0), ("H1", 4), *(((0, 1), seed) for seed in range(6))])
def test_newton_may_end_on_the_line_of_the_teacher(norm, seed):
    """There the Hessian does not exist: what is no zero of the gradient is not named a critical point."""
    start = np.random.default_rng(seed).standard_normal((1, 2))
    point = st.critical_point(st.PopulationLoss([[1.0, 0.0]], norm), start)
    assert point.gradient_norm > 1e-3
    assert not point.converged
    assert point.index is None


def test_a_point_without_a_hessian_is_not_classified_by_another_matrix():
    """H1, all rows equal: a zero of the field with a loss of 0.34. The Gauss-Newton matrix never has negative
    eigenvalues and knows of no saddle.
    """
    loss = st.PopulationLoss(np.eye(3), "H1")
    ray = np.ones((3, 3))
    scale = brentq(lambda s: loss.gradient(s * ray)[0, 0], 0.1, 1)
    point = st.critical_point(loss, scale * ray, tol=1e-11)
    assert point.converged
    assert point.value > 0.3
    assert point.curvature == "gauss_newton"
    assert point.spectrum.smallest > -1e-12
    assert point.index is None
    assert "minimum" not in str(point)


@pytest.mark.parametrize("tol", [1e-4, 1e-8])
def test_tolerance_and_iterations(tol):
    loss = st.PopulationLoss(np.eye(3), "L2")
    start = np.eye(3) + 0.2 * random_teacher(3, 3)
    point = st.critical_point(loss, start, tol=tol)
    assert point.gradient_norm <= tol < point.gradient_norms[-2]
    given_up = st.critical_point(loss, start, max_iterations=point.iterations - 1)
    assert given_up.iterations == point.iterations - 1
    assert not given_up.converged
    assert given_up.index is None
    assert given_up.gradient_norms == point.gradient_norms[:-1]
    assert "NOT CONVERGED" in str(given_up)


def test_a_start_at_the_critical_point_is_the_answer():
    point = st.critical_point(st.PopulationLoss(np.eye(2, 4), "H1"), np.eye(2, 4))
    assert (point.iterations, point.converged, point.index, point.curvature) == (0, True, 0, "gauss_newton")
    np.testing.assert_array_equal(point.weights, np.eye(2, 4))


@pytest.mark.parametrize("scale", [1e-60, 1e-5, 1e3, 1e6, 1e60])
@pytest.mark.parametrize("activation", ["relu", "relu2"])
def test_any_scale(activation, scale):
    """The tolerance is relative to the gradient's natural scale: what converges at one scale does so at all others,
    and no start is near enough because it is small.
    """
    teacher = st.Network(scale * np.eye(3), activation=activation)
    point = st.critical_point(st.PopulationLoss(teacher, "L2"), scale * (np.eye(3) + 0.05 * random_teacher(3, 3)))
    assert point.converged
    assert 1 <= point.iterations < 10
    assert str(point).startswith("global minimum")
    np.testing.assert_allclose(point.weights / scale, np.eye(3), rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("activation", "length", "index"), [("relu", 1e5, 2), ("relu", 1e-5, 3), ("relu2", 1e5, 2), ("erf", 1e-3, 2)]
)
def test_a_long_row_hides_no_saddle(activation, length, index):
    """Two equal rows between two orthonormal ones are a saddle, also beside a neuron of another length: neither the
    loss nor an eigenvalue is zero because the longest row's are larger.
    """
    rows = np.array([[length, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    start = np.array([[length, 0.0, 0.0], [0.0, 0.9, 0.9], [0.0, 0.9, 0.9]])
    loss = st.PopulationLoss(st.Network(rows, activation=activation), "L2")
    point = st.critical_point(loss, start, tol=1e-5)  # beside a row of 1e5 the gradient of relu2 rounds to 1e-6
    assert point.converged
    assert not point.is_global
    values = np.repeat(point.spectrum.values, point.spectrum.multiplicities)
    assert point.index == np.sum(values < -1e-3) == index


def test_one_rule_says_whether_a_loss_is_zero():
    """Relative to teachers that do not cancel, whatever the student's output weights are; searches ask the same."""
    cancelling = st.Network([[1.0, 0.0], [1.0, 1e-4]], [1.0, -1.0])
    alone = st.PopulationLoss(st.Network([[2.0, 5e-5]]), "L2")  # what the two are together without the minus sign
    loss = st.PopulationLoss(cancelling, "L2")
    scale = alone.value(st.Network([[1.0, 1.0]], [0.0]))
    assert loss.value(st.Network([[1.0, 1.0]], [0.0])) < 1e-8 * scale
    for level, flat in ((1e-10, False), (1e-6, True)):
        assert is_zero(loss, 0.9 * level * scale, flat=flat)
        assert not is_zero(loss, 1.1 * level * scale, flat=flat)
    point = st.critical_point(loss, st.Network(cancelling.weights + 1e-3, cancelling.output_weights))
    flat = point.curvature != "hessian" or is_flat(point.spectrum.values)
    assert point.is_global == is_zero(loss, point.value, flat=flat)
    end = end_of_run(loss, np.array([[0.3, 0.4]]), 0)
    assert (end.kind == "global minimum") == is_zero(loss, end.value, flat=is_flat(end.eigenvalues))


@pytest.mark.parametrize(("name", "scale"), [("relu", 1e-200), ("relu2", 1e-150), ("erf", 1e-200)])
def test_a_loss_below_the_range_of_doubles_is_no_root(name, scale):
    """At 1e-200 the saddle of index two was called a global minimum, of value 0."""
    loss = st.PopulationLoss(st.Network(scale * np.eye(3), activation=name), "L2")
    saddle = scale * np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]])
    with pytest.raises(st.OverflowingError, match=r"teacher: the loss of a neuron alone, .* rescale the weights"):
        st.critical_point(loss, saddle)
    with pytest.raises(st.OverflowingError, match="teacher: the loss of a neuron alone"):
        st.find_critical_points(loss, 3, 1, rng=0)
    beside = st.PopulationLoss(st.Network([[1.0, 0.0], [0.0, scale]], activation=name), "L2")
    with pytest.raises(st.OverflowingError, match="leave that neuron out"):
        st.critical_point(beside, [[1.0, 0.1]])


def test_a_zero_eigenvalue_is_judged_by_the_largest():
    assert is_flat(np.array([1e6, -1e-5, 3.0]))
    assert not is_flat(np.array([1e6, -1e-3, 3.0]))
    assert not is_flat(np.array([1e-20, 1e-20]))
