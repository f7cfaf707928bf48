"""Sizes, colours and panels of all figures."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .._runtime.checks import shown

COLUMN, PAGE = (3.4, 3.0), (6.8, 3.0)
"""Width and height, in inches, of figures of one panel and of two: a column, and both columns, of a paper."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours of Okabe and Ito."""

DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (9, 3)))
"""Dashes of lines that go with the colours."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Markers that go with the colours."""

FONTS: dict[Any, Any] = {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "none"}
"""TrueType fonts, which journals take and programs can search and edit; in SVG, text that is text."""


class Page(Figure):
    """A figure that is saved with `FONTS`, whatever the settings of matplotlib are; those stay as they are."""

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """As that of a figure."""
        with mpl.rc_context(FONTS):
            super().savefig(*args, **kwargs)


def color(k: int) -> str:
    """Colour of the curve of some number."""
    return PALETTE[k % len(PALETTE)]


def look(k: int) -> dict[str, Any]:
    """Colour and dashes of the curve of some number.

    Examples
    --------
    >>> look(8)
    {'color': '#D55E00', 'linestyle': '--'}
    """
    return {"color": color(k), "linestyle": DASHES[k % len(DASHES)]}


def panels(axes: Any, rows: int, columns: int, size: tuple[float, float], *, one_scale: bool = True) -> NDArray[Any]:
    """The axes given, or those of a new figure of that size, in reading order; with one vertical scale, unless told.

    Examples
    --------
    >>> len(panels(None, 1, 2, PAGE))
    2
    >>> plt.close()
    """
    if axes is None:
        figure = plt.figure(figsize=size, layout="constrained", FigureClass=Page)
        axes = figure.subplots(rows, columns, sharex=rows > 1, sharey=one_scale, squeeze=False)
    listed = isinstance(axes, list | tuple | np.ndarray)
    given: NDArray[Any] = np.ravel(np.array(axes if listed else [axes], dtype=object))
    if len(given) != rows * columns or not all(isinstance(axis, Axes) for axis in given):
        raise ValueError(f"axes: one Axes for each panel, {rows * columns} in all, are required, got {shown(axes)}")
    return given


def require_labels(name: str, given: Any, kinds: Any, what: str, labels: Any) -> None:
    """Refuse what is no list of something, and labels that are not one for each."""
    for argument, items, kind in ((name, given, kinds), ("labels", labels, str)):
        if not isinstance(items, Sequence) or isinstance(items, str) or not all(isinstance(x, kind) for x in items):
            raise ValueError(f"{argument}: a list of {what}, and one of their names, is required, got {shown(items)}")
    if not 0 < len(given) == len(labels):
        raise ValueError(f"labels: one for each of the {name} is required, got {len(labels)} for {len(given)}")
