"""Networks of several activations: student and teacher of different kinds, and neurons of one layer."""

import pickle
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import sobolev_theory as st
from sobolev_theory.activations import Activation
from sobolev_theory.activations.definition import GaussianPairs
from sobolev_theory.activations.mixed_moments import mixed_moments
from sobolev_theory.problem import matched

FloatArray = NDArray[np.float64]
Kinds = str | list[str]

SMOOTH, BENT = ["sin", "exp", "hermite2"], ["relu", "hard_tanh", "relu2"]
DIFFERENCES = 1e-8
"""Of central ones with steps of 1e-5, relative; measured 2e-9 at most, and 1e-1 where conventions are mixed up."""


def network(rng: np.random.Generator, kinds: Kinds, width: int = 3, dim: int = 2) -> st.Network:
    """With everything, of a size at which exponentials are harmless."""
    weights, biases = 0.6 * rng.normal(size=(width, dim)), 0.5 * rng.normal(size=width)
    return st.Network(weights, rng.normal(size=width), biases, rng.normal(), activation=kinds)


def problem(
    student: Kinds, teacher: Kinds, norm: str = "H1", derivative: str = "backprop", seed: int = 0
) -> tuple[st.PopulationLoss, st.Network]:
    rng = np.random.default_rng(seed)
    V = network(rng, teacher, len(teacher) if isinstance(teacher, list) else 2)
    W = network(rng, student)
    return st.PopulationLoss(V, norm, activation=student, parameters="all", derivative=derivative), W


def moved(W: st.Network, step: FloatArray) -> st.Network:
    """By a flat vector of all parameters."""
    K, d = W.weights.shape
    a, w, b, c = np.split(step, [K, K + K * d, 2 * K + K * d])
    biases = W.biases + b  # type: ignore[operator]
    weights = W.weights + w.reshape(K, d)
    return st.Network(weights, W.output_weights + a, biases, W.output_bias + c[0], activation=W.activation)


def test_a_network_holds_an_activation_for_each_neuron() -> None:
    mixed = st.Network(np.eye(3, 2), activation=["relu", "erf", "relu"])
    assert repr(mixed) == "Network(width=3, dim=2, activation='2 relu, 1 erf')"
    assert [each.name for each in mixed.activations] == ["relu", "erf", "relu"]
    assert mixed == pickle.loads(pickle.dumps(mixed))
    assert hash(mixed) == hash(st.Network(np.eye(3, 2), activation=list(mixed.activations)))
    assert mixed != st.Network(np.eye(3, 2), activation=["relu", "relu", "erf"])
    assert st.Network(np.eye(3, 2), activation=["erf"] * 3) == st.Network(np.eye(3, 2), activation="erf")
    x = np.array([[0.5, -0.3], [-1.0, 2.0]])
    alone = [st.Network([row], activation=each) for row, each in zip(mixed.weights, mixed.activations, strict=True)]
    assert np.allclose(mixed(x), sum(each(x) for each in alone), rtol=1e-15)
    assert np.allclose(mixed.input_gradient(x), sum(each.input_gradient(x) for each in alone), rtol=1e-15)
    assert np.allclose(mixed.input_hessian(x), sum(each.input_hessian(x) for each in alone), rtol=1e-15)
    layer = mixed.activation
    assert (layer.jump_order, layer.degree, layer.has_kernels) == (1, None, False)


