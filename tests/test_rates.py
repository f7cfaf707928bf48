"""Rates of convergence against spectra derived by hand, and comparisons of norms against their flows."""

from concurrent.futures import ThreadPoolExecutor
from math import perm, prod

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.flow import predicted_rates
from sobolev_theory.flow.comparison import AS_IS
from sobolev_theory.flow.state import State
from sobolev_theory.problem import SpanProblem
from sobolev_theory.starts import around
from tests import oracles
from tests.oracles.flows import one_neuron

ANTISYMMETRIC = 1 / 4 - 1 / (2 * np.pi)
"""Smallest eigenvalue at an orthonormal teacher, L2, K >= 3 (Arjevani & Field 2020)."""


def near(teacher, size=0.2, seed=0):
    return teacher + size * np.random.default_rng(seed).standard_normal(teacher.shape)


def assert_covers(rate, truth, precision):
    """The uncertainty covers the truth, up to the solver's own 1e-10 and an imprecision that is worth reporting."""
    assert abs(rate - truth) <= rate.uncertainty + 1e-10
    assert rate.uncertainty < precision * truth


@pytest.mark.parametrize("width", [2, *(pytest.param(width, marks=pytest.mark.long) for width in (3, 5))])
def test_orthonormal_teacher_l2(width):
    """``1/4 -+ 1/(2 pi)`` on matrices ``D`` with zero diagonal and column sums, antisymmetric or symmetric. For K = 2
    there are none, but ``D = diag(1, -1)`` coupled to ``(0, 1; -1, 0)`` has the smaller one again.
    """
    teacher = np.eye(width, width + 1)
    rate = st.gradient_flow(st.PopulationLoss(teacher, "L2"), near(teacher), 150.0).rate()
    assert_covers(rate, ANTISYMMETRIC, 1e-3)
    assert rate.predicted == pytest.approx(ANTISYMMETRIC, rel=1e-13)  # at the teacher itself


@pytest.mark.long
@pytest.mark.parametrize("width", [3, 4, 5])
def test_orthonormal_teacher_backprop_h1(width):
    """Twice that of L2. With ``D_ij = (w_i - v_i) . v_j`` both fields have, off the diagonal, the components

    ``D_ij/4 + S_j/4 + D_ji/(2 pi)``, ``S_j = sum_k D_kj``,

    and only their diagonals differ, that of H1 with a term that is not linear, the norm of the others over ``2 pi``.
    For ``B`` with zero diagonal and column sums, antisymmetric, ``<B, D>`` decays at ``2 (1/4 - 1/(2 pi))`` exactly,
    and nothing is slower.
    The Gauss-Newton matrix would say ``1/2 - 1/(2 pi)``: it is not the Jacobian of this field.
    """
    teacher = np.eye(width, width + 1)
    loss = st.PopulationLoss(teacher, "H1")
    rate = st.gradient_flow(loss, near(teacher), 100.0).rate()
    assert_covers(rate, 2 * ANTISYMMETRIC, 0.03)
    assert rate.predicted == pytest.approx(2 * ANTISYMMETRIC, rel=1e-12)
    assert loss.gauss_newton(teacher).extreme_eigenvalues()[0] == pytest.approx(1 / 2 - 1 / (2 * np.pi), rel=1e-12)


def test_two_neurons_backprop_h1():
    """No antisymmetric ``B`` exists. On ``(D_12, D_21, D_11, D_22)`` the field is this matrix, with the signs of
    ``D_12 > 0 > D_21``; its smallest eigenvector has them, so the flow ends along it.
    """
    i, h = 1 / np.pi, 1 / (2 * np.pi)
    matrix = np.array([[1, i, 0, 0.5], [i, 1, 0.5, 0], [h, 0.5, 1, h], [0.5, -h, h, 1]])
    values, vectors = np.linalg.eig(matrix)
    slowest = vectors[:, np.argmin(values.real)].real
    assert slowest[0] * slowest[1] < 0
    teacher = np.eye(2)
    X = np.array([[slowest[2], slowest[0]], [slowest[1], slowest[3]]]) * np.sign(slowest[0])
    loss = st.PopulationLoss(teacher, "H1")
    np.testing.assert_allclose(loss.field_limit(teacher, X), values.real.min() * X, atol=1e-14)
    start = teacher + 0.2 * X
    rate = st.gradient_flow(loss, start, 60.0).rate()
    assert_covers(rate, values.real.min(), 0.01)
    assert rate.predicted == pytest.approx(values.real.min(), rel=1e-12)
    assert rate.sharpness == pytest.approx(values.real.max(), rel=1e-12)


