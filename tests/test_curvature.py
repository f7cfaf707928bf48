"""The structured operator against its own dense matrix, and its spectrum against dense linear algebra."""

import mpmath as mp
import numpy as np
import pytest
import scipy.sparse.linalg
from hypothesis import given
from hypothesis import strategies as hs

import sobolev_theory as st
from sobolev_theory import single_neuron
from sobolev_theory.symbolic import derive
from tests import oracles
from tests.strategies import problems, scale


def matrices(problem):
    """Hessian and Gauss-Newton matrix of a problem."""
    return problem.loss.hessian(problem.student), problem.loss.gauss_newton(problem.student)


@given(problems(), hs.integers(0, 2**32 - 1))
def test_products_with_vectors_matrices_and_transposes(problem, seed):
    x = np.random.default_rng(seed).standard_normal((problem.size, 2))
    for operator in matrices(problem):
        dense = operator.to_dense()
        bound = 1e-12 * max(scale(problem), np.abs(dense).max())
        assert operator.shape == dense.shape == (problem.size, problem.size)
        assert np.abs(operator @ x - dense @ x).max() < bound
        assert np.abs(operator @ x[:, 0] - dense @ x[:, 0]).max() < bound
        assert np.abs(operator.T @ x - dense.T @ x).max() < bound


@given(problems())
def test_symmetry_is_claimed_where_it_should_hold(problem):
    """Averaging with the transpose makes claimed symmetry exact; that it was there before is the next test but one."""
    assert problem.loss.gauss_newton(problem.student).is_symmetric
    if problem.loss.derivative == "exact":
        assert problem.loss.hessian(problem.student).is_symmetric


def test_the_backprop_hessian_of_the_jump_order_is_not_symmetric():
    hessian = st.PopulationLoss([[1.0, 1.0, 0.0]]).hessian([[1.0, 0.0, 0.0]])
    assert not hessian.is_symmetric
    assert np.abs(hessian.to_dense() - hessian.to_dense().T).max() > 0.1


@given(problems())
def test_symmetry_before_averaging(problem):
    """Where symmetry is claimed, the assembled matrix has it up to rounding: averaging hides nothing."""
    for operator in matrices(problem):
        if operator.is_symmetric:
            raw = operator._blocks.to_dense()
            assert np.abs(raw - raw.T).max() < 1e-12 * max(scale(problem), np.abs(raw).max())


@given(problems())
def test_gauss_newton_is_positive_semidefinite(problem):
    dense = problem.loss.gauss_newton(problem.student).to_dense()
    assert np.linalg.eigvalsh(dense).min() > -1e-13 * scale(problem)


@given(problems())
def test_spectrum_is_that_of_the_dense_matrix(problem):
    for operator in matrices(problem):
        spectrum, dense = operator.spectrum(), operator.to_dense()
        assert len(spectrum) == spectrum.multiplicities.sum() == problem.size
        values = np.repeat(spectrum.values, spectrum.multiplicities)
        if operator.is_symmetric:
            assert np.abs(values - np.linalg.eigvalsh(dense)).max() < 1e-12 * max(scale(problem), np.abs(dense).max())
        else:
            # eigenvalues of a general matrix may be ill-conditioned; traces of powers are not
            for power in (1, 2, 3):
                trace = np.trace(np.linalg.matrix_power(dense, power))
                assert abs((values**power).sum() - trace) < 1e-10 * max(scale(problem), np.abs(dense).max()) ** power
        assert spectrum.smallest <= spectrum.largest


@pytest.mark.parametrize("derivative", ["backprop", "exact"])
def test_dimension_only_adds_multiplicity(derivative):
    """The same weights padded with zeros: same values, and the bulk's multiplicity grows."""
    rng = np.random.default_rng(0)
    w, v = rng.standard_normal((2, 4)), rng.standard_normal((2, 4))
    spectra = []
    for pad in (10, 1000):
        wide = [np.hstack([x, np.zeros((2, pad))]) for x in (w, v)]
        spectra.append(st.PopulationLoss(wide[1], derivative=derivative).hessian(wide[0]).spectrum())
    np.testing.assert_allclose(spectra[0].values, spectra[1].values, atol=1e-13)
    assert sorted(spectra[1].multiplicities)[-2:] == [1000, 1000]
    assert len(spectra[1]) == 2 * 1004


