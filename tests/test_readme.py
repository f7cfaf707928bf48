"""The README tells the truth: its code prints what it shows, and its accuracy table is the measured one."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAIRS = re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", README)


def test_both_snippets_are_found():
    assert len(PAIRS) == 2


@pytest.mark.parametrize(("code", "shown"), PAIRS, ids=["compare", "verify"])
def test_code_prints_what_is_shown(code, shown):
    printed = StringIO()
    with redirect_stdout(printed):
        exec("import numpy as np\nimport sobolev_theory as st\n" + code, {})  # the second snippet continues the first
    assert printed.getvalue().split() == shown.split()


def test_code_and_output_come_early():
    """In the first 30 lines."""
    assert "```text" in "\n".join(README.splitlines()[:30])


def test_the_gate_runs_the_command_of_the_readme():
    assert "python -m pytest" in README
    assert "\npython -m pytest\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
