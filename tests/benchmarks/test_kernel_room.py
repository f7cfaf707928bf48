"""Kernels of wide networks over plain NumPy of their closed forms, at 2000 x 2000 inputs in ten dimensions.

``python -m pytest tests/benchmarks -o addopts=`` prints the ratios. The reference has as many functions of
an angle, and neither nearly parallel inputs nor blocks that stay in cache.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import sobolev_theory as st

FloatArray = NDArray[np.float64]
N, DIM = 2000, 10


def lengths_and_cosines(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of inputs with a bias of variance one."""
    p, q = (np.sqrt((z * z).sum(axis=1) + 1) for z in (x, y))
    return p[:, None], q, (x @ y.T + 1) / (p[:, None] * q)


def relu(x: FloatArray, y: FloatArray) -> FloatArray:
    """Cho & Saul, and the tangent kernel."""
    p, q, cosine = lengths_and_cosines(x, y)
    rest = np.pi - np.arccos(cosine)
    found: FloatArray = p * q * (np.sqrt(1 - cosine**2) + 2 * rest * cosine) / (2 * np.pi)
    return found


def erf(x: FloatArray, y: FloatArray) -> FloatArray:
    """Williams, and the tangent kernel."""
    p, q, cosine = lengths_and_cosines(x, y)
    rho, product = p * q * cosine, (1 + p**2) * (1 + q**2)
    found: FloatArray = 2 / np.pi * (np.arcsin(rho / np.sqrt(product)) + rho / np.sqrt(product - rho**2))
    return found


def slope_of_relu(x: FloatArray, y: FloatArray) -> FloatArray:
    """``dK/dx`` of the first of both kernels."""
    p, q, cosine = lengths_and_cosines(x, y)
    sine, rest = np.sqrt(1 - cosine**2), np.pi - np.arccos(cosine)
    found: FloatArray = (q * sine / p)[..., None] * x[:, None] + rest[..., None] * y
    return found / (2 * np.pi)


def slope_of_erf(x: FloatArray, y: FloatArray) -> FloatArray:
    """Likewise."""
    p, q, cosine = lengths_and_cosines(x, y)
    rho, first = p * q * cosine, 1 + p**2
    slope = 2 / np.pi / np.sqrt(first * (1 + q**2) - rho**2)
    found: FloatArray = slope[..., None] * y - (slope * rho / first)[..., None] * x[:, None]
    return found


@pytest.mark.parametrize(
    ("kernel", "orders", "form"),
    [
        pytest.param("ntk", (0, 0), {"relu": relu, "erf": erf}, id="tangent kernel"),
        pytest.param("nngp", (1, 0), {"relu": slope_of_relu, "erf": slope_of_erf}, id="derivative"),
    ],
)
@pytest.mark.parametrize("name", ["relu", "erf"])
def test_kernel(
    ratio: Any, name: str, kernel: str, orders: tuple[int, int], form: dict[str, Callable[..., Any]]
) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, N, DIM))

    def ours() -> FloatArray:
        found: FloatArray = getattr(st.kernels, kernel)(x, y, name, orders, bias_variance=1.0)
        return found

    np.testing.assert_allclose(ours(), form[name](x, y), rtol=0, atol=1e-12)
    ratio(
        f"{kernel} {orders} of {name}, {N} x {N} inputs, d = {DIM}", ours, lambda: form[name](x, y), 1.0, repetitions=3
    )
