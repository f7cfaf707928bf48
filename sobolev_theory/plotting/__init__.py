"""Figures: training curves, SGD over theory, phase portraits, condition numbers over angle, weight and width, spectra.

They need matplotlib, ``pip install sobolev_theory[plot]``, which ``import sobolev_theory`` does not load: say ``from
sobolev_theory import plotting``. Every function draws into the axes that it is given, or into a figure of its own, and
returns the axes: titles, limits and fonts are yours to change, and ``ax.figure.savefig`` saves. Within ``with
plotting.style("paper", width="column"):`` figures have the width, and texts the size, that a journal prints. Colours
are those of Okabe and Ito and the maps cividis and Blues, distinct to colour-blind eyes; no two curves differ in colour
alone.
"""

try:
    import matplotlib  # noqa: F401  # before the modules that draw, so that its absence is told once and plainly
except ImportError as error:
    raise ImportError(f"figures need matplotlib: pip install 'sobolev_theory[plot]' ({error})") from error

from .curves import loss_curves
from .distribution import spectral_distribution
from .finite_sample import condition_number_of_samples, sampled_density
from .plane import condition_number_map, phase_portrait
from .sampled import sampled_curves
from .spectra import spectrum
from .steps import tuned_steps
from .styles import style
from .sweeps import acceleration_map, sweep
from .weights import optimal_weight
from .widths import width_scaling

__all__ = [
    "acceleration_map",
    "condition_number_map",
    "condition_number_of_samples",
    "loss_curves",
    "optimal_weight",
    "phase_portrait",
    "sampled_curves",
    "sampled_density",
    "spectral_distribution",
    "spectrum",
    "style",
    "sweep",
    "tuned_steps",
    "width_scaling",
]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
