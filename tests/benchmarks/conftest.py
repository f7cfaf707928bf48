"""What benchmarks share: a ratio of times, and random numbers."""

import time
from collections.abc import Callable

import numpy as np
import pytest

REPETITIONS = 9


@pytest.fixture
def ratio(benchmark, capsys):
    """Report the time of a function as a multiple of the time of a reference."""

    def report(
        name: str,
        function: Callable[[], object],
        reference: Callable[[], object],
        bound: float,
        repetitions: int = REPETITIONS,
    ) -> None:
        times: dict[Callable[[], object], list[float]] = {function: [], reference: []}
        for _ in range(repetitions):
            for call, record in times.items():
                start = time.perf_counter()
                call()
                record.append(time.perf_counter() - start)
        quotient = min(times[function]) / min(times[reference])
        benchmark.extra_info["ratio"] = quotient
        benchmark.pedantic(function, rounds=1)
        with capsys.disabled():
            print(f"\n{name}: {quotient:.2f} times the reference (target {bound:g})")

    return report


@pytest.fixture
def rng():
    return np.random.default_rng(0)
