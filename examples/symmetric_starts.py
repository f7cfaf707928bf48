"""From symmetric starts training is a flow in the plane
=====================================================

From Tian's symmetric points ``w_j = x v_j + y sum_(k != j) v_k``, for an orthonormal teacher of five ReLU neurons in
ten dimensions, exact gradient flow moves ``(x, y)`` alone. Runs of SGD with batches of 20 fresh inputs, thin, lie over
that flow, thick; from the start above the diagonal neither norm finds the teacher. Near it SGD ends on another slope
than the flow: its noise is not symmetric, and modes across the family are slower.
"""

import sys
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting

WIDTH, DIM, STEP = 5, 10, 0.05
STARTS = ((0.1, 0.02), (0.15, 0.6), (0.7, 0.5), (1.2, -0.25))

Array = np.ndarray[Any, Any]


def symmetric(x: float, y: float) -> Array:
    """``w_j = x v_j + y sum_(k != j) v_k``."""
    return (x - y) * np.eye(WIDTH, DIM) + y * (np.arange(DIM) < WIDTH)


def plane(weights: Array) -> Array:
    """``(x, y)`` of the symmetric students nearest to weights (..., K, d), (..., 2)."""
    inside = weights[..., :WIDTH]
    x = np.trace(inside, axis1=-2, axis2=-1) / WIDTH
    return np.stack([x, (inside.sum(axis=(-2, -1)) / WIDTH - x) / (WIDTH - 1)], axis=-1)


def trajectories(norm: str, start: tuple[float, float], runs: int = 4, steps: int = 240) -> tuple[Array, Array]:
    """``(x, y)`` of small-batch runs (runs, R, 2), and of the planar flow at the same times (R, 2)."""
    loss, record = st.PopulationLoss(np.eye(WIDTH, DIM), norm), np.unique(np.rint(steps * np.linspace(0, 1, 51) ** 2))
    settings: dict[str, Any] = {"step": STEP, "batch": 20, "steps": steps, "runs": runs, "record": record, "rng": 0}
    found = st.monte_carlo.descent(loss, symmetric(*start), **settings)
    return plane(found.weights), st.reduced.symmetric_flow(WIDTH, *start, found.times[-1], norm)(found.times)


def main(path: str = "symmetric_starts.pdf", **options: int) -> None:
    """Draw the runs, and print how far their means are from the flow."""
    with plotting.style("paper", width="column"):
        figure, ax = plt.subplots()
        for norm, color, dashes in (("L2", "C0", "-"), ("H1", "C1", "--")):
            for start in STARTS:
                runs, theory = trajectories(norm, start, **options)
                away = np.linalg.norm(runs.mean(axis=0) - theory, axis=-1).max()
                print(f"{norm} from {start}: the mean of {len(runs)} runs is within {away:.3f} of the flow")
                ax.plot(*np.moveaxis(runs, -1, 0).swapaxes(1, 2), "-", color=color, linewidth=0.6, alpha=0.6)
                label = f"{norm}, exact flow" if start == STARTS[0] else None
                ax.plot(*theory.T, dashes, color=color, linewidth=1.6, label=label)
        ax.plot(*np.transpose(STARTS), "o", color="black", label="starts")
        ax.plot(1, 0, "*", color="black", markersize=11, label="teacher")
        ax.set(xlabel="$x$, along the own teacher", ylabel="$y$, along each other")
        ax.legend()
        figure.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
