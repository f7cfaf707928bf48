"""What a flow can be stopped by, and asked the time of: loss, gradient norm and distance along it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import scipy

from .._runtime.checks import number, one_of, shown
from ..problem import SpanProblem
from .state import State
from .steps import AcceptedStep

QUANTITIES = ("loss", "gradient_norm", "distance")
"""Names of the quantities."""

ROOT = 1e-12
"""Relative error of a quantity where it falls to a level."""

SAMPLES = (0.0, 0.02, 0.25, 0.5, 0.75, 0.98, 1.0)
"""Where in a step a quantity is looked at; next to the ends, since it may turn there.

A gradient may fall and rise again within a step, as at a saddle: a minimum that the samples enclose is searched for.
"""

BOTTOM = 1e-4
"""Part of a step to which such a minimum is located."""

FAR = 10.0
"""Times a level of the gradient norm: a step that is faster all the time, and at its end, is not looked at.

The speed of its interpolant is that norm to errors of the solver: to 12 % in flows as loose as those of a search.
"""


def quantity(name: str, state: State) -> float:
    """One of `QUANTITIES` at a state."""
    problem = state.problem
    if name == "loss":
        return state.point.value
    if name == "gradient_norm":
        return float(np.linalg.norm(state.gradient))
    if not problem.widths_agree:
        return np.nan
    return float(np.linalg.norm(state.displaced_from(problem.teacher_rows)))


def watched(name: str, state: State) -> float:
    """A quantity as levels see it: a loss is never below its rounding, which says nothing of a level there."""
    return max(quantity(name, state), state.problem.loss_rounding if name == "loss" else 0.0)


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
                f"{argument}: a distance needs a student as wide as its teacher, with its activations, got widths "
                f"{problem.start.width} and {problem.loss.teacher.width}; use the loss"
            )
    return parsed


def one_level(
    problem: SpanProblem, *, loss: float | None, gradient_norm: float | None, distance: float | None
) -> tuple[str, float]:
    """The quantity that `time_to` is asked for, and its level; exactly one."""
    given = {"loss": loss, "gradient_norm": gradient_norm, "distance": distance}
    asked = {name: level for name, level in given.items() if level is not None}
    if len(asked) != 1:
        raise ValueError(f"time_to: one of {', '.join(QUANTITIES)} is required, got {sorted(asked) or 'none'}")
    ((name, level),) = parse_levels("time_to", asked, problem).items()
    return name, level


def reached(value: float, level: float) -> bool:
    """Whether a quantity has fallen to a level, up to the rounding of a root."""
    return value <= level * (1 + ROOT)


def fall(step: AcceptedStep, name: str, level: float) -> float:
    """First time within a step at which one of `QUANTITIES`, above its level at the beginning, falls to it, or inf."""
    if name == "gradient_norm" and min(quantity(name, step.at_end), step.slowest()) > FAR * level:
        return np.inf
    return crossing(step, partial(watched, name), level)


def crossing(step: AcceptedStep, function: Callable[[State], float], level: float) -> float:
    """First time within a step at which a function, above its level at the beginning, falls to it; inf if it does not.

    The end of the step counts as fallen where it is so up to the rounding of a root.
    """

    def value(t: float) -> float:
        return function(step(t))

    def excess(t: float) -> float:
        return float(np.log(max(value(t), np.finfo(np.float64).tiny) / level))

    times = [step.start + part * (step.end - step.start) for part in SAMPLES[:-1]] + [step.end]
    values = [value(t) for t in times]
    for k in range(1, len(times)):
        if k >= 2 and values[k - 1] <= min(values[k - 2], values[k]):
            low = scipy.optimize.minimize_scalar(
                value, bounds=(times[k - 2], times[k]), method="bounded", options={"xatol": BOTTOM * step.length}
            )
            if reached(low.fun, level):
                return _root(excess, times[k - 2], float(low.x))
        if reached(values[k], level):
            return _root(excess, times[k - 1], times[k])
    return np.inf


def _root(excess: Callable[[float], float], before: float, after: float) -> float:
    """Where a logarithm falls through zero; an end where it has, or has up to rounding."""
    if excess(before) <= 0 or excess(after) >= 0:
        return before if excess(before) <= 0 else after
    return float(scipy.optimize.brentq(excess, before, after, xtol=1e-14 * after, rtol=1e-14))
