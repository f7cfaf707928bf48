"""Listings and tables that may be wider than the view can be reached, and scrolled, by keyboard."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

BOXES = re.compile(r'<(pre|div(?= class="table-wrapper))\b')


def _reachable(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    if "body" in context:
        context["body"] = BOXES.sub(r'<\1 tabindex="0"', context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """A Sphinx extension."""
    app.connect("html-page-context", _reachable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