@pytest.mark.parametrize("start", [(-0.9, 0.6), (3.0, 1e-3), (2.0, 0.0)])
def test_one_neuron_l2(start):
    rate = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "L2"), [start], 60.0).rate()
    assert_covers(rate, 0.5, 1e-6)
    assert rate.predicted == pytest.approx(0.5, rel=1e-13)
    assert rate.sharpness == pytest.approx(0.5, rel=1e-13)


@pytest.mark.parametrize(
    ("norm", "start", "t_max"),
    [
        ("H1", (0.5, 0.8), 60.0),
        pytest.param("H1", (-0.7659337, -0.0172996), 100.0, marks=pytest.mark.long),
        pytest.param("H1", (2.0, 1e-3), 60.0, marks=pytest.mark.long),
        ((0, 1), (0.5, 0.8), 100.0),
        pytest.param((1, 0.1), (1.18138, 1.26612), 200.0, marks=pytest.mark.long),
    ],
)
def test_one_neuron_with_derivatives_is_a_jordan_block(norm, start, t_max):
    """``|D|^2`` is ``(a + b t)^2 + c^2`` times ``e^(-2 s t)``, ``s`` half the sum of the weights: the slope comes to
    its limit like ``1/t``, and how slowly depends on ``a/b``. The uncertainty has to say so.
    """
    total = sum(norm) / 2 if not isinstance(norm, str) else 1.0
    rate = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], norm), [start], t_max).rate()
    assert_covers(rate, total, 0.2)
    assert rate.predicted == pytest.approx(total, rel=1e-14)
    assert rate.sharpness == pytest.approx(total, rel=1e-14)


def problem_on_a_line(activation, norm, factor, teacher):
    """One neuron at a multiple of its teacher, and its rate: that of ``(s^n - 1)^2 N/2``, ``n^2 N``.

    ``N`` is the squared norm of ``max(z, 0)^n``.
    """
    n = {"relu2": 2, "relu3": 3}.get(activation, 1)
    weights = norm if isinstance(norm, tuple) else (1.0,) * (n + 1)
    squares = [perm(n, m) ** 2 * prod(range(1, 2 * (n - m), 2)) / 2 for m in range(n + 1)]  # E z^(2k) = (2k - 1)!!
    slopes = 1 + 0.01**2 if activation == "leaky_relu" else 1
    loss = st.PopulationLoss(st.Network(teacher, activation=activation), norm)
    return loss, st.Network(factor * np.array(teacher), activation=activation), n**2 * np.dot(weights, squares) * slopes


@pytest.mark.parametrize(
    ("activation", "norm"), [("relu", "H1"), ("leaky_relu", "H1"), ("relu2", "H2"), ("relu3", "H3")]
)
@pytest.mark.parametrize("teacher", [[[1.0, 0.0]], [[0.6, -0.48, 0.64]]])
def test_one_neuron_on_the_line_of_its_teacher_has_a_field_and_a_rate(activation, norm, teacher):
    """Where there is no Hessian, and no limit of it along the line. In H1 of ReLU the eigenvalue across is the same.

    The student is rounded, by 1e-7 of its displacement.
    """
    loss, student, expected = problem_on_a_line(activation, norm, 1 + 2.0**-30, teacher)
    problem = SpanProblem.of(loss, student)
    state = State.start(problem)
    np.testing.assert_allclose(state.gradient, expected * state.displacement, rtol=1e-6, atol=1e-23)
    predicted, sharpness = predicted_rates.predicted_rate(problem, state, problem.teacher_rows)
    assert predicted == pytest.approx(expected, rel=1e-13)
    assert sharpness == pytest.approx(expected, rel=1e-7)  # rounding parts a Jordan block by its root


