"""The paper's experiments that train: each at its quick size, beside its committed result. None may be missing."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import importlib

from examples.paper.claims import EXPERIMENTS
from examples.paper.experiment import committed
from tests.experiments import same_kind


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "monte_carlo_of_gradients"])
def test_experiments_run(name: str) -> None:
    same_kind(importlib.import_module(f"examples.paper.{name}").run(quick=True, seeds=1), committed(name))
