"""Sampled descent over the theory that it is to follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from .._runtime.checks import one_of
from ..monte_carlo.trajectories import SampledDescent
from .styles import color, entitle, look, panels, require_labels

STANDARD_ERRORS = 2
"""Half the height of a band."""

BELOW = 0.3
"""Lowest loss shown, over the lowest mean and flow."""


def sampled_curves(
    results: Sequence[SampledDescent], labels: Sequence[str], *, quantity: str = "error", ax: Axes | None = None
) -> Axes:
    """Losses of the exact flow as lines, and over them the means of SGD as points, in bands of two standard errors.

    Where a few of the runs decide the mean its band reaches the bottom. Runs that diverge are in no mean; the legend
    counts them. The title says what all results share.

    Parameters
    ----------
    results
        What `monte_carlo.descent` returns; all of one kind of start, if they are to be compared.
    labels
        Their names.
    quantity
        ``"error"``: the L2 loss, the yardstick of all norms; ``"loss"``: the loss of each.
    ax
        Axes to draw into; by default those of a new figure.

    Raises
    ------
    ValueError
        If there is not one label for each of at least one result; for another quantity.

    Examples
    --------
    >>> from sobolev_theory import PopulationLoss, monte_carlo
    >>> sgd = monte_carlo.descent(PopulationLoss([[1.0, 0.0]]), [[0.5, 0.8]], step=0.1, batch=50, steps=40, rng=0)
    >>> ax = sampled_curves([sgd], ["H1"])
    >>> [line.get_label() for line in ax.lines]
    ['H1, exact flow', 'H1, SGD']
    """
    one_of("quantity", quantity, ("error", "loss"))
    require_labels("results", results, SampledDescent, "SampledDescent", labels)
    ax = panels(ax)[0]
    lowest = np.inf
    for k, (result, label) in enumerate(zip(results, labels, strict=True)):
        sampled = getattr(result, quantity)
        mean, half = sampled.mean, STANDARD_ERRORS * sampled.standard_error
        band = np.maximum(mean - half, 0.0), mean + half
        ax.fill_between(result.times, *band, color=color(k), alpha=0.25, linewidth=0)
        ax.plot(result.times, sampled.flow, label=f"{label}, exact flow", **look(k))
        away = result.statuses.count("diverged")
        lost = f" ({away} of {len(result.weights)} runs diverged)" if away else ""
        ax.plot(result.times, mean, "o", color=color(k), markersize=3, label=f"{label}, SGD{lost}")
        positive = np.concatenate([mean, sampled.flow])
        lowest = min(lowest, np.nanmin(positive, where=positive > 0, initial=np.inf))
    ax.set(yscale="log", xlabel="time, step size $\\times$ steps")
    ax.ticklabel_format(axis="x", scilimits=(-4, 5))
    ax.set_ylabel("prediction error (L2 loss)" if quantity == "error" else "loss")
    if lowest < np.inf:
        ax.set_ylim(bottom=BELOW * lowest)
    entitle(ax, _title(results))
    ax.legend(fontsize="small")
    return ax


def _title(results: Sequence[SampledDescent]) -> str:
    """Runs, steps and batches, and what is not standard of inputs and parameters: as far as it is that of all."""
    facts = [
        (f"{len(each.weights)} runs", f"step {each.step:g}", f"batch {each.batch}", each.setting) for each in results
    ]
    shared = [first for first, *others in zip(*facts, strict=True) if first and {*others} <= {first}]
    return ", ".join(["SGD", *shared])
