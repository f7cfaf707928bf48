"""Tensors of torch as weights, inputs and other arrays."""

import numpy as np
import pytest

from sobolev_theory import Network

torch = pytest.importorskip("torch")


def test_tensors_are_read_exactly() -> None:
    weights = torch.tensor([[0.1, -2.0, 0.3], [4.0, 0.5, -0.6]], dtype=torch.float32)
    assert Network(weights) == Network(weights.double().numpy())
    assert np.array_equal(Network(weights).weights, weights.tolist())
