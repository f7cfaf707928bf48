"""The keyword ``workers``: one lazy map over this process, its own processes, or anybody's executor."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from ..errors import RESUME, WorkerError
from .checks import integer, shown
from .processes import Processes
from .threads import OnOneThread, Task, one_blas_thread

Item = TypeVar("Item")
Result = TypeVar("Result")

Workers = int | Executor | Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""What the keyword accepts; see `ordered_map`."""

IN_FLIGHT = 256
"""Tasks handed out and not yet collected. It bounds the memory of a run of any length, and feeds as many workers."""


REQUIRED = (
    "a positive int, -1 for all cores, a concurrent.futures.Executor (Dask: client.get_executor()), or a map-like "
    "callable"
)


class ParallelMap(Protocol):
    """``map`` of one function over one iterable: lazy."""

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        """The results."""


@contextmanager
def ordered_map(workers: Workers = 1) -> Iterator[ParallelMap]:
    """The lazy map of ``workers``, in order; processes opened here are ended here, and nobody else's ever are.

    Every task has one BLAS thread, and so has the caller until the end: whoever works adds sums in the same order.

    Parameters
    ----------
    workers
        - an int, SciPy's convention: 1 works in this process; ``n > 1`` opens up to ``n`` processes, `IN_FLIGHT` at
          most; -1 opens one per available core. Functions, items and results must then be picklable. The main script is
          not imported by them, and needs no guard;
        - a `concurrent.futures.Executor`: a thread pool, Dask's ``client.get_executor()``, ``MPIPoolExecutor``;
        - a map-like callable ``workers(function, items)`` which returns the results in order: ``map``,
          ``multiprocessing.Pool().map``. It is called once for each wave of `IN_FLIGHT` items.

    Yields
    ------
    map
        ``map(function, items)`` iterates over the results in the order of the items, and never holds more than
        `IN_FLIGHT` of them, whatever their number. If the caller stops early or a task raises, tasks that have not
        begun are cancelled, those in threads of this process are ended, and processes opened here end with the context.

    Raises
    ------
    ValueError
        If ``workers`` is none of these.
    WorkerError
        If a worker dies, or an executor loses a task.

    Examples
    --------
    >>> with ordered_map() as parallel:
    ...     list(parallel(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    with _opened(workers) as executor:
        if isinstance(executor, Executor):
            yield lambda function, items: _in_order(executor, Task(function), items)
        else:
            yield lambda function, items: _in_waves(executor, OnOneThread(function), items)


@contextmanager
def unordered_map(workers: Workers = 1) -> Iterator[ParallelMap]:
    """Like `ordered_map`, but each result comes as soon as it is there (from a map-like callable, wave by wave).

    If a task raises, results of tasks that had begun still come, and then the error: what is finished is never lost.
    """
    with _opened(workers) as executor:
        if isinstance(executor, Executor):
            yield lambda function, items: _as_finished(executor, Task(function), items)
        else:
            yield lambda function, items: _in_waves(executor, OnOneThread(function), items)


Mapping = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


@contextmanager
def _opened(workers: Workers) -> Iterator[Executor | Mapping]:
    """The executor or the map-like callable that ``workers`` stands for, while this process has one BLAS thread."""
    with one_blas_thread():
        if isinstance(workers, Executor) or (callable(workers) and not _is_class_of_executors(workers)):
            yield workers
        elif (count := _count(workers)) == 1:
            yield map
        else:
            with Processes(count) as processes:
                yield processes


def _is_class_of_executors(workers: object) -> bool:
    """A class given for one of its executors; other classes, such as ``map``, are callables like all."""
    return isinstance(workers, type) and issubclass(workers, Executor)


def available_cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _count(workers: object) -> int:
    """The number of processes an int stands for."""
    count = integer("workers", workers, REQUIRED, -1)
    if count == 0:
        raise ValueError(f"workers: {REQUIRED} is required, got 0")
    return available_cores() if count == -1 else min(count, IN_FLIGHT)


def _in_order(executor: Executor, task: Task, items: Iterable[Any]) -> Iterator[Any]:
    """A sliding window of futures: one is submitted for each one collected."""
    waiting = iter(items)
    futures = deque(_submitted(executor, task, item) for item in islice(waiting, IN_FLIGHT))
    try:
        while futures:
            yield _result(futures.popleft())
            futures.extend(_submitted(executor, task, item) for item in islice(waiting, 1))
    finally:
        for future in futures:
            future.cancel()
        task.end()


def _as_finished(executor: Executor, task: Task, items: Iterable[Any]) -> Iterator[Any]:
    """The same window, which whatever is finished leaves. After an error nothing enters, and what has begun ends."""
    waiting = iter(items)
    futures: set[Future[Any]] = set()
    errors: list[Exception] = []
    try:
        while True:
            try:
                for item in islice(waiting, 0 if errors else IN_FLIGHT - len(futures)):
                    futures.add(_submitted(executor, task, item))
            except Exception as error:  # it accepts no more, and ends what it has accepted
                errors.append(error)
            if not futures:
                break
            done, futures = wait(futures, return_when=FIRST_COMPLETED)
            for future in done:
                try:
                    result = _result(future)
                except Exception as error:
                    errors.append(error)
                    futures = {other for other in futures if not other.cancel()}
                else:
                    yield result
        if errors:
            raise errors[0]
    finally:
        for future in futures:
            future.cancel()
        task.end()


def _submitted(executor: Executor, task: Task, item: Any) -> "Future[Any]":
    """The future of one item."""
    try:
        return executor.submit(task, item)
    except RuntimeError as error:  # it was shut down, or is broken
        raise WorkerError(f"workers: the executor accepts no task, {error}; {RESUME}") from error


def _result(future: "Future[Any]") -> Any:
    """The result of a future, or its own error, or that of an executor which lost it."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError) as error:
        raise WorkerError(f"workers: the executor lost a task, {error!r}; {RESUME}") from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "distributed":
            raise WorkerError(f"workers: Dask lost a task, {error}; {RESUME}") from error
        raise


