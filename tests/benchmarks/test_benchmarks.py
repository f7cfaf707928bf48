"""Costs as ratios to a reference measured in the same run; nothing here asserts a time.

``python -m pytest tests/benchmarks -o addopts=`` prints the ratios. Each figure is the
smallest of interleaved repetitions of code and reference, so that a busy machine slows both.
"""

from collections.abc import Callable

import numpy as np
import pytest

import sobolev_theory as st


@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_gradient(ratio, rng, norm):
    w, v, c = (rng.standard_normal(shape) for shape in ((1000, 1000), (1000, 1000), (1000, 2000)))
    u = np.vstack([w, v])
    loss = st.PopulationLoss(v, norm)
    ratio(f"gradient {norm}, K = M = d = 1000", lambda: loss.gradient(w), lambda: (w @ u.T, c @ u), 1.5)


@pytest.mark.parametrize("activation", ["relu", "erf"])
@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_value_of_a_thousand_neurons(ratio, norm, activation):
    student, teacher = (st.Network.random(1000, 100, rng=seed, activation=activation) for seed in (0, 1))
    loss = st.PopulationLoss(teacher, norm)
    name = f"value over gradient, {activation} {norm}, K = M = 1000, d = 100"
    ratio(name, lambda: loss.value(student), lambda: loss.gradient(student), 1.5)


@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_gradient_of_two_neurons(ratio, norm):
    """What costs is not arithmetic: the reference is as many calls of NumPy on arrays of that size."""
    student, teacher = (st.Network.random(2, 20, rng=seed) for seed in (0, 1))
    loss, rows = st.PopulationLoss(teacher, norm), np.vstack([student.weights, teacher.weights])

    def calls() -> None:
        for _ in range(100):
            for _ in range(20):
                np.multiply(rows, rows)
                rows.dot(rows.T)

    def gradients() -> None:
        for _ in range(100):
            loss.gradient(student)

    ratio(f"gradient {norm}, K = M = 2, d = 20, over 40 calls of NumPy", gradients, calls, 2)


def test_hessian_vector_product(ratio, rng):
    w, v, x, a, c = (
        rng.standard_normal(s) for s in ((1000, 1000), (1000, 1000), (1000, 1000), (1000, 1000), (1000, 2000))
    )
    u = np.vstack([w, v])
    hessian = st.PopulationLoss(v).hessian(w)
    ratio(
        "Hessian-vector product H1, K = M = d = 1000", lambda: hessian @ x.ravel(), lambda: (x @ u.T, a @ x, c @ u), 1.5
    )


def test_spectrum_in_a_million_dimensions(ratio, rng):
    w, v = rng.standard_normal((2, 5, 10**6))
    u = np.vstack([w, v])
    loss = st.PopulationLoss(v)
    ratio(
        "spectrum, K = M = 5, d = 10^6, over one QR", lambda: loss.hessian(w).spectrum(), lambda: np.linalg.qr(u.T), 3
    )


def test_spectrum_in_every_parameter_in_a_million_dimensions(ratio, rng):
    w, v = rng.standard_normal((2, 5, 10**6)) / 1000
    biases, u = rng.standard_normal(5), np.vstack([w, v])
    loss, student = st.PopulationLoss(st.Network(v, biases=biases), parameters="all"), st.Network(w, biases=-biases)
    ratio(
        "spectrum with biases, all parameters, K = M = 5, d = 10^6, over one QR",
        lambda: loss.hessian(student).spectrum(),
        lambda: np.linalg.qr(u.T),
        4,
    )


def test_product_for_a_general_covariance(ratio, rng):
    factor = rng.standard_normal((2000, 4000)) / 50
    covariance, x = factor @ factor.T, rng.standard_normal(20 * 2000)
    W, V = (st.Network.random(20, 2000, rng=seed) for seed in (0, 1))
    general = st.PopulationLoss(V, inputs=st.Inputs(covariance=covariance)).hessian(W)
    standard = st.PopulationLoss(V).hessian(W)
    ratio(
        "Hessian-vector product, K = M = 20, d = 2000, dense covariance, over products with it and the standard one",
        lambda: general @ x,
        lambda: (x.reshape(20, 2000) @ covariance, standard @ x),
        1.5,
        repetitions=50,
    )


