"""What a flow can be stopped by, and asked the time of: loss, gradient norm and distance along it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.optimize import brentq

from ._checks import number, one_of
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
    if not problem.widths_agree:
        return np.nan
    teacher = problem.loss.teacher.weights
    return float(np.linalg.norm(state.displacement + (state.anchor - teacher)))


def parse_levels(argument: str, levels: Mapping[str, float], problem: SpanProblem) -> dict[str, float]:
    """Levels of known quantities, positive numbers."""
    if not isinstance(levels, Mapping):
        raise ValueError(f"{argument}: levels by name, such as {{'loss': 1e-12}}, are required, got {levels!r}")
    for name, level in levels.items():
        one_of(argument, name, QUANTITIES)
        number(f"{argument}: {name}", level, "a positive finite level", 0, np.inf)
        if name == "distance" and not problem.widths_agree:
            raise ValueError(
                f"{argument}: a distance needs a student as wide as its teacher, got widths {problem.start.width} and "
                f"{problem.loss.teacher.width}; use the loss"
            )
    return dict(levels)


def crossing(step: Step, function: Callable[[State], float], level: float) -> float:
    """Time within a step at which a function, above its level at the beginning, has fallen to it."""

    def excess(t: float) -> float:
        return float(np.log(max(function(step(t)), np.finfo(np.float64).tiny) / level))

    if excess(step.start) <= 0:  # the beginning of a step from a new anchor is the end of the one before, rounded
        return step.start
    return float(brentq(excess, step.start, step.end, xtol=1e-14 * step.end, rtol=1e-14))
