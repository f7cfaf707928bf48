"""Every public function takes arrays of torch, JAX, pandas and xarray, and gives what it gives for NumPy's."""

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import sobolev_theory as st
from tests.bad_input.targets import TARGETS, Target

torch = pytest.importorskip("torch")
jax_numpy = pytest.importorskip("jax.numpy")
pd = pytest.importorskip("pandas")
xr = pytest.importorskip("xarray")

ROLES = {"array", "row", "points", "numbers", "teacher"}
"""Roles of arguments that are arrays."""

KINDS: dict[str, Callable[[np.ndarray], Any]] = {
    "torch": lambda x: torch.tensor(x.tolist(), dtype=torch.float32),
    "bfloat16": lambda x: torch.tensor(x.tolist(), dtype=torch.bfloat16),
    "rows of torch": lambda x: list(torch.tensor(x.tolist(), dtype=torch.float32)),
    "jax": lambda x: jax_numpy.asarray(x, dtype="float32"),
    "pandas": lambda x: pd.DataFrame(x) if x.ndim == 2 else pd.Series(x),
    "nullable": lambda x: pd.DataFrame(x).convert_dtypes() if x.ndim == 2 else pd.Series(x, dtype="Float64"),
    "xarray": lambda x: xr.DataArray(x),
}


def arrays(target: Target) -> dict[str, np.ndarray]:
    """The arguments of a target that are arrays, of numbers that all types have."""
    found = {}
    for name, (roles, value) in target.arguments.items():
        of_arrays = isinstance(value, tuple) and isinstance(value[0], np.ndarray)
        if ROLES & set(roles.split()) and not of_arrays and np.size(value) and np.ndim(value) in (1, 2):
            found[name] = np.asarray(torch.tensor(np.asarray(value, dtype=float).tolist()).bfloat16().double().numpy())
    return found


WITH_ARRAYS = {name: target for name, target in TARGETS.items() if arrays(target) and "functional" not in name}
"""Functions of `functional` compute where their arrays live, and have tests of their own."""


def numbers(result: Any) -> Iterator[Any]:
    """All numbers in a result, in order."""
    if isinstance(result, st.Curvature):
        yield from result.to_dense().ravel()
    elif isinstance(result, np.ndarray | float | int | np.number) and np.asarray(result).dtype.kind in "fiu":
        yield from np.asarray(result).ravel()
    elif dataclasses.is_dataclass(result) and not isinstance(result, type):
        for field in dataclasses.fields(result):
            yield from numbers(getattr(result, field.name))
    elif isinstance(result, dict):
        yield from numbers(list(result.values()))
    elif isinstance(result, list | tuple):
        for item in result:
            yield from numbers(item)


def called(target: Target, given: dict[str, Any]) -> list[Any]:
    """What a target gives for some arguments, with its others as they are."""
    rest = {name: value() if callable(value) else value for name, (_, value) in target.arguments.items()}
    with warnings.catch_warnings(action="ignore"):
        return list(numbers(target.function(**rest | given)))


def test_there_is_much_to_try() -> None:
    assert len(WITH_ARRAYS) > 30


@pytest.mark.parametrize("name", WITH_ARRAYS)
def test_arrays_of_other_libraries(name: str) -> None:
    target, given = WITH_ARRAYS[name], arrays(WITH_ARRAYS[name])
    expected = called(target, given)
    for kind, make in KINDS.items():
        found = called(target, {key: make(value) for key, value in given.items()})
        assert np.array_equal(np.array(found), np.array(expected), equal_nan=True), kind


@pytest.mark.parametrize("kind", KINDS)
def test_products_of_a_curvature_and_its_parts(kind: str) -> None:
    G = st.PopulationLoss(np.eye(2), "H1").gauss_newton([[0.5, 0.75], [0.25, -0.5]])
    vector, matrix = np.array([1.0, 2.0, 3.0, -4.0]), np.array([[1.0, 2.0], [0.5, 0.25], [3.0, 1.0], [-4.0, 0.0]])
    for operator in (G, G.block("weights", "weights"), G.T, 2 * G):
        for x in (vector, matrix):
            assert np.array_equal(operator @ KINDS[kind](x), operator @ x)
        assert np.array_equal(operator.matvec(KINDS[kind](vector)), operator @ vector)
        assert np.array_equal(operator.matmat(KINDS[kind](matrix)), operator @ matrix)
