"""The limit of the backprop field at parallel rows along a direction: against the field beside, and its definition.

The oracle integrates what automatic differentiation returns, one input at a time, over the circle of inputs in a plane:
between kinks it is a trigonometric polynomial, which Gauss's rule takes to rounding.
"""

from itertools import pairwise
from math import factorial

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.activations.generated import BUILT_IN
from sobolev_theory.symbolic import derive

BESIDE = 1e-7
"""Distance at which the field is looked at: limits are approached in proportion to it."""

JUMPING = [(name, f"H{order}") for name in sorted(BUILT_IN) if (order := st.activations.get(name).jump_order)]
"""Every registered activation whose derivative jumps, with the norm that contains the order."""


def powers(z: np.ndarray, degree: int, order: int) -> np.ndarray:
    """Derivative of ``max(z, 0)^n``, its absolutely continuous part; 0 beyond the degree."""
    if order > degree:
        return np.zeros_like(z)
    return factorial(degree) / factorial(degree - order) * np.maximum(z, 0) ** (degree - order) * (z > 0)


def field_in_the_plane(rows: np.ndarray, outputs: np.ndarray, width: int, degree: int, weights: list[float]):
    """Expected gradient of ``sum_m lambda_m |grad^m (f - g)|^2 / 2`` in the first rows, two dimensions."""
    along = np.arctan2(rows[:, 1], rows[:, 0])
    kinks = np.sort(np.concatenate([along + np.pi / 2, along - np.pi / 2]) % (2 * np.pi))
    edges = np.concatenate([kinks, [kinks[0] + 2 * np.pi]])
    nodes, gauss = np.polynomial.legendre.leggauss(20)
    total = np.zeros((width, 2))
    for left, right in pairwise(edges):
        angle = left + (right - left) * (1 + nodes) / 2
        x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        measure = gauss * (right - left) / 2 / (2 * np.pi)
        z = x @ rows.T
        for m, weight in enumerate(weights):
            radius = 2 ** (degree - m) * factorial(degree - m)  # E |x|^(2(n - m))
            residual = outputs * powers(z, degree, m)
            for i in range(width):
                inner = rows @ rows[i]
                moved = powers(z[:, i], degree, m + 1) * (residual @ inner**m)
                term = moved[:, None] * x
                if m:
                    term = term + m * (powers(z[:, i], degree, m)[:, None] * ((residual * inner ** (m - 1)) @ rows))
                total[i] += weight * radius * outputs[i] * (measure @ term)
    return total


def parallel_problem(name: str, norm: object, dim: int = 6, seed: int = 0):
    """Students parallel to teachers, antiparallel to others, parallel to one another; other lengths, output weights."""
    rng = np.random.default_rng(seed)
    V = rng.standard_normal((4, dim)) * [[0.6], [1.0], [2.0], [0.7]]
    V[3] = -1.7 * V[2]
    W = np.stack([2.0 * V[0], -0.6 * V[0], V[1], rng.standard_normal(dim), 1.1 * V[2]])
    loss = st.PopulationLoss(st.Network(V, rng.standard_normal(4), activation=name), norm)
    return loss, W, rng.standard_normal(5), rng.standard_normal(W.shape)


@pytest.mark.parametrize(("name", "norm"), [*JUMPING, ("relu", (0.3, 2.0))])
def test_it_is_the_limit_of_the_hessian(name, norm):
    """To 1e-6 at a distance of 1e-7: the difference is of the order of the distance."""
    loss, W, a, X = parallel_problem(name, norm)
    at = lambda weights: st.Network(weights, a, activation=name)  # noqa: E731
    limit = loss.hessian(at(W), towards=X).to_dense()
    beside = loss.hessian(at(W + BESIDE * X)).to_dense()
    assert np.abs(limit - beside).max() < 1e-6 * np.abs(limit).max()
    quotient = (loss.gradient(at(W + BESIDE * X)) - loss.gradient(at(W))) / BESIDE
    assert np.abs(loss.field_limit(at(W), X) - quotient).max() < 1e-5 * np.abs(limit).max()


@pytest.mark.parametrize(("name", "degree"), [("relu", 1), ("relu2", 2), ("relu3", 3)])
def test_it_is_the_derivative_of_the_field_by_its_definition(name, degree):
    """One-sided difference quotients of the oracle: errors are a few times the distance, and 1e-16 over it."""
    rng = np.random.default_rng(degree)
    V, b, a = rng.standard_normal((2, 2)), np.array([0.7, -1.2]), np.array([0.7, -1.2, 0.4])
    W, X = np.stack([V[0], V[1], -0.8 * V[0]]), rng.standard_normal((3, 2))
    weights = [0.0] * (degree - 1) + [0.5, 2.0]
    field = [
        field_in_the_plane(np.vstack([W + eps * X, V]), np.concatenate([a, -b]), 3, degree, weights)
        for eps in (0.0, BESIDE)
    ]
    loss, student = st.PopulationLoss(st.Network(V, b, activation=name), weights), st.Network(W, a, activation=name)
    assert np.allclose(loss.gradient(student), field[0], rtol=0, atol=1e-12 * np.abs(field[0]).max())  # terms cancel
    limit = loss.field_limit(student, X)
    assert np.abs(limit - (field[1] - field[0]) / BESIDE).max() < 1e-5 * np.abs(limit).max()
    assert np.abs(limit + loss.field_limit(student, -X)).max() > 1e-2 * np.abs(limit).max()  # not linear


