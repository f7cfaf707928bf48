"""Condition-number ratios and the comparison table."""

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.conditioning import extremes
from sobolev_theory.conditioning.comparison import LOCAL
from sobolev_theory.norms import Norm


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


def test_a_ratio_of_indefinite_hessians_warns():
    """Far from the teacher neither condition number means a rate; the message names what does."""
    student, teacher = st.Network.random(20, 50, rng=1), st.Network.random(20, 50, rng=0)
    with pytest.warns(st.ConditioningWarning) as caught:
        ratio = st.condition_number_ratio(student, teacher)
    (warning,) = caught
    assert warning.filename == __file__
    message = str(warning.message)
    for part in ("that of H1 is indefinite (-0.676)", "that of L2 is indefinite (-0.403)", 'curvature="gauss_newton"'):
        assert part in message
    assert ratio == pytest.approx(0.00334484, rel=1e-5)  # eigenvalues down to 5e-7 of the largest


def test_what_the_warning_offers_is_meaningful():
    """Each of these runs, and warns no more."""
    student, teacher = st.Network.random(3, 5, rng=1), st.Network.random(3, 5, rng=0)
    H = st.PopulationLoss(teacher, "L2").hessian(student)
    assert H.spectrum().definiteness == "indefinite"
    assert H.condition_number(kind="singular") > 1
    assert H.spectrum().definite_part.condition_number() > 1
    assert st.condition_number_ratio(student, teacher, curvature="gauss_newton") > 0


def test_a_ratio_of_two_singular_matrices_is_nan():
    """Equal students, and students without a say."""
    with pytest.warns(st.ConditioningWarning, match="that of H1 is singular to rounding") as caught:
        assert np.isnan(st.condition_number_ratio(np.ones((2, 3)), np.eye(2, 3), curvature="gauss_newton"))
    assert 'curvature="gauss_newton", which' not in str(caught[0].message)
    silent = st.Network(np.eye(2, 3), [0.0, 0.0])
    with pytest.warns(st.ConditioningWarning):
        assert np.isnan(st.condition_number_ratio(silent, np.eye(2, 3), curvature="gauss_newton"))


@pytest.mark.parametrize(
    "student",
    [
        np.ones((3, 5)),
        np.array([[1.0, 0.0], [1.0, 1e-17]]),
    ],
)
def test_semidefinite_matrices_are_said_to_be_so(student):
    """Zero to rounding: rate 0, kappa infinite, "semi", and a line that says what it means."""
    table = st.compare(student, student, curvature="gauss_newton")
    for row in table.rows:
        assert (row.smallest, row.rate, row.rate_equal_sharpness) == (0, 0, 0)
        assert row.condition_number == np.inf
        assert row.definiteness == "semidefinite"
        assert not row.definite
    assert [cells[-1] for cells in table.cells()] == ["semi", "semi"]
    assert "L2, H1: eigenvalues are 0 to rounding" in str(table)


def test_a_zero_matrix_has_no_condition_number():
    table = st.compare(st.Network(np.eye(2, 3), [0.0, 0.0]), np.eye(2, 3), curvature="gauss_newton")
    assert np.isnan([[row.condition_number, row.rate_equal_sharpness] for row in table.rows]).all()
    assert [row.rate for row in table.rows] == [0, 0]
    assert "equal sharpness: nan where" in str(table)


def test_one_norm_is_plain():
    """By name or as a value; one of weights stands in a list."""
    student, teacher = [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]
    expected = st.compare(student, teacher, norms=["H1"])
    for norms in ("H1", Norm.parse("H1")):
        assert st.compare(student, teacher, norms=norms) == expected
    (row,) = st.compare(student, teacher, norms=[(1, 0.5)]).rows
    assert row.norm == "(1, 0.5)"
    with pytest.raises(ValueError, match="norms: two norms"):
        st.condition_number_ratio(student, teacher, norms="H1")


