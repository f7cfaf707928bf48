"""Empirical Gauss-Newton matrices: the law against sampled matrices, closed forms, exact ranks, and a second solver."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import airy

import sobolev_theory as st
from sobolev_theory import finite_sample
from sobolev_theory.finite_sample import soft_edge
from sobolev_theory.finite_sample.fixed_point import Equation
from sobolev_theory.finite_sample.patterns import Patterns

TWO = np.array([[1.0, 0.0, 0.0], [0.5, 1.0, 0.0]])
THREE = np.array([[1.0, 0.0, 0.0], [0.5, 1.0, 0.0], [-0.3, 0.7, 1.2]])
NORMS = {"L2": (1.0, 0.0), "H1": (1.0, 1.0)}


def sampled(V, weights, d, n, rng, slopes=(0.0, 1.0), output=None):
    """Eigenvalues at ``n`` Gaussian samples."""
    return eigenvalues(V, weights, rng.standard_normal((n, d)), slopes, output)


def eigenvalues(V, weights, x, slopes=(0.0, 1.0), output=None):
    """Those of ``(1/n) sum_t s s' (x) (lambda_0 x x' + lambda_1 I)``, summed over samples as it is written."""
    (n, d), K = x.shape, len(V)
    W = np.pad(V, ((0, 0), (0, d - V.shape[1])))
    s = np.where(x @ W.T > 0, slopes[1], slopes[0]) * (np.ones(K) if output is None else output)
    rows = np.einsum("ti,ta->tia", s, x).reshape(n, K * d)
    return np.linalg.eigvalsh(weights[0] * rows.T @ rows / n + weights[1] * np.kron(s.T @ s / n, np.eye(d)))


def ends(V, weights, d, samples_per_dim, runs, seed=0):
    """Smallest and largest eigenvalue of several sampled matrices, (runs, 2)."""
    rng = np.random.default_rng(seed)
    values = [sampled(V, weights, d, round(samples_per_dim * d), rng) for _ in range(runs)]
    return np.array([[v[0], v[-1]] for v in values])


def test_one_neuron_in_closed_form():
    """Edges 1/2 (1 -+ sqrt(2 gamma))^2 + lambda_1/2, and the printed condition numbers of H1."""
    for gamma, kappa in ((0.1, 2.37), (0.25, 3.61), (0.4, 4.54), (0.8, 6.13)):
        for norm, weights in NORMS.items():
            law = finite_sample.spectrum([[0.3, -2.0]], norm, samples_per_dim=1 / gamma)
            edges = [(1 + sign * np.sqrt(2 * gamma)) ** 2 / 2 + weights[1] / 2 for sign in (-1, 1)]
            assert law.intervals == pytest.approx(np.array([edges]), rel=1e-10)  # Newton's method, to rounding
            assert finite_sample.single_neuron_edges(1 / gamma, norm) == pytest.approx(edges, rel=1e-14)
            assert law.mass_at_zero == pytest.approx(max(0, 1 - 1 / (2 * gamma)) * (norm == "L2"), abs=1e-12)
            closed = finite_sample.single_neuron_condition_number(1 / gamma, norm)
            assert law.condition_number == pytest.approx(closed, rel=1e-9)
        assert round(float(closed), 2) == pytest.approx(kappa, abs=0.0101)  # printed to two places
    assert finite_sample.single_neuron_condition_number([2.0, 1.0], "L2").tolist() == [np.inf, np.inf]
    assert finite_sample.single_neuron_condition_number(2.0, "H1") == pytest.approx(5)


def test_density_of_one_neuron():
    """sqrt((b - x)(x - a))/(2 pi gamma lambda_0 (x - lambda_1/2)), zero outside."""
    law = finite_sample.spectrum(st.Network([[1.0, 1.0]], [3.0]), (0.5, 2.0), samples_per_dim=5.0)
    (a, b), x = law.intervals[0] / 9, np.linspace(0.9, 2.0, 40)  # a_1^2 = 9
    inside = (x > a) & (x < b)
    expected = np.zeros(40)
    expected[inside] = np.sqrt(((b - x) * (x - a))[inside]) / (2 * np.pi * 0.2 * 0.5 * (x[inside] - 1)) / 9
    assert law.density(9 * x) == pytest.approx(expected, abs=1e-8)
    assert 10 < inside.sum() < 40
    beside = a + (b - a) * 10.0 ** -np.arange(1, 7)
    expected = np.sqrt((b - beside) * (beside - a)) / (2 * np.pi * 0.2 * 0.5 * (beside - 1)) / 9
    np.testing.assert_allclose(law.density(9 * beside), expected, rtol=1e-9)  # an imaginary part of 1e-12 leaves 1e-8


def test_samples_abound():
    """With a million samples for each dimension it is the population's matrix, in the span and off it."""
    network = st.Network(np.pad(THREE, ((0, 0), (0, 1))), [1.0, -0.5, 2.0])
    population = st.PopulationLoss(network, "H1").gauss_newton(network).spectrum()
    law = finite_sample.spectrum(network, "H1", samples_per_dim=1e6)
    values = np.concatenate([law.intervals.ravel(), law.outliers])
    # an eigenvalue spreads by 2 sqrt(gamma) = 0.002, twice that where a neuron is active at few samples
    assert len(law.intervals) == 3
    for value in population.values:
        assert np.abs(values / value - 1).min() < 0.006
    assert law.smallest == pytest.approx(population.smallest, rel=0.006)
    assert law.largest == pytest.approx(population.largest, rel=0.006)


