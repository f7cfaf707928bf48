"""Kernels of wide networks: published closed forms, sampled networks, existence, Sobolev regression, the sphere."""

from collections.abc import Callable, Iterable
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
EPS = float(np.finfo(np.float64).eps)
LONG = pytest.mark.long
X = np.array([[0.3, -1.1, 0.7], [2.0, 0.1, -0.4]])
Y = np.array([[0.5, 0.9, -0.2], [-0.8, 1.4, 0.3]])


# --- published closed forms -------------------------------------------------------------------------------------------


def angle(s: Any, rho: Any, t: Any) -> Any:
    """Of two inputs, between 0 and pi."""
    return mp.atan2(mp.sqrt(max(s * t - rho**2, 0)), rho)


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
    "abs": two_slopes(-1.0, 1.0),
    "sign": lambda s, rho, t: 1 - 2 * angle(s, rho, t) / mp.pi,
    "sin": lambda s, rho, t: mp.exp(-(s + t) / 2) * mp.sinh(rho),
    "cos": lambda s, rho, t: mp.exp(-(s + t) / 2) * mp.cosh(rho),
    "exp": lambda s, rho, t: mp.exp((s + t) / 2 + rho),
    "gaussian": lambda s, rho, t: 1 / mp.sqrt((1 + s) * (1 + t) - rho**2),
    "gelu": gelu,
    "monomial3": lambda s, rho, t: 9 * s * rho * t + 6 * rho**3,
    "hermite3": lambda s, rho, t: 6 * rho**3 + 9 * rho * (s - 1) * (t - 1),
}


SLOPES: dict[str, Form] = {
    "relu": arc_cosine(0),
    "relu2": lambda s, rho, t: 4 * arc_cosine(1)(s, rho, t),
    "erf": lambda s, rho, t: 2 / (mp.pi * mp.sqrt((1 + s) * (1 + t) - rho**2)),
}
"""``E[sigma'(z_1) sigma'(z_2)]``, which is ``dK/drho``; where it is not given, differences of many digits are."""


def as_function(name: str, kernel: str, dim: int, weight: float, bias: float) -> Callable[..., Any]:
    """The kernel as a function of the coordinates of x and of y: ``K``, or ``K + rho dK/drho`` of Jacot et al. 2018."""
    form, slope_form = PUBLISHED[name], SLOPES.get(name)

    def function(*coordinates: Any) -> Any:
        x, y = coordinates[:dim], coordinates[dim:]
        s, rho, t = (weight * mp.fdot(u, v) + bias for u, v in ((x, x), (x, y), (y, y)))
        if kernel == "nngp":
            return form(s, rho, t)
        slope = slope_form(s, rho, t) if slope_form else mp.diff(lambda r: form(s, r, t), rho)
        return form(s, rho, t) + rho * slope

    return function


def differentiated(name: str, kernel: str, orders: tuple[int, int], weight: float, bias: float) -> FloatArray:
    """The array of `orders` at all pairs of X and Y, by differences of numbers of many digits."""
    dim = X.shape[1]
    function = as_function(name, kernel, dim, weight, bias)
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


QUICK = ("relu", "erf", "gelu", "tanh", "hard_tanh")
"""Activations of the default run; the long one takes all."""


def swept(names: Iterable[str]) -> list[Any]:
    """Parameters of a test."""
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in names]


@pytest.mark.parametrize("name", swept(name for name in PUBLISHED if name in st.activations.names()))
def test_published_forms(name: str) -> None:
    """Values and derivatives of both kernels; the bound is 30 roundings of moments, of which a derivative has a few."""
    activation = st.activations.get(name)
    with mp.workdps(DIGITS):
        for kernel in ("nngp", "ntk") if activation.jump_order != 0 else ("nngp",):
            for orders in ((0, 0), (1, 0), (1, 1)):
                expected = differentiated(name, kernel, orders, 0.7, 0.4)
                found = of(kernel, X, Y, activation, orders, weight_variance=0.7, bias_variance=0.4)
                np.testing.assert_allclose(found, expected, rtol=0, atol=30 * EPS * np.abs(expected).max())


def of(kernel: str, *arguments: Any, **options: Any) -> FloatArray:
    """One of the two kernels."""
    found: FloatArray = getattr(kernels, kernel)(*arguments, **options)
    return found


