"""Condition-number ratios and the comparison table."""

import numpy as np
import pytest

import sobolev_theory as st


@pytest.mark.filterwarnings("ignore::sobolev_theory.ConditioningWarning")
def test_ratio_is_the_quotient_of_condition_numbers():
    student, teacher = st.Network.random(3, 30, rng=0), st.Network.random(4, 30, rng=1)
    kappa = {n: st.PopulationLoss(teacher, n).hessian(student).condition_number() for n in ("L2", "H1")}
    assert st.condition_number_ratio(student, teacher) == pytest.approx(kappa["H1"] / kappa["L2"], rel=1e-12)
    assert st.condition_number_ratio(student, teacher, norms=("L2", "L2")) == 1
    gauss_newton = st.condition_number_ratio(student, teacher, curvature="gauss_newton")
    exact = st.condition_number_ratio(student, teacher, derivative="exact")
    assert len({gauss_newton, exact, kappa["H1"] / kappa["L2"]}) == 3


def test_gauss_newton_at_the_teacher():
    """At W = V every norm has a Gauss-Newton matrix, though the H1 Hessian of ReLU does not exist."""
    teacher = st.Network.orthonormal(4, 6)
    assert st.condition_number_ratio(teacher, teacher, curvature="gauss_newton") < 1
    with pytest.raises(st.NotDifferentiableError):
        st.condition_number_ratio(teacher, teacher)


def test_rates_at_equal_sharpness():
    table = st.compare(st.Network.random(2, 8, rng=0), st.Network.random(2, 8, rng=1), norms=("L2", "H1", (1, 0.5)))
    first = table.rows[0]
    for row in table.rows:
        assert row.rate == row.smallest
        assert row.rate_equal_sharpness == pytest.approx(row.smallest / row.largest * first.largest)
    assert [row.norm for row in table.rows] == ["L2", "H1", "(1, 0.5)"]
    assert table.as_dicts()[1]["norm"] == "H1"
    assert "kappa" in str(table)


def test_doubling_a_loss_is_no_acceleration():
    """Twice L2 has twice the rate as it is, and the same rate at equal sharpness."""
    w, v = st.Network.random(2, 8, rng=0), st.Network.random(2, 8, rng=1)
    once, twice = st.compare(w, v, norms=((1.0,), (2.0,))).rows
    assert twice.rate == pytest.approx(2 * once.rate, rel=1e-12)
    assert twice.rate_equal_sharpness == pytest.approx(once.rate_equal_sharpness, rel=1e-12)
    assert twice.condition_number == pytest.approx(once.condition_number, rel=1e-12)


@pytest.mark.parametrize("norms", ["L2", ("L2",), ("L2", "H1", "H1")])
def test_a_ratio_needs_two_norms(norms):
    with pytest.raises(ValueError, match="norms"):
        st.condition_number_ratio(np.eye(2), -np.eye(2), norms=norms)


def test_no_rate_at_equal_sharpness_without_sharpness():
    """A first norm whose largest eigenvalue is negative is no reference."""
    student = st.Network([[-0.14940291]], [-0.3], activation="erf")
    teacher = st.Network([[0.25985779], [-4.46121861]], [4.9420172, 2.75246395], activation="erf")
    rows = st.compare(student, teacher).rows
    assert rows[0].largest < 0 < rows[1].largest
    assert all(np.isnan(row.rate_equal_sharpness) for row in rows)
    assert [row.definite for row in rows] == [False, True]
