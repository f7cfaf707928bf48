r"""The catalogue as a document that a real TeX sets: no errors, no lines that stick out, every record by its name.

Without ``pdflatex`` the tests are skipped, except in the continuous check, where TeX must be there.
"""

import dataclasses
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from sobolev_theory import formulas
from sobolev_theory.formulas import Formula, Notation, Theorem, UnknownFormulaError
from sobolev_theory.formulas.references import REFERENCES, cited, with_citations
from sobolev_theory.formulas.tex.layout import aligned
from sobolev_theory.formulas.tex.text import itemized, prose, verbatim

TOO_WIDE = re.compile(r"Overfull \\hbox \(([\d.]+)pt too wide\)")
ALLOWED = 10.0
"""A tenth of an inch, in points: less is not seen beside margins of 2.2 cm."""


class Typeset(NamedTuple):
    """What TeX says about a document."""

    errors: list[str]
    overfull: list[float]
    pages: int


def typeset(text: str, folder: Path) -> Typeset:
    """Run ``pdflatex``; again where there are references or contents, which need a second run."""
    command = shutil.which("pdflatex")
    if command is None:
        assert not os.environ.get("CI"), "the continuous check needs pdflatex (texlive-latex-base)"
        pytest.skip("pdflatex is not installed")
    (folder / "document.tex").write_text(text, encoding="utf-8")
    options = ["-interaction=nonstopmode", "-no-shell-escape", "document.tex"]
    for _ in range(2 if r"\cite" in text else 1):
        subprocess.run([command, *options], cwd=folder, capture_output=True, timeout=120)
    log = (folder / "document.log").read_text(encoding="utf-8", errors="replace")
    pages = re.search(r"Output written on document\.pdf \((\d+) page", log)
    errors = [line for line in log.splitlines() if line.startswith("!") or "undefined" in line]
    return Typeset(errors, [float(width) for width in TOO_WIDE.findall(log)], int(pages[1]) if pages else 0)


@pytest.fixture(scope="module")
def whole() -> str:
    return formulas.document()


@pytest.mark.long
def test_the_whole_catalogue_is_set_without_errors_or_wide_lines(whole: str, tmp_path: Path) -> None:
    errors, overfull, pages = typeset(whole, tmp_path)
    assert errors == []
    assert max(overfull, default=0) <= ALLOWED
    assert pages > 20


def test_formulas_are_set_in_a_column(tmp_path: Path) -> None:
    """Every formula and step of a proof, in lines of 246 points: none sticks out, none is scaled."""
    head = formulas.document(["relu/K00"]).split(r"\begin{document}")[0].replace("margin=2.2cm", "textwidth=246pt")
    names = [name for name in formulas.names() if not name.startswith("theorem/")]
    body = [formulas.get(name).latex(style="align", linewidth=246, macros=True) for name in names]
    steps = [aligned([step.latex], 246) for name in formulas.names("theorem/") for step in formulas.get(name).proof]
    errors, overfull, _ = typeset("\n\n".join([head, r"\begin{document}", *body, *steps, r"\end{document}"]), tmp_path)
    assert errors == []
    assert max(overfull, default=0) <= ALLOWED
    assert not any(r"\resizebox" in text for text in body + steps)


def test_contents_labels_and_citations(whole: str) -> None:
    """Every record has a label, every citation an item, and every item is cited."""
    assert r"\tableofcontents" in whole
    assert re.findall(r"\\label\{([^}]*)\}", whole) == formulas.names()
    assert set(re.findall(r"\\cite\{(\w+)\}", whole)) == set(re.findall(r"\\bibitem\{(\w+)\}", whole))
    sections = re.findall(r"\\section\{([^}]*)\}", whole)
    assert len(sections) == len(set(sections))
    assert {"Setting", "relu", "erf", "theorem"} <= set(sections)
    assert r"\subsection{relu / H1}" in whole


def test_sources_are_those_of_the_bibliography() -> None:
    """Names with a year are references; BibTeX has them all, with the keys that documents cite."""
    for name in formulas.names():
        source = formulas.get(name).source
        named = re.findall(r"(?!arXiv)\b[A-Z][a-z]+ (?:19|20)\d\d", source)
        assert len(cited(source)) == len(set(named)), source
    text = formulas.bibtex()
    assert re.findall(r"@\w+\{(\w+),", text) == [reference.key for reference in REFERENCES]
    assert text.count("{") == text.count("}")


