"""What can be sampled, judged before work begins, and how many samples a verdict needs, judged after it."""

from collections.abc import Iterable

import numpy as np

from .._runtime.checks import counted, number, positive_integer
from ..errors import OverflowingError, SizeError
from ..layout import Layout
from .agreement import Agreement
from .estimators import LEAST_BLOCK, numbers_per_sample
from .moments import Moments
from .residual import Residual

MAX_DIRECTIONS = 12
"""A space of up to so many dimensions is checked in every coordinate, a larger one along so many directions."""

LARGEST = 2**28
"""Numbers in one array, 2 GiB."""

LONGEST = 10**13
"""Numbers to be sampled: some five days of one core."""

RESOLVED = 1e10
"""Longest rows, in units on which a smooth activation varies, for which inputs of 16 digits meet their slab."""

SMALLEST = 1e-140
"""Losses below this are not told from zero: squares of what is sampled leave the range of double precision."""

DECISIVE = 20.0
"""Fewest effective samples (`moments.hotelling_test`) of a verdict.

Measured on exponentials of rows of length 2, in 5600 judged runs of which half had fewer than 26: of true theories 0.5
per cent failed at level 0.05, and 0.02 per cent at level 0.001. Below, sampled tails say too little of the true ones.
"""


def directions_of(layout: Layout) -> int:
    """q, the number of directions in which a student is checked."""
    return min(layout.size, MAX_DIRECTIONS)


def checked_samples(samples: int, student: Layout, teacher_width: int, networks: int = 1) -> int:
    """A number of samples that judges a student and does not take for ever; Hotelling's test of E entries needs many
    more than E samples, and its normal limit a thousand.

    Raises
    ------
    SizeError
        For more than fits into memory, or into a lifetime.
    ValueError
        For too few samples.
    """
    width, dim, directions = student.width, student.dim, directions_of(student)
    each = numbers_per_sample(directions, width, width + teacher_width, dim)
    forms, report = directions**2 * width * (width + teacher_width), directions * (student.size + 8 * directions)
    if (largest := max(LEAST_BLOCK * each, forms, report)) > LARGEST:
        raise SizeError(
            f"student: {width} x {dim} beside a teacher of {teacher_width} neurons would take arrays of {largest:.1e} "
            f"numbers, at most {LARGEST:.1e} are worked on; use fewer neurons, or fewer dimensions, into which student "
            f"and teacher can be rotated (their span has at most {width + teacher_width})"
        )
    fewest = max(1000, 20 * directions**2)
    if positive_integer("samples", samples) < fewest:
        raise ValueError(f"samples: at least {fewest} are required to judge all entries of this problem, got {samples}")
    if networks * report > LARGEST:
        raise SizeError(f"networks: at most {LARGEST // report} reports of this size are kept, got {counted(networks)}")
    if samples > (most := LONGEST // (each * networks)):
        raise SizeError(
            f"samples: at most {counted(most)} can be drawn for this problem, got {counted(samples)}; errors fall only "
            "like 1/sqrt(samples): use fewer, or several calls, each of another rng"
        )
    return samples


def checked_level(level: float) -> float:
    """A probability of failing a true theory."""
    return number("level", level, "a probability between 0 and 1", 0, 1)


def require_resolved(residual: Residual) -> None:
    """Refuse rows so long that inputs in double precision miss the slab in which a smooth activation varies."""
    longest = residual.steepness * float(np.linalg.norm(residual.rows.along, axis=1).max())
    if longest > RESOLVED:
        raise ValueError(
            f"weights: inputs in double precision do not resolve where {residual.activation.name!r} varies, for rows "
            f"longer than {RESOLVED / residual.steepness:.1g}, got {longest / residual.steepness:.1g}; use shorter ones"
        )


def require_range(residual: Residual, moments: dict[str, Moments]) -> None:
    """Refuse samples whose squares left the range of double precision.

    Raises
    ------
    OverflowingError
        Naming what to do.
    """
    finite = all(np.isfinite(each.scatter).all() for each in moments.values())
    something = (residual.output * (residual.rows.along.any(axis=1) | (residual.rows.offsets != 0))).any()
    if not finite or (something and moments["size"].mean[0] < SMALLEST):
        raise OverflowingError(
            "samples: their squares leave the range of double precision at weights of this size; multiply those of "
            "student and teacher by a common factor"
        )


def require_decisive(samples: int, agreements: Iterable[Agreement]) -> None:
    """Refuse a verdict that a handful of the samples would decide.

    Raises
    ------
    ValueError
        With a number of samples that would do, if the tails are those that were seen.
    """
    worst = min(agreements, key=lambda agreement: agreement.effective_samples)
    if worst.effective_samples < DECISIVE:
        enough = 3 * samples * DECISIVE / worst.effective_samples
        raise ValueError(
            f"samples: {samples} are too few to judge this problem, a handful of them decides the {worst.name} "
            f"({worst.effective_samples:.1f} effective samples, at least {DECISIVE:.0f} are required); try {enough:.1g}"
        )
