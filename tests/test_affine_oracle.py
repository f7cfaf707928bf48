"""The oracle of affine networks against the older one, its own differences, changes of variables, and sampling."""

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from mpmath import mp

from tests import oracles
from tests.oracles import affine_values
from tests.oracles.affine import Case, Net, Stack, gauss_newton, gradient, hessian, value
from tests.oracles.affine_cases import cases

NETS = STUDENT, TEACHER = Net(((0.5, 0.1),), (0.7,), (0.3,), 0.25), Net(((1.0, 0.7),), (1.5,), (0.6,), -0.5)
AMBIENT: Any = ((0.4, -0.3), ((1.0, 0.3), (0.3, 0.5)), ((0.8, -0.2), (-0.2, 1.5)))
CONVENTIONS = [
    ("relu", (1.0, 0.7), "backprop"),
    ("relu", (1.0, 0.7), "exact"),
    ("relu2", (0.5, 1.0, 2.0), "backprop"),
    ("relu3", (0.0, 0.0, 0.0, 0.3), "exact"),
    ("erf", (0.0, 0.5), "exact"),
]


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(50):
        yield


def largest(matrix: Any) -> Any:
    return max(abs(x) for x in matrix)


def moved(case: Case, place: int, step: Any) -> Case:
    """The student with one parameter of the flat order changed."""
    K, d, net = len(case.student.weights), len(case.mean), case.student
    weights = [x for row in net.weights for x in row]
    flat = [mp.mpf(x) for x in (*net.output_weights, *weights, *net.biases, net.output_bias)]
    flat[place] += step
    rows = [flat[K + i * d : K + (i + 1) * d] for i in range(K)]
    return replace(case, student=Net(rows, flat[:K], flat[K + K * d : -1], flat[-1]))


@pytest.mark.long
@pytest.mark.parametrize(("activation", "norm", "derivative"), CONVENTIONS)
def test_derivatives_are_those_of_the_value_and_of_the_gradient(activation: str, norm: Any, derivative: Any) -> None:
    """Central differences with the step 1e-10: the integrals have 1e-30, the differences 1e-20."""
    case, step = Case(STUDENT, TEACHER, norm, *AMBIENT, activation, derivative), mp.mpf(10) ** -10
    stack = Stack(case)
    first, second = stack.gradient(), stack.hessian()
    for place in range(stack.count):
        plus, minus = (Stack(moved(case, place, sign * step)) for sign in (1, -1))
        column = (plus.gradient() - minus.gradient()) / (2 * step) - second[:, place]
        assert largest(column) < 1e-18 * largest(second)
        if derivative == "exact":
            assert abs((plus.value() - minus.value()) / (2 * step) - first[place]) < 1e-18 * largest(first)


@pytest.mark.long
@pytest.mark.parametrize(("activation", "norm"), [("relu", (1.0, 0.7)), ("erf", (1.0, 0.5))])
def test_without_biases_it_is_the_oracle_in_the_frame(activation: str, norm: Any) -> None:
    student, teacher = ((0.5, 0.1),), ((1.0, 0.7),)
    nets = Net(student, (0.7,), (0.0,)), Net(teacher, (1.5,), (0.0,))
    for derivative in ("backprop", "exact"):
        case = Case(*nets, norm, (0.0, 0.0), activation=activation, derivative=derivative)  # type: ignore[arg-type]
        flat = gradient(case)
        expected = oracles.gradient(activation, norm, derivative, student, teacher, (0.7,), (1.5,))  # type: ignore[arg-type]
        assert largest([flat[1 + k] - expected[0, k] for k in range(2)]) < 1e-27
    assert abs(value(case) - oracles.loss(activation, norm, student, teacher, (0.7,), (1.5,))) < 1e-27


@pytest.mark.parametrize("derivative", [pytest.param("backprop", marks=pytest.mark.long), "exact"])
def test_a_bias_is_the_weight_of_an_input_that_is_one(derivative: Any) -> None:
    """Sigma, M and mu of one more coordinate; its weight and the bias are the same parameter."""
    zero, (mean, sigma, metric) = (0.0,), AMBIENT
    rows = [Net(((*net.weights[0], net.biases[0]),), net.output_weights, zero, net.output_bias) for net in NETS]
    sigma, metric = (((*form[0], 0.0), (*form[1], 0.0), (0.0, 0.0, 0.0)) for form in (sigma, metric))
    one = Case(STUDENT, TEACHER, (1.0, 0.7), *AMBIENT, derivative=derivative)
    other = Case(*rows, (1.0, 0.7), (*mean, 1.0), sigma, metric, derivative=derivative)
    places = [0, 1, 2, 3, 5]
    for function in (hessian, gauss_newton):
        short, long = function(one), function(other)
        assert largest(short[i, j] - long[p, q] for i, p in enumerate(places) for j, q in enumerate(places)) < 1e-27


