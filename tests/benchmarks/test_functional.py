"""Compiled functions of arrays of JAX over the engine of NumPy, on the processor."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")

import sobolev_theory as st  # noqa: E402  # after what may be missing

K = 1000


@pytest.mark.parametrize("activation", ["relu", "erf"])
@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_compiled_gradient(ratio, rng, activation, norm):
    W, V = rng.standard_normal((2, K, K)) / np.sqrt(K)
    loss, student = st.PopulationLoss(st.Network(V, activation=activation), norm), st.Network(W, activation=activation)
    with jax.enable_x64(True):
        weights, teacher = map(jax.numpy.asarray, (W, V))
        gradient = jax.jit(lambda W, V: st.functional.gradient(W, V, norm, activation=activation))
        assert np.abs(np.asarray(gradient(weights, teacher)) - loss.gradient(student)).max() < 1e-12
        ratio(
            f"gradient of {activation} in {norm}, K = M = d = {K}",
            lambda: gradient(weights, teacher).block_until_ready(),
            lambda: loss.gradient(student),
            1.5,
        )