@pytest.mark.long
@pytest.mark.parametrize(
    ("activation", "norm", "factor", "t_max"),
    [("relu", (1.0, 0.1), 0.3, 45.0), ("leaky_relu", "H1", 2.0, 14.0), ("relu2", "H2", 1.5, 1.2)],
)
def test_one_neuron_on_the_line_of_its_teacher(activation, norm, factor, t_max):
    loss, student, expected = problem_on_a_line(activation, norm, factor, [[0.6, -0.48, 0.64]])
    flow = st.gradient_flow(loss, student, t_max)
    assert flow.status == "t_max"
    rate = flow.rate()
    assert_covers(rate, expected, 1e-3)
    assert rate.predicted == pytest.approx(expected, rel=1e-13)


def test_a_jordan_block_in_other_coordinates(monkeypatch):
    """There rounding parts the eigenvalue by 1e-8; the mean of what it makes of it has all digits."""
    teacher, X = np.random.default_rng(1).standard_normal((2, 1, 3))
    point = st.PopulationLoss(teacher).at(teacher)
    values = np.linalg.eigvals(point.hessian_towards(X).to_dense())
    assert np.abs(values.real - 1).max() > 1e-10
    monkeypatch.setattr(predicted_rates, "TURNS", 1)
    assert predicted_rates.nonlinear_eigenvalue(point, X)[0] == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_the_nonlinear_eigenvalue_is_one(seed):
    """Far from settled as well: the homogeneous flow ``X' = -D(X)``, by Euler steps, ends with it."""
    rng = np.random.default_rng(seed)
    V, X = rng.standard_normal((2, 2, 4))
    point = st.PopulationLoss(V).at(V)
    predicted, _ = predicted_rates.nonlinear_eigenvalue(point, X)
    for _ in range(150):
        X = X - 0.8 * point.field_limit(X)
        X /= np.linalg.norm(X)
    D = point.field_limit(X)
    assert np.linalg.norm(D - np.vdot(D, X) * X) < 1e-9
    assert np.vdot(D, X) == pytest.approx(predicted, rel=1e-9)


@pytest.mark.parametrize(
    ("activation", "norm", "width", "t_max", "precision"),
    [
        pytest.param("relu", "H1", 2, 60.0, 1e-3, marks=pytest.mark.long),
        pytest.param("relu", (0.2, 3), 3, 150.0, 1e-3, marks=pytest.mark.long),
        pytest.param("relu", "H1", 3, 300.0, 1e-3, marks=pytest.mark.long),
        pytest.param("relu2", "H2", 1, 10.0, 1e-3, marks=pytest.mark.long),
        pytest.param("relu2", "H2", 3, 20.0, 1e-6, marks=pytest.mark.long),
    ],
)
def test_a_flow_arrives_along_a_nonlinear_eigenvector(activation, norm, width, t_max, precision):
    """At a teacher whose field has no Jacobian, of any lengths and angles: the slope of the tail is the eigenvalue, and
    the displacement at the end is its eigenvector, of the limit of the field and of the field itself.
    """
    V = np.random.default_rng(width).standard_normal((width, width + 1))
    loss = st.PopulationLoss(st.Network(V, activation=activation), norm)
    flow = st.gradient_flow(loss, st.Network(near(V, 0.1), activation=activation), t_max)
    rate = flow.rate()
    assert_covers(rate, rate.predicted, precision)
    X = flow.weights[np.flatnonzero(flow.distance > 1e-7)[-1]] - V  # other modes have not quite decayed
    D = loss.field_limit(st.Network(V, activation=activation), X)
    assert np.linalg.norm(D - rate.predicted * X) < 0.01 * np.linalg.norm(D)
    along = loss.hessian(st.Network(V, activation=activation), towards=X).spectrum()
    assert rate.sharpness == pytest.approx(along.largest, rel=0.01)
    assert rate.predicted == pytest.approx(along.smallest, rel=0.01)  # nothing else is slower