@pytest.mark.skipif(shutil.which("bibtex") is None, reason="needs bibtex")
def test_bibtex_reads_the_references(tmp_path: Path) -> None:
    (tmp_path / "sobolev.bib").write_text(formulas.bibtex(), encoding="utf-8")
    lines = [r"\relax", r"\citation{*}", r"\bibstyle{plain}", r"\bibdata{sobolev}"]
    (tmp_path / "paper.aux").write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(["bibtex", "paper"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "Warning" not in done.stdout
    assert (tmp_path / "paper.bbl").read_text(encoding="utf-8").count(r"\bibitem") == len(REFERENCES)


HOSTILE = [
    Notation(vectors="arrow", teacher="w^*", norm=r"|{}|"),
    Notation(
        student=r"\omega_1", teacher=r"\omega^{\star}", norm=r"\left\lVert {} \right\rVert_2^2", angle=r"\theta^*"
    ),
    Notation(student=r"\tilde{u}", teacher=r"\bar{v}'", vectors="plain", norm="{}", angle=r"\angle_{w}^{v}"),
]


@pytest.mark.long
@pytest.mark.parametrize("notation", HOSTILE, ids=lambda notation: notation.teacher)
def test_other_notations_are_set_without_errors(notation: Notation, tmp_path: Path) -> None:
    """Wider symbols may make wider lines; in notation without macros nothing is left undefined."""
    text = formulas.document(notation=notation)
    assert typeset(text, tmp_path).errors == []
    names = ["relu/K00", "erf/H2/hessian/own", "relu/H1/single_neuron/velocity/exact", "theorem/lyapunov_comparison"]
    body = [formulas.get(name).latex(notation, style="align") for name in names]
    head = formulas.document(["relu/K00"]).split(r"\newcommand{\student}")[0]
    plain = "\n\n".join([head, r"\begin{document}", *body, r"\end{document}"])
    assert typeset(plain, tmp_path).errors == []


@pytest.mark.long
def test_tex_finds_what_is_wrong(tmp_path: Path) -> None:
    """The log is read: an undefined command, a double superscript, and a line that sticks out."""
    text = formulas.document(["relu/K00"])
    for old, new in ((r"\sin", r"\undefined"), (r"\pi}", "x^a^b}"), (r"\sin", "$")):
        assert old in text
        assert typeset(text.replace(old, new), tmp_path).errors
    wide = typeset(text.replace(r"\sin", r"\hspace{20cm}"), tmp_path)
    assert wide.errors == []
    assert max(wide.overfull) > ALLOWED


def test_every_record_is_in_the_document_with_all_that_it_says(whole: str) -> None:
    for name in formulas.names():
        record = formulas.get(name)
        head = rf"\entry{{{verbatim(name)}}}"
        assert whole.count(head) == 1
        body = whole.split(head)[1].split(r"\entry{")[0]
        assert prose(record.statement) in body
        assert with_citations(record.source) in body
        if isinstance(record, Formula):
            assert all(prose(step.statement) in body for step in record.steps if step.left != step.right)
            assert not record.deviations or prose(record.deviations) in body
            assert all(f"${letter} = {meaning}$" in body for letter, meaning in record.where)
        else:
            assert all(prose(step.statement) in body for step in (*record.proof, *record.counterexamples))
            assert all(prose(text) in body for text in (*record.hypotheses, *record.remarks))


def test_chosen_records_stand_in_the_order_given() -> None:
    text = formulas.document(["theorem/exact_cone", "relu/K00"])
    assert text.index(r"\begin{proof}") < text.index(rf"\entry{{{verbatim('relu/K00')}}}")
    assert text.count(r"\entry{") == 2
    keys = ["oh2025", "czarnecki2017", "cho2009"]
    assert re.findall(r"\\bibitem\{(\w+)\}", text) == keys, "those that are cited, and no others"
    assert text.startswith(r"\documentclass")
    assert isinstance(formulas.get("theorem/exact_cone"), Theorem)


def test_one_record_is_set(tmp_path: Path) -> None:
    errors, overfull, pages = typeset(formulas.document(["relu/K00"]), tmp_path)
    assert (errors, pages) == ([], 1)
    assert max(overfull, default=0) <= ALLOWED


@pytest.mark.parametrize("names", [[], (), "relu/K00", ""])
def test_names_that_are_no_list_are_refused(names: object) -> None:
    with pytest.raises(ValueError, match="names: a sequence of names, at least one, is required, got "):
        formulas.document(names)  # type: ignore[arg-type]


def test_records_themselves_and_notation_by_keyword() -> None:
    """Also a record that is not in the catalogue."""
    formula = formulas.get("relu/K00")
    own = dataclasses.replace(formula, name="own/K00")
    text = formulas.document([own, "relu/K11"], vectors="arrow")
    assert text == formulas.document([own, "relu/K11"], formulas.Notation(vectors="arrow"))
    assert text.index("own/") < text.index("relu/")
    assert r"\newcommand{\student}{\vec{w}}" in text


def test_identities_of_equal_sides_are_left_out() -> None:
    formula = dataclasses.replace(
        formulas.get("relu/K11"), steps=(formulas.Step("one", "a", "a"), formulas.Step("two", "a", "b"))
    )
    text = formulas.document([formula])
    assert "small two" in text
    assert "small one" not in text


def test_unknown_names_and_notation_are_refused() -> None:
    with pytest.raises(UnknownFormulaError, match="did you mean"):
        formulas.document(["relu/K00", "relu/K0"])
    with pytest.raises(ValueError, match="notation: a Notation is required"):
        formulas.document(["relu/K00"], "arrow")  # type: ignore[arg-type]


def test_words_code_and_lists() -> None:
    """What TeX would misread outside of mathematics is escaped, and left alone inside."""
    assert prose("50% of a_b & $a_b < c$ #1 x < y") == r"50\% of a\_b \& $a_b < c$ \#1 x $<$ y"
    assert prose(r"already \_ and \%") == r"already \_ and \%"
    assert verbatim('f("a_b", {1})') == r'f(\allowbreak{}"a\_b",\allowbreak{} \{1\})'
    assert itemized(["a", "b"]) == "\\begin{itemize}\n\\item a\n\\item b\n\\end{itemize}"
