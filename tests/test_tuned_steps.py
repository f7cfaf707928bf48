"""Tuned optimisers: their rules in plain NumPy, contraction by companion matrices, counts by brute force."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.descent.iteration import Iteration
from sobolev_theory.descent.linearised import Linearised
from sobolev_theory.descent.optimisers import RULES, Adam, GradientDescent, HeavyBall, Nesterov
from sobolev_theory.descent.tuning import Task
from sobolev_theory.problem import SpanProblem
from tests.oracles.flows import relu_gradient

MATRIX = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.4]])
START = np.array([1.0, -2.0, 0.5])
ALL = [GradientDescent(0.4), HeavyBall(0.5, 0.3), Nesterov(0.4, 0.3), Adam(0.1)]


def plain(optimiser, gradient, start, count):
    """The rules as the textbooks have them, one variable each."""
    w, before, m, v = start, start, 0 * start, 0 * start
    weights = [w]
    for k in range(1, count + 1):
        if optimiser.name == "gd":
            w = w - optimiser.step * gradient(w)
        elif optimiser.name == "heavy_ball":
            w, before = w - optimiser.step * gradient(w) + optimiser.momentum * (w - before), w
        elif optimiser.name == "nesterov":
            y = w + optimiser.momentum * (w - before)
            w, before = y - optimiser.step * gradient(y), w
        else:
            g = gradient(w)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            w = w - optimiser.step * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
        weights.append(w)
    return np.array(weights)


def start_near(activation, width=3, dim=5, size=0.1, seed=0):
    teacher = st.Network.orthonormal(width, dim, activation=activation)
    away = st.Network.random(width, dim, rng=seed).weights
    return st.Network(teacher.weights + size * away, activation=activation), teacher


WIDER = st.Network([[0.9, 0.2, 0.1], [0.1, 0.8, 0.3], [0.3, -0.2, 0.4]])


@pytest.mark.parametrize("optimiser", ALL, ids=lambda optimiser: optimiser.name)
def test_rules_on_a_quadratic(optimiser):
    """Thirty steps of a contraction: roundings do not add up."""
    found = np.array(list(Iteration(optimiser, lambda w: MATRIX @ w, START, 30)))
    np.testing.assert_allclose(found, plain(optimiser, lambda w: MATRIX @ w, START, 30), rtol=0, atol=1e-14)


@pytest.mark.parametrize("optimiser", ALL[:3], ids=lambda optimiser: optimiser.name)
def test_contraction_is_the_spectral_radius_of_the_iteration(optimiser):
    """Of the linear map ``(W, W_before) -> (W_next, W)``, column by column; for a matrix with complex eigenvalues."""
    matrix = MATRIX + np.array([[0, 1.5, 0], [-1.5, 0, 0], [0, 0, 0]])
    columns = []
    for unit in np.eye(6):
        w, memory = optimiser.update(unit[:3], (unit[3:],), lambda w: matrix @ w)
        columns.append(np.concatenate([w, memory[0] if memory else 0 * w]))
    radius = np.abs(np.linalg.eigvals(np.transpose(columns))).max()
    eigenvalues = np.linalg.eigvals(matrix)
    assert np.abs(eigenvalues.imag).max() > 1
    assert optimiser.contraction(eigenvalues) == pytest.approx(radius, rel=1e-12)
    assert np.isnan(Adam(0.1).contraction(eigenvalues))


@pytest.mark.parametrize("optimiser", ALL, ids=lambda optimiser: optimiser.name)
def test_tuning_multiplies_the_step_and_the_distance_of_the_momentum_from_one(optimiser):
    tuned = optimiser.tuned([2.0, 0.5][: optimiser.numbers])
    assert tuned.step == 2 * optimiser.step
    assert 1 - tuned.momentum == pytest.approx((1 - optimiser.momentum) / optimiser.numbers, rel=1e-15)


def test_one_weight_that_is_no_number_has_diverged():
    iteration = Iteration(GradientDescent(1.0), lambda w: w * [0.5, np.nan], np.ones(2), 3)
    assert len(list(iteration)) == 1
    assert iteration.status == "diverged"


def test_theoretical_optima():
    """On ``[1/4, 9]`` (kappa 36), published rates; no other step or momentum of a grid about them does better."""
    ends = np.array([0.25, 9.0])
    rates = {"gd": 35 / 37, "heavy_ball": 5 / 7, "nesterov": 1 - 2 / np.sqrt(109)}
    values = np.linspace(*ends, 50).astype(complex)
    for name, rate in rates.items():
        best = RULES[name].guess(*ends, 1.0)
        # two roots coincide at the optimum: a rounding moves each by its square root
        assert best.contraction(values) == pytest.approx(rate, abs=1e-7)
        for factors in itertools.product((0.97, 0.99, 1, 1.01, 1.03), repeat=best.numbers):
            assert best.tuned(factors).contraction(values) >= rate - 1e-7


@pytest.mark.parametrize("optimiser", ALL, ids=lambda optimiser: optimiser.name)
def test_a_tuned_optimiser_is_as_good_as_a_grid(optimiser):
    """On a quadratic of 30 modes: within 2 percent of the best of a grid of 2 percent (5 percent for two numbers)."""
    values, start = np.linspace(0.1, 2.0, 30), np.random.default_rng(0).standard_normal(30)

    def error(w):
        return float(w @ (values * w))

    task = Task(lambda w: values * w, error, start, 1e-3, 300, 3.0)
    tuned, arrival = task.tuned(optimiser)
    fine = np.exp(np.arange(-0.6, 0.6, 0.02 if optimiser.numbers == 1 else 0.05))
    grid = (task.run(tuned.tuned(f), arrival.steps).time for f in itertools.product(fine, repeat=optimiser.numbers))
    assert arrival.time <= 1.02 * min(grid)
    errors = [error(w) for w in plain(tuned, lambda w: values * w, start, arrival.steps)]
    assert errors[-1] <= 1e-3 < errors[-2]
    assert arrival.steps - 1 < arrival.time <= arrival.steps


def test_trials_are_judged_as_whole_runs_are():
    """Errors of a trial are looked at late; one that arrives long before is counted anew, one too slow is not."""
    task = Task(lambda w: w, lambda w: float(w @ w), np.ones(2), 1e-6, 300, 1.0)
    for step in (0.1, 0.5, 0.9):
        whole = task.run(GradientDescent(step)).time
        assert [task.improved(GradientDescent(step), whole + more) for more in (0.5, 20, 200)] == 3 * [whole]
        assert task.improved(GradientDescent(step), whole - 2) == np.inf


def test_a_search_begins_at_a_step_that_is_much_too_long():
    """And finds the best one of a quadratic: the ends of the spectrum agree there."""
    values = np.array([0.5, 1.5])
    task = Task(lambda w: values * w, lambda w: float(w @ w), np.ones(2), 1e-12, 300, 1.0)
    tuned, arrival = task.tuned(GradientDescent(100.0), expected=1.0)
    assert arrival.status == "reached"
    assert tuned.step == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize(("norm", "size", "seed"), [("L2", 0.1, 7), ("L2", 0.3, 7), ("H1", 0.6, 3)])
def test_a_step_of_theory_that_is_too_long_need_not_diverge(norm, size, seed):
    """It circles about the teacher, or comes to it by chance after a thousand steps: no step of a grid is better."""
    start, teacher = start_near("relu2", 1, 2, size, seed)
    row = st.steps_to(start, teacher, (norm,), accuracy=1e-3)[0]
    assert row.status == "reached"
    loss, prediction = (st.PopulationLoss(teacher, name) for name in (norm, "L2"))
    level = 1e-3 * prediction.value(start)
    for step in row.step * np.geomspace(0.3, 1.2, 30):
        student = start
        for _ in range(int(row.steps) - 1):
            student = st.Network(student.weights - step * loss.gradient(student), activation="relu2")
            assert prediction.value(student) > level
    assert row.steps < 12


@pytest.mark.parametrize(
    ("activation", "norms"),
    [("relu", ("L2", "H1", (1, 0.5))), ("relu2", ("L2", "H1", "H2")), ("erf", ("L2", "H1", "H2"))],
)
def test_the_spectrum_predicts_the_steps(activation, norms):
    """Starts that are near: 10 percent.

    With the highest norm of relu and relu2 this is the spectrum of the limit of the field, not of Gauss-Newton.
    """
    start, teacher = start_near(activation)
    for row in st.steps_to(start, teacher, norms, accuracy=1e-3):
        assert row.status == "reached"
        assert row.predicted_steps == pytest.approx(row.steps, rel=0.1, abs=1)
        assert row.runs[0].nonlinearity < 0.3


@pytest.mark.long
@pytest.mark.parametrize(
    ("activation", "norms"),
    [("relu", ("L2", "H1", (1, 0.5))), ("relu2", ("L2", "H1", "H2")), ("erf", ("L2", "H1", "H2"))],
)
def test_the_spectrum_predicts_steps_to_1e_minus_8(activation, norms):
    """Five neurons: by then the slowest modes prevail, and the contraction is that of the spectrum."""
    start, teacher = start_near(activation, 5, 10)
    for row in st.steps_to(start, teacher, norms):
        assert row.predicted_steps == pytest.approx(row.steps, rel=0.1)
        assert row.predicted_contraction == pytest.approx(row.contraction, rel=0.03)


@pytest.mark.long
@pytest.mark.parametrize(("accuracy", "counts"), [(1e-8, (85, 69)), (1e-16, (223, 163))])
def test_overlapping_neurons_gain_in_the_long_run(accuracy, counts):
    """ReLU at a teacher that is not orthonormal, where H1 takes a third off kappa: counts of docs/which_hessian.md."""
    teacher = st.Network.random(5, 20, rng=0)
    starts = [teacher.weights + 0.1 * st.Network.random(5, 20, rng=seed).weights for seed in (1, 2, 3)]
    table = st.steps_to(starts, teacher, accuracy=accuracy)
    assert tuple(round(row.steps) for row in table) == counts
    for row in table:
        assert row.predicted_steps == pytest.approx(row.steps, rel=0.1)


@pytest.mark.long
@pytest.mark.parametrize(("method", "within"), [("heavy_ball", 0.1), ("nesterov", 0.25)])
def test_momentum_needs_fewer_steps(method, within):
    """About the root of the condition number; errors oscillate, and counts depend on where they dip (Nesterov)."""
    start, teacher = start_near("erf", 5, 10)
    descent, other = (st.steps_to(start, teacher, ("L2",), method=name)["L2"] for name in ("gd", method))
    assert other.predicted_steps == pytest.approx(other.steps, rel=within)
    assert other.steps < descent.steps / 2
    assert 0 < other.momentum < 1


@pytest.mark.parametrize(
    ("start", "teacher", "accuracy", "longest"),
    [(*start_near("relu", 2, 3), 1e-5, 1.5), (WIDER, st.Network.orthonormal(2, 3), 1e-3, 1.1)],
)
def test_counted_steps_are_those_of_plain_numpy(start, teacher, accuracy, longest):
    """ReLU with H1: the tuned step arrives at the count of the table, and no step of a grid two before.

    Of students wider than their teacher too, whose steps nothing predicts; longer steps circle about their minima.
    """
    V, a, b = teacher.weights, start.output_weights, teacher.output_weights
    table = st.steps_to(start, teacher, ("H1",), accuracy=accuracy)
    prediction, run = st.PopulationLoss(V, "L2"), table["H1"].runs[0]
    level = accuracy * prediction.value(start.weights)

    def steps(step, most):
        w = start.weights
        for k in range(1, most + 1):
            w = w - step * relu_gradient((1.0, 1.0), w, V, a, b)
            if prediction.value(w) <= level:
                return k
        return most + 1

    assert steps(run.step, 100) == run.steps
    others = run.step * np.arange(0.5, longest + 0.05, 0.1)
    assert all(steps(other, int(run.steps) - 2) > run.steps - 2 for other in others)
    matched = start.width == teacher.width
    assert np.isfinite([run.predicted_steps, run.predicted_contraction, run.nonlinearity]).all() == matched
    assert ["neurons of student and teacher do not match" in note for note in table.notes] == [True] * (not matched)


def test_the_prediction_is_that_of_the_limit_of_the_field():
    """``GN + 1/(2 pi) [cross blocks  v^_j e_(j->i)',  own blocks  v^_i n_i']`` for H1 and ReLU, in plain NumPy.

    At the direction in which the tuned descent arrives. Gauss-Newton itself would contract much faster.
    """
    start, teacher = start_near("relu", 3, 3)
    V = teacher.weights
    row = st.steps_to(start, teacher, ("H1",))["H1"]
    loss = st.PopulationLoss(teacher, "H1")
    end = st.gradient_descent(loss, start, int(row.steps), step=row.step).weights[-1]
    X = end - V
    limit = loss.gauss_newton(teacher).to_dense().reshape(3, 3, 3, 3)
    for i, j in itertools.product(range(3), repeat=2):
        e = V[i] if i != j else X[i] - V[i] * X[i, i]
        limit[i, :, j] += np.outer(V[j], e / np.linalg.norm(e)) / (2 * np.pi)
    eigenvalues = np.linalg.eigvals(limit.reshape(9, 9))
    best = min(np.abs(1 - step * eigenvalues).max() for step in row.step * np.linspace(0.8, 1.2, 2001))
    assert row.predicted_contraction == pytest.approx(best, rel=1e-3)
    gauss_newton = st.best_step(loss.gauss_newton(teacher)).contraction
    assert gauss_newton < row.contraction - 0.05


@pytest.mark.parametrize(
    ("seed", "norm", "activation"), [(1, "H1", "relu"), pytest.param(3, "H2", "relu2", marks=pytest.mark.long)]
)
def test_the_field_to_first_order_is_the_limit_of_the_field(seed, norm, activation):
    """Far from the direction of arrival too: output weights, and any displacement."""
    rng = np.random.default_rng(seed)
    teacher = st.Network(rng.standard_normal((3, 4)), [1.0, -0.5, 2.0], activation=activation)
    arriving, any_other = teacher.weights + rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    loss = st.PopulationLoss(teacher, norm)
    problem = SpanProblem(loss, loss.parameters(teacher), loss, loss.parameters(teacher), None)
    field = Linearised.towards(problem, np.arange(3), arriving).task(1.0, 1).gradient(any_other)
    expected = loss.field_limit(teacher, any_other)
    assert field == pytest.approx(expected, abs=1e-13 * np.abs(expected).max())
    linear = loss.hessian(teacher, towards=arriving - teacher.weights) @ any_other.ravel()
    assert np.abs(linear - expected.ravel()).max() > 0.01 * np.abs(expected).max()


@pytest.mark.parametrize(("K", "seed"), [(3, 1), pytest.param(5, 0, marks=pytest.mark.long)])
def test_steps_are_predicted_where_the_direction_turns_on_the_way(K, seed):
    """Output weights of both signs, H1: the Hessian in the direction of arrival alone is off by 6 and 79 percent."""
    rng = np.random.default_rng(K)
    teacher = st.Network(rng.standard_normal((K, K + 2)), np.resize([1, -0.5, 2.0], K))
    start = teacher.weights + 1e-2 * np.random.default_rng(seed).standard_normal((K, K + 2))
    row = st.steps_to(st.Network(start, teacher.output_weights), teacher, ("H1",), accuracy=1e-6)["H1"]
    assert row.predicted_steps == pytest.approx(row.steps, rel=0.03)


def test_starts_are_tuned_one_by_one():
    """Means and standard errors by hand; as a list, as one array, and in more dimensions."""
    (one, teacher), (two, _) = start_near("relu", 2, 4, seed=0), start_near("relu", 2, 4, seed=1)
    both = st.steps_to([one, two], teacher, accuracy=1e-2)
    single = [st.steps_to(start, teacher, accuracy=1e-2) for start in (one, two)]
    for k, row in enumerate(both):
        assert row.runs == tuple(table[k].runs[0] for table in single)
        counts = [run.steps for run in row.runs]
        gains = [table[0].steps / table[k].steps for table in single]
        assert row.steps == np.mean(counts)
        assert row.standard_error == pytest.approx(abs(counts[0] - counts[1]) / 2, rel=1e-12)
        assert row.gain == pytest.approx(np.mean(gains), rel=1e-12)
        assert row.gain_error == pytest.approx(abs(gains[0] - gains[1]) / 2, rel=1e-12)
        assert np.isnan(single[0][k].standard_error)
    stacked = np.array([one.weights, two.weights])
    assert st.steps_to(stacked, teacher, accuracy=1e-2) == both
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((900, 4)))[0].T
    many = st.steps_to(stacked @ basis, teacher.weights @ basis, accuracy=1e-2)
    assert [row.steps for row in many] == [row.steps for row in both]
    assert "+-" in str(both)
    assert "+-" not in str(single[0])
    assert "over 2 starts" in both.title


def test_adam_depends_on_coordinates():
    """It is run in those given: its weights leave the span, so that a rotation changes its count."""
    teacher, W0 = np.eye(1, 8), np.full((1, 8), 0.3)
    rotated = np.linalg.qr(np.random.default_rng(1).standard_normal((8, 8)))[0]
    tables = [st.steps_to(W0 @ q, teacher @ q, "L2", method="adam", accuracy=1e-2) for q in (np.eye(8), rotated)]
    steps = [table[0] for table in tables]
    assert tables[0].notes == ["nothing is predicted: the steps of Adam are not linear in the gradient"]
    run = steps[0].runs[0]
    loss = st.PopulationLoss(teacher, "L2")
    path = plain(Adam(run.step), loss.gradient, W0, int(run.steps))
    level = 1e-2 * loss.value(W0)
    assert loss.value(path[-1]) <= level < loss.value(path[-2])
    assert np.isnan([run.predicted_steps, run.predicted_contraction]).all()
    assert steps[1].runs[0].step != pytest.approx(run.step, rel=1e-3)


@pytest.mark.parametrize(
    ("activation", "options", "size", "status"),
    [
        ("relu", {"limit": 5}, 0.1, "limit"),
        ("relu", {"derivative": "exact", "limit": 60}, 0.1, "limit"),  # a cone: no fixed step arrives
        ("relu2", {}, 1e4, "diverged"),  # the gradient is cubic
    ],
)
def test_what_does_not_arrive_has_a_status(activation, options, size, status):
    start, teacher = start_near(activation, 2, 3, size)
    table = st.steps_to(start, teacher, ("H1",), accuracy=1e-6, **options)
    row = table["H1"]
    assert row.status == row.runs[0].status == status
    assert np.isnan([row.steps, row.step, row.predicted_steps, row.gain, row.contraction]).all()
    assert table.notes[0] == f"H1: 1 of 1 starts did not arrive, and are left out ({status})"


def test_students_that_cannot_reach_the_teacher_have_a_status():
    """One that is narrower comes to rest or to the limit; one without output weights never moves."""
    teacher = st.Network.orthonormal(2, 3)
    statuses = [
        st.steps_to(start, teacher, "L2", accuracy=1e-3, limit=20)[0].status
        for start in (WIDER.weights[:1], st.Network(WIDER.weights, np.zeros(3)))
    ]
    assert statuses == ["limit", "stationary"]


def test_starts_that_do_not_arrive_are_left_out_of_means():
    (near, teacher), (far, _) = start_near("relu2", 2, 3, 0.1), start_near("relu2", 2, 3, 1e4)
    table = st.steps_to([near, far], teacher, ("L2",), accuracy=1e-2)
    alone = st.steps_to(near, teacher, ("L2",), accuracy=1e-2)
    assert table[0].status == "diverged"
    assert table[0].steps == alone[0].steps
    assert "L2: 1 of 2 starts did not arrive" in table.notes[0]
    assert "far starts: a linear field misses that much of the gradient there: L2 1" in table.notes[1]
    unmatched = replace(table[0].runs[0], nonlinearity=np.nan)
    beside = replace(table, rows=(replace(table[0], runs=(unmatched, *table[0].runs)),))
    assert table.notes[1] in beside.notes


def test_bad_input():
    start, teacher = start_near("relu", 2, 3)
    for accuracy in (0.0, 1.0, -1e-3, np.nan, "1e-3"):
        with pytest.raises(ValueError, match="accuracy: a fraction between 0 and 1 is required"):
            st.steps_to(start, teacher, accuracy=accuracy)
    with pytest.raises(
        ValueError, match=r"accuracy: at least .* is required, got 1e-29; doubles resolve L2 losses from"
    ):
        st.steps_to(start, teacher, accuracy=1e-29)
    with pytest.raises(ValueError, match=r"accuracy: a start farther from the teacher is required"):
        st.steps_to(teacher.weights + 1e-16 * start.weights, teacher, accuracy=0.1)
    with pytest.raises(ValueError, match="W0: a start away from the teacher is required"):
        st.steps_to(teacher, teacher)
    with pytest.raises(ValueError, match="method: "):
        st.steps_to(start, teacher, method="sgd")
    with pytest.raises(ValueError, match="limit: a positive integer is required"):
        st.steps_to(start, teacher, limit=0)
    with pytest.raises(ValueError, match="V: a teacher is required at which all eigenvalues"):
        st.steps_to(start.weights, np.ones((2, 3)), "L2")
    for starts in (np.ones(3), np.ones((1, 2, 2, 3)), np.empty((0, 2, 3)), "W", None):
        with pytest.raises(ValueError, match="W0: "):
            st.steps_to(starts, teacher)
    with pytest.raises(st.NotDifferentiableError, match="zero"):
        st.steps_to(np.zeros((2, 3)), teacher)


def test_steps_do_not_depend_on_units():
    """Losses of the squared ReLU are of fourth degree, and the step of minus second."""
    start, teacher = start_near("relu2", 2, 3)
    one, other = (
        st.steps_to(unit * start.weights, unit * teacher.weights, "L2", activation="relu2", accuracy=0.1)[0]
        for unit in (1.0, 1e-4)
    )
    assert other.steps == one.steps
    assert other.step * 1e-8 == pytest.approx(one.step, rel=0.01)  # the last factor of the search


@pytest.mark.parametrize("size", [1e-5, 1e5])
def test_the_accuracy_that_doubles_resolve_does_not_depend_on_units(size):
    """Losses of ReLU are of second degree in all weights together, their roundings too."""
    start, teacher = start_near("relu", 2, 3)
    messages = []
    for unit in (1.0, size):
        with pytest.raises(ValueError, match=r"accuracy: at least \S+ is required") as caught:
            st.steps_to(unit * start.weights, unit * teacher.weights, "L2", accuracy=1e-29)
        messages.append(float(str(caught.value).split()[3]))
    assert messages[1] == pytest.approx(messages[0], rel=0.05)  # printed with two digits


def test_progress_of_tuning_goes_to_stderr(capsys):
    start, teacher = start_near("relu", 1, 3)
    st.steps_to(start, teacher, "L2", accuracy=0.1, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "tuning" in captured.err


@pytest.mark.long
def test_derivatives_alone_have_the_least_kappa_of_relu_and_not_the_fewest_steps():
    """As the page on conditioning says; counts are whole numbers that a rounding can move by one."""
    start, teacher = start_near("relu", 5, 10)
    kappa = st.compare(teacher, teacher, ("L2", (0, 1)), towards=start.weights - teacher.weights)
    assert kappa[1].condition_number < 0.92 * kappa[0].condition_number
    counted = st.steps_to(start, teacher, ("L2", (0, 1)))
    assert [row.steps for row in counted] == pytest.approx([76, 76], abs=1)
