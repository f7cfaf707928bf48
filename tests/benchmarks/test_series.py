"""Costs of Mehler's series, over those of ReLU, whose moments are generated."""

from itertools import count

import numpy as np
import pytest

import sobolev_theory as st

K, DIM = 200, 100


@pytest.mark.parametrize("activation", ["mish", "gelu_tanh"])
@pytest.mark.parametrize(("common", "rows"), [(0.0, "in general position"), (3.0, "at correlations of 0.9")])
def test_gradient_of_a_series(ratio, rng, activation, common, rows):
    """Of weights of unit length that are new each time, as in a flow: their coefficients are made each time."""
    w, v = rng.standard_normal((2, K, DIM)) + common * rng.standard_normal(DIM)
    w, v = (x / np.linalg.norm(x, axis=1)[:, None] for x in (w, v))
    loss, relu = (st.PopulationLoss(v, "H1", activation=chosen) for chosen in (activation, "relu"))
    calls = count()
    name = f"gradient H1, {activation} over relu, rows {rows}, K = M = {K}, d = {DIM}"
    ratio(name, lambda: loss.gradient(w * (1 + 1e-6 * next(calls))), lambda: relu.gradient(w), 10)
