"""Formulas: checked by KaTeX when the site is built, and set by it when a page is read."""

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
    """A running `check.js`, of its own for each process that writes pages."""
    if not KATEX.is_dir() or shutil.which("node") is None:
        raise ExtensionError("formulas are set by KaTeX, which Node.js runs: npm ci --prefix docs")
    command = ["node", str(HERE / "check.js")]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")


def fault(latex: str, display: bool) -> str:
    """What KaTeX has against a formula, which is nothing if it is strict LaTeX that it knows."""
    node = _node(os.getpid())
    assert node.stdin is not None
    assert node.stdout is not None
    node.stdin.write(json.dumps({"latex": latex, "display": display}) + "\n")
    node.stdin.flush()
    answer: str = json.loads(node.stdout.readline())
    return answer


def _write(writer: Any, node: nodes.Element, display: bool) -> None:
    latex = node.astext()
    if wrong := fault(latex, display):
        logging.getLogger(__name__).warning("formula %r: %s", latex, wrong, location=node)
    tag = "div" if display else "span"
    writer.body.append(f'<{tag} class="formula">{writer.encode(latex)}</{tag}>')
    raise nodes.SkipNode


def _inline(writer: Any, node: nodes.math) -> None:
    _write(writer, node, display=False)


def _display(writer: Any, node: nodes.math_block) -> None:
    _write(writer, node, display=True)


def _copy(app: Sphinx) -> None:
    """KaTeX, with its fonts in the one format that every browser reads."""
    target = Path(app.outdir) / "_static" / "katex"
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    style = (KATEX / "katex.min.css").read_text(encoding="utf-8")
    style = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("\w+"\)', "", style)
    (target / "katex.css").write_text(style, encoding="utf-8")
    for file in (KATEX / "katex.min.js", *(KATEX / "fonts").glob("*.woff2")):
        shutil.copy(file, target / file.relative_to(KATEX))


def _link(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """KaTeX for pages that have formulas."""
    if doctree is not None and any(doctree.findall(lambda node: isinstance(node, nodes.math | nodes.math_block))):
        app.add_css_file("katex/katex.css")
        app.add_js_file("katex/katex.min.js", defer="defer")
        app.add_js_file("formulas.js", defer="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """The extension of Sphinx."""
    app.add_html_math_renderer("katex", (_inline, None), (_display, None))
    app.connect("builder-inited", _copy)
    app.connect("html-page-context", _link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
