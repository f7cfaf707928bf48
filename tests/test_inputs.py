"""Gaussian inputs, and the forms on R^d that covariances and metrics are."""

import pickle

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.eigenspaces import Eigenspace, eigenspaces
from sobolev_theory.forms import Form

RNG = np.random.default_rng(3)
DIM = 5
FACTOR = RNG.standard_normal((DIM, DIM)) * [3.0, 1.0, 0.3, 2.0, 1.0]
MATRICES = {
    "scalar": np.array(2.5),
    "diagonal": np.array([0.5, 2.0, 0.0, 1.0, 3.0]),
    "dense": FACTOR @ FACTOR.T,
    "singular": FACTOR[:, :2] @ FACTOR[:, :2].T,
    "tiny": 1e-290 * (FACTOR @ FACTOR.T),
    "huge": 1e290 * (FACTOR @ FACTOR.T),
}
ROTATION = np.linalg.qr(RNG.standard_normal((DIM, DIM)))[0]


def draw(*shape: int) -> np.ndarray:
    """Generic numbers, the same in every test."""
    return np.random.default_rng(5).standard_normal(shape)


def dense(value: np.ndarray) -> np.ndarray:
    """The matrix that a number, variances or a matrix mean."""
    return value * np.eye(DIM) if value.ndim == 0 else np.diag(value) if value.ndim == 1 else value


def rotated(*values: float) -> np.ndarray:
    """The matrix of eigenvalues in generic directions, symmetric up to rounding."""
    return (ROTATION * values) @ ROTATION.T


def close(actual: np.ndarray, expected: np.ndarray, scale: float) -> None:
    """Equal to a rounding of products of 5 x 5 matrices, 1e-14 of their size."""
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-14 * scale)


@pytest.mark.parametrize("name", MATRICES)
def test_forms_are_their_matrices(name: str) -> None:
    form, matrix = Form.parse("metric", MATRICES[name], DIM), dense(MATRICES[name])
    rows, size = draw(3, 2, DIM), np.abs(matrix).max()
    close(form.to_dense(), matrix, size)
    close(form.diagonal, matrix.diagonal(), size)
    close(form.apply(rows), rows @ matrix, 30 * size)
    root = form.root(rows)
    close(root @ root.swapaxes(-1, -2), rows @ matrix @ rows.swapaxes(-1, -2), 300 * size)
    close(form.lift(root), rows @ matrix, 30 * size)
    close(form.restricted(ROTATION[:, :3]).to_dense(), ROTATION[:, :3].T @ matrix @ ROTATION[:, :3], 30 * size)


def test_the_root_has_the_rank_of_a_dense_form() -> None:
    rows = draw(4, DIM)
    assert Form.parse("covariance", MATRICES["singular"], DIM).root(rows).shape == (4, 2)
    assert Form.parse("covariance", MATRICES["dense"], DIM).root(rows).shape == (4, DIM)
    assert Form.parse("covariance", MATRICES["diagonal"], DIM).root(rows).shape == (4, DIM)


def test_the_root_does_not_depend_on_units() -> None:
    """Coordinates in other units: a direction of variance 1e-24 of the largest is no null direction."""
    units = np.array([1e6, 1.0, 1e-6, 1e3, 1.0])
    matrix = units[:, None] * MATRICES["dense"] * units
    root = Form.parse("covariance", matrix, DIM).root(np.eye(DIM))
    deviations = np.sqrt(matrix.diagonal())
    assert root.shape == (DIM, DIM)
    close(root @ root.T / deviations / deviations[:, None], matrix / deviations / deviations[:, None], 1)


def test_null_rows_of_a_singular_form_have_no_root() -> None:
    """Zero, not rounding: a neuron that is constant on a Gaussian in a subspace is told by it, in any units."""
    for seed in range(100):
        rng = np.random.default_rng(seed)
        d = int(rng.integers(2, 30))
        rank, units = int(rng.integers(1, d)), 10.0 ** rng.integers(-4, 4, size=d)
        factor = rng.standard_normal((d, rank)) * 10.0 ** rng.uniform(-2, 0, size=rank)
        form = Form.parse("covariance", (units[:, None] * factor) @ (units[:, None] * factor).T, d)
        null = np.linalg.svd(factor)[0][:, rank:] @ rng.standard_normal((d - rank, 3))
        assert not form.root(null.T / units).any()
        assert form.root(factor.T / units).any(axis=1).all()
        assert form.root(rng.standard_normal((3, d)) / units).any(axis=1).all()