@dataclass(frozen=True)
class _Numbered:
    """What was made of the item of a number; also the function that makes it."""

    made: Any
    number: int = -1

    def __call__(self, item: tuple[int, Any]) -> "_Numbered":
        return _Numbered(self.made(item[1]), item[0])


def _in_waves(mapping: Mapping, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """One call of ``mapping`` for each `IN_FLIGHT` items, since it may collect all that it is given.

    Items and results are numbered, so that what is no map, or loses, repeats or reorders results, is seen to do so.
    """
    waiting = enumerate(items)
    while wave := list(islice(waiting, IN_FLIGHT)):
        results = iter(_mapped(mapping, _Numbered(function), wave))
        for number, _ in wave:
            result = next(results, None)
            if not isinstance(result, _Numbered) or result.number != number:
                raise _no_map(mapping, f"in place of result {number} it gave {_given(result)}")
            yield result.made
        if (more := next(results, None)) is not None:
            raise _no_map(mapping, f"beyond all results it gave {_given(more)}")


def _mapped(mapping: Mapping, function: _Numbered, wave: list[tuple[int, Any]]) -> Iterable[Any]:
    try:
        results = mapping(function, wave)
    except TypeError as error:
        raise _no_map(mapping, f"it said: {error}") from error
    if not isinstance(results, Iterable):
        raise _no_map(mapping, f"it gave {shown(results)}")
    return results


def _given(result: object) -> str:
    return f"result {result.number}" if isinstance(result, _Numbered) else shown(result)


def _no_map(mapping: object, reason: str) -> ValueError:
    return ValueError(
        "workers: a map-like callable, workers(function, items), with one result for each item, in their order, is "
        f"required, got {shown(mapping)}: {reason}"
    )
