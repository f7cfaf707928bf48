"""What a flow can be stopped by, and asked the time of: loss, gradient norm and distance along it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from .._runtime.checks import number, one_of, shown
from ..problem import SpanProblem
from .state import State
from .steps import AcceptedStep

QUANTITIES = ("loss", "gradient_norm", "distance")
"""Names of the quantities."""

ROOT = 1e-12
"""Relative error of a quantity where it falls to a level."""

SAMPLES = 16
"""Points of a step at which a finished flow is looked at: a gradient may fall and rise again, as at a saddle."""


def quantity(name: str, state: State) -> float:
    """One of `QUANTITIES` at a state."""
    problem = state.problem
    if name == "loss":
        return state.point.value
    if name == "gradient_norm":
        return float(np.linalg.norm(state.gradient))
    if not problem.widths_agree:
        return np.nan
    teacher = problem.loss.teacher.weights
    return float(np.linalg.norm(state.displacement + (state.anchor - teacher)))


def parse_levels(argument: str, levels: Mapping[str, float], problem: SpanProblem) -> dict[str, float]:
    """Levels of known quantities, positive numbers."""
    if not isinstance(levels, Mapping):
        raise ValueError(f"{argument}: levels by name, such as {{'loss': 1e-12}}, are required, got {shown(levels)}")
    parsed = {}
    for name, level in levels.items():
        one_of(argument, name, QUANTITIES)
        parsed[name] = number(f"{argument}: {name}", level, "a positive finite level", 0, np.inf)
        if name == "distance" and not problem.widths_agree:
            raise ValueError(
                f"{argument}: a distance needs a student as wide as its teacher, got widths {problem.start.width} and "
                f"{problem.loss.teacher.width}; use the loss"
            )
    return parsed


def reached(value: float, level: float) -> bool:
    """Whether a quantity has fallen to a level, up to the rounding of a root."""
    return value <= level * (1 + ROOT)


def crossing(step: AcceptedStep, function: Callable[[State], float], level: float, samples: int = 1) -> float:
    """First time within a step at which a function, above its level at the beginning, is seen to have fallen to it.

    Infinite if it is not, at so many points, the last of them the end.
    """

    def excess(t: float) -> float:
        return float(np.log(max(function(step(t)), np.finfo(np.float64).tiny) / level))

    times = [float(t) for t in np.linspace(step.start, step.end, samples + 1)]
    for before, after in pairwise(times):
        if not reached(function(step(after)), level):
            continue
        if excess(before) <= 0 or excess(after) >= 0:  # the end of the step before, or a root at the end, rounded
            return before if excess(before) <= 0 else after
        return float(brentq(excess, before, after, xtol=1e-14 * after, rtol=1e-14))
    return np.inf
