"""Does SGD on sampled inputs do what the theory says?
===================================================

Five ReLU neurons in ten dimensions on fresh Gaussian inputs, by backpropagation, from a start without symmetries: means
over eight runs of SGD as points, and the exact gradient flow as lines. L2 stays on the flow for good. H1 does until the
distance to the teacher is of the order of step over batch size: there its noise takes over, whose variance falls only
like the distance, and a few runs decide the mean.
"""

import sys
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting

WIDTH, DIM, STEP = 5, 10, 0.05
NORMS = ("L2", "H1")

Array = np.ndarray[Any, Any]


def sgd(norm: str, start: Array, batch: int, steps: int, runs: int) -> st.monte_carlo.SampledDescent:
    """Runs from a start, recorded at up to thirty steps, more often at first."""
    loss, record = st.PopulationLoss(np.eye(WIDTH, DIM), norm), np.unique(np.rint(steps * np.linspace(0, 1, 31) ** 2))
    return st.monte_carlo.descent(loss, start, step=STEP, batch=batch, steps=steps, record=record, runs=runs, rng=0)


def curves(runs: int = 8, steps: int = 900) -> dict[str, st.monte_carlo.SampledDescent]:
    """Batches of 100 from one start."""
    start = np.eye(WIDTH, DIM) + 0.3 * st.Network.random(WIDTH, DIM, rng=1).weights
    return {norm: sgd(norm, start, 100, steps, runs) for norm in NORMS}


def main(path: str = "sgd_against_theory.pdf", **options: int) -> None:
    """Print the table of each norm, and draw both."""
    found = curves(**options)
    for result in found.values():
        print(f"{result}\n")
    with plotting.style("paper", width="column"):
        plotting.sampled_curves(list(found.values()), list(found))
        plt.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
