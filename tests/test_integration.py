"""The integration: other solvers in the full space, closed forms of one neuron, and the laws of a gradient flow."""

import numpy as np
import pytest
import scipy.integrate
from hypothesis import given, settings
from hypothesis import strategies as hs
from mpmath import mp

import sobolev_theory as st
from tests import oracles
from tests.oracles.flows import one_neuron, relu_gradient

WEIGHTS = {"L2": (1.0, 0.0), "H1": (1.0, 1.0)}
TIMES = np.array([0.0, 0.07, 0.9, 3.3, 6.0, 11.0])


def problem(width, teacher_width, dim=13, seed=1):
    """Gaussian weights of norms near one; output weights of both signs if widths differ. 13 > 2 (3 + 3): a span."""
    rng = np.random.default_rng(seed)
    student, teacher = (st.Network.random(k, dim, rng=rng).weights for k in (width, teacher_width))
    if width == teacher_width:
        return st.Network(student), st.Network(teacher)
    return st.Network(student, rng.uniform(0.5, 1, width)), st.Network(teacher, [1.0, -0.8][:teacher_width])


def in_full_space(field, start, times, method="DOP853", atol=1e-14):
    """Weights at times, integrated in R^d; local errors 1e-13 of weights near one add up to less than 1e-10."""
    solution = scipy.integrate.solve_ivp(
        lambda _, y: -field(y.reshape(start.shape)).ravel(),
        (0.0, times[-1]),
        start.ravel(),
        method=method,
        rtol=1e-12,
        atol=atol,
        t_eval=times,
    )
    return solution.y.T.reshape(-1, *start.shape)


def full_space_flow(student, teacher, norm, times=TIMES, method="DOP853"):
    a, b = student.output_weights, teacher.output_weights
    return in_full_space(
        lambda w: relu_gradient(WEIGHTS[norm], w, teacher.weights, a, b), student.weights, times, method
    )


@pytest.mark.parametrize("norm", WEIGHTS)
@pytest.mark.parametrize("teacher_width", [3, 2])
def test_the_reference_gradient_is_that_of_the_oracle(norm, teacher_width):
    """A sum of six terms near one, each good to a few roundings of 1.1e-16."""
    student, teacher = problem(3, teacher_width, dim=5)
    arguments = student.weights, teacher.weights, student.output_weights, teacher.output_weights
    expected = np.array(oracles.gradient("relu", WEIGHTS[norm], "backprop", *arguments).tolist(), dtype=float)
    np.testing.assert_allclose(relu_gradient(WEIGHTS[norm], *arguments), expected, rtol=0, atol=4e-15)


@pytest.mark.parametrize("lambdas", [(1,), (1, 1), (0, 1), (1, 0.3)])
@pytest.mark.parametrize("time", [0.3, 9.0])
def test_the_closed_form_of_one_neuron_solves_the_oracle(lambdas, time):
    """A central difference: truncation and rounding 1e-40 of the velocity, which is 1e-4 and more."""
    with mp.workdps(70):
        step = mp.mpf(10) ** -20
        before, after = (one_neuron(lambdas, (-0.9, 0.6), mp.mpf(time) + sign * step) for sign in (-1, 1))
        weights = one_neuron(lambdas, (-0.9, 0.6), time)
        gradient = oracles.gradient("relu", lambdas, "backprop", [weights], [[1, 0]], [1], [1])
        for k in range(2):
            assert abs((after[k] - before[k]) / (2 * step) + gradient[k]) < 1e-30
        assert mp.mnorm(mp.matrix(one_neuron(lambdas, (-0.9, 0.6), 0)) - mp.matrix([-0.9, 0.6])) < 1e-50