@pytest.mark.parametrize("name", ["relu", "relu2", "erf"])
def test_nearly_parallel_inputs(name: str) -> None:
    """Closed forms at distances down to rounding, where angles cancel; and beside minus the input."""
    x, direction = np.array([[0.3, -1.1, 0.7]]), np.array([[0.5, 0.9, -0.2]])
    near = np.vstack([sign * x + distance * direction for sign in (1, -1) for distance in (1e-2, 1e-6, 1e-11)])
    with mp.workdps(2 * DIGITS):
        for kernel in ("nngp", "ntk"):
            function = as_function(name, kernel, 3, 1.0, 0.0)
            found, slopes = (of(kernel, x, near, name, orders) for orders in ((0, 0), (1, 0)))
            for j, y in enumerate(near):
                point = tuple(mp.mpf(float(z)) for z in (*x[0], *y))
                np.testing.assert_allclose(found[0, j], float(function(*point)), rtol=8 * EPS, atol=8 * EPS)
                for k in range(3):
                    slope = mp.diff(function, point, tuple(int(k == axis) for axis in range(6)), h=mp.mpf(10) ** -30)
                    np.testing.assert_allclose(slopes[0, j, k], float(slope), rtol=30 * EPS, atol=30 * EPS)


def test_kinks_of_nearly_parallel_inputs() -> None:
    """``E[sigma''(z_1) sigma'(z_2) w]`` of hard tanh, from both kernels: given a kink of z_1, a strip of z_2.

    With ``z_1 = kappa``, ``w`` is ``kappa x/|x|^2`` and a standard normal along ``e``, of which ``|z_2| < 1`` is an
    interval: its ends are ``(+-1 - r q kappa/p)/(q c)``, differences of two numbers that are nearly equal.
    """
    x, direction = np.array([[0.3, -1.1, 0.7]]), np.array([[0.5, 0.9, -0.2]])
    near = np.vstack([sign * x + distance * direction for sign in (1, -1) for distance in (1e-2, 1e-5, 1e-9)])
    (first, second), (slope, other) = (
        [of(k, x, near, "hard_tanh", o)[0] for k in ("nngp", "ntk")] for o in ((0, 0), (1, 0))
    )
    for j, y in enumerate(near):
        rho = float(x[0] @ y)
        found = (other[j] - slope[j] - y * (second[j] - first[j]) / rho) / rho
        with mp.workdps(DIGITS):
            u, v = mp.matrix([float(z) for z in x[0]]), mp.matrix([float(z) for z in y])
            s, product = mp.fdot(u, u), mp.fdot(u, v)
            rest = v - u * (product / s)
            width, p, total = mp.norm(rest), mp.sqrt(s), mp.zeros(3, 1)
            for kappa, height in ((-1, 1), (1, -1)):
                low, high = ((end - product / s * kappa) / width for end in (-1, 1))
                inside, moment = mp.ncdf(high) - mp.ncdf(low), mp.npdf(low) - mp.npdf(high)
                total += height * mp.npdf(kappa / p) / p * (u * (kappa * inside / s) + rest * (moment / width))
        np.testing.assert_allclose(found, [float(z) for z in total], rtol=0, atol=40 * EPS)


# --- laws, of every activation ----------------------------------------------------------------------------------------


def names() -> list[str]:
    """All that have a derivative; of families one each."""
    few = [name for name in st.activations.names() if not name.startswith(("hermite", "monomial"))]
    return [name for name in (*few, "hermite3", "monomial2") if st.activations.get(name).jump_order != 0]


STEP = 1e-4
PRIOR = {"weight_variance": 0.8, "bias_variance": 0.3}


@pytest.mark.parametrize("name", swept(names()))
def test_derivatives_are_those_of_values(name: str) -> None:
    """Differences of fourth order, whose error is 1e-16 of fifth derivatives and 1e-12 of rounding."""
    nodes, weights = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([1.0, -8.0, 8.0, -1.0]) / (12 * STEP)
    x, y = X[:1], np.vstack([Y, 0.5 * X[1:]])
    moved = (x[0] + STEP * nodes[:, None, None] * np.eye(3)).reshape(-1, 3)
    for kernel in ("nngp", "ntk"):
        for orders, before in (((1, 0), (0, 0)), ((1, 1), (0, 1))):
            values = of(kernel, moved, y, name, before, **PRIOR)
            expected = np.tensordot(weights, values.reshape(4, 3, *values.shape[1:]), axes=1)
            found = np.moveaxis(of(kernel, x, y, name, orders, **PRIOR)[0], 1, 0)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * (1 + np.abs(values).max()))
        exchanged = np.swapaxes(of(kernel, y, x, name, (0, 1), **PRIOR), 0, 1)
        rounding = 1e-12 * (1 + np.abs(exchanged).max())
        np.testing.assert_allclose(of(kernel, x, y, name, (1, 0), **PRIOR), exchanged, rtol=0, atol=rounding)


