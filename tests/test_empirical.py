"""The empirical loss against its definition, written out with networks evaluated at samples; and beside theory."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import mpmath as mp
import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory._runtime.threads import one_blas_thread
from sobolev_theory.empirical import sampled, samples, streamed, sums
from sobolev_theory.empirical.samples import Samples
from sobolev_theory.parameters import Parameters
from tests.memory import peak

N, D, K, M = 23, 3, 2, 2
H = 1e-5
"""Step of central differences, whose errors are 1e-10 of third derivatives, and 1e-11 of what is differenced."""

NORMS = [(1.0,), (1.0, 0.7), (0.0, 0.5), (1.0, 0.7, 0.3), (0.5, 0.0, 0.4)]
MOVING = ["all", "weights", ("output_weights", "output_bias"), ("weights", "output_bias"), ("biases",)]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Set once, since to ask what libraries are loaded costs more than sums over few samples."""
    with one_blas_thread():
        yield


def network(rng, width, activation):
    arrays = [rng.standard_normal((width, D)), *rng.standard_normal((2, width)), rng.standard_normal()]
    return st.Network(*arrays, activation=activation)


def arrays(rng):
    hessians = rng.standard_normal((N, D, D))
    return rng.standard_normal(N), rng.standard_normal((N, D)), hessians + hessians.swapaxes(1, 2)


def by_definition(student, targets, X, weights, metric):
    """``1/(2n) sum_t sum_m lambda_m |grad^m f - Y_m|^2``."""
    total = 0.0
    for m, weight in enumerate(weights):
        of = ["__call__", "input_gradient", "input_hessian"][m]
        target = getattr(targets, of)(X) if isinstance(targets, st.Network) else targets[m]
        residual = getattr(student, of)(X) - target
        for axis in range(1, m + 1):
            residual = np.moveaxis(np.moveaxis(residual, axis, -1) @ np.linalg.cholesky(metric), -1, axis)
        total += weight * (residual**2).sum() / 2 / len(X)
    return total


def moved(loss, student, along):
    """The student at another place of its flat vector."""
    layout, at = loss.layout(student.width), Parameters.of_network(student)
    p = at.at_rows(layout, layout.rows(layout.flat(at.rows(layout)) + along))
    return st.Network(p.weights, p.output_weights, p.biases, p.output_bias, activation=student.activation)


def differences(function, loss, student):
    """Central differences along every parameter that moves, (P, ...)."""
    steps = H * np.eye(loss.layout(student.width).size)
    return np.array([(function(moved(loss, student, e)) - function(moved(loss, student, -e))) / 2 / H for e in steps])


@pytest.mark.parametrize("kind", ["network", "arrays"])
@pytest.mark.parametrize("activation", ["tanh", "relu3"])
def test_value_gradient_and_hessian_are_those_of_the_definition(activation, kind):
    rng = np.random.default_rng(0)
    X = rng.exponential(size=(N, D)) - 0.4
    metric = np.cov(rng.standard_normal((D, 9)))
    for weights, moving in [*zip(NORMS, MOVING, strict=True), ((1.0, 0.7, 0.3), "all"), ((1.0, 0.7), "weights")]:
        student = network(rng, K, activation)
        targets = network(rng, M, activation) if kind == "network" else arrays(rng)
        options = {"metric": metric, "parameters": moving, "activation": activation}
        loss = st.empirical.EmpiricalLoss(X, targets, weights, **options)
        value = by_definition(student, targets, X, weights, metric)
        assert loss.value(student) == pytest.approx(value, rel=1e-13)
        gradient = np.ravel(loss.gradient(student))
        found = differences(lambda net, t=targets, w=weights: by_definition(net, t, X, w, metric), loss, student)
        np.testing.assert_allclose(gradient, found, rtol=0, atol=1e-7 * max(np.abs(found).max(), value))
        hessian = loss.hessian(student)
        found = differences(lambda net, loss=loss: np.ravel(loss.gradient(net)), loss, student)
        np.testing.assert_allclose(hessian.to_dense(), found, rtol=0, atol=1e-7 * np.abs(found).max())
        for matrix in (hessian, loss.gauss_newton(student)):
            dense, unit = matrix.to_dense(), np.abs(matrix.to_dense()).max()
            np.testing.assert_allclose(matrix @ np.eye(len(found)), dense, rtol=0, atol=1e-13 * unit)
            np.testing.assert_allclose(matrix.diagonal(), np.diag(dense), rtol=0, atol=1e-13 * unit)


