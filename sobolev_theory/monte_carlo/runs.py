"""Runs of sampled descent from one start, and beside them exact descent and exact flow, all judged by exact losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..descent.iteration import LARGEST
from ..flow.integration import gradient_flow
from ..losses import PopulationLoss
from ..networks import Network
from ..problem import SpanProblem
from .batches import batch_gradient
from .residual import Residual
from .rows import Array

Steps = NDArray[np.intp]


@dataclass(frozen=True)
class Plan:
    """Step size, inputs of each step, and the numbers of steps after which the iterate is kept, increasing."""

    step: float
    batch: int
    recorded: Steps


@np.errstate(all="ignore")
def iterates(gradient: Callable[[Array], Array], start: Array, plan: Plan) -> Array:
    """``W <- W - step * gradient(W)`` in rows of neurons, recorded; NaN from where it has diverged.

    It never ends at rest, unlike `Iteration`: a batch that fires no neuron moves nothing, and the next one may.
    """
    kept = np.full((len(plan.recorded), *start.shape), np.nan)
    weights, done = start, 0
    for row, k in enumerate(plan.recorded):
        for _ in range(k - done):
            weights = weights - plan.step * gradient(weights)
            if not np.abs(weights).max() <= LARGEST:
                return kept
        kept[row], done = weights, k
    return kept


Judged = tuple[Array, Array, Array]
"""Iterates in rows of neurons, their losses, and their L2 losses."""


def sampled(loss: PopulationLoss, start: Network, plan: Plan, seed: np.random.SeedSequence) -> Judged:
    """One run of SGD."""
    rng, layout, first = np.random.default_rng(seed), loss.layout(start.width), loss.parameters(start)
    residual = Residual.of(loss, first, np.zeros((0, layout.size)))

    def gradient(rows: Array) -> Array:
        return batch_gradient(loss, residual.at(loss, first.at_rows(layout, rows)), rng, plan.batch)

    return judged(loss, start, iterates(gradient, first.rows(layout), plan))


def exact(loss: PopulationLoss, start: Network, plan: Plan) -> Array:
    """Iterates of gradient descent, followed in the span."""
    problem = SpanProblem.of(loss, start)
    layout = problem.loss.layout(start.width)

    def gradient(rows: Array) -> Array:
        return layout.rows(problem.at(rows).gradient.ravel())

    return problem.embed(iterates(gradient, problem.start.rows(layout), plan))


def flowed(loss: PopulationLoss, start: Network, plan: Plan) -> tuple[Array, str]:
    """The flow at the times of the steps, NaN after its end, and its status."""
    times, layout = plan.step * plan.recorded, loss.layout(start.width)
    flow = gradient_flow(loss, start, times[-1])
    kept = np.full((len(times), *layout.rows_shape), np.nan)
    reached = times <= flow.t[-1]
    kept[reached] = layout.rows(flow(times[reached]).reshape(-1, layout.size))
    return kept, flow.status


@np.errstate(all="ignore")
def judged(loss: PopulationLoss, start: Network, rows: Array) -> Judged:
    """Iterates with their exact losses; those of diverged ones are NaN."""
    prediction = PopulationLoss(loss.teacher, "L2", inputs=loss.inputs, parameters=loss.moving)
    values, layout, first = np.full((2, len(rows)), np.nan), loss.layout(start.width), loss.parameters(start)
    for k in np.flatnonzero(np.isfinite(rows).all(axis=(1, 2))):
        student = first.at_rows(layout, rows[k])
        values[:, k] = [judge.at(student).value for judge in (loss, prediction)]
    return rows, values[0], values[1]
