"""How many samples does a derivative save?

Prints condition numbers of the empirical Gauss-Newton matrix of one ReLU neuron over the number n of samples in d
dimensions: the law for d, n -> infinity, and means over sampled matrices. With L2 the matrix is singular below n = 2 d;
with H1 every sample also brings the gradient, d more equations, and kappa is 5 there, which takes L2 13.7 d samples.
With matplotlib (``pip install sobolev_theory[plot]``) the curves, and the density of a network of two neurons over a
histogram of sampled eigenvalues, are saved as ``finite_samples.pdf`` in the folder ``figures``, or the one named.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import sobolev_theory as st

FloatArray = NDArray[np.float64]
Found = dict[str, tuple[FloatArray, FloatArray]]

NORMS = {"L2": (1.0, 0.0), "H1": (1.0, 1.0)}
SAMPLES = (0.5, 1.0, 1.5, 2.5, 4.0, 8.0, 16.0, 32.0)
TWO = np.array([[1.0, 0.0], [0.5, 1.0]])


def sampled(
    rows: FloatArray, weights: tuple[float, float], dim: int, samples_per_dim: float, rng: np.random.Generator
) -> FloatArray:
    """Eigenvalues of the Gauss-Newton matrix of ReLU neurons at sampled inputs, by its definition."""
    n, K = round(samples_per_dim * dim), len(rows)
    x = rng.standard_normal((n, dim))
    s = (x[:, : rows.shape[1]] @ rows.T > 0).astype(float)
    jacobian = np.einsum("ti,ta->tia", s, x).reshape(n, K * dim)
    values: FloatArray = np.linalg.eigvalsh(
        weights[0] * jacobian.T @ jacobian / n + weights[1] * np.kron(s.T @ s / n, np.eye(dim))
    )
    return values


def condition_numbers(dim: int = 200, runs: int = 8) -> Found:
    """Means and standard errors of sampled condition numbers, by norm, for `SAMPLES`; infinite if singular."""
    rng, found = np.random.default_rng(0), Found()
    for norm, weights in NORMS.items():
        values = np.empty((len(SAMPLES), runs))
        for i, n in enumerate(SAMPLES):
            for k in range(runs):
                spectrum = sampled(np.eye(1), weights, dim, n, rng)
                values[i, k] = spectrum[-1] / spectrum[0] if spectrum[0] > 1e-12 * spectrum[-1] else np.inf
        finite = np.isfinite(values).all(axis=1)
        spread = np.full(len(SAMPLES), np.nan)
        spread[finite] = values[finite].std(axis=1, ddof=1) / runs**0.5
        found[norm] = values.mean(axis=1), spread
    return found


def samples_for(kappa: float, norm: str) -> float:
    """The smallest ``n/d`` at which the law of one neuron has that condition number."""
    low, high = 1e-4, 1e6
    for _ in range(100):
        middle = (low * high) ** 0.5
        low, high = (
            (low, middle) if st.finite_sample.single_neuron_condition_number(middle, norm) <= kappa else (middle, high)
        )
    return high


def draw(path: Path, found: Found, dim: int) -> None:
    """Curves with sampled points, and a density over a histogram."""
    from matplotlib import pyplot as plt

    from sobolev_theory import plotting

    figure, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.0), layout="constrained")
    x = np.concatenate([np.geomspace(0.4, 2.0, 15), 2 + np.geomspace(0.02, 38, 35)])
    plotting.condition_number_of_samples(np.eye(1), tuple(NORMS), x, ax=left)
    for (mean, spread), line in zip(found.values(), tuple(left.lines), strict=True):
        name = "sampled" if line is left.lines[0] else None
        left.errorbar(SAMPLES, mean, spread, fmt="o", markersize=3, capsize=2, color=line.get_color(), label=name)
    left.axvspan(left.get_xlim()[0], 2, color="black", alpha=0.06, linewidth=0)
    left.text(0.45, 250, "L2 is singular", fontsize="small")
    left.set(ylim=(1, 1e3), xlim=(0.4, 40), title="one ReLU neuron")
    left.set_xticks([0.5, 1, 2, 5, 10, 20], labels=["0.5", "1", "2", "5", "10", "20"])
    left.set_xticks([], minor=True)
    left.legend(fontsize="small")
    law = st.finite_sample.spectrum(TWO, "H1", samples_per_dim=10.0)
    rng = np.random.default_rng(1)
    values = np.concatenate([sampled(TWO, NORMS["H1"], dim, 10.0, rng) for _ in range(4)])
    plotting.sampled_density(law, values, ax=right)
    right.set_title("two ReLU neurons, H1, $n = 10 d$")
    path.parent.mkdir(parents=True, exist_ok=True)
    with plt.rc_context({"pdf.fonttype": 42}):
        figure.savefig(path)
    plt.close(figure)


def main(folder: Path = Path("figures"), *, dim: int = 200, runs: int = 8) -> None:
    """Print the table, and save the figure if there is matplotlib."""
    found = condition_numbers(dim, runs)
    print(f"kappa of one ReLU neuron: law, and mean and standard error over {runs} sampled matrices, d = {dim}")
    print(f"{'n/d':>6}{'L2, law':>12}{'sampled':>12}{'+-':>9}{'H1, law':>12}{'sampled':>12}{'+-':>9}")
    for i, n in enumerate(SAMPLES):
        cells = ""
        for norm in NORMS:
            law = st.finite_sample.single_neuron_condition_number(n, norm)
            cells += f"{law:>12.4g}{found[norm][0][i]:>12.4g}{found[norm][1][i]:>9.2g}"
        print(f"{n:>6g}{cells}")
    few, many = samples_for(5, "H1"), samples_for(5, "L2")
    print(f"kappa = 5 takes {few:.1f} samples for each dimension with H1, {many:.1f} with L2")
    try:
        draw(folder / "finite_samples.pdf", found, dim)
    except ImportError:
        print("no figure, which needs matplotlib: pip install 'sobolev_theory[plot]'")
    else:
        print(f"wrote {folder / 'finite_samples.pdf'}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
