"""Condition-number ratios and the comparison table."""

import pickle
from functools import partial

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.conditioning import extremes
from sobolev_theory.conditioning.compare import _worst
from sobolev_theory.conditioning.comparison import AGREE, DIFFER, LEAST_SQUARES, LOCAL
from sobolev_theory.conditioning.directions import _in_few_dimensions, _up_to_rotation
from sobolev_theory.conditioning.extremes import Extremes
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
    assert "hold near these weights, and change as training moves on" in LOCAL


def test_gauss_newton_matrices_are_not_said_to_be_those_of_training():
    """They are at the teacher, for the norms without the order that jumps; for the others a limit is (towards)."""
    teacher = np.eye(2, 3)
    of = {
        activation: st.compare(teacher, teacher, norms, curvature="gauss_newton", activation=activation).notes
        for activation, norms in {"relu": ("L2", "H1", (1, 0.5)), "relu2": ("H1",), "erf": ("L2", "H1")}.items()
    }
    for notes in of.values():
        assert notes[0] == LEAST_SQUARES
        assert LOCAL not in notes
    assert of["relu"][1:] == (f"L2: {AGREE}", f"H1, (1, 0.5): {DIFFER}")
    assert of["relu2"][1:] == (f"H1: {AGREE}",)
    assert of["erf"][1:] == (f"L2, H1: {AGREE}",)
    for activation, norm, same in (("relu", "L2", True), ("relu", "H1", False), ("relu2", "H1", True)):
        loss = st.PopulationLoss(teacher, norm, activation=activation)
        hessian = loss.hessian(teacher, towards=[[0.3, -0.5, 0.7], [0.2, 0.4, -0.6]]).to_dense()
        assert np.allclose(hessian, loss.gauss_newton(teacher).to_dense(), rtol=0, atol=1e-12) is same


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
        on_span, outside, is_symmetric = np.kron(np.eye(10), matrix), [(np.array([[2.0]]), 1)], False

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
    """And all that it names works."""
    teacher = np.eye(2, 3)
    with pytest.raises(
        st.NotDifferentiableError, match=r"rows of the stacked weights .*: \(0, 2\), \(1, 3\)"
    ) as caught:
        function(teacher, teacher)
    for option in ("towards=X", 'towards="random"', "gauss_newton"):
        assert option in str(caught.value)
    function(teacher, teacher, towards="random", directions=2)
    function(teacher, teacher, curvature="gauss_newton")


# --- limits along directions ------------------------------------------------------------------------------------------

SLOWEST = (np.pi - 2) / (2 * np.pi)
"""Of antisymmetric displacements of zero column sums: of H1 along every direction, twice that of L2."""


def limit_at_orthonormal(X):
    """The H1 limit of ReLU at the first unit vectors along a displacement (K, d), by hand.

    Gauss-Newton from the moments of independent Gaussians and their steps, and what kinks that move add to the field,
    ``(sum_(j != i) v_j (v_i . X_j) + v_i |X_i - (v_i . X_i) v_i|) / (2 pi)``, differentiated in ``X``.
    """
    width, dim = X.shape
    steps = np.full((width, width), 0.25) + 0.25 * np.eye(width)
    matrix = 2 * np.einsum("ij,ab->iajb", steps, np.eye(dim))
    for i in range(width):
        for j in range(width):
            if i != j:
                matrix[i, i, j, j] += 1 / (2 * np.pi)
                matrix[i, j, j, i] += 1 / (2 * np.pi)
                matrix[i, j, j, i] += 1 / (2 * np.pi)  # e_(j -> i) = v_i
        across = X[i] * (np.arange(dim) != i)
        matrix[i, i, i] += across / np.linalg.norm(across) / (2 * np.pi)
    return matrix.reshape(width * dim, width * dim)


def kappa_by_hand(matrix):
    moduli = np.abs(np.linalg.eigvals(matrix))
    return moduli.max() / moduli.min()


