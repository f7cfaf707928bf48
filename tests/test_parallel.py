"""The keyword ``workers``."""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from sobolev_theory._runtime import parallel as _parallel
from sobolev_theory._runtime.parallel import ordered_map
from sobolev_theory._runtime.processes import THREADS


class Recorder(Executor):
    """Runs a task when its result is asked for, and counts what is waiting and what was cancelled."""

    def __init__(self) -> None:
        self.waiting = self.most = self.done = self.cancelled = 0
        self.closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        recorder = self
        recorder.waiting += 1
        recorder.most = max(recorder.most, recorder.waiting)

        class Lazy(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                recorder.waiting -= 1
                recorder.done += 1
                return fn(*args, **kwargs)

            def cancel(self) -> bool:
                recorder.cancelled += 1
                return True

        return Lazy()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.closed = True


def endless() -> Iterator[int]:
    k = 0
    while True:
        yield k
        k += 1


@pytest.mark.parametrize("workers", [1, 2, -1, map, "threads"])
def test_results_come_in_order(workers: Any) -> None:
    with ThreadPoolExecutor(2) as pool, ordered_map(pool if workers == "threads" else workers) as parallel:
        assert list(parallel(math.sqrt, range(600))) == [math.sqrt(k) for k in range(600)]
        assert list(parallel(abs, [])) == []


def test_an_executor_gets_a_bounded_number_of_tasks_and_stays_open() -> None:
    recorder = Recorder()
    with ordered_map(recorder) as parallel:
        results = parallel(abs, endless())
        assert [next(results) for _ in range(1000)] == list(range(1000))
        assert recorder.most == _parallel.IN_FLIGHT
        results.close()  # type: ignore[attr-defined]
    assert recorder.cancelled == _parallel.IN_FLIGHT - 1
    assert not recorder.closed


def test_a_map_gets_bounded_waves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_parallel, "IN_FLIGHT", 4)
    waves: list[int] = []

    def mapping(function: Callable[[int], int], items: Iterable[int]) -> list[int]:
        waves.append(len(list(items)))
        return [function(item) for item in items]

    with ordered_map(mapping) as parallel:
        assert list(parallel(abs, range(10))) == list(range(10))
    assert waves == [4, 4, 2]


def test_own_processes_have_one_blas_thread_each_and_are_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS[0], "3")  # the user's own choice is kept
    monkeypatch.delenv(THREADS[1], raising=False)
    with ordered_map(2) as parallel:
        assert list(parallel(os.getenv, THREADS[:2])) == ["3", "1"]
        assert os.getpid() not in list(parallel(_process, range(4)))
    assert THREADS[1] not in os.environ
    with pytest.raises(RuntimeError, match="shutdown"):
        next(parallel(abs, [1]))


def _process(_: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2, map])
def test_an_error_in_a_task_reaches_the_caller(workers: Any) -> None:
    with pytest.raises(ValueError, match=r"math domain|nonnegative"), ordered_map(workers) as parallel:
        list(parallel(math.sqrt, [1, -1, 1]))


@pytest.mark.parametrize("workers", [0, -2, 1.5, True, None, "all", [2]])
def test_other_workers_are_refused(workers: Any) -> None:
    with pytest.raises(ValueError, match="workers: a positive int"), ordered_map(workers):
        pass
