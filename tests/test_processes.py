"""Processes of our own: how they end, what a death is called, and where they can be started from."""

import json
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

import sobolev_theory as st
from sobolev_theory import __main__ as command_line
from sobolev_theory._runtime.parallel import ordered_map, unordered_map
from sobolev_theory._runtime.processes import Processes
from sobolev_theory._runtime.threads import EndedError, Task

SOON = 5.0
"""Seconds within which every process is gone, or told what it is asked, on a machine that does much else as well."""

MAPS = {"ordered": ordered_map, "unordered": unordered_map}

WORK = {
    "sleep": "list(map(lambda f: f.result(), [pool.submit(time.sleep, 60) for pool in [Processes(2)] for _ in 'ab']))",
    "verify": "st.monte_carlo.verify(loss, W, samples=10**10, rng=0, workers=workers)",
    "search": "st.find_critical_points(loss, 20, 10**4, rng=0, workers=workers, checkpoint=file)",
}
SCRIPT = """
import sys, threading, time, numpy as np, psutil, sobolev_theory as st
from sobolev_theory._runtime.processes import Processes
loss, W, workers, file = st.PopulationLoss(np.eye(20), "H1"), np.eye(20) + 0.1, {workers}, {file!r}
def tell():
    while len(psutil.Process().children()) < workers * (workers > 1):
        time.sleep(0.01)
    print("ready", flush=True)
threading.Thread(target=tell, daemon=True).start()
try:
    {work}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def ended(work: str, how: signal.Signals, delay: float, file: Path, workers: int = 2) -> tuple[int, str]:
    """Exit status and output of a script that was sent a signal; no process of it is left."""
    code = SCRIPT.format(workers=workers, file=str(file), work=WORK[work])
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == (workers if workers > 1 else 0)
        if how == signal.SIGINT:  # a terminal sends it to all of them
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        assert wait_for(lambda: process.poll() is not None, SOON)
        assert wait_for(lambda: not alive(children), SOON)
        return process.returncode, process.stdout.read()


@pytest.mark.parametrize("how", [signal.SIGKILL])
def test_nothing_outlives_its_parent(how: signal.Signals, tmp_path: Path) -> None:
    assert ended("sleep", how, 0.1, tmp_path / "file") == (-how, "")


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("work", ["verify", "search"])
def test_nothing_outlives_its_parent_at_any_time(work: str, how: signal.Signals, tmp_path: Path) -> None:
    """Workers that are starting, working, and handing over."""
    for delay in (0.0, random.Random(f"{work}{how}").uniform(0.2, 1.5)):
        status, output = ended(work, how, delay, tmp_path / "file")
        assert (status, output) == ((0, "interrupted\n") if how == signal.SIGINT else (-how, ""))


@pytest.mark.long
def test_an_interrupt_ends_a_search_in_this_process(tmp_path: Path) -> None:
    assert ended("search", signal.SIGINT, 0.5, tmp_path / "file", workers=1) == (0, "interrupted\n")


def test_a_death_is_told_with_its_cause() -> None:
    with Processes(2) as pool:
        for task, told in {
            (os._exit, 3): "a worker process ended with exit status 3",
            (signal.raise_signal, signal.SIGKILL): "killed by SIGKILL, as the system does when memory is short",
            (sys.exit, 0): r"a task ended its process:[\s\S]*SystemExit",
            (lambda x: x, 0): "must be picklable",
        }.items():
            with pytest.raises(st.WorkerError, match=told):
                pool.submit(*task).result()
        assert pool.submit(abs, -1).result() == 1  # dead ones are replaced


@pytest.mark.long
@pytest.mark.parametrize("name", MAPS)
def test_a_death_reaches_the_caller(name: str) -> None:
    with MAPS[name](2) as parallel, pytest.raises(st.WorkerError, match="ended with exit status 3"):
        list(parallel(os._exit, [3, 3]))


def test_what_the_main_script_defines_cannot_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_raise, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "_raise", _raise, raising=False)
    with Processes(1) as pool, pytest.raises(st.WorkerError, match="cannot be read where the main script is not"):
        pool.submit(_raise, None).result()


def test_an_error_comes_with_its_way_through_the_worker() -> None:
    error = st.InfiniteNormError("relu", 2, 1)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    with ordered_map(2) as parallel, pytest.raises(st.InfiniteNormError) as caught:
        list(parallel(_raise, [error]))
    assert str(caught.value) == str(error)
    assert "in _raise" in caught.value.__notes__[0]
    pairs = pickle.loads(pickle.dumps(st.NotDifferentiableError("Hessian", [(0, 1)], "parallel", "Move."))).pairs
    assert pairs == [(0, 1)]


def _raise(error: Exception) -> None:
    raise error


def _inverse_or_wait(x: float) -> float:
    time.sleep(0.2 if x > 0 else 0.0)
    return 1 / x


@pytest.mark.parametrize("workers", [1, "threads", pytest.param(2, marks=pytest.mark.long)])
def test_after_an_error_what_has_begun_still_comes(workers: Any) -> None:
    found: list[float] = []
    with (
        ThreadPoolExecutor(2) as pool,
        pytest.raises(ZeroDivisionError),
        unordered_map(pool if workers == "threads" else workers) as parallel,
    ):
        found.extend(parallel(_inverse_or_wait, [4.0, 0.0]))
    assert found == [0.25]


class Lost(Executor):
    """An executor that loses its tasks, as Dask and broken pools say it."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(_raise, self.error)


