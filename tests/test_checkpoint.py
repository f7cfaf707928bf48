"""The file of a search: what it may be, what it may say, and that no finished run is lost."""

import errno
import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory._runtime import checkpoint
from sobolev_theory.activations.activation import Activation
from sobolev_theory.search.results import EndPoint

LOSS = st.PopulationLoss([[0.6, 0.8]], "L2")
RUNS = 5


def quick_end(loss: st.PopulationLoss, start: st.Network, run: int) -> EndPoint:
    """What depends on the start, in place of a flow."""
    weights, values = start.weights, np.sort(start.weights.ravel())
    return EndPoint(run, "saddle", weights, float(run), float(abs(values[0])), values, np.ones(2, np.intp), 1, "so")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, not flows, are looked at here."""
    monkeypatch.setattr("sobolev_theory.search.search.end_of_run", quick_end)


def search(file: Any, runs: int = RUNS, **options: Any) -> st.Search:
    """A search in no time."""
    return st.find_critical_points(LOSS, 1, runs, **{"rng": 0, "checkpoint": file, **options})


@cache
def alone() -> st.Search:
    return search(None)


def same(one: st.Search, other: st.Search) -> bool:
    return [repr(p.as_dict()) for p in one.points] == [repr(p.as_dict()) for p in other.points]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A complete file."""
    path = tmp_path / "search.jsonl"
    assert same(search(path), alone())
    return path