def test_what_is_compared_is_local_and_said_to_be():
    """At angle 1 H1 has the smaller kappa, while its flow at equal sharpness is slower: at its end both are 1."""
    student, teacher = [[np.cos(1), np.sin(1), 0.0]], [[1.0, 0.0, 0.0]]
    assert st.condition_number_ratio(student, teacher) == pytest.approx(0.776, abs=1e-3)
    beside = [[1.0, 1e-6, 0.0]]
    assert st.condition_number_ratio(beside, teacher) == pytest.approx(1, abs=1e-6)
    assert st.compare(student, teacher).notes == (LOCAL,)
    assert "a flow ends with those of its end" in LOCAL


@pytest.mark.parametrize("curvature", ["hessian", "gauss_newton"])
@pytest.mark.parametrize("dim", [12, 60])
def test_iterated_ends_are_those_of_the_whole_spectrum(curvature, dim, monkeypatch):
    """Near a teacher of 12 neurons, with coordinates beyond the span and without: printed digits agree."""
    teacher = st.Network.orthonormal(12, dim)
    student = st.Network(teacher.weights + 0.01 * st.Network.random(12, dim, rng=0).weights)
    monkeypatch.setattr(extremes, "WHOLE", np.inf)
    whole = st.compare(student, teacher, ("L2", "H1"), curvature=curvature)
    monkeypatch.setattr(extremes, "WHOLE", 0)
    monkeypatch.setattr(extremes, "_of_spectrum", None)
    iterated = st.compare(student, teacher, ("L2", "H1"), curvature=curvature)
    assert iterated.cells() == whole.cells()
    assert all(row.definite for row in whole.rows)
    for row, other in zip(iterated.rows, whole.rows, strict=True):
        assert row.condition_number == pytest.approx(other.condition_number, rel=1e-8)


def test_indefinite_ends_are_those_of_the_whole_spectrum(monkeypatch):
    """And a condition number is left out, with the reason, only where the spectrum is too large for it."""
    student, teacher = st.Network.random(12, 40, rng=0), st.Network.random(12, 40, rng=1)
    whole = st.compare(student, teacher)
    monkeypatch.setattr(extremes, "WHOLE", 0)
    assert st.compare(student, teacher) == whole
    monkeypatch.setattr(extremes, "AFFORDED", 0)
    large = st.compare(student, teacher)
    for row, other in zip(large.rows, whole.rows, strict=True):
        assert row.smallest == pytest.approx(other.smallest, rel=1e-8)
        assert row.definiteness == other.definiteness == "indefinite"
        assert np.isnan(row.condition_number)
    assert "L2, H1: kappa is left out, which beyond size 0" in str(large)
    with pytest.warns(st.ConditioningWarning):
        assert np.isnan(st.condition_number_ratio(student, teacher))


def test_complex_ends_are_left_to_the_whole_spectrum():
    """A matrix that is not symmetric, definite, whose eigenvalues of least real part are a pair: the disc sees it."""
    matrix = np.array([[1.0, 0.5, 0, 0], [-0.5, 1.0, 0, 0], [0, 0, 2.0, 0], [0, 0, 0, 3.0]])

    class Pair:
        on_span, _bulk, is_symmetric = np.kron(np.eye(10), matrix), np.array([[2.0]]), False

    assert extremes._moduli(Pair(), 1.0, 3.0) is None
    Pair.on_span = np.kron(np.eye(10), np.diag([1.0, 1.5, 2.0, 3.0]))
    low, high = extremes._moduli(Pair(), 1.0, 3.0)
    assert (low, high) == (1.0, pytest.approx(3.0))


@pytest.mark.long
def test_large_comparisons_take_seconds():
    """K = 60, d = 100: a spectrum of size 6000 would take minutes."""
    rows = st.compare(st.Network.random(60, 100, rng=1), st.Network.random(60, 100, rng=0)).rows
    assert [row.definiteness for row in rows] == ["indefinite", "indefinite"]
    assert rows[0].smallest == pytest.approx(-0.456081, rel=1e-5)


@pytest.mark.parametrize("function", [st.compare, st.condition_number_ratio, st.optimal_weight])
def test_at_a_teacher_the_message_advises(function):
    teacher = st.Network.orthonormal(2, 3)
    with pytest.raises(st.NotDifferentiableError, match="Use gauss_newton"):
        function(teacher, teacher)
