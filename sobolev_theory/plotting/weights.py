"""Condition number and rate against the weight of the derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..conditioning import optimal_weight as search
from ..conditioning.directions import SEVERAL, Directions, Towards
from ..conditioning.optimum import OptimalWeight
from ..conditioning.weight_path import WeightPath, quality, sharpness_rate
from ..losses import LossOptions, Student
from .styles import PALETTE, entitle, look, panels

FloatArray = NDArray[np.float64]

POINTS = 121
"""Weights at which the curves are computed."""

BEYOND = 300.0
"""Factor by which the axis reaches beyond H1 and beyond the weights that are marked."""

STEEP = 30.0
"""Condition numbers, in units of the best, from which their axis is logarithmic: on a linear one no valley is seen."""

NORMS = {"s": r"L2 ($\lambda = 0$)", "o": r"H1 ($\lambda = 1$)", "^": r"derivatives alone ($\lambda = \infty$)"}
"""Norms that are marked where they have a rate, by their markers."""


def optimal_weight(
    W: Student,
    V: Student,
    *,
    curvature: str = "hessian",
    towards: Towards = None,
    directions: int = SEVERAL,
    rng: Any = None,
    within: float = 0.05,
    axes: Any = None,
    **loss_options: Unpack[LossOptions],
) -> NDArray[Any]:
    """The condition number of the norm ``(1, lambda)`` against ``lambda``, and under it its rate at equal sharpness.

    The rate is in units of the sharpness, ``min Re / max Re`` of the eigenvalues: for real ones ``1/kappa``. Shaded are
    the weights whose condition number is within 1 percent of the best, hatched those whose matrix is not positive
    definite, so that no rate follows. L2 and derivatives alone stand at the ends of the axis.

    Parameters
    ----------
    W, V, curvature, towards, directions, rng, within, **loss_options
        As in `sobolev_theory.optimal_weight`, which is drawn.
    axes
        A pair of axes; by default that of a new figure.

    Returns
    -------
    array
        The pair of axes.

    Warns
    -----
    ConditioningWarning, UserWarning
        As `sobolev_theory.optimal_weight`.

    Raises
    ------
    ValueError, SizeError, NotDifferentiableError, InfiniteNormError, UnknownActivationError
        As `sobolev_theory.optimal_weight`.

    Examples
    --------
    >>> above, below = optimal_weight([[1.0, 0.3, 0.0]], [[1.0, 0.0, 0.0]])
    >>> above.get_title()
    'Hessian, backprop convention'
    """
    pair = panels(axes, 2, tall=1.75, one_scale=False)
    along = Directions(towards, directions, rng)
    path = search.path_along(along, W, V, curvature, loss_options)
    best, measures = search.best_on(path, within), partial(_measures, path)
    weights = _weights(best)
    curves = np.transpose([measures(path.share(weight)) for weight in weights.tolist()])
    for k, (ax, curve) in enumerate(zip(pair, curves, strict=True)):
        ax.set(xscale="log", xlim=weights[[0, -1]])
        if best.definite:
            near = np.clip(best.interval, *weights[[0, -1]])
            ax.axvspan(*near, color="0.88", label=r"$\kappa$ within 1 % of the best")
        if np.isnan(curve).all():
            ax.set_yticks([])
        _hatch(ax, weights, np.isnan(curve))
        ax.plot(weights, curve, **look(0))
        for weight, mark in _marks(best):
            height = measures(path.share(weight) if weight < np.inf else 1.0)[k]
            if np.isfinite(height):
                ax.plot(np.clip(weight, *weights[[0, -1]]), height, linestyle="none", clip_on=False, **mark)
    entitle(pair[0], best.matrix)
    if np.nanmax(curves[0], initial=0.0) > STEEP * best.condition_number:
        pair[0].set_yscale("log")
    pair[0].set_ylabel(r"condition number $\kappa$")
    pair[1].set_ylabel("rate / sharpness")
    pair[1].set_xlabel(r"weight $\lambda$ of the derivatives")
    handles, labels = pair[0].get_legend_handles_labels()
    if axes is None:
        pair[0].figure.legend(handles, labels, loc="outside lower center", ncols=1, fontsize="small", frameon=False)
    else:
        pair[0].legend(handles, labels, fontsize="small")
    return pair


def _weights(best: OptimalWeight) -> FloatArray:
    """Weights on a logarithmic axis around H1 and all finite weights that are marked."""
    marked = [weight for weight in (1.0, best.recommended, best.weight, *best.interval) if 0 < weight < np.inf]
    return np.geomspace(min(marked) / BEYOND, max(marked) * BEYOND, POINTS)


def _marks(best: OptimalWeight) -> Iterator[tuple[float, dict[str, Any]]]:
    """Weights that are marked, and how: those of three norms, which the recommended one does not hide, and that."""
    for weight, (marker, name) in zip((0.0, 1.0, np.inf), NORMS.items(), strict=True):
        yield weight, {"marker": marker, "label": name, "color": "black", "zorder": 3}
    if np.isfinite(best.recommended):
        gain = "" if np.isnan(best.gain) else rf", rate {best.gain_equal_sharpness:.3g} $\times$ L2"
        name = rf"recommended: $\lambda$ = {best.recommended:.3g}{gain}"
        yield best.recommended, {"marker": "*", "label": name, "color": PALETTE[1], "markersize": 12}


def _measures(path: WeightPath, u: float) -> tuple[float, float]:
    """The condition number and the rate over the sharpness; NaN where a matrix is not positive definite."""
    values = path.eigenvalues(u)
    if values.real.min() <= 0:
        return np.nan, np.nan
    return 1 / float(path.mean(quality)(values)), float(path.mean(sharpness_rate)(values))


def _hatch(ax: Axes, weights: FloatArray, where: NDArray[np.bool_]) -> None:
    """Weights without a rate."""
    if where.any():
        hatched: dict[str, Any] = {"facecolor": "none", "edgecolor": "0.6", "hatch": "///"}
        hatched["label"] = "not positive definite"
        ax.fill_between(weights, 0, 1, where=where, transform=ax.get_xaxis_transform(), **hatched)
