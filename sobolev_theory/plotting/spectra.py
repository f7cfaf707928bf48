"""Eigenvalues with their multiplicities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

from .._runtime.checks import shown
from ..curvature.operator import Curvature
from ..curvature.spectrum import Spectrum
from .style import COLUMN, PALETTE, panels

BASE = 0.5
"""Where stems begin, below a multiplicity of one."""


def spectrum(
    spectra: Sequence[Curvature | Spectrum], labels: Sequence[str], *, axes: Sequence[Axes] | None = None
) -> NDArray[Any]:
    """Eigenvalues of curvatures, each in a panel, with their multiplicities on a logarithmic axis.

    Eigenvalues that agree to six digits are one, with their joint multiplicity, as in the text of a `Spectrum`. A line
    marks zero where a matrix is not positive definite.

    Parameters
    ----------
    spectra
        Curvatures, or spectra of them. Of complex eigenvalues the real part is drawn.
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
    array([1, 2, 1])
    """
    for name, given, kinds in (("spectra", spectra, Curvature | Spectrum), ("labels", labels, str)):
        if not isinstance(given, Sequence) or isinstance(given, str) or not all(isinstance(x, kinds) for x in given):
            raise ValueError(f"{name}: a list of curvatures, and one of their names, is required, got {shown(given)}")
    if not 0 < len(spectra) == len(labels):
        raise ValueError(f"labels: one for each of the spectra is required, got {len(labels)} for {len(spectra)}")
    parsed = [item.spectrum() if isinstance(item, Curvature) else item for item in spectra]
    column = panels(axes, len(parsed), 1, (COLUMN[0], 0.7 + 1.3 * len(parsed)))
    groups = [item.grouped() for item in parsed]
    top = max(count for group in groups for _, count in group)
    for k, (ax, label, item, group) in enumerate(zip(column, labels, parsed, groups, strict=True)):
        kappa = rf"$\kappa$ = {item.condition_number():.4g}" if item.smallest > 0 else "not positive definite"
        ax.set_title(f"{label}, {kappa}", fontsize="medium")
        values, counts = zip(*group, strict=True)
        _stems(ax, values, counts, top, PALETTE[k % len(PALETTE)])
        if item.smallest <= 0:
            ax.axvline(0, color="black", linewidth=0.8, linestyle=":")
    real = not any(np.iscomplexobj(item.values) for item in parsed)
    column[-1].set_xlabel("eigenvalue" if real else "real part of the eigenvalue")
    return column


def _stems(ax: Axes, values: Sequence[complex], counts: Sequence[int], top: int, color: str) -> None:
    """Multiplicities up to ``top`` over the real parts of eigenvalues."""
    ax.plot(np.real(values), counts, linestyle="none", marker="o", markersize=4, color=color)
    ax.vlines(np.real(values), BASE, counts, color=color, linewidth=1)
    ax.set(ylabel="multiplicity", yscale="log", ylim=(BASE, 2 * top))
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if top < 20 else (1.0,)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