def test_along_a_direction_it_is_the_limit_by_hand():
    X = np.random.default_rng(0).standard_normal((4, 7))
    matrix = limit_at_orthonormal(X)
    values = np.linalg.eigvals(matrix)
    table = st.compare(np.eye(4, 7), np.eye(4, 7), towards=3.0 * X)
    row = table["H1"]
    assert row.smallest == pytest.approx(values.real.min(), rel=1e-12)
    assert row.largest == pytest.approx(values.real.max(), rel=1e-12)
    assert row.condition_number == pytest.approx(kappa_by_hand(matrix), rel=1e-12)
    assert row.rate_equal_sharpness == pytest.approx(row.smallest / row.largest * table["L2"].largest, rel=1e-12)
    assert [one.is_limit for one in table] == [False, True]
    assert "limit along a direction (training)" in table.title
    assert "L2: the Hessian exists, and is its own limit" in table.notes
    ratio = st.condition_number_ratio(np.eye(4, 7), np.eye(4, 7), towards=X)
    assert ratio == pytest.approx(row.condition_number / table["L2"].condition_number, rel=1e-12)


def test_where_nothing_is_parallel_it_is_the_hessian():
    student, teacher = st.Network.random(3, 6, rng=0), st.Network.random(3, 6, rng=1)
    plain = st.compare(student, teacher)
    for towards in (np.ones((3, 6)), "random"):
        table = st.compare(student, teacher, towards=towards, directions=4, rng=0)
        assert [row.smallest for row in table] == [row.smallest for row in plain]
        assert "L2, H1: the Hessian exists" in str(table)
        assert not any(row.is_limit for row in table)
    assert table["H1"].largest.spread == 0


def test_random_directions_are_the_same_for_all_norms_and_quotients_are_taken_for_each():
    """In few dimensions they are rows of one Gaussian array, so that they can be drawn again by hand."""
    teacher = np.eye(3)
    rng = np.random.default_rng(np.random.default_rng(5).integers(2**32, size=4))
    by_hand = [limit_at_orthonormal(X) for X in rng.standard_normal((20, 3, 3))]
    kappa = np.array([kappa_by_hand(matrix) for matrix in by_hand])
    values = [np.linalg.eigvals(matrix).real for matrix in by_hand]
    shares = np.array([one.min() / one.max() for one in values])
    table = st.compare(teacher, teacher, ("H1", "L2", (0, 1)), towards="random", directions=20, rng=5)
    row = table["H1"]
    np.testing.assert_allclose(row.condition_number.values, kappa, rtol=1e-12)
    np.testing.assert_allclose(row.rate_equal_sharpness.values, [one.min() for one in values], rtol=1e-12)
    sharpness = np.array([one.max() for one in values])
    l2 = table["L2"].smallest / table["L2"].largest  # at the sharpness of H1, that of the direction
    np.testing.assert_allclose(table["L2"].rate_equal_sharpness.values, l2 * sharpness, rtol=1e-12)
    assert row.condition_number == pytest.approx(kappa.mean(), rel=1e-12)
    assert row.condition_number.spread == pytest.approx(kappa.std(ddof=1), rel=1e-9)
    assert row.condition_number.standard_error == pytest.approx(kappa.std(ddof=1) / 20**0.5, rel=1e-9)
    assert not np.allclose(shares, shares[0], rtol=1e-3)
    ratio = st.condition_number_ratio(teacher, teacher, ("H1", (0, 1)), towards="random", directions=20, rng=5)
    quotients = kappa / table["(0, 1)"].condition_number.values
    np.testing.assert_allclose(ratio.values, quotients, rtol=1e-12)
    assert (ratio, ratio.spread) == (pytest.approx(quotients.mean()), pytest.approx(quotients.std(ddof=1), rel=1e-9))
    twice = st.condition_number_ratio(teacher, teacher, ((2, 2), "H1"), towards="random", directions=5, rng=5)
    np.testing.assert_allclose(twice.values, 1, rtol=1e-12)