@pytest.mark.parametrize(("V", "samples_per_dim", "runs"), [(THREE[:1], 4.0, 12), (TWO, 10.0, 4)])
def test_sampled_edges(V, samples_per_dim, runs):
    """H1 at d = 200: means of a few matrices, whose frequencies of patterns fluctuate by a few percent.

    Edges of the law are off by about d^(-2/3) = 3 percent of the width of the bulk.
    """
    found = ends(V, NORMS["H1"], 200, samples_per_dim, runs)
    law = finite_sample.spectrum(V, "H1", samples_per_dim=samples_per_dim)
    for low, high in ((law.smallest, law.largest), law.expected_extremes(200)):
        assert found.mean(axis=0) == pytest.approx([low, high], rel=0.025)
        assert np.mean(found[:, 1] / found[:, 0]) == pytest.approx(high / low, rel=0.03)


@pytest.mark.long
@pytest.mark.parametrize(("V", "runs"), [(THREE[:1], 12), (TWO, 6), (THREE, 4)])
@pytest.mark.parametrize("gamma", [0.1, 0.4])
def test_sampled_edges_at_400(V, runs, gamma):
    """Of H1 within 2 percent of the law, condition numbers within 3, and two standard errors of the means of the runs.

    With what finitely many dimensions add they are within 0.5 and 1.

    A run of n = 1000 samples has the frequency of unequal signs, 0.35, to 4 percent, and with it its lower edge.
    """
    found = ends(V, NORMS["H1"], 400, 1 / gamma, runs, seed=1)
    law = finite_sample.spectrum(V, "H1", samples_per_dim=1 / gamma)
    kappa = found[:, 1] / found[:, 0]
    for (low, high), share, of_kappa in (
        ((law.smallest, law.largest), 0.02, 0.03),
        (law.expected_extremes(400), 0.005, 0.01),
    ):
        for values, expected, within in (
            (found[:, 0], low, share),
            (found[:, 1], high, share),
            (kappa, high / low, of_kappa),
        ):
            error = values.std(ddof=1) / runs**0.5
            assert abs(values.mean() - expected) < within * expected + 2 * error
            assert error < 0.03 * expected


def test_a_single_eigenvalue_below_the_bulk():
    """Two neurons, L2: the span has an eigenvalue at half of the lower edge, a single one, also when sampled."""
    law = finite_sample.spectrum(TWO, "L2", samples_per_dim=10.0)
    (below,) = law.outliers
    assert below == law.smallest < 0.6 * law.intervals[0, 0]
    rng = np.random.default_rng(2)
    lowest = np.array([sampled(TWO, (1.0, 0.0), 150, 1500, rng)[:2] for _ in range(8)])
    # the relative fluctuation of one is (2/n)^(1/2)/P(pattern)^(1/2), about 7 percent; of eight 2.5
    assert lowest[:, 0].mean() == pytest.approx(below, rel=0.06)
    assert lowest[:, 1].mean() == pytest.approx(law.intervals[0, 0], rel=0.1)
    assert {part.kind for part in law} == {"bulk", "outlier"}