def test_gauss_newton_is_the_mean_of_squares_of_jacobians():
    """Jacobians of all features, in the metric's coordinates, by differences."""
    rng = np.random.default_rng(1)
    X, root, student = rng.standard_normal((N, D)), np.tril(rng.standard_normal((D, D))), network(rng, K, "softplus")
    loss = st.empirical.EmpiricalLoss(X, student, "H1", metric=root @ root.T, parameters="all")
    features = differences(lambda net: np.column_stack([net(X), net.input_gradient(X) @ root]), loss, student)
    jacobian = features.reshape(len(features), -1)
    expected = jacobian @ jacobian.T / N
    matrix = loss.gauss_newton(student)
    np.testing.assert_allclose(matrix.to_dense(), expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    # at its own targets the residual is zero, and the Hessian the same matrix
    np.testing.assert_allclose(loss.hessian(student).to_dense(), matrix.to_dense(), rtol=0, atol=1e-13)


def test_one_sample_in_many_digits():
    """tanh, H1 with a metric, all parameters, at one sample, differentiated by mpmath."""
    w, v = np.array([[0.5, -0.8], [0.3, 0.4]]), np.array([[0.4, 0.9]])
    student = st.Network(w, [1.5, -0.7], [0.1, -0.2], 0.3, activation="tanh")
    teacher, x, metric = (
        st.Network(v, [0.9], [0.25], -0.1, activation="tanh"),
        np.array([0.7, -1.1]),
        np.diag([2.0, 0.5]),
    )

    def loss_at(*theta):
        total, slope = theta[8] - mp.mpf(-0.1), [mp.mpf(0), mp.mpf(0)]
        neurons = [(theta[i], theta[2 + 2 * i : 4 + 2 * i], theta[6 + i]) for i in range(2)]
        for a, (w1, w2), b in [*neurons, (-mp.mpf(0.9), map(mp.mpf, v[0].tolist()), mp.mpf(0.25))]:
            value = mp.tanh(w1 * mp.mpf(0.7) + w2 * mp.mpf(-1.1) + b)
            total += a * value
            slope = [slope[0] + a * (1 - value**2) * w1, slope[1] + a * (1 - value**2) * w2]
        return (total**2 + mp.mpf(0.7) * (2 * slope[0] ** 2 + slope[1] ** 2 / 2)) / 2

    theta = [*student.output_weights, *w.ravel(), *student.biases, 0.3]
    loss = st.empirical.EmpiricalLoss(x[None], teacher, (1.0, 0.7), metric=metric, parameters="all")
    with mp.workdps(40):
        at = [mp.mpf(float(each)) for each in theta]
        orders = [tuple(int(i == k) for i in range(9)) for k in range(9)]
        gradient = [float(mp.diff(loss_at, at, order)) for order in orders]
        row = [float(mp.diff(loss_at, at, tuple(np.add(order, orders[3]).tolist()))) for order in orders]
        value = float(loss_at(*at))
    assert loss.value(student) == pytest.approx(value, rel=1e-15)
    np.testing.assert_allclose(loss.gradient(student), gradient, rtol=0, atol=1e-15 * np.abs(gradient).max())
    np.testing.assert_allclose(loss.hessian(student).to_dense()[3], row, rtol=0, atol=3e-15 * np.abs(row).max())


def test_near_a_fit_the_value_keeps_its_digits():
    """A displacement of 1e-9: to first order in it, the value is that of the linearised residual, relatively 1e-8."""
    rng = np.random.default_rng(2)
    X, teacher, along = rng.standard_normal((N, D)), network(rng, M, "tanh"), rng.standard_normal((M, D))
    for targets in (teacher, arrays_of(teacher, X)):
        loss = st.empirical.EmpiricalLoss(X, targets, "H2", activation="tanh")
        values = []
        for size in (1e-9, 1e-4):
            w, rest = teacher.weights + size * along, (teacher.output_weights, teacher.biases, teacher.output_bias)
            values.append(loss.value(st.Network(w, *rest, activation="tanh")) / size**2)
        assert values[0] == pytest.approx(values[1], rel=1e-3)  # what 1e-4 has of second order


BATCHES = 40


@pytest.mark.parametrize(("activation", "kind"), [("tanh", "hessian"), ("relu", "gauss_newton")])
def test_on_gaussian_samples_theory_and_data_agree(activation, kind):
    """Entries of means over 40 batches, in standard errors of these: Student's t of 39 degrees, 55 entries and 1."""
    rng = np.random.default_rng(3)
    inputs = st.Inputs([0.3, -0.5, 0.2], [[1.0, 0.4, 0.0], [0.4, 2.0, 0.3], [0.0, 0.3, 0.5]])
    student, teacher = network(rng, K, activation), network(rng, M, activation)
    theory = st.PopulationLoss(teacher, "H1", inputs=inputs, parameters="all")
    found = []
    for _ in range(BATCHES):
        loss = st.empirical.EmpiricalLoss(inputs.sample(500, rng=rng), teacher, "H1", parameters="all")
        found.append([loss.value(student), *np.ravel(getattr(loss, kind)(student).to_dense())])
    expected = np.array([theory.value(student), *np.ravel(getattr(theory, kind)(student).to_dense())])
    errors = np.std(found, axis=0, ddof=1) / BATCHES**0.5
    moved = errors > 1e-14  # an entry such as that of the output bias is the same for all samples
    z = (np.mean(found, axis=0) - expected)[moved] / errors[moved]
    assert np.abs(z).max() < 4.5
    assert 0.5 < np.sqrt(np.mean(z**2)) < 1.6
    np.testing.assert_allclose(np.mean(found, axis=0)[~moved], expected[~moved], atol=1e-13)


@pytest.fixture
def many_parts(monkeypatch):
    """Chunks of 16 samples, so that there are many parts of few."""
    monkeypatch.setattr(samples, "NUMBERS", 1)


def all_of(loss, student):
    """Whatever is summed over samples."""
    matrix = loss.hessian(student)
    blocks = matrix.to_dense(), matrix.diagonal(), loss.gauss_newton(student).neuron_block(0, 1).to_dense()
    return [np.array(loss.value(student)), loss.gradient(student), *blocks, matrix @ np.ones(len(matrix.to_dense()))]


def test_workers_change_no_bit(many_parts, tmp_path, processes):
    """Threads, a map and processes, of samples in memory and in a file, of single precision."""
    rng = np.random.default_rng(4)
    X, student, teacher = rng.standard_normal((150, D)).astype("f4"), network(rng, K, "tanh"), network(rng, M, "tanh")
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    expected = all_of(st.empirical.EmpiricalLoss(X.astype(float), teacher, "H1", parameters="all"), student)
    with ThreadPoolExecutor(2) as threads:
        for given, workers in ((X, threads), (mapped, map), (X, 2), (mapped, processes)):
            loss = st.empirical.EmpiricalLoss(given, teacher, "H1", parameters="all", workers=workers)
            for found, value in zip(all_of(loss, student), expected, strict=True):
                np.testing.assert_array_equal(found, value)


@pytest.mark.long
def test_processes_start_where_that_pays(many_parts, monkeypatch):
    """Here at once; they change no bit either."""
    rng = np.random.default_rng(4)
    X, student, teacher = rng.standard_normal((150, D)), network(rng, K, "tanh"), network(rng, M, "tanh")
    expected = st.empirical.EmpiricalLoss(X, teacher, "H1", parameters="all").gradient(student)
    monkeypatch.setattr(sums, "PAYS", 0.0)
    loss = st.empirical.EmpiricalLoss(X, teacher, "H1", parameters="all", workers=2)
    np.testing.assert_array_equal(loss.gradient(student), expected)


@pytest.mark.long
def test_a_dask_cluster_changes_no_bit(many_parts, tmp_path):
    """Two processes of a cluster, which open the file of the samples themselves."""
    distributed = pytest.importorskip("distributed")
    rng = np.random.default_rng(4)
    student, teacher = network(rng, K, "tanh"), network(rng, M, "tanh")
    np.save(tmp_path / "X.npy", rng.standard_normal((150, D)))
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    expected = all_of(st.empirical.EmpiricalLoss(X, teacher, "H1", parameters="all"), student)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = client.get_executor()
        loss = st.empirical.EmpiricalLoss(X, teacher, "H1", parameters="all", workers=workers)
        for found, value in zip(all_of(loss, student), expected, strict=True):
            np.testing.assert_array_equal(found, value)


def test_rows_of_a_file_are_sent_by_its_name(tmp_path):
    X = np.random.default_rng(5).standard_normal((1000, 40))
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    for rows, length in ((mapped, 1000), (mapped[700:], 300), (mapped[10:500][5:], 485)):
        sent = pickle.dumps(Samples.parse("X", rows, ("n", "d"), {}))
        assert len(sent) < 1000
        np.testing.assert_array_equal(pickle.loads(sent).array, X[700:] if length == 300 else rows)
    for rows in (X, mapped[::2], mapped[:, 3:], mapped.copy()):
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(Samples(rows))).array, rows)


