"""What the build makes: formulas that are no LaTeX are seen; words of the catalogue are Markdown that says the same."""

import re

import pytest

pytest.importorskip("sphinx")

from docs.generate.mathematics import fault
from docs.generate.neuron_map import formulas
from docs.generate.theory import pages, words


@pytest.mark.parametrize("latex", [r"\frac{1", r"\unknown", "x^2^3", "é"])
def test_a_formula_that_is_no_latex_is_seen(latex):
    assert fault(latex, display=True)


def test_formulas_are_no_fault():
    assert fault(r"\begin{align*} x &= \tfrac12 \\ &\quad + \lVert w \rVert \end{align*}", display=True) == ""


def test_names_and_publications_become_links_and_nothing_else_markup():
    text = words("see theorem/exact_cone, $x_1 < 2$, of Saad & Solla 1995: a_b <i>")
    link = "[`theorem/exact_cone`](#theorem/exact_cone)"
    assert text == rf"see {link}, $x_1 < 2$, of [Saad & Solla 1995](#saad1995): a\_b \<i\>"


def test_a_formula_has_what_the_catalogue_has():
    text = pages()["relu/H1"]
    assert "(relu/H1/gradient/backprop)=\n## `relu/H1/gradient/backprop`" in text
    assert r"\frac{\pi - \theta}{\pi} \mathbf{v}" in text
    assert '`st.formulas.get("relu/H1/gradient/backprop")`' in text


def test_formulas_of_the_map_are_written_as_one_does():
    """1 - r/(2 pi sin t) + r cos^2 t/(pi sin t), the exact transverse eigenvalue: 1 first, spaces, no parentheses."""
    text = formulas().replace('<mspace width="0.17em"/>', " ")
    assert not {"<mo>(</mo>", "<mo>-</mo>"} & set(re.findall("<mo>.*?</mo>", text))
    exact = text.splitlines()[-1].split("<td>")[-1]
    assert exact.index("<mn>1</mn>") < exact.index("<mi>r</mi>")
    assert "<mi>r</mi><mo>&InvisibleTimes;</mo> <msup><mi>cos</mi><mn>2</mn></msup> <mi>&#952;</mi>" in exact
    assert " <mi>sin</mi> <mi>&#952;</mi>" in exact
