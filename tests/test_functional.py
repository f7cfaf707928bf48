"""Pure functions of arrays: those of NumPy and of a strict namespace against `PopulationLoss`."""

import array_api_strict
import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory import functional
from sobolev_theory._special import arc_cosine_of_supplement
from sobolev_theory.activations.smoothed.error_function import ErfMoments, smooth_kernel

STRICT = array_api_strict.asarray
SMOOTH = ("tanh", "sigmoid", "softplus", "silu", "gelu", "gaussian", "erf")
ACTIVATIONS = ("relu", "relu2", "relu3", "erf", "leaky_relu", "abs")
ROUNDED = 1e-13
"""Of the largest entry: sums of twenty terms, whose frames cost ``1/sin^2``, up to 30, roundings."""


def problem(d, K=4, M=3, seed=0):
    """Weights and output weights of a student and a teacher, and a vector."""
    rng = np.random.default_rng([seed, d])
    return (rng.normal(size=size) for size in ((K, d), (M, d), K, M, (K, d)))


def agree(found, expected, tolerance=ROUNDED):
    found = np.asarray(found)
    assert found.shape == np.shape(expected)
    assert np.abs(found - expected).max() <= tolerance * max(np.abs(expected).max(), 1e-300)


def compare(make, W, V, a, b, X, norm, activation, derivative="backprop", biases=(None, None), **setting):
    """Every function against the views of a point."""
    teacher, student = (st.Network(*of, activation=activation) for of in ((V, b, biases[1]), (W, a, biases[0])))
    point = st.PopulationLoss(teacher, norm, derivative=derivative, **setting).at(student)
    W, V, a, b, X = map(make, (W, V, a, b, X))
    own, of_teacher = (None if one is None else make(one) for one in biases)
    weights = {"output_weights": a, "teacher_output_weights": b, "activation": activation, **setting}
    weights |= {"biases": own, "teacher_biases": of_teacher}
    options = weights | {"derivative": derivative}
    agree(functional.value(W, V, norm, **weights), point.value)
    agree(functional.gradient(W, V, norm, **options), point.gradient)
    H = point.hessian.to_dense()
    agree(functional.hessian(W, V, norm, **options), H)
    product = functional.hessian_vector_product(W, V, X, norm, **options)
    agree(product, (H @ np.asarray(X).ravel()).reshape(X.shape))
    G = functional.gauss_newton(W, norm, output_weights=a, biases=own, activation=activation, **setting)
    agree(G, point.gauss_newton.to_dense())


def cases():
    """Norms and conventions of activations; where no derivative jumps one convention is the other."""
    for activation in ACTIVATIONS:
        jump = st.activations.get(activation).jump_order
        for norm in ("L2", (0.3, 2.0), "H2", "H3"):
            order = st.PopulationLoss([[1.0]], norm, activation="erf").norm.order
            if jump is None or order <= jump:
                yield from (
                    (activation, norm, convention) for convention in ("backprop", "exact")[: 1 + (order == jump)]
                )


@pytest.mark.parametrize("d", [1, 2, 4])
def test_numpy_agrees_with_the_loss(d):
    for activation, norm, convention in cases():
        compare(np.asarray, *problem(d), norm, activation, convention)


def test_a_strict_namespace_agrees_with_the_loss():
    for activation, norm, convention in (("relu", "H1", "backprop"), ("abs", "H1", "exact"), ("erf", "H2", "exact")):
        compare(STRICT, *problem(3), norm, activation, convention)


@pytest.mark.long
@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_strict_namespace_agrees_with_the_loss_everywhere(d):
    for activation, norm, convention in cases():
        compare(STRICT, *problem(d), norm, activation, convention)


def settings(d):
    """Inputs and metrics: standard, dense with diagonal, diagonal with dense.

    Variances are about those at standard inputs: ``g = s t - rho^2`` costs ``p^2/2`` roundings.
    """
    A = np.random.default_rng([3, d]).normal(size=(d, d))
    dense, diagonal = np.eye(d) + A @ A.T, np.linspace(0.5, 1.5, d)
    dense /= np.linalg.norm(dense, 2)
    yield {}
    yield {"inputs": st.Inputs(covariance=dense), "metric": diagonal}
    yield {"inputs": st.Inputs(covariance=diagonal), "metric": dense}


def test_other_inputs_and_metrics():
    """And mixtures of normal laws."""
    _, both, swapped = settings(3)
    compare(np.asarray, *problem(3), "H1", "tanh", **both)
    compare(np.asarray, *problem(3), "L2", "softplus")
    compare(STRICT, *problem(3), (0.3, 0.0, 2.0), "gelu", **swapped)
    compare(STRICT, *problem(3), "H1", "erf", **both)


def shifts(d, K=4, M=3):
    """Biases of a student and a teacher, and a mean of inputs."""
    rng = np.random.default_rng([5, d])
    return (rng.normal(size=K), rng.normal(size=M)), rng.normal(size=d)


