"""Networks as functions of their input, and the registry of activations."""

import mpmath as mp
import numpy as np
import pytest

import sobolev_theory as st

DEFINITIONS = {
    "relu": lambda z: max(z, mp.mpf(0)),
    "relu2": lambda z: max(z, mp.mpf(0)) ** 2,
    "relu3": lambda z: max(z, mp.mpf(0)) ** 3,
    "erf": lambda z: mp.erf(z / mp.sqrt(2)),
}


@pytest.mark.parametrize("name", st.activations.names())
def test_pointwise_derivatives_follow_the_definition(name):
    """Every derivative that the kernels list, against numerical differentiation of the definition."""
    activation = st.activations.get(name)
    for order in range(activation.max_order + 3):
        for z in (-1.3, -0.2, 0.4, 2.1):
            with mp.workdps(60):
                expected = mp.diff(DEFINITIONS[name], mp.mpf(z), order)
            assert activation.derivative(z, order) == pytest.approx(float(expected), rel=1e-14, abs=1e-30)


@pytest.mark.parametrize("name", st.activations.names())
def test_jumps(name):
    activation = st.activations.get(name)
    for order in range(activation.max_order + 1):
        above, below = activation.derivative([1e-300, -1e-300], order)
        assert activation.jump(order) == pytest.approx(above - below, abs=1e-290)
    assert (activation.jump_order is None) == (name == "erf")


@pytest.mark.parametrize("name", st.activations.names())
def test_input_derivatives_by_differences(name):
    rng = np.random.default_rng(0)
    net = st.Network(rng.standard_normal((4, 3)), rng.standard_normal(4), rng.standard_normal(4), activation=name)
    x, h = rng.standard_normal((5, 3)), 1e-6
    for k in range(3):
        shift = h * np.eye(3)[k]
        # truncation h^2 and rounding 1e-16/h; no sample lies within h of a kink
        np.testing.assert_allclose((net(x + shift) - net(x - shift)) / (2 * h), net.input_gradient(x)[:, k], atol=1e-7)
        second = (net.input_gradient(x + shift) - net.input_gradient(x - shift)) / (2 * h)
        np.testing.assert_allclose(second, net.input_hessian(x)[:, :, k], atol=1e-7)


def test_random_networks_are_reproducible():
    first, second = (st.Network.random(3, 4, rng=5) for _ in range(2))
    np.testing.assert_array_equal(first.weights, second.weights)
    generator = np.random.default_rng(5)
    np.testing.assert_array_equal(first.weights, st.Network.random(3, 4, rng=generator).weights)
    assert np.abs(st.Network.random(500, 500, rng=0, scale=2.0).weights.std() - 2) < 0.02  # standard error 2/500/sqrt 2


def test_orthonormal_networks():
    weights = st.Network.orthonormal(3, 5, activation="erf").weights
    np.testing.assert_array_equal(weights @ weights.T, np.eye(3))