@pytest.fixture
def no_flow(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is worked on."""

    def refused(*_: Any) -> Any:
        raise AssertionError("work began")

    monkeypatch.setattr("sobolev_theory.search.search.end_of_run", refused)


def altered(file: Path, alter: Callable[[dict[str, Any]], Any]) -> None:
    """Rewrite line 3."""
    lines = file.read_text().splitlines()
    record = json.loads(lines[2])
    lines[2] = json.dumps(alter(record))
    file.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("run", -1), ("run", 0.5), ("run", True), ("run", None), ("run", 2**60), ("run", 10**30),
        ("run", "1"), ("kind", "banana"), ("kind", None), ("kind", 1), ("kind", ["saddle"]),
        ("weights", [1, 2, 3]), ("weights", [[1.0, 2.0, 3.0]]), ("weights", [[1.0, 2.0], [3.0, 4.0]]),
        ("weights", []), ("weights", [[1.0], [2.0, 3.0]]), ("weights", [[float("nan"), 1.0]]),
        ("weights", [[True, 1.0]]), ("weights", [["a", 1.0]]), ("weights", [[[1.0], [2.0]]]),
        ("weights", None), ("weights", {"0": 1.0}), ("weights", [[10**400, 1.0]]), ("value", "abc"),
        ("value", -1.0), ("value", float("inf")), ("value", True), ("value", 10**400), ("value", None),
        ("gradient_norm", "0"), ("gradient_norm", []), ("eigenvalues", 1.0), ("eigenvalues", [[1.0]]),
        ("eigenvalues", [float("nan"), 1.0]), ("eigenvalues", ["1"]), ("multiplicities", [1.5]),
        ("multiplicities", [0, 2]), ("multiplicities", [True, True]), ("multiplicities", [2]),
        ("multiplicities", [10**30, 1]), ("multiplicities", [1, 2]), ("index", -1), ("index", 0.0),
        ("index", "0"), ("index", 3), ("message", None), ("message", 1), ("check", 1), ("check", None),
        ("check", "x"), ("extra", 1),
    ],
)  # fmt: skip
def test_what_a_line_says_is_checked(file: Path, no_flow: None, field: str, value: Any) -> None:
    altered(file, lambda record: {**record, field: value})
    content = file.read_bytes()
    with pytest.raises(
        ValueError, match=rf"checkpoint: line 3 of {file}: '?{field}'?: .*; remove that line, or"
    ) as caught:
        search(file)
    assert len(str(caught.value)) < 500
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    "field", ["run", "kind", "weights", "value", "eigenvalues", "multiplicities", "index", "check"]
)
def test_no_field_may_lack(file: Path, no_flow: None, field: str) -> None:
    altered(file, lambda record: {name: value for name, value in record.items() if name != field})
    with pytest.raises(ValueError, match=rf"line 3 of {file}: {field}: "):
        search(file)


@pytest.mark.parametrize(
    "line", [b"", b"[1]", b"null", b"\xff", b"[" * 100_000, b"9" * 5000, b"{", b"NaN", b'{"run": 1}']
)
def test_lines_that_are_no_runs(file: Path, no_flow: None, line: bytes) -> None:
    lines = file.read_bytes().split(b"\n")
    file.write_bytes(b"\n".join([*lines[:2], line, *lines[2:]]))
    with pytest.raises(ValueError, match=rf"checkpoint: line 3 of {file}: "):
        search(file)


def test_no_run_is_there_twice(file: Path, no_flow: None) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, lines[2]]))
    with pytest.raises(ValueError, match=rf"line 7 of {file}: run: 1 is there twice"):
        search(file)


def test_a_changed_digit_is_seen_and_a_changed_space_is_none(file: Path, no_flow: None) -> None:
    content = file.read_text()
    file.write_text(content.replace(', "', ' ,  "').replace("\n", "\r\n"))
    assert same(search(file), alone())
    altered(file, lambda record: {**record, "value": np.nextafter(record["value"], 2.0)})
    with pytest.raises(ValueError, match=r"line 3 .* check: the line was altered"):
        search(file)


def test_lines_of_another_file_are_refused(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    search(other, rng=1)
    lines, others = (path.read_bytes().splitlines(keepends=True) for path in (file, other))
    file.write_bytes(b"".join([*lines[:2], others[2], *lines[3:]]))
    with pytest.raises(
        ValueError, match=r"line 3 .* check: the line was altered after it was written, or is of another"
    ):
        search(file)


@pytest.mark.parametrize(
    "entropy", [None, [], [1, 2, 3], [1, 2, 3, -4], [1, 2, 3, 2**32], [1, 2, 3, 4.0], [1, 2, 3, True], "1234"]
)
def test_generators_of_a_file_are_checked(file: Path, no_flow: None, entropy: Any) -> None:
    header, *lines = file.read_text().splitlines()
    file.write_text("\n".join([json.dumps({**json.loads(header), "entropy": entropy}), *lines, ""]))
    with pytest.raises(ValueError, match="entropy = "):
        search(file, rng=None)


@pytest.mark.parametrize("content", [b"notes", b"\n", b"{", b'{"format": "other"}\n', b"0" * 70_000, b"[[", b"\x00"])
def test_a_strangers_file_is_refused_untouched(tmp_path: Path, no_flow: None, content: bytes) -> None:
    path = tmp_path / "notes"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="checkpoint: a file made by a search, or an empty one, is required"):
        search(path)
    assert path.read_bytes() == content


def test_a_file_killed_in_its_first_line_begins_anew(file: Path) -> None:
    content = file.read_bytes()
    for length in (50, content.index(b"\n")):
        file.write_bytes(content[:length])
        assert same(search(file), alone())


def test_an_empty_file_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch(mode=0o600)
    inode = path.stat().st_ino
    search(path)
    assert (path.stat().st_ino, path.stat().st_mode & 0o777) == (inode, 0o600)


def test_nothing_else_is_made_or_touched(tmp_path: Path) -> None:
    """The name that an earlier edition took for its temporary file among them."""
    (tmp_path / "search.jsonl.new").write_text("precious")
    search(tmp_path / "search.jsonl")
    assert sorted(os.listdir(tmp_path)) == ["search.jsonl", "search.jsonl.new"]
    assert (tmp_path / "search.jsonl.new").read_text() == "precious"


@pytest.mark.parametrize("what", ["link", "dangling link", "folder", "pipe", "socket", "device"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, no_flow: None, what: str) -> None:
    path, target = tmp_path / "path", tmp_path / "target"
    if what == "link":
        target.touch()
    if "link" in what:
        path.symlink_to(target)
    elif what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(str(path))
    path = Path("/dev/null") if what == "device" else path
    before = path.lstat()
    with pytest.raises(ValueError, match=f"checkpoint: a regular file is required, {path} is a .*{what.split()[-1]}"):
        search(path)
    assert (path.lstat().st_mode, path.lstat().st_ino) == (before.st_mode, before.st_ino)
    assert not target.exists() or target.stat().st_size == 0


@pytest.mark.parametrize("path", [3, 1.5, [], "a\0b", "nowhere/file", "x" * 300, ""])
def test_paths_that_cannot_be(path: Any, no_flow: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="checkpoint: "):
        search(path)
    assert os.listdir(tmp_path) == []


def _unwritable(monkeypatch: pytest.MonkeyPatch, reason: int) -> None:
    """Opening for writing fails, for root too."""
    real = os.open

    def refuse(path: Any, flags: int, *mode: int, **more: Any) -> int:
        if flags & (os.O_RDWR | os.O_CREAT):
            raise OSError(reason, os.strerror(reason), str(path))
        return real(path, flags, *mode, **more)

    monkeypatch.setattr(checkpoint.os, "open", refuse)


@pytest.mark.parametrize("reason", [errno.EACCES, errno.EROFS])
def test_a_complete_file_is_only_read(
    file: Path, no_flow: None, monkeypatch: pytest.MonkeyPatch, reason: int, tmp_path: Path
) -> None:
    content, told = file.read_bytes(), file.stat().st_mtime_ns
    file.chmod(0o444)
    _unwritable(monkeypatch, reason)
    assert same(search(file), alone())
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (content, told)
    with pytest.raises(ValueError, match="can be read only, and 2 runs are missing"):
        search(file, RUNS + 2)
    with pytest.raises(ValueError, match="checkpoint: a file that can be written is required"):
        search(tmp_path / "new")


def test_without_space_no_work_begins(tmp_path: Path, no_flow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "write", full)
    with pytest.raises(ValueError, match=r"checkpoint: a file that can be written is required, .* No space left"):
        search(tmp_path / "file")
    assert os.listdir(tmp_path) == []


def test_when_space_runs_out_what_is_written_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, left, path = os.write, [900], tmp_path / "file"

    def scarce(descriptor: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(descriptor, data[: left[0]])
        left[0] -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.os, "write", scarce)
        with pytest.raises(OSError, match="No space left") as caught:
            search(path)
    assert caught.value.filename == str(path)
    assert path.read_bytes().endswith(b"}\n")
    assert same(search(path), alone())


def test_two_searches_on_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second gets an error that says so, and the first loses nothing."""
    path, inside, go = tmp_path / "file", threading.Event(), threading.Event()
    real = checkpoint.Checkpoint.begin

    def begin(self: checkpoint.Checkpoint, missing: int) -> None:
        inside.set()
        assert go.wait(60)
        real(self, missing)

    monkeypatch.setattr(checkpoint.Checkpoint, "begin", begin)
    found: list[st.Search] = []
    first = threading.Thread(target=lambda: found.append(search(path)))
    first.start()
    try:
        assert inside.wait(60)
        with pytest.raises(ValueError, match="is in use by another search; wait for its end, or choose another path"):
            search(path)
    finally:
        go.set()
        first.join(60)
    assert same(found[0], alone())
    assert same(search(path), alone())


class Bare:
    """Kernels without the text that made them."""

    def __getattr__(self, name: str) -> Any:
        return (
            getattr(LOSS.activation.kernels, name)
            if name.isupper() and name != "SOURCE"
            else object.__getattribute__(self, name)
        )


def test_an_activation_that_cannot_be_told_from_others_is_refused(tmp_path: Path) -> None:
    loss = st.PopulationLoss([[0.6, 0.8]], "L2", activation=Activation("mine", Bare()))
    with pytest.raises(ValueError, match="checkpoint: an activation that carries its definition is required, 'mine'"):
        st.find_critical_points(loss, 1, 1, checkpoint=tmp_path / "file")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"runs": 10**5000},
            r"^runs: about 10\^5000 results: about 10\^\d+ GiB are needed, .* take fewer, and further",
        ),
        ({"runs": 10**30}, r"^runs: about 10\^30 results: .* GiB are needed, more than half of this machine's memory"),
        ({"runs": 10**10}, "^runs: 10000000000 results: .* GiB are needed, more than half of this machine's memory"),
        ({"width": 10**9}, "^width: Hessians of 2000000000 x 2000000000: .* GiB are needed"),
        ({"width": 10**5000}, r"^width: Hessians of about 10\^5000 x .*: about 10\^.* take a narrower student"),
    ],
)
def test_sizes_are_judged_before_work_begins(tmp_path: Path, options: dict[str, int], message: str) -> None:
    with pytest.raises(st.SizeError, match=message):
        st.find_critical_points(LOSS, **{"width": 1, "runs": 1, "checkpoint": tmp_path / "file", **options})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "\udce9"], ids=ascii)