def test_singular_values_of_a_non_symmetric_curvature():
    rng = np.random.default_rng(1)
    operator = st.PopulationLoss(rng.standard_normal((3, 20))).hessian(rng.standard_normal((2, 20)))
    exact = np.linalg.svd(operator.to_dense(), compute_uv=False)
    spectrum = operator.singular_values()
    np.testing.assert_allclose(np.repeat(spectrum.values, spectrum.multiplicities), np.sort(exact), rtol=1e-12)
    assert operator.condition_number("singular") == pytest.approx(exact[0] / exact[-1], rel=1e-12)
    with pytest.warns(st.ConditioningWarning, match="indefinite"):
        assert operator.condition_number() != pytest.approx(exact[0] / exact[-1], rel=1e-3)


def test_condition_number_of_a_singular_matrix_is_infinite():
    spectrum = st.Spectrum(np.array([0.0, 1.0]), np.array([1, 1]))
    with pytest.warns(st.ConditioningWarning, match="semidefinite"):
        assert spectrum.condition_number() == np.inf
    assert spectrum.modulus_ratio == np.inf


@pytest.mark.parametrize(
    ("values", "definiteness", "ratio"),
    [
        ([1.0, 2.0], "definite", 2.0),
        ([-4e-16, 2.0], "semidefinite", np.inf),  # 2 eps times the largest is rounding
        ([4e-16, 2.0], "semidefinite", np.inf),
        ([-1e-3, 2.0], "indefinite", 2e3),
        ([0.0, 0.0], "semidefinite", np.nan),
        ([1e-300, 1e300], "definite", np.inf),
    ],
)
def test_signs_that_rounding_leaves(values, definiteness, ratio):
    """An eigenvalue below the rounding of the largest is zero; the ratio of two that are is no number."""
    rounding = 4 * 2.0**-52 if max(values) == 2 else 0.0
    spectrum = st.Spectrum(np.array(values), np.array([1, 3]), rounding)
    assert spectrum.definiteness == definiteness
    assert spectrum.modulus_ratio == pytest.approx(ratio, rel=1e-12, nan_ok=True)
    assert (spectrum.smallest == 0) == (definiteness == "semidefinite")
    if definiteness != "definite":
        with pytest.warns(st.ConditioningWarning, match="definite_part"):
            spectrum.condition_number()
    if spectrum.largest > 0:
        assert spectrum.definite_part.definiteness == "definite"
    else:
        with pytest.raises(ValueError, match="a positive eigenvalue is required"):
            _ = spectrum.definite_part


@pytest.mark.parametrize("apart", [0.0, 1e-7])
def test_a_semidefinite_matrix_has_no_negative_eigenvalue(apart):
    """Equal rows, and rows so near that their difference is rounding; the quadratic's antisymmetric part is silent."""
    rows = np.array([[1.0, 0.0, 0.0], [1.0, apart, 0.0]])
    quadratic = derive("z**2", "square").activation
    for name, w in (("relu", rows), ("erf", rows), (quadratic, np.eye(3))):
        operator = st.PopulationLoss(st.Network(w, activation=name), "L2").gauss_newton(w)
        spectrum = operator.spectrum()
        assert spectrum.smallest == 0
        assert spectrum.definiteness == "semidefinite"
        assert operator.extreme_eigenvalues()[0] >= 0
        with pytest.warns(st.ConditioningWarning, match="semidefinite"):
            assert operator.condition_number() == np.inf


