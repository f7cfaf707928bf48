"""From a network that PyTorch trained on data to a report."""

import numpy as np
import pytest

import sobolev_theory as st

torch = pytest.importorskip("torch")


def test_a_trained_network_gets_advice():
    """64 tanh neurons with biases on 8-dimensional data that are not Gaussian: three lines to the report."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.uniform(-1.7, 1.7, (1000, 7)), rng.exponential(1, 1000) - 1])
    x = torch.tensor(X, requires_grad=True)
    y = torch.sin(x[:, 0] + x[:, 7] / 2) + x[:, 2] * x[:, 3] / 3 + torch.exp(-(x[:, 4] ** 2)) * x[:, 5]
    (G,) = torch.autograd.grad(y.sum(), x)
    module = torch.nn.Sequential(torch.nn.Linear(8, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1)).double()
    optimiser = torch.optim.Adam(module.parameters(), 1e-2)
    for _ in range(300):
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(module(x.detach())[:, 0], y.detach()).backward()
        optimiser.step()

    network = st.Network.from_torch(module)
    advice = st.advise(network, X, ("L2", "H1"), targets=(y.detach().numpy(), G.numpy()))
    assert "H1: inputs are not Gaussian" in str(advice)
    assert advice.verdict.answer == "pay"
    assert advice.verdict.saves_samples
    with torch.no_grad():
        left = torch.mean((module(x)[:, 0] - y) ** 2) / y.var(correction=0)
    assert advice.residual.value == pytest.approx(float(left) ** 0.5, rel=1e-9)
