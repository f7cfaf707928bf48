"""The keyword ``workers``: one ordered, lazy map over this process, its own processes, or anybody's executor."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Workers = int | Executor | Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""What the keyword accepts; see `ordered_map`."""

IN_FLIGHT = 256
"""Tasks handed out and not yet collected. It bounds the memory of a run of any length, and feeds as many workers."""


THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Where BLAS libraries look up how many threads to use."""


class OrderedMap(Protocol):
    """``map`` of one function over one iterable: lazy, and in order."""

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        """The results, in the order of the items."""


@contextmanager
def ordered_map(workers: Workers = 1) -> Iterator[OrderedMap]:
    """The ordered lazy map of ``workers``; a pool opened here is closed here, and nobody else's ever is.

    Parameters
    ----------
    workers
        - an int, SciPy's convention: 1 works in this process; ``n > 1`` opens ``n`` processes (started by "spawn", on
          every platform); -1 opens one per available core. Functions, items and results must then be picklable, and a
          script needs its ``if __name__ == "__main__":`` guard;
        - a `concurrent.futures.Executor`: a thread pool, Dask's ``client.get_executor()``, ``MPIPoolExecutor``;
        - a map-like callable ``workers(function, items)`` which returns the results in order: ``map``,
          ``multiprocessing.Pool().map``. It is called once for each wave of `IN_FLIGHT` items.

    Yields
    ------
    map
        ``map(function, items)`` iterates over the results in the order of the items, and never holds more than
        `IN_FLIGHT` of them, whatever their number. If the caller stops early or a task raises, tasks that have not
        begun are cancelled.

    Raises
    ------
    ValueError
        If ``workers`` is none of these.

    Examples
    --------
    >>> with ordered_map() as parallel:
    ...     list(parallel(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    if isinstance(workers, int) and not isinstance(workers, bool):
        processes = _processes(workers)
        if processes == 1:
            yield map
        else:
            pool = ProcessPoolExecutor(processes, mp_context=_OneThreadContext())
            try:
                yield _executor_map(pool)
            except BrokenProcessPool as error:
                raise RuntimeError(
                    "workers: a worker process died; if it could not start, the script lacks its guard: call this from "
                    "under `if __name__ == '__main__':`, or pass workers=1 or a ThreadPoolExecutor"
                ) from error
            finally:
                pool.shutdown(cancel_futures=True)
    elif isinstance(workers, Executor):
        yield _executor_map(workers)
    elif callable(workers):
        yield _wave_map(workers)
    else:
        raise ValueError(
            "workers: a positive int, -1 for all cores, a concurrent.futures.Executor (Dask: client.get_executor()), "
            f"or a map-like callable is required, got {workers!r}"
        )


class _OneThreadProcess(SpawnProcess):
    """A process whose BLAS has one thread, unless the user's environment says otherwise: the processes are the threads.

    Two processes of two BLAS threads each took 23 s on two cores for what two of one thread do in 1.3 s. The number is
    read when the library is loaded, so it must be in the environment that the process is born with.
    """

    def start(self) -> None:
        added = [name for name in THREADS if name not in os.environ]
        os.environ.update(dict.fromkeys(added, "1"))
        try:
            super().start()
        finally:
            for name in added:
                os.environ.pop(name, None)


class _OneThreadContext(SpawnContext):
    """Starts processes like that."""

    Process = _OneThreadProcess


def available_cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processes(workers: int) -> int:
    """The number of processes an int stands for."""
    if workers == -1:
        return available_cores()
    if workers < 1:
        raise ValueError(f"workers: a positive int, or -1 for all cores, is required, got {workers}")
    return workers


def _executor_map(executor: Executor) -> OrderedMap:
    """A sliding window of futures: one is submitted for each one collected."""

    def run(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        waiting = iter(items)
        futures = deque(executor.submit(function, item) for item in islice(waiting, IN_FLIGHT))
        try:
            while futures:
                yield futures.popleft().result()
                futures.extend(executor.submit(function, item) for item in islice(waiting, 1))
        finally:
            for future in futures:
                future.cancel()

    return run


def _wave_map(mapping: Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]) -> OrderedMap:
    """One call of ``mapping`` for each `IN_FLIGHT` items, since it may collect all that it is given."""

    def run(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        waiting = iter(items)
        while wave := list(islice(waiting, IN_FLIGHT)):
            yield from mapping(function, wave)

    return run