@pytest.mark.parametrize("name", MAPS)
def test_an_executor_that_loses_a_task_is_named(name: str) -> None:
    killed = type("KilledWorker", (Exception,), {"__module__": "distributed.scheduler"})("died while running it")
    with MAPS[name](Lost(killed)) as parallel, pytest.raises(st.WorkerError, match="Dask lost a task, died while"):
        list(parallel(abs, [1]))
    with (
        MAPS[name](Lost(BrokenExecutor("gone"))) as parallel,
        pytest.raises(st.WorkerError, match="the executor lost a task"),
    ):
        list(parallel(abs, [1]))


@pytest.mark.parametrize("results", [None, [], [1], [1, 2, 3]])
def test_a_callable_gives_one_result_for_each_item(results: Any) -> None:
    with (
        ordered_map(lambda function, items: results) as parallel,
        pytest.raises(ValueError, match=r"workers: .*result"),
    ):
        list(parallel(abs, [1, 2]))


def test_threads_end_what_they_are_at() -> None:
    task, started, seen = Task(_spin), threading.Event(), []

    def run() -> None:
        try:
            task(started)
        except EndedError:
            seen.append("ended")

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(SOON)
    task.end()
    thread.join(SOON)
    assert seen == ["ended"]
    assert not task.threads


@pytest.mark.parametrize("name", MAPS)
def test_an_interrupted_map_ends_threads(name: str) -> None:
    started = threading.Event()
    with ThreadPoolExecutor(2) as pool:  # which waits for its threads
        with MAPS[name](pool) as parallel:
            results = parallel(_spin, [None, started])
            next(results)
            assert started.wait(SOON)
            results.close()  # type: ignore[attr-defined]
        began = time.monotonic()
    assert time.monotonic() - began < SOON


def _spin(started: threading.Event | None) -> None:
    if started is None:
        return
    started.set()
    while True:
        time.sleep(0.001)


SEARCH = """
import json, sys, numpy as np
def work():
    import sobolev_theory as st
    found = st.find_critical_points(st.PopulationLoss(np.eye(2), "L2"), 1, 2, rng=0, workers=2)
    print(json.dumps([point.as_dict() for point in found.points]), flush=True)
"""
DAEMON = """
if __name__ == "__main__":
    import multiprocessing
    process = multiprocessing.get_context({method!r}).Process(target=work, daemon=True)
    process.start()
    process.join()
"""


def _printed(arguments: list[str], text: str = "") -> str:
    command = [sys.executable, *arguments]
    result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=True)
    assert result.stderr == ""
    return result.stdout


@pytest.fixture(scope="module")
def expected() -> list[dict[str, Any]]:
    found = st.find_critical_points(st.PopulationLoss([[1.0, 0.0], [0.0, 1.0]], "L2"), 1, 2, rng=0)
    return [point.as_dict() for point in found.points]


@pytest.mark.long
def test_a_script_from_standard_input(expected: list[dict[str, Any]]) -> None:
    assert json.loads(_printed(["-"], SEARCH + "work()")) == expected


@pytest.mark.long
def test_a_script_without_a_guard_runs_once(expected: list[dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(SEARCH + "work()")
    assert json.loads(_printed([str(file)])) == expected


@pytest.mark.long
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_daemonic_process_has_workers_too(method: str, expected: list[dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(SEARCH + DAEMON.format(method=method))
    assert json.loads(_printed(["-W", "ignore::DeprecationWarning", str(file)])) == expected


def test_closing_ends_tasks_under_way() -> None:
    with Processes(2) as pool:
        futures = [pool.submit(time.sleep, 60) for _ in range(2)]
        assert wait_for(lambda: all(future.running() for future in futures), SOON)
        began = time.monotonic()
    assert time.monotonic() - began < SOON
    for future in futures:
        with pytest.raises(st.WorkerError):
            future.result()


@pytest.mark.parametrize("name", ["compare", "flow", "latex", "plot", "verify"])
def test_an_interrupted_command_says_one_line(name: str, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    module = next(module for module in command_line.COMMANDS if module.__name__.endswith(name))
    monkeypatch.setattr(module, "run", interrupted)
    arguments = {"plot": ["phase", "--output", "x.png"]}
    assert command_line.main([name, *arguments.get(name, [])]) == 130
    assert capsys.readouterr() == ("", "sobolev-theory: interrupted\n")


@pytest.mark.long
@pytest.mark.parametrize(
    ("how", "status", "line"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_command_ends_in_order(how: signal.Signals, status: int, line: str, workers: str) -> None:
    code = "import sys, sobolev_theory.__main__ as m; print('ready', flush=True); sys.exit(m.main(sys.argv[1:]))"
    arguments = ["verify", "--width", "9", "--dim", "9", "--samples", str(10**10), "--workers", workers]
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        time.sleep(1.5)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(how)
        assert wait_for(lambda: process.poll() is not None, SOON)
        assert wait_for(lambda: not alive(children), SOON)
        assert (process.returncode, process.stderr.read()) == (status, f"sobolev-theory: {line}\n")


@pytest.mark.parametrize(
    "arguments",
    [["compare", "--angle", "1"], *(pytest.param([name], marks=pytest.mark.long) for name in ("--help", "--version"))],
)
def test_a_reader_that_is_gone(arguments: list[str]) -> None:
    """As after ``| head``: the pipe is closed before anything is written."""
    code = "import sys, sobolev_theory.__main__ as m; sys.stdin.read(); sys.exit(m.main(sys.argv[1:]))"
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0
