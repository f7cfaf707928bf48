"""A quantity over a grid of parameters, with repeats, by any workers, to a file from which a killed sweep goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

from .._runtime.checkpoint import Checkpoint, Record, opened
from .._runtime.checks import counted, flag, generator, positive_integer
from .._runtime.locked_files import FilePath
from .._runtime.parallel import ParallelMap, Workers, unordered_map
from .._runtime.progress import tracked
from .._runtime.sizes import require_memory
from .asked import Function, asked
from .grids import Grid, as_record, label, parsed
from .records import SUBJECT, Result, codec
from .results import Sweep, SweepRow
from .work import Found, Job, Work, worked

ROW = 250
"""Numbers of 8 bytes that a row takes, at least."""


def sweep(
    quantity: str | Function,
    grid: Mapping[str, Any],
    *,
    repeats: int = 1,
    rng: Any = None,
    workers: Workers = 1,
    checkpoint: FilePath | None = None,
    progress: bool = False,
) -> Sweep:
    """A quantity at every point of a grid of parameters, with several random repeats: a tidy table.

    ``condition_number_ratio`` over ``{"width": [2, 4, 8], "dim": [10, 100]}`` says how the gain in conditioning depends
    on both; ``table.summary()`` has means with standard errors, `plotting.sweep` draws them.

    Parameters
    ----------
    quantity
        A function ``f(rng=..., **point)`` of a `numpy.random.Generator` and of the parameters by name, which returns a
        number or a dictionary of them; or one of

        - ``"condition_number_ratio"``: kappa of a norm over that of another at a random student and teacher, and both;
        - ``"condition_number"``: that of one norm;
        - ``"steps"``: iterations of tuned descent from a random start, and the gain (`steps_to`);
        - ``"acceleration"``: gain in time of gradient flow of one neuron at ``angle`` and ``ratio`` to its teacher, at
          equal sharpness and as is (`compare_flows`); nothing is random.

        Parameters of the first three: ``width``, ``dim``, ``teacher_width``, ``teacher`` (``"random"`` or
        ``"orthonormal"``), ``distance`` of the student from its teacher (None: independent of it; 0.1 for ``"steps"``),
        ``scale`` of rows, ``activation``, ``derivative``; ``norms`` or ``norm``, ``curvature``; ``accuracy``,
        ``method``, ``limit``. Of the last: ``angle``, ``ratio``, ``dim``, ``activation``, ``derivative``, ``norms``,
        ``accuracy``, ``t_max``.
    grid
        Names of parameters, and lists of their values: numbers, texts, None, activations, tuples of them. A value in no
        list is that of all points.
    repeats
        Results for each point.
    rng
        Passed to `numpy.random.default_rng`. Each result has a generator of its own, spawned from it by names and
        values of its parameters and the number of its repeat: it depends neither on workers nor on what else is in the
        grid, and a sweep with more repeats or values has all results of one with fewer.
    workers
        As in `find_critical_points`. Processes (n > 1, or -1) take a function of a module, not of the main script or a
        notebook, and no lambda; threads and Dask's executor take any. Cheap results are handed over in chunks.
    checkpoint
        Path of a file to which results are written as they are finished, by the rules of `find_critical_points`: a
        killed sweep goes on where it was, and ends with the same table, bit for bit, as does one with more repeats or
        values. With ``rng=None`` the generators are those of the file. It names the quantity, a function by its module,
        name and code (not by what that calls), the parameters and the generators; one of another sweep is refused.
    progress
        Show a progress bar on stderr.

    Returns
    -------
    Sweep
        A row for each point and repeat. Where a derivative does not exist, a norm is infinite, an accuracy cannot be
        had, or a Hessian whose condition number is asked for is indefinite, there is no value, and a ``reason``.

    Raises
    ------
    ValueError
        For another quantity, a grid that it does not take, results that are no numbers, and a checkpoint that is of
        another sweep, altered, in use, or cannot be written.
    SizeError, WorkerError
        If results do not fit into memory; if a worker dies. What is finished is in the checkpoint then.
    Exception
        Whatever else the function raises ends the sweep, with a note that says at which point.

    Examples
    --------
    >>> import numpy as np
    >>> grid = {"width": [2, 4], "dim": [10, 100], "curvature": "gauss_newton"}
    >>> table = sweep("condition_number_ratio", grid, repeats=10, rng=0)
    >>> len(table), [f"{row['condition_number_ratio']:.2f}" for row in table.summary()]
    (40, ['0.51', '0.48', '0.31', '0.44'])
    >>> def longest(rng, dim):
    ...     return np.abs(rng.standard_normal(dim)).max()
    >>> print(sweep(longest, {"dim": [10, 1000]}, repeats=50, rng=0).summary())
    longest over dim; 50 repeats, mean and standard error
     dim  longest     +-  count
      10  1.99981  0.075     50
    1000  3.49118  0.046     50
    """
    given, repeats, progress = parsed(grid), positive_integer("repeats", repeats), flag("progress", progress)
    _require_fit(given, repeats)
    what = asked(quantity, given, workers)
    pairs = enumerate(product(what.calls, range(repeats)))
    jobs = [Job(number, point, call, repeat) for number, ((point, call), repeat) in pairs]
    work = Work(what.name, tuple(int(word) for word in generator(rng).integers(2**32, size=4)))
    with unordered_map(workers) as parallel:
        if checkpoint is None:
            each = (result for some in worked(work, jobs, parallel) for result in some)
            found = dict(tracked(each, len(jobs), "sweeping", progress))
        else:
            header = _header(what.definition(), given, work.entropy)
            with opened(checkpoint, codec(sorted(given)), header, ("entropy",) if rng is None else ()) as file:
                found = _resumed(work, jobs, file, parallel, progress)
    return Sweep(what.name, tuple(_row(job, *found[job.number]) for job in jobs))


def _require_fit(grid: Grid, repeats: int) -> None:
    """Refuse more results than fit into memory."""
    size = prod(map(len, grid.values())) * repeats
    require_memory(f"grid, repeats: {counted(size)} results", size * ROW, "take fewer values or repeats")


def _header(definition: str, grid: Grid, entropy: tuple[int, ...]) -> Record:
    """What identifies a sweep in a checkpoint. Values and repeats are not in it: a longer sweep goes on from it too."""
    start = {"format": f"{SUBJECT}, version 1", "quantity": definition, "parameters": sorted(grid)}
    return {**start, "entropy": list(entropy)}


def _resumed(
    work: Work, jobs: list[Job], file: Checkpoint[Result], parallel: ParallelMap, progress: bool
) -> dict[int, Found]:
    """The results of a file, and those it lacks, each written as soon as it is there, whatever others still go on."""
    blank = {job.number: Result(as_record(job.point), job.repeat, {}, "") for job in jobs}
    known = {number: file.items[result.key] for number, result in blank.items() if result.key in file.items}
    found = {number: (result.values, result.reason) for number, result in known.items()}
    left = [job for job in jobs if job.number not in known]
    if left:
        file.begin(len(left))

        def written() -> Iterator[tuple[int, Found]]:
            for some in worked(replace(work, entropy=tuple(file.header["entropy"])), left, parallel):
                file.append(*(replace(blank[n], values=values, reason=reason) for n, (values, reason) in some))
                yield from some

        found |= dict(tracked(written(), len(left), "sweeping", progress))
    return found


def _row(job: Job, values: dict[str, float], reason: str) -> SweepRow:
    point = tuple((name, label(value)) for name, value in job.point)
    return SweepRow(point, job.repeat, tuple(values.items()), reason)
