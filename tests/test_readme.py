"""The README tells the truth: its code prints what it shows, and its accuracy table is the measured one."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import sobolev_theory as st
from tests.activation_table import TABLE, table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAIRS = re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", README)


def test_all_snippets_are_found():
    assert len(PAIRS) == 15


def test_code_prints_what_is_shown():
    """In order: later snippets continue the first."""
    names: dict[str, object] = {}
    for code, shown in PAIRS:
        printed = StringIO()
        with redirect_stdout(printed):
            exec(code, names)
        assert printed.getvalue().split() == shown.split()


def test_the_table_of_activations_is_the_generated_one():
    """``python -m tests.activation_table --update`` writes it."""
    assert TABLE.search(README)[0] == f"<!-- activations -->\n{table()}<!-- /activations -->"


def test_code_and_output_come_early():
    """In the first 30 lines."""
    assert "```text" in "\n".join(README.splitlines()[:30])


def test_the_gate_runs_the_command_of_the_readme():
    """With the long sweeps, which the README names too."""
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in ('python -m pytest -m ""', "python -m pytest -m quick"):
        assert f"`{command}`" in README
        assert f"{command}\n" in gate
    assert 'pip install -e ".[test]" && python -m pytest\n' in README


def test_what_is_cited_is_what_is_installed():
    """The version, and the paper, in the README, the citation file and the package's metadata."""
    citation, project = ((ROOT / name).read_text(encoding="utf-8") for name in ("CITATION.cff", "pyproject.toml"))
    assert f"version = {{{st.__version__}}}" in README
    assert f"\nversion: {st.__version__}\n" in citation
    for text in (README, citation, project):
        assert "https://arxiv.org/abs/2509.19773" in text


def test_what_is_not_covered_is_said_early():
    """On the first screen, before the first example."""
    opening = " ".join(README.split("```python")[0].split())
    for missing in ("deeper networks", "several outputs"):
        assert missing in opening