@pytest.mark.long
def test_a_linear_change_of_the_inputs_is_one_of_the_weights() -> None:
    """x = mu + A y with y standard: weights A'w, biases b + w.mu, metric A^-1 M A^-T; exact in dyadic numbers."""
    A, inverse = np.array([[2.0, 0.0], [0.5, 0.25]]), np.array([[0.5, 0.0], [-1.0, 4.0]])
    mean, metric = np.array([0.5, -0.25]), np.array([[1.0, -0.25], [-0.25, 1.5]])
    nets = [Net(((0.5, 0.125),), (0.75,), (0.25,)), Net(((1.0, 0.75),), (1.5,), (0.5,))]
    turned = [
        Net((np.array(net.weights[0]) @ A).reshape(1, 2), net.output_weights, (net.biases[0] + net.weights[0] @ mean,))
        for net in nets
    ]
    sigma, metric_y = (A @ A.T).tolist(), (inverse @ metric @ inverse.T).tolist()
    one = hessian(Case(*nets, (1.0, 0.5), mean.tolist(), sigma, metric.tolist(), derivative="exact"))
    other = hessian(Case(*turned, (1.0, 0.5), (0.0, 0.0), 1.0, metric_y, derivative="exact"))
    change = mp.eye(5)  # of (c, w, b, output bias) for the turned network
    change[1:3, 1:3] = mp.matrix(A.T)
    change[3, 1:3] = mp.matrix([mean.tolist()])
    assert largest(change.T * other * change - one) < 1e-26


@pytest.mark.long
def test_the_mean_of_automatic_derivatives() -> None:
    """Value, backprop gradient and Gauss-Newton of ReLU, H1: every entry within 5 standard errors of 200000 samples."""
    mean, sigma, metric = (np.array(x) for x in AMBIENT)
    x = np.random.default_rng(0).multivariate_normal(mean, sigma, 200_000)
    residual, jets = np.zeros((len(x), 3)), []
    root = np.linalg.cholesky(metric).T  # |root g|^2 = g' M g
    for net, sign in ((STUDENT, 1.0), (TEACHER, -1.0)):
        w, c = np.array(net.weights[0]), net.output_weights[0]
        z = x @ w + net.biases[0]
        on = (z > 0.0).astype(float)
        features = np.column_stack([on * z, np.outer(on, root @ w)])
        residual += sign * (c * features + np.array([net.output_bias, 0.0, 0.0]))
        in_weights = [np.column_stack([on * x[:, k], np.outer(on, root[:, k])]) for k in range(2)]
        one = np.column_stack([np.ones(len(x)), np.zeros((len(x), 2))])
        jets.append(np.stack([features, *(c * y for y in in_weights), c * one * on[:, None], one], axis=1))
    weights = np.array([1.0, 0.7])[[0, 1, 1]]
    case = Case(STUDENT, TEACHER, (1.0, 0.7), *AMBIENT)
    samples = [
        (value(case), (residual**2 @ weights / 2)[:, None]),
        (gradient(case), jets[0] @ (residual * weights)[:, :, None]),
        (gauss_newton(case), (jets[0] * weights) @ jets[0].transpose(0, 2, 1)),
    ]
    for expected, drawn in samples:
        flat = drawn.reshape(len(x), -1)
        wanted = np.array(expected.tolist() if hasattr(expected, "tolist") else [expected], dtype=float).ravel()
        error = flat.std(axis=0) / np.sqrt(len(x))
        assert np.all(np.abs(flat.mean(axis=0) - wanted) <= 5 * error + 1e-15)


def test_the_file_holds_the_cases_as_the_command_writes_them() -> None:
    table = affine_values.table()
    assert affine_values.VALUES.read_text(encoding="utf-8") == affine_values.written(table)
    given = {name: json.loads(json.dumps(asdict(case))) for name, case in cases().items()}
    assert {name: entry["case"] for name, entry in table.items()} == given


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in affine_values.table() if "d=1" in name or "opposite" in name])
def test_a_case_gives_the_committed_numbers(name: str) -> None:
    """But for the last digit; rounding to doubles leaves none of it."""
    entry = affine_values.table()[name]
    again = affine_values.entry_of(affine_values.case_of(entry))
    for what in affine_values.QUANTITIES:
        if entry[what] is None:
            assert again[what] is None
            continue
        read, made, scales = (
            np.vectorize(mp.mpf, otypes=[object])(np.atleast_1d(np.array(x, dtype=object)))
            for x in (entry[what], again[what], entry[f"{what} scale"])
        )
        assert np.all(np.abs(read - made) <= mp.mpf(10) ** -23 * scales)