@pytest.mark.long
def test_derived_activations_have_it():
    """A kink of another height, and a part that does not jump."""
    activation = derive("Max(z, z/10)").activation
    V = np.random.default_rng(1).standard_normal((3, 5))
    X = np.random.default_rng(2).standard_normal((3, 5))
    loss = st.PopulationLoss(V, "H1", activation=activation)
    limit, beside = loss.hessian(V, towards=X).to_dense(), loss.hessian(V + BESIDE * X).to_dense()
    assert np.abs(limit - beside).max() < 1e-6 * np.abs(limit).max()


@pytest.mark.parametrize(("name", "norm"), JUMPING)
def test_it_is_homogeneous_and_euler_holds(name, norm):
    loss, W, a, X = parallel_problem(name, norm, seed=3)
    student = st.Network(W, a, activation=name)
    limit, along = loss.hessian(student, towards=X), loss.field_limit(student, X)
    size = np.abs(along).max()
    assert np.abs(limit @ X.ravel() - along.ravel()).max() < 1e-13 * size
    for factor in (1e-300, 1e-8, 3.0, 1e300):
        assert np.array_equal(loss.hessian(student, towards=factor * X).to_dense(), limit.to_dense()) or np.allclose(
            loss.hessian(student, towards=factor * X).to_dense(), limit.to_dense(), rtol=1e-13
        )
        assert np.allclose(loss.field_limit(student, factor * X) / factor, along, rtol=0, atol=1e-13 * size)
    assert not loss.field_limit(student, 0 * X).any()


@pytest.mark.parametrize(("name", "norm"), [("relu", "L2"), ("relu2", "H1"), ("erf", "H2")])
def test_where_nothing_jumps_it_is_the_hessian(name, norm):
    loss, W, a, X = parallel_problem(name, norm)
    student = st.Network(W, a, activation=name)
    hessian = loss.hessian(student).to_dense()
    assert np.array_equal(loss.hessian(student, towards=X).to_dense(), hessian)
    along = (hessian @ X.ravel()).reshape(X.shape)
    assert np.allclose(loss.field_limit(student, X), along, atol=1e-13 * np.abs(along).max())


def test_where_nothing_is_parallel_it_is_the_hessian():
    """In either convention, and on a line, where Dirac terms carry a factor 0."""
    student, X = st.Network.random(3, 4, rng=0), st.Network.random(3, 4, rng=1).weights
    for convention in ("backprop", "exact"):
        loss = st.PopulationLoss(st.Network.random(2, 4, rng=2), derivative=convention)
        assert np.array_equal(loss.hessian(student, towards=X).to_dense(), loss.hessian(student).to_dense())
    line = st.PopulationLoss([[2.0]])
    assert np.array_equal(line.hessian([[1.0]], towards=[[1.0]]).to_dense(), line.hessian([[1.0]]).to_dense())


