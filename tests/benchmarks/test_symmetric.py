"""Spectra along the symmetric family: the cost does not depend on the width, and is a few milliseconds.

``python -m pytest tests/benchmarks -o addopts=`` prints times; the target is 5 ms at a width of 10^9.
"""

import time

import pytest

from sobolev_theory import symmetric

REPETITIONS = 30


def milliseconds(width, *arguments, **options):
    """Least processor time of one call after the first."""
    times = []
    for _ in range(REPETITIONS + 1):
        start = time.process_time()
        symmetric.spectrum(width, width, *arguments, **options)
        times.append(time.process_time() - start)
    return 1000 * min(times[1:])


@pytest.mark.parametrize("activation", ["relu", "relu2", "relu3", "erf"])
def test_time_at_a_huge_width(activation, benchmark, capsys):
    teacher = milliseconds(10**9, activation=activation)
    near = milliseconds(10**9, 1 + 1e-9, 1e-10, "H1", activation=activation)
    small = milliseconds(10, activation=activation)
    benchmark.extra_info.update(teacher=teacher, near=near, ratio=teacher / small)
    benchmark.pedantic(symmetric.spectrum, args=(10**9, 10**9), rounds=1)
    with capsys.disabled():
        print(f"\n{activation}: {teacher:.2f} ms at the teacher, {near:.2f} ms near it in H1 (target 5); "
              f"{teacher / small:.2f} times a width of ten")  # fmt: skip
