"""Figures written to files: matplotlib is loaded here, by those commands that draw."""

import argparse
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from .._runtime.paper import WIDTHS, inches
from .options import checked

DPI = 200
"""Dots per inch of figures in pixels, unless matplotlib's settings or those of a paper say so."""


def add_paper(command: argparse.ArgumentParser) -> None:
    """Whether the figure is for print, and how wide."""
    command.add_argument(
        "--paper",
        type=checked(inches, lambda text: text if text.isalpha() else float(text)),
        metavar=f"{'|'.join(WIDTHS)}|INCHES",
        help="a figure for print: in the style of a paper, and so wide",
    )


def load_plotting(option: str, path: Path) -> ModuleType:
    """The plotting module, if matplotlib is there and can write that file; before anything is computed."""
    try:
        from .. import plotting
    except ImportError as error:
        raise ValueError(f"{option}: {error}") from None
    import matplotlib
    from matplotlib.backend_bases import FigureCanvasBase

    matplotlib.use("agg")  # files only: no window is opened
    suffixes = sorted(f".{kind}" for kind in FigureCanvasBase.get_supported_filetypes())
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"{option} {path}: a suffix among {', '.join(suffixes)} is required")
    if not path.parent.is_dir():
        raise ValueError(f"{option} {path}: an existing folder is required")
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ValueError(f"{option} {path}: a file that may be written is required")
    return plotting


def save(ax: Any, path: Path) -> None:
    """Save the figure of some axes, and say so on stderr."""
    from matplotlib import pyplot, rcParams

    dpi = DPI if rcParams["savefig.dpi"] == "figure" else rcParams["savefig.dpi"]
    try:
        ax.figure.savefig(path, dpi=dpi)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from None
    except (RuntimeError, ValueError) as error:  # a program that a format needs, such as LaTeX, is missing
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path}: {reason}; choose another suffix") from None
    finally:
        pyplot.close(ax.figure)
    print(f"wrote {path}", file=sys.stderr)
