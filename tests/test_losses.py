"""Laws of the population loss, swept over activations, norms and conventions, and accuracy near the teacher."""

from itertools import product

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as hs

import sobolev_theory as st
from sobolev_theory.activations.generated import BUILT_IN
from sobolev_theory.pairs.geometry import PairGeometry
from tests import oracles
from tests.strategies import CONVENTIONS, Problem, problems, scale

STEP = 1e-5  # of the norm; central differences err by STEP^2 = 1e-10 of third derivatives, 1e-16/STEP = 1e-11 of values
DIFFERENCE = (
    1e-7  # bound on both, relative to the largest derivative; third derivatives grow like 1/sin(angle) at nearby pairs
)


def numerical_jacobian(function, weights):
    """Central differences of an array-valued function, one column per weight."""
    columns = []
    for k in range(weights.size):
        shift = np.zeros(weights.size)
        shift[k] = STEP * np.linalg.norm(weights)
        shift = shift.reshape(weights.shape)
        columns.append((function(weights + shift) - function(weights - shift)).ravel() / (2 * shift.ravel()[k]))
    return np.stack(columns, axis=1)


def in_general_position(problem: Problem) -> bool:
    """No nearly parallel pair and no small row, where derivatives of ReLU losses are large and differences
    inaccurate.
    """
    rows = np.vstack([problem.student.weights, problem.loss.teacher.weights])
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = np.abs(units @ units.T - np.eye(len(rows)))
    norms = np.linalg.norm(problem.student.weights, axis=1)
    return rows.shape[1] == 1 or (cosines.max() < 0.9 and norms.min() > 0.2 * norms.max())


@given(problems())
def test_exact_gradient_is_the_derivative_of_the_value(problem):
    assume(in_general_position(problem))
    loss = st.PopulationLoss(problem.loss.teacher, problem.loss.sobolev_weights, derivative="exact")
    numeric = numerical_jacobian(lambda w: np.array([loss.value(problem.at(w))]), problem.student.weights)
    gradient, size = loss.gradient(problem.student), np.abs(problem.student.weights).max()
    largest = np.abs(gradient).max() + np.abs(loss.hessian(problem.student).to_dense()).max() * size
    # two values, each good to four roundings, over two steps
    rounding = 4 * 2.0**-53 * loss.value(problem.student) / (STEP * np.linalg.norm(problem.student.weights))
    assert np.abs(numeric.ravel() - gradient.ravel()).max() < DIFFERENCE * largest + rounding


@given(problems())
def test_hessian_is_the_jacobian_of_the_gradient(problem):
    assume(in_general_position(problem))
    numeric = numerical_jacobian(lambda w: problem.loss.gradient(problem.at(w)), problem.student.weights)
    dense = problem.loss.hessian(problem.student).to_dense()
    assert np.abs(numeric - dense).max() < DIFFERENCE * np.abs(dense).max()


def test_a_wrong_hessian_is_seen(monkeypatch):
    """Sabotage: one coefficient of one cross block, wrong by a thousandth, fails the law above."""
    kernel = st.activations.get("erf").kernels.KERNELS["cross", 1, "exact"]

    def wrong(*arguments):
        first, *rest = kernel(*arguments)
        return (first * 1.001, *rest)

    monkeypatch.setitem(st.activations.get("erf").kernels.KERNELS, ("cross", 1, "exact"), wrong)
    rng = np.random.default_rng(0)
    student, teacher = (st.Network.random(2, 3, rng=rng, activation="erf", scale=1.0) for _ in range(2))
    loss = st.PopulationLoss(teacher, derivative="exact")
    numeric = numerical_jacobian(lambda w: loss.gradient(st.Network(w, activation="erf")), student.weights)
    dense = loss.hessian(student).to_dense()
    assert np.abs(numeric - dense).max() > 100 * DIFFERENCE * np.abs(dense).max()


