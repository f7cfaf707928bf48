"""Training curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from .._runtime.checks import instance_of, one_of
from ..flow.comparison import FlowComparison
from .styles import entitle, look, panels

FloatArray = NDArray[np.float64]


def loss_curves(
    comparison: FlowComparison, *, quantity: str = "error", axes: Sequence[Axes] | None = None
) -> NDArray[Any]:
    """Training curves of several norms: against the time of each flow, and against time at equal sharpness.

    Equal sharpness stretches the time of a flow by its sharpness over that of the first norm. A flow of which it is
    not known, because the flow has not come near its end, or infinite, is left out there, and a note says so.

    Parameters
    ----------
    comparison
        What `compare_flows` returns.
    quantity
        ``"error"``: the L2 loss, which is the prediction error, with the accuracy asked for as a line; ``"distance"``:
        ``|W - V|``.
    axes
        A pair of axes; by default, that of a new figure.

    Returns
    -------
    array
        The pair of axes.

    Raises
    ------
    ValueError
        For another quantity, a distance between networks of different widths, flows that start at the teacher, and
        several starts.

    Examples
    --------
    >>> from sobolev_theory import compare_flows
    >>> own, fair = loss_curves(compare_flows([[0.5, 0.8]], [[1.0, 0.0]], t_max=40.0))
    >>> own.get_ylabel(), [line.get_label() for line in fair.lines]
    ('prediction error (L2 loss)', ['L2', 'H1', '1e-06 of the start'])
    """
    one_of("quantity", quantity, ("error", "distance"))
    if instance_of("comparison", comparison, FlowComparison).starts:
        raise ValueError("comparison: flows from one start are required; those from several are not kept")
    curves = comparison.errors if quantity == "error" else tuple(flow.distance for flow in comparison.flows)
    if np.isnan(curves[0]).any():
        raise ValueError("quantity: 'distance' needs a student as wide as its teacher; use 'error'")
    if not curves[0][0] > 0:
        raise ValueError(f"comparison: flows that start away from zero are required, got {quantity} {curves[0][0]}")
    pair = panels(axes, 2, beside=True, tall=1.75)
    sharpness = np.array([row.sharpness for row in comparison.rows])
    known = np.isfinite(sharpness)
    stretch = np.divide(sharpness, sharpness[0], where=known & known[0], out=np.full(len(known), np.nan))
    level = curves[0][0] * (comparison.accuracy if quantity == "error" else comparison.accuracy**0.5)
    _draw_curves(pair[0], comparison, curves, np.ones(len(curves)), level)
    _draw_curves(pair[1], comparison, curves, stretch, level)
    if not known.all():
        _note(pair[1], "not drawn" if known[0] else "no common sharpness", comparison)
    if quantity == "error":
        for ax in pair:
            ax.axhline(level, color="0.5", linewidth=0.8, label=f"{comparison.accuracy:g} of the start")
    names = {"error": "prediction error (L2 loss)", "distance": "distance $|W - V|$"}
    pair[0].set(xlabel="time $t$ of each gradient flow", ylabel=names[quantity])
    pair[1].set(xlabel=rf"time $\times$ sharpness / sharpness of {comparison.rows[0].norm}")
    for ax, title in zip(pair, ("in original time", "at equal sharpness"), strict=True):
        ax.set_title(title, fontsize="medium")
    if axes is None:  # text beside both panels, where it hides no curve
        figure, shown = pair[0].figure, pair[0].get_legend_handles_labels()
        inches = figure.get_figwidth()
        figure.legend(
            *shown, loc="outside lower center", ncols=max(1, int(inches / 1.7)), fontsize="small", frameon=False
        )
        entitle(figure, f"Gradient flow, {comparison.derivative} convention", comparison.setting)
    else:
        pair[0].legend(fontsize="small")
    return pair


def _draw_curves(
    ax: Axes, comparison: FlowComparison, curves: Sequence[FloatArray], stretch: FloatArray, level: float
) -> None:
    """Curves down to a hundredth of a level, against stretched time; those of unknown stretch are left out."""
    ends = []
    for k, (row, flow, curve) in enumerate(zip(comparison.rows, comparison.flows, curves, strict=True)):
        if np.isnan(stretch[k]):
            continue
        time = stretch[k] * flow.t
        ax.plot(time, curve, label=row.norm, **look(k))
        below = np.flatnonzero(curve < level / 100)
        ends.append(time[below[0] if len(below) else -1])
    if not ends:
        ax.set_xticks([])
    ax.set(yscale="log", xlim=(0, max(ends, default=1.0)), ylim=(level / 100, 3 * max(map(np.max, curves))))


def _note(ax: Axes, consequence: str, comparison: FlowComparison) -> None:
    """Why a flow is not drawn at equal sharpness."""
    reasons = [
        f"{row.norm}: sharpness {'infinite' if np.isinf(row.sharpness) else f'unknown, ended by {row.status}'}"
        for row in comparison.rows
        if not np.isfinite(row.sharpness)
    ]
    text = "\n".join([consequence, *reasons])
    ax.text(0.95, 0.95, text, transform=ax.transAxes, ha="right", va="top", fontsize="small")
