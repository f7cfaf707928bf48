"""The README tells the truth: its code prints what it shows, and its accuracy table is the measured one."""

import re
from contextlib import nullcontext, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

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
        assert_agree(printed.getvalue().splitlines(), shown.splitlines())


def assert_agree(printed: list[str], shown: list[str]) -> None:
    """Word for word, but an uncertainty, the column ``+-``, within a factor of three.

    It is fitted to the last digits of the tail, which sums of another order change.
    """
    rows = [[line.split() for line in lines] for lines in (printed, shown)]
    column = next((row.index("+-") for row in rows[1] if "+-" in row and row[0] == "norm"), None)
    for one, other in zip(*rows, strict=True):
        if column is not None and one != other and len(one) == len(other) > column:
            assert 1 / 3 < float(one.pop(column)) / float(other.pop(column)) < 3
        assert one == other


@pytest.mark.parametrize(
    ("line", "agrees"), [("L2 0.1 1e-05 x", True), ("L2 0.1 7e-05 x", False), ("L2 0.2 2e-05 x", False)]
)
def test_only_the_uncertainty_may_move_and_not_far(line, agrees):
    header, shown = "norm rate +- predicted", "L2 0.1 2e-05 x"
    with nullcontext() if agrees else pytest.raises(AssertionError):
        assert_agree([header, line], [header, shown])


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