def test_the_root_of_what_rounding_made_indefinite() -> None:
    """A projection along (1, 1e-9): its first entry, 1e-18, came out as 1e-20: a correlation of 10."""
    matrix = np.array([[1e-20, -1e-9], [-1e-9, 1.0]])
    root = Form.parse("metric", matrix, 2).root(np.eye(2))
    assert root.shape == (2, 1)
    close(root @ root.T, matrix, 1)


def test_a_form_is_of_the_simplest_kind_that_is_exactly_it() -> None:
    kinds = [
        (None, "scalar"),
        (2, "scalar"),
        ([2.0] * DIM, "scalar"),
        (2 * np.eye(DIM), "scalar"),
        (np.diag(MATRICES["diagonal"]), "diagonal"),
        ([1.0] * (DIM - 1) + [1 + 2**-52], "diagonal"),
        (np.eye(DIM) + 1e-300 * np.ones((DIM, DIM)), "dense"),
    ]
    for value, kind in kinds:
        form = Form.parse("metric", value, DIM)
        assert form.kind == kind
        assert (form.scalar is None) == (kind != "scalar")
    identity, rows = Form.parse("metric", None, DIM), draw(2, DIM)
    assert identity.is_identity
    assert not Form.parse("metric", 2, DIM).is_identity
    assert identity.apply(rows) is identity.root(rows) is identity.lift(rows) is rows
    assert Form.parse("metric", 2, 3) != Form.parse("metric", 2, 4)


def test_forms_and_inputs_are_values() -> None:
    mean, matrix = draw(DIM), MATRICES["dense"].copy()
    given = st.Inputs(mean, matrix)
    mean[0], matrix[0, 0] = 7.0, 70.0
    assert given == st.Inputs(given.mean, MATRICES["dense"])
    for array in (given.mean, given.covariance, given.form.array, pickle.loads(pickle.dumps(given)).mean):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
    assert given.form.root(np.eye(DIM)).shape == (DIM, DIM)  # and what is cached is no part of the value
    again = pickle.loads(pickle.dumps(given))
    assert again == given
    assert hash(again) == hash(given)
    same = [st.Inputs(covariance=[1.0, 1.0]), st.Inputs(np.zeros(2)), st.Inputs([-0.0, 0.0], np.eye(2))]
    assert len(set(same)) == 1
    assert all(inputs.is_standard for inputs in (*same, st.Inputs()))
    others = [st.Inputs([1.0, 0.0]), st.Inputs(np.zeros(2), 2.0), st.Inputs(), st.Inputs(np.zeros(3)), "inputs"]
    assert all(same[0] != other for other in others)
    assert not any(inputs.is_standard for inputs in (given, *others[:2]))


def test_inputs_say_what_was_given() -> None:
    assert (st.Inputs().dim, st.Inputs().mean, st.Inputs().covariance) == (None, None, None)
    assert (st.Inputs(covariance=2).dim, st.Inputs(covariance=2).covariance) == (None, 2.0)
    np.testing.assert_array_equal(st.Inputs(covariance=np.eye(2)).covariance, np.eye(2))
    mean, form = st.Inputs([1.0, 2.0], 3.0).at(2)
    assert (mean.tolist(), form.dim, form.scalar) == ([1.0, 2.0], 2, 3.0)
    mean, form = st.Inputs().at(10**6)
    assert (mean.shape, form.is_identity) == ((10**6,), True)
    assert repr(st.Inputs([1.0, 2.0], 3.0)) == "Inputs(mean=[1, 2], covariance=3)"
    with pytest.raises(ValueError, match=r"inputs: input dimension 3 of the networks is required, got 2"):
        st.Inputs([1.0, 2.0]).at(3)


def test_inputs_of_data_have_its_mean_and_covariance() -> None:
    data = draw(50, DIM) @ FACTOR.T + draw(DIM)
    inputs = st.Inputs.from_data(data)
    close(inputs.mean, data.mean(axis=0), 10)
    close(inputs.covariance, np.cov(data, rowvar=False), 100)
    data[:, 1] = 0.1  # whose mean is another double than 0.1
    np.testing.assert_array_equal(st.Inputs.from_data(data).covariance[1], np.zeros(DIM))
    assert st.Inputs.from_data(data[:3]).form.root(data).shape == (50, 2)  # two samples less than a rank of 4
    single = st.Inputs.from_data([[1.0], [3.0]])
    assert (single.mean.tolist(), single.covariance.tolist()) == ([2.0], [[2.0]])


