"""Costs of biases, other inputs and more parameters, over those of hidden weights alone with standard inputs."""

import numpy as np
import pytest
from scipy.special import owens_t

import sobolev_theory as st

K = 1000


def pair(rng, activation="relu", width=K, dim=K, biases=True):
    """Student and teacher, weights of length one; biases as large as what they are added to."""
    scale = 1 / np.sqrt(dim)
    return tuple(
        st.Network(
            scale * rng.standard_normal((width, dim)),
            biases=rng.standard_normal(width) if biases else None,
            activation=activation,
        )
        for _ in range(2)
    )


@pytest.mark.parametrize(
    ("activation", "norm", "parameters", "bound"),
    [
        ("relu", "L2", "weights", 6),
        ("relu", "H1", "weights", 6),
        ("relu", "H1", "all", 6),
        ("erf", "H1", "weights", 6),
        ("relu2", "H2", "weights", 6),
    ],
)
def test_gradient_with_biases(ratio, rng, activation, norm, parameters, bound):
    student, teacher = pair(rng, activation)
    loss = st.PopulationLoss(teacher, norm, parameters=parameters)
    plain = st.PopulationLoss(teacher.weights, norm, activation=activation)
    name = f"gradient with biases over without, {activation} {norm}, {parameters}, K = M = d = 1000"
    ratio(name, lambda: loss.gradient(student), lambda: plain.gradient(student.weights), bound)


def test_share_of_owens_function(ratio, rng):
    """Two values of it for each pair, by one thread; the gradient has as many threads as the machine has cores."""
    student, teacher = pair(rng)
    h, a = rng.standard_normal((2, K, 4 * K))
    loss = st.PopulationLoss(teacher, "H1")
    ratio(
        "Owen's function alone over the gradient H1 with biases",
        lambda: owens_t(h, a),
        lambda: loss.gradient(student),
        1,
    )


@pytest.mark.parametrize(
    ("activation", "norm", "bound"),
    [("relu", "L2", 1.3), ("relu", "H1", 1.3), ("erf", "L2", 1.3), ("erf", "H1", 2.5), ("relu2", "H2", 2.5)],
)
def test_gradient_with_a_diagonal_covariance(ratio, rng, activation, norm, bound):
    """Where two orders have moments in the gradient, it takes twice as many matrix products.

    Those are the inner products in the metric besides those in the covariance, and a sum over neurons for each order.
    """
    student, teacher = pair(rng, activation, biases=False)
    inputs = st.Inputs(covariance=rng.uniform(0.5, 2.0, K))
    loss, plain = (st.PopulationLoss(teacher, norm, inputs=chosen) for chosen in (inputs, None))
    name = f"gradient, diagonal covariance over standard inputs, {activation} {norm}, K = M = d = 1000"
    ratio(name, lambda: loss.gradient(student), lambda: plain.gradient(student), bound)


def test_spectrum_of_every_parameter_in_a_million_dimensions(ratio, rng):
    student, teacher = pair(rng, width=5, dim=10**6)
    u = np.vstack([student.weights, teacher.weights])
    loss = st.PopulationLoss(teacher, parameters="all")
    name = "spectrum with biases, all parameters, K = M = 5, d = 10^6, over one QR"
    ratio(name, lambda: loss.hessian(student).spectrum(), lambda: np.linalg.qr(u.T), 4, repetitions=5)


@pytest.mark.parametrize("parameters", ["weights", "all"])
def test_product_with_a_dense_covariance(ratio, rng, parameters):
    width, dim = 20, 2000
    student, teacher = pair(rng, width=width, dim=dim, biases=parameters == "all")
    factor = rng.standard_normal((dim, dim)) / np.sqrt(dim)
    covariance = factor @ factor.T + 0.1 * np.eye(dim)
    inputs = st.Inputs(covariance=covariance)
    hessian = st.PopulationLoss(teacher, inputs=inputs, parameters=parameters).hessian(student)
    standard = st.PopulationLoss(teacher.weights).hessian(student.weights)
    rows, x = rng.standard_normal((width, dim)), rng.standard_normal(hessian.shape[0])
    ratio(
        f"Hessian-vector product, dense covariance, {parameters}, K = 20, d = 2000, over products with it and standard",
        lambda: hessian @ x,
        lambda: (rows @ covariance, standard @ rows.ravel()),
        1.5,
        repetitions=200,
    )