@pytest.mark.parametrize("derivative", ["backprop", "exact"])
@pytest.mark.parametrize("dim", [20, 60])
@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_extreme_eigenvalues_agree_with_the_dense_answer(norm, derivative, dim):
    rng = np.random.default_rng(2)
    student, teacher = (st.Network.random(12, dim, rng=rng) for _ in range(2))
    operator = st.PopulationLoss(teacher, norm, derivative=derivative).hessian(student)
    smallest, largest = operator.extreme_eigenvalues()
    dense = operator.to_dense()
    values = np.linalg.eigvalsh(dense) if operator.is_symmetric else np.linalg.eigvals(dense).real
    assert smallest == pytest.approx(values.min(), rel=1e-8, abs=1e-8)
    assert largest == pytest.approx(values.max(), rel=1e-8)


def test_it_is_a_scipy_linear_operator():
    operator = st.PopulationLoss(np.eye(3), "L2").gauss_newton(np.eye(3))
    assert isinstance(operator, scipy.sparse.linalg.LinearOperator)
    solution, status = scipy.sparse.linalg.cg(operator, np.ones(9), rtol=1e-12)
    assert status == 0
    np.testing.assert_allclose(operator.to_dense() @ solution, np.ones(9), atol=1e-10)


@pytest.mark.parametrize("width", [4, 10, 20])
def test_orthonormal_teacher_has_the_published_eigenvalues(width):
    """Arjevani & Field 2020: 1/4 - 1/(2 pi) and 1/4 + 1/(2 pi) with their multiplicities; H1 Gauss-Newton adds 1/4."""
    teacher = st.Network.orthonormal(width, width)
    for norm, shift in (("L2", 0.0), ("H1", 0.25)):
        spectrum = st.PopulationLoss(teacher, norm).gauss_newton(teacher).spectrum()
        for sign, count in ((-1, (width - 1) * (width - 2) // 2), (1, width * (width - 3) // 2)):
            expected = 0.25 + shift + sign / (2 * np.pi)
            assert spectrum.multiplicities[np.abs(spectrum.values - expected) < 1e-12].sum() >= count


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("derivative", ["backprop", "exact"])
@pytest.mark.parametrize("distance", [1e-3, 1e-8, 1e-12])
def test_nearly_parallel_rows_in_many_dimensions(derivative, distance, sign):
    """The directions e of near pairs are in the span only to 1e-16/theta; near pi a double does not hold the angle."""
    v = np.random.default_rng(0).standard_normal((3, 30))
    w = sign * 1.2 * v + distance * np.random.default_rng(1).standard_normal((3, 30))
    operator = st.PopulationLoss(v, derivative=derivative).hessian(w)
    dense = operator.to_dense()
    exact = np.sort(np.linalg.svd(dense, compute_uv=False))
    spectrum = operator.singular_values()
    values = np.repeat(spectrum.values, spectrum.multiplicities)
    assert np.abs(values - exact).max() < 90 * 2.0**-52 * exact.max()  # backward error of an SVD of this size


@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_exact_hessian_of_antiparallel_neighbours_against_the_oracle(norm):
    """One neuron at pi - theta = 1e-12: the divergent transverse eigenvalue keeps its digits."""
    v = np.array([[1.0, 0.0, 0.0]])
    w = np.array([[-1.0, 1e-12, 0.0]])
    transverse = st.PopulationLoss(v, norm, derivative="exact").hessian(w).to_dense()[2, 2]
    expected = 0.5 if norm == "L2" else 1 + 1 / (2 * np.pi * 1e-12)  # 1 + r cos(2 theta)/(2 pi sin(theta))
    assert transverse == pytest.approx(expected, rel=1e-11)  # 1e-12 sin(theta) is left out of the L2 one


def test_extreme_eigenvalues_over_a_wide_range_of_norms():
    """The small end is below the rounding of the large one: no tolerance relative to it can be met."""
    rng = np.random.default_rng(3)
    w, v = rng.standard_normal((20, 30)) * np.logspace(-4, 4, 20)[:, None], rng.standard_normal((20, 30))
    operator = st.PopulationLoss(v, "H1", activation="erf").gauss_newton(w)
    smallest, largest = operator.extreme_eigenvalues()
    spectrum = operator.spectrum()
    assert largest == pytest.approx(spectrum.largest, rel=1e-10)
    assert smallest == pytest.approx(spectrum.smallest, abs=1e-10 * largest)


def test_extreme_eigenvalues_of_a_singular_gauss_newton_matrix():
    """Found by iteration, to 1e-10 of the spread, but never below zero."""
    rows = np.repeat(np.random.default_rng(0).standard_normal((3, 20)), 7, axis=0)
    smallest, largest = st.PopulationLoss(rows, "L2").gauss_newton(rows).extreme_eigenvalues()
    assert 0 <= smallest <= 1e-10 * largest


def test_the_largest_eigenvalue_outside_the_span():
    """Derivatives of erf fall with ``|x|``, so that rows of about one direction curve the loss most across the span."""
    dim = 20
    rows = np.full(dim, dim**-0.5) + 0.1 * np.random.default_rng(2).standard_normal((12, dim))
    operator = st.PopulationLoss(rows[:1], "L2", activation="erf").gauss_newton(rows)
    values = np.linalg.eigvalsh(operator.to_dense())
    np.testing.assert_allclose(values[12 - dim :], values[-1], rtol=1e-12)
    assert operator.extreme_eigenvalues() == pytest.approx((values[0], values[-1]), rel=1e-8)


def test_extreme_eigenvalues_of_zero():
    silent = st.Network(np.eye(20, 40), np.zeros(20))
    assert st.PopulationLoss(np.eye(20, 40), "L2").hessian(silent).extreme_eigenvalues() == (0.0, 0.0)


@pytest.mark.parametrize("apart", [1e-3, 1e-8, 1e-12, np.pi - 1e-6])
@pytest.mark.parametrize("norm", ["H1", (0.0, 1.0), "L2"])
def test_exact_spectrum_of_near_rows_in_a_plane(norm, apart):
    """No direction is left in which curvature grows like 1/theta: eigenvalues to rounding, against closed forms."""
    row = np.array([[np.cos(apart), np.sin(apart)]])
    angle = np.arctan2(row[0, 1], row[0, 0])
    expected = np.sort(single_neuron.eigenvalues(angle, 1.0, norm, derivative="exact")[:2])
    hessian = st.PopulationLoss([[1.0, 0.0]], norm, derivative="exact").hessian(row)
    np.testing.assert_allclose(hessian.spectrum().values, expected, rtol=0, atol=4e-16)
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian.to_dense()), expected, rtol=0, atol=4e-16)