@pytest.mark.parametrize("name", ["scalar", "diagonal", "dense", "singular"])
def test_samples_have_the_mean_and_covariance(name: str) -> None:
    mean, matrix, n = draw(DIM), dense(MATRICES[name]), 20_000
    samples = st.Inputs(mean, MATRICES[name]).sample(n, rng=8)
    np.testing.assert_array_equal(samples, st.Inputs(mean, MATRICES[name]).sample(n, rng=8))
    variances = matrix.diagonal()
    # standard errors of a mean and of a covariance of Gaussians; the largest of 100 normal deviates is below 4.5;
    # 1e-12 is rounding where there is no variance
    assert (np.abs(samples.mean(axis=0) - mean) <= 4.5 * np.sqrt(variances / n) + 1e-12).all()
    spread = np.sqrt((np.outer(variances, variances) + matrix**2) / n)
    assert (np.abs(np.cov(samples, rowvar=False) - matrix) <= 4.5 * spread + 1e-12).all()


def described(spaces: tuple[Eigenspace, ...]) -> list[tuple[float, float, int]]:
    """What eigenspaces are, in the order of covariance and metric, to ten digits."""
    return sorted((round(space.covariance, 10), round(space.metric, 10), space.dim) for space in spaces)


JOINT = [
    (4.0, None, [(4, 1, 5)]),
    ([1.0, 2.0, 1.0, 2.0, 1.0], [3.0, 3.0, 4.0, 3.0, 3.0], [(1, 3, 2), (1, 4, 1), (2, 3, 2)]),
    (2.0, [0.0, 1.0, 0.0, 0.0, 1.0], [(2, 0, 3), (2, 1, 2)]),
    (rotated(2, 2, 2, 7, 9), 0.5, [(2, 0.5, 3), (7, 0.5, 1), (9, 0.5, 1)]),
    (rotated(2, 2 - 2e-14, 2 + 2e-14, 7, 9), 0.5, [(2, 0.5, 3), (7, 0.5, 1), (9, 0.5, 1)]),  # 2 d eps of the largest
    (3.0, rotated(0, 0, 1, 1, 1), [(3, 0, 2), (3, 1, 3)]),
    (rotated(2, 2, 2, 7, 0), rotated(1, 3, 3, 3, 0), [(0, 0, 1), (2, 1, 1), (2, 3, 2), (7, 3, 1)]),
    (rotated(5, 5, 5, 7, 0), rotated(5, 5, 5, 7, 0), [(0, 0, 1), (5, 5, 3), (7, 7, 1)]),
]


@pytest.mark.parametrize(("covariance", "metric", "expected"), JOINT)
def test_joint_eigenspaces(covariance: np.ndarray, metric: np.ndarray, expected: list[tuple[float, ...]]) -> None:
    forms = Form.parse("covariance", covariance, DIM), Form.parse("metric", metric, DIM)
    spaces, swapped = eigenspaces(*forms), eigenspaces(*forms[::-1])
    assert described(spaces) == expected
    assert described(swapped) == sorted((b, a, n) for a, b, n in expected)
    rows = draw(4, DIM)
    parts = [(space, space.coordinates(rows)) for space in spaces]
    assert all(part.shape == (4, space.dim) for space, part in parts)
    close(sum(part @ part.T for _, part in parts), rows @ rows.T, 100)
    close(sum(space.covariance * part @ part.T for space, part in parts), forms[0].apply(rows) @ rows.T, 1000)
    close(sum(space.metric * part @ part.T for space, part in parts), forms[1].apply(rows) @ rows.T, 1000)


def test_forms_that_do_not_commute_have_no_joint_eigenspaces() -> None:
    dense, axes = Form.parse("covariance", rotated(1, 1, 2, 3, 4), DIM), Form.parse("metric", [1, 2, 3, 4, 5], DIM)
    assert eigenspaces(dense, axes) is eigenspaces(axes, dense) is None


