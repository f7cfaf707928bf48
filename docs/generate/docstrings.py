"""Docstrings of properties: statements, too, of which Napoleon would take what stands before a colon for a type."""

from inspect import cleandoc
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon.docstring import NumpyDocstring

AFTER_NAPOLEON = 600
"""Priority among what Sphinx asks about a docstring: Napoleon has 500."""


def _as_of_methods(app: Sphinx, what: str, name: str, item: Any, options: Any, lines: list[str]) -> None:
    """The docstring of a property as Napoleon writes that of a method."""
    if what == "property":
        lines[:] = NumpyDocstring(cleandoc(item.__doc__ or ""), app.config, app, "method", name, item, options).lines()


def setup(app: Sphinx) -> dict[str, bool]:
    """A Sphinx extension."""
    app.connect("autodoc-process-docstring", _as_of_methods, priority=AFTER_NAPOLEON)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