@pytest.mark.long
@pytest.mark.parametrize("seed", range(30))
def test_the_uncertainty_covers_from_everywhere(seed):
    rng = np.random.default_rng(seed)
    norm = [(1,), (1, 1), (0, 1), (1, 0.1), (1, 5)][seed % 5]
    start, t_max = 1.5 * rng.standard_normal(2), rng.choice([60.0, 100.0, 200.0])
    rate = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], norm), [start], t_max).rate()
    assert_covers(rate, sum(norm) / 2, 0.2)


@pytest.mark.long
def test_the_end_may_be_a_permuted_teacher():
    teacher = np.eye(3)
    rate = st.gradient_flow(st.PopulationLoss(teacher, "L2"), near(teacher[[1, 2, 0]], 0.1), 150.0).rate()
    assert_covers(rate, ANTISYMMETRIC, 1e-2)


@pytest.mark.parametrize(
    ("norm", "t_max", "precision"), [pytest.param("L2", 250.0, 0.1, marks=pytest.mark.long), ("H1", 80.0, 0.05)]
)
def test_a_smooth_activation(norm, t_max, precision):
    """The smallest eigenvalue of the Hessian at the teacher, which fills its space; 2 pi/rate is a short tail."""
    teacher = st.Network(np.eye(3), activation="erf")
    loss = st.PopulationLoss(teacher, norm)
    rate = st.gradient_flow(loss, st.Network(near(np.eye(3), 0.05), activation="erf"), t_max).rate()
    truth = np.linalg.eigvalsh(loss.hessian(teacher).to_dense())
    assert_covers(rate, truth[0], precision)
    assert rate.predicted == pytest.approx(truth[0], rel=1e-3)
    assert rate.sharpness == pytest.approx(truth[-1], rel=1e-3)


def test_two_modes_that_are_nearly_equal():
    """A short erf neuron: rates across it and along it have the quotient ``1 + 2 |v|^2`` (Gaussian integrals). The tail
    is mostly the faster mode, by a slope that hardly changes; the uncertainty has to say how slow it can become.
    """
    teacher = st.Network([[0.1, 0.0]], activation="erf")
    loss = st.PopulationLoss(teacher, "L2")
    slow, fast = np.linalg.eigvalsh(loss.hessian(teacher).to_dense())
    assert fast / slow == pytest.approx(1.02, rel=1e-12)
    rate = st.gradient_flow(loss, st.Network([[0.103, 0.02]], activation="erf"), 100.0).rate()
    assert abs(rate - fast) < (fast - slow) / 5  # 1e-26 from the teacher still
    assert_covers(rate, slow, 0.03)
    assert rate.predicted == pytest.approx(slow, rel=1e-5)


def spurious_minimum(width=6):
    """One neuron against its teacher, the others helping (found by training; Safran & Shamir 2018)."""
    weights = np.full((width, width), -0.04)
    np.fill_diagonal(weights, 1.0)
    weights[:, -1], weights[-1] = 0.25, 0.2
    weights[-1, -1] = -0.5
    return st.critical_point(st.PopulationLoss(np.eye(width), "L2"), weights)


def test_the_end_may_be_a_spurious_minimum():
    """The rate is the smallest eigenvalue there, by central differences of the gradient (1e-9 of the largest, 2)."""
    point = spurious_minimum()
    assert point.converged
    assert point.value > 0.01
    loss, step, size = st.PopulationLoss(np.eye(6), "L2"), 1e-5, 36
    columns = [
        (loss.gradient(point.weights + move) - loss.gradient(point.weights - move)).ravel() / (2 * step)
        for move in step * np.eye(size).reshape(size, 6, 6)
    ]
    truth = np.linalg.eigvalsh((np.array(columns) + np.array(columns).T) / 2)[0]
    assert truth > 0
    rate = st.gradient_flow(loss, point.weights + 0.01 * near(np.zeros((6, 6)), 1.0), 5 / truth).rate()
    assert_covers(rate, truth, 0.5)
    assert rate.predicted == pytest.approx(truth, rel=2e-3)  # at a relative distance of 1e-3


