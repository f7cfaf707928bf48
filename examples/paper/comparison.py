"""Errors that losses end with: a table, sentences and a figure, for experiments that train the same with each loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

import sobolev_theory as st
from sobolev_theory._runtime.cells import Column

Found = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""By target, by series (networks or grids), by loss: ``errors`` of the seeds, ``rate``, ``milliseconds`` and others."""

LONGER = "L2, 3 x steps"
"""The loss L2, trained thrice as long as the others: more than the time of H1, about that of H2."""


def found_in(
    targets: Iterable[str],
    series: Iterable[str],
    losses: Iterable[str],
    train: Callable[[str, str, str], dict[str, Any]],
) -> Found:
    """What training finds for every target, series and loss."""
    return {t: {row: {loss: train(t, row, loss) for loss in losses} for row in series} for t in targets}


def quartiles(errors: Sequence[float | None]) -> tuple[float, float, float]:
    """Median, lower and upper quartile; a run without a finite error has an infinite one."""
    finite = [np.inf if error is None else error for error in errors]
    low, middle, high = np.quantile(finite, (0.25, 0.5, 0.75), method="nearest")
    return float(middle), float(low), float(high)


def table(title: str, series: str, found: Found, other: Column, notes: Sequence[str]) -> st.Table:
    """A row for each loss, with the column ``other`` of medians of what that names in ``found``."""
    columns = (
        *("target", series, "loss"),
        Column("error", "error", "{:.1e}"),
        Column(("lower_quartile", "upper_quartile"), "quartiles", "{:.1e} to {:.1e}"),
        Column("gain", "L2 / this", "{:.3g}"),
        Column("gain_equal_time", "L2 of 3 x steps / this", "{:.3g}"),
        other,
        Column("rate", "learning rate", "{:.3g}"),
        Column("milliseconds", "ms a step", "{:.1f}"),
    )
    rows = []
    for target, row, loss, cell in _cells(found):
        middle, *ends = quartiles(cell["errors"])
        gains = [gain(found[target][row], loss, base) for base in ("L2", LONGER)]
        middle_of_other = quartiles(cell[other.names[0]])[0]
        rows.append((target, row, loss, middle, ends, *gains, middle_of_other, cell["rate"], cell["milliseconds"]))
    return st.Table(title, columns, rows, notes, keys=3)


def _cells(found: Found) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for target, rows in found.items():
        for row, losses in rows.items():
            for loss, cell in losses.items():
                yield target, row, loss, cell


def gain(losses: dict[str, dict[str, Any]], loss: str, base: str) -> float:
    """How many times smaller the median error is than that of another loss."""
    return quartiles(losses[base]["errors"])[0] / quartiles(losses[loss]["errors"])[0]


def sentences(found: Found) -> list[str]:
    """In how many cases each loss of derivatives ends with smaller errors than L2 does, and by which factors."""
    cases = [losses for rows in found.values() for losses in rows.values()]
    said = []
    for loss in cases[0]:
        if not loss.startswith("L2"):
            for base, named in (("L2", "L2"), (LONGER, "L2 of 3 x steps")):
                gains = [gain(losses, loss, base) for losses in cases]
                won = sum(factor > 1 for factor in gains)
                said.append(
                    f"{loss}: a smaller error than {named} in {won} of {len(gains)} cases; {named} / {loss} is "
                    f"{min(gains):.3g} to {max(gains):.3g}, in the geometric mean {np.exp(np.mean(np.log(gains))):.3g}"
                )
    return said


def draw(found: Found, titles: dict[str, str]) -> Any:
    """Medians and quartiles, on a logarithmic scale: a panel for each target, losses side by side."""
    from matplotlib import pyplot as plt

    from sobolev_theory.plotting.styles import MARKERS, PALETTE

    figure, axes = plt.subplots(1, len(found), squeeze=False, sharey=True, layout="constrained")
    for panel, (target, rows) in zip(axes[0], found.items(), strict=True):
        for k, (name, losses) in enumerate(rows.items()):
            middle, low, high = np.transpose([quartiles(cell["errors"]) for cell in losses.values()])
            look = {"color": PALETTE[k], "marker": MARKERS[k], "linestyle": "none", "markersize": 4, "capsize": 2}
            at = np.arange(len(losses)) + 0.2 * (k - (len(rows) - 1) / 2)
            panel.errorbar(at, middle, [middle - low, high - middle], label=name, **look)
        panel.set(yscale="log", title=titles[target])
        panel.grid(axis="y", alpha=0.3)
        panel.set_xticks(range(len(losses)), losses, rotation=40, ha="right", rotation_mode="anchor")
    axes[0, 0].set_ylabel("relative error")
    figure.legend(*panel.get_legend_handles_labels(), loc="outside upper center", ncols=len(rows))
    return figure