@pytest.mark.parametrize("norm", ["L2", pytest.param("H1", marks=pytest.mark.long)])
def test_the_whole_distribution(norm):
    """Fractions of eigenvalues below two levels, three neurons with output weights; an atom, or two intervals."""
    output = np.array([1.0, -0.5, 0.8])
    law = finite_sample.spectrum(st.Network(THREE, output), norm, samples_per_dim=1.5)
    parts = tuple(law)
    assert sum(part.mass for part in parts) == pytest.approx(1, abs=1e-12)
    values = sampled(THREE, NORMS[norm], 120, 180, np.random.default_rng(3), output=output)
    atoms, low = sum(part.mass for part in parts if part.kind == "atom"), law.intervals[0, 0]
    for level in np.quantile(values, [0.65, 0.9]):
        t = np.linspace(0, 1, 400)[1:]  # in x = low + (level - low) t^2 an edge is smooth, the one at an atom too
        density = law.density(low + (level - low) * t**2)
        theory = np.trapezoid(density * 2 * (level - low) * t, t) + atoms
        assert theory == pytest.approx(np.mean(values <= level), abs=0.04)  # n = 180: patterns to 0.04


@pytest.mark.parametrize(
    ("network", "weights", "samples_per_dim"),
    [
        (st.Network(TWO), (1.0, 1.0), 4.0),
        (st.Network(THREE, [1.0, -0.5, 0.8]), (1.0, 0.0), 2.0),
    ],
)
def test_fractions_are_those_of_sampled_matrices(network, weights, samples_per_dim):
    """Without an integral, from the solutions in the gaps: of eigenvalues below the middle of each gap."""
    law = finite_sample.spectrum(network, weights, samples_per_dim=samples_per_dim)
    parts, d = [part for part in law if part.mass], 120
    assert sum(part.mass for part in parts) == pytest.approx(1, abs=1e-12)
    V = np.pad(network.weights, ((0, 0), (0, 3 - network.weights.shape[1])))
    rng, output = np.random.default_rng(8), network.output_weights
    values = sampled(V, weights, d, round(samples_per_dim * d), rng, output=output)
    bulk = [part for part in parts if part.kind == "bulk"]
    for one, other in pairwise(bulk):
        below = sum(part.mass for part in parts if part.high <= one.high)
        level = (one.high + other.low) / 2
        if other.low - one.high > 0.1 * one.high:  # frequencies of patterns are off by n^(-1/2), single ones are inside
            assert np.mean(values < level) == pytest.approx(below, abs=0.04)
    for part in bulk:
        if part.high - part.low > 0.01 * part.high:
            angle = (np.arange(400) + 0.5) * np.pi / 400
            x = part.low + (part.high - part.low) * (1 - np.cos(angle)) / 2
            integral = law.density(x) @ np.sin(angle) * np.pi / 800 * (part.high - part.low)
            assert integral == pytest.approx(part.mass, abs=2e-3)


def test_a_narrow_bulk_beside_an_atom():
    """A sample at which both are active hardly moves the direction that it does not see; next to what none moves."""
    network, angle, n = st.Network([[1.0, 0.0], [1.0, 0.06]], [2.0, -1.5]), np.arctan(0.06), 1.3
    law = finite_sample.spectrum(network, (1.0, 0.05), samples_per_dim=n)
    atom, narrow = list(law)[:2]
    both, any_active = (np.pi - angle) / (2 * np.pi), (np.pi + angle) / (2 * np.pi)
    assert [part.kind for part in law] == ["atom", "bulk", "bulk", "bulk", "atom", "bulk"]
    assert atom.mass == pytest.approx((1 - n * any_active) / 2, abs=1e-9)
    assert narrow.mass == pytest.approx(n * both / 2, abs=1e-9)
    assert atom.high < narrow.high < 1.01 * atom.high
    assert sum(part.mass for part in law) == pytest.approx(1, abs=1e-12)


