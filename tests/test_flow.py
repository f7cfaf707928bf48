"""A flow as an object: when it ends and why, what it can be asked, and where it refuses."""

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.errors import OverflowingError
from sobolev_theory.points import Point

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


@pytest.mark.parametrize("t_max", [500.0, np.inf])
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