def test_names_that_do_not_print_are_escaped(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="checkpoint: ") as refused:
        st.find_critical_points(LOSS, 1, 1, checkpoint=tmp_path / "none" / name)
    assert str(refused.value).isprintable()


def test_what_a_stranger_wrote_into_the_first_line_is_escaped(tmp_path: Path) -> None:
    file = tmp_path / "file"
    st.find_critical_points(LOSS, 1, 1, rng=0, checkpoint=file)
    header = json.loads(file.read_text().splitlines()[0])
    file.write_text(json.dumps({**header, "norm": "\x1b[2J\n"}) + "\n")
    with pytest.raises(ValueError, match="a file of this problem is required") as refused:
        st.find_critical_points(LOSS, 1, 1, rng=0, checkpoint=file)
    assert str(refused.value).isprintable()


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a regular file that cannot be read, on Linux")
def test_a_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ValueError, match=r"^checkpoint: .*/proc/self/mem"):
        st.find_critical_points(LOSS, 1, 1, checkpoint="/proc/self/mem")


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Flipped bits, lost or doubled or foreign bytes, a lost end, two lines changed over."""
    at, length = rng.randrange(len(content)), rng.choice([1, 1, 2, 10, 300])
    kind = rng.randrange(7)
    if kind == 0:
        return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
    if kind == 1:
        return content[:at] + content[at + length :]
    if kind == 2:
        return content[:at] + rng.randbytes(length) + content[at:]
    if kind == 3:
        return content[:at]
    if kind == 4:
        return content[:at] + content[at : at + length] + content[at:]
    if kind == 5:
        return (
            content[:at]
            + bytes(rng.choice(b'0123456789-+.eE"[]{},:\nNatru') for _ in range(length))
            + content[at + length :]
        )
    lines = content.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


def _survives(path: Path, content: bytes, seed: int) -> bool:
    """Whether the right result comes of a damaged file; if not, our error does, and the file is as it was."""
    path.write_bytes(damage := damaged(content, random.Random(seed)))
    try:
        found = search(path)
    except ValueError as error:
        told = str(error)
    else:
        assert same(found, alone()), seed
        return True
    assert told.startswith("checkpoint: "), seed
    assert str(path) in told, seed
    assert path.read_bytes() == damage, seed
    return False


@pytest.mark.parametrize("seeds", [range(200), pytest.param(range(200, 2000), marks=pytest.mark.long)])
def test_random_damage_gives_an_error_or_the_right_result(file: Path, seeds: range) -> None:
    content = file.read_bytes()
    survived = sum(_survives(file, content, seed) for seed in seeds)
    assert len(seeds) / 20 < survived < len(seeds) / 2  # lost ends, lines in another order


KILLS = """
import os, random, signal, sys, time
from pathlib import Path
import test_checkpoint
from sobolev_theory.search import search
path, kills, workers, rng = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), random.Random(int(sys.argv[4]))
def on_disk():
    return path.read_bytes() if path.exists() else b""
