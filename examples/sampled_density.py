"""The law of sampled eigenvalues
==============================

Eigenvalues of the empirical Gauss-Newton matrix of two ReLU neurons with H1, at ten samples for each of 200 dimensions:
a histogram over four sampled matrices, and the law for many dimensions. The matrix of infinitely many samples has few
different eigenvalues; samples spread each of them over an interval, and a few stay single.
"""

import sys
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting

NEURONS = np.array([[1.0, 0.0], [0.5, 1.0]])
SAMPLES_PER_DIM = 10.0

Array = np.ndarray[Any, Any]


def sampled(dim: int, rng: np.random.Generator) -> Array:
    """Eigenvalues of the matrix at sampled inputs, by its definition: ``J' J / n`` over function and gradients."""
    n, K = round(SAMPLES_PER_DIM * dim), len(NEURONS)
    x = rng.standard_normal((n, dim))
    s = (x[:, : NEURONS.shape[1]] @ NEURONS.T > 0).astype(float)
    jacobian = np.einsum("ti,ta->tia", s, x).reshape(n, K * dim)
    values: Array = np.linalg.eigvalsh(jacobian.T @ jacobian / n + np.kron(s.T @ s / n, np.eye(dim)))
    return values


def main(path: str = "sampled_density.pdf", *, dim: int = 200) -> None:
    """Print the law, and draw it over the histogram."""
    law = st.finite_sample.spectrum(NEURONS, "H1", samples_per_dim=SAMPLES_PER_DIM)
    print(law)
    rng = np.random.default_rng(1)
    values = np.concatenate([sampled(dim, rng) for _ in range(4)])
    with plotting.style("paper", width="column"):
        ax = plotting.sampled_density(law, values)
        ax.set_title("two ReLU neurons, H1, $n = 10 d$")
        plt.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