def test_products_are_the_same_whatever_is_kept(many_parts, monkeypatch):
    """Nothing, some chunks, all; and of a Hessian blocks with themselves in the place of pointwise derivatives."""
    rng = np.random.default_rng(6)
    X, student, x = rng.standard_normal((100, D)), network(rng, K, "tanh"), rng.standard_normal(11)
    loss = st.empirical.EmpiricalLoss(X, network(rng, M, "tanh"), parameters="all")
    dense = loss.hessian(student).to_dense()
    for held, widest, chunks in ((0, 0, 0), (1000, 0, 3), (2**27, 0, 7), (0, 9, 0), (1200, 9, 7)):
        monkeypatch.setattr(streamed, "HELD", held)
        monkeypatch.setattr(sampled, "WIDEST", widest)
        matrix = loss.hessian(student)
        expected = matrix @ x
        np.testing.assert_allclose(expected, dense @ x, rtol=0, atol=1e-13 * np.abs(dense).max())
        for _ in range(2):
            np.testing.assert_array_equal(matrix @ x, expected)
        assert len(matrix._blocks._streamed.kept) == chunks
        assert (matrix._blocks._beside is None) == (widest == 0)
        np.testing.assert_allclose(matrix @ (x + 2j), expected + 2j * (matrix @ np.ones(11)), rtol=1e-12)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(matrix)) @ x, expected)