def test_a_spiked_covariance_has_one_large_eigenspace() -> None:
    spikes = draw(300, 3)
    spaces = eigenspaces(Form.parse("covariance", 2 * np.eye(300) + spikes @ spikes.T, 300), Form.parse("m", None, 300))
    assert [space.dim for space in spaces] == [297, 1, 1, 1]
    assert spaces[0].covariance == pytest.approx(2, rel=1e-13)  # an average of roundings of 1e-16 of the largest


def test_eigenspaces_of_many_dimensions_are_cheap() -> None:
    variances = np.where(np.arange(10**6) % 3, 1.0, 2.0)
    spaces = eigenspaces(Form.parse("covariance", variances, 10**6), Form.parse("metric", None, 10**6))
    assert described(spaces) == [(1.0, 1.0, 666666), (2.0, 1.0, 333334)]


REFUSED = [
    ([[1.0, 2.0], [2.1, 5.0]], r"a symmetric matrix is required, got 2 at entry \(0, 1\) and 2.1 at \(1, 0\)"),
    ([[1.0, 2.0], [2.0, 1.0]], "a positive semi-definite matrix is required, got one with the eigenvalue -1, -3.3e-01"),
    (np.diag([1.0, -1.0]), "a positive semi-definite matrix is required"),
    (-1, "a number >= 0 is required, got -1"),
    ([1.0, -2.0], "variances >= 0 are required, got -2"),
    ([1.0, 2.0, 3.0], r"shape \(d,\) with d = 2 is required, got shape \(3,\)"),
    (np.eye(3), r"shape \(d, d\) with d = 2 is required, got shape \(3, 3\)"),
    ([[1.0, 2.0]], r"shape \(d, d\) with d = 2 is required, got shape \(1, 2\)"),
    (np.ones((2, 2, 2)), r"got shape \(2, 2, 2\)"),
    ([[1.0, 0.0], [0.0, np.nan]], r"finite numbers are required, got nan at entry \(1, 1\)"),
    (np.inf, "finite numbers are required, got inf"),
    (1j, "got 1j"),
    (np.eye(2) * 1j, "complex numbers"),
    ("one", "got 'one'"),
    (True, "got True"),
]


@pytest.mark.parametrize(("value", "said"), REFUSED)
@pytest.mark.parametrize("name", ["covariance", "metric"])
def test_what_is_no_form_is_refused_by_name(name: str, value: object, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: .*{said}"):
        Form.parse(name, value, 2)


@pytest.mark.parametrize("zero", [0, [0.0, 0.0], np.zeros((2, 2))])
def test_inputs_that_do_not_vary_are_refused(zero: object) -> None:
    with pytest.raises(ValueError, match=r"covariance: .* do not vary"):
        st.Inputs(covariance=zero)


def test_inputs_that_make_no_sense_are_refused() -> None:
    for arguments, said in [
        (([1.0, 2.0], np.eye(3)), "covariance: .* d = 2"),
        ((1.0,), r"mean: shape \(d,\)"),
        (([np.nan],), "mean: finite"),
    ]:
        with pytest.raises(ValueError, match=said):
            st.Inputs(*arguments)
    for data, said in [
        ([[1.0, 2.0]], "X: at least 2 samples"),
        ([[1.0, 2.0]] * 3, "X: samples that vary are required, got 3"),
        ([[1.0], [np.nan]], "X: finite"),
    ]:
        with pytest.raises(ValueError, match=said):
            st.Inputs.from_data(data)
    with pytest.raises(st.OverflowingError, match="X: the covariance overflows"):
        st.Inputs.from_data([[1e200], [-1e200]])
    with pytest.raises(ValueError, match="inputs: a dimension is required, got none"):
        st.Inputs(covariance=2.0).sample(3)
    with pytest.raises(st.SizeError, match="n: inputs of shape"):
        st.Inputs(np.zeros(2)).sample(10**15)


def test_what_is_off_by_rounding_is_taken() -> None:
    """Products of three matrices, which are neither symmetric nor semi-definite to the last bit."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        factor = rng.standard_normal((40, 3))
        product = rng.standard_normal((30, 40)) @ factor
        matrix = product @ np.diag([1e-3, 1.0, 10.0]) @ product.T
        form = st.Inputs(covariance=matrix).form
        np.testing.assert_array_equal(form.to_dense(), form.to_dense().T)
        assert form.root(np.eye(30)).shape == (30, 3)
