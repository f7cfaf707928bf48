"""Steps of tuned optimisers against accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .._runtime.checks import instance_of, shown
from ..descent.optimisers import RULES
from ..descent.tuned_steps import TunedSteps, TunedStepsRow
from .styles import MARKERS, color, entitle, look, panels


def tuned_steps(tables: Sequence[TunedSteps], *, ax: Axes | None = None) -> Axes:
    """Iterations of several norms against the accuracy reached: counted as points, predicted as lines.

    Error bars are standard errors over starts. What did not arrive, or is not predicted, is not drawn; the legend says
    of which norm not all starts arrived.

    Parameters
    ----------
    tables
        What `steps_to` returns for several accuracies, with one method, convention and setting, and the same norms.
    ax
        Axes to draw in; by default, those of a new figure.

    Returns
    -------
    Axes
        The axes.

    Raises
    ------
    ValueError
        For no tables, or tables of different methods, norms, conventions or settings.

    Examples
    --------
    >>> from sobolev_theory import steps_to
    >>> tables = [steps_to([[1.1, 0.2]], [[1.0, 0.0]], accuracy=accuracy) for accuracy in (1e-2, 1e-4)]
    >>> ax = tuned_steps(tables)
    >>> ax.get_xlabel(), [text.get_text() for text in ax.get_legend().get_texts()]
    ('L2 loss over that of the start', ['L2', 'H1', 'predicted'])
    """
    if not isinstance(tables, list | tuple) or not tables:
        raise ValueError(f"tables: what steps_to returns, in a list, is required, got {shown(tables)}")
    kinds = {(*_title(instance_of("tables", table, TunedSteps)), *(row.norm for row in table)) for table in tables}
    if len(kinds) > 1:
        raise ValueError(f"tables: one method and the same norms and setting are required, got {shown(sorted(kinds))}")
    ax = panels(ax)[0]
    ordered = sorted(tables, key=lambda table: -table.accuracy)
    accuracies = [table.accuracy for table in ordered]
    handles = [_series(ax, accuracies, [table[k] for table in ordered], k) for k in range(len(ordered[0]))]
    handles += ax.plot([], [], "-", color="0.3", linewidth=1, label="predicted")
    ax.set(xscale="log", xlabel="L2 loss over that of the start", ylabel="steps of the best size")
    entitle(ax, *_title(tables[0]))
    ax.set_ylim(bottom=0)
    ax.invert_xaxis()
    ax.legend(handles=handles, fontsize="small", frameon=False)
    return ax


def _title(table: TunedSteps) -> tuple[str, str]:
    """What is counted, and what is not standard of it."""
    return f"{RULES[table.method].title}, {table.derivative} convention", table.setting


def _series(ax: Axes, accuracies: list[float], rows: list[TunedStepsRow], k: int) -> Any:
    """Points with error bars and a line of one norm, in the looks of its number; the points."""
    ax.plot(accuracies, [row.predicted_steps for row in rows], linewidth=1, **look(k))
    steps, errors = [row.steps for row in rows], np.array([row.standard_error for row in rows])
    points: dict[str, Any] = {"fmt": MARKERS[k % len(MARKERS)], "markersize": 4, "capsize": 2}
    bars = np.nan_to_num(errors) if np.isfinite(errors).any() else None
    lost = "" if all(row.status == "reached" for row in rows) else ", not all arrived"
    return ax.errorbar(accuracies, steps, bars, label=f"{rows[0].norm}{lost}", color=color(k), **points)