@pytest.mark.parametrize("name", swept(names()))
def test_limits_at_equal_parallel_and_zero_inputs(name: str) -> None:
    """Numbers there are limits of those beside them, where there are limits; no NaN."""
    activation = st.activations.get(name)
    at_zero = any(jump.place == 0 for order in range(3) for jump in activation.definition.jumps(order))
    x, far, near = np.array([[0.6, -0.9]]), np.array([[2e-3, 1.5e-3]]), np.array([[8e-8, 6e-8]])
    there = np.vstack([x, -x, 2 * x, *([] if at_zero else [0 * x])])
    moved = np.vstack([near, near, near, far])[: len(there)]  # at zero the mean of both sides, whose error is a square
    for kernel in ("nngp", "ntk"):
        for orders in ((0, 0), (1, 0), (0, 1), (1, 1)):
            if kernel == "ntk" and orders != (0, 0) and activation.jump_order == 1:
                continue
            found, before, after = (of(kernel, x, there + way * moved, activation, orders) for way in (0, -1, 1))
            np.testing.assert_allclose(found, (before + after) / 2, rtol=0, atol=3e-5 * (1 + np.abs(found).max()))
            exchanged = of(kernel, there, x, activation, orders[::-1])
            exchanged = np.swapaxes(exchanged, 0, 1) if sum(orders) < 2 else exchanged.transpose(1, 0, 3, 2)
            np.testing.assert_allclose(found, exchanged, rtol=0, atol=1e-12 * (1 + np.abs(found).max()))


def test_what_does_not_exist_is_refused() -> None:
    """Cones, jumps and infinite norms, with the inputs; not the same asked in a way in which it exists."""
    x, zero = np.array([[1.0, 2.0], [0.5, -1.0]]), np.zeros((1, 2))
    for orders, kernel, y in (((1, 0), "ntk", x), ((1, 1), "ntk", -2 * x), ((0, 1), "ntk", x)):
        with pytest.raises(st.NotDifferentiableError, match=r"kinks that are one at parallel inputs; inputs x, y") as e:
            of(kernel, x, y, "relu", orders)
        assert e.value.pairs == [(0, 0), (1, 1)]
    with pytest.raises(st.NotDifferentiableError, match=r"order 1 in y of nngp.*inputs y"):
        kernels.nngp(x, zero, "relu", (0, 1))
    assert kernels.nngp(x, zero, "relu").tolist() == [[0.0], [0.0]]
    assert np.isfinite(kernels.nngp(x, zero, "relu", (1, 1), bias_variance=0.1)).all()
    np.testing.assert_allclose(kernels.nngp(x, x, "relu", (1, 1))[0, 0], np.eye(2) / 2, rtol=0, atol=EPS)
    with pytest.raises(st.OverflowingError, match="rescale"):
        kernels.nngp(1e90 * x, x, "relu3", bias_variance=1e80)


# --- sampled networks -------------------------------------------------------------------------------------------------

MOST = 5.0
"""Standard errors, beyond which a sampled mean of some hundred is once in ten thousand runs; the seed is fixed."""


def agrees(samples: FloatArray, expected: FloatArray) -> None:
    """The mean over the first axis, by its own standard error."""
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    assert (np.abs(samples.mean(axis=0) - expected) <= MOST * error + 100 * EPS).all()


