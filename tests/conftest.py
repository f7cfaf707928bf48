"""What all tests share: one process for each core, with one BLAS thread each, no screen for figures, no cache.

Hypothesis draws more examples in the continuous check, always the same ones. What a test registers as an activation is
forgotten after it, and what it draws is closed.
"""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Executor

import pytest

BLAS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Where BLAS libraries look up how many threads to use, when they are loaded: before the first import of NumPy.

As many threads as cores in each of as many processes are slower than one, and sums in another order change last digits.
"""

if not any(name in os.environ for name in BLAS):
    os.environ.update(dict.fromkeys(BLAS, "1"))
os.environ["MPLBACKEND"] = "agg"
os.environ.pop("COLUMNS", None)  # tables are as wide as they are, unless a test says otherwise
os.environ["SOBOLEV_THEORY_CACHE"] = "off"  # what tests derive is derived
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # to compile the package takes each process half as long as its import
sys.dont_write_bytecode = False
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background; processes of tests are interrupted
    signal.signal(signal.SIGINT, signal.default_int_handler)
gc.set_threshold(50_000, 20, 50)  # to walk through thousands of collected tests at each turn takes seconds

from hypothesis import settings  # noqa: E402

from sobolev_theory._runtime.processes import Processes  # noqa: E402
from sobolev_theory.activations.registry import REGISTRY  # noqa: E402

settings.register_profile("default", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_xdist_auto_num_workers() -> int:
    """The cores that this process may use; hyperthreads count."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


SLOW = {
    "test_checkpoint", "test_derivations", "test_derive", "test_derive_refusals", "test_document", "test_examples",
    "test_finite_sample", "test_formulas", "test_integration", "test_latex", "test_monte_carlo", "test_near_teacher",
    "test_oracles", "test_processes", "test_rates", "test_reduced", "test_sampled_descent", "test_search",
    "test_symbolic", "test_symmetric", "test_symmetric_derived", "test_symmetric_limit", "test_symmetric_oracle",
    "test_theorems", "test_tuned_steps",
}  # fmt: skip
"""Files that derive, print the whole catalogue, sample, integrate much, or kill."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The marker of the quick part: what is neither in a slow file nor long, and needs no more than the package."""
    for item in items:
        alone = item.path.parent.name not in ("extras", "site")
        if alone and item.path.stem not in SLOW and item.get_closest_marker("long") is None:
            item.add_marker("quick")


@pytest.fixture(scope="session")
def processes() -> Iterator[Executor]:
    """Two processes like those of ``workers=2``, which start once for all tests that only need some."""
    with Processes(2) as pool:
        yield pool


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    """No figure of a test is open in the next: a later one may count them, and matplotlib warns of twenty."""
    yield
    if (plt := sys.modules.get("matplotlib.pyplot")) is not None:
        plt.close("all")


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """The registry of activations as it was."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)
