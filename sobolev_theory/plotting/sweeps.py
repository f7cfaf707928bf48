"""Sweeps: a quantity against one parameter, with error bars, and the gain of one neuron over its plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from .._runtime.cells import cell
from .._runtime.checks import instance_of, one_of
from ..sweeps.results import SummaryRow, Sweep
from .plane import plane
from .styles import MARKERS, PALETTE, look, panels

SPAN = 20.0
"""Quotient of the largest and the smallest of positive numbers from which an axis is logarithmic."""

GAIN = "acceleration_equal_sharpness"
"""What the map shows."""


def sweep(table: Sweep, value: str | None = None, *, x: str | None = None, ax: Axes | None = None) -> Axes:
    """A quantity against one parameter: means over repeats with standard errors, a line for each of the other points.

    What has no value is not drawn. An axis of positive numbers that span a factor of 20 is logarithmic.

    Parameters
    ----------
    table
        What `sweep` returns.
    value
        Name of what is drawn; by default the first of ``table.names``.
    x
        Name of the parameter on the horizontal axis; by default the first of those that vary and are numbers, if any.
    ax
        Axes to draw into; by default those of a new figure.

    Raises
    ------
    ValueError
        For a name that the table does not have.

    Examples
    --------
    >>> import sobolev_theory as st
    >>> grid = {"width": [2, 4], "dim": [10, 100], "curvature": "gauss_newton"}
    >>> ax = sweep(st.sweep("condition_number_ratio", grid, repeats=3, rng=0))
    >>> ax.get_xlabel(), [text.get_text() for text in ax.get_legend().get_texts()]
    ('width', ['dim 10', 'dim 100'])
    """
    varied = instance_of("table", table, Sweep).varied
    name = table.names[0] if value is None else one_of("value", value, table.names)
    numbers = [parameter for parameter in varied if all(_is_number(row[parameter]) for row in table)]
    along = [*numbers, *varied][0] if x is None else one_of("x", x, varied)
    others = [parameter for parameter in varied if parameter != along]
    lines: dict[str, list[SummaryRow]] = {}
    for row in table.summary():
        lines.setdefault(", ".join(f"{other} {cell(row[other])}" for other in others), []).append(row)
    texts = [] if along in numbers else list(dict.fromkeys(cell(row[along]) for row in table))
    ax = panels(ax)[0]
    for k, (label, rows) in enumerate(lines.items()):
        where = [texts.index(cell(row[along])) if texts else row[along] for row in rows]
        means, errors = ([row[entry] for row in rows] for entry in (name, f"{name}_error"))
        points: dict[str, Any] = {"marker": MARKERS[k % len(MARKERS)], "markersize": 4, "capsize": 2, "linewidth": 1}
        line = look(k) | ({"linestyle": "none"} if texts else {})  # nothing lies between two names
        ax.errorbar(where, means, np.nan_to_num(errors), label=label, **points, **line)
    ax.set(xlabel=along, ylabel=name.replace("_", " "))
    ax.set_title(_title(table), fontsize="medium", wrap=True)
    if texts:
        ax.set_xticks(range(len(texts)), texts)
    elif _spans([row[along] for row in table]):
        ax.set_xscale("log")
    elif all(isinstance(row[along], int) for row in table):
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    if _spans([row[name] for row in table.summary()]):
        ax.set_yscale("log")
    if others:
        ax.legend(fontsize="small", frameon=False)
    return ax


def acceleration_map(table: Sweep, *, ax: Axes | None = None) -> Axes:
    """How much sooner flow with the second norm is accurate than with the first, at equal sharpness, for one neuron.

    Over the plane of angle and norm of the student; above 1 the second is faster. The line is where neither is.
    Hatched: where one of them did not arrive.

    Parameters
    ----------
    table
        A sweep of ``"acceleration"`` over ``angle`` and ``ratio``, several of each.
    ax
        Axes to draw into; by default those of a new figure.

    Raises
    ------
    ValueError
        For another sweep.

    Examples
    --------
    >>> import sobolev_theory as st
    >>> table = st.sweep("acceleration", {"angle": [1.0, 2.0], "ratio": [0.5, 2.0], "dim": 2, "t_max": 25.0})
    >>> acceleration_map(table).get_ylabel()
    'norm $|w|/|w^*|$'
    """
    if instance_of("table", table, Sweep).quantity != "acceleration" or sorted(table.varied) != ["angle", "ratio"]:
        over = f"{table.quantity} over {', '.join(table.varied)}"
        raise ValueError(
            f"table: a sweep of 'acceleration' over angle and ratio, several of each, is required, got {over}"
        )
    angles, sizes = sorted({row["angle"] for row in table}), sorted({1 / row["ratio"] for row in table})
    gain = np.full((len(sizes), len(angles)), np.nan)
    for record in table.as_dicts():
        gain[sizes.index(1 / record["ratio"]), angles.index(record["angle"])] = record.get(GAIN, np.nan)
    ax = panels(ax)[0]
    mesh = ax.pcolormesh(angles, sizes, gain, cmap="cividis", shading="nearest", rasterized=True)
    first, second = dict(table[0].point).get("norms", ("L2", "H1"))
    ax.figure.colorbar(mesh, ax=ax, label="gain in time, equal sharpness")
    handles: list[Artist] = []
    if np.nanmin(gain) < 1 < np.nanmax(gain):
        ax.contour(angles, sizes, gain, levels=[1.0], colors=PALETTE[1], linewidths=1.5)
        handles.append(Line2D([], [], color=PALETTE[1], label="no gain"))
    if np.isnan(gain).any():
        ax.patch.set(hatch="///", edgecolor="0.6")
        handles.append(Patch(facecolor="white", hatch="///", edgecolor="0.6", label="one did not arrive"))
    plane(ax, f"{cell(second)} over {cell(first)}", dict(table[0].point).get("derivative", "backprop"), handles)
    return ax


def _title(table: Sweep) -> str:
    """What is the same everywhere."""
    fixed = [f"{name} {cell(value)}" for name, value in table[0].point if name not in table.varied]
    return ", ".join(fixed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spans(values: Sequence[float]) -> bool:
    """Whether numbers, those that are finite, are positive and far apart."""
    finite = [value for value in values if np.isfinite(value)]
    return bool(finite) and min(finite) > 0 and max(finite) >= SPAN * min(finite)
