"""What a flow can be stopped by, and asked the time of: loss, gradient norm and distance along it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from ._checks import one_of
from .span import SpanProblem
from .trajectory import State, Step

QUANTITIES = ("loss", "gradient_norm", "distance")
"""Names of the quantities."""


def quantity(name: str, state: State) -> float:
    """One of `QUANTITIES` at a state."""
    problem = state.problem
    if name == "loss":
        return problem.loss.value(state.network)
    if name == "gradient_norm":
        return float(np.linalg.norm(state.gradient))
    if not problem.is_square:
        return np.nan
    teacher = problem.loss.teacher.weights
    return float(np.linalg.norm(state.displacement + (state.anchor - teacher)))


def parse_levels(argument: str, levels: dict[str, float], problem: SpanProblem) -> dict[str, float]:
    """Levels of known quantities, positive numbers."""
    for name, level in levels.items():
        one_of(argument, name, QUANTITIES)
        if not 0 < level < np.inf:
            raise ValueError(f"{argument}: positive finite levels are required, got {name} = {level}")
        if name == "distance" and not problem.is_square:
            raise ValueError(
                f"{argument}: a distance needs a student as wide as its teacher, got widths {problem.start.width} and "
                f"{problem.loss.teacher.width}; use the loss"
            )
    return levels


def crossing(step: Step, function: Callable[[State], float], level: float) -> float:
    """Time within a step at which a function, above its level at the beginning, has fallen to it."""

    def excess(t: float) -> float:
        return float(np.log(max(function(step(t)), np.finfo(np.float64).tiny) / level))

    if excess(step.start) <= 0:  # the beginning of a step from a new anchor is the end of the one before, rounded
        return step.start
    return float(brentq(excess, step.start, step.end, xtol=1e-14 * step.end, rtol=1e-14))