def test_an_empirical_curvature_is_a_curvature():
    """Views, spectra and arithmetic with theory, against the dense matrix."""
    rng = np.random.default_rng(7)
    X, student, teacher = rng.standard_normal((60, D)), network(rng, 3, "softplus"), network(rng, M, "softplus")
    on_data = st.empirical.curvature(student, X, "H1", curvature="hessian", targets=teacher, parameters="all")
    theory = st.PopulationLoss(teacher, "H1", parameters="all").hessian(student)
    assert on_data.layout == theory.layout
    units = np.array([1.5, 0.5, 2.0])
    stretch = np.append(np.repeat([units], 1, axis=0), 1.0)
    one, two = on_data.to_dense(), theory.to_dense()
    rows = np.ones(theory.layout.rows_shape) * stretch[:, None]
    scale = np.diag(theory.layout.flat(rows))
    cases = [(on_data - theory, one - two), (2.0 * theory + on_data / 4, 2 * two + one / 4)]
    cases += [((on_data - theory).scaled(units) * 3.0 - on_data, 3 * scale @ (one - two) @ scale - one), (on_data, one)]
    x = rng.standard_normal(len(one))
    for matrix, dense in cases:
        close = {"rtol": 0, "atol": 1e-12 * np.abs(one).max()}
        np.testing.assert_allclose(matrix.to_dense(), dense, **close)
        np.testing.assert_allclose(matrix @ x, dense @ x, **close)
        np.testing.assert_allclose(matrix.T @ x, dense @ x, **close)
        np.testing.assert_allclose(matrix.diagonal(), np.diag(dense), **close)
        np.testing.assert_allclose(np.asarray(matrix.spectrum()), np.linalg.eigvalsh(dense), **close)
        low, high = matrix.extreme_eigenvalues()
        np.testing.assert_allclose([low, high], np.linalg.eigvalsh(dense)[[0, -1]], **close)
        values, vectors = matrix.eigenpairs(2, "largest")
        np.testing.assert_allclose(vectors @ dense, values[:, None] * vectors, **close)
        part = matrix.layout.slices
        block = matrix.block("biases", "weights")
        np.testing.assert_allclose(block.to_dense(), dense[part["biases"], part["weights"]], **close)
        np.testing.assert_allclose(block @ x[part["weights"]], block.to_dense() @ x[part["weights"]], **close)
        at = matrix.layout.rows(np.arange(len(one)))[1].astype(int)
        between = matrix.neuron_block(0, 1)
        np.testing.assert_allclose(
            between.to_dense()[:, 0], dense[matrix.layout.rows(np.arange(len(one)))[0].astype(int), at[0]], **close
        )
        np.testing.assert_allclose(between @ x[:5], between.to_dense() @ x[:5], **close)
        assert matrix.trace() == pytest.approx(np.trace(dense), rel=1e-10)


