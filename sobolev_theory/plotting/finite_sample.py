"""Empirical Gauss-Newton matrices: condition numbers over the number of samples, and a law over a histogram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_array, between, instance_of
from ..finite_sample.law import SampledSpectrum
from ..finite_sample.single_neuron import FEWEST, MOST
from ..finite_sample.spectrum import spectrum
from ..losses import LossOptions, Student
from ..norms import NormLike, several_norms
from .styles import PALETTE, look, panels

FloatArray = NDArray[np.float64]

TOP = 1e4
"""Condition numbers above which a curve leaves the figure."""

DECADES = 1e3
"""Quotient of the most and the fewest samples up to which there are three ticks for each power of ten."""

CURVE, BINS = 300, 60
"""Points of a density in each interval, and bins of the histogram."""


def condition_number_of_samples(
    V: Student,
    norms: Sequence[NormLike] = ("L2", "H1"),
    samples_per_dim: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
    **loss_options: Unpack[LossOptions],
) -> Axes:
    """Condition number of the empirical Gauss-Newton matrix over ``n/d``, a curve for each norm, both axes logarithmic.

    A curve begins where the matrix is no longer singular.

    Parameters
    ----------
    V, norms
        The network, and norms, as in `finite_sample.spectrum`.
    samples_per_dim
        Values of ``n/d`` in rising order; by default 40 from 0.5 to 50.
    ax
        Axes; by default those of a new figure.
    **loss_options
        As in `finite_sample.spectrum`.

    Examples
    --------
    >>> ax = condition_number_of_samples([[1.0, 0.0]], samples_per_dim=[1.0, 2.0, 8.0])
    >>> [line.get_ydata().round(3).tolist() for line in ax.lines]             # L2: 9 with 8 d samples
    [[9.0], [6.828, 5.0, 2.6]]
    """
    given = np.geomspace(0.5, 50, 40) if samples_per_dim is None else samples_per_dim
    x = as_array("samples_per_dim", given, ("points",))
    between("samples_per_dim", x, f"numbers from {FEWEST:g} to {MOST:g}", FEWEST, MOST)
    ax = panels(ax)[0]
    for k, norm in enumerate(several_norms(norms)):
        laws = [spectrum(V, norm, samples_per_dim=n, **loss_options) for n in x]
        kappa = np.array([law.condition_number for law in laws])
        finite = np.isfinite(kappa)
        ax.plot(x[finite], kappa[finite], label=laws[0].norm, **look(k))
    ax.set(xscale="log", yscale="log", xlabel="samples for each dimension, $n/d$", ylabel=r"condition number $\kappa$")
    if x.max() < DECADES * x.min():
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter("")
    ax.set_ylim(1, min(TOP, ax.get_ylim()[1]))
    ax.set_title("Gauss-Newton matrix of samples", fontsize="medium")
    ax.legend(fontsize="small")
    return ax


def sampled_density(law: SampledSpectrum, eigenvalues: ArrayLike | None = None, *, ax: Axes | None = None) -> Axes:
    """The density of a law, over a histogram of sampled eigenvalues if there are some; triangles mark single ones.

    Atoms have no density: a legend says where they are, and how much of all eigenvalues.

    Parameters
    ----------
    law
        What `finite_sample.spectrum` returned.
    eigenvalues
        Those of one or several sampled matrices, (N,).
    ax
        Axes; by default those of a new figure.

    Examples
    --------
    >>> from sobolev_theory import finite_sample
    >>> ax = sampled_density(finite_sample.spectrum([[1.0, 0.0]], "H1", samples_per_dim=8.0))
    >>> bool(0.62 < ax.lines[0].get_xdata()[0] < 0.63)                        # (1 - 1/2)^2/2 + 1/2
    True
    """
    instance_of("law", law, SampledSpectrum)
    found = None if eigenvalues is None else as_array("eigenvalues", eigenvalues, ("N",))
    ax = panels(ax)[0]
    ends, outliers = law.intervals, law.outliers
    if found is not None:
        low, high = min(ends[0, 0], *outliers, np.inf), max(ends[-1, 1], *outliers, -np.inf)
        edges = np.linspace(low - (high - low) / 20, high + (high - low) / 20, BINS + 1)
        edges = edges[edges >= 0] if low > 0 else edges
        heights, _ = np.histogram(found, edges)
        heights = heights / (found.size * np.diff(edges))
        ax.stairs(heights, edges, fill=True, color=PALETTE[5], alpha=0.5, label="sampled")
    steps = (1 - np.cos(np.linspace(0, np.pi, CURVE))) / 2
    for k, (low, high) in enumerate(ends):
        x = low + (high - low) * steps
        ax.plot(x, law.density(x), linewidth=1.2, **look(0), label=None if k else "law")
    if outliers.size:
        marks: dict[str, Any] = {"linestyle": "none", "marker": "v", "color": PALETTE[1], "clip_on": False}
        ax.plot(outliers, np.zeros(outliers.size), label="single eigenvalues", **marks)
    for part in law:
        if part.kind == "atom":
            ax.plot([], [], " ", label=f"{part.mass:.3g} of all at {part.low:.3g}")
    ax.set_ylim(bottom=0)
    ax.set(xlabel="eigenvalue", ylabel="density")
    ax.legend(fontsize="small")
    return ax
