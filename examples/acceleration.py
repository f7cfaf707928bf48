"""From where does H1 arrive sooner?
=================================

One ReLU neuron, over the plane of its angle to the teacher and its norm at the start: how many times sooner the flow of
H1 has an L2 loss of 1e-6 of its start than that of L2, at equal sharpness. Above 1, H1 is faster. It gains a few
percent at most, and loses as much in the middle of the plane, though its Hessian is better conditioned there: at the
teacher, where most of the time is spent, the condition numbers of one neuron are both 1.
"""

import sys

import numpy as np
from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting


def accelerations(angles: int, norms: int) -> st.Sweep:
    """The gain in time over the plane."""
    grid = {"angle": np.linspace(0.1, 3.1, angles), "ratio": 1 / np.linspace(0.2, 1.9, norms), "dim": 2, "t_max": 26.0}
    return st.sweep("acceleration", grid)


def main(path: str = "acceleration.pdf", *, angles: int = 8, norms: int = 5) -> None:
    """Print the extremes, and draw the map."""
    table = accelerations(angles, norms)
    gains = [row["acceleration_equal_sharpness"] for row in table.as_dicts() if "acceleration_equal_sharpness" in row]
    print(
        f"{len(gains)} of {len(table)} starts arrive with both norms; gains from {min(gains):.3f} to {max(gains):.3f}"
    )
    with plotting.style("paper", width="column"):
        plotting.acceleration_map(table)
        plt.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
