"""One BLAS thread, so that sums are added in one order and numbers do not depend on how many cores there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
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
    """A function that works with one BLAS thread, wherever it is sent."""

    function: Callable[[Any], Any]

    def __call__(self, item: Any) -> Any:
        with one_blas_thread():
            return self.function(item)
