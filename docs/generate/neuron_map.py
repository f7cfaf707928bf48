"""The interactive map of one neuron: an HTML page that needs nothing else, with the generated kernels in JavaScript.

The site has it within a page, and as a page that stands alone.
"""

import json
import re
from pathlib import Path
from typing import Any

import sympy as sp
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

import sobolev_theory as st
from sobolev_theory._kernels import arc_cosine, erf, relu, relu2, single_neuron
from sobolev_theory.formulas.records import Formula

from . import javascript

SOURCES = Path(__file__).parent.parent / "neuron_map"
ACTIVATIONS = {"relu": relu, "relu2": relu2, "erf": erf}
QUANTITIES = ("value", "self_value", "field", "field_in_frame", "self_field")
ORDERS = (0, 1)


def kernels(name: str) -> dict[tuple[str, int, str], Any]:
    """The kernels that the map evaluates, by quantity, order and convention; one ReLU neuron has its eigenvalues."""
    available = {key: kernel for key, kernel in ACTIVATIONS[name].KERNELS.items() if key[1] in ORDERS}
    if name == "relu":
        available |= {("eigenvalues", *key): kernel for key, kernel in single_neuron.EIGENVALUES.items()}
    curvature = ("eigenvalues",) if name == "relu" else ("own", "self_own")
    return {key: kernel for key, kernel in available.items() if key[0] in (*QUANTITIES, *curvature)}


def catalogue() -> str:
    """The kernels of all activations, the eigenvalues of one ReLU neuron, and series of arc-cosine functions."""
    texts = [
        f"const SWITCH = {arc_cosine.SWITCH};",
        f"const SERIES = {json.dumps(arc_cosine.SERIES)};",
        javascript.functions(arc_cosine.CLOSED_FORMS, "arc_cosine"),
        f"const CLOSED_FORMS = [{', '.join(f'arc_cosine_{form.__name__}' for form in arc_cosine.CLOSED_FORMS)}];",
    ]
    models = []
    for name, module in ACTIVATIONS.items():
        tables = kernels(name)
        texts.append(javascript.functions(tables.values(), name))
        rows = ", ".join(f'"{" ".join(map(str, key))}": {name}_{kernel.__name__}' for key, kernel in tables.items())
        jumps = json.dumps(module.JUMP_ORDER == 1)
        facts = f'chart: "{module.CHART}", bilinear: {list(module.BILINEAR)}, jumps: {jumps}'
        models.append(f"  {name}: {{ {facts},\n    kernels: {{ {rows} }} }},")
    return "\n".join([*texts, "const CATALOGUE = {", *models, "};"])


def formulas() -> str:
    """The eigenvalues of one ReLU neuron as MathML rows of a table, printed from the catalogue."""
    rows = []
    for title, name in (
        ("L2", "relu/L2/single_neuron/eigenvalues"),
        ("H1, backprop", "relu/H1/single_neuron/eigenvalues/backprop"),
        ("H1, exact", "relu/H1/single_neuron/eigenvalues/exact"),
    ):
        record = st.formulas.get(name)
        assert isinstance(record, Formula)
        printed = (sp.mathml(sp.expand(value), printer="presentation", order="rev-lex") for value in record.sympy())
        cells = "".join(f'<td><math displaystyle="true">{_typeset(text)}</math></td>' for text in printed)
        rows.append(f'<tr><th scope="row">{title}</th>{cells}</tr>')
    return "\n".join(rows)


def _typeset(text: str) -> str:
    """Minus signs, and functions of an angle without parentheses and apart, in place of SymPy's ``-rsin ( θ )``."""
    angle = r"<mrow><mo>\(</mo>(<mi>[^<]*</mi>)<mo>\)</mo></mrow>"
    thin = '<mspace width="0.17em"/>'
    text = re.sub(
        f"<msup><mrow>(<mi>(?:sin|cos)</mi>){angle}</mrow>(.*?)</msup>", rf"{thin}<msup>\1\3</msup>{thin}\2", text
    )
    return re.sub(f"(<mi>(?:sin|cos)</mi>){angle}", rf"{thin}\1{thin}\2", text).replace(
        "<mo>-</mo>", "<mo>&#8722;</mo>"
    )


def fragment() -> str:
    """Style, body and script, to stand in any page."""
    style, body, theory, view = (
        (SOURCES / name).read_text("utf-8") for name in ("map.css", "map.html", "theory.js", "view.js")
    )
    script = "\n".join(['"use strict";', catalogue(), theory, view])
    body = body.replace("{{formulas}}", formulas())
    return f"<style>\n{style}</style>\n{body}<script>\n(() => {{\n{script}}})();\n</script>\n"


def page() -> str:
    """The page that stands alone."""
    return (SOURCES / "page.html").read_text("utf-8").replace("{{fragment}}", fragment())


class NeuronMap(Directive):
    """``{neuron-map}``: the map, in a page of the site."""

    def run(self) -> list[nodes.Node]:
        """Raw HTML."""
        return [nodes.raw("", fragment(), format="html")]


def _write_page(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        (Path(app.outdir) / "neuron_map.html").write_text(page(), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """A Sphinx extension: a directive, and the page that stands alone, beside the others."""
    app.add_directive("neuron-map", NeuronMap)
    app.connect("build-finished", _write_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
