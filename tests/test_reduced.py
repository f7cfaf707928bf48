"""Reduced dynamics, against the full flow and in closed form; sliding on lines across which the field jumps."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import sobolev_theory as st
from sobolev_theory import reduced
from sobolev_theory.reduced import integrate as planar

AGREE = 1e-8
"""Both flows err by 1e-10 of weights of size one in each of at most 100 steps, and do not amplify it much."""

PROBLEMS = [
    ("relu", "L2", "backprop"),
    ("relu", "H1", "backprop"),
    ("relu", "H1", "exact"),
    ("relu2", "L2", "backprop"),
    pytest.param("relu2", "H2", "backprop", marks=pytest.mark.long),
    ("erf", "H1", "backprop"),
]


def symmetric_student(width, x, y):
    return np.full((width, width), float(y)) + (x - y) * np.eye(width)


def full_problem(width, activation, norm, derivative="backprop"):
    teacher = st.Network.orthonormal(width, width, activation=activation)
    return st.PopulationLoss(teacher, norm, derivative=derivative)


@pytest.mark.parametrize("width", [2, *(pytest.param(width, marks=pytest.mark.long) for width in (3, 5))])
@pytest.mark.parametrize(("activation", "norm", "derivative"), PROBLEMS)
def test_symmetric_flow_is_the_full_flow(activation, norm, derivative, width):
    """Exact convention: ``y`` crosses zero or stays there, in ways of their own in the full flow."""
    loss = full_problem(width, activation, norm, derivative)
    for start, t_max in (((0.6, 0.2), 3.0), ((-0.3, -0.2), 0.5)):
        flow = reduced.symmetric_flow(width, *start, t_max, norm, activation=activation, derivative=derivative)
        full = st.gradient_flow(loss, st.Network(symmetric_student(width, *start), activation=activation), t_max)
        for t in np.linspace(0, t_max, 11):
            assert np.abs(full(t) - symmetric_student(width, *flow(t))).max() < AGREE
        np.testing.assert_allclose(flow(flow.t), flow.states, atol=1e-14)


@pytest.mark.parametrize("norm", ["L2", pytest.param("H1", marks=pytest.mark.long)])
def test_the_diagonal_parts_the_plane(norm):
    """x > y: the teacher. x < y: for two neurons the exchanged teacher, for more another critical point."""
    np.testing.assert_allclose(reduced.symmetric_flow(2, 0.31, 0.3, 60, norm).states[-1], [1, 0], atol=1e-8)
    np.testing.assert_allclose(reduced.symmetric_flow(2, 0.3, 0.31, 60, norm).states[-1], [0, 1], atol=1e-8)
    width = 40
    x, y = reduced.symmetric_flow(width, 0.1, 0.11, 10, norm).states[-1]  # Arjevani & Field 2020, for large K
    assert abs(x - (-1 + 2 / width)) < 0.01
    assert abs(y - 2 / width) < 0.001
    gradient = full_problem(width, "relu", norm).gradient(symmetric_student(width, x, y))
    assert np.abs(gradient).max() < 1e-8 * width
    np.testing.assert_allclose(reduced.symmetric_flow(width, 0.11, 0.1, 10, norm).states[-1], [1, 0], atol=1e-8)


def test_a_billion_neurons():
    """L2, ReLU, y = z/K: in the time s = K t the limit is x_s = -(x-1)/(2 pi), z_s = -(x+z-1)/4 - (x-1) z/(2 pi x).

    The terms left out change it by O(1/K) per unit of s, 1e-8 in all.
    """
    width, s = 10**9, np.linspace(0, 10, 6)

    def limit(_, state):
        x, z = state
        return (1 - x) / (2 * np.pi), (1 - x - z) / 4 + (1 - x) * z / (2 * np.pi * x)

    for x in (0.5, 1.0):
        expected = solve_ivp(limit, (0, s[-1]), [x, 1.0], "DOP853", s, rtol=1e-11, atol=1e-13).y
        states = reduced.symmetric_flow(width, x, 1 / width, s[-1] / width)(s / width)
        np.testing.assert_allclose(states.T * [[1], [width]], expected, atol=2e-8)
    stiff = reduced.symmetric_flow(width, 0.5, 1 / width, 1.0, rtol=1e-6)  # 10^9 time constants, by Radau
    np.testing.assert_allclose(stiff.states[-1] * [1, width], [1, 0], atol=1e-6)


@pytest.mark.parametrize(("norm", "derivative"), [("L2", "backprop"), ("H1", "backprop"), ("H1", "exact")])
@pytest.mark.parametrize(("angle", "ratio"), [(1.0, 0.5), pytest.param(2.3, 4.0, marks=pytest.mark.long), (1e-3, 1.0)])
def test_single_neuron_flow_is_the_full_flow(angle, ratio, norm, derivative):
    """In R^5, weights of size 3; in the exact convention through the alignment and on along the ray."""
    flow = reduced.single_neuron_flow(angle, ratio, 8.0, norm, derivative=derivative)
    assert (flow.alignment_time < np.inf) == (derivative == "exact")
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 2)))[0]
    teacher = 3 * basis[None, :, 0]

    def student(size, angle):
        return 3 * size * (basis @ [np.cos(angle), np.sin(angle)])

    loss = st.PopulationLoss(teacher, norm, derivative=derivative)
    full = st.gradient_flow(loss, student(1 / ratio, angle)[None], 8.0)
    for t in np.linspace(0, 8.0, 21):
        assert np.abs(full(t)[0] - student(*flow(t))).max() < 3 * AGREE


def test_first_integral():
    """((pi - theta) r - pi cos(theta))/sin(theta) is constant for L2; both terms are 1e6 where the angle is 1e-6."""
    for angle in (0.5, 2.0, 3.1):
        states = reduced.single_neuron_flow(angle, 0.7, 25.0, "L2").states
        p, theta = states.T
        constant = ((np.pi - theta) / p - np.pi * np.cos(theta)) / np.sin(theta)
        np.testing.assert_allclose(constant, constant[0], atol=AGREE / theta.min())
        assert theta.min() < 1e-4


@pytest.mark.parametrize(("angle", "ray"), [(2.0, 0.0), (0.1, 0.0), (2.6, np.pi), (3.1, np.pi)])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.5, 2.0)])
def test_alignment_in_finite_time(angle, ray, weights):
    """Size and time as functions of the angle, by the table's gradients, then the exponential on the ray.

    On the ray of w*: p' = L (1 - p)/2, L the sum of weights; on the opposite one p' = -L p/2.
    """
    total = sum(weights)

    def by_angle(theta, state):
        rest, p = np.pi - theta, state[0]
        pull = weights[0] * (rest * np.cos(theta) + np.sin(theta)) + weights[1] * rest * np.cos(theta)
        turn = weights[0] * rest * np.sin(theta) + weights[1] * (rest * np.sin(theta) + np.cos(theta))
        return (pull / (2 * np.pi) - total * p / 2) / (-turn / (2 * np.pi * p)), -2 * np.pi * p / turn

    p, time = solve_ivp(by_angle, (angle, ray), [0.8, 0.0], "DOP853", rtol=1e-13, atol=1e-15).y[:, -1]
    flow = reduced.single_neuron_flow(angle, 1 / 0.8, time + 3.0, weights, derivative="exact")
    assert flow.alignment_time == pytest.approx(time, abs=AGREE)
    goal = np.cos(ray) > 0
    for t in (0.0, 1.0, 3.0):
        size, theta = flow(min(flow.alignment_time + t, flow.t[-1]))
        assert theta == ray
        assert size == pytest.approx(goal + (p - goal) * np.exp(-total * t / 2), abs=AGREE)


def test_single_neuron_on_a_ray():
    """Started on a ray it stays there; only the exact field with a cone holds it there."""
    for angle, goal in ((0.0, 1.0), (np.pi, 0.0)):
        for derivative, time in (("backprop", np.inf), ("exact", 0.0)):
            flow = reduced.single_neuron_flow(angle, 2.0, 5.0, derivative=derivative)
            np.testing.assert_allclose(flow(3.0), [goal + (0.5 - goal) * np.exp(-3.0), angle], rtol=1e-9)
            assert flow.alignment_time == time
    assert reduced.single_neuron_flow(2.0, 2.0, 200.0).states.min() >= 0  # what decayed stays in the domain


@pytest.mark.parametrize(
    ("width", "start", "line"), [(5, (0.2, -0.3), 1), (5, (1.6, 0.1), 1), (2, (2.5, 0.1), 1), (2, (0.1, 2.5), 0)]
)
def test_symmetric_flow_across_and_on_the_cones(width, start, line):
    """H1 exact: it crosses y = 0, comes back, and slides: x' = -(x - 1)(1 + (K-1)/(2 pi)). For K = 2: x = 0 too."""
    flow = reduced.symmetric_flow(width, *start, 6.0, "H1", derivative="exact")
    time = flow.alignment_time
    assert set(np.sign(flow.states[flow.t < time, line])) >= {1, -1}
    t = np.linspace(time, 6.0, 5)
    across, along = flow(t)[:, line], flow(t)[:, 1 - line]
    assert (across == 0).all()
    relaxed = 1 + (along[0] - 1) * np.exp((time - t) * (1 + (width - 1) / (2 * np.pi)))
    np.testing.assert_allclose(along, relaxed, atol=AGREE)
    h = 1e-4  # off the line the trajectory solves the equation: differences of the interpolant, error h^2
    free = [t for t in np.linspace(h, time - h, 40) if np.abs(flow([t - h, t, t + h])[:, line]).min() > 1e-3]
    velocities = (flow(np.add(free, h)) - flow(np.subtract(free, h))) / (2 * h)
    expected = reduced.symmetric_velocity(width, *flow(free).T, "H1", derivative="exact")
    np.testing.assert_allclose(velocities, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("sign", [1, -1])
def test_sliding_that_ends(sign):
    """x' = 1, and y' = x - 2 above the line y = 0, x below: held there from t = 2 - sqrt(3) to 2, then lifted off."""

    def field(state, sides):
        return np.array([1.0, sign * (state[0] - 1) - sides[0]])

    start = np.array([0.0, sign * 0.5])
    flow = planar.integrate(
        ("x", "y"),
        field,
        start,
        4.0,
        rtol=1e-10,
        atol=np.full(2, 1e-12),
        rest=np.zeros(2),
        sharpness=1.0,
        lines=[(1, 0.0)],
    )
    t = np.array([0.1, 0.26, 0.27, 1.9, 2.1, 4.0])
    height = np.where(t < 1, 0.5 + t**2 / 2 - 2 * t, np.where(t > 2, (t - 2) ** 2 / 2, 0.0)) * (t != 0.27)
    np.testing.assert_allclose(flow(t), np.stack([t, sign * height], axis=-1), atol=1e-9)
    assert flow.alignment_time == np.inf


def test_refusals():
    flow, neuron = reduced.symmetric_flow, reduced.single_neuron_flow
    for call, message in [
        (lambda: flow(2, [1.0], 0.0, 1.0), "x: a finite number is required"),
        (lambda: flow(2, 1.0, 0.0, -1.0), "t_max: a positive finite time"),
        (lambda: flow(2, 1.0, 0.0, np.inf), "t_max: a positive finite time"),
        (lambda: flow(2, 1.0, 0.5, 1.0, rtol=1e-20), "rtol: "),
        (lambda: neuron([1.0, 2.0], 1.0, 1.0), "angle: one number is required"),
        (lambda: neuron(4.0, 1.0, 1.0), "angle: "),
        (lambda: neuron(1.0, 0.0, 1.0), "ratio: "),
        (lambda: neuron(1.0, 1.0, np.nan), "t_max: a positive finite time"),
        (lambda: neuron(1.0, 1.0, 1.0)(2.0), "t: times between 0 and the end of the flow, 1,"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(st.InfiniteNormError):
        neuron(1.0, 1.0, 1.0, "H2")
    with pytest.raises(st.NotDifferentiableError):
        flow(3, 0.5, 0.5, 1.0, "H1", derivative="exact")


def test_shapes():
    flow = reduced.symmetric_flow(3, 0.5, 0.1, 1.0)
    assert flow(0.5).shape == (2,)
    assert flow(np.zeros((2, 3))).shape == (2, 3, 2)
    assert flow.states.shape == (len(flow.t), 2)


def random_start(seed):
    """A generic teacher in up to five dimensions, a neuron of 1e-3 to 1e3 of its length, every third start opposite."""
    rng = np.random.default_rng(seed)
    teacher, across = rng.standard_normal((2, rng.integers(2, 6)))
    size = 10 ** rng.uniform(-1, 1)
    teacher *= size / np.linalg.norm(teacher)
    across -= (across @ teacher) / size**2 * teacher
    frame = np.stack([teacher / size, across / np.linalg.norm(across)])
    angle = rng.uniform(2.5, 3.14) if seed % 3 == 2 else rng.uniform(0.01, 2.48)
    return frame, size, angle, 10 ** rng.uniform(-3, 3), [(1.0, 1.0), (0.3, 2.0), (0.0, 1.0)][seed % 4 % 3]


@pytest.mark.parametrize(
    "seed", [pytest.param(k, marks=pytest.mark.long if k not in (0, 2, 6) else ()) for k in range(40)]
)
def test_sliding_in_generic_directions(seed):
    """The planar system knows the ray; in the plane the direction of a sliding row has a rounding of its own."""
    frame, size, angle, ratio, norm = random_start(seed)
    start = size / ratio * np.array([np.cos(angle), np.sin(angle)]) @ frame
    flow = st.gradient_flow(st.PopulationLoss([size * frame[0]], norm, derivative="exact"), [start], 10.0)
    planar = reduced.single_neuron_flow(angle, ratio, 10.0, norm, derivative="exact")
    assert flow.status == "t_max"
    for t in np.linspace(0, 10, 9):
        p, theta = planar(t)
        expected = size * p * np.array([np.cos(theta), np.sin(theta)]) @ frame
        np.testing.assert_allclose(flow(t)[0], expected, rtol=0, atol=AGREE * size * max(1, 1 / ratio))
    if planar.alignment_time < np.inf:
        assert flow.alignments[0][0] == pytest.approx(planar.alignment_time, rel=1e-6)


def test_sliding_from_a_short_row():
    """Stopped at t = 0.034 for a direction that rounding turned."""
    flow = st.gradient_flow(st.PopulationLoss([[2.0, 3.0]], "H1", derivative="exact"), [[0.001, 0.004]], 10.0)
    assert flow.status == "t_max"
    assert flow.distance[-1] < 1e-3


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long), pytest.param(2, marks=pytest.mark.long)])
def test_several_rows_slide_in_generic_directions(seed):
    """The symmetric family in a rotated and scaled frame: both rows slide on the lines of their teachers."""
    size, rotation = 3.0, np.linalg.qr(np.random.default_rng(seed).standard_normal((4, 4)))[0][:2]
    planar = reduced.symmetric_flow(2, 0.3, 0.1, 6.0, "H1", derivative="exact")
    assert planar.alignment_time < 6
    loss = st.PopulationLoss(size * rotation, "H1", derivative="exact")
    flow = st.gradient_flow(loss, size * symmetric_student(2, 0.3, 0.1) @ rotation, 6.0)
    assert flow.status == "t_max"
    assert len(flow.alignments) == 2
    for t in np.linspace(0, 6, 7):
        expected = size * symmetric_student(2, *planar(t)) @ rotation
        np.testing.assert_allclose(flow(t), expected, rtol=0, atol=size * AGREE)


