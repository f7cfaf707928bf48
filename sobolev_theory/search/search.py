"""Search for critical points: gradient flow from many random starts, each run polished by Newton's method."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._runtime.checks import generator, instance_of, number, positive_integer
from .._runtime.parallel import IN_FLIGHT, Workers, available_cores, ordered_map
from .._runtime.progress import tracked
from ..activations import Activation
from ..losses import PopulationLoss
from ..networks import Network
from .checkpoint import FilePath, Record, resumed
from .results import EndPoint, Search
from .runs import end_of_run


def find_critical_points(
    loss: PopulationLoss,
    width: int,
    runs: int,
    *,
    rng: Any = None,
    workers: Workers = 1,
    checkpoint: FilePath | None = None,
    scale: float | None = None,
    progress: bool = False,
) -> Search:
    r"""Where gradient flow from random starts ends: critical points, their kinds, and how often each is reached.

    Each run starts at independent Gaussian weights, follows ``dW/dt = -gradient`` until the gradient is small, and is
    then polished by `critical_point` to a gradient norm of 1e-12. The flow decides which point is found: Newton's
    result counts only if it is near the end of the flow, and a saddle only if the flow stays there. So the fraction of
    runs that end in a spurious minimum is a statement about gradient flow. Runs that end otherwise are counted too.

    Parameters
    ----------
    loss
        Norm and convention. In the backprop convention of a norm whose highest derivative jumps the field is not a
        gradient: a "minimum" is then an attractor, all eigenvalues of the Jacobian having positive real part.
    width
        Number of student neurons K; output weights are ones.
    runs
        Number of runs. A longer search begins with the runs of a shorter one from the same ``rng``.
    rng
        Passed to `numpy.random.default_rng`; each run has a generator of its own, spawned from it.
    workers
        1: this process. n > 1, or -1 for all cores: processes, for which a script needs its ``if __name__ ==
        "__main__":`` guard. Or a `concurrent.futures.Executor` (Dask: ``client.get_executor()``), or a map-like
        callable. The result does not depend on it.
    checkpoint
        Path of a file to which each run is written as it finishes (a map-like callable hands over 256 at once). If it
        exists, its runs are not run again: a killed search goes on where it was, and ends with the same result, bit for
        bit. With ``rng=None`` the generators are those of the file.
    scale
        Standard deviation of the starting weights; default ``1/sqrt(d)``.
    progress
        Show a progress bar on stderr.

    Returns
    -------
    Search
        ``points``, one for each run; ``groups``, the distinct critical points; ``str()``, a table.

    Raises
    ------
    ValueError
        For a width, a number of runs or a scale that makes no sense, or a checkpoint of another problem.

    Notes
    -----
    The flow is followed by BDF with a local error of 1e-3 of the distance to the teacher, and again with the default
    tolerances of `gradient_flow` if that leads to a saddle: a start closer than 1e-3 to the border of two basins may
    end on either side. In the exact convention of a norm whose highest derivative jumps rows meet and slide: there the
    default tolerances are needed, and a run takes seconds to minutes; it ends at the teacher, where that gradient does
    not exist and the loss is zero, or is ``"nonsmooth"``.

    Computed in coordinates of ``span(W, V)``: beyond one QR for each run, the cost does not depend on d. Linear algebra
    is that of NumPy and SciPy: bits can change from one kind of machine to another.

    Source: Safran & Shamir 2018 (arXiv 1712.08968) for the question.

    Examples
    --------
    >>> search = find_critical_points(PopulationLoss([[1.0, 0.0], [0.0, 1.0]], "L2"), width=2, runs=4, rng=0)
    >>> search.counts["global minimum"], search.groups[0].index, round(search.groups[0].smallest, 6)  # 1/4 - 1/(2 pi)
    (4, 0, 0.090845)
    """
    instance_of("loss", loss, PopulationLoss)
    width, runs = positive_integer("width", width), positive_integer("runs", runs)
    scale = loss.teacher.dim**-0.5 if scale is None else scale
    scale = number("scale", scale, "a positive finite standard deviation, 1e-100 to 1e100,", 1e-100, 1e100)
    task = _Runs(loss, width, scale, _entropy(rng))
    if checkpoint is None:
        points = _finished(task, range(runs), workers, progress)
    else:
        with resumed(checkpoint, task.header, ("entropy",) if rng is None else ()) as (header, records, append):
            task = replace(task, entropy=tuple(header["entropy"]))
            known = {record["run"]: EndPoint.from_dict(record) for record in records if record["run"] < runs}
            left = [run for run in range(runs) if run not in known]
            points = [*known.values(), *_finished(task, left, workers, progress, append)]
    subject = f"{runs} runs of gradient flow of {width} x {loss.teacher.dim} students on {loss!r}"
    return Search(subject, tuple(sorted(points, key=lambda point: point.run)))


def _entropy(rng: Any) -> tuple[int, ...]:
    """Four words from which the generators of all runs are spawned."""
    return tuple(int(word) for word in generator(rng).integers(2**32, size=4))


@dataclass(frozen=True)
class _Runs:
    """The runs of a search, each a function of its number; travels to workers."""

    loss: PopulationLoss
    width: int
    scale: float
    entropy: tuple[int, ...]

    def __call__(self, run: int) -> EndPoint:
        """One run, from its own generator: the one that ``SeedSequence(entropy).spawn`` would give."""
        seed, loss = np.random.SeedSequence(self.entropy, spawn_key=(run,)), self.loss
        start = Network.random(self.width, loss.teacher.dim, rng=seed, activation=loss.activation, scale=self.scale)
        return end_of_run(loss, start.weights, run)

    @property
    def header(self) -> Record:
        """What identifies the problem in a checkpoint."""
        teacher = self.loss.teacher
        digest = hashlib.sha256(teacher.weights.tobytes() + teacher.output_weights.tobytes())
        return {
            "format": "critical points of gradient flow, version 1",
            "teacher": [teacher.width, teacher.dim, digest.hexdigest()],
            "activation": _named(teacher.activation),
            "norm": list(self.loss.norm.weights),
            "derivative": str(self.loss.derivative),
            "width": self.width,
            "scale": self.scale,
            "entropy": list(self.entropy),
        }


def _named(activation: Activation) -> str:
    """The name of an activation, and of a user's what tells it from others of that name."""
    source = getattr(activation.kernels, "SOURCE", None)
    return activation.name if source is None else f"{activation.name} {hashlib.sha256(source.encode()).hexdigest()}"


def _finished(
    task: _Runs,
    runs: Sequence[int],
    workers: Workers,
    progress: bool,
    append: Callable[[Record], None] = lambda record: None,
) -> list[EndPoint]:
    """All runs, each handed to ``append`` as soon as it is finished, whatever runs before it still go on."""

    def one(run: int) -> EndPoint:
        (point,) = parallel(task, [run])
        append(point.as_dict())
        return point

    with ordered_map(workers) as parallel:
        if workers == 1 or not isinstance(workers, int | Executor):
            results: list[EndPoint] = []
            for point in tracked(parallel(task, runs), len(runs), "searching", progress):
                append(point.as_dict())
                results.append(point)
            return results
        # a thread waits for each run in flight, since an ordered map keeps what is finished behind what is not
        ahead = 2 * (available_cores() if workers == -1 else workers) if isinstance(workers, int) else IN_FLIGHT
        waiting = ThreadPoolExecutor(ahead)
        try:
            futures = [waiting.submit(one, run) for run in runs]
            finished = tracked(as_completed(futures), len(runs), "searching", progress)
            return [future.result() for future in finished]
        finally:
            waiting.shutdown(cancel_futures=True)
