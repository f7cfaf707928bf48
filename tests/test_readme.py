"""The README says in little what is true of the whole: counts, commands, versions, and links (its code: test_pages)."""

import re
from pathlib import Path

import sobolev_theory as st
from sobolev_theory._kernels.activations import ACTIVATIONS
from tests.activation_table import PAGE, TABLE, table
from tests.pages import ROOT, Page

README = Page(ROOT / "README.md")


def test_it_is_short():
    """At most 150 lines: one picture, three pieces of code with their output, the first of them on the first screen."""
    assert len(README.text.splitlines()) <= 150
    assert README.text.count("![") == 1
    assert len([code for language, code, shown in README.blocks if language == "python" and shown]) == 3
    assert "```text" in "\n".join(README.text.splitlines()[:30])


def test_its_links_lead_somewhere():
    """Files of the repository, and headings in those that have them."""
    links = re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", README.text)
    assert len(links) > 20
    for file, heading in links:
        assert (ROOT / file).exists(), file
        if heading:
            titles = re.findall(r"^#+ (.*)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles], heading


def test_the_gate_runs_its_commands():
    """With the long sweeps, which the README names too; in one process where two of its steps run at once."""
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("pytest -n 0", "pytest")
    for command in ('python -m pytest -m ""', "python -m pytest -m quick"):
        assert f"`{command}`" in README.text
        assert f"{command}\n" in gate
    assert 'pip install -e ".[test]" && python -m pytest\n' in README.text


def test_what_is_cited_is_what_is_installed():
    """The version, and the paper, in the README, the page, the citation file and the package's metadata."""
    page, citation, project = (
        Path(ROOT / name).read_text(encoding="utf-8") for name in ("docs/citing.md", "CITATION.cff", "pyproject.toml")
    )
    assert f"version {st.__version__})" in README.text
    assert f"version = {{{st.__version__}}}" in page
    assert f"\nversion: {st.__version__}\n" in citation
    for text in (README.text, page, citation, project):
        assert "https://arxiv.org/abs/2509.19773" in text


def test_what_is_not_covered_is_said_early():
    """On the first screen, before the first example."""
    opening = " ".join(README.text.split("```python")[0].split())
    for missing in ("deeper networks", "several outputs"):
        assert missing in opening


def test_what_is_counted_is_there():
    """Activations, and theorems."""
    assert f"[{len(ACTIVATIONS)} families]" in README.text
    theorems = [name for name in st.formulas.names() if name.startswith("theorem/")]
    assert f"; {len(theorems)} theorems" in README.text


def test_the_table_of_activations_is_the_generated_one():
    """``python -m tests.activation_table --update`` writes it."""
    page = PAGE.read_text(encoding="utf-8")
    assert TABLE.search(page)[0] == f"<!-- activations -->\n{table()}<!-- /activations -->"