def test_in_many_dimensions_random_directions_have_the_law_of_gaussian_ones():
    """Means agree to four standard errors of their difference, variances to a factor of 2: 1 in 1e5 would not.

    Students are multiples of the teacher's rows; then one of another student too, so that their joint displacement
    matters. The drawn coordinates are fewer than 15.
    """
    rng = np.random.default_rng(3)
    V = rng.standard_normal((2, 15)) / 4
    loss, W = st.PopulationLoss(V), V * [[3.0], [0.7]]
    for student, names in ((W, ("smallest", "largest")), (np.vstack([W, 1.3 * W[:1]]), ("largest",))):
        plain = [loss.hessian(student, towards=X).spectrum() for X in rng.standard_normal((150, *student.shape))]
        table = st.compare(student, V, towards="random", directions=150, rng=4)
        for name in names:
            found, samples = getattr(table["H1"], name), np.array([getattr(one, name) for one in plain])
            error = np.hypot(found.standard_error, samples.std(ddof=1) / 150**0.5)
            assert abs(found - samples.mean()) < 4 * error
            assert 0.5 < (found.spread / samples.std(ddof=1)) ** 2 < 2
            assert found.spread > 1e-5


def test_parallel_rows_stay_so_in_other_coordinates():
    """To the last bit, though rotation rounds them apart."""
    V = np.random.default_rng(0).standard_normal((2, 30))
    W = V * [[3.0], [1.0]] * (1 + 5e-14 * np.random.default_rng(1).standard_normal((2, 30)))
    loss = st.PopulationLoss(V)
    few, inside = _in_few_dimensions(loss, loss.at(W), [(0, 2), (1, 3)])
    assert (inside, few.dim) == (2, 3)
    for i, j in ((0, 2), (1, 3)):
        ratio = few.rows[j, :2] / few.rows[i, :2]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-15)


@pytest.mark.parametrize("axes", [1, 3])
def test_gaussian_rows_up_to_rotation(axes):
    """Inner products are Wishart: means ``m I``, variances ``2 m`` and ``m``; on one axis only lengths are kept.

    Within five standard errors of 4000 samples, that of a variance being less than a tenth of it.
    """
    count, dim = 4000, 7
    rows = _up_to_rotation(np.random.default_rng(0), (count, 3), dim, axes)
    assert rows.shape == (count, 3, axes)
    gram = rows @ rows.transpose(0, 2, 1)
    squares = np.diagonal(gram, axis1=1, axis2=2)
    np.testing.assert_allclose(squares.mean(axis=0), dim, atol=5 * (2 * dim / count) ** 0.5)
    np.testing.assert_allclose(squares.var(axis=0), 2 * dim, rtol=0.3)
    if axes == 3:
        off = gram[:, [0, 0, 1], [1, 2, 2]]
        np.testing.assert_allclose(off.mean(axis=0), 0, atol=5 * (dim / count) ** 0.5)
        np.testing.assert_allclose(off.var(axis=0), dim, rtol=0.3)


def test_students_parallel_to_one_another_take_as_many_axes_as_there_are():
    V = np.random.default_rng(0).standard_normal((2, 30))
    loss, W = st.PopulationLoss(V), np.vstack([V, 2 * V[:1]])
    few, inside = _in_few_dimensions(loss, loss.at(W), [(0, 2), (0, 3), (1, 4), (2, 0), (2, 3)])
    assert (inside, few.dim) == (2, 5)


REDUNDANT = np.array([[0.3], [0.7], [0.2], [0.2], [0.6]]) * np.eye(2, 6)[[0, 0, 1, 1, 1]]
"""Two neurons in place of the first of two teachers, three in place of the second: together they are the teacher."""


