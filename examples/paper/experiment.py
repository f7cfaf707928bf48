"""Results of the paper's experiments, and files of them: whole or not at all."""

from __future__ import annotations

import importlib
import json
import platform
import sys
from dataclasses import dataclass, field, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

import sobolev_theory as st
from sobolev_theory._runtime.cells import Column
from sobolev_theory._runtime.json_files import read_json, write_bytes, write_json
from sobolev_theory._runtime.parallel import available_cores
from sobolev_theory._runtime.table_files import decoded_table

FORMAT = "sobolev_theory experiment"
RESULTS = Path(__file__).parent / "results"
"""Committed results of the full size."""

LIBRARIES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "sobolev_theory": "sobolev_theory",
    "torch": "torch",
    "sklearn": "scikit-learn",
}
"""Packages whose versions a result keeps, if it was computed with them, by their modules."""


def versions() -> dict[str, str]:
    """Those of Python and of the libraries that are loaded."""
    loaded = {name: sys.modules[module].__version__ for module, name in LIBRARIES.items() if module in sys.modules}
    return {"python": platform.python_version(), **loaded}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an experiment found.

    Attributes
    ----------
    name
        The experiment's module.
    settings
        All that the numbers depend on, the list of seeds among them.
    data
        Numbers, texts, arrays, and lists and dictionaries of these, from which the figure is drawn.
    table
        What is printed.
    seconds, processor_seconds, cores, versions
        How long it took, and how long it computed, on how many cores, with which libraries.
    """

    name: str
    settings: dict[str, Any]
    data: dict[str, Any]
    table: st.Table
    seconds: float = 0.0
    processor_seconds: float = 0.0
    cores: int = field(default_factory=available_cores)
    versions: dict[str, str] = field(default_factory=versions)

    def __post_init__(self) -> None:
        for name in ("settings", "data"):
            object.__setattr__(self, name, _plain(getattr(self, name)))

    def figure(self) -> Any:
        """A figure of matplotlib as wide as a page of a paper, drawn by the experiment's module."""
        plotting = importlib.import_module("sobolev_theory.plotting")
        with plotting.style("paper", width="page"):
            return importlib.import_module(f"{__package__}.{self.name}").draw(self)

    def save(self, path: Path) -> None:
        """Write a file of JSON in one step, in place of one of that name."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        write_json(path, {"format": FORMAT, **found, "table": json.loads(self.table._encoded())})

    @classmethod
    def load(cls, path: Path) -> Result:
        """What `save` wrote.

        Raises
        ------
        ValueError
            If it is no such file, or cannot be read.
        """
        found = read_json(path)
        try:
            if found.pop("format") != FORMAT:
                raise ValueError(found)
            return cls(**found | {"table": st.Table(*decoded_table(found["table"]))})
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise ValueError(f"path: a file of an experiment's result is required, got {path.name}") from None


def _plain(value: Any) -> Any:
    """Data as JSON has them; a number that it lacks is None."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple | range):
        return [*map(_plain, value)]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def rounded(values: Any, digits: int = 5) -> np.ndarray[Any, Any]:
    """Numbers for a figure, which shows no more digits."""
    return np.asarray(np.vectorize(lambda value: float(f"{value:.{digits}g}"))(values))


def mean_over_seeds(names: tuple[str, str], head: str, digits: str, seeds: int) -> Column:
    """A column of means and their standard errors; of a single seed the mean stands alone."""
    form = f"{{:{digits}}}"
    return Column(names, head, f"{form} ± {form}" if seeds > 1 else form)


def committed(name: str) -> Result:
    """The committed result of an experiment."""
    return Result.load(RESULTS / f"{name}.json")


def write(result: Result, folder: Path) -> list[Path]:
    """In a folder its figure as PDF and SVG, then its data and its table as JSON; each file whole or not at all."""
    from matplotlib import pyplot as plt

    drawn, figure = {}, result.figure()
    for kind, undated in (("pdf", {"CreationDate": None}), ("svg", {"Date": None})):
        figure.savefig(stream := BytesIO(), format=kind, metadata=undated)
        drawn[folder / f"{result.name}.{kind}"] = stream.getvalue()
    plt.close(figure)
    for path, data in drawn.items():
        write_bytes(path, data)
    result.save(whole := folder / f"{result.name}.json")
    return [*drawn, whole]