@pytest.mark.parametrize(("norm", "derivative"), [("L2", "backprop"), ("H1", "backprop"), ("H1", "exact")])
def test_whole_spectrum(ratio, rng, norm, derivative):
    w, v = rng.standard_normal((2, 20, 1000))
    matrix = rng.standard_normal((800, 800))
    loss = st.PopulationLoss(v, norm, derivative=derivative)
    symmetric = loss.hessian(w).is_symmetric
    solver, dense = (np.linalg.eigvalsh, matrix + matrix.T) if symmetric else (np.linalg.eigvals, matrix)
    name = f"spectrum {norm} {derivative}, K = M = 20, d = 1000, over {solver.__name__} of 800 x 800"
    ratio(name, lambda: loss.hessian(w).spectrum(), lambda: solver(dense), 2.5)


def test_single_neuron(ratio, rng):
    angle, neurons = rng.uniform(0, np.pi, 10**6), rng.uniform(0.1, 1.5, 10**6)
    call = st.single_neuron.condition_number_ratio
    ratio(
        "condition_number_ratio on 10^6 pairs, over numpy.sin", lambda: call(angle, neurons), lambda: np.sin(angle), 5
    )


@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_extreme_eigenvalues(benchmark, rng, norm):
    student, teacher = (st.Network.random(300, 600, rng=rng) for _ in range(2))
    operator = st.PopulationLoss(teacher, norm).hessian(student)
    smallest, largest = benchmark.pedantic(operator.extreme_eigenvalues, rounds=1)
    assert smallest < largest


def test_flow_in_many_dimensions(ratio, rng):
    """Target: 3 times the flow in 20 dimensions, and one QR."""
    teachers = {d: np.eye(10, d) for d in (20, 10**5)}
    starts = {d: v + 0.3 * rng.standard_normal(v.shape) / np.sqrt(d) for d, v in teachers.items()}
    stacked = np.vstack([starts[10**5], teachers[10**5]]).T

    def flow(d):
        start, teacher = starts[d], teachers[d]
        return st.gradient_flow(st.PopulationLoss(teacher), start, 50.0).loss

    name = "flow H1, K = M = 10, t = 50, d = 10^5, over d = 20 and one QR"
    ratio(name, lambda: flow(10**5), lambda: (flow(20), np.linalg.qr(stacked)), 3)


def test_search_in_parallel(ratio):
    """The start of the processes included; 0.5 would be a speed-up of two."""
    loss = st.PopulationLoss(np.eye(6), "L2")

    def search(workers: int) -> Callable[[], object]:
        return lambda: st.find_critical_points(loss, 6, 1000, rng=6, workers=workers)

    ratio("1000 searches at K = 6, two processes over one", search(2), search(1), 0.55, repetitions=1)


def test_limit_of_the_hessian_at_a_teacher(ratio):
    """Over the Hessian beside it, each with its spectrum: what is added is one projection for each parallel pair."""
    V, X = st.Network.orthonormal(5, 10**6).weights, st.Network.random(5, 10**6, rng=0).weights
    loss, beside = st.PopulationLoss(V), V + 1e-7 * X
    ratio(
        "limit of the Hessian over the Hessian, K = 5, d = 10^6, with spectra",
        lambda: loss.hessian(V, towards=X).spectrum(),
        lambda: loss.hessian(beside).spectrum(),
        1.5,
    )


@pytest.mark.parametrize(("activation", "bound"), [("leaky_relu(0.1)", 1.5), ("abs", 1.5)])
def test_gradient_of_two_slopes(ratio, rng, activation, bound):
    """The kernels are those of ReLU, scaled."""
    w, v = rng.standard_normal((2, 200, 100)) / 10
    loss, relu = (st.PopulationLoss(v, "H1", activation=name) for name in (activation, "relu"))
    name = f"gradient H1 of {activation} over relu, K = M = 200, d = 100"
    ratio(name, lambda: loss.gradient(w), lambda: relu.gradient(w), bound, 50)
