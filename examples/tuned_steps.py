"""How many steps do derivatives save?
===================================

Gradient descent where every norm has its best step: students at a tenth from an orthonormal teacher of five neurons, in
ten dimensions. Points are counted on the exact population gradients, until the L2 loss is so small a part of its start;
lines are predicted from the spectrum of the field near the teacher. ReLU gains next to nothing with H1, and less the
wider it is, as training follows another matrix there than Gauss-Newton's. Where both agree, for erf (and for the
squared ReLU with H1), the gain is real: H1 saves half of the steps, H2 five of six. What a step costs is not counted.
"""

import sys
from collections.abc import Sequence
from functools import cache

from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting

NORMS = {"relu": ("L2", "H1"), "relu2": ("L2", "H1", "H2"), "erf": ("L2", "H1", "H2")}
"""Norms that are finite, by activation."""

ACCURACIES = (1e-2, 1e-5, 1e-8)


@cache
def table(activation: str, width: int, starts: int, accuracy: float, method: str = "gd") -> st.TunedSteps:
    """Steps of each norm, from students ``V + 0.1 X`` with random ``X``."""
    teacher = st.Network.orthonormal(width, 2 * width, activation=activation)
    students = [teacher.weights + 0.1 * st.Network.random(width, 2 * width, rng=seed).weights for seed in range(starts)]
    return st.steps_to(students, teacher, NORMS[activation], accuracy=accuracy, method=method)


def draw(path: str, width: int, starts: int, accuracies: Sequence[float]) -> None:
    """Steps against accuracy, of ReLU and of erf."""
    with plotting.style("paper", width=4.6):
        figure, panels = plt.subplots(1, 2, sharey=True)
        for ax, activation in zip(panels, ("relu", "erf"), strict=True):
            plotting.tuned_steps([table(activation, width, starts, accuracy) for accuracy in accuracies], ax=ax)
            ax.set(title={"relu": "ReLU", "erf": "erf"}[activation], xlabel="", ylabel="")
        panels[0].get_legend().remove()
        panels[0].set_ylabel("steps, each norm with its best size")
        panels[0].set_ylim(0, 1.1 * panels[1].dataLim.y1)
        figure.supxlabel("prediction error (L2 loss) over that of the start", fontsize="medium")
        figure.savefig(path)
    print(f"wrote {path}")


def main(
    path: str = "tuned_steps.pdf",
    *,
    width: int = 5,
    starts: int = 3,
    wide: int = 20,
    wide_starts: int = 2,
    accuracies: Sequence[float] = ACCURACIES,
) -> None:
    """Print the tables, and draw two of them."""
    last = min(accuracies)
    for activation in NORMS:
        print(f"{activation}, {width} neurons. {table(activation, width, starts, last)}\n")
    for method in ("heavy_ball", "adam"):
        print(f"relu, {width} neurons. {table('relu', width, 1, last, method)}\n")
    print(f"relu, {wide} neurons. {table('relu', wide, wide_starts, last)}\n")
    draw(path, width, starts, accuracies)


if __name__ == "__main__":
    main(*sys.argv[1:2])
