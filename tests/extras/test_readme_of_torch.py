"""The code of the README that needs PyTorch and JAX runs, and its numbers are those of the package without them."""

import functools
import re

import numpy as np
import pytest

import sobolev_theory as st
from tests.test_readme import README

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")


def test_code_in_pytorch_and_jax(capsys):
    """A few steps of it: the loss falls, the advice is of the trained model, the gradient is that of differences."""
    (code,) = [code for code in re.findall(r"```python\n([^`]*)```", README) if "st.torch" in code]
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.standard_normal((100, 3)))
    y, G = x.sin().sum(dim=1), x.cos()
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)).double()
    W, V = np.eye(2, 3) + 0.1 * rng.standard_normal((2, 3)), np.eye(2, 3)
    with jax.enable_x64(True):
        names = {"functools": functools, "jax": jax, "jnp": jax.numpy, "st": st, "W": jax.numpy.asarray(W), "V": V}
        names |= {"model": model, "x": x, "y": y, "G": G, "optimiser": torch.optim.Adam(model.parameters(), 0.01)}
        before = st.torch.SobolevLoss((1, 0.5))(model, x, y, G).item()
        exec(code.replace("range(1000)", "range(50)"), names)
    assert names["loss"](model, x, y, G).item() < before / 2
    advice = st.advise(st.Network.from_torch(model), x, targets=(y, G))
    assert capsys.readouterr().out == f"{advice}\n"
    step = 1e-5 * rng.standard_normal((2, 3))
    ahead, behind = (
        st.PopulationLoss(V, "H1", activation="erf").hessian(U).condition_number() for U in (W + step, W - step)
    )
    assert ahead - behind == pytest.approx(2 * np.vdot(names["steeper"], step), rel=1e-6)  # of differences: step^2
