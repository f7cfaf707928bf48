"""Dynamics of networks as people have them: biases, a mean, a covariance and a metric, and all parameters that move."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import sobolev_theory as st
from sobolev_theory import plotting
from sobolev_theory.flow import predicted_rates, rates
from sobolev_theory.flow.state import State
from sobolev_theory.parameters import Parameters, matching
from sobolev_theory.problem import SpanProblem

DEGREES = {"relu": 1, "relu2": 2, "relu3": 3}


def network(width, dim, rng, activation="relu"):
    """Weights of norms near one, biases of 0.3, output weights of both signs."""
    weights, outputs = rng.standard_normal((width, dim)) / dim**0.5, rng.standard_normal(width)
    return st.Network(weights, outputs, 0.3 * rng.standard_normal(width), 0.2, activation=activation)


def moved(loss, student, flat):
    """The student with another flat vector of what moves."""
    layout = loss.layout(student.width)
    return loss.student(Parameters.of_network(student).at_rows(layout, layout.rows(np.asarray(flat))))


def flat_of(loss, student):
    """The flat vector of what moves, written from the parts."""
    biases = np.zeros(student.width) if student.biases is None else student.biases
    parts = {"output_weights": student.output_weights, "weights": student.weights, "biases": biases}
    parts["output_bias"] = np.array([student.output_bias])
    return np.concatenate([np.ravel(parts[name]) for name in loss.moving])


def beside(loss, student, distance, seed=0):
    """A network displaced in all that moves."""
    flat = flat_of(loss, student)
    return moved(loss, student, flat + distance * np.random.default_rng(seed).standard_normal(flat.size))


def two_variances(dim):
    return st.Inputs(0.4 * np.random.default_rng(5).standard_normal(dim), np.where(np.arange(dim) % 2, 2.0, 0.5))


def spiked(dim):
    y = np.random.default_rng(6).standard_normal(dim) / dim**0.5
    return st.Inputs(covariance=0.7 * np.eye(dim) + np.outer(y, y))


def dense(dim):
    a = np.random.default_rng(7).standard_normal((dim, dim)) / dim**0.5
    return st.Inputs(0.2 * np.ones(dim), a @ a.T + 0.3 * np.eye(dim))


CASES = {
    "relu": ("relu", "L2", 24, {"parameters": "all", "inputs": two_variances(24)}, 10),
    "relu H1": ("relu", "H1", 14, {"parameters": "all", "inputs": spiked(14)}, 5),
    "relu exact": ("relu", "L2", 24, {"derivative": "exact", "inputs": two_variances(24), "metric": 0.5}, 10),
    "relu2": (
        "relu2",
        "H1",
        4,
        {"parameters": ("weights", "biases"), "inputs": dense(4), "metric": [1, 2, 3, 4]},
        None,
    ),
    "relu3": ("relu3", "H1", 14, {"parameters": "all", "derivative": "exact"}, 4),
    "features": ("relu", "L2", 24, {"parameters": "output_weights", "inputs": two_variances(24)}, 10),
    "biases": ("relu", "H1", 14, {"parameters": ("biases", "output_bias"), "metric": np.arange(1.0, 15)}, None),
    "erf": ("erf", "H1", 24, {"parameters": "all", "inputs": two_variances(24)}, 10),
}


def case(name):
    """A loss, a start, and the dimension of the invariant space; None where it would be no saving."""
    activation, norm, dim, options, n = CASES[name]
    rng = np.random.default_rng(1)
    teacher, start = network(2, dim, rng, activation), network(2, dim, rng, activation)
    return st.PopulationLoss(teacher, norm, **options), start, n


@pytest.mark.parametrize("name", CASES)
def test_the_invariant_space(name):
    """Rows and mean, in each of r eigenspaces: ``r (K + M + 1)`` dimensions, one more for a spike, without the mean one
    less; there the loss is what it is in R^d, and the field leads nowhere else."""
    loss, start, n = case(name)
    problem = SpanProblem.of(loss, start)
    assert (None if problem.basis is None else problem.basis.shape[1]) == n
    inner, layout = problem.at(problem.start_rows), loss.layout(start.width)
    assert inner.value == pytest.approx(loss.value(start), rel=1e-13)
    gradient = layout.flat(problem.embed(inner.gradient_rows))
    np.testing.assert_allclose(gradient, np.ravel(loss.gradient(start)), rtol=0, atol=1e-13)
    np.testing.assert_allclose(problem.project(problem.embed(problem.start_rows)), problem.start_rows, atol=1e-14)


def flows_as_integrated(name, time):
    """SciPy's solver on the gradient in R^d, in flat vectors of what moves."""
    loss, start, _ = case(name)
    flow = st.gradient_flow(loss, start, time, rtol=1e-9)
    layout = loss.layout(start.width)

    def field(_, flat):
        return -np.ravel(loss.gradient(moved(loss, start, flat)))

    other = solve_ivp(field, (0, time), flat_of(loss, start), method="DOP853", rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(flow.parameters[-1], other.y[:, -1], rtol=0, atol=1e-8)
    assert flow.status == "t_max"
    assert flow.weights.shape == (len(flow.t), start.width, start.dim)
    end, student = flow(time), flow.student(time)
    assert end.shape == ((2, start.dim) if layout.only_weights else (layout.size,))
    np.testing.assert_array_equal(np.ravel(end), flow.parameters[-1])
    np.testing.assert_array_equal(flat_of(loss, student), flow.parameters[-1])
    assert loss.value(student) == pytest.approx(flow.loss[-1], rel=1e-12)
    assert flow.distance[-1] == pytest.approx(np.linalg.norm(np.ravel(end) - flat_of(loss, loss.teacher)), rel=1e-12)


@pytest.mark.parametrize("name", ["relu", "relu exact", "features"])
def test_flows_are_those_of_the_gradient(name):
    """Errors are some times the tolerance of 1e-9."""
    flows_as_integrated(name, 0.5)


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_all_flows_are_those_of_the_gradient(name):
    """And for longer."""
    flows_as_integrated(name, 2.0)


@pytest.mark.parametrize(("activation", "norm", "derivative"), [("relu", "H1", "backprop"), ("relu2", "L2", "exact")])
def test_rescaling_is_conserved(activation, norm, derivative):
    """``|w|^2 + b^2 - n a^2`` of each neuron: the field is orthogonal to ``(w, b, -n a)``, so what changes is the error
    of the solver, some times its tolerance; neurons themselves change much more."""
    rng, n = np.random.default_rng(2), DEGREES[activation]
    teacher, start = network(3, 3, rng, activation), network(2, 3, rng, activation)
    loss = st.PopulationLoss(teacher, norm, derivative=derivative, parameters="all", inputs=dense(3))
    flow = st.gradient_flow(loss, start, 1.0)
    parts = [loss.split(flat) for flat in flow.parameters]
    inner = np.array([(part["weights"] ** 2).sum(axis=1) + part["biases"] ** 2 for part in parts])
    outer = np.array([n * part["output_weights"] ** 2 for part in parts])
    assert flow.status == "t_max"
    assert np.abs(inner - outer - (inner - outer)[0]).max() < 1e-9
    assert (np.ptp(inner, axis=0) > 1e-2).all()


def test_matching_is_by_all_that_moves():
    """And by equality of what does not."""
    teacher = st.Network(np.eye(2), [1.0, 2.0], [0.3, -0.3], 0.5)
    swapped = st.Network([[0.1, 1.0], [1.0, 0.1]], [2.0, 1.0], [-0.3, 0.3], 0.5)
    assert matching(swapped, teacher).tolist() == [1, 0]
    everything = ("output_weights", "weights", "biases", "output_bias")
    assert matching(swapped, teacher, everything).tolist() == [1, 0, 2]
    biased = st.Network(np.eye(2), [1.0, 2.0], [-0.3, 0.3], 0.5)
    assert matching(biased, teacher) is None
    assert matching(biased, teacher, ("weights", "output_weights", "biases")).tolist() == [0, 1]
    assert matching(biased, teacher, ("weights", "output_weights")).tolist() == [
        1,
        0,
    ]  # their biases are those of [1, 0]
    assert matching(st.Network(np.eye(2), [1.0, 2.0], [0.3, -0.3]), teacher) is None  # another output bias


def test_newton_among_networks_that_are_equal():
    """Two rescalings make two zeros of the spectrum; convergence is quadratic all the same, and any rescaled network is
    one more end."""
    rng = np.random.default_rng(1)
    loss = st.PopulationLoss(network(2, 2, rng, "relu2"), "H1", parameters="all", inputs=two_variances(2))
    point = st.critical_point(loss, beside(loss, loss.teacher, 1e-2))
    norms = np.array(point.gradient_norms)
    assert point.converged
    assert point.is_global
    assert point.index == 0
    assert (norms[2:] <= 100 * norms[1:-1] ** 2 + 1e-14).all(), norms
    values = np.repeat(point.spectrum.values, point.spectrum.multiplicities)
    assert len(values) == 2 * 2 + 2 + 2 + 1
    assert (np.abs(values) <= 1e-12 * values.max()).sum() == 2
    across = loss.hessian(point.student).spectrum(quotient=True)
    np.testing.assert_allclose(np.sort(across.values), np.sort(values)[2:], rtol=1e-6)
    w, b, a = point.student.weights, point.student.biases, point.student.output_weights
    rescaled = st.Network(2 * w, a / 4, 2 * b, point.student.output_bias, activation="relu2")
    assert np.abs(loss.gradient(rescaled)).max() < 1e-11
    assert loss.value(rescaled) < 1e-13


def test_the_index_of_a_saddle_with_rescalings():
    """Two equal neurons stay equal under Newton's method; the index is that of differences of the gradient. They may
    share their output weight in any way: one more zero beside the two rescalings."""
    teacher = st.Network(np.eye(2), [1.0, 1.5], [0.2, -0.1])
    loss = st.PopulationLoss(teacher, "L2", parameters="all")
    point = st.critical_point(loss, st.Network(np.full((2, 2), 0.6), biases=[0.1, 0.1]))
    at, h = flat_of(loss, point.student), 1e-5
    ends = [loss.gradient(moved(loss, point.student, at + h * e)) for e in np.vstack([np.eye(9), -np.eye(9)])]
    jacobian = (np.array(ends[:9]) - np.array(ends[9:])) / (2 * h)
    values = np.linalg.eigvalsh((jacobian + jacobian.T) / 2)
    assert point.converged
    assert not point.is_global
    assert point.index == (values < -1e-6).sum() > 0
    assert (np.abs(values) < 1e-7).sum() == 3  # to the error of differences


def test_the_rate_at_an_end_among_equal_networks():
    """Of all of them the one that the flow reaches has its ``|w|^2 + b^2 - a^2``; the slowest mode there, across
    rescalings, decides. Of any other the distance would not fall."""
    loss = st.PopulationLoss(st.Network([[1.0, 0.5]], [1.3], [0.4], 0.2), "L2", parameters="all")
    flow = st.gradient_flow(loss, st.Network([[0.9, 0.6]], [1.2], [0.3], 0.1), 24.0, rtol=1e-5)
    rate = flow.rate()
    values = np.linalg.eigvalsh(loss.gauss_newton(flow.student(24.0)).to_dense())
    assert abs(values[0]) < 1e-12
    assert rate.uncertainty < 1e-3
    assert rate == pytest.approx(rate.predicted, abs=2 * rate.uncertainty)
    assert rate.predicted == pytest.approx(values[1], rel=1e-2)
    assert rate.sharpness == pytest.approx(values[-1], rel=1e-2)


@pytest.mark.parametrize("seed", range(1, 4))
def test_an_end_at_a_rescaled_teacher_has_exactly_its_kinks(seed):
    """Newton's end is at the teacher's kinks to rounding: as it comes, some of them would count as others, and the
    limit of the Hessian be that of no network."""
    rng = np.random.default_rng(seed)
    W, a, b, c = rng.standard_normal((3, 4)), rng.standard_normal(3), rng.standard_normal(3), rng.uniform(0.7, 1.4, 3)
    inputs = st.Inputs(rng.standard_normal(4), rng.uniform(0.5, 2, 4))
    loss = st.PopulationLoss(st.Network(W, a, b, 0.1), "H1", inputs=inputs, parameters="all")
    problem = SpanProblem.of(loss, beside(loss, st.Network(c[:, None] * W, a / c, c * b, 0.1), 1e-6, seed))
    end, _ = rates._end_point(problem, State.start(problem), "it ended")
    assert problem.at(end).parallel == [(0, 3), (1, 4), (2, 5)]
    assert np.linalg.norm(end - problem.start_rows) < 1e-4


def test_what_a_displacement_has_of_rescalings_is_no_mode_of_it():
    """A hundredth of a direction in which nothing changes beside the slowest of all others."""
    loss = st.PopulationLoss(network(2, 3, np.random.default_rng(1)), "L2", parameters="all")
    problem = SpanProblem.of(loss, loss.teacher)
    values, vectors = np.linalg.eigh(loss.gauss_newton(loss.teacher).to_dense())
    away = problem.layout.rows(1e-6 * (vectors[:, 2] + 1e-2 * vectors[:, 0]))
    state = State(problem, np.arange(3), away)
    slowest, _ = predicted_rates.predicted_rate(problem, state, problem.teacher_rows)
    assert np.abs(values[:2]).max() < 1e-14
    assert slowest == pytest.approx(values[2], rel=1e-4)


def test_descents_are_those_of_the_gradient():
    """The loop that a user would write; the default step balances the ends of the spectrum across rescalings."""
    loss, _, _ = case("relu")
    start = beside(loss, loss.teacher, 1e-2)
    descent = st.gradient_descent(loss, start, 30)
    flat = flat_of(loss, start)
    for _ in range(30):
        flat = flat - descent.step * loss.gradient(moved(loss, start, flat))
    np.testing.assert_allclose(descent.parameters[-1], flat, rtol=0, atol=1e-13)
    assert descent.weights.shape == (31, 2, 24)
    assert (np.diff(descent.loss) < 0).all()
    values = np.linalg.eigvalsh(loss.gauss_newton(loss.teacher).to_dense())
    assert descent.step == pytest.approx(2 / (values[2] + values[-1]), rel=1e-2)
    assert np.abs(values[:2]).max() < 1e-14


def test_a_descent_that_diverges_says_so():
    """With output weights a gradient grows like a cube of weights: the next one is no double."""
    loss, start, _ = case("relu")
    assert st.gradient_descent(loss, start, 500, step=100.0).status == "diverged"


def test_tuned_steps_are_counted_on_the_gradient():
    """Iterations at the tuned step until the L2 loss, of the same inputs, is at the accuracy of its start."""
    rng = np.random.default_rng(1)
    teacher, options = network(2, 3, rng, "relu2"), {"parameters": "all", "inputs": st.Inputs([0.1, 0.0, 0.2], 0.8)}
    loss, judge = (st.PopulationLoss(teacher, norm, **options) for norm in ("H1", "L2"))
    start = beside(loss, teacher, 1e-2)
    (row,) = st.steps_to(start, teacher, ("H1",), accuracy=2e-2, limit=300, **options)
    flat, level, steps = flat_of(loss, start), 0.02 * judge.value(start), 0
    while judge.value(moved(loss, start, flat)) > level:
        flat, steps = flat - row.step * loss.gradient(moved(loss, start, flat)), steps + 1
    assert row.steps == steps > 3
    assert abs(row.predicted_steps - steps) <= 2


@pytest.mark.long
def test_comparisons_of_flows_judge_by_the_same_inputs():
    teacher, options = network(1, 2, np.random.default_rng(3)), {"parameters": "all", "inputs": two_variances(2)}
    loss = st.PopulationLoss(teacher, "L2", **options)
    start = beside(loss, teacher, 0.2)
    table = st.compare_flows(start, teacher, t_max=2.0, accuracy=0.5, rtol=1e-5, **options)
    assert table.errors[1][0] == pytest.approx(loss.value(start), rel=1e-12)
    alone = st.gradient_flow(loss, start, np.inf, rtol=1e-5, until={"loss": 0.5 * loss.value(start)})
    assert table["L2"].time == pytest.approx(alone.t[-1], rel=1e-4)


def test_the_derivative_of_the_distance_is_of_all_that_moves():
    loss, start, _ = case("relu")
    away = flat_of(loss, start) - flat_of(loss, loss.teacher)
    expected = -away @ loss.gradient(start)
    assert st.lyapunov_derivative(loss, start) == pytest.approx(expected, rel=1e-13)


def test_exact_flows_stop_where_kinks_meet():
    """Within 1e-3 of the way of what would slide there, the student's kink is the teacher's."""
    teacher = st.Network([[1.0, 0.5]], [1.0], [0.4])
    loss = st.PopulationLoss(teacher, "H1", derivative="exact", parameters=("weights", "biases"))
    flow = st.gradient_flow(loss, st.Network([[0.96, 0.5]], [1.0], [0.38]), 100.0, rtol=1e-4)
    assert flow.status == "nonsmooth"
    assert "student row 0 and teacher row 0 came to bend on one hyperplane" in flow.message
    one, other = np.append(flow.weights[-1], flow.parameters[-1][2:]), np.append(teacher.weights, teacher.biases)
    assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) == pytest.approx(1, abs=1e-9)


