"""Sizes, fonts, colours and panels of all figures, and the settings of matplotlib that suit a journal."""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .._runtime.checks import one_of, shown
from .._runtime.paper import WIDTHS as WIDTHS
from .._runtime.paper import inches

HEIGHT = 3.0
"""Inches of a figure of one panel, as wide as a column or a page."""

NARROWEST = 2.4
"""Inches that a panel needs beside another one."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours of Okabe and Ito."""

DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (9, 3)))
"""Dashes of lines that go with the colours."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Markers that go with the colours."""

FILES: dict[Any, Any] = {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "figure"}
"""TrueType fonts, which journals take and programs can search and edit; in SVG, text that is text, and the same names
of its parts each time."""

PAPER: dict[Any, Any] = {
    **{"font.size": 9, "axes.titlesize": "medium", "figure.titlesize": "medium", "legend.fontsize": "small"},
    **{"axes.linewidth": 0.6, "lines.linewidth": 1.3, "lines.markersize": 4, "hatch.linewidth": 0.6},
    **{f"{axis}tick.major.width": 0.6 for axis in "xy"},
    **{"axes.prop_cycle": cycler(color=PALETTE) + cycler(linestyle=DASHES), "image.cmap": "cividis"},
    **{"figure.constrained_layout.use": True, "figure.dpi": 150, "savefig.dpi": 300},
}
"""Text of 9 points, the smallest of 7.5; nothing cut off; dots fine enough for print where a part is drawn in dots."""

LETTERS = 135
"""Letters of a title in an inch, about, in type of one point."""

STYLES = {"paper": PAPER}


@contextmanager
def style(name: str = "paper", *, width: str | float = "column") -> Iterator[None]:
    """Figures that a journal takes, those of this package and your own: a context of settings of matplotlib.

    Figures made inside are as wide as a column or a page, so that they need no scaling: text of 9 points stays that.
    Curves differ in colours that colour-blind eyes tell apart, and in dashes. Wherever such a figure is saved, its PDF
    has embedded TrueType fonts, none of Type 3, and its SVG text that is text. Settings are afterwards as they were;
    what you set yourself inside holds.

    Parameters
    ----------
    name
        ``"paper"``.
    width
        ``"column"``, 3.4 inches; ``"page"``, 6.8 inches; or a number of inches.

    Raises
    ------
    ValueError
        For another name or width.

    Examples
    --------
    >>> with style("paper", width="page"):
    ...     figure, axes = plt.subplots(1, 2)
    >>> figure.get_size_inches().tolist()
    [6.8, 3.0]
    >>> plt.close()
    """
    settings = STYLES[one_of("name", name, STYLES)]
    with mpl.rc_context({**settings, **FILES, **_hooks(), "figure.figsize": (inches("width", width), HEIGHT)}):
        yield


def _hooks() -> dict[Any, Any]:
    """The setting with which pyplot hands new figures to `keep_fonts`."""
    mine = f"{__name__}:{keep_fonts.__name__}"
    return {"figure.hooks": list(dict.fromkeys([*mpl.rcParams["figure.hooks"], mine]))}


def keep_fonts(figure: Figure) -> None:
    """Have a figure saved with the fonts of `FILES`, whatever the settings of matplotlib are then; those stay."""
    vars(figure)["savefig"] = partial(_saved, figure.savefig)


def _saved(savefig: Any, *args: Any, **kwargs: Any) -> None:
    with mpl.rc_context(FILES):
        savefig(*args, **kwargs)


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


def panels(
    axes: Any, count: int = 1, *, beside: bool = False, tall: float = 1.0, one_scale: bool = True
) -> NDArray[Any]:
    """The axes given, or those of a new figure, in reading order; with one vertical scale, unless told.

    A new figure has the size of matplotlib's settings where these are not its own defaults, else a column's, or, of
    panels beside one another, a page's. Panels are one beneath another, over one horizontal scale, in a figure so many
    times as tall, unless they are asked for beside one another and each has room.

    Examples
    --------
    >>> [len(panels(None, 2, beside=beside)) for beside in (False, True)]
    [2, 2]
    >>> plt.close("all")
    """
    if axes is None:
        width, height = mpl.rcParams["figure.figsize"]
        if [width, height] == mpl.rcParamsDefault["figure.figsize"]:
            width, height = WIDTHS["page" if beside else "column"], HEIGHT
        columns = count if beside and width >= count * NARROWEST else 1
        with mpl.rc_context(_hooks()):
            figure = plt.figure(figsize=(width, height * (1 if columns > 1 else tall)), layout="constrained")
        axes = figure.subplots(count // columns, columns, sharex=not beside, sharey=one_scale, squeeze=False)
    listed = isinstance(axes, list | tuple | np.ndarray)
    given: NDArray[Any] = np.ravel(np.array(axes if listed else [axes], dtype=object))
    if len(given) != count or not all(isinstance(axis, Axes) for axis in given):
        raise ValueError(f"axes: one Axes for each panel, {count} in all, are required, got {shown(axes)}")
    return given


def entitle(over: Axes | Figure, *parts: str) -> None:
    """A title of axes or of a figure, from its parts that are not empty, in lines no wider than these."""
    write, dpi = (over.set_title, over.figure.dpi) if isinstance(over, Axes) else (over.suptitle, over.dpi)
    letters = LETTERS / mpl.rcParams["font.size"] * over.bbox.width / dpi
    write(textwrap.fill("; ".join(filter(None, parts)), int(letters)), fontsize="medium")


def require_labels(name: str, given: Any, kinds: Any, what: str, labels: Any) -> None:
    """Refuse what is no list of something, and labels that are not one for each."""
    for argument, items, kind in ((name, given, kinds), ("labels", labels, str)):
        if not isinstance(items, Sequence) or isinstance(items, str) or not all(isinstance(x, kind) for x in items):
            raise ValueError(f"{argument}: a list of {what}, and one of their names, is required, got {shown(items)}")
    if not 0 < len(given) == len(labels):
        raise ValueError(f"labels: one for each of the {name} is required, got {len(labels)} for {len(given)}")