def test_a_valley_of_minima():
    """On a line, both rows positive: ``w_1 + w_2 - 1`` decays at 1, the difference stays."""
    flow = st.gradient_flow(st.PopulationLoss([[1.0], [-0.5]], "L2"), [[2.0], [2.5]], 25.0)
    np.testing.assert_allclose(flow.weights[-1], [[0.25], [0.75]], rtol=0, atol=1e-9)
    assert_covers(flow.rate(), 1.0, 1e-2)


@pytest.mark.parametrize(
    ("teacher", "start", "t_max"),
    [
        (np.eye(3), near(np.eye(3)), 2.0),  # too short
        (np.eye(3), np.eye(3), 2.0),  # does not move
        (np.eye(2, 3), near(np.vstack([np.eye(2, 3)] * 2)), 100.0),  # too many neurons: slower than exponential
    ],
)
def test_no_rate_without_a_tail(teacher, start, t_max):
    with pytest.raises(ValueError, match=r"rate: .* is required"):
        st.gradient_flow(st.PopulationLoss(teacher, "L2"), start, t_max).rate()


@pytest.mark.parametrize(
    ("start", "options", "advice"),
    [
        ([[0.9, 0.3]], {}, "'t_max'; raise t_max$"),
        ([[0.9, 0.3]], {"until": {"loss": 2e-2}}, "'loss'; take a lower level$"),
        ([[1.0, 0.0]], {}, "'stationary'$"),
    ],
)
def test_why_there_is_no_rate_says_what_would_help(start, options, advice):
    flow = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "L2"), start, 0.5, **options)
    with pytest.raises(ValueError, match=advice):
        flow.rate()


def test_a_rate_is_a_float_with_more_to_say():
    rate = st.Rate(0.5, 0.01, 0.49, 2.0)
    assert rate == 0.5
    assert isinstance(rate, float)
    assert (rate.uncertainty, rate.predicted, rate.sharpness) == (0.01, 0.49, 2.0)
    assert str(rate) == "0.5 +- 0.01, predicted 0.49"


def test_times_of_a_comparison_are_those_of_the_closed_form():
    """One neuron: at the time given the L2 loss of the exact solution has fallen to 1e-6, up to the flow's own 1e-9."""
    start = (0.5, 0.8)
    table = st.compare_flows([start], [[1.0, 0.0]], ("L2", "H1"), t_max=60.0)
    begin = oracles.loss("relu", (1,), [start], [[1, 0]], [1], [1])
    for row, lambdas in zip(table.rows, [(1,), (1, 1)], strict=True):
        weights = [one_neuron(lambdas, start, row.time)]
        assert oracles.loss("relu", (1,), weights, [[1, 0]], [1], [1]) / begin == pytest.approx(1e-6, rel=1e-8)
        assert row.sharpness == pytest.approx(sum(lambdas) / 2, rel=1e-6)


def test_rows_of_a_comparison_follow_from_the_flows():
    teacher = np.eye(3, 5)
    table = st.compare_flows(near(teacher), teacher, ("H1", "L2"), t_max=90.0, accuracy=1e-5)
    assert [row.norm for row in table.rows] == ["H1", "L2"]
    yardstick = st.PopulationLoss(teacher, "L2")
    for row, flow in zip(table.rows, table.flows, strict=True):
        rate = flow.rate()
        assert (row.rate, row.uncertainty, row.predicted, row.sharpness) == (
            rate,
            rate.uncertainty,
            rate.predicted,
            rate.sharpness,
        )
        assert row.status == flow.status
        fall = yardstick.value(flow(row.time)) / yardstick.value(flow(0.0))
        assert fall == pytest.approx(1e-5, rel=1e-9)
    h1, l2 = table.rows
    assert (h1.acceleration, h1.acceleration_equal_sharpness, h1.time_equal_sharpness) == (1, 1, h1.time)
    assert l2.acceleration == pytest.approx(h1.time / l2.time, rel=1e-14)
    assert l2.time_equal_sharpness == pytest.approx(l2.time * l2.sharpness / h1.sharpness, rel=1e-14)
    assert l2.acceleration_equal_sharpness == pytest.approx(h1.time / l2.time_equal_sharpness, rel=1e-14)
    assert l2.acceleration < 1  # H1 is faster


