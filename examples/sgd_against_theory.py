"""Does SGD on sampled inputs do what the theory says? Trajectories and losses, SGD over exact flow.

Five ReLU neurons in ten dimensions on fresh Gaussian inputs, by backpropagation. Left in the figure, from Tian's
symmetric points ``w_j = x v_j + y sum_(k != j) v_k`` for an orthonormal teacher: runs of SGD over the planar flow in
``(x, y)``. Right, from a start without symmetries: means of SGD over the exact flow. The table behind the right panel
is printed, and ``sgd_against_theory.pdf`` saved in the folder ``figures``, or the one named, if there is matplotlib
(``pip install sobolev_theory[plot]``).

L2 stays on the flow for good. H1 does until the distance to the teacher is of the order of step over batch size: there
its noise takes over, whose variance falls only like the distance, and a few runs decide the mean. (From a symmetric
start SGD of either norm ends on another slope than the flow: its noise is not symmetric, and modes across the family
are slower.)
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import sobolev_theory as st

WIDTH, DIM, STEP = 5, 10, 0.05
STARTS = ((0.1, 0.02), (0.15, 0.6), (0.7, 0.5), (1.2, -0.25))
NORMS = ("L2", "H1")

Array = np.ndarray[Any, Any]


def sgd(norm: str, start: Array, batch: int, steps: int, runs: int) -> st.monte_carlo.SampledDescent:
    """Runs from a start, recorded at up to fifty steps, more often at first."""
    loss, record = st.PopulationLoss(np.eye(WIDTH, DIM), norm), np.unique(np.rint(steps * np.linspace(0, 1, 51) ** 2))
    return st.monte_carlo.descent(loss, start, step=STEP, batch=batch, steps=steps, record=record, runs=runs, rng=0)


def symmetric(x: float, y: float) -> Array:
    """``w_j = x v_j + y sum_(k != j) v_k``."""
    return (x - y) * np.eye(WIDTH, DIM) + y * (np.arange(DIM) < WIDTH)


def plane(weights: Array) -> Array:
    """``(x, y)`` of the symmetric students nearest to weights (..., K, d), (..., 2)."""
    inside = weights[..., :WIDTH]
    x = np.trace(inside, axis1=-2, axis2=-1) / WIDTH
    return np.stack([x, (inside.sum(axis=(-2, -1)) / WIDTH - x) / (WIDTH - 1)], axis=-1)


def trajectories(norm: str, start: tuple[float, float], runs: int = 5, steps: int = 300) -> tuple[Array, Array]:
    """``(x, y)`` of small-batch runs (runs, R, 2), and of the planar flow at the same times (R, 2)."""
    found = sgd(norm, symmetric(*start), 20, steps, runs)
    return plane(found.weights), st.reduced.symmetric_flow(WIDTH, *start, found.times[-1], norm)(found.times)


def curves(runs: int = 8, steps: int = 900) -> dict[str, st.monte_carlo.SampledDescent]:
    """Batches of 100 from one start without symmetries."""
    start = np.eye(WIDTH, DIM) + 0.3 * st.Network.random(WIDTH, DIM, rng=1).weights
    return {norm: sgd(norm, start, 100, steps, runs) for norm in NORMS}


def draw(found: dict[str, st.monte_carlo.SampledDescent], path: Path, **options: int) -> None:
    """Both panels."""
    from matplotlib import pyplot as plt

    from sobolev_theory import plotting

    figure, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.2), layout="constrained")
    for norm, color, dashes in zip(NORMS, ("#0072B2", "#D55E00"), ("-", "--"), strict=True):
        for start in STARTS:
            runs, theory = trajectories(norm, start, **options)
            left.plot(*np.moveaxis(runs, -1, 0).swapaxes(1, 2), color=color, linewidth=0.7, alpha=0.6)
            left.plot(*theory.T, color=color, linestyle=dashes, linewidth=1.6)
    for start in STARTS:
        left.plot(*start, "o", color="black", markersize=4)
    left.plot(1, 0, "*", color="black", markersize=11)
    left.annotate("teacher", (1, 0), (-8, -3), textcoords="offset points", ha="right", va="top")
    left.set(xlabel="$x$", ylabel="$y$")
    left.set_title("symmetric starts: runs over flow", fontsize="medium")
    plotting.sampled_curves(list(found.values()), list(found), ax=right)
    right.set_title("a generic start: means over flow", fontsize="medium")
    path.parent.mkdir(parents=True, exist_ok=True)
    with plt.rc_context({"pdf.fonttype": 42}):
        figure.savefig(path)
    plt.close(figure)


def main(folder: Path = Path("figures"), **options: int) -> None:
    """Print the table of each norm, and save the figure if there is matplotlib."""
    found = curves(**options)
    for result in found.values():
        print(f"{result}\n")
    path = folder / "sgd_against_theory.pdf"
    try:
        draw(found, path, **options)
    except ImportError:
        print("no figure, which needs matplotlib: pip install 'sobolev_theory[plot]'")
    else:
        print(f"wrote {path}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
