"""The structured operator against its own dense matrix, and its spectrum against dense linear algebra."""

import dataclasses
import itertools
from functools import partial

import mpmath as mp
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse.linalg
from hypothesis import given
from hypothesis import strategies as hs

import sobolev_theory as st
from sobolev_theory import single_neuron
from sobolev_theory._runtime import sizes
from sobolev_theory.curvature import eigenpairs as iteration_of_pairs
from sobolev_theory.curvature import operator as ends
from sobolev_theory.curvature.blocks import Blocks, Multiple
from sobolev_theory.curvature.eigenvalues import eigenvalues
from sobolev_theory.curvature.matrix import Generators
from sobolev_theory.curvature.operator import Curvature
from sobolev_theory.curvature.shifted import Shifted
from sobolev_theory.curvature.spaces import Space
from sobolev_theory.curvature.terms import Outer, Reference, Sparse
from sobolev_theory.eigenspaces import eigenspaces
from sobolev_theory.forms import Form
from sobolev_theory.layout import Layout
from sobolev_theory.symbolic import derive
from tests import oracles
from tests.memory import peak
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


@pytest.mark.parametrize(("name", "norm"), [("relu", "H1"), ("relu2", "H2"), ("relu3", "H3")])
def test_an_exact_hessian_in_a_plane_is_that_of_the_plane_in_space(name, norm):
    """Of rows of any length, where blocks of a plane are formed otherwise: without what cancels at parallel rows."""
    rng = np.random.default_rng(4)
    w, v = (np.array([[0.5], [3.0]]) * rng.standard_normal((2, 2)) for _ in range(2))
    plane, space = (
        st.PopulationLoss(st.Network(np.pad(v, ((0, 0), (0, more))), activation=name), norm, derivative="exact")
        .hessian(np.pad(w, ((0, 0), (0, more))))
        .to_dense()
        for more in (0, 1)
    )
    inside = space.reshape(2, 3, 2, 3)[:, :2, :, :2].reshape(4, 4)
    np.testing.assert_allclose(plane, inside, rtol=0, atol=1e-13 * np.abs(inside).max())


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


FORMS = {
    "one": (None, None),
    "diagonal": (np.repeat([0.5, 2.0], [10, 14]), np.repeat([1.0, 3.0], [19, 5])),
    "spiked": ("spikes", None),
    "distinct": (np.linspace(0.1, 3.0, 24), None),
    "singular": (np.repeat([0.0, 1.0], [11, 13]), None),
}
"""Covariance and metric in 24 dimensions, which have joint eigenspaces."""


def forms(kind: str) -> tuple[Form, Form]:
    covariance, metric = FORMS[kind]
    if isinstance(covariance, str):
        spikes = np.random.default_rng(5).standard_normal((24, 2))
        covariance = 0.3 * np.eye(24) + spikes @ spikes.T
    return Form.parse("covariance", covariance, 24), Form.parse("metric", metric, 24)


def random_blocks(
    kind: str, names: tuple[str, ...] = ("weights",), *, symmetric: bool = True, seed: int = 0
) -> Curvature:
    """Terms of every shape in random vectors of four neurons, some of which depend on one another."""
    rng, layout = np.random.default_rng(seed), Layout(4, 24, names)
    R, D = layout.rows_shape
    vectors = rng.standard_normal((9, D))
    vectors[6] = vectors[0] - 2 * vectors[3]
    covariance, metric = forms(kind)
    places = [Reference(start, which) for start in (0, 2) for which in ("first", "second")] + [Reference(7, "fixed")]
    outer = [Outer(rng.standard_normal((4, 4)), left, right) for left in places for right in places[:3]]
    outer += [Outer(rng.standard_normal((4, 5)), left, right, own=True) for left in places for right in places[2:]]
    outer.append(Outer(rng.standard_normal((4, 1)), places[0], places[4], own=True))
    at = [rng.integers(0, size, 20) for size in (R, R, 9, 9)]
    sparse = Sparse(*at, rng.standard_normal(20))
    space, multiples = None, ()
    if "weights" in names:
        space = Space(covariance, metric)
        multiples = tuple(map(Multiple, rng.standard_normal((2, 4, 4)), (covariance, metric)))
    blocks = Blocks(R, vectors, multiples, tuple(outer), sparse, space)
    blocks = blocks.plus(blocks.transposed()) if symmetric else blocks
    return Curvature(blocks, layout, is_symmetric=symmetric)