@pytest.mark.parametrize("norm", WEIGHTS)
@pytest.mark.parametrize("teacher_width", [3, 2])
def test_weights_are_those_of_another_solver_in_the_full_space(norm, teacher_width):
    """Local errors of rtol |D| = 2e-10 in 60 steps add up to at most 1e-8, the number to reach; the flow contracts, and
    DOP853 does better than its estimate: 1e-9 leaves a factor of a hundred. Times between the steps included.
    """
    student, teacher = problem(3, teacher_width)
    flow = st.gradient_flow(st.PopulationLoss(teacher, norm), student, TIMES[-1])
    expected = full_space_flow(student, teacher, norm, method="LSODA")
    np.testing.assert_allclose(flow(TIMES), expected, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(flow(TIMES[3]), flow(TIMES)[3])
    steps = full_space_flow(student, teacher, norm, flow.t)
    np.testing.assert_allclose(flow.weights, steps, rtol=0, atol=1e-9)
    if teacher_width == 3:
        np.testing.assert_allclose(
            flow.distance, np.linalg.norm(steps - teacher.weights, axis=(1, 2)), rtol=0, atol=1e-9
        )


@pytest.mark.parametrize(
    ("method", "rtol", "tolerance"),
    [("RK45", 1e-10, 1e-9), ("RK23", 1e-6, 1e-5), ("Radau", 1e-8, 1e-7), ("BDF", 1e-8, 2e-6)],
)
@pytest.mark.parametrize("norm", WEIGHTS)
def test_other_methods(norm, method, rtol, tolerance):
    """Errors of ``rtol`` a step: some ten units are left of hundreds, as the flow contracts; of BDF, the least accurate
    of its order, two hundred.
    """
    student, teacher = problem(3, 2)
    times = TIMES[:-1]
    flow = st.gradient_flow(st.PopulationLoss(teacher, norm), student, times[-1], method=method, rtol=rtol)
    assert flow.status == "t_max"
    np.testing.assert_allclose(flow(times), full_space_flow(student, teacher, norm, times), rtol=0, atol=tolerance)


@pytest.mark.parametrize("method", ["Radau", "BDF"])
@pytest.mark.parametrize("norm", WEIGHTS)
def test_implicit_methods_get_the_exact_jacobian(norm, method, monkeypatch):
    """Against central differences of the field, to 1e-8. With a wrong one they come to the same weights, only later."""
    solver, seen = getattr(scipy.integrate, method), []

    class Recording(solver):
        def __init__(self, fun, t0, y0, t_bound, *, jac, **options):
            seen.append((fun, jac, y0))
            super().__init__(fun, t0, y0, t_bound, jac=jac, **options)

    monkeypatch.setattr(scipy.integrate, method, Recording)
    student, teacher = problem(3, 2)
    st.gradient_flow(st.PopulationLoss(teacher, norm), student, 0.01, method=method, rtol=1e-6)
    field, jacobian, y = seen[0]
    steps = 1e-6 * np.eye(len(y))
    numeric = np.array([(field(0.0, y + h) - field(0.0, y - h)) / 2e-6 for h in steps]).T
    np.testing.assert_allclose(jacobian(0.0, y), numeric, rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("activation", "norm", "derivative", "method"),
    [
        ("erf", "H2", "exact", "DOP853"),
        ("relu2", "H2", "backprop", "DOP853"),
        ("relu3", "L2", "exact", "BDF"),
        ("relu", "H1", "exact", "DOP853"),
        ("relu", (0.0, 0.5), "exact", "Radau"),
    ],
)
def test_every_activation_and_convention_flows_in_the_span(activation, norm, derivative, method):
    """The gradient in R^d, itself held against the oracle elsewhere, and LSODA. Rows meet after the end, t = 0.5."""
    rng = np.random.default_rng(4)
    student, teacher = (st.Network.random(2, 11, rng=rng, activation=activation, scale=0.2) for _ in range(2))
    loss = st.PopulationLoss(teacher, norm, derivative=derivative)
    times = np.array([0.1, 0.32, 0.5])
    flow = st.gradient_flow(loss, student, times[-1], method=method, rtol=1e-9)
    assert flow.status == "t_max"
    expected = in_full_space(
        lambda w: loss.gradient(st.Network(w, activation=activation)), student.weights, times, "LSODA"
    )
    assert np.abs(expected[-1] - student.weights).max() > 1e-3  # it moves
    np.testing.assert_allclose(flow(times), expected, rtol=0, atol=1e-7 if method == "BDF" else 1e-8)


def relative_bound(flow, rtol=1e-10):
    """Errors of a displacement, relative: ``rtol/2`` a step, and the resolution ``2^-80`` of its directions.

    Tolerances follow the displacement, so each step adds a relative error below ``rtol`` (a tenth of it: the estimate
    is that of a lower order) and none is forgotten: all modes of one neuron decay alike. The resolution counts in the
    last steps alone, a geometric series. 1e-12 is the accuracy of the value.
    """
    return rtol / 2 * np.arange(len(flow.t)) + 2 * 2.0**-80 / flow.distance + 1e-12


@pytest.mark.parametrize(
    ("norm", "rate"),
    [("L2", 0.5), *(pytest.param(*x, marks=pytest.mark.long) for x in (("H1", 1.0), ((0, 0.5), 0.25)))],
)
def test_along_the_ray_of_the_teacher_the_flow_is_exponential(norm, rate):
    """``w = 2 v``: ``D = v e^(-rate t)``, and the loss ``rate |D|^2/2`` down to 1e-40 of its start."""
    teacher = np.random.default_rng(0).standard_normal((1, 7))
    loss = st.PopulationLoss(teacher, norm)
    flow = st.gradient_flow(loss, 2 * teacher, np.inf, until={"loss": 1e-40 * loss.value(2 * teacher)})
    assert flow.status == "loss"
    expected = np.linalg.norm(teacher) * np.exp(-rate * flow.t)
    bound = relative_bound(flow)
    assert (np.abs(flow.distance / expected - 1) < bound).all()
    assert (np.abs(flow.loss / (rate * expected**2 / 2) - 1) < 2.1 * bound).all()
    assert flow.t[-1] == pytest.approx(20 * np.log(10) / rate, rel=1e-6)


@pytest.mark.parametrize(
    ("lambdas", "start", "fall"),
    [
        ((1,), (-0.9, 0.6), 1e-36),
        pytest.param((1,), (3.0, 1e-3), 1e-36, marks=pytest.mark.long),
        pytest.param((1, 1), (-0.9, 0.6), 1e-20, marks=pytest.mark.long),
        pytest.param((1, 0.3), (0.5, 0.8), 1e-20, marks=pytest.mark.long),
    ],
)
def test_the_loss_of_one_neuron_is_accurate_to_the_end(lambdas, start, fall):
    """The loss at its own relative accuracy, in R^7. It falls like ``|D|^2`` for L2, like ``|D|`` with a cone (H1)."""
    frame = np.linalg.qr(np.random.default_rng(1).standard_normal((7, 2)))[0].T
    loss = st.PopulationLoss(frame[:1], lambdas)
    weights = np.array([start]) @ frame
    flow = st.gradient_flow(loss, weights, np.inf, until={"loss": fall * loss.value(weights)})
    assert flow.status == "loss"
    bound = relative_bound(flow)
    for k in range(0, len(flow.t), 29):
        exact = one_neuron(lambdas, start, flow.t[k])
        with mp.workdps(60):
            value = oracles.loss("relu", lambdas, [exact], [[1, 0]], [1], [1])
            assert abs(flow.loss[k] / value - 1) < 2 * bound[k], flow.t[k]
            distance = mp.hypot(exact[0] - 1, exact[1])
            assert abs(flow.distance[k] / distance - 1) < bound[k], flow.t[k]


@pytest.mark.parametrize("norm", WEIGHTS)
def test_a_hundred_thousand_dimensions_are_as_good_as_six(norm):
    """The same flow as that of the coordinates in a basis of the span: both errors are those of the solver."""
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((6, 100_000)) / 300
    basis, triangle = np.linalg.qr(rows.T)
    flows = [st.gradient_flow(st.PopulationLoss(w[3:], norm), w[:3], 6.0) for w in (rows, triangle.T)]
    assert flows[0].weights.shape == (len(flows[0].t), 3, 100_000)
    np.testing.assert_allclose(flows[0](3.7), flows[1](3.7) @ basis.T, rtol=0, atol=1e-9)
    for name in ("loss", "gradient_norm", "distance"):
        assert getattr(flows[0], name)[-1] == pytest.approx(getattr(flows[1], name)[-1], rel=1e-8)


@pytest.mark.parametrize("norm", ["L2", pytest.param("H1", marks=pytest.mark.long)])
def test_convergence_to_a_permuted_teacher(norm):
    """The loss keeps its digits, as it sees displacements from the nearest order; the distance is in the order given.

    The oracle sees weights rounded to 1.1e-16: relative errors of 2e-16 sqrt(12)/|D| in D, twice that in the loss.
    """
    teacher, order = np.eye(3, 4), [1, 2, 0]
    loss = st.PopulationLoss(teacher, norm)
    start = teacher[order] + 0.1 * np.random.default_rng(3).standard_normal((3, 4))
    flow = st.gradient_flow(loss, start, np.inf, until={"loss": 1e-8 * loss.value(start)})
    assert flow.status == "loss"
    np.testing.assert_allclose(flow.distance, np.linalg.norm(flow.weights - teacher, axis=(1, 2)), rtol=1e-14)
    assert flow.distance[-1] == pytest.approx(np.sqrt(6), abs=1e-3)
    for k in range(0, len(flow.t), 20):
        value = oracles.loss("relu", WEIGHTS[norm], flow.weights[k], teacher, np.ones(3), np.ones(3))
        room = 2e-15 / np.linalg.norm(flow.weights[k] - teacher[order]) + 1e-12
        assert abs(flow.loss[k] / value - 1) < room


@pytest.mark.parametrize(
    ("activation", "norm", "derivative"),
    [("relu", "L2", "backprop"), ("erf", "H1", "backprop"), ("relu2", "H1", "exact")],
)
@pytest.mark.parametrize("widths", [(3, 3), pytest.param((3, 2), marks=pytest.mark.long)])
def test_the_loss_never_increases(activation, norm, derivative, widths):
    """Where the field is the gradient of the loss: up to the rounding 1e-15 of its terms, which the start bounds."""
    rng = np.random.default_rng(5)
    student, teacher = (st.Network.random(k, 4, rng=rng, activation=activation) for k in widths)
    flow = st.gradient_flow(st.PopulationLoss(teacher, norm, derivative=derivative), student, 12.0)
    assert flow.loss[-1] < 0.2 * flow.loss[0]
    assert np.diff(flow.loss).max() <= 1e-15 * flow.loss[0]


@settings(max_examples=5)
@given(hs.integers(0, 2**32 - 1), hs.floats(0.1, 10), hs.floats(-3, 3))
def test_flow_commutes_with_rotation_scale_and_time(seed, speed, exponent):
    """Norm ``speed * lambda`` at time t is norm ``lambda`` at ``speed t``; ReLU flows are homogeneous, equivariant."""
    rng, size = np.random.default_rng(seed), 10.0**exponent
    student, teacher = (rng.standard_normal((2, 5)) / 2 for _ in range(2))
    rotation = np.linalg.qr(rng.standard_normal((5, 5)))[0] * size
    one = st.gradient_flow(st.PopulationLoss(teacher, "H1"), student, 3.0)
    other = st.PopulationLoss(teacher @ rotation, (speed, speed))
    two = st.gradient_flow(other, student @ rotation, 3.0 / speed, atol=1e-12 * size)
    np.testing.assert_allclose(two.weights[-1], one.weights[-1] @ rotation, rtol=0, atol=2e-9 * size)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_random_flows_in_the_full_space(seed):
    """As above, for random widths, output weights of both signs, scales and norms, until a row vanishes."""
    rng = np.random.default_rng(seed)
    widths, size, lambdas = rng.integers(1, 4, 2), 10 ** rng.uniform(-3, 3), tuple(rng.uniform(0.1, 2, 2))
    student, teacher = (
        st.Network(size * rng.standard_normal((k, 14)) / 4, rng.choice([-1, 1], k) * rng.uniform(0.5, 2, k))
        for k in widths
    )
    flow = st.gradient_flow(st.PopulationLoss(teacher, lambdas), student, 10.0)
    assert flow.status in ("t_max", "nonsmooth")
    times = np.linspace(0, 0.999, 6)[1:] * flow.t[-1]
    a, b = student.output_weights, teacher.output_weights
    expected = in_full_space(
        lambda w: relu_gradient(lambdas, w, teacher.weights, a, b), student.weights, times, atol=1e-14 * size
    )
    np.testing.assert_allclose(flow(times), expected, rtol=0, atol=1e-8 * size)