@given(problems())
def test_conventions_agree_exactly_below_the_jump(problem):
    jump = st.activations.get(problem.loss.activation).jump_order
    weights = problem.loss.sobolev_weights[: jump if jump is not None else None]
    assume(weights and sum(weights) > 0)
    backprop, exact = (st.PopulationLoss(problem.loss.teacher, weights, derivative=d) for d in CONVENTIONS)
    np.testing.assert_array_equal(backprop.gradient(problem.student), exact.gradient(problem.student))
    np.testing.assert_array_equal(
        backprop.hessian(problem.student).to_dense(), exact.hessian(problem.student).to_dense()
    )


def test_conventions_differ_at_the_jump():
    rng = np.random.default_rng(0)
    for name in ("relu", "relu2", "relu3"):
        teacher, student = (st.Network.random(2, 4, rng=rng, activation=name) for _ in range(2))
        norm = f"H{st.activations.get(name).jump_order}"
        gradients = [st.PopulationLoss(teacher, norm, derivative=d).gradient(student) for d in CONVENTIONS]
        assert np.abs(gradients[0] - gradients[1]).max() > 1e-3


@given(problems(), hs.integers(0, 2**32 - 1))
def test_rotation_invariance(problem, seed):
    dim = problem.student.dim
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((dim, dim)))[0]
    turned = st.PopulationLoss(
        st.Network(
            problem.loss.teacher.weights @ rotation,
            problem.loss.teacher.output_weights,
            activation=problem.loss.activation,
        ),
        problem.loss.sobolev_weights,
        derivative=problem.loss.derivative,
    )
    student = problem.at(problem.student.weights @ rotation)
    # the rotated weights are rounded: a relative change of 1e-16 d, amplified by 1/angle at nearly parallel pairs
    assume(in_general_position(problem))
    bound = 1e-12 * scale(problem)
    assert abs(turned.value(student) - problem.loss.value(problem.student)) < bound
    assert np.abs(turned.gradient(student) - problem.loss.gradient(problem.student) @ rotation).max() < bound
    before, after = (
        p.spectrum().values for p in (problem.loss.gauss_newton(problem.student), turned.gauss_newton(student))
    )
    assert np.abs(before - after).max() < bound


@given(problems())
def test_permutation_invariance(problem):
    order = np.arange(problem.student.width)[::-1]
    shuffled = st.Network(
        problem.student.weights[order], problem.student.output_weights[order], activation=problem.loss.activation
    )
    bound = 1e-13 * scale(problem)
    assert abs(problem.loss.value(shuffled) - problem.loss.value(problem.student)) < bound
    assert np.abs(problem.loss.gradient(shuffled) - problem.loss.gradient(problem.student)[order]).max() < bound


@given(problems(activation="relu"), hs.floats(0.01, 100))
def test_relu_losses_are_homogeneous(problem, factor):
    """Scaling student and teacher by c scales value by c^2 and gradient by c, and leaves curvature alone."""
    larger = st.PopulationLoss(
        st.Network(factor * problem.loss.teacher.weights, problem.loss.teacher.output_weights),
        problem.loss.sobolev_weights,
        derivative=problem.loss.derivative,
    )
    student = problem.at(factor * problem.student.weights)
    assume(in_general_position(problem))
    bound = 1e-12 * scale(problem)
    assert abs(larger.value(student) / factor**2 - problem.loss.value(problem.student)) < bound
    assert np.abs(larger.gradient(student) / factor - problem.loss.gradient(problem.student)).max() < bound
    curvatures = larger.hessian(student).to_dense(), problem.loss.hessian(problem.student).to_dense()
    assert np.abs(curvatures[0] - curvatures[1]).max() < bound


@given(problems())
def test_loss_is_linear_in_the_sobolev_weights(problem):
    parts = []
    for order, weight in enumerate(problem.loss.sobolev_weights):
        if weight:
            unit = [0.0] * order + [1.0]
            part = st.PopulationLoss(problem.loss.teacher, unit, derivative=problem.loss.derivative)
            parts.append(weight * part.gradient(problem.student))
    whole = problem.loss.gradient(problem.student)
    assert np.abs(sum(parts) - whole).max() < 1e-13 * scale(problem)