@pytest.mark.parametrize(
    ("student", "teacher", "norm", "derivative"),
    [
        (SMOOTH, "cos", "H2", "backprop"),
        (BENT, "abs", "H1", "backprop"),
        pytest.param(BENT, "abs", "H1", "exact", marks=pytest.mark.long),
        pytest.param("erf", "relu", "H1", "backprop", marks=pytest.mark.long),
        pytest.param("relu", "tanh", "H1", "backprop", marks=pytest.mark.long),
        pytest.param("erf", "hermite3", "H2", "backprop", marks=pytest.mark.long),
        pytest.param(["relu2", "erf", "relu3"], "relu2", "H2", "exact", marks=pytest.mark.long),
        pytest.param(["relu", "tanh", "sigmoid"], "hard_tanh", "H1", "exact", marks=pytest.mark.long),
        pytest.param(["step", "tanh", "relu"], "sign", "L2", "backprop", marks=pytest.mark.long),
    ],
)
def test_derivatives_agree_with_differences_and_with_samples(
    student: Kinds, teacher: Kinds, norm: str, derivative: str
) -> None:
    """The Hessian against the gradient, and this against the value where it is its derivative; all against samples."""
    loss, W = problem(student, teacher, norm, derivative)
    rng = np.random.default_rng(1)
    step = 1e-5 * rng.normal(size=loss.layout(3).size)
    ahead, behind = moved(W, step), moved(W, -step)
    change = loss.gradient(ahead) - loss.gradient(behind)
    assert np.linalg.norm(2 * loss.hessian(W) @ step - change) < DIFFERENCES * np.linalg.norm(change)
    if derivative == "exact" or not loss.affine_terms.jumps:
        slope = loss.value(ahead) - loss.value(behind)
        assert abs(2 * loss.gradient(W) @ step - slope) < DIFFERENCES * abs(slope)
    report = st.monte_carlo.verify(loss, W, samples=6000, rng=2)
    assert report.passed, str(report)


