"""How much better conditioned is H1 than L2 at random initialisation, by width and input dimension?

Prints ``kappa_H1 / kappa_L2`` of Gauss-Newton matrices of ReLU networks where student and teacher are random, and of
Hessians, which training follows, at a tenth from the teacher (far from it they are indefinite): means and standard
errors over random pairs. With matplotlib (``pip install sobolev_theory[plot]``) both are drawn, in
``random_initialisation.pdf`` in the folder ``figures``, or the one named, beside the gain in time of one neuron, at
equal sharpness, over its angle and norm, in ``acceleration.pdf``.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import sobolev_theory as st

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


def accelerations(angles: int, norms: int) -> st.Sweep:
    """The gain in time over the plane of one neuron."""
    grid = {"angle": np.linspace(0.1, 3.1, angles), "ratio": 1 / np.linspace(0.2, 1.9, norms), "dim": 2, "t_max": 26.0}
    return st.sweep("acceleration", grid)


def draw(folder: Path, tables: dict[str, st.Sweep], plane: st.Sweep) -> list[Path]:
    """Both figures."""
    from matplotlib import pyplot as plt

    from sobolev_theory import plotting

    files = [folder / "random_initialisation.pdf", folder / "acceleration.pdf"]
    folder.mkdir(parents=True, exist_ok=True)
    figure, panels = plt.subplots(1, 2, figsize=(6.8, 3.0), layout="constrained", sharey=True)
    for ax, (name, table) in zip(panels, tables.items(), strict=True):
        plotting.sweep(table, ax=ax).set_title(name, fontsize="medium")
    gains, ax = plt.subplots(figsize=(3.4, 3.0), layout="constrained")
    plotting.acceleration_map(plane, ax=ax)
    with plt.rc_context({"pdf.fonttype": 42}):
        figure.savefig(files[0])
        gains.savefig(files[1])
    plt.close("all")
    return files


def main(
    folder: Path = Path("figures"),
    *,
    widths: tuple[int, ...] = (2, 3, 4, 6, 8),
    repeats: int = 20,
    angles: int = 7,
    norms: int = 5,
) -> None:
    """Print the tables, and save the figures if there is matplotlib."""
    tables = ratios(widths, repeats)
    for name, table in tables.items():
        print(f"{name}:\n{table.summary()}")
    try:
        for file in draw(folder, tables, accelerations(angles, norms)):
            print(f"wrote {file}")
    except ImportError:
        print("no figures, which need matplotlib: pip install 'sobolev_theory[plot]'")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