content = b""
for kill in range(kills):
    child = os.fork()
    if not child:
        search.end_of_run = test_checkpoint.quick_end  # workers do what they do always
        test_checkpoint.search(path, 10**6, workers=workers)  # more runs than all kills let it finish
        os._exit(1)
    deadline, lines = time.monotonic() + 30, max(1, content.count(b"\\n"))  # one more run than before, every other time
    while (workers > 1 or kill % 2) and on_disk().count(b"\\n") <= lines and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(rng.uniform(0.0, 0.06))
    before = on_disk()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    kept, content = content, on_disk()
    for old in (kept, before):
        assert content.startswith(old[: old.rfind(b"\\n") + 1]), kill
print(content.count(b"\\n") - 1)
"""


@pytest.mark.parametrize(
    ("kills", "workers"),
    [(10, 1), pytest.param(200, 1, marks=pytest.mark.long), pytest.param(5, 2, marks=pytest.mark.long)],
)
def test_no_kill_loses_a_finished_run(
    tmp_path: Path, kills: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At random times; the result is that of a search that nobody killed."""
    path = tmp_path / "file"
    options = ["-W", "ignore::DeprecationWarning", "-c", KILLS]
    command = [sys.executable, *options, str(path), str(kills), str(workers), "1"]
    result = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    finished = int(result.stdout)
    assert finished >= min(kills, 5)
    if workers > 1:
        monkeypatch.undo()
    assert same(search(path, finished), search(None, finished))
    numbers = [json.loads(line)["run"] for line in path.read_bytes().splitlines()[1:]]
    assert len(set(numbers)) == len(numbers)


def test_damage_of_numbers_far_from_the_others(file: Path) -> None:
    """Runs beyond those asked for are checked as well, and kept."""
    search(file, RUNS + 1)
    content = file.read_bytes()
    assert same(search(file), alone())
    assert file.read_bytes() == content
    assert np.isfinite([point.value for point in search(file).points]).all()
