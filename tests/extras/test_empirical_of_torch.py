"""The empirical loss against automatic differentiation: PyTorch in double precision, backward twice and more."""

import numpy as np
import pytest

import sobolev_theory as st

torch = pytest.importorskip("torch")

N, D, K, M = 12, 3, 3, 2
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "softplus": torch.nn.functional.softplus}
ROOT = np.array([[1.0, 0.0, 0.0], [0.5, 1.2, 0.0], [-0.3, 0.2, 0.7]])
"""Of the metric ``ROOT ROOT'``."""


def as_tensor(array):
    return torch.tensor(np.asarray(array, dtype=np.float64))


def features(theta, x, activation, order):
    """Value, gradient and Hessian of a network of a flat vector at samples, in coordinates of the metric, (n, ...)."""
    width = (len(theta) - 1) // (D + 2)
    a, w, b = theta[:width], theta[width : -1 - width].reshape(width, D), theta[-1 - width : -1]

    def at(points):
        return ACTIVATIONS[activation](points @ w.T + b) @ a + theta[-1]

    x = x.clone().requires_grad_()
    value, root = at(x), as_tensor(ROOT)
    found = [value[:, None]]
    if order:
        (gradient,) = torch.autograd.grad(value.sum(), x, create_graph=True)
        found.append(gradient @ root)
    if order == 2:
        rows = [torch.autograd.grad(gradient[:, i].sum(), x, create_graph=True)[0] for i in range(D)]
        found.append((root.T @ torch.stack(rows, dim=1) @ root).reshape(len(x), -1))
    return found


def flat(net):
    return np.concatenate([net.output_weights, net.weights.ravel(), net.biases, [net.output_bias]])


def network(rng, width, activation):
    arrays = [rng.standard_normal((width, D)), *rng.standard_normal((2, width)), rng.standard_normal()]
    return st.Network(*arrays, activation=activation)


@pytest.mark.parametrize(
    ("activation", "weights"),
    [("tanh", (1.0, 0.7, 0.3)), ("softplus", (1.0, 0.7, 0.3)), ("relu", (1.0, 0.7)), ("tanh", (1.0,))],
)
def test_gradient_hessian_and_gauss_newton_are_those_of_autograd(activation, weights):
    """Both add the same numbers in other orders: a few roundings of the largest entry."""
    rng = np.random.default_rng(0)
    X, student, teacher = rng.exponential(size=(N, D)) - 0.5, network(rng, K, activation), network(rng, M, activation)
    x, order = as_tensor(X), len(weights) - 1
    targets = [each.detach() for each in features(as_tensor(flat(teacher)), x, activation, order)]

    def loss(theta):
        found = features(theta, x, activation, order)
        parts = [w * ((f - y) ** 2).sum() for w, f, y in zip(weights, found, targets, strict=True)]
        return sum(parts) / (2 * N)

    def weighted(theta):
        found = features(theta, x, activation, order)
        return torch.cat([(w / N) ** 0.5 * each.ravel() for w, each in zip(weights, found, strict=True)])

    theta = as_tensor(flat(student)).requires_grad_()
    value = loss(theta)
    (gradient,) = torch.autograd.grad(value, theta)
    hessian = torch.autograd.functional.hessian(loss, theta.detach()).numpy()
    jacobian = torch.autograd.functional.jacobian(weighted, theta.detach()).numpy()
    arrays = [teacher(X), teacher.input_gradient(X), teacher.input_hessian(X)][: order + 1]
    for given in (teacher, arrays):
        options = {"metric": ROOT @ ROOT.T, "parameters": "all", "activation": activation}
        empirical = st.empirical.EmpiricalLoss(X, given, weights, **options)
        assert empirical.value(student) == pytest.approx(value.item(), rel=1e-14)
        for found, expected in (
            (empirical.gradient(student), gradient.numpy()),
            (empirical.hessian(student).to_dense(), hessian),
            (empirical.gauss_newton(student).to_dense(), jacobian.T @ jacobian),
        ):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14 * np.abs(expected).max())