@pytest.mark.long
@pytest.mark.parametrize(("name", "norm"), [("relu", "H1"), ("relu2", "H2"), ("relu3", "H3")])
def test_exact_hessian_of_several_near_rows_in_a_plane(name, norm):
    """Against central differences of the oracle's gradient, in 60 digits: three students beside two near teachers."""
    w, v = np.array([[1.0, 1e-8], [1.0, -2e-8], [0.3, 1.0]]), np.array([[1.0, 0.0], [0.5, 2.0]])
    lambdas, ones = (1.0,) * (int(norm[1:]) + 1), ([1, 1, 1], [1, 1])
    with mp.workdps(60):
        step, columns = mp.mpf(10) ** -25, []
        for k in range(6):
            moved = [oracles.gradient(name, lambdas, "exact", _moved(w, k, sign * step), v, *ones) for sign in (1, -1)]
            columns.append([float((a - b) / (2 * step)) for a, b in zip(*moved, strict=True)])
    found = st.PopulationLoss(st.Network(v, activation=name), lambdas, derivative="exact").hessian(w).to_dense()
    np.testing.assert_allclose(found, np.array(columns).T, rtol=0, atol=2e-14 * np.abs(found).max())


def _moved(rows, k, step):
    """Rows of many digits, coordinate k of them moved."""
    exact = [[mp.mpf(x) for x in row] for row in rows]
    exact[k // 2][k % 2] += step
    return exact
