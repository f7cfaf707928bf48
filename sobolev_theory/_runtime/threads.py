"""Tasks in threads: with one BLAS thread, so that sums are added in one order whoever works, and with an end."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, get_ident
from typing import Any

from threadpoolctl import threadpool_limits

_lock = Lock()
_users = 0
_limits: Any = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it the BLAS libraries of this process, OpenBLAS, MKL or BLIS, work with one thread.

    The number is the process's, not a thread's: the first to come sets it and the last to leave restores it.
    """
    global _users, _limits
    with _lock:
        if _users == 0:
            _limits = threadpool_limits(limits=1, user_api="blas")
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _limits.restore_original_limits()


@dataclass(frozen=True)
class OnOneThread:
    """A function that works with one BLAS thread."""

    function: Callable[[Any], Any]

    def __call__(self, item: Any) -> Any:
        with one_blas_thread():
            return self.function(item)


class EndedError(BaseException):
    """Raised in the midst of a task whose result nobody waits for."""


@dataclass(frozen=True)
class Task:
    """A function for an executor. It is `OnOneThread` where it is sent to; in threads of this process, whose caller has
    seen to that, calls under way can be ended.
    """

    function: Callable[[Any], Any]
    threads: set[int] = field(default_factory=set)
    lock: Any = field(default_factory=Lock)

    def __call__(self, item: Any) -> Any:
        with self.lock:
            self.threads.add(get_ident())
        try:
            return self.function(item)
        finally:
            with self.lock:
                self.threads.discard(get_ident())

    def __reduce__(self) -> tuple[type[OnOneThread], tuple[Callable[[Any], Any]]]:
        return OnOneThread, (self.function,)

    def end(self) -> None:
        """Raise `EndedError` in the calls under way, as Ctrl-C raises `KeyboardInterrupt` in the main thread."""
        with self.lock:
            for thread in self.threads:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(EndedError))
