"""A flow as an object: when it ends and why, what it can be asked, and where it refuses."""

import numpy as np
import pytest
from mpmath import mp

import sobolev_theory as st
from sobolev_theory.errors import OverflowingError
from sobolev_theory.flow.steps import AcceptedStep
from sobolev_theory.points import Point
from sobolev_theory.problem import SpanProblem
from tests.oracles.flows import one_neuron

TEACHER = np.eye(3)
LEVELS = {"loss": 1e-3, "gradient_norm": 0.02, "distance": 0.1}


def near_teacher(order=(0, 1, 2), seed=0):
    return TEACHER[list(order)] + 0.15 * np.random.default_rng(seed).standard_normal((3, 3))


def equal_rows(width):
    """All neurons ``x sum_k v_k`` at the saddle of the family of Tian 2017 (orthonormal teacher, L2)."""
    x = (np.sqrt(width - 1) - np.arccos(width**-0.5) + np.pi) / (np.pi * width)
    return np.full((width, width), x)


@pytest.mark.parametrize("norm", ["L2", "H1"])
@pytest.mark.parametrize("quantity", LEVELS)
def test_until_stops_at_the_level(norm, quantity):
    """The root in time is located to 1e-14 of it, and the quantity evaluated to 1e-12."""
    level = LEVELS[quantity]
    loss = st.PopulationLoss(TEACHER, norm)
    flow = st.gradient_flow(loss, near_teacher(), np.inf, until={quantity: level})
    along = getattr(flow, quantity)
    assert flow.status == quantity
    assert f"{quantity} fell to {level:g}" in flow.message
    assert along[-1] == pytest.approx(level, rel=1e-11)
    assert (along[:-1] > level).all()
    longer = st.gradient_flow(loss, near_teacher(), 1.2 * flow.t[-1])
    assert longer.status == "t_max"
    assert longer.time_to(**{quantity: level}) == pytest.approx(flow.t[-1], rel=1e-8)
    assert flow.time_to(**{quantity: level}) == pytest.approx(flow.t[-1], rel=1e-12)
    assert flow.time_to(**{quantity: level / 2}) == np.inf
    np.testing.assert_allclose(longer(flow.t[-1]), flow.weights[-1], rtol=0, atol=1e-9)


def test_times_of_a_flow_known_in_closed_form():
    """``w = (1 + e^(-t/2)) v``: loss ``e^-t/4``, gradient ``e^(-t/2)/2``, distance ``e^(-t/2)``."""
    flow = st.gradient_flow(st.PopulationLoss([[0.6, 0.8]], "L2"), [[1.2, 1.6]], 40.0)
    assert flow.time_to(loss=0.25 * np.exp(-13.0)) == pytest.approx(13, rel=1e-9)
    assert flow.time_to(gradient_norm=0.5 * np.exp(-7.0)) == pytest.approx(14, rel=1e-9)
    assert flow.time_to(distance=np.exp(-19.5)) == pytest.approx(39, rel=1e-9)
    assert flow.time_to(distance=np.exp(-20.1)) == np.inf
    assert flow.time_to(distance=1.0) == 0


def test_the_earlier_of_two_levels_in_one_step_stops_the_flow():
    """Distance 0.1001 comes before loss 0.1^2/4, distance 0.1, whichever is named first."""
    for until in ({"loss": 0.0025, "distance": 0.1001}, {"distance": 0.1001, "loss": 0.0025}):
        flow = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "L2"), [[2.0, 0.0]], np.inf, until=until)
        assert flow.status == "distance"
        assert flow.t[-1] == pytest.approx(-2 * np.log(0.1001), rel=1e-9)


