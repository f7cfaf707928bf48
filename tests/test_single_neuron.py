"""One ReLU neuron: published eigenvalues, the oracle, the general machinery, and the condition-number theorems."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as hs

import sobolev_theory as st
from tests.oracles import single_neuron_block
from tests.oracles.committed import committed

SMALL = [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1.0]
ANGLES = [*SMALL, *np.linspace(1.1, 3, 5).tolist(), *(np.pi - x for x in (1e-12, 6e-10, 3e-7, 2e-4, 0.1))]
RATIOS = [1e-6, 1e-3, 1.0, 1e3, 1e6]


@pytest.mark.parametrize("derivative", ["backprop", "exact"])
@pytest.mark.parametrize("order", [0, 1])
def test_eigenvalues_are_those_of_the_oracle(order, derivative):
    """The in-plane block is triangular, so its eigenvalues are on the diagonal; scale: one, and the divergent
    entries' own size.
    """
    norm = [0.0] * order + [1.0]
    for angle in ANGLES:
        for ratio in RATIOS:
            block = np.array(committed(single_neuron_block, order, derivative, ratio, angle).tolist(), dtype=float)
            assert abs(block[1, 0]) < 1e-30
            values = st.single_neuron.eigenvalues(angle, ratio, norm, derivative=derivative)
            divergent = ratio / np.sin(angle) if derivative == "exact" and order == 1 else ratio
            assert np.abs(values - np.diag(block)).max() < 1e-15 * (1 + divergent)


def test_the_published_table():
    """Oh, Lyu & Son 2025: L2 and backprop H1; the exact J eigenvalues."""
    angle, ratio = 0.7, 1.3
    x = ratio * np.sin(angle) / np.pi
    eigenvalues = st.single_neuron.eigenvalues
    np.testing.assert_allclose(eigenvalues(angle, ratio, "L2"), [0.5, 0.5 - x, 0.5 - x / 2], rtol=1e-15)
    np.testing.assert_allclose(eigenvalues(angle, ratio, "H1"), [1, 1 - 1.5 * x, 1 - x / 2], rtol=1e-15)
    transverse = 0.5 + ratio * np.cos(angle) ** 2 / (2 * np.pi * np.sin(angle))
    exact = eigenvalues(angle, ratio, (0, 1), derivative="exact")
    np.testing.assert_allclose(exact, [0.5, 0.5 - x, transverse], rtol=1e-15)
    total = eigenvalues(angle, ratio, "H1", derivative="exact")[2]
    assert total == pytest.approx(1 + ratio * np.cos(2 * angle) / (2 * np.pi * np.sin(angle)), rel=1e-14)


@given(hs.floats(0.01, np.pi - 0.01), hs.floats(0.1, 3), hs.sampled_from(["L2", "H1", (0.3, 2.0)]))
def test_agreement_with_the_general_machinery(angle, ratio, norm):
    w, v = np.array([[1.0, 0, 0, 0]]), ratio * np.array([[np.cos(angle), np.sin(angle), 0, 0]])
    for derivative in ("backprop", "exact"):
        spectrum = st.PopulationLoss(v, norm, derivative=derivative).hessian(w).spectrum()
        values = np.repeat(spectrum.values, spectrum.multiplicities)
        closed = st.single_neuron.eigenvalues(angle, ratio, norm, derivative=derivative)
        expected = np.sort([*closed, closed[2]])  # d = 4: the transverse eigenvalue twice
        np.testing.assert_allclose(values, expected, atol=1e-13 * (1 + np.abs(expected).max()))


@given(hs.floats(0, np.pi), hs.floats(1e-3, 0.5))
def test_condition_numbers_and_their_ratio(angle, ratio):
    """x = r sin(theta)/pi < 1/2: kappa_L2 = 1/(1 - 2x), kappa_H1 = 1/(1 - 3x/2), and the ratio is at most 1."""
    x = ratio * np.sin(angle) / np.pi
    kappa = st.single_neuron.condition_number
    assert kappa(angle, ratio, "L2") == pytest.approx(1 / (1 - 2 * x), rel=1e-14)
    assert kappa(angle, ratio, "H1") == pytest.approx(1 / (1 - 1.5 * x), rel=1e-14)
    quotient = float(st.single_neuron.condition_number_ratio(angle, ratio))
    assert quotient == pytest.approx((1 - 2 * x) / (1 - 1.5 * x), rel=1e-14)
    assert quotient <= 1 + 1e-15
    assert (quotient < 1) or x < 1e-15


def test_indefinite_and_singular_hessians():
    """At x = 1/2 the L2 Hessian is singular; beyond, the condition number compares moduli and an eigenvalue is
    negative.
    """
    ratio = np.pi  # x = sin(theta)
    with pytest.warns(st.ConditioningWarning, match="at 1 of 1 points, such as angle=0.523599, ratio=3.14159"):
        assert st.single_neuron.condition_number(np.arcsin(0.5), ratio, "L2") == np.inf
    assert st.single_neuron.eigenvalues(1.0, ratio, "L2").min() < 0
    with pytest.warns(st.ConditioningWarning, match="Meaningful are single_neuron.eigenvalues"):
        kappa = st.single_neuron.condition_number(1.0, ratio, "L2")
    assert kappa == pytest.approx(0.5 / abs(0.5 - np.sin(1.0) / 2))


def test_ratios_without_meaning_warn_and_are_nan_if_both_are_infinite():
    """At x >= 1/2 the L2 Hessian is singular or indefinite; at x = 1/2 it has no condition number but infinity."""
    quotient = st.single_neuron.condition_number_ratio
    x = 2.5 * np.sin(1) / np.pi  # 0.67: moduli are least in the plane for H1, 3x/2 - 1, across it for L2, (1 - x)/2
    with pytest.warns(st.ConditioningWarning, match="angle=1, ratio=2.5"):
        assert quotient(angle=1.0, ratio=2.5) == pytest.approx((1 - x) / (1.5 * x - 1), rel=1e-12)
    with pytest.warns(st.ConditioningWarning, match="at 1 of 2 points, such as angle=1.5708"):
        values = quotient([0.3, np.pi / 2], np.pi / 2, norms=("L2", "L2"))
    np.testing.assert_array_equal(values, [1, np.nan])
    below = np.nextafter(np.pi / 2, 0)  # 1/2 - x = 6e-17 is rounding
    with pytest.warns(st.ConditioningWarning):
        assert np.isnan(quotient(np.pi / 2, below, norms=("L2", "L2")))
    with pytest.warns(st.ConditioningWarning):
        assert quotient(np.pi / 2, np.pi / 2) == 0  # over an infinite one


def test_numbers_give_numbers():
    """Also numbers in an array of no dimension; arrays give arrays of the broadcast shape."""
    for angle in (0.3, np.array(0.3), np.float64(0.3)):
        assert isinstance(st.single_neuron.condition_number(angle), float)
        assert isinstance(st.single_neuron.condition_number_ratio(angle), float)
    assert st.single_neuron.condition_number_ratio([0.3]).shape == (1,)


def test_definite_however_sharp_and_in_any_units():
    """Beside the exact cone the transverse eigenvalue grows, the others keep their digits; weights up to the largest
    double are one unit.
    """
    kappa = st.single_neuron.condition_number
    assert 1e-16 * kappa(1e-16, 1.0, derivative="exact") == pytest.approx(1 / (2 * np.pi), rel=1e-12)
    assert kappa(0.0, derivative="exact") == np.inf
    assert kappa(1.0, 1.0, (1e308, 1e308)) == kappa(1.0, 1.0, "H1")


def test_end_points():
    """Angle 0: continuous extension; the exact H1 curvature diverges there, the backprop one does not."""
    np.testing.assert_array_equal(st.single_neuron.eigenvalues(0.0), [1, 1, 1])
    assert st.single_neuron.eigenvalues(0.0, derivative="exact")[2] == np.inf
    assert st.single_neuron.condition_number_ratio(0.0) == 1


def test_shapes_broadcast():
    angle, ratio = np.full((4, 1), 0.3), np.ones(5)
    assert st.single_neuron.eigenvalues(angle, ratio).shape == (4, 5, 3)
    assert st.single_neuron.condition_number(angle, ratio).shape == (4, 5)
    assert st.single_neuron.condition_number_ratio(angle, ratio).shape == (4, 5)
    assert st.single_neuron.condition_number_ratio(0.3).shape == ()


@pytest.mark.filterwarnings("ignore::sobolev_theory.ConditioningWarning")
def test_blocks_do_not_change_results(monkeypatch):
    rng = np.random.default_rng(0)
    angle, ratio = rng.uniform(0, np.pi, (30, 7)), rng.uniform(0.1, 2, 7)
    whole = st.single_neuron.condition_number_ratio(angle, ratio)
    monkeypatch.setattr("sobolev_theory.single_neuron.spectrum.BLOCK", 16)
    np.testing.assert_allclose(st.single_neuron.condition_number_ratio(angle, ratio), whole, rtol=1e-15)
