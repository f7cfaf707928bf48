"""The oracle of symmetric points against dense spectra: every eigenvalue of one is an eigenvalue of the other."""

import numpy as np
import pytest

import sobolev_theory as st
from tests.oracles import symmetric

pytestmark = pytest.mark.long  # of the tests, not of the package

PROBLEMS = [
    ("relu", (1, 0.5), "backprop", "gauss_newton"),
    ("relu", (1,), "exact", "hessian"),
    ("relu", (1, 1), "backprop", "hessian"),
    ("relu", (1, 1), "exact", "hessian"),
    ("relu2", (1, 1, 1), "exact", "hessian"),
    ("relu2", (1, 1, 1), "backprop", "hessian"),
    ("erf", (1, 1), "exact", "hessian"),
]


@pytest.mark.parametrize("width", [2, 3, 6])
@pytest.mark.parametrize(("activation", "weights", "derivative", "curvature"), PROBLEMS)
def test_oracle_has_the_dense_spectrum(activation, weights, derivative, curvature, width):
    x, y = 0.7, -0.3
    teacher = st.Network.orthonormal(width, width + 1, activation=activation)
    student = x * teacher.weights + y * (np.eye(width, width + 1, k=0).sum(axis=0) - teacher.weights)
    loss = st.PopulationLoss(teacher, weights, derivative=derivative)
    matrix = getattr(loss, curvature)(st.Network(student, activation=activation)).to_dense()
    dense = np.linalg.eigvals(matrix)
    problem = (activation, list(weights), derivative, curvature, width, x, y)
    oracle = np.array([complex(z) for z in (*symmetric.eigenvalues(*problem), *symmetric.outside(*problem))])
    distance = np.abs(dense[:, None] - oracle)
    assert distance.min(axis=1).max() < 1e-13 * np.abs(dense).max()
    assert distance.min(axis=0).max() < 1e-13 * np.abs(dense).max()
