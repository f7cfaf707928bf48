"""What the theme leaves undone for those who do not see, or do not use a mouse.

Listings and tables that may be wider than the view are reached, and scrolled, by keyboard; captions of the list of
pages, which call themselves headings, say of which level.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

BOXES = re.compile(r'<(pre|div(?= class="table-wrapper))\b')
AFTER_THE_THEME = 900


def _mend(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    if "body" in context:
        context["body"] = BOXES.sub(r'<\1 tabindex="0"', context["body"])
    if "furo_navigation_tree" in context:
        captions = context["furo_navigation_tree"].replace('role="heading"', 'role="heading" aria-level="2"')
        context["furo_navigation_tree"] = captions


def setup(app: Sphinx) -> dict[str, bool]:
    """A Sphinx extension."""
    app.connect("html-page-context", _mend, priority=AFTER_THE_THEME)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