def features(net: st.Network, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``(f, grad f)`` at points (n, 3), and its derivatives in all parameters (n, 3, P), of smooth neurons."""
    assert net.biases is not None
    z, a = x @ net.weights.T + net.biases, net.output_weights
    value, slope, bend = (
        np.stack([each.derivative(z[:, i], order) for i, each in enumerate(net.activations)], axis=1)
        for order in range(3)
    )
    w, eye = net.weights, np.eye(2)
    on_outputs = np.concatenate([value[:, None], np.einsum("nk,kd->ndk", slope, w)], axis=1)
    of_value = np.einsum("nk,nd->nkd", a * slope, x)
    of_slope = np.einsum("nk,ke,nd->nekd", a * bend, w, x) + np.einsum("nk,ed->nekd", a * slope, eye)
    on_weights = np.concatenate([of_value[:, None], of_slope], axis=1).reshape(len(x), 3, -1)
    on_biases = np.concatenate([(a * slope)[:, None], np.einsum("nk,kd->ndk", a * bend, w)], axis=1)
    constant = np.broadcast_to(np.array([1.0, 0.0, 0.0])[:, None], (len(x), 3, 1))
    whole = np.concatenate([(value @ a + net.output_bias)[:, None], (a * slope) @ w], axis=1)
    return whole, np.concatenate([on_outputs, on_weights, on_biases, constant], axis=2)


def test_smooth_networks_agree_with_sums_over_inputs() -> None:
    """Value, gradient and Gauss-Newton matrix in H1 by the points of Gauss and Hermite, of plain backpropagation."""
    loss, W = problem(SMOOTH, ["cos", "exp"])
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    x = np.stack(np.meshgrid(points, points), axis=-1).reshape(-1, 2)
    weight = np.outer(weights, weights).ravel() / weights.sum() ** 2
    (f, jacobian), (target, _) = features(W, x), features(loss.teacher, x)
    rest = (f - target) * weight[:, None]
    assert np.isclose(loss.value(W), np.vdot(rest, f - target) / 2, rtol=1e-12)
    assert np.allclose(loss.gradient(W), np.einsum("nm,nmp->p", rest, jacobian), rtol=0, atol=1e-11)
    gram = np.einsum("n,nmp,nmq->pq", weight, jacobian, jacobian)
    assert np.allclose(loss.gauss_newton(W).to_dense(), gram, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("name", "norm", "derivative"), [("relu", "H1", "exact"), ("erf", "H2", "backprop")])
def test_groups_of_equal_activations_give_what_the_fast_path_does(name: str, norm: str, derivative: str) -> None:
    """The same activation under two names makes groups of pairs of what generated kernels take at once."""
    rng, known = np.random.default_rng(3), st.activations.get(name)
    again = Activation("again", known.definition)
    V, W = rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    plain = st.PopulationLoss(st.Network(V, activation=name), norm, derivative=derivative)
    mixed = st.PopulationLoss(
        st.Network(V, activation=[again, known]), norm, derivative=derivative, activation=[known, again, known]
    )
    assert plain.is_standard
    assert not mixed.is_standard
    assert np.isclose(mixed.value(W), plain.value(W), rtol=1e-13)
    assert np.allclose(mixed.gradient(W), plain.gradient(W), rtol=0, atol=1e-13)
    for matrix in ("hessian", "gauss_newton"):
        ours, theirs = (getattr(loss, matrix)(W).to_dense() for loss in (mixed, plain))
        assert np.allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("first", "second"), [("sin", "exp"), ("cos", "hermite3"), ("relu", "erf"), ("tanh", "monomial2"), ("gelu", "sin")]
)
def test_moments_of_two_activations_are_those_of_the_definition(first: str, second: str) -> None:
    """By the points of Gauss and Hermite: in the second argument of any, in the first of a smooth one.

    Beyond the kink of a first activation its derivative is that in the mean, by central differences.
    """
    one, two = st.activations.get(first), st.activations.get(second)
    m1, m2, s, rho, t = 0.4, -0.7, 0.8, 0.5, 1.1

    def at(mean: float) -> GaussianPairs:
        return GaussianPairs(*(np.array([[x]]) for x in (mean, m2, s, rho, t, s * t - rho**2)))

    x, w = np.polynomial.legendre.leggauss(300)
    ends = (-14.0, -m1 / s**0.5, 14.0)  # in the first argument, with the kink between
    nodes = np.concatenate([(b - a) / 2 * x + (a + b) / 2 for a, b in pairwise(ends)])
    weights = np.concatenate([(b - a) / 2 * w for a, b in pairwise(ends)])
    weights *= np.exp(-(nodes**2) / 2) / (2 * np.pi) ** 0.5
    y, v = np.polynomial.hermite_e.hermegauss(80)
    given = m2 + rho / s**0.5 * nodes[:, None] + (t - rho**2 / s) ** 0.5 * y
    for a, b in ((0, 0), (1, 0), (1, 2), (0, 1)):
        right = two.derivative(given, b) @ v / v.sum()
        expected = weights @ (one.derivative(m1 + s**0.5 * nodes, a) * right)
        assert np.isclose(mixed_moments(one.definition, two.definition, at(m1))(a, b), expected, rtol=1e-11)
    step = 1e-4
    ahead, behind = (mixed_moments(one.definition, two.definition, at(m1 + h)) for h in (step, -step))
    found = mixed_moments(one.definition, two.definition, at(m1))(2, 1)
    assert np.isclose(found, (ahead(1, 1) - behind(1, 1)) / (2 * step), rtol=1e-6)


def test_rescalings_are_those_of_homogeneous_neurons() -> None:
    """The Gauss-Newton matrix has the null vector of each of them, and its condition is taken across it."""
    loss, W = problem(["relu", "cos", "abs"], "sin", "H1")
    matrix = loss.gauss_newton(W)
    assert W.biases is not None
    null = np.zeros((2, 13))
    for vector, i in zip(null, (0, 2), strict=True):
        vector[i], vector[3 + 2 * i : 5 + 2 * i], vector[9 + i] = -W.output_weights[i], W.weights[i], W.biases[i]
    assert np.allclose(matrix @ null.T, 0, atol=1e-12)
    kept = np.linalg.eigvalsh(matrix.to_dense())[2:]
    assert np.isclose(matrix.condition_number(quotient=True), kept[-1] / kept[0], rtol=1e-6)


def test_derivatives_exist_where_a_kink_meets_what_is_smooth() -> None:
    """Of a rectifier on the row of an error function; on that of another kink there is no Hessian."""
    row = np.array([[0.6, -0.8]])
    smooth = st.PopulationLoss(st.Network(row, activation="erf"), "H1", activation="relu", derivative="exact")
    near = (smooth.hessian(row + e).to_dense() for e in ([[1e-7, 0.0]], [[0.0, 1e-7]]))
    for found in near:
        assert np.allclose(found, smooth.hessian(row).to_dense(), atol=1e-5)
    for kind in ("abs", "relu2"):
        bent = st.PopulationLoss(st.Network(row, activation=kind), "H1", activation="relu", derivative="exact")
        with pytest.raises(st.NotDifferentiableError, match=r"weights are parallel where a derivative"):
            bent.hessian(row)


def test_neurons_match_those_of_their_activation() -> None:
    V = st.Network([[1.0, 0.0], [0.0, 1.0]], activation=["relu", "erf"])
    W = st.Network([[1.1, 0.1], [0.1, 0.9]], activation=["erf", "relu"])
    loss = st.PopulationLoss(V, activation=W.activation)
    found = matched(loss, W)
    assert found is not None
    assert found.tolist() == [1, 0]  # although the other order is nearer
    assert matched(st.PopulationLoss(V, activation="relu"), st.Network(W.weights)) is None


@pytest.mark.long
def test_flows_between_activations() -> None:
    """Against plain steps of Runge and Kutta."""
    rng = np.random.default_rng(4)
    V, W = (st.Network(rng.normal(size=(2, 3)), activation=each) for each in ("cos", ["sin", "monomial2"]))
    loss = st.PopulationLoss(V, "H1", activation=W.activation)
    flow = st.gradient_flow(loss, W, t_max=0.02)
    weights, step = W.weights, 0.0025
    for _ in range(8):
        slopes: list[FloatArray] = []
        for part in (0.0, 0.5, 0.5, 1.0):
            slopes.append(-loss.gradient(weights + part * step * (slopes[-1] if slopes else 0.0)))
        weights = weights + step / 6 * (slopes[0] + 2 * slopes[1] + 2 * slopes[2] + slopes[3])
    assert np.allclose(flow.weights[-1], weights, rtol=0, atol=1e-6)


REFUSED: Sequence[tuple[str, Any, type[Exception], str]] = [
    ("too many", lambda: st.Network(np.eye(2), activation=["relu"] * 2 + ["erf"]), ValueError,
     r"activation: one for each of the 2 neurons is required, got 3 \('2 relu, 1 erf'\)"),
    ("none", lambda: st.Network(np.eye(2), activation=[]), ValueError, r"activation: a name, .*, got none"),
    ("unknown", lambda: st.Network(np.eye(2), activation=["relu", "gelo"]), st.UnknownActivationError, r"'gelo'"),
    ("width", lambda: st.PopulationLoss(np.eye(2), activation=["relu", "erf"]).value(np.eye(3, 2)), ValueError,
     r"student: one for each of the 3 neurons is required, got 2"),
    ("another student", lambda: st.PopulationLoss(np.eye(2), activation="erf").value(st.Network(np.eye(2))),
     ValueError, r"student: activation 'erf' is required, got 'relu'"),
    ("norm", lambda: st.PopulationLoss(st.Network(np.eye(2), activation="erf"), "H2", activation=["erf", "relu"]),
     st.InfiniteNormError, r"relu"),
    ("two kinks", lambda: st.PopulationLoss(st.Network(np.eye(2), activation="elu"), activation="hard_tanh"),
     NotImplementedError, r"activation: no moments are known of .hard_tanh. with .elu."),
    ("symmetric", lambda: st.symmetric.spectrum(3, 4, 1.0, 0.3, "H1", activation=["relu", "erf"]),
     st.UnknownActivationError, r"activation"),
    ("finite sample", lambda: st.finite_sample.spectrum(
        st.Network(np.eye(2), activation=["relu", "erf"]), "H1", samples_per_dim=3),
     ValueError, r"activation: one that is linear on either side of zero, as relu, .* got '1 relu, 1 erf'"),
    ("family", lambda: st.reduced.symmetric_saddle(3, "H1", activation="tanh"),
     NotImplementedError, r"activation: .* kernels of its own; take relu, .* generated kernels, for both"),
    ("distance", lambda: st.lyapunov_derivative(
        st.PopulationLoss(st.Network(np.eye(2), activation="erf"), activation="relu"), np.eye(2)),
     ValueError, r"student: the activation of the teacher, 'erf', is required, got 'relu'"),
    ("moments", lambda: st.Network(np.eye(2), activation=["relu", "erf"]).activation.moments(0, 0, 1, 0, 1),
     NotImplementedError, r"activation: .* each neuron"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED])
def test_what_cannot_be_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