def by_definition(curvature: Curvature) -> np.ndarray:
    """The matrix in the order of flat vectors, entry by entry of all terms."""
    blocks, layout = curvature._blocks, curvature.layout
    dense = np.zeros((blocks.width, blocks.dim, blocks.width, blocks.dim))

    def vector(reference: Reference, i: int, j: int) -> np.ndarray:
        return blocks.vectors[reference.start + {"first": i, "second": j, "fixed": 0}[reference.kind]]

    for term in blocks.outer:
        for (i, j), c in np.ndenumerate(term.coefficient):
            dense[i, :, i if term.own else j] += c * np.outer(vector(term.left, i, j), vector(term.right, i, j))
    for row, column, left, right, c in zip(*vars(blocks.sparse).values(), strict=True):
        dense[row, :, column] += c * np.outer(blocks.vectors[left], blocks.vectors[right])
    for term in blocks.multiples:
        for (i, k), c in np.ndenumerate(term.coefficient):
            dense[i, : term.form.dim, k, : term.form.dim] += c * term.form.to_dense()
    size = blocks.width * blocks.dim
    return dense.reshape(size, size)[np.ix_(layout.index, layout.index)]


ALL_NAMES = ("output_weights", "weights", "biases", "output_bias")
OTHERS = [("weights",), ("weights", "biases"), ("output_weights", "biases"), ("output_weights", "weights")]
CASES = [(kind, ALL_NAMES) for kind in FORMS] + [("spiked", names) for names in OTHERS]
EACH_CASE = pytest.mark.parametrize(
    ("kind", "names"), CASES, ids=[f"{kind} {' '.join(names)}" for kind, names in CASES]
)


