"""Results of the paper's experiments are written whole or not at all, and their command line says what is wrong."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import sobolev_theory as st
from examples.paper import command_line, experiment
from examples.paper.command_line import main
from examples.paper.experiment import Result
from sobolev_theory._runtime import json_files

ROOT = Path(__file__).parent.parent
TARGETS = ("one", "two")
FILES = ["trial.json", "trial.pdf", "trial.svg"]


def result(curve: Any = (1.0, 0.5)) -> Result:
    table = st.Table("halves", ("n", "value"), [(0, 1.0), (1, np.inf)], ["to infinity"])
    return Result(
        name="trial", settings={"seeds": range(2), "step": np.float64(0.1)}, data={"curve": curve}, table=table
    )


def run(*, quick: bool = False, seeds: int = 5, targets: Any = TARGETS) -> Result:
    return replace(result(), settings={"quick": quick, "seeds": range(seeds), "targets": targets})


def draw(found: Result) -> Figure:
    figure, ax = plt.subplots(figsize=(1, 1))
    ax.plot(found.data["curve"])
    return figure


@pytest.fixture(autouse=True)
def trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """An experiment of this file, of which `Result.figure` knows."""
    module = ModuleType("examples.paper.trial")
    monkeypatch.setattr(module, "draw", draw, raising=False)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(run.__globals__, "__doc__", "Trial.\n")


def test_a_result_comes_back_from_its_file(tmp_path: Path) -> None:
    """Arrays as lists, what is not finite as None in data, and as it is in the table."""
    found = result(np.array([[1 / 3, np.nan], [np.inf, 2.0]]))
    assert found.data == {"curve": [[1 / 3, None], [None, 2.0]]}
    assert found.settings == {"seeds": [0, 1], "step": 0.1}
    found.save(tmp_path / "trial.json")
    assert Result.load(tmp_path / "trial.json") == found
    assert {"python", "numpy", "scipy", "sobolev_theory"} <= found.versions.keys()
    assert found.cores >= 1


@pytest.mark.parametrize("text", ["{}", "[]", "nonsense", '{"format": "sobolev_theory experiment"}', None])
def test_another_file_is_refused(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=r"^path: .*other\.json"):
        Result.load(path)


def test_the_command_line_runs_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Options reach the experiment; the same files are the same bytes, but for the time that it took."""
    arguments = ["--quick", "--seeds", "3", "--targets", "two", "--out", str(tmp_path / "new" / "folder")]
    assert main(run, targets=TARGETS, arguments=arguments) == 0
    assert capsys.readouterr().out.startswith("halves\nn")
    folder = tmp_path / "new" / "folder"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    found = Result.load(folder / "trial.json")
    assert found.settings == {"quick": True, "seeds": [0, 1, 2], "targets": ["two"]}
    figures = [(folder / name).read_bytes() for name in FILES[1:]]
    assert b"/Type3" not in figures[0]
    assert main(run, targets=TARGETS, arguments=arguments) == 0
    assert [(folder / name).read_bytes() for name in FILES[1:]] == figures


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "0"], "argument --seeds: a positive integer is required, got 0"),
        (["--seeds", "x"], "argument --seeds: a positive integer is required, got 'x'"),
        (["--targets", "twos"], "argument --targets: invalid choice: 'twos' (choose from one, two)"),
        (["--targets"], "argument --targets: expected at least one argument"),
        (["--sedes", "3"], "unrecognized arguments: --sedes 3"),
        (["--out", "FILE"], "File exists"),
    ],
)
def test_usage_errors_are_one_line(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "FILE").touch()
    with pytest.raises(SystemExit) as stop:
        main(run, targets=TARGETS, arguments=[str(tmp_path / word) if word == "FILE" else word for word in arguments])
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.startswith("python -m examples.paper.test_experiment: error: ")
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("module", "options"),
    [("torch", []), ("sklearn", []), ("matplotlib", ["--out", "never"])],
)
def test_what_is_missing_is_named_with_the_command(
    module: str, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the experiment runs."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SystemExit) as stop:
        main(lambda **_: pytest.fail("it ran"), needs=[] if options else [module], arguments=options)
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert f"{module} is missing: pip install 'sobolev_theory[experiments]'" in error
    assert error.count("\n") == 1


class Light(Figure):
    """A figure that is quick to save."""

    def savefig(self, stream: Any, *, format: str, **_: Any) -> None:
        stream.write(format.encode())


def interrupting(at: int) -> tuple[Callable[..., Any], Callable[[], bool]]:
    """A tracer that interrupts at the line of that number in what writes results, and whether it did."""
    files = {command_line.__file__, experiment.__file__, json_files.__file__}
    lines = count()
    happened: list[bool] = []

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        if event == "line" and next(lines) == at:
            happened.append(True)
            raise KeyboardInterrupt
        return trace

    return trace, lambda: bool(happened)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a stream that no one had the time to close
def test_an_interrupt_at_any_line_leaves_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C at each line of what runs and writes in turn: the files of before or those of after, and no other."""
    monkeypatch.setattr(sys.modules["examples.paper.trial"], "draw", lambda _: Light(), raising=False)
    before = run(seeds=1)
    statuses, tracer = [], sys.gettrace()
    for at in count():
        before.save(tmp_path / "trial.json")
        trace, happened = interrupting(at)
        sys.settrace(trace)
        try:
            status = main(run, targets=TARGETS, arguments=["--seeds", "2", "--out", str(tmp_path)])
        except SystemExit as stop:
            status = stop.code
        except KeyboardInterrupt:  # before its options are read
            status = 130
        finally:
            sys.settrace(tracer)
        seeds = Result.load(tmp_path / "trial.json").settings["seeds"]
        assert seeds in ([0], [0, 1])
        assert {path.name for path in tmp_path.iterdir()} <= set(FILES)
        assert all(
            (tmp_path / f"trial.{kind}").read_text() == kind
            for kind in ("pdf", "svg")
            if (tmp_path / f"trial.{kind}").exists()
        )
        if not happened():
            break
        statuses.append((status, seeds))
    assert status == 0
    assert seeds == [0, 1]
    assert {status for status, _ in statuses} == {130}
    assert [0] in [seeds for _, seeds in statuses]
    capsys.readouterr()


KILLS = """
import os, random, signal, sys, time
from pathlib import Path
import sobolev_theory as st
from examples.paper.experiment import Result
table = st.Table("", ("n",), [(n,) for n in range(2000)])
found = Result(name="trial", settings={}, data={"curve": [0.1] * 20000}, table=table)
found.save(path := Path(sys.argv[1]))
rng = random.Random(1)
for kill in range(20):
    child = os.fork()
    while not child:
        found.save(path)
    time.sleep(rng.uniform(0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert Result.load(path) == found, kill
"""


@pytest.mark.long
def test_a_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    """At random moments of a process that does nothing but write."""
    options = ["-W", "ignore::DeprecationWarning", "-c", KILLS, str(tmp_path / "trial.json")]
    done = subprocess.run([sys.executable, *options], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