def test_parts_are_formed_alone():
    """Blocks of neurons, the diagonal and the trace of a matrix that was not formed, as if it was."""
    rng = np.random.default_rng(14)
    X, student, teacher = rng.standard_normal((60, D)), network(rng, 3, "tanh"), network(rng, M, "tanh")
    for given in (teacher, arrays_of(teacher, X)):
        loss = st.empirical.EmpiricalLoss(X, given, "H2", parameters="all", activation="tanh")
        tensor = loss.hessian(student)._blocks.tensor()
        for i, k in ((0, 1), (1, 1), (3, 0), (3, 3)):
            found = loss.hessian(student)._blocks.neuron_block(i, k)
            np.testing.assert_allclose(found.dense(), tensor[i, k], rtol=0, atol=1e-14 * np.abs(tensor).max())
            np.testing.assert_allclose(found.apply(np.arange(5.0)), found.dense() @ np.arange(5.0), rtol=1e-12)
        assert loss.hessian(student).trace() == pytest.approx(np.einsum("iidd->", tensor), rel=1e-13)


def arrays_of(net, X):
    return net(X), net.input_gradient(X), net.input_hessian(X)


def test_rescalings_of_relu_are_projected_out():
    rng = np.random.default_rng(8)
    X, student = rng.standard_normal((200, D)), network(rng, K, "relu")
    matrix = st.empirical.curvature(student, X, "H1", parameters="all")
    w, b, a = student.weights, student.biases, student.output_weights
    for i in range(K):
        null = {"output_weights": np.eye(K)[i] * -a, "weights": np.eye(K)[i][:, None] * w, "biases": np.eye(K)[i] * b}
        flat = np.concatenate([*map(np.ravel, null.values()), [0.0]])
        assert np.abs(matrix @ flat).max() < 1e-14 * np.abs(matrix.to_dense()).max()
    values = np.linalg.eigvalsh(matrix.to_dense())
    across = matrix.condition_number(quotient=True)
    assert values[K] > 1e-6
    # P G P with P across null directions has the other eigenvalues of G
    assert across == pytest.approx(values[-1] / values[K], rel=1e-9)
    with pytest.warns(st.ConditioningWarning, match=r"2 of 11 .*across rescalings"):
        assert matrix.condition_number() == np.inf


def collinear(rng, count=50):
    X = rng.standard_normal((count, 5))
    X[:, 2], X[:, 4] = 3.0, X[:, 0] - 0.5 * X[:, 1]
    return X