@EACH_CASE
def test_blocks_are_what_their_terms_say(kind, names):
    """Products, matrix, transpose, rescaling, sums and multiples, to some roundings of numbers of size 100."""
    one, two = (random_blocks(kind, names, symmetric=False, seed=seed) for seed in (0, 1))
    dense, other = by_definition(one), by_definition(two)
    x, units = np.random.default_rng(2).standard_normal(one.shape[0]), np.array([0.5, 2.0, 3.0, 1.0])
    rows = np.append(units, 1.0)[: one._blocks.width, None] * np.ones(one._blocks.dim)
    stretch = one.layout.flat(rows)
    for found, expected in (
        (one @ x, dense @ x),
        (one.T @ x, dense.T @ x),
        (one.to_dense(), dense),
        (one.T.to_dense(), dense.T),
        (one.scaled(units).to_dense(), stretch[:, None] * dense * stretch),
        ((one + two).to_dense(), dense + other),
        ((one - 0.5 * one).to_dense(), dense / 2),
        ((one.T / 2 - two * 3) @ x, (dense.T / 2 - 3 * other) @ x),
        (one.diagonal(), dense.diagonal()),
        (one.trace(), dense.trace()),
    ):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(dense).max())
    wide = one._blocks.vectors.astype(np.longdouble)
    units = dataclasses.replace(one._blocks, vectors=wide).on_units()
    np.testing.assert_allclose(np.linalg.norm(units.vectors, axis=1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(units.to_dense(), one._blocks.to_dense(), rtol=0, atol=1e-12 * np.abs(dense).max())


@pytest.mark.parametrize("names", [ALL_NAMES, *OTHERS], ids=" ".join)
def test_views_are_parts_of_the_matrix(names):
    curvature = random_blocks("spiked", names, symmetric=False)
    dense, layout, rng = by_definition(curvature), curvature.layout, np.random.default_rng(3)
    atol = 1e-12 * np.abs(dense).max()
    for rows in names:
        for columns in names:
            expected, view = dense[layout.slices[rows], layout.slices[columns]], curvature.block(rows, columns)
            assert view.shape == expected.shape
            x, y = (rng.standard_normal((size, 2)) for size in view.shape)
            np.testing.assert_allclose(view.to_dense(), expected, rtol=0, atol=atol)
            np.testing.assert_allclose(view @ y, expected @ y, rtol=0, atol=atol)
            np.testing.assert_allclose(view.T @ x, expected.T @ x, rtol=0, atol=atol)
            np.testing.assert_allclose(view.T.to_dense(), expected.T, rtol=0, atol=atol)
    places = layout.rows(np.arange(1.0, layout.size + 1))[: layout.width].astype(int) - 1  # weight, bias, output weight
    for i, j in ((0, 0), (1, 3), (3, 1)):
        expected, view = dense[np.ix_(places[i], places[j])], curvature.neuron_block(i, j)
        x = rng.standard_normal(view.shape[1])
        np.testing.assert_allclose(view.to_dense(), expected, rtol=0, atol=atol)
        np.testing.assert_allclose(view @ x, expected @ x, rtol=0, atol=atol)
        np.testing.assert_allclose(view.T @ x, expected.T @ x, rtol=0, atol=atol)


@EACH_CASE
def test_spectra_on_invariant_spaces(kind, names):
    """The vectors have rank 8 in each eigenspace that is large enough: what is left of one counts alone."""
    curvature = random_blocks(kind, names)
    dense, spectrum = by_definition(curvature), curvature.spectrum()
    exact = np.linalg.eigvalsh((dense + dense.T) / 2)
    atol = 1e-15 * len(dense) * np.abs(exact).max()  # a backward error
    np.testing.assert_allclose(np.asarray(spectrum), exact, rtol=0, atol=atol)
    found = [np.asarray(random_blocks(kind, names, symmetric=False).singular_values())]
    left = [part.dim - 8 for part in eigenspaces(*forms(kind)) if part.dim > 8] if "weights" in names else []
    assert [count for _, count in curvature.outside] == left
    assert ("across it" in spectrum.structure) == bool(left)
    assert spectrum.structure in repr(spectrum)
    exact = np.linalg.svd(by_definition(random_blocks(kind, names, symmetric=False)), compute_uv=False)
    np.testing.assert_allclose(found[0], np.sort(exact), rtol=0, atol=atol)


def covariance_of(kind: str) -> tuple[np.ndarray | None, list[int]]:
    """One in thirty dimensions, and the dimensions of its eigenspaces."""
    rng = np.random.default_rng(6)
    axes = np.linalg.qr(rng.standard_normal((30, 30)))[0]
    spikes = rng.standard_normal((30, 2))
    turned = (axes * np.repeat([0.0, 1.0, 2.0], [3, 17, 10])) @ axes.T
    general = (axes * np.linspace(0.5, 2.0, 30)) @ axes.T
    return {
        "identity": (None, [30]),
        "three variances": (np.repeat([0.5, 1.0, 2.0], [4, 17, 9]), [4, 17, 9]),
        "three eigenvalues": ((turned + turned.T) / 2, [3, 17, 10]),
        "spiked": (0.7 * np.eye(30) + spikes @ spikes.T, [28, 1, 1]),
        "general": ((general + general.T) / 2, [1] * 30),
    }[kind]


def affine_loss(kind: str, activation: str) -> tuple[st.PopulationLoss, st.Network]:
    """Three students of two teachers, with a mean, biases and both sets of output weights; lengths of rows differ."""
    rng = np.random.default_rng(7)
    student, teacher = (
        st.Network(
            rng.standard_normal((K, 30)) * np.geomspace(0.1, 1, K)[:, None],
            *rng.standard_normal((2, K)),
            rng.standard_normal(),
            activation,
        )
        for K in (3, 2)
    )
    inputs = st.Inputs(rng.standard_normal(30), covariance_of(kind)[0])
    return st.PopulationLoss(teacher, inputs=inputs, parameters="all", derivative="exact"), student


@pytest.mark.parametrize("quantity", ["hessian", "gauss_newton"])
@pytest.mark.parametrize("kind", ["identity", "three variances", "three eigenvalues", "spiked", "general"])
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_spectra_of_every_parameter_on_invariant_spaces(activation, kind, quantity):
    """With ``n`` vectors, all rows and the mean, an eigenspace of dimension ``d_l`` has ``n_l = min(d_l, n)`` of them.

    The dense matrix has size ``K (sum n_l + 2) + 1``; K other eigenvalues count ``d_l - n_l`` times each. Of a
    Gauss-Newton matrix the rows are those of students.
    """
    loss, student = affine_loss(kind, activation)
    n = 3 + 2 * (quantity == "hessian") + 1
    inside = [min(d, n) for d in covariance_of(kind)[1]]
    outside = [d - n for d in covariance_of(kind)[1] if d > n]
    curvature = getattr(loss, quantity)(student)
    (dense, once), *others = curvature.parts()
    assert (len(dense), once) == (3 * (sum(inside) + 2) + 1, 1)
    assert [(len(matrix), count) for matrix, count in others] == [(3, count) for count in outside]
    spectrum, exact = curvature.spectrum(), np.linalg.eigvalsh(curvature.to_dense())
    assert spectrum.size == curvature.shape[0] == 3 * 32 + 1
    assert sorted(spectrum.multiplicities)[len(dense) :] == sorted(np.repeat(outside, 3))
    atol = len(exact) * np.finfo(float).eps * np.abs(exact).max()
    np.testing.assert_allclose(np.asarray(spectrum), exact, rtol=0, atol=atol)


def test_a_general_covariance_is_refused_where_a_reduced_one_fits(monkeypatch):
    """By the operations of the matrix on the invariant space: here at most those of 60 x 60."""
    monkeypatch.setattr(sizes, "ENDLESS", 4 / 3 * 60.0**3)
    curvatures = {}
    for kind in ("spiked", "general"):
        loss, student = affine_loss(kind, "erf")
        curvatures[kind] = loss.hessian(student)
    assert curvatures["spiked"].spectrum().structure.startswith("of 31 x 31 on an invariant space")
    with pytest.raises(st.SizeError, match=r"dense 97 x 97 matrix.*extreme_eigenvalues"):
        curvatures["general"].spectrum()


def test_a_block_of_parameters_forms_nothing():
    """Less memory than one of the forty rows takes; the block of the weights has 320 GB."""
    student, teacher = (st.Network.random(20, 10**4, rng=seed) for seed in (0, 1))
    loss = st.PopulationLoss(teacher, parameters="all")
    hessians = [loss.hessian(student) for _ in range(3)]

    def are_transposed(hessian, rows, columns):
        return hessian.block(rows, columns).T.shape == hessian.block(columns, rows).shape

    for names in itertools.product(ALL_NAMES, ALL_NAMES):
        assert peak(*(partial(are_transposed, hessian, *names) for hessian in hessians)) < 64 * 1024
        assert are_transposed(hessians[0], *names)


@pytest.mark.parametrize("kind", FORMS)
def test_extreme_eigenvalues_by_iteration(monkeypatch, kind):
    """On invariant spaces; where there is none, the lower end by shift and inversion; at 1e-10 of the spread."""
    monkeypatch.setattr(ends, "DENSE", 0)
    for curvature in (random_blocks(kind), -random_blocks(kind, ALL_NAMES, seed=3)):
        exact = np.linalg.eigvalsh(by_definition(curvature))
        found = curvature.extreme_eigenvalues()
        np.testing.assert_allclose(found, exact[[0, -1]], rtol=0, atol=2e-10 * np.ptp(exact))
    shifted = Shifted.of(curvature._blocks, curvature.layout)
    assert (shifted is not None) == (kind != "one")
    if shifted is not None:
        x, product = np.random.default_rng(0).standard_normal(len(exact)), shifted.inverse(exact[0] - 1.0)
        solved = curvature.layout.flat(product(curvature.layout.rows(x)))
        residual = curvature @ solved - (exact[0] - 1.0) * solved - x
        assert np.abs(residual).max() < 1e-15 * np.ptp(exact) * len(exact) * np.linalg.norm(solved)


def test_the_inverse_in_a_basis_of_axes_forms_no_matrix():
    """Variances that all differ, and 4000 of them: a matrix has 128 MB, a row 32 kB."""
    d, rng = 4000, np.random.default_rng(0)
    inputs, rows = st.Inputs(covariance=rng.permutation(np.linspace(1, 2, d))), rng.standard_normal((2, d))
    curvature = st.PopulationLoss(rows[:1], "L2", inputs=inputs).gauss_newton(rows[1:])

    def solved():
        return Shifted.of(curvature._blocks, curvature.layout).inverse(-1.0)(rows[:1]).ravel()

    assert peak(solved) < 8e6
    np.testing.assert_allclose(curvature @ solved() + solved(), rows[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dense_up_to", [4096, 0])
@pytest.mark.parametrize("which", ["smallest", "largest"])
@pytest.mark.parametrize("names", [("weights",), ALL_NAMES], ids=" ".join)
def test_eigenpairs(monkeypatch, names, which, dense_up_to):
    """From the dense matrix, to its rounding, and by iteration, to 1e-10 of the spread; some lie across the space."""
    monkeypatch.setattr(iteration_of_pairs, "FALLBACK", dense_up_to)
    curvature = random_blocks("one", names)
    curvature = curvature if which == "largest" else -curvature
    dense = by_definition(curvature)
    exact = np.linalg.eigvalsh((dense + dense.T) / 2)
    for k in (1, 5, *([len(dense)] if dense_up_to else [])):
        values, vectors = curvature.eigenpairs(k, which)
        expected = exact[:k] if which == "smallest" else exact[len(exact) - k :]
        bound = (1e-13 if dense_up_to else 1e-9) * np.abs(exact).max()
        np.testing.assert_allclose(values, expected, rtol=0, atol=bound)
        np.testing.assert_allclose(vectors @ vectors.T, np.eye(k), rtol=0, atol=1e-12)
        residual = (dense @ vectors.T - vectors.T * values) / np.abs(exact).max()
        assert np.abs(residual).max() < (1e-13 if dense_up_to else 1e-7)


def test_eigenpairs_of_many_dimensions():
    """Ten thousand: vectors of the span and across it, each an eigenvector by one product."""
    rng = np.random.default_rng(0)
    operator = st.PopulationLoss(rng.standard_normal((2, 10**4)), "L2").gauss_newton(rng.standard_normal((2, 10**4)))
    values, vectors = operator.eigenpairs(4, "largest")
    np.testing.assert_allclose(values, operator.spectrum()[-4:], rtol=1e-14)
    for value, vector in zip(values, vectors, strict=True):
        assert np.linalg.norm(operator @ vector - value * vector) < 1e-13 * values[-1]


def test_sums_keep_structure():
    """Of the norms of one loss, as of any two points: a spectrum on the span, symmetry, and signs that are known."""
    rng = np.random.default_rng(6)
    (w, v), other = rng.standard_normal((2, 3, 40)), rng.standard_normal((3, 40))
    function, slope = (st.PopulationLoss(v, norm).gauss_newton(w) for norm in ("L2", (0, 1)))
    for total, expected in (
        (function + 0.5 * slope, st.PopulationLoss(v, (1, 0.5)).gauss_newton(w)),
        (3 * function - function, st.PopulationLoss(v, (2,)).gauss_newton(w)),
    ):
        np.testing.assert_allclose(total.to_dense(), expected.to_dense(), rtol=0, atol=1e-14)
        assert total.on_span.shape == expected.on_span.shape
        assert total.is_symmetric
    assert (function + 0.5 * slope).is_semidefinite
    assert (np.float64(0.5) * function / 3).is_semidefinite
    assert not (function - slope).is_semidefinite
    assert not (-1.0 * function).is_semidefinite
    assert not (function + st.PopulationLoss(v, "H1").hessian(w)).is_symmetric
    apart = function + st.PopulationLoss(v, "L2").gauss_newton(other)
    exact = np.linalg.eigvalsh(apart.to_dense())
    np.testing.assert_allclose(np.asarray(apart.spectrum()), exact, rtol=0, atol=1e-14)
    assert apart.on_span.dim == 6
    diagonal = random_blocks("diagonal")
    for kind, structure in (("one", "4 x 4 (times 1) across it"), ("spiked", "of 96 x 96")):
        total = diagonal + random_blocks(kind)  # of one eigenspace, and of three others than the three of the diagonal
        assert total.spectrum().structure.endswith(structure)
        exact = np.linalg.eigvalsh(total.to_dense())
        atol = 1e-15 * len(exact) * np.abs(exact).max()  # a backward error
        np.testing.assert_allclose(np.asarray(total.spectrum()), exact, rtol=0, atol=atol)
    generic = function + scipy.sparse.linalg.aslinearoperator(np.eye(120))
    np.testing.assert_allclose(generic @ other.ravel(), function @ other.ravel() + other.ravel())


def test_arithmetic_refuses_what_makes_no_sense():
    curvature = random_blocks("one")
    with pytest.raises(ValueError, match=r"H1 \+ H2: matrices of the same parameters .* \(96, 96\) and \(100, 100\)"):
        _ = curvature + random_blocks("one", ("weights", "biases"))
    for factor in (np.nan, np.inf, 1e308):
        with pytest.raises(st.OverflowingError, match="factor: a number whose product is in double precision"):
            _ = factor * curvature
    with pytest.raises(ValueError, match="factor: a divisor that is not zero"):
        _ = curvature / 0
    with pytest.raises(TypeError):
        _ = curvature + 1.0


@pytest.mark.parametrize("kind", FORMS)
def test_the_quotient_leaves_out_known_directions(kind):
    """``P H P`` across one direction of each of three neurons, a fourth zero, against the projected dense matrix."""
    plain, rng = random_blocks(kind, ALL_NAMES), np.random.default_rng(7)
    dense, neuron = by_definition(plain), np.array([0, 1, 3, 2])
    generators = Generators(neuron, rng.standard_normal((4, 26)) * np.array([[1.0], [1.0], [1e-9], [0.0]]))
    curvature = Curvature(plain._blocks, plain.layout, is_symmetric=True, generators=generators)
    null = np.zeros((3, *plain.layout.rows_shape))
    null[np.arange(3), neuron[:3]] = generators.rows[:3]
    across = scipy.linalg.null_space(plain.layout.flat(null) * np.array([[1.0], [1.0], [1e9]]))
    moduli = np.abs(np.linalg.eigvalsh(across.T @ dense @ across))
    for matrix in (curvature, 2.0 * curvature + curvature):
        with pytest.warns(st.ConditioningWarning):
            assert matrix.condition_number(quotient=True) == pytest.approx(moduli.max() / moduli.min(), rel=1e-10)
    with pytest.warns(st.ConditioningWarning):
        assert curvature.condition_number() != pytest.approx(moduli.max() / moduli.min(), rel=1e-3)
    for matrix in (plain, curvature + plain):
        with pytest.raises(ValueError, match=r"quotient: False is required .* ReLU\^n has such directions"):
            matrix.condition_number(quotient=True)


def test_views_and_pairs_refuse_what_is_not_there():
    curvature = random_blocks("one", ("weights", "biases"))
    for call, message in (
        (lambda: curvature.block("weights", "output_weights"), "columns: one of 'weights', 'biases' is required"),
        (lambda: curvature.block("bias", "weights"), "rows: one of .* did you mean 'biases'"),
        (lambda: curvature.neuron_block(4, 0), "i: the number of a neuron, 0 to 3, is required, got 4"),
        (lambda: curvature.neuron_block(0, -1), "j: the number of a neuron, 0 to 3, is required, got -1"),
        (lambda: curvature.eigenpairs(0), "k: a positive integer is required"),
        (lambda: curvature.eigenpairs(101), "k: at most 100, the size of the matrix, is required, got 101"),
        (lambda: curvature.eigenpairs(2, "lowest"), "which: one of 'smallest', 'largest' is required"),
        (lambda: random_blocks("one", symmetric=False).eigenpairs(2), "which: eigenpairs of a symmetric matrix"),
        (lambda: curvature.condition_number(quotient="yes"), "quotient: True or False is required"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize("sizes", [(1,), (2,), (3, 1), (2, 2, 1), (1, 1, 1, 1)])
def test_zeros_in_jordan_blocks(sizes):
    """Integers all, those of the inverse too: the matrix has no rounding, and its eigenvalues are 0 and those left."""
    rng, left = np.random.default_rng(sum(sizes)), np.array([-3.0, 1.0, 2.0, 7.0])
    jordan = scipy.linalg.block_diag(*(np.eye(p, k=1) for p in sizes), np.diag(left))
    n = len(jordan)
    lower, upper = (np.eye(n) + np.tril(rng.integers(-1, 2, (n, n)), -1) for _ in range(2))
    basis = lower @ upper.T
    inverse = np.rint(np.linalg.inv(basis))
    assert (basis @ inverse == np.eye(n)).all()
    found = eigenvalues(basis @ jordan @ inverse)
    assert (found == 0).sum() == sum(sizes)
    np.testing.assert_allclose(np.sort(found[found != 0].real), left, rtol=1e-10)


def test_a_small_eigenvalue_is_none_of_them():
    """Beside entries of 1; and a matrix of zeros has no other."""
    found = eigenvalues(np.array([[1e-13, 1.0], [0.0, 1.0]]))
    np.testing.assert_allclose(np.sort(found), [1e-13, 1.0], rtol=1e-2)
    assert (eigenvalues(np.zeros((3, 3))) == 0).all()