def test_kinks_meet_in_one_dimension():
    """Without biases both conventions are one there; with them kinks are points, which meet."""
    teacher = st.Network([[1.0], [-1.0]], biases=[0.5, -0.2])
    loss = st.PopulationLoss(teacher, "H1", derivative="exact", parameters="all")
    flow = st.gradient_flow(loss, st.Network([[0.9], [-0.5]], biases=[0.4, 0.1]), 5.0, rtol=1e-4)
    assert flow.status == "nonsmooth"
    assert "came to bend on one hyperplane" in flow.message
    assert not st.PopulationLoss([[1.0]], "H1", derivative="exact").has_cones


@pytest.mark.long
def test_a_step_that_is_too_long_is_no_divergence():
    """Trials of DOP853 far beyond what is stable leave the range of doubles here, and the flow does not."""
    teacher = st.Network([[1.0]], [1.2], [0.4], activation="relu2")
    loss = st.PopulationLoss(teacher, "H2", derivative="exact", parameters=("weights", "biases"))
    flow = st.gradient_flow(loss, st.Network([[0.9]], [1.0], [-0.3], activation="relu2"), 2.0, rtol=1e-4)
    assert flow.status == "nonsmooth"


@pytest.mark.parametrize(("output", "meets"), [(-1.2, True), (1.2, False)])
def test_kinks_of_opposite_neurons(monkeypatch, output, meets):
    """``a_i c_j g^2 E sigma'' sigma''`` of relu2 in H2 rises with the angle from pi if ``a_i c_j > 0``; ``c`` is minus
    the teacher's output weight."""
    monkeypatch.setattr("sobolev_theory.flow.integration.MAX_STEPS", 200)
    teacher = st.Network([[1.0]], [output], [0.4], activation="relu2")
    loss = st.PopulationLoss(teacher, "H2", derivative="exact", parameters=("weights", "biases"))
    flow = st.gradient_flow(loss, st.Network([[-0.9]], [1.0], [-0.3], activation="relu2"), 2.0, rtol=1e-4)
    assert flow.status == ("nonsmooth" if meets else "t_max")