class Wide:
    """A network ``n^(-1/2) sum_i a_i sigma(sqrt(v) w_i . x + sqrt(c) b_i)`` of standard normal parameters."""

    def __init__(self, name: str, neurons: int, v: float, c: float, seed: int) -> None:
        self.activation, self.v, self.c = st.activations.get(name), v, c
        self.parameters = np.random.default_rng(seed).standard_normal((neurons, 5))  # a, w, b in three dimensions

    def neurons_at(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Each neuron's values and gradients, (N, n (1 + d)), and derivatives in its parameters, (N, ..., 2 + d)."""
        (a, b), w, n = self.parameters[:, [0, 4]].T, np.sqrt(self.v) * self.parameters[:, 1:4], len(x)
        z = w @ x.T + np.sqrt(self.c) * b[:, None]
        s, s1, s2 = (self.activation.derivative(z, order) for order in range(3))
        rows = np.hstack([np.sqrt(self.v) * x, np.full((n, 1), np.sqrt(self.c))])  # dz/d(w, b)
        turned = np.sqrt(self.v) * np.eye(3, 4)
        of_value = np.concatenate([s[..., None], a[:, None, None] * s1[..., None] * rows], axis=2)
        inner = s2[..., None, None] * w[:, None, :, None] * rows[:, None, :] + s1[..., None, None] * turned
        in_a = (s1[..., None] * w[:, None, :])[..., None]
        of_gradient = np.concatenate([in_a, a[:, None, None, None] * inner], axis=3)
        features = np.concatenate([of_value, of_gradient.reshape(len(a), 3 * n, 5)], axis=1)
        return a[:, None] * features[..., 0], features


@pytest.mark.parametrize(
    "name", ["relu", "erf", *(pytest.param(n, marks=LONG) for n in ("relu2", "selu", "hard_tanh"))]
)
def test_sampled_networks(name: str) -> None:
    """Products of neurons, and of their derivatives in every parameter, written out: values and gradients."""
    points, options = np.vstack([X[:1], Y[:1]]), {"weight_variance": 0.8, "bias_variance": 0.3}
    neurons, features = Wide(name, 20_000, 0.8, 0.3, seed=5).neurons_at(points)
    G, covariance = (kernels.sobolev_gram(points, points, name, kernel=k, **options) for k in ("ntk", "nngp"))
    agrees(np.einsum("nip,njp->nij", features, features), G)
    agrees(neurons[:, :, None] * neurons[:, None, :], covariance)


@pytest.mark.long
def test_a_wide_network_is_trained_as_the_gram_matrix_says() -> None:
    """Gradient descent in small steps on values and gradients: residuals decay by the exponential of ``-D G D/n``.

    The kernel of 8000 neurons, and what it moves by, differ from the limit by their root, one percent.
    """
    points = np.vstack([X, Y[:1]])
    targets = np.concatenate([[1.0, -1.0, 0.5], np.linspace(-1, 1, 9)])
    root, network, steps, time = np.array([1.0] * 3 + [0.7] * 9), Wide("erf", 8000, 0.8, 0.3, seed=8), 60, 20.0
    residuals = []
    for _ in range(steps + 1):
        neurons, features = network.neurons_at(points)
        residuals.append(root * (neurons.sum(axis=0) / np.sqrt(len(neurons)) - targets))
        pull = np.einsum("nip,i->np", features, root * residuals[-1]) / np.sqrt(len(neurons)) / len(points)
        network.parameters = network.parameters - time / steps * pull
    G = kernels.sobolev_gram(points, points, "erf", weight_variance=0.8, bias_variance=0.3)
    rates, modes = np.linalg.eigh(root[:, None] * G * root / len(points))
    decayed = (1 - time / steps * rates) ** steps  # of as many steps
    expected = modes @ (decayed * (modes.T @ residuals[0]))
    size = float(np.linalg.norm(residuals[0]))
    assert np.linalg.norm(residuals[-1] - expected) < 0.02 * size
    assert 0.1 * size < np.linalg.norm(expected - residuals[0])


# --- Sobolev regression -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", ["ntk", "nngp"])
@pytest.mark.parametrize("name", ["relu", "erf"])
def test_gram_matrix(name: str, kernel: str) -> None:
    """Symmetric, positive, made of the kernels; regression interpolates, and its gradient is that of its values."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((6, 2))
    G = kernels.sobolev_gram(x, x, name, kernel=kernel, bias_variance=0.5)
    np.testing.assert_allclose(G, G.T, rtol=0, atol=10 * EPS * np.abs(G).max())
    assert np.linalg.eigvalsh(G)[0] > 0
    np.testing.assert_array_equal(G[:6, :6], of(kernel, x, x, name, bias_variance=0.5))
    if name == "erf":
        turned = of(kernel, x, x, name, (1, 1), bias_variance=0.5)
        np.testing.assert_array_equal(G[6 + 2 * 3 + 1, 6 + 2 * 4], turned[3, 4, 1, 0])
    values, gradients = np.sin(x[:, 0]) * x[:, 1], np.column_stack([np.cos(x[:, 0]) * x[:, 1], np.sin(x[:, 0])])
    solved = np.linalg.solve(G, np.concatenate([values, gradients.ravel()]))

    def fitted(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        both = kernels.sobolev_gram(points, x, name, kernel=kernel, bias_variance=0.5) @ solved
        return both[: len(points)], both[len(points) :].reshape(points.shape)

    rounding = 100 * EPS * np.linalg.cond(G)
    for found, expected in zip(fitted(x), (values, gradients), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=rounding)
    if name == "erf":
        point, step = np.array([[0.2, -0.4]]), 1e-5
        moved = np.vstack([point + sign * step * axis for axis in np.eye(2) for sign in (1, -1)])
        slopes = np.diff(fitted(moved)[0].reshape(2, 2)[:, ::-1], axis=1)[:, 0] / (2 * step)
        np.testing.assert_allclose(fitted(point)[1][0], slopes, rtol=0, atol=1e-6)  # step^2, and rounding over it


def test_comparison_of_norms() -> None:
    """Rates are eigenvalues of the weighted matrix; parts of weight zero are no equations; infinite where singular."""
    x = np.array([[1.0, 0.2], [-0.3, 0.9], [0.5, -0.7]])
    found = kernels.compare(x, "erf", ["L2", "H1", (0, 4), (1, 0.25)], bias_variance=1.0)
    G = kernels.sobolev_gram(x, x, "erf", bias_variance=1.0)
    root = np.sqrt([1.0] * 3 + [0.25] * 6)
    for row, matrix in zip(found, (G[:3, :3], G, 4 * G[3:, 3:], root[:, None] * G * root), strict=True):
        expected = np.linalg.eigvalsh(matrix / 3)
        np.testing.assert_allclose(row.rates, expected, rtol=0, atol=1e-14)
        assert row.condition_number == row.largest / row.smallest
        assert row.equations == len(matrix)
    twice = kernels.compare(np.vstack([x, x]), "relu", kernel="nngp")
    assert twice["L2"].smallest == 0
    assert twice["L2"].condition_number == np.inf
    assert len(twice.table().notes) == 2
    with pytest.raises(ValueError, match="norms up to order 1"):
        kernels.compare(x, "erf", ["H2"])
    with pytest.raises(st.InfiniteNormError):
        kernels.sphere_spectrum("relu", 3, norms=["H2"])


@pytest.mark.parametrize(("name", "relation"), [("relu", "x . grad f = f"), ("relu2", "x . grad f = 2 f")])
def test_gradients_of_homogeneous_networks_say_what_values_are(name: str, relation: str) -> None:
    """Euler's relation is a rate 0 of each input, of norms with both and of networks without biases alone."""
    x = np.array([[1.0, 0.2, 0.4], [-0.3, 0.9, -0.1]])
    found = kernels.compare(x, name, ["L2", "H1", (0, 1)])
    assert [int((row.rates == 0).sum()) for row in found] == [0, 2, 0]
    assert found.notes == (
        f"of {name} without biases {relation}: 2 rates of H1 are 0, of equations that follow from the others",
    )
    assert found.table().notes[1:] == found.notes
    assert kernels.compare(x, name, bias_variance=1.0).notes == kernels.compare(x, name, ["L2"]).notes == ()


MORE = ((2, "relu"), (7, "relu"), (50, "erf"))

# --- the sphere -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dim", "name"), [(3, "erf"), *(pytest.param(*at, marks=LONG) for at in MORE)])
def test_degrees_on_the_sphere(dim: int, name: str) -> None:
    """Funk and Hecke's integral by many digits of the published form; traces; the Laplacian."""
    variance, bias, radius = 1.3, 0.2, 1.5
    spectrum = kernels.sphere_spectrum(
        name, dim, 6, ["L2", (0.5, 2)], radius=radius, weight_variance=variance, bias_variance=bias
    )
    with mp.workdps(20):
        s = mp.mpf(variance) * radius**2 + bias

        def kernel(theta: Any) -> Any:
            rho = variance * radius**2 * mp.cos(theta) + bias
            return PUBLISHED[name](s, rho, s) + rho * SLOPES[name](s, rho, s)

        def harmonic(theta: Any, degree: int) -> Any:
            if dim == 2:
                return mp.cos(degree * theta)
            order = mp.mpf(dim - 2) / 2
            return mp.gegenbauer(degree, order, mp.cos(theta)) / mp.gegenbauer(degree, order, 1)

        def mean(function: Any) -> Any:
            return mp.quad(lambda theta: function(theta) * mp.sin(theta) ** (dim - 2), mp.linspace(0, mp.pi, 4))

        for degree in (0, 1, 5):
            expected = float(
                mean(lambda theta, degree=degree: kernel(theta) * harmonic(theta, degree)) / mean(lambda t: 1)
            )
            row = spectrum[degree]
            bound = 4e-15 * float(kernel(mp.mpf(0))) / np.sqrt(row.multiplicity)
            np.testing.assert_allclose(row.eigenvalue, expected, rtol=0, atol=bound)
            along = degree * (degree + dim - 2) / radius**2
            np.testing.assert_allclose(row.rates, row.eigenvalue * np.array([1, 0.5 + 2 * along]), rtol=4 * EPS)
    assert 0.9 < sum(row.share for row in spectrum) <= 1 + 1e-12
    assert spectrum.rates_at_equal_sharpness.max() == 1


def test_rates_on_the_circle_are_those_of_the_gram_matrix() -> None:
    """Of values and derivatives along the circle, at inputs all around: each degree has sine and cosine."""
    n, degrees = 40, 9
    angle = 2 * np.pi * np.arange(n) / n
    x, along = np.column_stack([np.cos(angle), np.sin(angle)]), np.column_stack([-np.sin(angle), np.cos(angle)])
    G = kernels.sobolev_gram(x, x, "erf", bias_variance=0.5)
    tangent = np.zeros((3 * n, 2 * n))
    tangent[:n, :n] = np.eye(n)
    for i in range(n):
        tangent[n + 2 * i : n + 2 * i + 2, n + i] = along[i]
    rates = np.linalg.eigvalsh(tangent.T @ G @ tangent / n)[::-1]
    spectrum = kernels.sphere_spectrum("erf", 2, degrees, ["H1"], bias_variance=0.5)
    expected = sorted((rate for row in spectrum for rate in row.rates * row.multiplicity), reverse=True)
    np.testing.assert_allclose(rates[: 2 * degrees - 1], expected[: 2 * degrees - 1], rtol=0, atol=1e-13)


def test_zeros_of_the_sphere() -> None:
    """Odd degrees of ReLU without bias beyond the first are zero, by their trace; what rounding may be is NaN."""
    spectrum = kernels.sphere_spectrum("relu", 10, 7, kernel="nngp")
    assert [row.eigenvalue == 0 for row in spectrum] == [False, False, False, True, False, True, False, True]
    assert spectrum[1].eigenvalue == pytest.approx(1 / 40, rel=1e-14)  # that of rho/4
    unresolved = kernels.sphere_spectrum("sin", 1000, 12, radius=30.0)  # turns a thousand times on the line
    assert np.isnan(unresolved.rates[11]).all()
    assert "nan: too small" in str(unresolved)
    with pytest.raises(st.OverflowingError, match="radius"):
        kernels.sphere_spectrum("exp", 3, radius=40.0)


@pytest.mark.long
def test_many_dimensions() -> None:
    """Relative accuracy where an eigenvalue is 1e-21 of the trace; the weight is that of 784 dimensions."""
    dim, degree, variance, bias = 784, 8, 0.9, 0.1
    spectrum = kernels.sphere_spectrum("relu", dim, degree, kernel="nngp", weight_variance=variance, bias_variance=bias)
    with mp.workdps(40):
        s, order = mp.mpf(variance) + mp.mpf(bias), mp.mpf(dim - 2) / 2
        grid = mp.linspace(mp.pi / 2 - 0.6, mp.pi / 2 + 0.6, 9)  # beyond, the weight is 1e-65

        def weight(theta: Any) -> Any:
            return mp.sin(theta) ** (dim - 2)

        def integrand(theta: Any) -> Any:
            kernel = PUBLISHED["relu"](s, variance * mp.cos(theta) + mp.mpf(bias), s)
            return kernel * mp.gegenbauer(degree, order, mp.cos(theta)) * weight(theta)

        found = mp.quad(integrand, grid, maxdegree=5) / mp.quad(weight, grid, maxdegree=5)
        expected = float(found / mp.gegenbauer(degree, order, 1))
    np.testing.assert_allclose(spectrum[degree].eigenvalue, expected, rtol=1e-12)