def test_edges_are_followed_on_one_branch():
    """Three neurons, few samples: a step over an edge had landed on another branch of solutions."""
    V = np.array([[1.85947354, 0.85214077, -0.76180055], [-0.76601721, -0.05719685, -1.4420539],
                  [0.43582717, -1.29423878, -0.37043297]])  # fmt: skip
    law = finite_sample.spectrum(st.Network(V, [0.5, -1.0, -1.0]), "L2", samples_per_dim=0.28682650628046436)
    units = V / np.linalg.norm(V, axis=1)[:, None]
    none = 0.5 - np.arccos((units @ units.T)[np.triu_indices(3, 1)]).sum() / (4 * np.pi)  # a spherical triangle
    assert law.mass_at_zero == pytest.approx(1 - law.samples_per_dim * (1 - none) / 3, abs=1e-9)
    assert [part.kind for part in law] == ["atom", "bulk", "bulk"]
    assert sum(part.mass for part in law) == pytest.approx(1, abs=1e-12)


def test_edges_are_where_the_density_begins():
    """Ten degrees apart, few samples: a step over the edge had landed on another branch, whose edge is at 1.006."""
    V = np.array([[0.29785747, -0.93814913], [0.1791164, -0.84625719]])
    law = finite_sample.spectrum(st.Network(V, [1.0, 2.0]), "L2", samples_per_dim=0.6757684955016149)
    ((edge, _),) = law.intervals
    equation = Equation(Patterns.of(st.Network(V, [1.0, 2.0]), st.activations.get("relu")), 1 / law.samples_per_dim, 0)
    below, above = np.einsum("nii->n", equation.above(np.array([0.999, 1.001]) * edge, 1e-9).imag) / (2 * np.pi)
    assert below < 1e-6 < 1e-3 < above


def test_gaps_between_which_there_is_next_to_nothing():
    """Patterns of probability 2e-4: of one and the same dark part of the grid, fractions tell that it is two gaps."""
    V = np.array([[1.53991621, 2.29239786, -0.76857736], [0.05565282, 1.39742258, -1.48124023],
                  [-1.98986032, -1.29694412, -0.56706679]])  # fmt: skip
    law = finite_sample.spectrum(st.Network(V, [-1.5, -1.0, 2.0]), "H1", samples_per_dim=0.117)
    assert not ((law.intervals[:, 0] < 12) & (law.intervals[:, 1] > 12)).any()
    (little,) = (part for part in law if 8 < part.low < part.high < 10)
    assert 1e-6 < little.mass < 1e-5
    assert sum(part.mass for part in law) == pytest.approx(1, abs=1e-12)


def test_zero_eigenvalues_are_counted_by_ranks():
    """Two orthogonal neurons: a sample at which any is active is worth one: 1 - (3/4) n/(2 d); likewise in a sample."""
    law = finite_sample.spectrum(np.eye(2), "L2", samples_per_dim=1.0)
    assert law.mass_at_zero == pytest.approx(1 - 3 / 8, abs=1e-12)
    assert law.smallest == 0
    assert law.condition_number == np.inf
    assert finite_sample.spectrum(np.eye(2), "L2", samples_per_dim=2.67).mass_at_zero == 0  # 8/3 d and more
    # nearly parallel ones differ at a fraction theta/pi of the samples: e_1 - e_2 is hardly seen, e_1 + e_2 well
    near = finite_sample.spectrum([[1.0, 0.0], [1.0, 0.3]], "L2", samples_per_dim=3.0)
    assert near.mass_at_zero == pytest.approx((1 - 3 * np.arctan(0.3) / np.pi) / 2, abs=1e-12)
    rng = np.random.default_rng(4)
    values = sampled(np.array([[1.0, 0.0], [1.0, 0.3]]), (1.0, 0.0), 100, 300, rng)
    assert np.mean(values < 1e-10) == pytest.approx(near.mass_at_zero, abs=0.06)  # +- 3 (0.09/300)^(1/2)/2