@pytest.mark.long
def test_a_loss_added_to_itself_is_faster_only_as_is():
    """Twice the loss: the same orbit at twice the speed, up to the errors of the solver, and no gain that is fair."""
    teacher = np.eye(3)
    once, twice = st.compare_flows(near(teacher), teacher, ("L2", (2.0,)), t_max=90.0).rows
    assert twice.acceleration == pytest.approx(2, rel=1e-8)
    assert twice.acceleration_equal_sharpness == pytest.approx(1, rel=1e-5)  # sharpness is taken near the teacher
    assert twice.sharpness == pytest.approx(2 * once.sharpness, rel=1e-5)


def test_a_comparison_that_does_not_arrive():
    teacher = np.eye(3)
    table = st.compare_flows(near(teacher), teacher, t_max=1.0)
    for row in table.rows:
        assert row.time == np.inf
        assert np.isnan([row.rate, row.uncertainty, row.predicted, row.sharpness]).all()
        assert row.status == "t_max"
    assert np.isnan(table.rows[1].acceleration)
    assert np.isnan(table.rows[1].acceleration_equal_sharpness)


def test_entries_that_are_no_numbers_are_explained():
    notes = st.compare_flows([[0.5, 0.8]], [[1.0, 0.0]], t_max=1.0).notes
    assert [note.split(":")[0] for note in notes] == ["L2", "L2", "H1", "H1"]
    (note,) = st.compare_flows([[0.5, 0.8]], [[1.0, 0.0]], t_max=40.0, derivative="exact").notes
    assert "infinite sharpness" in note


def test_a_comparison_prints_as_a_table():
    table = st.compare_flows([[0.5, 0.8]], [[1.0, 0.0]], ("L2", (1, 0.5)), t_max=60.0, accuracy=1e-3)
    text = str(table)
    assert "time until the L2 loss is 0.001 of its start, gain over L2" in text
    lines = text.splitlines()
    assert " ".join(lines[1].split()) == "norm rate +- predicted sharpness time gain equal time equal gain ended by"
    assert lines.pop() == AS_IS
    for line, row in zip(lines[2:], table.rows, strict=True):
        assert line.split()[-1] == row.status
        for number in (row.rate, row.sharpness, row.time):
            assert f"{number:.5g}" in line.split()
    assert "(1, 0.5)" in lines[3]
    assert table.notes == []
    assert [row["time"] for row in table.as_dicts()] == [row.time for row in table.rows]


def test_gains_that_have_no_value_are_nan_with_a_reason():
    start, teacher = [[0.5, 0.8]], [[1.0, 0.0]]
    table = st.compare_flows(start, teacher, ("H1", "L2"), t_max=40.0, derivative="exact")
    h1, l2 = table.rows  # the reference slides on a cone: no sharpness to compare with
    assert (h1.sharpness, h1.acceleration) == (np.inf, 1.0)
    assert l2.acceleration == pytest.approx(h1.time / l2.time)
    assert np.isnan([r.time_equal_sharpness for r in table.rows]).all()
    assert np.isnan([r.acceleration_equal_sharpness for r in table.rows]).all()
    assert table.notes[0].startswith("H1: infinite sharpness")
    assert table.notes[1].startswith("L2: no gain at equal sharpness, that of H1")
    late, soon = st.compare_flows(start, teacher, t_max=10.0).rows  # the reference does not arrive
    assert np.isnan([late.acceleration, soon.acceleration, soon.acceleration_equal_sharpness]).all()
    same = st.compare_flows(teacher, teacher, t_max=1.0)
    assert np.isnan([same.rows[0].time, same.rows[0].acceleration]).all()
    assert "L2: no time and no gain, student and teacher agree at the start" in same.notes
    assert "rate and sharpness at its end, not at the start" in same.title


# --- several starts ---------------------------------------------------------------------------------------------------


SEVERAL = {"t_max": 18.0, "accuracy": 1e-5, "rtol": 1e-7}