def test_a_quantity_that_falls_and_rises_within_a_step_is_seen():
    """Past the saddle the gradient norm dips, between two steps to less than at either."""
    start = 1.2 * equal_rows(2) + np.array([[1e-4, 0.0], [0.0, 0.0]])
    loss = st.PopulationLoss(np.eye(2), "L2")
    flow = st.gradient_flow(loss, start, 20.0)
    times = np.linspace(4, 8, 401)
    norms = np.array([np.linalg.norm(loss.gradient(w)) for w in flow(times)])
    lowest = np.argmin(norms)
    assert 0 < lowest < 400
    level = (norms[lowest] + flow.gradient_norm[flow.t < 8].min()) / 2
    assert flow.time_to(gradient_norm=level) == pytest.approx(times[lowest], abs=0.5)


@pytest.mark.parametrize("scale", [2.0**-10, 1.0, 2.0**10])
def test_the_rounding_of_a_loss_is_one_of_the_loss_of_silence(scale):
    """``eps |v|^2/4`` for ReLU in L2, whatever the student; none where its neurons can match the teacher's."""
    loss = st.PopulationLoss([[scale, 0.0]], "L2")
    halves = st.Network([[0.0, 1.0], [1.0, 1.0]], [0.5, 0.5])
    assert SpanProblem.of(loss, halves).loss_rounding == 2.0**-52 * scale**2 / 4
    assert SpanProblem.of(loss, [[0.0, 1.0]]).loss_rounding == 0


def test_a_start_below_the_level_is_the_end():
    flow = st.gradient_flow(st.PopulationLoss(TEACHER, "L2"), near_teacher(), 5.0, until={"loss": 10.0})
    assert flow.status == "loss"
    np.testing.assert_array_equal(flow.t, [0])
    np.testing.assert_allclose(flow.weights, [near_teacher()], rtol=0, atol=1e-15)
    assert flow.time_to(loss=10.0) == 0
    np.testing.assert_allclose(flow(0.0), near_teacher(), rtol=0, atol=1e-15)


STATIONARY = [("L2", TEACHER), ("H1", TEACHER), ("L2", TEACHER[[1, 2, 0]]), ("L2", equal_rows(3))]


@pytest.mark.parametrize(("norm", "start"), STATIONARY)
def test_a_stationary_start_stays(norm, start):
    """At the teacher, in another order, and at a saddle where all neurons are equal; ``t_max`` finite or not."""
    loss = st.PopulationLoss(TEACHER, norm)
    flow = st.gradient_flow(loss, start, 7.0)
    assert flow.status == "stationary"
    assert flow.t[-1] == 7
    for weights in flow([0.0, 3.0, 7.0]):
        np.testing.assert_allclose(weights, start, rtol=0, atol=1e-15)
    value = loss.value(start)
    assert flow.loss == pytest.approx([value, value], rel=1e-14)
    assert flow.distance == pytest.approx(np.full(2, np.linalg.norm(start - TEACHER)), rel=1e-14)
    if value > 0:
        endless = st.gradient_flow(loss, start, np.inf, until={"loss": value / 2})
        assert endless.status == "stationary"
        assert np.isfinite(endless.t).all()
        assert endless.time_to(loss=value / 2) == np.inf


@pytest.mark.parametrize("t_max", [pytest.param(500.0, marks=pytest.mark.long), np.inf])
def test_a_flow_that_came_to_rest_goes_on_at_rest(t_max):
    loss = st.PopulationLoss([[0.6, 0.8]], "L2")
    flow = st.gradient_flow(loss, [[1.2, 1.6]], t_max, until={"loss": 1e-300})
    assert flow.status == "stationary"
    moving = flow.t[-2] if np.isfinite(t_max) else flow.t[-1]
    # the displacement e^(-t/2) has come to 0.8 * 2^-80, the resolution of weights of 0.8, within a step or two
    assert 2 * 80 * np.log(2) < moving < 2 * 85 * np.log(2)
    assert flow.t[-1] == min(t_max, flow.t[-1])
    np.testing.assert_array_equal(flow(flow.t[-1]), flow(moving))
    assert flow.distance[-1] < 2.0**-80


