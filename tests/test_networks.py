"""Networks as functions of their input, and the registry of activations."""

import pickle

import mpmath as mp
import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.activations.generated import BUILT_IN

DEFINITIONS = {
    "relu": lambda z: max(z, mp.mpf(0)),
    "relu2": lambda z: max(z, mp.mpf(0)) ** 2,
    "relu3": lambda z: max(z, mp.mpf(0)) ** 3,
    "erf": lambda z: mp.erf(z / mp.sqrt(2)),
}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_pointwise_derivatives_follow_the_definition(name):
    """Every derivative that the kernels list, against numerical differentiation of the definition."""
    activation = st.activations.get(name)
    for order in range(activation.max_order + 3):
        for z in (-1.3, -0.2, 0.4, 2.1):
            with mp.workdps(60):
                expected = mp.diff(DEFINITIONS[name], mp.mpf(z), order)
            assert activation.derivative(z, order) == pytest.approx(float(expected), rel=1e-14, abs=1e-30)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_jumps(name):
    activation = st.activations.get(name)
    for order in range(activation.max_order + 1):
        above, below = activation.derivative([1e-300, -1e-300], order)
        assert activation.jump(order) == pytest.approx(above - below, abs=1e-290)
    assert (activation.jump_order is None) == (name == "erf")


@pytest.mark.parametrize("name", sorted(BUILT_IN))
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


def test_the_output_bias_is_added_once_and_has_no_derivative():
    rng = np.random.default_rng(1)
    arrays = rng.standard_normal((4, 3)), rng.standard_normal(4), rng.standard_normal(4)
    plain, net = st.Network(*arrays, activation="erf"), st.Network(*arrays, -0.7, "erf")
    x = rng.standard_normal((5, 3))
    np.testing.assert_array_equal(net(x), plain(x) - 0.7)
    np.testing.assert_array_equal(net.input_gradient(x), plain.input_gradient(x))
    np.testing.assert_array_equal(net.input_hessian(x), plain.input_hessian(x))


def test_networks_of_other_output_biases_are_others():
    net, same = st.Network(np.eye(2), output_bias=0.5), st.Network(np.eye(2), None, [0.0, 0.0], 0.5)
    assert net == same
    assert hash(net) == hash(same)
    assert net != st.Network(np.eye(2))
    assert pickle.loads(pickle.dumps(net)) == net
    assert type(net.output_bias) is float
    assert repr(net) == "Network(width=2, dim=2, activation='relu', output_bias=0.5)"
    assert repr(st.Network(np.eye(2))) == "Network(width=2, dim=2, activation='relu')"


def test_pickles_without_an_output_bias_have_none():
    """As the first networks of this edition were."""
    net = st.Network(np.eye(2), [1.0, 2.0])
    before = st.Network.__new__(st.Network)
    before.__setstate__({name: value for name, value in vars(net).items() if name != "output_bias"})
    assert before == net


@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200])
@pytest.mark.parametrize(("activation", "n"), [("relu", 1), ("relu2", 2), ("relu3", 3)])
def test_a_balanced_network_is_the_same_function(activation: str, n: int, size: float) -> None:
    """Of equal shares ``n a^2 = |w|^2 + b^2``, but for neurons of which one layer is zero; of weights of any size."""
    rng = np.random.default_rng(0)
    weights, outputs, biases = rng.standard_normal((4, 3)), rng.standard_normal(4), rng.standard_normal(4)
    outputs[0], weights[1], weights[2], biases[2] = 0.0, 0.0, 0.0, 0.0
    unit = size ** (1 / n)  # z^n is as large as output weights are small
    network = st.Network(unit * weights, outputs / size, unit * biases, 0.5, activation)
    balanced, x = network.balanced(), rng.standard_normal((5, 3))
    np.testing.assert_allclose(balanced(x), st.Network(weights, outputs, biases, 0.5, activation)(x), rtol=1e-12)
    assert balanced.weights[0].tolist() == network.weights[0].tolist()
    both = [1, 3]
    hidden = (balanced.weights[both] ** 2).sum(axis=1) + balanced.biases[both] ** 2
    np.testing.assert_allclose(hidden, n * balanced.output_weights[both] ** 2, rtol=1e-12)
