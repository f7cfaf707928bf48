"""The oracle of activations: against published kernels, against more nodes, and against what is committed."""

from itertools import product
from typing import Any

import pytest
from mpmath import mp

from tests.oracles.activation_moments import DIGITS, Moments, Pair
from tests.oracles.activation_values import entry, table
from tests.oracles.activations import SIGMAS


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(DIGITS):
        yield


def discrepancy(found: Any, expected: Any) -> Any:
    return abs(found - expected) / abs(expected)


def correlated(name: str, count: int, nodes: int = 30) -> Moments:
    """At unit variances, correlation 1/2."""
    return Moments(SIGMAS[name], Pair(1.0, 0.5, 1.0), count, nodes)


@pytest.mark.long
def test_moments_of_a_step_and_of_its_deltas() -> None:
    """Sheppard 1899; a delta is a density; two are that of the plane."""
    step, sine = correlated("step", 3), mp.sqrt(3) / 2
    assert discrepancy(step(0, 0), mp.mpf(1) / 3) < 1e-30
    assert discrepancy(step(1, 0), 1 / mp.sqrt(8 * mp.pi)) < 1e-30
    assert discrepancy(step(1, 1), 1 / (2 * mp.pi * sine)) < 1e-30
    assert discrepancy(step(0, 2), -1 / (4 * mp.pi * sine)) < 1e-30


@pytest.mark.long
def test_moments_of_activations_are_the_known_ones() -> None:
    """Cho & Saul 2009, Williams 1998, Mehler, and the characteristic function."""
    angle, sine = mp.pi / 3, mp.sqrt(3) / 2
    relu = correlated("relu", 4)
    assert discrepancy(relu(0, 0), (sine + (mp.pi - angle) / 2) / (2 * mp.pi)) < 1e-29
    assert discrepancy(relu(1, 1), (mp.pi - angle) / (2 * mp.pi)) < 1e-30
    assert discrepancy(relu(2, 2), 1 / (2 * mp.pi * sine)) < 1e-30
    assert discrepancy(correlated("erf", 1)(0, 0), 2 / mp.pi * mp.asin(mp.mpf(1) / 4)) < 1e-30
    assert discrepancy(correlated("hermite3", 2)(0, 0), mp.mpf(3) / 4) < 1e-35
    waves = correlated("sin", 3)
    assert discrepancy(waves(0, 0), (mp.exp(-mp.mpf(1) / 2) - mp.exp(-mp.mpf(3) / 2)) / 2) < 1e-30
    assert discrepancy(waves(2, 0), -waves(0, 0)) < 1e-30
    for name in ("tanh", "elu(0.5)"):
        found, finer = correlated(name, 3), correlated(name, 3, 36)
        assert max(abs(found(a, b) - finer(a, b)) for a, b in product(range(3), repeat=2)) < 1e-29


@pytest.mark.parametrize("key", ["hard_tanh 12", pytest.param("tanh 12", marks=pytest.mark.long)])
def test_committed_moments_are_those_of_the_oracle(key: str) -> None:
    name, index = key.split()
    assert entry(name, int(index)) == table()[key]
