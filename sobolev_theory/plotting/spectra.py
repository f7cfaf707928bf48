"""Eigenvalues with their multiplicities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import NDArray

from ..curvature.operator import Curvature
from ..curvature.spectrum import Spectrum
from .styles import color, panels, require_labels

FloatArray = NDArray[np.float64]

STEMS = 40
"""Different eigenvalues up to which each has a stem; more are counted in bins, since stems would run together."""

BINS = 60
"""Number of bins."""

WIDE = 100
"""Largest over smallest eigenvalue, all of them positive, from which their axis is logarithmic."""

LINEAR = 20
"""Multiplicities up to which their axis is linear; a longer one is linear to 1, with a zero, then logarithmic."""


def spectrum(
    spectra: Sequence[Curvature | Spectrum], labels: Sequence[str], *, axes: Sequence[Axes] | None = None
) -> NDArray[Any]:
    """Eigenvalues of curvatures, each spectrum in a panel: stems as high as their multiplicities, or a histogram.

    Eigenvalues that agree to six digits are one, with their joint multiplicity, as in the text of a `Spectrum`. Where
    more than 40 differ, all are counted in bins. Positive ones that span two decades or are counted in bins have a
    logarithmic axis: that keeps the small ones apart. A line marks zero where a matrix is not positive definite.

    Parameters
    ----------
    spectra
        Curvatures, or spectra of them. Of complex eigenvalues the real part is drawn; of curvatures that have a
        quotient, all parameters of ReLU^n, those across rescalings.
    labels
        Their names; condition numbers are put beside them.
    axes
        As many axes; by default those of a new figure.

    Returns
    -------
    array
        The axes.

    Raises
    ------
    ValueError
        If there is not one label for each of at least one spectrum.

    Examples
    --------
    >>> from sobolev_theory import PopulationLoss
    >>> H = PopulationLoss([[1.0, 0.0, 0.0, 0.0]], "L2").hessian([[0.0, 1.0, 0.0, 0.0]])
    >>> (ax,) = spectrum([H], ["L2"])
    >>> ax.lines[0].get_ydata()             # of 1/2 - 1/pi, 1/2 - 1/(2 pi), 1/2
    array([1., 2., 1.])
    """
    parsed, labels = spectra_of(spectra, labels)
    column = panels(axes, len(parsed), tall=0.23 + 0.43 * len(parsed))
    groups = [(np.real([value for value, _ in item.grouped()]), [n for _, n in item.grouped()]) for item in parsed]
    binned = max(len(values) for values, _ in groups) > STEMS
    low, high = min(v.min() for v, _ in groups), max(v.max() for v, _ in groups)
    logarithmic = low > 0 and (binned or high > WIDE * low)
    edges = (np.geomspace if logarithmic else np.linspace)(low, high, BINS + 1)
    tops = []
    for k, (ax, label, item, (values, counts)) in enumerate(zip(column, labels, parsed, groups, strict=True)):
        kappa = rf"$\kappa$ = {item.condition_number():.4g}" if item.smallest > 0 else "not positive definite"
        ax.set_title(f"{label}, {kappa}", fontsize="medium")
        tops.append(_bars(ax, values, counts, edges, k) if binned else _stems(ax, values, counts, k))
        if item.smallest <= 0:
            ax.axvline(0, color="black", linewidth=0.8, linestyle=":")
    for ax in column:
        ax.set_xscale("log" if logarithmic else "linear")
        _counts(ax, max(tops), "number in a bin" if binned else "multiplicity")
    real = not any(np.iscomplexobj(item.values) for item in parsed)
    column[-1].set_xlabel("eigenvalue" if real else "real part of the eigenvalue")
    return column


def spectra_of(spectra: Sequence[Curvature | Spectrum], labels: Sequence[str]) -> tuple[list[Spectrum], list[str]]:
    """The spectra of curvatures that have a label each, across rescalings if they have any, and what to call them."""
    require_labels("spectra", spectra, Curvature | Spectrum, "curvatures", labels)
    across = [isinstance(item, Curvature) and item.has_quotient for item in spectra]
    named = [
        f"{label} across rescalings" if rescales else label for label, rescales in zip(labels, across, strict=True)
    ]
    found = zip(spectra, across, strict=True)
    return [item.spectrum(quotient=q) if isinstance(item, Curvature) else item for item, q in found], named


def _stems(ax: Axes, values: FloatArray, counts: Sequence[int], k: int) -> float:
    """A stem for each eigenvalue, as high as its multiplicity; the highest."""
    heights = np.array(counts, dtype=np.float64)
    ax.plot(values, heights, linestyle="none", marker="o", markersize=4, color=color(k))
    ax.vlines(values, 0, heights, color=color(k), linewidth=1)
    return float(heights.max())


def _bars(ax: Axes, values: FloatArray, counts: Sequence[int], edges: FloatArray, k: int) -> float:
    """A bar for each bin, as high as the number of its eigenvalues; the highest."""
    heights, _ = np.histogram(values, edges, weights=np.array(counts, dtype=np.float64))
    ax.stairs(heights, edges, fill=True, color=color(k))
    return float(heights.max())


def _counts(ax: Axes, top: float, label: str) -> None:
    """An axis of numbers 0, 1, ...: ticks are integers, powers of ten where it is logarithmic."""
    ax.set_ylabel(label)
    if top <= LINEAR:
        ax.set_ylim(0, 1.15 * top)
        ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        return
    last = int(np.log10(top))
    ax.set_yscale("symlog", linthresh=1, linscale=max(0.5, last / 8))  # room for a tick at 0 and one at 1
    ax.set_ylim(0, 3 * top)
    powers = range(0, last + 1, 1 + last // 5)
    ax.yaxis.set_major_locator(FixedLocator([0, *(10.0**power for power in powers)]))
    ax.yaxis.set_minor_locator(FixedLocator([]))
    ax.set_yticklabels(["0", *(f"{10**n}" if last < 4 else ("1" if not n else f"$10^{{{n}}}$") for n in powers)])