def with_mean(setting, mean):
    """The setting at inputs that have one."""
    covariance = setting["inputs"].covariance if setting else None
    return setting | {"inputs": st.Inputs(mean, covariance)}


def test_biases_and_means_of_inputs():
    """Either, both, of one network alone, and zeros."""
    biases, mean = shifts(3)
    _, both, swapped = settings(3)
    compare(np.asarray, *problem(3), "H1", "erf", biases=biases)
    compare(np.asarray, *problem(3), "L2", "silu", biases=biases, **with_mean(swapped, mean))
    compare(np.asarray, *problem(3), "H1", "gelu", biases=(biases[0], None), **with_mean({}, mean))
    compare(np.asarray, *problem(3), "H1", "gaussian", biases=(None, biases[1]))
    compare(np.asarray, *problem(3), "L2", "tanh", **with_mean(both, mean))
    compare(np.asarray, *problem(3), "H2", "erf", biases=(np.zeros(4), np.zeros(3)))
    compare(STRICT, *problem(3), (0.3, 0.0, 2.0), "erf", biases=biases, **with_mean(both, mean))
    compare(STRICT, *problem(3), "L2", "softplus", biases=biases)


def test_coincident_zero_and_saturated_neurons_with_biases():
    W, V, a, b, X = problem(3)
    (own, of_teacher), _ = shifts(3)
    W[0], W[1], W[2], W[3] = V[0], -V[1], V[2], 0.0
    own[0], own[1], own[2] = of_teacher[0], -of_teacher[1], 30.0
    for activation in ("erf", "gelu"):
        compare(np.asarray, W, V, a, b, X, "H1", activation, biases=(own, of_teacher))


def test_the_kernel_with_means_against_owens_function():
    """Long arguments, nearly parallel too, and far means, of which rounding alone costs a few ``eps``."""
    rng = np.random.default_rng(6)
    p, q = 10 ** rng.uniform(-3, 3, size=(2, 4000))
    angle = np.pi * rng.uniform(size=4000) * 10 ** rng.uniform(-6, 0, size=4000)
    units = np.stack([p * rng.normal(size=4000), q * rng.normal(size=4000)])
    s, rho, t, g = p * p, p * q * np.cos(angle), q * q, (p * q * np.sin(angle)) ** 2
    for bound, (m1, m2) in (
        (6e-15, units),
        (6e-15, 4 * units),
        (1e-15, 1e-5 * units),
        (1e-15, 0 * units),
        (1e-15, rng.normal(size=(2, 4000))),
    ):
        expected = ErfMoments().pairs(m1, m2, s, rho, t, g)(0, 0, 0, 0)
        found = smooth_kernel(np, m1, m2, s, rho, t, g)
        assert np.abs(found - expected).max() < bound


@pytest.mark.long
@pytest.mark.parametrize("activation", SMOOTH)
def test_smooth_activations_everywhere(activation):
    for d in (1, 3):
        biases, mean = shifts(d)
        for setting in settings(d):
            for norm in ("L2", "H1", "H3"):
                compare(np.asarray, *problem(d), norm, activation, **setting)
                compare(np.asarray, *problem(d), norm, activation, biases=biases, **with_mean(setting, mean))


def test_coincident_neurons_of_smooth_activations():
    """Everything exists there, and at zero rows."""
    W, V, a, b, X = problem(3)
    W[0], W[1], W[2], W[3] = V[0], -2 * V[1], V[0], 0.0
    compare(np.asarray, W, V, a, b, X, "H1", "gelu")
    compare(np.asarray, W, V, a, b, X, "H1", "erf", metric=2.0)


@pytest.mark.parametrize("make", [np.asarray, STRICT])
def test_equal_opposite_silent_and_vanished_rows(make):
    """What exists there is that of the loss; of the others gradients have the slope 0, second derivatives are NaN."""
    W, V, a, b, X = problem(3)
    W[0], W[1], W[2], a[3] = V[0], -2 * V[1], W[3], 0.0
    compare(make, W, V, a, b, X, "L2", "relu", "backprop")
    compare(make, W, V, a, b, X, "H1", "relu3", "exact")
    compare(make, W, V, a, b, X, "H2", "erf", "exact")
    for norm, activation, derivative in (("H1", "relu", "backprop"), ("H2", "relu2", "exact")):
        loss = st.PopulationLoss(st.Network(V, b, activation=activation), norm, derivative=derivative)
        point, options = loss.at(st.Network(W, a, activation=activation)), {"activation": activation}
        options |= {"output_weights": make(a), "teacher_output_weights": make(b), "derivative": derivative}
        gradient = point.gradient if derivative == "backprop" else point.sliding_gradient
        agree(functional.gradient(make(W), make(V), norm, **options), gradient)
        with pytest.raises(st.NotDifferentiableError):
            _ = point.hessian
        H = np.asarray(functional.hessian(make(W), make(V), norm, **options))
        assert np.isnan(H).any()
        assert np.isfinite(H[6:9, 6:9]).all()  # row 2 is parallel to a silent row alone
    W[1], V[2] = 0.0, 0.0  # of no share in a rectifier of the second or a higher power
    compare(make, W, V, a, b, X, "H1", "relu3", "backprop")
    compare(make, W, V, a, b, X, "H1", "erf", "backprop")