@pytest.mark.parametrize("options", [{}, {"parameters": ("weights", "biases")}])
def test_neurons_in_place_of_one_leave_zeros_in_jordan_blocks(options):
    """Of m neurons of one direction the sum of the displacements decays. Of the others ``m - 1`` rest, but for their
    parts along the neuron, which grow by what the first have across it: zeros, d for each, but ``m - 1`` in blocks.
    """
    V, W = st.Network(np.eye(2, 6), biases=np.zeros(2)), st.Network(REDUNDANT, biases=np.zeros(5))
    table = st.compare(W, V, towards="random", directions=20, rng=0, **options)
    assert [row.definiteness for row in table] == ["semidefinite", "semidefinite"]
    assert [(row.smallest, row.rate, row.condition_number) for row in table] == [(0, 0, np.inf)] * 2
    loss = st.PopulationLoss(V, **options)
    X = np.random.default_rng(1).standard_normal(loss.layout(5).size)
    limit = loss.hessian(W, towards=X)
    zeros = 3 * loss.layout(5).size // 5
    values = np.asarray(limit.spectrum())
    assert (values == 0).sum() == zeros
    assert (values.real[zeros:] > 0.1).all()
    assert np.linalg.matrix_rank(limit.to_dense(), tol=1e-12) == len(values) - zeros + 3


def test_an_iteration_tells_such_zeros_to_the_root_of_its_accuracy(monkeypatch):
    """Off by more than its accuracy along some directions; by how much along one is a matter of rounding."""
    monkeypatch.setattr(extremes, "WHOLE", 0)
    monkeypatch.setattr(extremes, "AFFORDED", 0)
    V = np.vstack([np.eye(2, 12), np.eye(5, 12, 2)])
    W = np.vstack([np.pad(REDUNDANT, ((0, 0), (0, 6))), V[2:]])
    lowest = []
    for rng in map(np.random.default_rng, range(4)):
        limit = st.PopulationLoss(V).hessian(W, towards=rng.standard_normal(W.shape))  # 120 x 120
        lowest.append(limit.extreme_eigenvalues()[0])
        found = extremes.extremes(limit)
        assert (found.smallest, found.condition_number, found.definiteness) == (0, np.inf, "semidefinite")
    assert min(lowest) < -extremes.ITERATED


def test_the_worst_direction_is_that_of_the_smallest_eigenvalue():
    some = [
        Extremes(low, 1.0, 1.0, kind) for low, kind in ((0.5, "definite"), (-0.1, "indefinite"), (0.0, "semidefinite"))
    ]
    assert _worst(some).definiteness == "indefinite"


@pytest.mark.parametrize("dim", [5, 100_000])
def test_the_slowest_displacements_do_not_depend_on_the_direction(dim):
    """An eigenvalue along every direction for a count of dimensions: (K - 1)(K - 2)/2 left eigenvectors; nothing is
    slower along any of these. A hundred directions take milliseconds in any dimension.
    """
    teacher = np.eye(5, dim)
    table = st.compare(teacher, teacher, towards="random", rng=0)
    np.testing.assert_allclose(table["H1"].smallest.values, SLOWEST, rtol=0, atol=1e-13)
    assert (table["H1"].smallest.spread, table["L2"].condition_number.spread) == (0, 0)
    ratio = st.condition_number_ratio(teacher, teacher, towards="random", rng=0)
    assert abs(ratio - 0.9463) < 0.0015
    assert 0 < ratio.standard_error < 1e-3


@pytest.mark.long
@pytest.mark.parametrize(("width", "ratio", "within"), [(3, 0.948, 0.005), (10, 0.9519, 5e-4), (20, 0.9642, 2e-4)])
def test_the_gain_vanishes_as_the_width_grows(width, ratio, within):
    """Ratios of `limit_at_orthonormal` over 100 directions; at no direction is anything slower."""
    teacher = np.eye(width)
    found = st.condition_number_ratio(teacher, teacher, towards="random", rng=1)
    assert found == pytest.approx(ratio, abs=within)
    assert found.standard_error < within / 2
    rng = np.random.default_rng(2)
    for _ in range(3):
        values = np.linalg.eigvals(limit_at_orthonormal(rng.standard_normal((width, width))))
        assert values.real.min() == pytest.approx(SLOWEST, abs=1e-9)
        assert (np.abs(values - SLOWEST) < 1e-9).sum() == (width - 1) * (width - 2) // 2
    table = st.compare(teacher, teacher, "H1", towards="random", rng=1, directions=10)
    np.testing.assert_allclose(table["H1"].smallest.values, SLOWEST, rtol=0, atol=1e-9)


