"""Single backticks of docstrings: a link where they hold a public name, code everywhere else."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.parsers.rst.states import Inliner
from sphinx import addnodes
from sphinx.application import Sphinx

import sobolev_theory


def name(
    role: str, raw: str, text: str, line: int, inliner: Inliner, options: object = None, content: object = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """The role: public are names of the door, and what is below them."""
    code = nodes.literal(raw, text)
    below = text.removeprefix("sobolev_theory.")
    if below.split(".")[0] not in sobolev_theory.__all__:
        return [code], []
    target = f"sobolev_theory.{below}"
    link = addnodes.pending_xref(raw, code, refdomain="py", reftype="obj", reftarget=target, refexplicit=True)
    return [link], []


def setup(app: Sphinx) -> dict[str, Any]:
    """The extension of Sphinx."""
    app.add_role("name", name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
