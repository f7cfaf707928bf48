"""Arrays of JAX as weights, inputs and other arrays: exact, of any type, or refused with advice."""

from collections.abc import Callable

import numpy as np
import pytest

import sobolev_theory as st

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")

W = [[0.5, -2.0, 0.25], [4.0, 0.125, -6.0]]
"""Numbers that every type below has."""


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn", "int4", "uint8"])
def test_arrays_are_read_exactly(kind: str) -> None:
    weights = (abs(jnp.array(W)) if "int" in kind else jnp.array(W)).astype(kind)
    read = st.Network(weights).weights
    assert read.dtype == np.float64
    assert np.array_equal(read, weights.astype("float32"))
    assert st.Network(np.eye(3))(weights).tolist() == st.Network(np.eye(3))(read).tolist()


def test_numbers() -> None:
    assert st.Network(W, output_bias=jnp.bfloat16(0.5)).output_bias == 0.5


def test_boolean_and_complex_ones_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^weights: .*booleans"):
        st.Network(jnp.eye(2) > 0)
    with pytest.raises(ValueError, match=r"^weights: .*complex numbers"):
        st.Network(1j * jnp.eye(2))


TRACING: dict[str, Callable[..., object]] = {"jit": jax.jit, "grad": jax.grad, "vmap": jax.vmap}


@pytest.mark.parametrize("transform", TRACING)
def test_traced_arrays_are_told_where_to_go(transform: str) -> None:
    def value(weights: object) -> object:
        return st.PopulationLoss(np.eye(2)).value(weights)

    with pytest.raises(ValueError, match=r"^student: .* that JAX traces; sobolev_theory\.functional has"):
        TRACING[transform](value)(jnp.stack([jnp.eye(2)] * 2))
    with pytest.raises(ValueError, match=r"^student: .* that JAX traces; sobolev_theory\.functional has"):
        TRACING[transform](lambda weights: value(list(weights)))(jnp.stack([jnp.eye(2)] * 2))