@pytest.mark.long
def test_several_starts_are_their_single_ones_with_errors_of_the_mean() -> None:
    """Means of rates over the flows that have one, of times over those that arrived, of gains over both."""
    starts = [[[0.5, 0.8]], [[-0.9, 0.05]], [[1.2, -0.3]]]
    table = st.compare_flows(starts, [[1.0, 0.0]], **SEVERAL)
    each = table.starts
    assert each[1] == tuple(st.compare_flows(starts[1], [[1.0, 0.0]], **SEVERAL))
    for k, row in enumerate(table):
        for name in ("rate", "sharpness", "time", "acceleration", "acceleration_equal_sharpness"):
            values = np.array([getattr(one[k], name) for one in each])
            values = values[np.isfinite(values)]
            assert len(values) >= 2
            np.testing.assert_allclose(getattr(row, name), values.mean(), rtol=1e-14)
            error = np.sqrt(np.sum((values - values.mean()) ** 2) / (len(values) - 1) / len(values))
            np.testing.assert_allclose(getattr(row, name).standard_error, error, rtol=1e-12, atol=1e-15)
    late = sum(one[0].time == np.inf for one in each)
    assert 0 < late < 2
    assert any(f"L2: {late} of 3 starts: did not reach the accuracy" in note for note in table.notes)
    assert "; 3 starts" in table.title
    assert [line.split()[:2] for line in str(table).splitlines()[2:5]] == [
        ["L2", "mean"],
        ["L2", "spread"],
        ["L2", "std"],
    ]
    assert table.as_dicts()[1]["standard_error"]["time"] == table["H1"].time.standard_error
    with pytest.raises(ValueError, match="comparison: flows from one start are required"):
        st.plotting.loss_curves(table)


def test_random_starts_are_as_far_from_the_teacher_as_the_start() -> None:
    """In directions that depend on the seed and the number of the start alone; who works makes no difference."""
    teacher = st.Network([[1.0, 0.0], [0.0, 1.0]], [1.0, -0.5], [0.1, 0.2], 0.3, activation="erf")
    loss = st.PopulationLoss(teacher, parameters=("weights", "output_bias"))
    start = st.Network(teacher.weights[::-1] + 0.1, [-0.5, 1.0], [0.2, 0.1], 0.5, activation="erf")
    few, many = ([*around(loss, start, count, 3)] for count in (2, 40))
    assert few == many[:2]
    moved = [np.array([*(s.weights - teacher.weights[::-1]).ravel(), s.output_bias - 0.3]) for s in many]
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), np.sqrt(4 * 0.1**2 + 0.2**2), rtol=1e-14)
    # the square of one of n = 5 coordinates of a random unit vector is 1/n, off by sqrt(2 (n - 1)/(n + 2))/n = 0.22
    assert np.abs(5 * np.mean(np.square(moved), axis=0) / 0.08 - 1).max() < 5 * 5 * 0.22 / np.sqrt(40)
    assert all((s.output_weights == [-0.5, 1.0]).all() and (s.biases == [0.2, 0.1]).all() for s in many)
    with ThreadPoolExecutor(2) as pool:
        tables = [
            st.compare_flows([[0.5, 0.8]], [[1.0, 0.0]], ("L2",), starts=3, rng=1, workers=workers, **SEVERAL)
            for workers in (1, pool)
        ]
    assert tables[0].starts == tables[1].starts
    assert len({rows[0].time for rows in tables[0].starts}) == 3


@pytest.mark.parametrize(
    ("W0", "starts", "message"),
    [
        ([[0.5, 0.8]], 0, "starts: a positive integer is required, got 0"),
        ([[0.5, 0.8], [0.1, 0.2]], 2, "starts: one start as wide as its teacher, .* pass others as a list"),
        (
            st.Network([[0.5, 0.8]], [2.0]),
            2,
            "starts: one start as wide as its teacher, and equal to it in what does not",
        ),
        ([[[0.5, 0.8]], [[0.1, 0.8]]], 2, "starts: one start .* got 2; leave starts out"),
    ],
)
def test_random_starts_need_one_like_the_teacher(W0: object, starts: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        st.compare_flows(W0, [[1.0, 0.0]], t_max=1.0, starts=starts)