@pytest.mark.long
@pytest.mark.parametrize(("activation", "size"), [("relu2", 1e3), ("relu", 1e4), ("erf", 2.0)])
def test_rest_is_judged_by_the_weights_of_the_moment(activation, size):
    """A start far from the teacher makes large gradients and sharp curvature; the end is as accurate all the same."""
    teacher = st.Network(np.eye(2), activation=activation)
    start = st.Network(size * np.array([[1.0, 0.2], [-0.1, 1.0]]), activation=activation)
    loss = st.PopulationLoss(teacher, "L2")
    flow = st.gradient_flow(loss, start, np.inf, until={"gradient_norm": 1e-11})
    assert flow.status == "gradient_norm"
    assert np.linalg.norm(loss.gradient(st.Network(flow.weights[-1], activation=activation))) < 1.1e-11


@pytest.mark.parametrize(
    ("student", "time"),
    [
        (st.Network([[1.0, 0.2], [1.2, -0.1], [0.1, 0.05]]), 5.1587),  # one more than the teacher needs
        (st.Network([[1.0, 0.5], [0.3, 1.0]], [-1.0, -1.0]), 1.4241),  # output weights of the wrong sign
    ],
)
def test_a_row_that_shrinks_to_zero_ends_the_flow(student, time, monkeypatch):
    """ReLU has a kink there, and the row is pushed back from all sides: the solver could only creep."""
    monkeypatch.setattr("sobolev_theory.flow.integration.MAX_STEPS", 2000)
    flow = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "L2"), student, 50.0)
    assert flow.status == "nonsmooth"
    assert "zero" in flow.message
    assert flow.t[-1] == pytest.approx(time, abs=1e-3)
    assert np.isfinite(flow.weights).all()
    assert np.linalg.norm(flow.weights[-1], axis=1).min() < 1e-6


def test_on_the_opposite_ray_a_neuron_shrinks_to_zero():
    """``w = -e^(-t/2) v``; there is no gradient at 0."""
    flow = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "L2"), [[-1.0, 0.0]], 500.0)
    assert flow.status == "nonsmooth"
    np.testing.assert_allclose(flow.weights[:, 0, 0], -np.exp(-flow.t / 2), rtol=0, atol=1e-9)


def test_a_flow_gives_up_after_many_steps(monkeypatch):
    monkeypatch.setattr("sobolev_theory.flow.integration.MAX_STEPS", 7)
    flow = st.gradient_flow(st.PopulationLoss(TEACHER, "L2"), near_teacher(), 50.0)
    assert flow.status == "steps"
    assert len(flow.t) == 8
    assert "rtol" in flow.message


def test_a_field_that_overflows_is_a_status(monkeypatch):
    """``W' = |W|^2 W`` with ``|W(0)| = 1``: ``|W| = (1 - 2 t)^(-1/2)`` has no value at t = 1/2."""

    def gradient(self):
        weights = self.parameters.weights
        if np.linalg.norm(weights) > 1e6:
            raise OverflowingError("student, teacher: the gradient overflows")
        return -(np.linalg.norm(weights) ** 2) * weights

    loss = st.PopulationLoss([[1.0, 0.0]], "L2")
    monkeypatch.setattr(Point, "gradient", property(gradient))
    flow = st.gradient_flow(loss, [[0.6, 0.8]], 2.0)
    assert flow.status == "diverged"
    assert flow.t[-1] == pytest.approx(0.5, abs=1e-6)
    assert np.isfinite(flow.weights).all()
    np.testing.assert_allclose(flow(0.25)[0], np.array([0.6, 0.8]) * np.sqrt(2), rtol=1e-9)


