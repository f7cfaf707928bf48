"""How many steps of gradient descent do derivatives save, if every norm gets its best step?

Students at a tenth from an orthonormal teacher of five neurons, in ten dimensions; steps are counted on the exact
population gradients until the L2 loss is 1e-8 of its start, and predicted from the spectrum of the field near the
teacher. ReLU gains next to nothing with H1, and less the wider it is: near the teacher training follows another matrix
than Gauss-Newton's. Where both agree, for erf and the squared ReLU with H1, the gain is real. With matplotlib (``pip
install sobolev_theory[plot]``) steps against accuracy are saved as ``tuned_steps.pdf`` in the folder ``figures``, or
the one named.
"""

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import sobolev_theory as st

NORMS = {"relu": ("L2", "H1"), "relu2": ("L2", "H1", "H2"), "erf": ("L2", "H1", "H2")}
"""Norms that are finite, by activation."""

ACCURACIES = (1e-2, 1e-5, 1e-8)


@cache
def table(activation: str, width: int, starts: int, accuracy: float, method: str = "gd") -> st.TunedSteps:
    """Steps of each norm, from students ``V + 0.1 X`` with random ``X``."""
    teacher = st.Network.orthonormal(width, 2 * width, activation=activation)
    students = [teacher.weights + 0.1 * st.Network.random(width, 2 * width, rng=seed).weights for seed in range(starts)]
    return st.steps_to(students, teacher, NORMS[activation], accuracy=accuracy, method=method)


def draw(path: Path, width: int, starts: int, accuracies: Sequence[float]) -> None:
    """Steps against accuracy, a panel for each activation."""
    from matplotlib import pyplot as plt

    from sobolev_theory import plotting

    last = min(accuracies)
    figure, axes = plt.subplots(1, 3, figsize=(6.8, 2.8), layout="constrained", sharey=True)
    for ax, activation in zip(axes, NORMS, strict=True):
        plotting.tuned_steps([table(activation, width, starts, accuracy) for accuracy in accuracies], ax=ax)
        ax.set_title(activation)
    for ax in axes[1:]:
        ax.set_ylabel("")
    for ax in axes[[0, 2]]:  # one name for three axes, which has no room thrice
        ax.set_xlabel("")
    axes[0].set_ylim(0, 1.1 * max(row.steps for activation in NORMS for row in table(activation, width, starts, last)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with plt.rc_context({"pdf.fonttype": 42}):
        figure.savefig(path)
    plt.close(figure)


def main(
    folder: Path = Path("figures"),
    *,
    width: int = 5,
    starts: int = 3,
    wide: int = 20,
    wide_starts: int = 2,
    accuracies: Sequence[float] = ACCURACIES,
) -> None:
    """Print the tables, and save the figure if there is matplotlib."""
    last = min(accuracies)
    for activation in NORMS:
        print(f"{activation}, {width} neurons. {table(activation, width, starts, last)}\n")
    for method in ("heavy_ball", "adam"):
        print(f"relu, {width} neurons. {table('relu', width, starts, last, method)}\n")
    print(f"relu, {wide} neurons. {table('relu', wide, wide_starts, last)}\n")
    try:
        draw(folder / "tuned_steps.pdf", width, starts, accuracies)
    except ImportError:
        print("no figure, which needs matplotlib: pip install 'sobolev_theory[plot]'")
    else:
        print(f"wrote {folder / 'tuned_steps.pdf'}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
