"""Search for critical points: gradient flow from many random starts, each run polished by Newton's method."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._runtime.checkpoint import Checkpoint, Codec, Record, opened
from .._runtime.checks import counted, flag, generator, instance_of, number, positive_integer
from .._runtime.locked_files import FilePath
from .._runtime.parallel import ParallelMap, Workers, unordered_map
from .._runtime.progress import tracked
from .._runtime.sizes import require_memory
from ..activations.identity import identity
from ..critical_points import require_resolved
from ..losses import PopulationLoss
from ..networks import Network
from ..parameters import Parameters
from .records import point_of
from .results import EndPoint, Search
from .runs import end_of_run

SUBJECT = "critical points of gradient flow"
"""What files of searches hold."""

POINT = 125
"""Numbers of 8 bytes that a result takes beside its weights, at least."""


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
        Number of student neurons K; output weights are ones, and biases zero, unless they move.
    runs
        Number of runs. A longer search begins with the runs of a shorter one from the same ``rng``.
    rng
        Passed to `numpy.random.default_rng`; each run has a generator of its own, spawned from it.
    workers
        1: this process. n > 1, or -1 for all cores: processes, which end with this one. Or a
        `concurrent.futures.Executor` (Dask: ``client.get_executor()``), or a map-like callable. The result does not
        depend on it, bit for bit, nor on the number of BLAS threads (one is used). An interrupt ends a search at once;
        a cluster's workers first end the runs that they are at.
    checkpoint
        Path of a file to which each run is written as it finishes (a map-like callable may hand over 256 at once). If
        it exists, its runs are not run again: a killed search goes on where it was, and ends with the same result, bit
        for bit. With ``rng=None`` the generators are those of the file. It is only ever appended to, and locked while
        in use; links, other than regular files, and files of other origin or of another problem are refused untouched.
        A complete one is only read.
    scale
        Standard deviation of the starting weights, and of biases that move; default ``1/sqrt(d)``. Output weights that
        move start standard normal, and an output bias at zero.
    progress
        Show a progress bar on stderr.

    Returns
    -------
    Search
        ``points``, one for each run; ``groups``, the distinct critical points; ``str()``, a table.

    Raises
    ------
    ValueError
        For a width, a number of runs or a scale that makes no sense; for a checkpoint that is of another problem,
        altered, in use, or cannot be written.
    SizeError
        If Hessians or results do not fit into memory.
    WorkerError
        If a worker dies. What is finished is in the checkpoint then.

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
    progress = flag("progress", progress)
    _require_fit(loss, width, runs)
    require_resolved(loss)
    task = _Runs(loss, width, scale, _entropy(rng))
    with unordered_map(workers) as parallel:
        if checkpoint is None:
            points = [*tracked(parallel(task, range(runs)), runs, "searching", progress)]
        else:
            adopt = ("entropy",) if rng is None else ()
            with opened(checkpoint, task.codec, task.header, adopt) as file:
                points = _resumed(task, runs, file, parallel, progress)
    subject = f"{runs} runs of gradient flow of {width} x {loss.teacher.dim} students on {loss.line()}"
    return Search(subject, tuple(sorted(points, key=lambda point: point.run)))


def _resumed(
    task: _Runs, runs: int, file: Checkpoint[EndPoint], parallel: ParallelMap, progress: bool
) -> list[EndPoint]:
    """The runs of a file, and those it lacks, each written as soon as it is finished, whatever others still go on."""
    points = [point for point in file.items.values() if point.run < runs]
    left = [run for run in range(runs) if run not in file.items]
    if left:
        file.begin(len(left))
        task = replace(task, entropy=tuple(file.header["entropy"]))
        for point in tracked(parallel(task, left), len(left), "searching", progress):
            file.append(point)
            points.append(point)
    return points


def _require_fit(loss: PopulationLoss, width: int, runs: int) -> None:
    """Refuse what cannot fit into memory: results, and Hessians in coordinates of ``span(W, V)``."""
    dim = loss.teacher.dim
    size = width * (min(dim, width + loss.teacher.width) + len(set(loss.moving) - {"weights"}))
    advice = "take a narrower student or teacher, or fewer dimensions"
    require_memory(f"width: Hessians of {counted(size)} x {counted(size)}", size**2, advice)
    advice = "take fewer, and further searches of another rng"
    require_memory(f"runs: {counted(runs)} results", runs * (width * dim + POINT), advice)


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
        rng = np.random.default_rng(np.random.SeedSequence(self.entropy, spawn_key=(run,)))
        return end_of_run(self.loss, self._start(rng), run)

    def _start(self, rng: np.random.Generator) -> Network:
        """A random student; biases are drawn as weights are, and output weights standard normal, if they move."""
        loss, width = self.loss, self.width
        drawn = Network.random(width, loss.teacher.dim, rng=rng, activation=loss.activation, scale=self.scale)
        biases = self.scale * rng.standard_normal(width) if "biases" in loss.moving else None
        outputs = rng.standard_normal(width) if "output_weights" in loss.moving else None
        return Network(drawn.weights, outputs, biases, activation=loss.activation)

    @property
    def codec(self) -> Codec[EndPoint]:
        """What a run is in a checkpoint."""
        layout = self.loss.layout(self.width)
        return Codec(
            subject=SUBJECT,
            maker="search",
            item="run",
            key=lambda point: point.run,
            write=EndPoint.as_dict,
            read=lambda record: point_of(record, layout),
        )

    @property
    def header(self) -> Record:
        """What identifies the problem in a checkpoint."""
        teacher = self.loss.teacher
        digest = hashlib.sha256(teacher.weights.tobytes() + teacher.output_weights.tobytes())
        header = {
            "format": f"{SUBJECT}, version 2",
            "teacher": [teacher.width, teacher.dim, digest.hexdigest()],
            "activation": identity(teacher.activation),
            "norm": list(self.loss.norm.weights),
            "derivative": str(self.loss.derivative),
            "width": self.width,
            "scale": self.scale,
            "entropy": list(self.entropy),
        }
        if not self.loss.affine_terms.is_shared:
            header["students"] = identity(self.loss.activation)
        return header if self.loss.is_standard else header | self._more

    @property
    def _more(self) -> Record:
        """What else identifies it, of networks with biases, other inputs, another metric, or more that moves."""
        teacher, ambient = Parameters.of_network(self.loss.teacher), self.loss.ambient
        biases = np.zeros(0) if teacher.biases is None else teacher.biases
        arrays = (biases, np.array(teacher.output_bias), ambient.mean, ambient.covariance.array, ambient.metric.array)
        texts = [repr(array.shape).encode() + array.tobytes() for array in arrays]
        return {"parameters": list(self.loss.moving), "rest": hashlib.sha256(b"".join(texts)).hexdigest()}
