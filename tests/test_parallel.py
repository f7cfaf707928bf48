"""The keyword ``workers``."""

import math
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import sobolev_theory as st
from sobolev_theory._runtime import parallel as _parallel
from sobolev_theory._runtime.parallel import ordered_map
from sobolev_theory._runtime.processes import THREADS
from sobolev_theory._runtime.threads import OnOneThread, Task, one_blas_thread


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


@pytest.mark.parametrize("workers", [1, 2, pytest.param(-1, marks=pytest.mark.long), map, "threads"])
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


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.long), map])
def test_an_error_in_a_task_reaches_the_caller(workers: Any) -> None:
    with pytest.raises(ValueError, match=r"math domain|nonnegative"), ordered_map(workers) as parallel:
        list(parallel(math.sqrt, [1, -1, 1]))


def _blas_threads(_: object = None) -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_whoever_works_has_one_blas_thread_and_the_caller_his_own_again() -> None:
    """Whatever was set before; leaving in another order than coming."""
    with threadpool_limits(2, user_api="blas"):
        with ThreadPoolExecutor(2) as pool:
            for workers in (1, pool, map):
                with ordered_map(workers) as parallel:
                    assert list(parallel(_blas_threads, range(3))) == 3 * [{1}]
                    assert _blas_threads() == {1}
                assert _blas_threads() == {2}
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert _blas_threads() == {1}
        second.__exit__(None, None, None)
        assert _blas_threads() == {2}
    assert pickle.loads(pickle.dumps(Task(_blas_threads))) == OnOneThread(_blas_threads)


@pytest.mark.long
def test_bits_depend_neither_on_workers_nor_on_blas_threads(processes: Executor) -> None:
    """Matrices large enough for OpenBLAS to share them between threads."""
    loss = st.PopulationLoss(st.Network.random(6, 24, rng=1), "L2")
    found = set()
    for threads, workers in ((2, 1), (1, 1), (2, processes)):
        with threadpool_limits(threads, user_api="blas"):
            search = st.find_critical_points(loss, 6, 2, rng=0, workers=workers)
            report = st.monte_carlo.verify(loss, loss.teacher.weights + 0.1, samples=5000, rng=0, workers=workers)
            found.add(repr(([point.as_dict() for point in search.points], report.as_dict())))
    assert len(found) == 1


class Nameless:
    """Has no repr."""

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("workers", [0, -2, 1.5, True, None, "all", [2], Nameless()])
def test_other_workers_are_refused(workers: Any) -> None:
    with pytest.raises(ValueError, match="workers: a positive int"), ordered_map(workers):
        pass


def _endless(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    (first, *_) = items
    while True:
        yield function(first)


@pytest.mark.parametrize("opened", [ordered_map, _parallel.unordered_map])
@pytest.mark.parametrize(
    ("workers", "reason"),
    [
        (lambda f, xs: None, "it gave None"),
        (lambda f, xs: [None for _ in xs], "in place of result 0 it gave None"),
        (lambda f, xs: "12", "in place of result 0 it gave '1'"),
        (lambda f, xs: [1.0, -2.0], "in place of result 0 it gave 1.0"),
        (lambda f, xs: [*map(f, xs)][::-1], "in place of result 0 it gave result 1"),
        (lambda f, xs: [*map(f, xs)][:1], "in place of result 1 it gave None"),
        (lambda f, xs: [f(xs[0])] * 2, "in place of result 1 it gave result 0"),
        (lambda f, xs: [*map(f, xs), f(xs[0])], "beyond all results it gave result 0"),
        (_endless, "in place of result 1 it gave result 0"),
        (filter, r"in place of result 0 it gave \(0, -1\)"),
        (list, "it said: list expected at most 1 argument"),
        (zip, "it said: .* is not iterable"),
    ],
)
def test_what_is_no_map_is_refused(opened: Any, workers: Any, reason: str) -> None:
    """Results that are repeated or reordered would be numbers without a meaning."""
    with (
        pytest.raises(ValueError, match=f"^workers: a map-like callable.* got .*: {reason}"),
        opened(workers) as parallel,
    ):
        list(parallel(abs, [-1, 2]))


@pytest.mark.parametrize("opened", [ordered_map, _parallel.unordered_map])
def test_an_executor_that_was_shut_down_is_named(opened: Any) -> None:
    with ThreadPoolExecutor(1) as executor:
        pass
    with (
        pytest.raises(st.errors.WorkerError, match="workers: the executor accepts no task"),
        opened(executor) as parallel,
    ):
        list(parallel(abs, [-1, 2]))
