"""`verify` one student, or `verify_many` random ones: draw, merge in order, judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, Unpack

import numpy as np
from numpy.typing import ArrayLike

from .._runtime.checks import generator as as_generator
from .._runtime.checks import positive_integer
from .._runtime.parallel import ParallelMap, Workers, ordered_map
from .._runtime.progress import tracked
from .._runtime.results import named
from ..activations import Activation
from ..activations.per_neuron import chosen
from ..errors import NotDifferentiableError
from ..layout import Layout, moving
from ..losses import LossOptions, PopulationLoss, Student
from ..networks import Network
from ..norms import NormLike
from .agreement import judged
from .estimators import chunk_length, chunk_moments
from .limits import checked_level, checked_samples, directions_of, require_decisive, require_range, require_resolved
from .moments import Moments
from .reports import Report, Survey, sidak
from .residual import Residual
from .rows import Array

LEVEL = 1e-3
"""Default level: the probability with which a true theory fails."""

Element = TypeVar("Element")


def verify(
    loss: PopulationLoss,
    W: Student,
    *,
    samples: int = 1_000_000,
    rng: Any = None,
    workers: Workers = 1,
    progress: bool = False,
    level: float = LEVEL,
) -> Report:
    """Judge the value, gradient, Gauss-Newton matrix and Hessian of a loss at one student by sampling.

    Each quantity is a mean over the Gaussian inputs of the loss (`estimators`, `surfaces`), of which those that decide
    are drawn more often, and weighted less (`inputs`). Its closed form is judged by Hotelling's T^2 test over all its
    entries (`agreement`, `moments`), and the four p-values are combined by Bonferroni. A space of over 12 dimensions of
    what moves is checked along 12 random orthonormal directions, so that the cost is bounded; another ``rng`` looks
    along others.
    A quantity that does not exist at the student is listed as such and not judged.

    A true theory fails with probability at most ``level``. That is the law of large samples, which holds where no
    handful of them decides: what their kurtosis shows of tails enlarges the error, p-values of few effective samples
    are too large rather than too small, and fewer than 20 are refused. No sampling sees what happens in none of the
    samples (between two nearly parallel weights); each mean is granted the error of 16 such events.

    Parameters
    ----------
    loss
        The loss to judge.
    W
        Student, (K, d) or a `Network`.
    samples
        Number of sampled inputs. Memory does not grow with it.
    rng
        Passed to `numpy.random.default_rng`.
    workers
        1: this process. n > 1, or -1 for all cores: processes, which end with this one. Or a
        `concurrent.futures.Executor` (Dask: ``client.get_executor()``), or a map-like callable. The result is the same,
        bit for bit, for any workers of one kind of machine, and for any number of BLAS threads (one is used).
    progress
        Show a progress bar on stderr.
    level
        Probability of failing a true theory.

    Raises
    ------
    ValueError
        For fewer samples than a joint test of all entries needs, or than the tails of what is sampled need (the message
        says how many would do); for a ``level`` or ``workers`` that makes no sense.
    SizeError
        For more samples, neurons or dimensions than can be worked on.
    OverflowingError
        For weights so large, or so small, that squares of sampled quantities leave the range of double precision.

    Examples
    --------
    >>> loss = PopulationLoss([[1.0, 0.0]], norm="H1")
    >>> verify(loss, [[0.6, 0.8]], samples=20_000, rng=0).passed
    True
    """
    with ordered_map(workers) as parallel:
        return _verify(loss, W, samples, as_generator(rng), parallel, checked_level(level), progress)


def verify_many(
    networks: int = 20,
    *,
    student_width: int = 2,
    teacher_width: int = 2,
    dim: int = 3,
    norm: NormLike = "H1",
    samples: int = 200_000,
    rng: Any = None,
    workers: Workers = 1,
    progress: bool = False,
    level: float = LEVEL,
    **loss_options: Unpack[LossOptions],
) -> Survey:
    """Judge the theory on many random students and teachers, with one verdict for all of them.

    Parameters
    ----------
    networks
        Number of pairs of a student and a teacher, with Gaussian weights and standard normal output weights. An output
        bias that moves is standard normal as well; biases that move have half the length of their row as deviation.
    student_width, teacher_width, dim
        K, M and d.
    norm, **loss_options
        As for `PopulationLoss`.
    samples
        Number of sampled inputs for each network.
    rng, workers, progress, level
        As for `verify`; the level is that of the joint verdict.

    Examples
    --------
    >>> survey = verify_many(3, norm="L2", dim=2, samples=20_000, rng=0)
    >>> survey.passed, len(survey.reports)
    (True, 3)
    """
    networks, dim = positive_integer("networks", networks), positive_integer("dim", dim)
    student_width = positive_integer("student_width", student_width)
    teacher_width = positive_integer("teacher_width", teacher_width)
    layout = Layout(student_width, dim, moving(loss_options.get("parameters", "weights")))
    samples = checked_samples(samples, layout, teacher_width, networks)
    each = sidak(checked_level(level), 1 / networks)
    generator = as_generator(rng)
    activation = chosen(loss_options.get("activation"))
    reports = []
    with ordered_map(workers) as parallel:
        for _ in tracked(range(networks), networks, "sampling", progress):
            teacher = _random_network(replace(layout, width=teacher_width), activation, generator)
            student = _random_network(layout, activation, generator)
            loss = PopulationLoss(teacher, norm, **loss_options)
            reports.append(_verify(loss, student, samples, generator, parallel, each, progress=False))
    widths = f"students of {student_width} x {dim}, teachers of {teacher_width} x {dim}"
    options = {name: fact for name, fact in loss.facts().items() if name != "teacher"}
    return Survey(f"{networks} random networks: {widths}; {named(options)}", tuple(reports), level)


def _verify(
    loss: PopulationLoss,
    W: Student,
    samples: int,
    rng: np.random.Generator,
    parallel: ParallelMap,
    level: float,
    progress: bool,
) -> Report:
    """`verify` with an open map."""
    if not hasattr(loss, "student"):
        raise ValueError(f"loss: a PopulationLoss is required, got {type(loss).__name__}; verify(PopulationLoss(V), W)")
    student = loss.student(W)
    entropy = [int(word) for word in rng.integers(2**32, size=4)]
    layout = loss.layout(student.width)
    samples = checked_samples(samples, layout, loss.teacher.width)
    directions = _directions(layout, np.random.default_rng(_child(entropy, 0)))
    residual = Residual.of(loss, student, directions)
    require_resolved(residual)
    closed, undefined = _closed_forms(loss, student, directions)
    names = tuple(dict.fromkeys((*closed, "gauss_newton", "size")))  # the last two set the scales
    length = chunk_length(residual)
    chunks = -(-samples // length)
    tasks = ((_child(entropy, 1, k), min(length, samples - k * length)) for k in range(chunks))
    parts = parallel(partial(chunk_moments, residual, names), tasks)
    moments = _merge(tracked(parts, chunks, "sampling", progress))
    require_range(residual, moments)
    compared = {name: judged(name, moments, theory, residual.sizes) for name, theory in closed.items()}
    require_decisive(samples, compared.values())
    subject = f"{loss.line()} at a student of {student.width} x {student.dim}"
    shown = layout.rows(directions) if layout.only_weights else directions
    return Report(subject, samples, shown, level, compared, undefined)


def _directions(layout: Layout, rng: np.random.Generator) -> Array:
    """Flat directions (q, P): coordinates, or random orthonormal ones."""
    size, count = layout.size, directions_of(layout)
    directions = np.eye(size) if count == size else np.linalg.qr(rng.standard_normal((size, count)))[0].T
    return np.ascontiguousarray(directions)


def _closed_forms(loss: PopulationLoss, student: Network, directions: Array) -> tuple[dict[str, Array], dict[str, str]]:
    """What the methods of the loss say along the directions Z, and why they do not say the rest."""
    Z, at = directions, loss.at(student)
    formulas: dict[str, Callable[[], ArrayLike]] = {
        "value": lambda: loss.value(at),
        "gradient": lambda: Z @ loss.gradient(at).ravel(),
        "gauss_newton": lambda: Z @ (loss.gauss_newton(at) @ Z.T),
        "hessian": lambda: Z @ (loss.hessian(at) @ Z.T),
    }
    closed, undefined = {}, {}
    for name, formula in formulas.items():
        try:
            closed[name] = np.asarray(formula(), dtype=np.float64)
        except NotDifferentiableError as error:
            undefined[name] = str(error)
    return closed, undefined


def _merge(parts: Iterable[dict[str, Moments]]) -> dict[str, Moments]:
    """All chunks together, in their order, whoever worked on them."""
    stream = iter(parts)
    total = next(stream)
    for part in stream:
        total = {name: moments.merge(part[name]) for name, moments in total.items()}
    return total


def _child(entropy: list[int], *key: int) -> np.random.SeedSequence:
    """Independent streams: key (0,) for the directions, (1, k) for chunk k. None is made before it is needed."""
    return np.random.SeedSequence(entropy, spawn_key=key)


def _random_network(layout: Layout, activation: str | Activation, rng: np.random.Generator) -> Network:
    """With biases where they move, of a size that keeps no neuron silent on most of the inputs."""
    hidden = Network.random(layout.width, layout.dim, rng=rng, activation=activation)
    output = rng.standard_normal(layout.width)
    lengths = np.linalg.norm(hidden.weights, axis=1)
    biases = lengths / 2 * rng.standard_normal(layout.width) if "biases" in layout.names else None
    output_bias = rng.standard_normal() if "output_bias" in layout.names else 0.0
    return Network(hidden.weights, output, biases, output_bias, activation=activation)
