"""The gain at random initialisation
=================================

``kappa_H1 / kappa_L2`` of ReLU networks by width and input dimension, means and standard errors over random pairs of
student and teacher: below 1, H1 is better conditioned. In the upper panel, Gauss-Newton matrices where both are random;
in the lower, Hessians, which training follows, at a tenth from the teacher, as far from it they are indefinite. H1 is
better conditioned in all of these, and by more in few dimensions, where random rows are far from orthogonal and both
condition numbers are large.
"""

import sys
from typing import Any

from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting

PLACES: dict[str, dict[str, Any]] = {
    "Gauss-Newton, random": {"curvature": "gauss_newton"},
    "Hessian, near the teacher": {"distance": 0.1},
}
"""Where condition numbers are asked for."""


def ratios(widths: tuple[int, ...], repeats: int) -> dict[str, st.Sweep]:
    """The sweeps, by place."""
    grid = {"width": widths, "dim": [10, 30, 100]}
    return {
        name: st.sweep("condition_number_ratio", grid | place, repeats=repeats, rng=0) for name, place in PLACES.items()
    }


def main(
    path: str = "random_initialisation.pdf", *, widths: tuple[int, ...] = (2, 3, 4, 6, 8), repeats: int = 20
) -> None:
    """Print the tables, and draw them."""
    tables = ratios(widths, repeats)
    for name, table in tables.items():
        print(f"{name}:\n{table.summary()}")
    with plotting.style("paper", width="column"):
        figure, panels = plt.subplots(2, 1, sharex=True, sharey=True)
        figure.set_figheight(4.8)
        for ax, (name, table) in zip(panels, tables.items(), strict=True):
            plotting.sweep(table, ax=ax)
            ax.set(title=name, ylabel=r"$\kappa$ of H1 / $\kappa$ of L2")
        panels[0].set_xlabel("")
        figure.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
