"""Hypothesis profiles: the continuous check draws more examples, always the same ones. Figures need no screen.

What a test registers as an activation is forgotten after it.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from sobolev_theory.activations.registry import REGISTRY

os.environ["MPLBACKEND"] = "agg"
settings.register_profile("default", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """The registry of activations as it was."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)
