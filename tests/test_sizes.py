"""What does not fit is refused before work begins, with what to ask for in its place."""

import time
from functools import partial

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory._runtime import sizes
from sobolev_theory.pairs import blocks_of_rows
from tests.memory import peak


def curvature(width: int, dim: int, norm: str = "L2"):
    """A Hessian of random rows."""
    student, teacher = (st.Network.random(width, dim, rng=seed) for seed in (0, 1))
    return st.PopulationLoss(teacher, norm).hessian(student)


def test_a_dense_matrix_of_many_dimensions():
    hessian = curvature(5, 10**6)
    with pytest.raises(st.SizeError, match=r"to_dense: a 5000000 x 5000000 matrix: .* GiB.*H @ x, extreme_eigenvalues"):
        hessian.to_dense()
    assert len(hessian.spectrum()) == 5 * 10**6
    for view in (hessian.block("weights", "weights"), hessian.neuron_block(0, 1)):
        with pytest.raises(
            st.SizeError, match=r"to_dense: a (5|1)000000 x .*; its products with vectors do not form it"
        ):
            view.to_dense()
    with pytest.raises(st.SizeError, match=r"k: 1000000 eigenvectors of 5000000 entries: .* lower k"):
        hessian.eigenpairs(10**6)


@pytest.mark.parametrize("name", ["spectrum", "singular_values", "condition_number"])
def test_the_whole_spectrum_of_many_neurons(name):
    hessian, start = curvature(500, 1000), time.monotonic()
    with pytest.raises(st.SizeError, match=r"500000 x 500000 matrix.*extreme_eigenvalues"):
        getattr(hessian, name)()
    assert time.monotonic() - start < 5


def test_hours_are_refused_and_minutes_announced(monkeypatch):
    """Of 60 neurons in 100 dimensions: 6000^3 operations, a few times."""
    monkeypatch.setattr(sizes, "available_memory", lambda: 2**60)
    with pytest.warns(UserWarning, match="6000 x 6000 matrix: this takes minutes; extreme_eigenvalues"):
        sizes.require_spectrum(6000, symmetric=True, stacklevel=1)
    for size, symmetric in ((50_000, True), (22_000, False)):
        with pytest.raises(st.SizeError, match="operations are needed, more than 1e"):
            sizes.require_spectrum(size, symmetric=symmetric, stacklevel=1)
    sizes.require_spectrum(2000, symmetric=False, stacklevel=1)


@pytest.mark.parametrize("make", [st.Network.random, st.Network.orthonormal])
@pytest.mark.parametrize("shape", [(99_999_999, 99_999_999), (1, 10**30), (1, 10**400), (1, 10**5000)])
def test_networks_that_do_not_fit(make, shape):
    with pytest.raises(st.SizeError, match=r"width, dim: weights of shape .* lower width or dim"):
        make(*shape)


def test_a_descent_that_does_not_fit():
    """Of more steps than any double holds."""
    with pytest.raises(st.SizeError, match=r"steps: about 10\^39\d.* GiB are needed.*take fewer steps"):
        st.gradient_descent(st.PopulationLoss([[1.0, 0.0]], "L2"), [[0.0, 1.0]], 10**400, step=0.1)


def test_the_warning_of_minutes_names_the_caller(monkeypatch):
    """Not a line of the package."""
    monkeypatch.setattr(sizes, "LONG", 0.0)
    hessian = curvature(2, 3)
    for call in (hessian.spectrum, partial(st.optimal_weight, np.eye(2), [[0.6, 0.8], [0.8, -0.6]])):  # no frame more
        with pytest.warns(UserWarning, match="takes minutes") as caught:
            call()
        assert all(warning.filename == __file__ for warning in caught if issubclass(warning.category, UserWarning))


@pytest.mark.parametrize("make", [st.Network.random, st.Network.orthonormal])
def test_networks_of_more_numbers_than_a_double_counts(make):
    with pytest.raises(st.SizeError, match=r"^width, dim: weights of shape \(2, about 10\^5000\): about 10\^"):
        make(2, 10**5000)


def test_pairs_that_do_not_fit(monkeypatch):
    monkeypatch.setattr(sizes, "available_memory", lambda: 2**30)
    rows = np.ones((5000, 1))
    with pytest.raises(st.SizeError, match="all pairs of 5000 neurons with 10000"):
        st.PopulationLoss(rows, "L2").gradient(rows)


@pytest.mark.parametrize("quantity", ["value", "gradient", "hessian", "gauss_newton"])
@pytest.mark.parametrize("dim", [2, 5])
def test_the_memory_of_pairs_is_what_they_take(monkeypatch, quantity, dim):
    """At least, and at most eight times of it; a Hessian takes several times what a gradient does."""
    judged = []
    monkeypatch.setattr(blocks_of_rows, "MANY", 0)
    monkeypatch.setattr(blocks_of_rows, "BLOCK", 2**10)
    monkeypatch.setattr(blocks_of_rows, "require_memory", lambda what, numbers, advice: judged.append(8 * numbers))
    student, teacher = (st.Network.random(100, dim, rng=seed) for seed in (0, 1))
    loss = st.PopulationLoss(teacher, "H1")
    taken = peak(*[partial(getattr(loss, quantity), student)] * 3)
    assert taken <= max(judged) <= 8 * taken


def test_a_machine_that_does_not_tell_its_memory(monkeypatch):
    def silent(name: str) -> int:
        raise ValueError(name)

    monkeypatch.setattr(sizes.os, "sysconf", silent)
    sizes.available_memory.cache_clear()
    assert sizes.available_memory() == sizes.UNKNOWN // 2
    sizes.available_memory.cache_clear()


def test_more_steps_than_a_double_counts():
    with pytest.raises(st.SizeError, match=r"^steps: about 10\^\d+ GiB are needed"):
        st.gradient_descent(st.PopulationLoss([[1.0, 0.0]], "L2"), [[1.5, 0.0]], 10**5000)