def test_the_rank_is_exact():
    """Theorem: with m < d active samples, d - m zeros in L2; and in H1 these are m/n, the smallest eigenvalue."""
    rng = np.random.default_rng(5)
    d, n = 12, 15
    x = rng.standard_normal((n, d))
    active = x[x[:, 0] > 0]
    values = np.linalg.eigvalsh(active.T @ active / n)
    assert len(active) < d
    assert np.sum(values < 1e-12) == d - len(active)
    values = np.linalg.eigvalsh(active.T @ active / n + len(active) / n * np.eye(d))
    assert values[: d - len(active)] == pytest.approx(len(active) / n, rel=1e-12)


def test_derivatives_bound_the_matrix_from_below():
    """Whatever n, H1 stays above lambda_1 times the smallest eigenvalue of E[s s'], and reaches it with few samples."""
    S = np.array([[0.5, 0.5 - np.arccos(1 / 5**0.5) / (2 * np.pi)]] * 2)
    S[1] = S[1, ::-1]
    least = np.linalg.eigvalsh(S)[0]
    laws = [finite_sample.spectrum(TWO, "H1", samples_per_dim=n) for n in (0.5, 2.0, 8.0)]
    assert laws[0].smallest == pytest.approx(least, rel=1e-9)
    assert [law.smallest >= least * (1 - 1e-12) for law in laws] == [True] * 3
    assert laws[2].smallest > 1.01 * least


@cache
def patterns(K: int) -> Patterns:
    rng = np.random.default_rng(K)
    network = st.Network(rng.standard_normal((K, K)), rng.standard_normal(K))
    return Patterns.of(network, network.activation)


@pytest.mark.parametrize("K", [2, 3])
def test_another_solver(K):
    """The equation by damped iteration, above the real line, where it converges to the solution that there is."""
    equation = Equation(patterns(K), 0.4, 0.5)
    s, w = equation.patterns.slopes, equation.patterns.probabilities
    (Q,) = equation.above(np.array([0.7]), 0.05)
    other = 1j * np.eye(K)
    for _ in range(800):
        seen = 1 + 0.4 * np.einsum("pi,ij,pj->p", s, other, s)
        new = np.einsum("p,pi,pj->ij", w * (1 / seen + 0.5), s, s) - (0.7 + 0.05j) * np.eye(K)
        other = (other + np.linalg.inv(new)) / 2
    assert pytest.approx(other, rel=1e-8) == Q


def test_patterns_of_signs():
    """Probabilities and second moments against a million samples, generic, orthogonal and dependent rows."""
    rng = np.random.default_rng(6)
    z = rng.standard_normal((100_000, 5))
    for V in (THREE, np.eye(5), np.array([[1.0, 0.0], [1.0, 1.0], [-1.0, 2.0]]), rng.standard_normal((5, 5))):
        found = Patterns.of(st.Network(V), st.activations.get("relu"))
        assert found.probabilities.sum() == pytest.approx(1, abs=1e-12)
        coordinates = np.linalg.qr((V / np.linalg.norm(V, axis=1)[:, None]).T)[1].T
        some = z[:, : coordinates.shape[1]]
        powers = 2 ** np.arange(len(V))
        which = (some @ coordinates.T > 0) @ powers
        for slopes, probability, moment in zip(found.slopes, found.probabilities, found.moments, strict=True):
            chosen = some[which == slopes @ powers]
            error = 5 / len(z) ** 0.5  # standard errors of fractions are below half of that, of squares below 2
            assert len(chosen) / len(z) == pytest.approx(
                probability, abs=error * probability**0.5 + 1e-3 * (len(V) > 3)
            )
            assert chosen.T @ chosen / len(z) == pytest.approx(moment, abs=3 * error)


