"""Pure functions of arrays of PyTorch and JAX: compiled, mapped, differentiated, in both precisions.

They run on the device that ``SOBOLEV_THEORY_DEVICE`` names, ``cpu`` or ``cuda``.
"""

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = jax.numpy

import sobolev_theory as st  # noqa: E402  # after what may be missing
from sobolev_theory import functional  # noqa: E402

DEVICE = os.environ.get("SOBOLEV_THEORY_DEVICE", "cpu")
CASES = (
    ("relu", "L2", "backprop"),
    ("relu", "H1", "backprop"),
    ("relu", "H1", "exact"),
    ("leaky_relu", "H1", "backprop"),
    ("abs", "H1", "exact"),
    ("relu2", "H2", "exact"),
    ("relu3", "H1", "backprop"),
    ("erf", "H2", "backprop"),
)
ROUNDED = 1e-13
STEP = 2.0**-17
"""Of central differences: their error is its square, and rounding over it."""
DIFFERENCES = 1e-8


@pytest.fixture(autouse=True)
def in_double_precision() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def of_torch(array: Any, dtype: Any = None) -> Any:
    return torch.tensor(array, device=DEVICE, dtype=dtype)


def of_jax(array: Any, dtype: Any = None) -> Any:
    platform = "gpu" if DEVICE == "cuda" else DEVICE
    return jax.device_put(jnp.asarray(array, dtype=dtype), jax.devices(platform)[0])


LIBRARIES = pytest.mark.parametrize("make", [of_torch, of_jax])


def numbers(array: Any) -> Any:
    return np.asarray(array.detach().cpu() if hasattr(array, "detach") else array)


def problem(d: int = 5, K: int = 4, M: int = 3) -> Iterator[Any]:
    rng = np.random.default_rng([1, d])
    return (rng.normal(size=size) for size in ((K, d), (M, d), K, M, (K, d)))


def agree(found: Any, expected: Any, tolerance: float = ROUNDED) -> None:
    found = numbers(found)
    assert found.shape == np.shape(expected)
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


def functions(make: Any, activation: str, norm: Any, derivative: str, dtype: Any = None) -> dict[str, Any]:
    """Functions of the weights and of a vector."""
    _, V, a, b, _ = problem()
    V, a, b = (make(x, dtype) for x in (V, a, b))
    student = {"output_weights": a, "activation": activation}
    both = student | {"teacher_output_weights": b}
    options = both | {"derivative": derivative}
    return {
        "value": lambda W, X: functional.value(W, V, norm, **both),
        "gradient": lambda W, X: functional.gradient(W, V, norm, **options),
        "product": lambda W, X: functional.hessian_vector_product(W, V, X, norm, **options),
        "hessian": lambda W, X: functional.hessian(W, V, norm, **options),
        "gauss_newton": lambda W, X: functional.gauss_newton(W, norm, **student),
    }


def all_at_once(make: Any, *case: Any, dtype: Any = None) -> Any:
    """Results of all functions by name; those of JAX are compiled together."""
    made = functions(make, *case, dtype=dtype)

    def of_weights(W: Any, X: Any) -> dict[str, Any]:
        return {name: function(W, X) for name, function in made.items()}

    return jax.jit(of_weights) if make is of_jax else of_weights


def expected(activation: str, norm: Any, derivative: str) -> dict[str, Any]:
    """What `PopulationLoss` says."""
    W, V, a, b, X = problem()
    loss = st.PopulationLoss(st.Network(V, b, activation=activation), norm, derivative=derivative)
    point = loss.at(st.Network(W, a, activation=activation))
    H = point.hessian
    return {
        "value": point.value,
        "gradient": point.gradient,
        "product": (H @ X.ravel()).reshape(X.shape),
        "hessian": H.to_dense(),
        "gauss_newton": point.gauss_newton.to_dense(),
    }


@LIBRARIES
@pytest.mark.parametrize("case", CASES, ids=str)
def test_they_agree_with_the_loss(make: Any, case: tuple[str, str, str]) -> None:
    W, _, _, _, X = problem()
    W, X, wanted = make(W), make(X), expected(*case)
    for name, found in all_at_once(make, *case)(W, X).items():
        agree(found, wanted[name])
        assert found.dtype == W.dtype
        assert found.device == W.device


