"""The gain in conditioning against the width of the network: what training sees, and what Gauss-Newton steps see."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .. import activations, symmetric
from ..activations import Activation
from ..norms import Norm, NormLike, two_norms
from ..symmetric.spectra import WIDEST
from .styles import look, panels

WIDTHS = (2, 3, 4, 5, 6, 8, *(round(width) for width in np.geomspace(10, 10**9, 33)))
"""Widths at which the curves are computed: four for each power of ten, and more below ten."""

TRAINING = {"inside": "training, from the mean's side", "outside": "training, from the other side"}
"""Limits of the Hessian along the symmetric family, and what they are called."""

GAUSS_NEWTON = "Gauss-Newton matrix"


def width_scaling(
    norms: tuple[NormLike, NormLike] = ("H1", "L2"),
    *,
    activation: str | Activation = "relu",
    ax: Axes | None = None,
) -> Axes:
    """The quotient of condition numbers at an orthonormal teacher against its width, from 2 to a billion, or a million.

    Below 1 the first norm is better conditioned. One curve is that of the Gauss-Newton matrix, which steps of the
    methods named after it see; two are those of training, the limits of the Hessian towards the teacher along the
    symmetric family, on the side of the mean of the teachers and on the other. Where the three agree, as for smooth
    activations, there is one curve. Widths end at a million where moments of the activation are doubles.

    Parameters
    ----------
    norms, activation
        As in `symmetric.condition_number_ratio`, which is drawn.
    ax
        Axes to draw into; by default those of a new figure.

    Raises
    ------
    ValueError, InfiniteNormError, UnknownActivationError
        As `symmetric.condition_number_ratio`.

    Examples
    --------
    >>> width_scaling().lines[2].get_label()
    'Gauss-Newton matrix'
    >>> width_scaling(activation="erf").lines[0].get_label()
    'training and Gauss-Newton matrix'
    """
    first, second = two_norms(norms)
    chosen = activations.get(activation)
    widths = [width for width in WIDTHS if chosen.has_kernels or width <= WIDEST]
    settings: list[dict[str, Any]] = [{"curvature": "field", "towards": side} for side in TRAINING]
    settings.append({"curvature": "gauss_newton"})

    def curve(options: dict[str, Any]) -> list[float]:
        options = {**options, "norms": (first, second), "activation": chosen}
        return [symmetric.condition_number_ratio(K, **options) for K in widths]

    curves = np.array([curve(setting) for setting in settings])
    names = [*TRAINING.values(), GAUSS_NEWTON]
    if np.allclose(curves, curves[-1], rtol=1e-12, atol=0):
        curves, names = curves[-1:], [f"training and {GAUSS_NEWTON}"]
    ax = panels(ax)[0]
    for k, (ratios, name) in enumerate(zip(curves, names, strict=True)):
        ax.semilogx(widths, ratios, marker=".", markersize=3, label=name, **look(k))
    ax.axhline(1.0, color="0.5", linewidth=0.8, linestyle=":", label="no gain")
    ax.set(xlabel="width $K$", ylim=(0, max(1.05, 1.05 * curves.max())))
    ax.set_ylabel(rf"$\kappa$ of {Norm.parse(first).name} / $\kappa$ of {Norm.parse(second).name}")
    ax.set_title(f"orthonormal teacher, {chosen.name}", fontsize="medium")
    ax.legend(fontsize="small")
    return ax