@given(problems())
def test_everything_vanishes_at_the_teacher(problem):
    student = problem.loss.teacher
    bound = 1e-13 * scale(problem)
    assert problem.loss.value(student) < bound
    backprop = st.PopulationLoss(student, problem.loss.sobolev_weights)
    assert np.abs(backprop.gradient(student)).max() < bound


@given(problems())
def test_hessian_at_the_teacher_is_gauss_newton_below_the_jump(problem):
    jump = st.activations.get(problem.loss.activation).jump_order
    weights = problem.loss.sobolev_weights[: jump if jump is not None else None]
    assume(weights and sum(weights) > 0)
    loss = st.PopulationLoss(problem.loss.teacher, weights)
    hessian, gauss_newton = loss.hessian(loss.teacher).to_dense(), loss.gauss_newton(loss.teacher).to_dense()
    assert np.abs(hessian - gauss_newton).max() < 1e-13 * scale(problem)


@pytest.mark.parametrize(
    "activation",
    [name if name in ("relu", "erf") else pytest.param(name, marks=pytest.mark.long) for name in sorted(BUILT_IN)],
)
@pytest.mark.parametrize("derivative", CONVENTIONS)
def test_value_and_gradient_against_the_oracle(activation, derivative):
    """K = 2, M = 3 with output weights, every order that exists, against integrals of the definition."""
    rng = np.random.default_rng(7)
    w, v, a, b = (
        rng.standard_normal((2, 3)),
        rng.standard_normal((3, 3)),
        rng.standard_normal(2),
        rng.standard_normal(3),
    )
    weights = rng.uniform(0.5, 1, st.activations.get(activation).max_order + 1)
    loss = st.PopulationLoss(st.Network(v, b, activation=activation), weights, derivative=derivative)
    student = st.Network(w, a, activation=activation)
    value = float(oracles.loss(activation, weights, w, v, a, b))
    gradient = np.array(oracles.gradient(activation, weights, derivative, w, v, a, b).tolist(), dtype=float)
    assert loss.value(student) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(loss.gradient(student), gradient, atol=1e-13 * np.abs(gradient).max(), rtol=1e-12)


NEAR_THE_TEACHER = [
    (derivative, weights, direction)
    for derivative, weights, direction in product(
        CONVENTIONS, [(1.0,), (1.0, 1.0), (0.0, 1.0)], ["random", "radial", "transverse"]
    )
    # radially w is parallel to w* up to rounding: an exact gradient with a cone does not exist there
    if not (derivative == "exact" and len(weights) > 1 and direction == "radial")
]


@pytest.mark.parametrize(("derivative", "weights", "direction"), NEAR_THE_TEACHER)
@pytest.mark.parametrize(
    "distance", [1e-6, 1e-12, *(pytest.param(x, marks=pytest.mark.long) for x in (1e-1, 1e-3, 1e-9))]
)
def test_one_relu_neuron_near_its_teacher(derivative, weights, distance, direction):
    """Value and gradient to 1e-13 relative: the cancelling part is a difference of weights, formed exactly."""
    rng = np.random.default_rng(3)
    for dim in (2, 3, 10):
        v = rng.standard_normal((1, dim))
        step = v if direction == "radial" else rng.standard_normal((1, dim))
        if direction == "transverse":
            step = step - v * (step @ v.T) / (v @ v.T)
        w = v + distance * step / np.linalg.norm(step)
        loss = st.PopulationLoss(v, weights, derivative=derivative)
        with mp.workdps(50):
            value = oracles.loss("relu", weights, w, v, [1.0], [1.0])
            assert abs(loss.value(w) / value - 1) < 1e-13
            gradient = oracles.gradient("relu", weights, derivative, w, v, [1.0], [1.0])
            assert mp.norm(mp.matrix(loss.gradient(w).tolist()) - gradient) < 1e-13 * mp.norm(gradient)