def test_the_flow_is_a_function_of_time():
    flow = st.gradient_flow(st.PopulationLoss(TEACHER, "L2"), near_teacher(), 4.0)
    assert flow.t[0] == 0
    assert flow.t[-1] == 4
    assert (np.diff(flow.t) > 0).all()
    assert flow.weights.shape == (len(flow.t), 3, 3)
    assert flow(1.0).shape == (3, 3)
    assert flow([1.0]).shape == (1, 3, 3)
    assert flow([]).shape == (0, 3, 3)
    assert flow(np.array([[0.0, 1.0], [2.0, 4.0]])).shape == (2, 2, 3, 3)
    np.testing.assert_array_equal(flow(flow.t), flow.weights)
    np.testing.assert_array_equal(flow(0), flow.weights[0])
    np.testing.assert_allclose(flow.weights[0], near_teacher(), rtol=0, atol=1e-15)
    loss = st.PopulationLoss(TEACHER, "L2")
    assert flow.loss == pytest.approx([loss.value(w) for w in flow.weights], rel=1e-12)
    assert flow.gradient_norm == pytest.approx([np.linalg.norm(loss.gradient(w)) for w in flow.weights], rel=1e-12)


def test_a_distance_needs_equal_widths():
    loss = st.PopulationLoss(TEACHER[:2], "L2")
    flow = st.gradient_flow(loss, near_teacher(), 1.0)
    assert np.isnan(flow.distance).all()
    assert len(flow.distance) == len(flow.t)
    for refuse in (
        lambda: flow.time_to(distance=0.1),
        lambda: st.gradient_flow(loss, near_teacher(), 1.0, until={"distance": 0.1}),
    ):
        with pytest.raises(ValueError, match=r"distance needs .* widths 3 and 2"):
            refuse()