def test_parallel_rows_and_zero_output_weights():
    """Two equal rows are one neuron, and as many directions that nothing sees; scales of rows do not matter."""
    law = finite_sample.spectrum([[1.0, 0.0], [2.0, 0.0]], "H1", samples_per_dim=5.0)
    one = finite_sample.spectrum(st.Network([[1.0, 0.0]], [2**0.5]), "H1", samples_per_dim=5.0)
    assert law.smallest == 0
    assert law.intervals[-1] == pytest.approx(one.intervals[0], rel=1e-9)
    assert law.mass_at_zero == pytest.approx(0.5)
    assert law.expected_extremes(400) == (0, one.expected_extremes(400)[1])
    dead = finite_sample.spectrum(st.Network(TWO, [1.0, 0.0]), "H1", samples_per_dim=5.0)
    assert dead.mass_at_zero == pytest.approx(0.5)
    assert dead.outliers.size == law.outliers.size == 0
    scaled = finite_sample.spectrum(TWO * [[1e-150], [1e100]], "H1", samples_per_dim=5.0)
    assert scaled.condition_number == pytest.approx(
        finite_sample.spectrum(TWO, "H1", samples_per_dim=5.0).condition_number, rel=1e-9
    )


def test_many_neurons():
    """Six orthogonal ones: about K d samples make L2 definite, (1 - 2^-6) n > 6 d."""
    few, many = (finite_sample.spectrum(np.eye(6), "L2", samples_per_dim=n) for n in (6.0, 6.2))
    assert few.mass_at_zero == pytest.approx(1 - 1 + 2**-6, abs=1e-9)
    assert many.mass_at_zero == 0 < many.smallest


@pytest.mark.parametrize("bad", [0, -1, np.nan, np.inf, 1e-5, 1e7, "2", None, [1.0]])
def test_samples_per_dim(bad):
    with pytest.raises(ValueError, match="samples_per_dim"):
        finite_sample.spectrum(TWO, samples_per_dim=bad)
    if bad != [1.0]:
        with pytest.raises(ValueError, match="samples_per_dim"):
            finite_sample.single_neuron_edges(bad)


def test_what_is_refused():
    for activation in ("relu2", "erf", "tanh"):
        with pytest.raises(ValueError, match="linear on either side of zero"):
            finite_sample.spectrum(TWO, "L2", samples_per_dim=2.0, activation=activation)
    with pytest.raises(st.InfiniteNormError):
        finite_sample.spectrum(TWO, "H2", samples_per_dim=2.0)
    with pytest.raises(ValueError, match=r"norm: .*derivatives alone"):
        finite_sample.spectrum(TWO, (0, 1), samples_per_dim=2.0)
    with pytest.raises(st.NotDifferentiableError):
        finite_sample.spectrum([[1.0, 0.0], [0.0, 0.0]], samples_per_dim=2.0)
    for row in ([-1.0, 0.0], [1.0, 1e-4], [-1.0, 1e-4]):
        with pytest.raises(ValueError, match=r"V: rows at angles .* or equal directions, got rows \(0, 2\)"):
            finite_sample.spectrum([[1.0, 0.0], [0.3, 1.0], row], samples_per_dim=2.0)
    with pytest.raises(st.SizeError, match="at most 10 neurons"):
        finite_sample.spectrum(np.eye(11), samples_per_dim=2.0)
    with pytest.raises(ValueError, match="output weight"):
        finite_sample.spectrum(st.Network(TWO, [0.0, 0.0]), samples_per_dim=2.0)
    with pytest.raises(ValueError, match="neurons"):
        finite_sample.spectrum([1.0, 0.0], samples_per_dim=2.0)
    with pytest.raises(st.OverflowingError):
        finite_sample.spectrum(st.Network(TWO, [1e200, 1.0]), samples_per_dim=2.0)


def test_shown():
    law = finite_sample.spectrum(TWO, "L2", samples_per_dim=1.0)
    assert str(law).splitlines()[-1].startswith("singular: 0.6619")
    regular = finite_sample.spectrum(TWO, "H1", samples_per_dim=8.0)
    assert regular.smallest < 1
    assert str(regular).splitlines()[-1] == f"kappa = {regular.condition_number:.6g}"
    assert repr(law)
    assert [part.kind for part in law] == ["atom", "bulk"]
    at_the_edge = finite_sample.spectrum([[1.0, 0.0]], "L2", samples_per_dim=2.0)
    assert str(at_the_edge).splitlines()[-1] == "singular: the bulk begins at 0"
    assert law == finite_sample.spectrum(TWO, "L2", samples_per_dim=1.0)


