"""The decrease of the distance to the teacher: the oracle, the flow, and one neuron in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as hs

import sobolev_theory as st
from tests import oracles


@pytest.mark.parametrize(
    ("activation", "lambdas", "derivative"),
    [("relu", (1, 0), "backprop"), ("relu", (1, 1), "backprop"), ("relu", (0.5, 2), "exact"), ("erf", (1, 1), "exact")],
)
def test_it_is_the_definition_with_the_gradient_of_the_oracle(activation, lambdas, derivative):
    """A product of 12 terms near one: 1e-14."""
    rng = np.random.default_rng(3)
    w, v = rng.standard_normal((2, 3, 4))
    a, b = rng.standard_normal((2, 3))
    gradient = oracles.gradient(activation, lambdas, derivative, w, v, a, b)
    expected = -np.sum((w - v) * np.array(gradient.tolist(), dtype=float))
    loss = st.PopulationLoss(st.Network(v, b, activation=activation), lambdas, derivative=derivative)
    student = st.Network(w, a, activation=activation)
    assert st.lyapunov_derivative(loss, student) == pytest.approx(expected, rel=0, abs=2e-14 * np.abs(w - v).max() * 10)


@pytest.mark.parametrize("norm", ["L2", "H1"])
@pytest.mark.parametrize("order", [[0, 1, 2], [1, 2, 0]])
def test_it_integrates_to_the_distance_along_the_flow(norm, order):
    """Over each step by eight Gauss points; the neurons are taken in the order given, wherever the flow goes."""
    teacher = np.eye(3, 4)
    loss = st.PopulationLoss(teacher, norm)
    start = teacher[order] + 0.2 * np.random.default_rng(0).standard_normal((3, 4))
    flow = st.gradient_flow(loss, start, 4.0)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    for first, last in ((0.0, 1.0), (1.0, 2.5), (2.5, 4.0)):
        times = first + (last - first) * (nodes + 1) / 2
        rates = [st.lyapunov_derivative(loss, w) for w in flow(times)]
        before, after = (np.linalg.norm(flow(t) - teacher) ** 2 / 2 for t in (first, last))
        assert weights @ rates * (last - first) / 2 == pytest.approx(after - before, rel=0, abs=1e-8)


@given(hs.floats(0.001, np.pi - 0.001), hs.floats(0.05, 20), hs.sampled_from(["backprop", "exact"]))
def test_one_neuron(angle, ratio, derivative):
    """The closed form, and the theorem of Oh, Lyu & Son 2025: lower for H1 than for L2, negative for both."""
    w, v = np.array([[1 / ratio, 0.0, 0.0]]), np.array([[np.cos(angle), 0.0, np.sin(angle)]])
    l2, h1 = (st.lyapunov_derivative(st.PopulationLoss(v, n, derivative=derivative), w) for n in ("L2", "H1"))
    assert h1 < l2 < 0
    for norm, value in (("L2", l2), ("H1", h1)):
        expected = st.single_neuron.lyapunov_derivative(angle, ratio, norm, derivative=derivative)
        assert value == pytest.approx(float(expected), rel=1e-10)  # 1e-16 in the angle, over 0.001


def test_zero_at_the_teacher_and_elsewhere_at_a_permuted_one():
    loss = st.PopulationLoss(np.eye(3), "L2")
    assert st.lyapunov_derivative(loss, np.eye(3)) == 0
    assert abs(st.lyapunov_derivative(loss, np.eye(3)[[1, 2, 0]])) < 1e-15


def test_it_needs_equal_widths():
    with pytest.raises(ValueError, match=r"student: the width of the teacher, 2, is required, got 3"):
        st.lyapunov_derivative(st.PopulationLoss(np.eye(2, 3), "L2"), np.ones((3, 3)))


def test_it_needs_a_loss():
    with pytest.raises(ValueError, match="loss: a PopulationLoss is required, got list"):
        st.lyapunov_derivative([[1, 0]], np.eye(2))