@pytest.mark.parametrize(("norm", "derivative"), [("L2", "backprop"), ("H1", "backprop"), ("H1", "exact")])
def test_endless_reduced_flows_rest(norm, derivative):
    flow = reduced.symmetric_flow(5, 0.3, 0.1, 1e20, norm, derivative=derivative)
    assert (flow.status, flow.t[-1], len(flow.t) < 300) == ("stationary", 1e20, True)
    np.testing.assert_allclose(flow([1e3, 1e19]), [[1, 0], [1, 0]], atol=1e-13)
    one = reduced.single_neuron_flow(1.0, 1.0, 1e20, norm, derivative=derivative)
    assert (one.status, len(one.t) < 300) == ("stationary", True)
    np.testing.assert_allclose(one([1e3, 1e19]), [[1, 0], [1, 0]], atol=1e-13)
    assert reduced.symmetric_flow(5, 0.3, 0.1, 1.0, norm, derivative=derivative).status == "t_max"


def test_a_reduced_flow_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(planar, "PATIENCE", 500)
    with pytest.raises(ValueError, match=r"t_max: no end after 500 evaluations at t = .*; lower t_max or raise rtol"):
        reduced.symmetric_flow(1000, 0.3, 0.01, 1e3)


@pytest.mark.parametrize("t_max", ["x", None, [1.0], 0])
def test_times_go_through_the_door_of_numbers(t_max):
    for call in (lambda: reduced.symmetric_flow(2, 0.3, 0.2, t_max), lambda: reduced.single_neuron_flow(1, 1, t_max)):
        with pytest.raises(ValueError, match="t_max: a positive finite time is required"):
            call()
