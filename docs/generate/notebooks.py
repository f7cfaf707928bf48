"""Notebooks are pages: cells are read as Markdown, and what they put out stands below them, as it was committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx

FENCE = "`````"


class NotebookParser(MystParser):
    """Reads a notebook as the page of Markdown that it is."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Fill a document."""
        name = Path(document.settings.env.docname).name
        super().parse("\n\n".join([*page(json.loads(inputstring)), download(f"{name}.ipynb")]), document)


def download(file: str) -> str:
    """A link to the notebook itself, which is a file beside the page."""
    return f"{{download}}`Download this page as a notebook <{file}>`."


def page(notebook: dict[str, Any]) -> Iterator[str]:
    """Its parts in Markdown."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            yield text(cell["source"])
        else:
            yield block("python", text(cell["source"]))
            for output in cell["outputs"]:
                yield shown(output, cell["metadata"].get("alt", ""))


def shown(output: dict[str, Any], alt: str) -> str:
    """What a cell put out, in the richest form that it has."""
    if output["output_type"] == "stream":
        return block("text", text(output["text"]))
    forms = {kind: text(content) for kind, content in output["data"].items()}
    if "image/png" in forms:
        return f"![{alt}](data:image/png;base64,{forms['image/png'].strip()})"
    if "text/html" in forms:
        return block("{raw} html", f'<div class="table-wrapper output">{forms["text/html"]}</div>')
    if "text/latex" in forms:
        return f"$$\n{forms['text/latex'].strip('$')}\n$$"
    return forms.get("text/markdown") or block("text", forms["text/plain"])


def block(language: str, content: str) -> str:
    """A fence."""
    return f"{FENCE}{language}\n{content.rstrip()}\n{FENCE}"


def text(source: str | list[str]) -> str:
    """Notebooks keep texts in lines or whole."""
    return source if isinstance(source, str) else "".join(source)


def setup(app: Sphinx) -> dict[str, bool]:
    """A Sphinx extension."""
    app.add_source_suffix(".ipynb", "notebook")
    app.add_source_parser(NotebookParser)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
