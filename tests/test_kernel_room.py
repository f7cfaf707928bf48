"""Kernels of wide networks: published closed forms, sampled networks, existence, Sobolev regression, the sphere."""

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from numpy.typing import NDArray

import sobolev_theory as st
from sobolev_theory import kernels

FloatArray = NDArray[np.float64]
Form = Callable[[Any, Any, Any], Any]
"""A closed form of ``s, rho, t``, of numbers of mpmath."""

DIGITS = 40
X = np.array([[0.3, -1.1, 0.7], [2.0, 0.1, -0.4]])
Y = np.array([[0.5, 0.9, -0.2], [-0.8, 1.4, 0.3]])


# --- published closed forms -------------------------------------------------------------------------------------------


def angle(s: Any, rho: Any, t: Any) -> Any:
    """Of two inputs, between 0 and pi."""
    return mp.atan2(mp.sqrt(s * t - rho**2), rho)


def arc_cosine(n: int) -> Form:
    """Cho & Saul 2009, half of their kernel: ``(p q)^n J_n/(2 pi)``."""

    def form(s: Any, rho: Any, t: Any) -> Any:
        a = angle(s, rho, t)
        sin, cos, rest = mp.sin(a), mp.cos(a), mp.pi - a
        j = (
            rest,
            sin + rest * cos,
            3 * sin * cos + rest * (1 + 2 * cos**2),
            15 * sin - 11 * sin**3 + rest * (9 * cos + 6 * cos**3),
        )
        return mp.sqrt(s * t) ** n * j[n] / (2 * mp.pi)

    return form


def two_slopes(below: float, above: float) -> Form:
    """``below min(z, 0) + above max(z, 0)``, as ABRelu of neural-tangents."""
    relu = arc_cosine(1)
    return lambda s, rho, t: (above - below) ** 2 * relu(s, rho, t) + below * above * rho


def gelu(s: Any, rho: Any, t: Any) -> Any:
    """``z Phi(z)``: Tsuchida et al. 2021."""
    delta = (1 + s) * (1 + t) - rho**2
    fraction = (rho**2 + s * t * delta) / ((1 + s) * (1 + t) * mp.sqrt(delta))
    return rho / 4 + (fraction + rho * mp.asin(rho / mp.sqrt((1 + s) * (1 + t)))) / (2 * mp.pi)


PUBLISHED: dict[str, Form] = {
    "step": arc_cosine(0),
    "relu": arc_cosine(1),
    "relu2": arc_cosine(2),
    "relu3": arc_cosine(3),
    "erf": lambda s, rho, t: 2 / mp.pi * mp.asin(rho / mp.sqrt((1 + s) * (1 + t))),  # Williams 1997
    "leaky_relu": two_slopes(0.01, 1.0),
    "leaky_relu(0.3)": two_slopes(0.3, 1.0),
    "abs": two_slopes(-1.0, 1.0),
    "sign": lambda s, rho, t: 1 - 2 * angle(s, rho, t) / mp.pi,
    "sin": lambda s, rho, t: mp.exp(-(s + t) / 2) * mp.sinh(rho),
    "cos": lambda s, rho, t: mp.exp(-(s + t) / 2) * mp.cosh(rho),
    "exp": lambda s, rho, t: mp.exp((s + t) / 2 + rho),
    "gaussian": lambda s, rho, t: 1 / mp.sqrt((1 + s) * (1 + t) - rho**2),
    "gelu": gelu,
}


def as_function(form: Form, tangent: bool, dim: int, weight: float, bias: float) -> Callable[..., Any]:
    """The kernel as a function of the coordinates of x and of y: ``K``, or ``K + rho dK/drho`` of Jacot et al. 2018."""

    def kernel(*coordinates: Any) -> Any:
        x, y = coordinates[:dim], coordinates[dim:]
        s, rho, t = (weight * mp.fdot(u, v) + bias for u, v in ((x, x), (x, y), (y, y)))
        slope = mp.diff(lambda r: form(s, r, t), rho) if tangent else 0
        return form(s, rho, t) + rho * slope

    return kernel


def differentiated(form: Form, kernel: str, orders: tuple[int, int], weight: float, bias: float) -> FloatArray:
    """The array of `orders` at all pairs of X and Y, by differences of numbers of many digits."""
    dim = X.shape[1]
    function = as_function(form, kernel == "ntk", dim, weight, bias)
    axes = [range(dim)] * sum(orders)
    found = np.empty((len(X), len(Y), *map(len, axes)))
    for at in np.ndindex(found.shape):
        i, j, *directions = at
        times = [0] * (2 * dim)
        for order, k in zip([0] * orders[0] + [dim] * orders[1], directions, strict=True):
            times[order + k] += 1
        point = [mp.mpf(float(z)) for z in (*X[i], *Y[j])]
        found[at] = float(mp.diff(function, tuple(point), tuple(times)) if sum(orders) else function(*point))
    return found


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name in st.activations.names() or "(" in name])
def test_published_forms(name: str) -> None:
    """Values and derivatives of both kernels, to the accuracy of moments times the few terms of a derivative."""
    activation = st.activations.get(name)
    with mp.workdps(DIGITS):
        for kernel in ("nngp", "ntk") if activation.jump_order != 0 else ("nngp",):
            for orders in ((0, 0), (1, 0), (1, 1)):
                expected = differentiated(PUBLISHED[name], kernel, orders, 0.7, 0.4)
                found = getattr(kernels, kernel)(X, Y, activation, orders, weight_variance=0.7, bias_variance=0.4)
                np.testing.assert_allclose(found, expected, rtol=0, atol=3e-14 * np.abs(expected).max())