@pytest.mark.parametrize(
    ("make", "norm", "moving", "zeros", "said"),
    [
        (collinear, "L2", "weights", 3, r"Inputs span 4 of 5 dimensions: column [014] is a combination of others\."),
        (collinear, "L2", ("weights", "biases"), 6, "with a 1 for the bias span 4 of 6 dimensions: column 2 is const"),
        (lambda rng: collinear(rng) * [1, 0, 0, 1, 1], "L2", "weights", 6, "span 3 of 5 .*: columns 1, 2 are zero"),
        (
            lambda rng: rng.standard_normal((4, 5)),
            "L2",
            "weights",
            11,
            "4 samples have 4 values, fewer than the 15 par",
        ),
        (lambda rng: rng.standard_normal((3, 5)), "H1", "all", 4, "3 samples have 18 values and derivatives, fewer"),
    ],
)
def test_what_makes_a_matrix_singular_is_said(make, norm, moving, zeros, said):
    """A warning with the number of zero eigenvalues, and what samples say of them."""
    rng = np.random.default_rng(9)
    student = st.Network(rng.standard_normal((3, 5)), [1.0, 2.0, -1.0], [0.1, 0.2, 0.3], activation="tanh")
    matrix = st.empirical.curvature(student, make(rng), norm, parameters=moving)
    with pytest.warns(st.ConditioningWarning, match=rf"\({zeros} of {len(matrix.to_dense())} eigenvalues .*{said}"):
        assert matrix.condition_number() == np.inf


def test_derivatives_see_what_values_do_not():
    """Of H1 a column that is constant, or a combination of others, makes nothing singular."""
    rng = np.random.default_rng(10)
    student = st.Network(rng.standard_normal((3, 5)), activation="tanh")
    assert st.empirical.curvature(student, collinear(rng), "H1").condition_number() < 1e6


def test_silent_neurons_are_named():
    X = 1.0 + np.random.default_rng(11).random((30, 2))
    matrix = st.empirical.curvature(st.Network([[1.0, 0.5], [-1.0, -1.0], [-2.0, 0.0]]), X, "H1")
    with pytest.warns(st.ConditioningWarning, match="Neurons 1, 2 have no share in the loss at any sample"):
        matrix.condition_number()


RNG = np.random.default_rng(12)
POINTS, Y, SLOPES = RNG.standard_normal((6, D)), RNG.standard_normal(6), RNG.standard_normal((6, D))
SKEW = np.zeros((6, D, D))
SKEW[4, 0, 1] = 1.0


@pytest.mark.parametrize(
    ("X", "targets", "norm", "said"),
    [
        (POINTS, (Y,), "H1", r"targets: G of shape \(n, d\) is required, .* norm H1 compares, got .* 0; pass \(y, G\)"),
        (POINTS, (Y, SLOPES), "H2", r"targets: H of shape \(n, d, d\) is required.*orders 0, 1; pass \(y, G, H\)"),
        (POINTS, (None, SLOPES), "H1", r"targets: y of shape \(n,\) is required.* orders 1; pass \(y,\)"),
        (POINTS, (Y, SLOPES), (1, 0, 0, 1), "targets: a Network is required for norm .*, arrays are taken up to ord"),
        (POINTS, Y, "L2", r"targets: a Network, or a tuple .* got .*; pass \(y,\)"),
        (POINTS, (1.0, 2.0), "L2", r"targets: a Network, or a tuple .* of 2; pass \(y,\) for y"),
        (POINTS, (Y[:5],), "L2", r"targets: y: shape \(n,\) with n = 6 is required, got shape \(5,\)"),
        (POINTS, (Y, SLOPES.T), "L2", r"targets: G: .* got shape \(3, 6\); its transpose, x.T, would fit"),
        (POINTS, (Y, SLOPES, SKEW), "H2", "targets: H: symmetric matrices are required, .* not at entry 4; pass"),
        (POINTS, st.Network(np.eye(2)), "L2", "targets: input dimension 3 of X is required, got 2"),
        (POINTS[0], (Y,), "L2", r"X: shape \(n, d\) .* got shape \(3,\); for one row pass"),
        (
            POINTS + np.where(SKEW[:, 0] > 0, np.nan, 0.0),
            (Y,),
            "L2",
            r"X: finite numbers .*, got nan at entry \(4, 1\)",
        ),
        (
            np.full((6, 3), np.longdouble("1e400")),
            (Y,),
            "L2",
            r"X: finite numbers are required, got inf at entry \(0, 0",
        ),
        (POINTS > 0, (Y,), "L2", "X: an array of numbers is required, got booleans"),
    ],
)
def test_samples_and_targets_that_do_not_fit_are_refused(X, targets, norm, said):
    with np.errstate(over="ignore"), pytest.raises(ValueError, match=said):
        st.empirical.EmpiricalLoss(X, targets, norm, activation="tanh")