def test_without_compilation() -> None:
    W, V, a, b, _ = map(of_jax, problem())
    found = functional.gradient(W, V, output_weights=a, teacher_output_weights=b)
    agree(found, expected("relu", "H1", "backprop")["gradient"])


@LIBRARIES
@pytest.mark.parametrize("case", CASES[1::3], ids=str)
def test_single_precision(make: Any, case: tuple[str, str, str]) -> None:
    """Rounding of the arguments alone is 6e-8; frames of pairs cost up to ten of these."""
    W, _, _, _, X = problem()
    wanted, single = expected(*case), torch.float32 if make is of_torch else jnp.float32
    for name, found in all_at_once(make, *case, dtype=single)(make(W, single), make(X, single)).items():
        agree(found, wanted[name], 2e-6)
        assert found.dtype == single


@LIBRARIES
@pytest.mark.parametrize("case", CASES[1::3], ids=str)
def test_mapped(make: Any, case: tuple[str, str, str]) -> None:
    """Over several students at once."""
    W, _, _, _, X = problem()
    wanted, mapped = expected(*case), jax.vmap if make is of_jax else torch.func.vmap
    function = all_at_once(make, *case)
    alone = function(make(2 * W), make(X))
    for name, several in mapped(function)(make(np.stack([W, 2 * W])), make(np.stack([X, X]))).items():
        agree(several[0], wanted[name])
        agree(several[1], numbers(alone[name]))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_derivatives_of_one_another(case: tuple[str, str, str]) -> None:
    """Of the value the gradient, which is the exact one, and of either gradient the Hessian."""
    W, *_ = problem()
    wanted, exact, size = expected(*case), expected(*case[:2], "exact")["gradient"], W.size
    made, others = functions(of_jax, *case), functions(of_torch, *case)
    gradient, hessian = jax.jit(
        lambda W: (jax.grad(made["value"])(W, W), jax.jacfwd(made["gradient"])(W, W).reshape(size, size))
    )(of_jax(W))
    agree(gradient, exact)
    agree(hessian, wanted["hessian"])
    tensor = of_torch(W).requires_grad_()
    (gradient,) = torch.autograd.grad(others["value"](tensor, None), tensor)
    agree(gradient, exact)
    hessian = torch.autograd.functional.jacobian(lambda W: others["gradient"](W, None), tensor)
    agree(hessian.reshape(size, size), wanted["hessian"])


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_of_the_value_in_output_weights(activation: str) -> None:
    """Automatic differentiation reaches every array: here the parameters that the theory has too."""
    W, V, a, b, _ = problem()
    moving = ("output_weights", "weights")
    loss = st.PopulationLoss(st.Network(V, b, activation=activation), parameters=moving, derivative="exact")
    parts = loss.split(loss.gradient(st.Network(W, a, activation=activation)))
    tensors = [of_torch(x).requires_grad_() for x in (a, W)]
    weights = {"output_weights": tensors[0], "teacher_output_weights": b, "activation": activation}
    value = functional.value(tensors[1], V, **weights)
    for name, found in zip(moving, torch.autograd.grad(value, tensors), strict=True):
        agree(found, parts[name], 2 * ROUNDED)


def with_shifts(make: Any, activation: str) -> tuple[dict[str, Any], dict[str, Any], Any, st.Inputs]:
    """Parameters of a student, the teacher as options, as a network, and inputs with a mean."""
    W, V, a, b, X = problem()
    inputs, bias = st.Inputs(X[1], np.eye(len(X[0])) + 0.1), X[0, :3]
    student = {"weights": make(W), "output_weights": make(a), "biases": make(X[:, 1])}
    teacher = {"V": make(V), "teacher_output_weights": make(b), "teacher_biases": make(bias)}
    options = {"activation": activation, "inputs": inputs, "norm": "H1"}
    return student, teacher | options, st.Network(V, b, bias, activation=activation), inputs


def of_value(options: dict[str, Any]) -> Any:
    """The value as a function of the parameters of a student."""
    return lambda student: functional.value(
        student["weights"], output_weights=student["output_weights"], biases=student["biases"], **options
    )


