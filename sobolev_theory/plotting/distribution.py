"""Spectra of several norms over each other, however many eigenvalues they have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ..curvature.operator import Curvature
from ..curvature.spectrum import Spectrum
from .spectra import spectra_of
from .styles import look, panels

LEAST = 1e-10
"""Parts of all eigenvalues that are nearer than this to 0 or 1 are drawn there."""


def spectral_distribution(
    spectra: Sequence[Curvature | Spectrum], labels: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """How many eigenvalues are at most as large as a part of the largest: spectra over each other at equal sharpness.

    Every curve ends at 1, where all are counted, with their multiplicities. It begins at the smallest eigenvalue, for
    real ones at ``1/kappa``: of two norms the one that begins further right is better conditioned, and a step there is
    the number of slow modes. Of complex eigenvalues the real part is drawn. Those that are not positive have no place
    on the logarithmic axis; they are counted, and named in the legend.

    Parameters
    ----------
    spectra
        Curvatures, or spectra of them, as for `spectrum`.
    labels
        Their names; condition numbers are put beside them.
    ax
        Axes to draw into; by default those of a new figure.

    Raises
    ------
    ValueError
        If there is not one label for each of at least one spectrum, or a spectrum has no positive eigenvalue.

    Examples
    --------
    >>> from sobolev_theory import symmetric
    >>> both = [symmetric.spectrum(20, 1000, norm=norm, curvature="gauss_newton") for norm in ("L2", "H1")]
    >>> ax = spectral_distribution(both, ["L2", "H1"])
    >>> ax.get_xlabel()
    'eigenvalue / largest eigenvalue'
    """
    parsed, labels = spectra_of(spectra, labels)
    positive = [item.definite_part for item in parsed]
    ax = panels(ax)[0]
    for k, (label, item, part) in enumerate(zip(labels, parsed, positive, strict=True)):
        below = item.size - part.size
        kappa = f"{below} not positive" if below else rf"$\kappa$ = {item.condition_number():.4g}"
        part_of_all = (below + np.cumsum(part.multiplicities.astype(np.float64))) / item.size
        edge = max(0.5 / item.size, LEAST)
        ax.step(
            part.values.real[[0, *range(len(part.values))]] / part.largest,
            np.clip([below / item.size, *part_of_all], edge, 1 - edge),
            where="post",
            label=f"{label}, {kappa}",
            **look(k),
        )
    ax.set(xscale="log", yscale="logit", ylabel="cumulative share of eigenvalues")
    real = not any(np.iscomplexobj(item.values) for item in parsed)
    ax.set_xlabel("eigenvalue / largest eigenvalue" if real else "real part of the eigenvalue / largest")
    ax.legend(fontsize="small")
    return ax