@pytest.mark.long
def test_where_neurons_overlap_training_gains():
    """At a teacher that is not orthonormal kappa along directions falls, and steps of gradient descent in proportion:
    ``(kappa + 1)/2`` times a logarithm, counted from one start.
    """
    V = st.Network.random(5, 20, rng=0)
    X = np.random.default_rng(7).standard_normal(V.weights.shape)
    yardstick, steps, kappa = st.PopulationLoss(V, "L2"), {}, {}
    for norm in ("L2", "H1"):
        loss, W, steps[norm] = st.PopulationLoss(V, norm), V.weights + 0.02 * X, 0
        limit = loss.hessian(V, towards=X)
        kappa[norm], best = limit.condition_number(), st.best_step(limit)
        level = 1e-6 * yardstick.value(W)
        while yardstick.value(W) > level:
            W = W - best.step * loss.gradient(W)
            steps[norm] += 1
    assert kappa["H1"] / kappa["L2"] == pytest.approx(0.7, abs=0.05)
    assert steps["H1"] / steps["L2"] == pytest.approx(kappa["H1"] / kappa["L2"], rel=0.1)


def test_one_neuron_has_one_eigenvalue_along_every_direction():
    """A Jordan block in any coordinates."""
    for teacher in ([[1.0, 0.0, 0.0]], [[0.3, -0.7, 0.2]]):
        row = st.compare(teacher, teacher, [(1, 0.5)], towards="random", directions=5, rng=0)[0]
        assert row.condition_number == pytest.approx(1, abs=1e-7)  # square root of rounding
        assert row.smallest == pytest.approx(0.75, abs=1e-7)


def test_tables_over_directions_have_a_line_for_each_statistic():
    teacher = np.eye(3, 4)
    table = st.compare(teacher, teacher, towards="random", directions=5, rng=0)
    assert "limit along 5 random directions (training)" in table.title
    assert [line[:2] for line in table.cells()] == [
        [norm, name] for norm in ("L2", "H1") for name in ("mean", "spread", "std error")
    ]
    row, data = table["H1"], table.as_dicts()[1]
    assert data["largest"] == float(row.largest)
    assert type(data["largest"]) is float
    assert data["spread"]["largest"] == row.largest.spread
    assert data["standard_error"]["condition_number"] == row.condition_number.standard_error
    assert f"{row.condition_number.standard_error:.6g}" in str(table)
    assert "spread" not in st.compare(teacher, teacher, "L2").as_dicts()[0]
    assert repr(row.largest).startswith("SampleMean(mean=")
    again = pickle.loads(pickle.dumps(table))
    assert again == table
    assert again["H1"].largest.spread == row.largest.spread


def test_weights_of_the_same_seed_are_no_direction():
    """Along themselves they have no limit."""
    teacher = st.Network.random(3, 3, rng=0)
    assert st.condition_number_ratio(teacher, teacher, towards="random", directions=2, rng=0) < 1
    rng = np.random.default_rng(0)
    one, two = (st.condition_number_ratio(teacher, teacher, towards="random", directions=2, rng=rng) for _ in "12")
    assert one != two


def test_a_single_random_direction_has_no_spread():
    mean = st.condition_number_ratio(np.eye(2), np.eye(2), towards="random", directions=1, rng=0)
    assert np.isnan([mean.spread, mean.standard_error]).all()
    assert mean == mean.values[0]