@LIBRARIES
@pytest.mark.parametrize("activation", ["erf", "tanh"])
def test_of_the_value_in_every_parameter_with_biases_and_a_mean(make: Any, activation: str) -> None:
    """And at biases of zero and a row of zeros, where means vanish."""
    student, options, teacher, inputs = with_shifts(make, activation)
    loss = st.PopulationLoss(teacher, "H1", inputs=inputs, parameters=tuple(student))
    value = of_value(options)
    compiled = jax.jit(jax.grad(value)) if make is of_jax else None
    for scale in (1.0, 0.0):
        here = student | {"biases": scale * student["biases"], "weights": student["weights"] + 0.0}
        if scale == 0.0:
            here["weights"] = make(numbers(here["weights"]) * np.array([[0.0], [1.0], [1.0], [1.0]]))
        if compiled is not None:
            found = compiled(here)
        else:
            here = {name: tensor.requires_grad_() for name, tensor in here.items()}
            found = dict(zip(here, torch.autograd.grad(value(here), list(here.values())), strict=True))
        network = st.Network(*(numbers(here[name]) for name in here), activation=activation)
        for name, part in loss.split(loss.gradient(network)).items():
            agree(found[name], part, 2 * ROUNDED)


@LIBRARIES
def test_biases_and_a_mean(make: Any) -> None:
    """Derivatives of the gradient are the Hessian; mapped over students, and in single precision."""
    student, options, teacher, inputs = with_shifts(make, "erf")
    network = st.Network(*map(numbers, student.values()), activation="erf")
    point = st.PopulationLoss(teacher, "H1", inputs=inputs).at(network)
    W, a, biases = student.values()
    own = {"output_weights": a, "biases": biases}

    def both(W: Any, biases: Any) -> Any:
        both_of = own | options | {"biases": biases}
        return functional.gradient(W, **both_of), functional.hessian(W, **both_of)

    H, size = point.hessian.to_dense(), 20
    mapped = jax.jit(jax.vmap(both)) if make is of_jax else torch.func.vmap(both)
    stacked = jnp.stack if make is of_jax else torch.stack
    gradients, hessians = mapped(stacked([W, 2 * W]), stacked([biases, biases]))
    agree(gradients[0], point.gradient)
    agree(hessians[0], H)

    def of_weights(W: Any) -> Any:
        return functional.gradient(W, **own, **options)

    jacobian = partial(torch.autograd.functional.jacobian, of_weights)
    derivative = jax.jit(jax.jacfwd(of_weights)) if make is of_jax else jacobian
    agree(derivative(W).reshape(size, size), H)
    single = torch.float32 if make is of_torch else jnp.float32
    narrow = {name: make(numbers(array), single) for name, array in (own | options).items() if hasattr(array, "dtype")}
    hessian = partial(functional.hessian, **(own | options | narrow))
    found = (jax.jit(hessian) if make is of_jax else hessian)(make(numbers(W), single))
    assert found.dtype == single
    agree(found, H, 2e-6)


def test_torch_checks_first_and_second_derivatives() -> None:
    W, *_ = problem()
    for case in (("relu", "H1", "exact"), ("erf", "H1", "exact")):
        value, tensor = functions(of_torch, *case)["value"], of_torch(W).requires_grad_()
        for check in (torch.autograd.gradcheck, torch.autograd.gradgradcheck):
            assert check(lambda W, of=value: of(W, None), tensor)


def condition_number(xp: Any, function: Any) -> Any:
    """Of a symmetric curvature, as a function of the weights."""

    def of_weights(W: Any) -> Any:
        values = xp.linalg.eigvalsh(function(W, W))
        return values[-1] / values[0]

    return of_weights


@pytest.mark.parametrize("case", [CASES[1], CASES[-1]], ids=str)
def test_through_a_condition_number(case: tuple[str, str, str]) -> None:
    """The gradient of the condition number of Gauss-Newton in the weights, against central differences."""
    W, _, _, _, X = problem()
    kappa = condition_number(jnp, functions(of_jax, *case)["gauss_newton"])
    gradient = numbers(jax.jit(jax.grad(kappa))(of_jax(W)))
    tensor = of_torch(W).requires_grad_()
    (same,) = torch.autograd.grad(condition_number(torch, functions(of_torch, *case)["gauss_newton"])(tensor), tensor)
    agree(same, gradient, 1e-11)
    ends = [float(kappa(of_jax(W + sign * STEP * X))) for sign in (1, -1)]
    assert abs((ends[0] - ends[1]) / (2 * STEP) - (gradient * X).sum()) < DIFFERENCES * np.abs(gradient * X).sum()