@pytest.mark.long
def test_a_neuron_that_shrinks_to_nothing_stops_the_flow():
    """A teacher of the other sign draws a ReLU without a bias to zero, in finite time; one with a bias dies slowly."""
    loss = st.PopulationLoss(st.Network([[1.0, 0.0]], [-1.0]), "L2", inputs=st.Inputs(covariance=[2.0, 0.5]))
    flow = st.gradient_flow(loss, [[0.06, 0.01]], 100.0, rtol=1e-4)
    assert flow.status == "nonsmooth"
    assert "student row 0 shrank to zero" in flow.message


def test_searches_keep_all_that_moves(tmp_path: Path):
    """One neuron finds one of the teacher's rescalings; files are of one problem."""
    teacher = st.Network([[0.8, 0.6]], [1.2], [0.5], 0.1)
    loss = st.PopulationLoss(teacher, "L2", parameters="all", inputs=two_variances(2))
    file = tmp_path / "search.jsonl"
    search = st.find_critical_points(loss, 1, 1, rng=2, checkpoint=file)
    assert st.find_critical_points(loss, 1, 1, rng=2, checkpoint=file) == search
    assert search.counts["global minimum"] >= 1
    for point in search.points:
        assert point.parameters.shape == (5,)
        found = moved(loss, teacher, point.parameters)
        np.testing.assert_array_equal(found.weights, point.weights)
        assert loss.value(found) == pytest.approx(point.value, abs=1e-15)
    for name, options in {
        "parameters": {"parameters": ("weights", "biases", "output_weights")},
        "rest": {"inputs": st.Inputs(covariance=2.0)},
    }.items():
        other = st.PopulationLoss(teacher, "L2", **{"parameters": "all", "inputs": two_variances(2), **options})
        with pytest.raises(ValueError, match=f"a file of this problem is required.*{name}"):
            st.find_critical_points(other, 1, 1, rng=2, checkpoint=file)


