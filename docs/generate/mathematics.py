"""Formulas, set by KaTeX while the site is built: a page carries HTML and fonts, and runs nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

HERE = Path(__file__).parent
KATEX = HERE.parent / "node_modules" / "katex" / "dist"


@cache
def _node(process: int) -> subprocess.Popen[str]:
    """A running `katex.js`, of its own for each process that writes pages."""
    if not KATEX.is_dir() or shutil.which("node") is None:
        raise ExtensionError("formulas are set by KaTeX, which Node.js runs: npm ci --prefix docs")
    command = ["node", str(HERE / "katex.js")]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")


def rendered(latex: str, display: bool) -> str:
    """HTML and MathML of a formula.

    Raises
    ------
    ValueError
        For what KaTeX does not know or is not strictly LaTeX.
    """
    node = _node(os.getpid())
    assert node.stdin is not None
    assert node.stdout is not None
    node.stdin.write(json.dumps({"latex": latex, "display": display}) + "\n")
    node.stdin.flush()
    answer = json.loads(node.stdout.readline())
    if "error" in answer:
        raise ValueError(answer["error"])
    html: str = answer["html"]
    return html


def _write(writer: Any, node: nodes.Element, latex: str, display: bool) -> None:
    try:
        html = rendered(latex, display)
    except ValueError as error:
        logging.getLogger(__name__).warning("formula %r: %s", latex, error, location=node)
        html = writer.encode(latex)
    # A wide formula scrolls in a box of its own, which can be reached by keyboard.
    writer.body.append(f'<div class="formula" tabindex="0">{html}</div>' if display else html)
    raise nodes.SkipNode


def _inline(writer: Any, node: nodes.math) -> None:
    _write(writer, node, node.astext(), display=False)


def _display(writer: Any, node: nodes.math_block) -> None:
    _write(writer, node, node.astext(), display=True)


def _copy(app: Sphinx) -> None:
    """The style sheet of KaTeX, with its fonts in the one format that every browser reads."""
    target = Path(app.outdir) / "_static" / "katex"
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    style = (KATEX / "katex.min.css").read_text(encoding="utf-8")
    style = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("\w+"\)', "", style)
    (target / "katex.css").write_text(style, encoding="utf-8")
    for font in (KATEX / "fonts").glob("*.woff2"):
        shutil.copy(font, target / "fonts")


def _link(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """The style sheet for pages that have formulas."""
    if doctree is not None and any(doctree.findall(lambda node: isinstance(node, nodes.math | nodes.math_block))):
        app.add_css_file("katex/katex.css")


def setup(app: Sphinx) -> dict[str, Any]:
    """The extension of Sphinx."""
    app.add_html_math_renderer("katex", (_inline, None), (_display, None))
    app.connect("builder-inited", _copy)
    app.connect("html-page-context", _link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