@LIBRARIES
def test_a_mixture_with_a_covariance_and_a_metric(make: Any) -> None:
    """The gradient of the value too; and derivatives where rows are equal or zero, where all exist."""
    W, V, a, b, X = problem()
    d = len(V.T)
    setting = {
        "inputs": st.Inputs(covariance=np.eye(d) + 0.1),
        "metric": np.linspace(0.5, 1.5, d),
        "activation": "tanh",
    }
    setting |= {"output_weights": make(a), "teacher_output_weights": make(b)}
    options = {key: setting[key] for key in ("inputs", "metric")}
    point = st.PopulationLoss(st.Network(V, b, activation="tanh"), **options).at(st.Network(W, a, activation="tanh"))

    def of_weights(W: Any, X: Any) -> Any:
        product = functional.hessian_vector_product(W, make(V), X, **setting)
        return functional.gradient(W, make(V), **setting), product, functional.hessian(W, make(V), **setting)

    H = point.hessian
    found = (jax.jit(of_weights) if make is of_jax else of_weights)(make(W), make(X))
    for one, wanted in zip(found, (point.gradient, (H @ X.ravel()).reshape(X.shape), H.to_dense()), strict=True):
        agree(one, wanted, 2 * ROUNDED)
    derivative = jax.jit(jax.grad(lambda W: functional.value(W, make(V), **setting))) if make is of_jax else None

    def gradient(W: Any) -> Any:
        if derivative is not None:
            return numbers(derivative(make(W)))
        tensor = make(W).requires_grad_()
        return numbers(torch.autograd.grad(functional.value(tensor, make(V), **setting), tensor)[0])

    agree(gradient(W), point.gradient)
    W[0], W[1], W[2] = V[0], V[0], 0.0
    agree(gradient(W), point.loss.gradient(st.Network(W, a, activation="tanh")))


@LIBRARIES
def test_derivatives_are_finite_at_the_teacher(make: Any) -> None:
    """And at equal, opposite and zero rows; there the value has the slope 0 at its cones."""
    _, V, *_ = problem()
    W = np.stack([V[0], V[1], V[2], V[0], -V[1], 0 * V[0]])
    for activation, norm, _ in (CASES[1], CASES[4], CASES[5], CASES[-1]):
        options = {"norm": norm, "activation": activation}
        scalars = (
            lambda W, options=options: functional.value(W, V, **options),
            lambda W, options=options: (functional.gradient(W, V, **options) ** 2).sum(),
            lambda W, options=options: (functional.gauss_newton(W, **options) ** 2).sum(),
        )
        if make is of_jax:
            found = jax.jit(lambda W, of=scalars: [jax.grad(scalar)(W) for scalar in of])(of_jax(W))
        else:
            tensor = of_torch(W).requires_grad_()
            found = [torch.autograd.grad(scalar(tensor), tensor)[0] for scalar in scalars]
        assert all(np.isfinite(numbers(gradient)).all() for gradient in found), (activation, norm)


@LIBRARIES
def test_many_rows(make: Any) -> None:
    """By inner products, angles have errors of ``eps/theta``."""
    rng = np.random.default_rng(2)
    W, V = rng.normal(size=(2, 120, 300)) / np.sqrt(300)
    for activation in ("relu", "erf"):
        loss = st.PopulationLoss(st.Network(V, activation=activation))
        agree(
            functional.gradient(make(W), make(V), activation=activation),
            loss.gradient(st.Network(W, activation=activation)),
        )


def test_what_is_refused() -> None:
    W = np.eye(2)
    for call, words in (
        (lambda: functional.value(of_torch(W), of_jax(W)), "V: .* of the library of W, torch"),
        (lambda: functional.value(of_jax(W), of_torch(W)), "V: .* of the library of W"),
        (lambda: functional.value(of_torch(W, torch.float16), W), "W: float64 or float32 is required, got float16"),
        (lambda: functional.gradient(of_jax(W, jnp.int32), W), "W: float64 or float32 is required, got int32"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
