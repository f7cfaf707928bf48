"""How much memory a call takes, and not what else of the process does meanwhile."""

import tracemalloc
from collections.abc import Callable


def peak(*alike: Callable[[], object]) -> int:
    """The most bytes that a call holds at a time, the least of some calls that do the same.

    Whatever else is counted only adds: what a first call makes and keeps, and what other threads do. That of the
    scheduler of tests takes some thirty bytes for each test that is handed to another worker, hundreds at a time.
    """
    tracemalloc.start()
    try:
        return min(map(_of_one, alike))
    finally:
        tracemalloc.stop()


def _of_one(call: Callable[[], object]) -> int:
    """The same of one call, with what others do."""
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    call()
    return tracemalloc.get_traced_memory()[1] - before