def test_coincident_students_are_singular_along_every_direction():
    W = np.vstack([np.eye(2, 9), 2 * np.eye(2, 9)])
    with pytest.warns(st.ConditioningWarning, match="singular"):
        ratio = st.condition_number_ratio(W, np.eye(2, 9), towards="random", directions=3, rng=0)
    assert np.isnan(ratio)
    table = st.compare(W, np.eye(2, 9), "H1", towards="random", directions=3, rng=0)
    assert table["H1"].definiteness == "semidefinite"
    assert table["H1"].condition_number == np.inf
    assert np.isnan(table["H1"].condition_number.spread)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"towards": "randm"}, r"towards: a direction.* or 'random' is required, got 'randm'; did you mean 'random'\?"),
        ({"towards": np.zeros((2, 3))}, "towards: a direction that is not zero"),
        ({"towards": np.ones((3, 2))}, "towards: shape .* its transpose, x.T, would fit"),
        ({"towards": np.full((2, 3), np.nan)}, "towards: finite numbers"),
        ({"towards": [[0.0, 1.0, 0.0], [0.0, 5.0, 0.0]]}, r"keeps parallel rows parallel.*\(1, 3\)"),
        ({"towards": "random", "directions": 0}, "directions: a positive integer"),
        ({"towards": "random", "directions": 2.5}, "directions: a positive integer"),
        ({"towards": "random", "directions": 10**12}, "directions: .* GiB"),
        ({"towards": "random", "rng": "seed"}, "rng: "),
        ({"towards": "random", "curvature": "gauss_newton"}, r"towards: curvature=\"hessian\" is required"),
        ({"towards": np.eye(2, 3), "curvature": "gauss_newton"}, r"towards: curvature=\"hessian\" is required"),
        ({"towards": "random", "derivative": "exact"}, "The loss has a cone there"),
    ],
)
@pytest.mark.parametrize("function", [st.compare, st.condition_number_ratio, st.optimal_weight])
def test_directions_that_make_no_sense(function, options, message):
    with pytest.raises(ValueError, match=message):
        function(np.eye(2, 3), np.eye(2, 3), **options)


def test_a_zero_row_has_no_limit():
    with pytest.raises(st.NotDifferentiableError, match="kink at a zero weight"):
        st.compare([[1.0, 0.0], [0.0, 0.0]], np.eye(2), towards="random")


def test_random_directions_of_weights_alone_beside_biases_and_other_inputs():
    """Along random directions of hidden weights: a mean of limits along directions of all parameters whose other parts
    are 0, of which the blocks of weights are the same."""
    teacher = st.Network([[1.0, 0.2], [0.1, -0.8]], [1.0, -0.7], [0.3, -0.2], 0.1)
    inputs = st.Inputs([0.1, 0.0], [1.0, 2.0])
    found = st.compare(teacher, teacher, ("H1",), towards="random", directions=3, rng=0, inputs=inputs)["H1"]
    drawn = np.random.default_rng(np.random.default_rng(0).integers(2**32, size=4)).standard_normal((3, 4))
    whole = st.PopulationLoss(teacher, "H1", inputs=inputs, parameters="all")
    limits = [whole.hessian(teacher, towards=[0, 0, *X, 0, 0, 0]).block("weights", "weights").to_dense() for X in drawn]
    expected = [np.linalg.eigvals(limit).real.min() for limit in limits]
    assert found.smallest == pytest.approx(np.mean(expected), rel=1e-12)
    assert found.is_limit


def test_what_compares_norms_takes_a_list_of_them():
    """The keyword of a loss is refused in its place, not by what is called inside."""
    for compare in (st.compare, st.condition_number_ratio, st.steps_to, partial(st.compare_flows, t_max=1.0)):
        with pytest.raises(TypeError, match=r"^norm: norms, a list of norms, is required"):
            compare(np.eye(2), np.ones((1, 2)), norm="H1")