def test_silent_neurons_need_no_direction():
    """A teacher of output weight 0 parts from nobody."""
    teacher = st.Network([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [1.0, 0.0])
    loss, X = st.PopulationLoss(teacher), [[0.0, 1.0, 2.0], [0.0, 3.0, 0.0]]
    W = [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    limit, beside = loss.hessian(W, towards=X), loss.hessian(np.add(W, np.multiply(BESIDE, X)))
    assert np.allclose(limit.to_dense(), beside.to_dense(), atol=1e-6)


def test_rows_that_are_not_parted_are_named():
    """The second student moves along itself; the third with the first, to which it is parallel."""
    V = np.eye(3)
    loss = st.PopulationLoss(V)
    with pytest.raises(st.NotDifferentiableError, match="keeps parallel rows parallel") as caught:
        loss.hessian(V, towards=[[0.0, 1.0, 0.0], [0.0, 2.0, 0.0], [1.0, 0.0, 0.0]])
    assert caught.value.pairs == [(1, 4)]
    tilted = st.Network.random(1, 1000, rng=0).weights  # multiples of it are rounded
    with pytest.raises(st.NotDifferentiableError) as caught:
        st.PopulationLoss(tilted).hessian(tilted, towards=0.3 * tilted)
    assert caught.value.pairs == [(0, 1)]
    with pytest.raises(st.NotDifferentiableError) as caught:
        loss.hessian([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0]], towards=[[0.0, 0.0, 1.0], [0.0, 0.0, 2.0]])
    assert caught.value.pairs == [(0, 1), (1, 0)]
    assert np.allclose(loss.field_limit(V, V), (loss.gauss_newton(V) @ V.ravel()).reshape(V.shape))


def test_a_small_transverse_part_is_kept_to_rounding():
    """A tenth of a billionth of the radial one, in many digits: the same as the transverse part alone."""
    rng = np.random.default_rng(0)
    V, X = rng.standard_normal((2, 4)), rng.standard_normal((2, 4))
    loss = st.PopulationLoss(V)
    limit, alone = (loss.hessian(V, towards=direction).to_dense() for direction in (V + 1e-10 * X, X))
    assert np.allclose(limit, alone, atol=1e-5)  # V + 1e-10 X is rounded to 1e-16


def test_refusals():
    V = np.eye(3)
    loss = st.PopulationLoss(V)
    with pytest.raises(
        st.NotDifferentiableError,
        match=r"towards=X gives its limit.*Use gauss_newton, which exists there, for the least-squares",
    ):
        loss.hessian(V)
    with pytest.raises(ValueError, match="towards: a direction that is not zero"):
        loss.hessian(V, towards=0 * V)
    with pytest.raises(ValueError, match=r"towards: shape \(K, d\) with K = 3, d = 3 is required, got shape \(2, 3\)"):
        loss.hessian(V, towards=V[:2])
    exact = st.PopulationLoss(V, derivative="exact")
    for ask in (lambda: exact.hessian(V, towards=V[::-1]), lambda: exact.field_limit(V, V[::-1])):
        with pytest.raises(st.NotDifferentiableError, match="The loss has a cone"):
            ask()
    with pytest.raises(st.NotDifferentiableError, match="kink at a zero weight"):
        loss.hessian(V * [[0.0], [1.0], [1.0]], towards=V[::-1])


def test_one_neuron_is_a_jordan_block():
    """``1/2 + 1/2`` on the diagonal, and ``1/(2 pi)`` from across into the radial direction, of either sign."""
    v = np.array([[3.0, 4.0]])
    for sign in (1, -1):
        limit = st.PopulationLoss(v).hessian(v, towards=[[-4.0 * sign, 3.0 * sign]]).to_dense()
        expected = np.eye(2) + sign * np.outer([0.6, 0.8], [-0.8, 0.6]) / (2 * np.pi)
        assert np.allclose(limit, expected, atol=1e-15)


@pytest.mark.parametrize("length", [1e-160, 1e-30, 1e80, 1e150])
def test_lengths_beyond_the_reach_of_doubles(length):
    """ReLU's curvature does not depend on the length of rows that all share it."""
    V, X = st.Network.random(3, 4, rng=0).weights, st.Network.random(3, 4, rng=1).weights
    limit = st.PopulationLoss(V).hessian(V, towards=X).to_dense()
    assert np.allclose(st.PopulationLoss(length * V).hessian(length * V, towards=X).to_dense(), limit, atol=1e-14)


def test_smallest_eigenvalue_at_orthonormal_teachers():
    """``(pi - 2)/(2 pi)``, twice that of L2, whatever the direction; and the spectrum does not know the dimension."""
    for K, dim in ((5, 5), (5, 1000), (10, 30)):
        V, X = st.Network.orthonormal(K, dim).weights, st.Network.random(K, dim, rng=K).weights
        spectrum = st.PopulationLoss(V).hessian(V, towards=X).spectrum()
        assert abs(np.abs(spectrum.values - (np.pi - 2) / (2 * np.pi))).min() < 1e-13
        assert spectrum.multiplicities.sum() == K * dim


@pytest.mark.long
def test_it_is_the_mean_of_sampled_gradients():
    """Four million inputs, 0.02 off the teacher: what automatic differentiation returns, within five standard errors.

    The rest of the expansion, 2 percent, is taken from the closed field at the same place.
    """
    V = np.random.default_rng(0).standard_normal((3, 5))
    X, eps = np.random.default_rng(1).standard_normal((3, 5)), 0.02
    loss, W = st.PopulationLoss(V), V + 0.02 * X
    rng, totals = np.random.default_rng(2), []
    for _ in range(40):
        x = rng.standard_normal((100_000, 5))
        own, on = x @ W.T > 0, x @ V.T > 0
        delta = np.maximum(x @ W.T, 0).sum(1) - np.maximum(x @ V.T, 0).sum(1)
        slope = own @ W - on @ V
        totals.append([(own[:, i, None] * (delta[:, None] * x + slope)).mean(0) for i in range(3)])
    mean, error = np.mean(totals, axis=0) / eps, np.std(totals, axis=0, ddof=1) / np.sqrt(40) / eps
    rest = loss.gradient(W) / eps - loss.field_limit(V, X)
    assert np.abs(rest).max() < 0.1
    assert (np.abs(mean - loss.field_limit(V, X) - rest) < 5 * error).all()
    linear = (loss.gauss_newton(V) @ X.ravel()).reshape(X.shape)
    assert (np.abs(mean - linear - rest) > 10 * error).any()  # which training does not follow
