"""The README tells the truth: its code prints what it shows, and its accuracy table is the measured one."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAIRS = re.findall(r"```python\n([^`]*)```\n\n```text\n([^`]*)```", README)


def test_all_snippets_are_found():
    assert len(PAIRS) == 6


def test_code_prints_what_is_shown():
    """In order: later snippets continue the first."""
    names: dict[str, object] = {}
    for code, shown in PAIRS:
        printed = StringIO()
        with redirect_stdout(printed):
            exec(code, names)
        assert printed.getvalue().split() == shown.split()


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