def test_other_arguments_that_do_not_fit_are_refused():
    loss = st.empirical.EmpiricalLoss(POINTS, (Y,), "L2")
    with pytest.raises(ValueError, match="student: input dimension 3 of X is required, got"):
        loss.value(np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"X: shape \(n, d\) with d = 2 is required, got shape \(6, 3\)"):
        st.empirical.curvature(st.Network(np.eye(2)), POINTS)
    with pytest.raises(st.InfiniteNormError):
        st.empirical.curvature(st.Network(np.eye(3)), POINTS, "H2")
    with pytest.raises(ValueError, match="workers: a positive int"):
        st.empirical.EmpiricalLoss(POINTS, (Y,), "L2", workers=0)
    with pytest.raises(ValueError, match="metric: one that is not zero"):
        st.empirical.EmpiricalLoss(POINTS, (Y,), "L2", metric=0.0)
    long = st.Network(1e200 * np.eye(3), activation="relu2")
    for ask in (
        loss_of(long).value,
        loss_of(long).gradient,
        lambda net: st.empirical.curvature(net, POINTS).to_dense(),
    ):
        with pytest.raises(st.OverflowingError):
            ask(long)
    matrix = st.empirical.curvature(long, POINTS)
    with pytest.raises(st.OverflowingError, match="student, X, targets: the value overflows"):
        st.empirical.EmpiricalLoss([[1.0]], ([1e200],), "L2").value([[1.0]])
    with pytest.raises(st.OverflowingError, match="Gauss-Newton"):
        matrix @ np.ones(9)


def loss_of(net):
    return st.empirical.EmpiricalLoss(POINTS, net, "H1")


def test_targets_that_a_norm_does_not_need_may_be_missing():
    """Of the weights (0, 1) values; and more than it needs may be given."""
    net, student = st.Network(np.eye(3), activation="tanh"), st.Network(np.ones((1, 3)), activation="tanh")
    values = [
        st.empirical.EmpiricalLoss(POINTS, targets, (0, 1), activation="tanh").value(student)
        for targets in (net, (None, net.input_gradient(POINTS)), (Y, net.input_gradient(POINTS), SKEW * 0))
    ]
    assert values == pytest.approx([values[0]] * 3, rel=1e-13)


def test_shown_and_split():
    loss = st.empirical.EmpiricalLoss(POINTS, (Y,), "L2", metric=2.0, parameters=("weights", "biases"))
    assert loss.line().startswith("EmpiricalLoss(samples=6, dim=3, norm='L2', targets='arrays', metric=2, parameters=")
    assert loss.setting == "a metric of input gradients; parameters weights, biases"
    student = st.Network(np.eye(3), biases=[1.0, 0.0, 0.0])
    assert {name: part.shape for name, part in loss.split(loss.gradient(student)).items()} == {
        "weights": (3, 3),
        "biases": (3,),
    }
    assert loss.student(student) == student
    point = loss.at(student)
    assert loss.at(point) is point
    assert "student" in repr(point)


@pytest.mark.long
def test_memory_of_products_is_bounded(monkeypatch):
    """Beside samples of 16 MB: what is kept, up to a bound, and a few chunks."""
    rng = np.random.default_rng(13)
    X = rng.standard_normal((100_000, 20))
    student = st.Network(rng.standard_normal((20, 20)), np.ones(20), np.zeros(20), activation="tanh")
    chunk = 8 * samples.NUMBERS

    def products():
        matrix = st.empirical.curvature(student, X, "H1", parameters="all")
        for _ in range(2):
            matrix @ np.ones(len(matrix.layout.index))

    for bound in (X.size + 2**20, 2**27):
        monkeypatch.setattr(streamed, "HELD", bound)
        kept = min(8 * (bound - X.size), 3 * 8 * 20 * len(X) * 21 // 20)  # sigma, sigma', sigma'' of 20 neurons and 1
        assert 0.8 * kept < peak(products) < kept + 6 * chunk