@pytest.mark.parametrize("single", [False, True])
def test_small_losses_near_the_teacher(single):
    """Angles of ``1e-7`` have an error of ``eps``, so a value of the size ``|D|`` has one of that size."""
    _, V, _, b, _ = problem(3)
    V, eps = (V.astype(np.float32), 2.0**-23) if single else (V, 2.0**-52)
    W = V + (1e-3 if single else 1e-7) * np.ones_like(V)
    for norm in ("L2", "H1"):
        b_here = b.astype(V.dtype)
        weights = {"output_weights": b_here, "teacher_output_weights": b_here}
        exact = st.PopulationLoss(st.Network(V.astype(float), b_here.astype(float)), norm)
        student = st.Network(W.astype(float), b_here.astype(float))
        size = np.square(np.abs(b) @ np.linalg.norm(V, axis=1))
        value = functional.value(W, V, norm, **weights)
        assert value.dtype == V.dtype
        assert abs(float(value) - exact.value(student)) < 4 * eps * size
        difference = functional.gradient(W, V, norm, **weights) - exact.gradient(student)
        assert np.abs(difference).max() < 8 * eps * size


def test_many_rows_in_single_and_double_precision():
    """From inner products, angles have an error of ``eps/theta``; here all exceed 1/2."""
    rng = np.random.default_rng(0)
    W, V = rng.normal(size=(2, 48, 1000)) / np.sqrt(1000)
    exact = st.PopulationLoss(V)
    for dtype, eps in ((np.float64, 2.0**-52), (np.float32, 2.0**-23)):
        found = functional.gradient(W.astype(dtype), V.astype(dtype))
        assert found.dtype == dtype
        assert np.abs(found - exact.gradient(W)).max() < 20 * eps * np.abs(exact.gradient(W)).max()
    assert abs(float(functional.value(V, V))) < 48**2 * 2.0**-52  # equal rows are parallel


def test_arc_cosine_functions_lose_no_digits_in_any_namespace():
    x = np.geomspace(1e-6, 3.0, 50)
    strict = tuple(map(STRICT, (x, np.sin(x), np.cos(x))))
    for n in (1, 2, 3):
        expected = arc_cosine_of_supplement(np, n, x, np.sin(x), np.cos(x))
        found = np.asarray(arc_cosine_of_supplement(array_api_strict, n, *strict))
        assert np.abs(found / expected - 1).max() < 1e-15


def test_what_is_refused():
    W, V = np.eye(2), np.eye(3)
    for call, error, words in (
        (lambda: functional.value(W, V), ValueError, "V: .*d = 2"),
        (lambda: functional.value(STRICT(W), STRICT(V)), ValueError, "V: .*d = 2"),
        (lambda: functional.value(W, STRICT(W)), ValueError, "V: .* of the library of W"),
        (lambda: functional.value(STRICT(W[0]), W), ValueError, r"W: shape \(neurons, d\)"),
        (lambda: functional.value(array_api_strict.asarray([[1]]), W), ValueError, "W: float64 or float32"),
        (lambda: functional.value([[np.nan, 1.0]], W), ValueError, "W: finite"),
        (lambda: functional.gradient(W, W, output_weights=[1.0]), ValueError, "output_weights: .*neurons = 2"),
        (lambda: functional.hessian_vector_product(W, W, V), ValueError, "vector: "),
        (lambda: functional.gradient(W, W, "H2"), st.InfiniteNormError, "relu"),
        (lambda: functional.gradient(W, W, derivative="other"), ValueError, "derivative"),
        (lambda: functional.gradient(W, W, activation="elu"), NotImplementedError, "activation: .*PopulationLoss"),
        (lambda: functional.gradient(W, W, metric=2.0), NotImplementedError, "activation: .*'relu'; PopulationLoss"),
        (lambda: functional.gradient(W, W, inputs=st.Inputs([1.0, 0.0])), NotImplementedError, "activation: .*'relu'"),
        (lambda: functional.gradient(W, W, biases=[1.0, 0.0]), NotImplementedError, "activation: .*without biases"),
        (lambda: functional.value(W, V[:, :2], activation="erf", teacher_biases=W), ValueError, "teacher_biases: "),
        (lambda: functional.value(W, W, activation="erf", biases=[1.0]), ValueError, "^biases: .*neurons = 2"),
        (lambda: functional.gradient(np.ones((1500, 2)), W, activation="tanh"), st.SizeError, "W, V: "),
        (lambda: functional.gradient(np.ones((10**6, 1)), [[1.0]]), st.SizeError, "student, teacher: all pairs"),
    ):
        with pytest.raises(error, match=words):
            call()
