"""The empirical loss against its definition, written out with networks evaluated at samples; and beside theory."""

from __future__ import annotations

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.parameters import Parameters

N, D, K, M = 23, 3, 2, 2
H = 1e-5
"""Step of central differences, whose errors are 1e-10 of third derivatives, and 1e-11 of what is differenced."""

NORMS = [(1.0,), (1.0, 0.7), (0.0, 0.5), (1.0, 0.7, 0.3), (0.5, 0.0, 0.4)]
MOVING = ["all", "weights", ("output_weights", "output_bias"), ("weights", "output_bias"), ("biases",)]


def network(rng, width, activation):
    arrays = [rng.standard_normal((width, D)), *rng.standard_normal((2, width)), rng.standard_normal()]
    return st.Network(*arrays, activation=activation)


def arrays(rng):
    hessians = rng.standard_normal((N, D, D))
    return rng.standard_normal(N), rng.standard_normal((N, D)), hessians + hessians.swapaxes(1, 2)


def by_definition(student, targets, X, weights, metric):
    """``1/(2n) sum_t sum_m lambda_m |grad^m f - Y_m|^2``."""
    total = 0.0
    for m, weight in enumerate(weights):
        of = ["__call__", "input_gradient", "input_hessian"][m]
        target = getattr(targets, of)(X) if isinstance(targets, st.Network) else targets[m]
        residual = getattr(student, of)(X) - target
        for axis in range(1, m + 1):
            residual = np.moveaxis(np.moveaxis(residual, axis, -1) @ np.linalg.cholesky(metric), -1, axis)
        total += weight * (residual**2).sum() / 2 / len(X)
    return total


def moved(loss, student, along):
    """The student at another place of its flat vector."""
    layout, at = loss.layout(student.width), Parameters.of_network(student)
    p = at.at_rows(layout, layout.rows(layout.flat(at.rows(layout)) + along))
    return st.Network(p.weights, p.output_weights, p.biases, p.output_bias, activation=student.activation)


def differences(function, loss, student):
    """Central differences along every parameter that moves, (P, ...)."""
    steps = H * np.eye(loss.layout(student.width).size)
    return np.array([(function(moved(loss, student, e)) - function(moved(loss, student, -e))) / 2 / H for e in steps])


@pytest.mark.parametrize("kind", ["network", "arrays"])
@pytest.mark.parametrize("activation", ["tanh", "relu3"])
def test_value_gradient_and_hessian_are_those_of_the_definition(activation, kind):
    rng = np.random.default_rng(0)
    X = rng.exponential(size=(N, D)) - 0.4
    metric = np.cov(rng.standard_normal((D, 9)))
    for weights, moving in [*zip(NORMS, MOVING, strict=True), ((1.0, 0.7, 0.3), "all"), ((1.0, 0.7), "weights")]:
        student = network(rng, K, activation)
        targets = network(rng, M, activation) if kind == "network" else arrays(rng)
        options = {"metric": metric, "parameters": moving, "activation": activation}
        loss = st.empirical.EmpiricalLoss(X, targets, weights, **options)
        value = by_definition(student, targets, X, weights, metric)
        assert loss.value(student) == pytest.approx(value, rel=1e-13)
        gradient = np.ravel(loss.gradient(student))
        found = differences(lambda net, t=targets, w=weights: by_definition(net, t, X, w, metric), loss, student)
        np.testing.assert_allclose(gradient, found, rtol=0, atol=1e-7 * max(np.abs(found).max(), value))
        hessian = loss.hessian(student)
        found = differences(lambda net, loss=loss: np.ravel(loss.gradient(net)), loss, student)
        np.testing.assert_allclose(hessian.to_dense(), found, rtol=0, atol=1e-7 * np.abs(found).max())


def test_gauss_newton_is_the_mean_of_squares_of_jacobians():
    """Jacobians of all features, in the metric's coordinates, by differences."""
    rng = np.random.default_rng(1)
    X, root, student = rng.standard_normal((N, D)), np.tril(rng.standard_normal((D, D))), network(rng, K, "softplus")
    loss = st.empirical.EmpiricalLoss(X, student, "H1", metric=root @ root.T, parameters="all")
    features = differences(lambda net: np.column_stack([net(X), net.input_gradient(X) @ root]), loss, student)
    jacobian = features.reshape(len(features), -1)
    expected = jacobian @ jacobian.T / N
    matrix = loss.gauss_newton(student)
    np.testing.assert_allclose(matrix.to_dense(), expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    # at its own targets the residual is zero, and the Hessian the same matrix
    np.testing.assert_allclose(loss.hessian(student).to_dense(), matrix.to_dense(), rtol=0, atol=1e-13)