@pytest.mark.parametrize("options", [{"t_max": 3.0}, {"t_max": np.inf, "until": {"loss": 1e-3}}])
def test_progress_goes_to_stderr_alone(options, capsys):
    loss = st.PopulationLoss(TEACHER, "L2")
    quiet = st.gradient_flow(loss, near_teacher(), **options)
    assert capsys.readouterr() == ("", "")
    shown = st.gradient_flow(loss, near_teacher(), **options, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "gradient flow" in captured.err
    np.testing.assert_array_equal(quiet.weights, shown.weights)


def test_a_flow_says_what_it_is():
    text = repr(st.gradient_flow(st.PopulationLoss(TEACHER, "L2"), near_teacher(), 4.0))
    for part in ("<3 x 3>", "norm='L2'", "t_max = 4 reached"):
        assert part in text


# What was found by use: rest, depth, levels within steps, and floating-point settings of the caller.


def ended(loss, student, level=1e-60, **options):
    return st.gradient_flow(loss, student, np.inf, until={"loss": level}, **options)


def test_a_student_of_fewer_neurons_comes_to_rest():
    """The loss rests at 0.0885; an explicit solver at the border of stability kept a noise above any test for rest."""
    loss = st.PopulationLoss(st.Network.orthonormal(2, 2), "L2")
    for method in ("auto", "RK45"):
        flow = ended(loss, st.Network.random(1, 2, rng=1), 1e-9, method=method)
        assert flow.status == "stationary"
        assert flow.loss[-1] == pytest.approx(0.0885, abs=5e-5)
        assert np.linalg.norm(loss.gradient(flow.weights[-1])) < 1e-14
        assert len(flow.t) < 1000


@pytest.mark.long
@pytest.mark.parametrize(("activation", "norm"), [("relu2", "H2"), ("erf", "H1"), ("relu3", "L2"), ("relu", "H1")])
def test_rest_in_every_activation(activation, norm):
    teacher = st.Network.random(2, 3, rng=2, activation=activation)
    flow = ended(st.PopulationLoss(teacher, norm), st.Network.random(1, 3, rng=8, activation=activation))
    assert flow.status == "stationary"
    assert len(flow.t) < 500


@pytest.mark.long
def test_rest_at_a_spurious_minimum_and_a_saddle():
    assert ended(st.PopulationLoss(np.eye(6), "L2"), 1.2 * equal_rows(6)).status == "stationary"
    start = np.full((6, 6), 0.2) - 0.8 * np.eye(6) + 0.01 * np.random.default_rng(0).standard_normal((6, 6))
    assert ended(st.PopulationLoss(np.eye(6), "L2"), start).status in ("stationary", "nonsmooth")


@pytest.mark.long
def test_rest_on_a_line():
    flow = ended(st.PopulationLoss([[2.0, 3.0]], "H1", derivative="exact"), [[0.3, 0.2]])
    assert flow.status == "stationary"
    assert [pair[1:] for pair in flow.alignments] == [(0, 0)]
    assert flow.distance[-1] < 1e-23


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_twenty_students_of_fewer_neurons_come_to_rest(seed):
    width, more = 1 + seed % 3, 2 + seed % 3 + seed % 2
    loss = st.PopulationLoss(st.Network.random(more, more + 1, rng=100 + seed), "L2" if seed % 2 else "H1")
    flow = ended(loss, st.Network.random(width, more + 1, rng=seed))
    assert flow.status == "stationary"
    assert len(flow.t) < 1500  # about a millisecond each
    assert np.linalg.norm(loss.gradient(flow.weights[-1])) < 1e-14


@pytest.mark.long
@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_too_many_neurons_come_to_rest_algebraically(norm):
    """Two students share a teacher: the gradient falls like a power of the time, to rounding at ten million."""
    flow = ended(st.PopulationLoss(st.Network.random(2, 3, rng=2), norm), st.Network.random(3, 3, rng=10))
    assert flow.status == "stationary"
    assert flow.t[-1] > 1e5
    assert flow.time_to(loss=1e-30) == np.inf  # where neurons cannot match, a loss below 1e-16 is rounding


@pytest.mark.long
def test_rest_in_a_valley_where_rows_become_parallel():
    """Long implicit steps are bounded by rounding, and their Jacobian does not exist at the end: it took 2000 steps."""
    flow = ended(st.PopulationLoss(st.Network.random(3, 3, rng=5), "H1"), st.Network.random(4, 3, rng=1), 1e-9)
    assert flow.status == "stationary"
    assert len(flow.t) < 1000
    assert flow.t[-1] > 1e6


@pytest.mark.long
def test_two_students_on_one_line_that_neither_slide_nor_leave():
    """The second to come to the line of a teacher drives the first about it: fifty thousand steps went nowhere."""
    teacher = [[2.04091912, -2.55566503, 0.41809885], [-0.56776961, -0.45264929, -0.21559716]]
    start = [[-0.78190846, -0.25719224, 0.00814218], [-0.27560291, 1.29406381, 1.00672432]]
    flow = st.gradient_flow(st.PopulationLoss(teacher, "H1", derivative="exact"), start, 200.0)
    assert flow.status == "nonsmooth"
    assert "back and forth" in flow.message
    assert flow.t[-1] == pytest.approx(9.54487, abs=1e-4)
    assert len(flow.t) < 1000


@pytest.mark.long
@pytest.mark.parametrize("norm", [(1.0, 1.0), (1.0,), (1.0, 0.3), (0.0, 1.0)])
def test_one_neuron_to_a_loss_of_1e_40(norm):
    """H1 falls linearly with the angle, which is 1e-40 then: directions come from displacements, not from weights."""
    loss = st.PopulationLoss([[1.0, 0.0]], norm)
    flow = ended(loss, [[0.0, 1.0]], 1e-40)
    assert flow.status == "loss"
    assert flow.loss[-1] == pytest.approx(1e-40, rel=1e-9)
    with mp.workdps(100):
        x, y = one_neuron(norm, (0, 1), flow.t[-1])
        room = 300 * 1e-10 + 2.0**-80 / flow.distance[-1] * (norm == (1.0,))  # steps, and the resolution of L2
        assert abs(flow.distance[-1] / mp.hypot(x - 1, y) - 1) < room


@pytest.mark.parametrize(
    ("activation", "norm"),
    [
        pytest.param(activation, norm, marks=pytest.mark.long)
        for activation, norm in [
            *(("relu", "L2"), ("relu", "H1"), ("relu2", "H2")),
            *(("erf", "H2"), ("erf", "H3"), ("relu3", "H3")),
        ]
    ],
)
def test_several_neurons_to_a_loss_of_1e_40(activation, norm):
    """The field near the teacher is an integral of the Hessian along the displacement: nothing cancels."""
    teacher = st.Network(np.eye(2, 3), activation=activation)
    start = st.Network(near_teacher()[:2], activation=activation)
    flow = ended(st.PopulationLoss(teacher, norm), start, 1e-40)
    assert flow.status == "loss"
    assert (flow.loss[-1], flow.loss.min()) == pytest.approx((1e-40, 1e-40), rel=1e-9)
    rate = flow.rate()
    assert abs(rate - rate.predicted) < max(rate.uncertainty, 1e-4 * rate)


def test_levels_are_found_within_steps():
    """The gradient norm dips past the saddle, between steps: the flow stops where `time_to` says."""
    loss, start = st.PopulationLoss(np.eye(2), "L2"), 1.2 * equal_rows(2) + np.array([[1e-4, 0.0], [0.0, 0.0]])
    whole = st.gradient_flow(loss, start, 20.0)
    for level in np.geomspace(whole.gradient_norm[whole.t < 8].min(), 0.1, 3)[:-1] * 0.999:
        flow = st.gradient_flow(loss, start, 20.0, until={"gradient_norm": level})
        assert flow.status == "gradient_norm"
        assert flow.t[-1] == pytest.approx(whole.time_to(gradient_norm=level), rel=1e-9)


@pytest.mark.parametrize("degree", range(1, 8))
def test_no_instant_of_a_step_is_slower_than_it_says(degree):
    """Of polynomials, as interpolants of all solvers are; it says less by at most the bend of 1/64 of the step."""
    powers, n = np.random.default_rng(degree).standard_normal((degree + 1, 3)), np.arange(degree + 1)
    step = AcceptedStep(2.0, 5.0, None, None, lambda t: ((t - 2) / 3) ** n @ powers)
    t = np.linspace(0, 1, 10_001)[:, None]
    slopes, bends = (t ** (n[k:] - k) * np.prod([n[k:] - j for j in range(k)], axis=0) @ powers[k:] for k in (1, 2))
    slowest, bend = np.linalg.norm(slopes, axis=1).min(), np.linalg.norm(bends, axis=1).max()
    assert slowest - bend / 64 - 1e-12 <= 3 * step.slowest() <= slowest + 1e-12


def test_floating_point_settings_of_the_caller_do_not_matter():
    def numbers():
        flow = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "L2"), [[0.0, 1.0]], 60.0)
        descent = st.gradient_descent(st.PopulationLoss([[1.0, 0.0]], "L2"), [[0.0, 1.0]], 5)
        reduced = st.reduced.single_neuron_flow(1.0, 1.0, 80.0)
        return np.concatenate([flow(30.0).ravel(), flow.loss, [flow.rate()], descent.loss, reduced(60.0)])

    expected = numbers()
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(numbers(), expected)


@pytest.mark.parametrize("size", [1e-90, *(pytest.param(x, marks=pytest.mark.long) for x in (1e-20, 1e90))])
def test_starts_of_all_sizes(size):
    """Tiny beside the teacher, or all of it tiny or huge: the loss of ReLU is homogeneous."""
    flow = st.gradient_flow(st.PopulationLoss([[size, 0.0]], "H1"), [[0.0, size]], 10.0)
    one = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "H1"), [[0.0, 1.0]], 10.0)
    np.testing.assert_allclose(flow.weights[-1] / size, one.weights[-1], rtol=0, atol=1e-8)
    if size < 1:
        tiny = st.gradient_flow(st.PopulationLoss([[1.0, 0.0]], "H1"), [[0.0, size]], 10.0)
        assert tiny.status == "t_max"
        assert tiny.distance[-1] < 1e-3
