"""Costs of activations that are mixtures, over those of ReLU, whose moments are generated."""

import numpy as np
import pytest

import sobolev_theory as st

K, DIM = 200, 100


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "silu", "gelu", "gaussian"])
def test_gradient_of_a_mixture(ratio, rng, activation):
    """Without means; pairs of rows in general position, of which a series of few terms is exact."""
    w, v = rng.standard_normal((2, K, DIM)) / np.sqrt(DIM)
    loss, relu = (st.PopulationLoss(v, "H1", activation=chosen) for chosen in (activation, "relu"))
    name = f"gradient H1, {activation} over relu, K = M = {K}, d = {DIM}"
    ratio(name, lambda: loss.gradient(w), lambda: relu.gradient(w), 40)