def test_a_student_with_biases_of_a_loss_of_weights():
    """Biases that stand still take part, and count as another network where they differ from the teacher's."""
    loss = st.PopulationLoss([[1.0, 0.5]], "L2")
    start = st.Network([[0.8, 0.6]], biases=[0.3])
    flow = st.gradient_flow(loss, start, 0.5, rtol=1e-8)
    fields = replace(Parameters.of_network(start), weights=flow.weights[-1])
    assert np.linalg.norm(loss.gradient(loss.student(fields))) == pytest.approx(flow.gradient_norm[-1], rel=1e-12)
    with pytest.raises(ValueError, match="student and teacher differ in width or"):
        st.gradient_descent(loss, start, 3)


def test_tables_and_figures_of_runs_name_their_inputs_and_parameters():
    teacher = st.Network([[1.0, 0.5]], [1.3], [0.4], 0.2)
    start, said = beside(st.PopulationLoss(teacher), teacher, 0.1), "Inputs(covariance=2); all parameters"
    options = {"parameters": "all", "inputs": st.Inputs(covariance=2.0)}
    flows = st.compare_flows(start, teacher, ("L2",), t_max=0.1, rtol=1e-4, **options)
    steps = st.steps_to(start, teacher, ("L2",), accuracy=0.5, **options)
    assert said in str(flows).splitlines()
    assert said in str(steps).splitlines()
    assert st.compare_flows(start.weights, teacher.weights, ("L2",), t_max=0.1, rtol=1e-4).setting == ""
    assert plotting.loss_curves(flows)[0].figure.get_suptitle() == f"Gradient flow, backprop convention; {said}"
    above, _ = plotting.optimal_weight(teacher, teacher, curvature="gauss_newton", **options)
    assert above.get_title().replace("\n", " ") == f"Gauss-Newton matrix; {said}; across rescalings"
    assert above.get_yscale() == "log"  # derivatives alone do not see the output bias
    matrix = st.PopulationLoss(teacher, "L2", **options).gauss_newton(start)
    kappa = f"$\\kappa$ = {matrix.condition_number(quotient=True):.4g}"
    assert plotting.spectrum([matrix], ["L2"])[0].get_title() == f"L2 across rescalings, {kappa}"
    assert plotting.spectral_distribution([matrix], ["L2"]).get_legend_handles_labels()[1][0].endswith(kappa)
