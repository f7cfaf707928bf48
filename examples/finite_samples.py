"""How many samples does a derivative save?
========================================

Condition numbers of the empirical Gauss-Newton matrix of one ReLU neuron over the number n of samples in d dimensions:
the law for d, n -> infinity as lines, and means over sampled matrices as points. With L2 the matrix is singular below
``n = 2 d``; with H1 every sample also brings the gradient, d more equations, and kappa is 5 there, which takes L2 13.7
d samples.
"""

import sys

import numpy as np
from matplotlib import pyplot as plt
from numpy.typing import NDArray

import sobolev_theory as st
from sobolev_theory import plotting

FloatArray = NDArray[np.float64]
Found = dict[str, tuple[FloatArray, FloatArray]]

NORMS = {"L2": (1.0, 0.0), "H1": (1.0, 1.0)}
SAMPLES = (0.5, 1.0, 1.5, 2.5, 4.0, 8.0, 16.0, 32.0)


def sampled(weights: tuple[float, float], dim: int, samples_per_dim: float, rng: np.random.Generator) -> FloatArray:
    """Eigenvalues of the Gauss-Newton matrix of one ReLU neuron at sampled inputs, by its definition."""
    n = round(samples_per_dim * dim)
    x = rng.standard_normal((n, dim))
    active = x[x[:, 0] > 0]
    matrix = weights[0] * active.T @ active / n + weights[1] * len(active) / n * np.eye(dim)
    return np.asarray(np.linalg.eigvalsh(matrix), dtype=np.float64)


def condition_numbers(dim: int = 200, runs: int = 8) -> Found:
    """Means and standard errors of sampled condition numbers, by norm, for `SAMPLES`; infinite if singular."""
    rng, found = np.random.default_rng(0), Found()
    for norm, weights in NORMS.items():
        values = np.empty((len(SAMPLES), runs))
        for i, n in enumerate(SAMPLES):
            for k in range(runs):
                spectrum = sampled(weights, dim, n, rng)
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


def draw(path: str, found: Found) -> None:
    """Curves of the law with sampled points."""
    x = np.concatenate([np.geomspace(0.4, 2.0, 15), 2 + np.geomspace(0.02, 38, 35)])
    with plotting.style("paper", width="column"):
        ax = plotting.condition_number_of_samples(np.eye(1), tuple(NORMS), x)
        for (mean, spread), line in zip(found.values(), tuple(ax.lines), strict=True):
            name = f"{line.get_label()}, sampled"
            ax.errorbar(SAMPLES, mean, spread, fmt="o", markersize=3, capsize=2, color=line.get_color(), label=name)
        ax.axvspan(ax.get_xlim()[0], 2, color="black", alpha=0.06, linewidth=0)
        ax.text(0.45, 250, "L2 is singular", fontsize="small")
        ax.set(ylim=(1, 1e3), xlim=(0.4, 40), title="Gauss-Newton matrix of one ReLU neuron")
        ax.legend()
        plt.savefig(path)
    print(f"wrote {path}")


def main(path: str = "finite_samples.pdf", *, dim: int = 200, runs: int = 8) -> None:
    """Print the table, and draw it."""
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
    draw(path, found)


if __name__ == "__main__":
    main(*sys.argv[1:2])