@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_copies_of_a_neuron_beside_another(norm):
    """Against a sampled matrix: which fraction is zero, to its rounding, and the other extreme eigenvalues."""
    V = np.array([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.3, 1.0, 0.0]])
    law = finite_sample.spectrum(V, norm, samples_per_dim=10.0)
    values = sampled(V, NORMS[norm], 120, 1200, np.random.default_rng(5))
    rest = values[values > 1e-9]
    assert law.smallest == 0
    assert law.mass_at_zero == pytest.approx(1 / 3)
    assert len(rest) == 240
    low, high = (min(law.intervals[0, 0], *law.outliers), law.largest)
    # one matrix: edges as in the tests above, and the frequency of a pattern to (1/(1200 p))^(1/2), 7 percent
    assert rest[[0, -1]] == pytest.approx([low, high], rel=0.15)
    assert sum(part.mass for part in law) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("side", [1, -1])
def test_rows_that_are_hardly_apart(side):
    """At the smallest angle t, directions that no sample sees have ``t/(2 pi)`` in H1, or 1/2 less that if opposite."""
    law = finite_sample.spectrum([[1.0, 0.0], [side, 1.01e-3]], "H1", samples_per_dim=1.0)
    rest = 1.01e-3 / (2 * np.pi)
    assert law.smallest == pytest.approx(rest if side > 0 else 0.5 - rest, rel=1e-5)  # the tangent is t to 3e-7
    assert min([*law.outliers, np.inf]) >= law.smallest * (1 - 1e-9)


@pytest.mark.long
def test_leaky_relu_and_modulus():
    """Derived by the user: slopes 1 and 1/10; and -1 and 1, whose squares are one: gamma counts once, not twice."""
    from sobolev_theory.symbolic import derive

    leaky = derive("Max(z, 0) - Max(-z, 0)/10", "leaky_for_samples")
    modulus = derive("Max(z, 0) + Max(-z, 0)", "modulus_for_samples")
    law = finite_sample.spectrum([[1.0]], "H1", samples_per_dim=4.0, activation=modulus.activation)
    assert law.intervals == pytest.approx(np.array([[0.25 + 1, 2.25 + 1]]), rel=1e-9)
    law = finite_sample.spectrum(TWO, "H1", samples_per_dim=5.0, activation=leaky.activation)
    rng = np.random.default_rng(7)
    values = [sampled(TWO, (1.0, 1.0), 300, 1500, rng, slopes=(0.1, 1.0)) for _ in range(4)]
    assert np.mean([v[0] for v in values]) == pytest.approx(law.smallest, rel=0.03)
    assert np.mean([v[-1] for v in values]) == pytest.approx(law.largest, rel=0.03)