def test_near_pairs_and_row_sums_agree_where_they_meet(monkeypatch):
    """A pair just above the threshold of nearness gives the same Hessian when declared near."""
    rng = np.random.default_rng(5)
    v = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    w = v + 0.35 * rng.standard_normal((2, 3))
    loss = st.PopulationLoss(v, "H1", derivative="exact")
    before = loss.hessian(w).to_dense(), loss.gradient(w)
    monkeypatch.setattr("sobolev_theory.pairs.geometry.NEAR", 1.0)  # every pair is near
    assert len(PairGeometry.of(np.vstack([w, v]), 2, loss.terms.chart).near.i) == 6
    after = loss.hessian(w).to_dense(), loss.gradient(w)
    for x, y in zip(before, after, strict=True):
        assert np.abs(x - y).max() < 16 * 16 * 2.0**-52 * np.abs(x).max()  # 1/NEAR^2 roundings of a few terms


@pytest.mark.parametrize("apart", [1.0, 1e-3])
def test_blocks_of_pairs_do_not_change_results(monkeypatch, apart):
    """Also where rows are nearly parallel, in the first block and in others."""
    rng = np.random.default_rng(6)
    w = rng.standard_normal((7, 5))
    v = w[::2] + apart * rng.standard_normal((4, 5))
    loss = st.PopulationLoss(v, "H1")
    before = loss.value(w), loss.gradient(w), loss.hessian(w).to_dense()
    monkeypatch.setattr("sobolev_theory.pairs.blocks_of_rows.BLOCK", 1)
    for x, y in zip(before, (loss.value(w), loss.gradient(w), loss.hessian(w).to_dense()), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("exponent", [-30, 30])
@pytest.mark.parametrize("distance", [1e-5, 1e-10])
def test_gradients_near_the_teacher_keep_their_digits_at_any_scale(exponent, distance):
    """A power of two changes none, where terms of the linear part cancel."""
    rng = np.random.default_rng(8)
    v = rng.standard_normal((3, 4))
    w = v + distance * rng.standard_normal((3, 4))
    for norm in ("L2", "H1"):
        gradient = st.PopulationLoss(v, norm).gradient(w)
        scaled = st.PopulationLoss(2.0**exponent * v, norm).gradient(2.0**exponent * w)
        np.testing.assert_array_equal(scaled, 2.0**exponent * gradient)


def test_a_transpose_is_offered_only_where_it_would_fit():
    loss = st.PopulationLoss(np.eye(3))
    for weights, offered in ((np.ones((3, 2)), True), (np.ones((4, 2)), False)):
        with pytest.raises(ValueError, match="input dimension 3 of the teacher is required") as refused:
            loss.value(weights)
        assert ("transpose" in str(refused.value)) == offered


def test_a_refusal_names_what_exists():
    """At parallel rows: for the Hessian the Gauss-Newton matrix, for the gradient the other convention."""
    loss = st.PopulationLoss(np.eye(2), "H1", derivative="exact")
    with pytest.raises(st.NotDifferentiableError, match="Use gauss_newton, which exists there"):
        loss.hessian(np.eye(2))
    with pytest.raises(st.NotDifferentiableError, match='Use derivative="backprop", which exists there'):
        loss.gradient(np.eye(2))


def test_a_hessian_exists_at_a_zero_row_that_is_smooth_enough():
    """Two derivatives of ``relu3`` are continuous, one of ``relu2`` is."""
    for name, exists in (("relu2", False), ("relu3", True)):
        loss = st.PopulationLoss(st.Network([[1.0, 2.0]], activation=name), "L2")
        assert np.isfinite(loss.gradient([[0.0, 0.0]])).all()
        if exists:
            assert np.isfinite(loss.hessian([[0.0, 0.0]]).to_dense()).all()
        else:
            with pytest.raises(st.NotDifferentiableError, match="Hessian does not exist"):
                loss.hessian([[0.0, 0.0]])
