"""One figure or more of every function that draws, and their reference images; ``python -m tests.figures`` draws anew.

The images are in ``tests/reference_images``. Look at what changed before you keep it.
"""

import itertools
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

import sobolev_theory as st
from examples.sampled_density import NEURONS, SAMPLES_PER_DIM, sampled
from sobolev_theory import plotting
from sobolev_theory.plotting.sweeps import GAIN
from sobolev_theory.sweeps.results import SweepRow

FOLDER = Path(__file__).parent / "reference_images"
DPI = 72

START, TEACHER = [[0.5, 0.8]], [[1.0, 0.0]]
TWO = [[1.0, 0.0], [0.5, 1.0]]
"""Neurons."""


def hessians(width: int, dim: int) -> list[st.Curvature]:
    """Those of L2 and H1 near an orthonormal teacher."""
    teacher = st.Network.orthonormal(width, dim)
    student = teacher.weights + 0.1 * st.Network.random(width, dim, rng=0).weights
    return [st.PopulationLoss(teacher, norm).hessian(student) for norm in ("L2", "H1")]


@cache
def flows() -> st.FlowComparison:
    return st.compare_flows(START, TEACHER, ("L2", "H1", (1.0, 0.25)), t_max=30.0)


def sgd() -> list[st.monte_carlo.SampledDescent]:
    settings: dict[str, Any] = {"step": 0.1, "batch": 50, "steps": 60, "runs": 4, "rng": 0}
    record = np.arange(0, 61, 4)
    losses = (st.PopulationLoss(TEACHER, norm) for norm in ("L2", "H1"))
    return [st.monte_carlo.descent(loss, START, record=record, **settings) for loss in losses]


def steps() -> list[st.TunedSteps]:
    starts = [[[0.9, 0.2], [0.1, 1.1]], [[1.2, 0.0], [0.2, 0.9]]]
    return [st.steps_to(starts, np.eye(2), activation="erf", accuracy=accuracy) for accuracy in (1e-3, 1e-1)]


def ratios() -> st.Sweep:
    grid = {"width": [2, 3, 4], "dim": [10, 100], "curvature": "gauss_newton"}
    return st.sweep("condition_number_ratio", grid, repeats=4, rng=0)


def accelerations() -> st.Sweep:
    """Made up, as flows take long; one start has no gain."""
    starts = itertools.product(np.linspace(0.1, 3.0, 9), 1 / np.linspace(0.2, 1.9, 7))
    gains = [((("angle", a), ("ratio", r)), 1 + 0.1 * np.cos(2 * a) / r) for a, r in starts]
    rows = [SweepRow(point, 0, ((GAIN, gain),) if k else (), "") for k, (point, gain) in enumerate(gains)]
    return st.Sweep("acceleration", tuple(rows))


def density() -> Any:
    law = st.finite_sample.spectrum(NEURONS, "H1", samples_per_dim=SAMPLES_PER_DIM)
    return plotting.sampled_density(law, sampled(60, np.random.default_rng(0)))


DRAWN: dict[str, Callable[[], Any]] = {
    "acceleration_map": lambda: plotting.acceleration_map(accelerations()),
    "condition_number_map": lambda: plotting.condition_number_map(),
    "condition_number_map exact": lambda: plotting.condition_number_map(derivative="exact"),
    "condition_number_of_samples": lambda: plotting.condition_number_of_samples(
        np.eye(1), samples_per_dim=[1, 2, 4, 8]
    ),
    "loss_curves": lambda: plotting.loss_curves(flows()),
    "loss_curves distance": lambda: plotting.loss_curves(flows(), quantity="distance"),
    "optimal_weight": lambda: plotting.optimal_weight([[0.0, 0.5, 0.0]], [[1.0, 0.0, 0.0]]),
    "optimal_weight towards": lambda: plotting.optimal_weight(TWO, TWO, towards="random", directions=2, rng=1),
    "phase_portrait": lambda: plotting.phase_portrait("H1"),
    "sampled_curves": lambda: plotting.sampled_curves(sgd(), ["L2", "H1"]),
    "sampled_density": density,
    "spectral_distribution": lambda: plotting.spectral_distribution(hessians(20, 100), ["L2", "H1"]),
    "spectrum": lambda: plotting.spectrum(hessians(3, 20), ["L2", "H1"]),
    "spectrum of twenty": lambda: plotting.spectrum(hessians(20, 100), ["L2", "H1"]),
    "sweep": lambda: plotting.sweep(ratios()),
    "tuned_steps": lambda: plotting.tuned_steps(steps()),
    "width_scaling": lambda: plotting.width_scaling(),
}
"""By the name of the function, and what else tells a figure apart."""


def draw(name: str) -> Figure:
    """One of the figures, in the style of a paper's column."""
    with plotting.style("paper"):
        figure: Figure = np.ravel(DRAWN[name]())[0].figure
        figure.draw_without_rendering()
    return figure


def save(figure: Figure, path: Path) -> None:
    """In few dots, and without words, whose shapes, and with them the places of all else, change with FreeType."""
    for ax in figure.axes:
        ax.tick_params(which="both", **dict.fromkeys(["labelbottom", "labelleft", "labelright"], False))
    for legend in list(figure.legends):
        legend.remove()
    for words in figure.findobj(lambda artist: isinstance(artist, Text | Legend)):
        words.set(visible=False, in_layout=False)
    figure.savefig(path, dpi=DPI)


def image(name: str) -> Path:
    """Where the reference is."""
    return FOLDER / f"{name.replace(' ', '_')}.png"


if __name__ == "__main__":
    matplotlib.use("agg")
    FOLDER.mkdir(exist_ok=True)
    for name in DRAWN:
        save(draw(name), image(name))
        plt.close("all")