# --- finitely many dimensions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_soft_edges_of_one_neuron_in_closed_form(norm):
    """Johnstone 2001: ``(m^(1/2) +- d^(1/2)) |d^(-1/2) +- m^(-1/2)|^(1/3)`` of ``m = n/2`` samples in d dimensions.

    To the rounding of an edge, at which the trace is known to about 1e-8.
    """
    d, sign = 400, np.array([-1.0, 1.0])
    for n in (700, 1000, 4000):
        law = finite_sample.spectrum(st.Network([[0.3, -2.0]], [3.0]), norm, samples_per_dim=n / d)
        root, other = np.sqrt(n / 2), np.sqrt(d)
        scales = np.abs(root + sign * other) * np.abs(1 / other + sign / root) ** (1 / 3) / n
        expected = -sign * 1.2065335745820 * 9 * scales
        if n < 2 * d:  # a tenth is seen by no sample
            expected[0] = 0
        shifts = np.subtract(law.expected_extremes(d), [law.smallest, law.largest])
        assert shifts == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_soft_edges_are_those_of_the_density():
    """Three neurons, ``K d`` eigenvalues, of density ``c x^(1/2)/pi`` at a distance ``x`` inside; others stay."""
    network, d, kinds = st.Network(THREE, [1.0, -0.5, 0.8]), 1000, []
    for n in (0.7, 3.0, 1000.0):
        law = finite_sample.spectrum(network, "H1", samples_per_dim=n)
        shifts = np.subtract(law.expected_extremes(d), [law.smallest, law.largest])
        parts = list(law)
        for part, edge, sign, shift in zip(
            (parts[0], parts[-1]), law.intervals[[0, -1], [0, 1]], (1, -1), shifts, strict=True
        ):
            c = np.pi * float(law.density(edge * (1 + sign * 1e-5))) / (1e-5 * edge) ** 0.5
            expected = 1.2065335745820 * sign * (3 * d * c) ** (-2 / 3) if part.kind == "bulk" else 0
            assert shift == pytest.approx(expected, rel=2e-3, abs=0)  # the next order of the density
            kinds.append(part.kind)
    assert kinds == ["atom", "bulk", "bulk", "bulk", "outlier", "outlier"]


def test_mean_of_tracy_and_widom():
    """``int_0^inf (1 - F) - int_-inf^0 F`` of the Fredholm determinant ``F(s) = det(1 - Ai(x + y + s))`` on (0, inf).

    Ferrari & Spohn 2005; a Gauss-Legendre rule for the determinant, as Bornemann 2010, and one for the integrals.
    """
    nodes, weights = np.polynomial.legendre.leggauss(32)
    x, root = 6 * (nodes + 1), np.sqrt(6 * weights)
    s = np.concatenate([x, -x])
    F = np.linalg.det(np.eye(32) - root[:, None] * airy(x[:, None] + x + s[:, None, None])[0] * root)
    assert pytest.approx(6 * weights @ (1 - F[:32] - F[32:]), abs=1e-12) == soft_edge.MEAN


def test_finitely_many_dimensions_by_sampling():
    """Two neurons, d = 100: the upper edge is 2.2 percent low, which is seen to 0.3; of order 1/d is what is left.

    What a linear function of the frequencies of patterns explains, with a mean that is known, is taken off.
    """
    d, runs, rng = 100, 60, np.random.default_rng(0)
    law = finite_sample.spectrum(TWO, "H1", samples_per_dim=4.0)
    probabilities = Patterns.of(st.Network(TWO), st.activations.get("relu")).probabilities
    largest, frequencies = np.empty(runs), np.empty((runs, 4))
    for k in range(runs):
        x = rng.standard_normal((4 * d, d))
        largest[k] = eigenvalues(TWO, NORMS["H1"], x)[-1]
        frequencies[k] = np.bincount((x[:, :3] @ TWO.T > 0) @ (2, 1), minlength=4) / len(x)
    design = np.column_stack([np.ones(runs), (frequencies - probabilities)[:, 1:]])
    (mean, *_), (rest,) = np.linalg.lstsq(design, largest)[:2]
    error = np.sqrt(rest / (runs - 4) / runs)
    assert error < 0.004 * law.largest
    assert abs(mean - law.expected_extremes(d)[1]) < 3 * error
    assert abs(mean - law.largest) > 5 * error


@pytest.mark.parametrize(("K", "split"), [(3, 0.03), (5, 0.07)])
def test_samples_split_a_multiple_eigenvalue(K, split):
    """Of ``E[s s']``, at orthogonal neurons ``I/4 + 1 1'/4``: with n = 1000 its mean is lower, which no edge says."""
    law = finite_sample.spectrum(np.eye(K), "H1", samples_per_dim=1.0)
    assert law.expected_extremes(1000)[0] == law.smallest == pytest.approx(1 / 4, rel=1e-12)
    s = (np.random.default_rng(9).random((80, 1000, K)) < 0.5).astype(float)
    least = np.linalg.eigvalsh(s.transpose(0, 2, 1) @ s / 1000)[:, 0]
    assert 1 - 4 * least.mean() == pytest.approx(split, abs=0.01)  # a spread of 0.02 each
