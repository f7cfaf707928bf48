"""The fewest iterations of an optimiser from one start: counted on exact gradients, and predicted from the spectrum.

Counted: on the exact population gradients. Predicted: on the field to first order at the teacher, from the same
displacement to the same L2 loss, of which the quadratic form is taken there. Both are tuned by the same search, so that
two numbers are compared that mean the same. A student whose neurons do not match the teacher's, as one that is wider,
is counted alone: its loss may vanish on a manifold, and which point of it training comes to no spectrum says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._runtime.results import Record, Value
from ..curvature.operator import Curvature
from ..problem import SpanProblem, like, matched
from .iteration import RESTS
from .linearised import Linearised
from .optimisers import RULES, Optimiser
from .tuning import Task

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class TunedRun(Record, Value):
    """One start: the step, and momentum, that need fewest iterations, and how many; theory beside.

    Attributes
    ----------
    status
        ``"reached"``; or why no step arrived: ``"limit"`` of iterations, ``"diverged"``, ``"stationary"`` elsewhere,
        ``"nonsmooth"``. Then numbers are NaN.
    step, momentum
        Those of the fewest iterations; the momentum of gradient descent is 0, ``beta_1`` for Adam.
    steps, contraction
        Iterations counted; mean factor of the distance, the root of that of the L2 loss, per iteration, over the second
        half of them.
    predicted_steps, predicted_contraction
        Iterations of the same optimiser on the field to first order, tuned in the same way; the least asymptotic
        factor, ``(kappa - 1)/(kappa + 1)`` for gradient descent. NaN for Adam, which is not linear, and where neurons
        of student and teacher do not match.
    nonlinearity
        Part of the gradient at the start by which the field to first order misses it. Where it is not small, the
        prediction is that of a start nearer to the teacher. NaN where neurons do not match.
    """

    status: str
    nonlinearity: float
    step: float = np.nan
    momentum: float = np.nan
    steps: float = np.nan
    contraction: float = np.nan
    predicted_steps: float = np.nan
    predicted_contraction: float = np.nan


def tuned_run(problem: SpanProblem, method: str, accuracy: float, limit: int) -> TunedRun:
    """The fewest iterations from the start of a problem until the L2 loss is at an accuracy of its start."""
    prediction, start = like(problem.loss, norm="L2"), problem.start_rows

    def error(rows: FloatArray) -> float:
        return prediction.at(problem.parameters_at(rows)).value

    def linearised(student: FloatArray) -> Linearised | None:
        rows = matched(problem.loss, problem.parameters_at(student))
        return None if rows is None else Linearised.towards(problem, rows, student)

    before = linearised(start)
    level = accuracy * error(start)
    gram = before.gram if before else prediction.at(problem.start).gauss_newton
    _require_resolved(problem, gram, accuracy, level)
    largest = max(float(np.abs(rows).max()) for rows in (start, problem.teacher_rows))
    if before:
        theory, contraction, predicted = before.prediction(method, level, limit)
        miss = before.nonlinearity(problem.at(start).gradient_rows)
    else:
        theory, contraction, predicted, miss = _first_guess(problem, method, largest), np.nan, None, np.nan
    task = Task(lambda rows: problem.at(rows).gradient_rows, error, start, level, limit, largest)
    optimiser, arrival = task.tuned(theory, predicted.time if predicted else np.inf)
    if arrival.status != "reached":
        return TunedRun(arrival.status, miss)
    after = linearised(arrival.weights) if predicted else None
    if before and after and not (before.hessian.is_symmetric and np.array_equal(before.teacher, after.teacher)):
        _, contraction, predicted = after.starting_at(start).prediction(method, level, limit)
    steps = float(predicted.steps) if predicted and predicted.status == "reached" else np.nan
    counted = optimiser.step, optimiser.momentum, float(arrival.steps), arrival.contraction
    return TunedRun("reached", miss, *counted, steps, contraction)


def _first_guess(problem: SpanProblem, method: str, reach: float) -> Optimiser:
    """Where tuning begins if no spectrum at the end is known: the step ``1/L`` of the Gauss-Newton matrix here."""
    _, high = problem.at(problem.start_rows).gauss_newton.extreme_eigenvalues()
    high = high or 1.0  # the output is 0 and stays so: no step moves it
    return RULES[method].guess(high, high, reach)


def _require_resolved(problem: SpanProblem, gram: Curvature, accuracy: float, level: float) -> None:
    """Refuse an accuracy below what doubles resolve: the L2 loss of a displacement by some roundings of all weights."""
    rounding = RESTS * float(np.linalg.norm(problem.teacher_rows))
    resolved = max(problem.loss_rounding, gram.spectrum().largest * rounding**2 / 2)
    if not level > 0:
        raise ValueError("W0: a start away from the teacher is required, got one of L2 loss 0")
    if not level >= resolved:
        loss = level / accuracy
        least = f"at least {resolved / loss:.2g}" if loss > resolved else "a start farther from the teacher"
        raise ValueError(
            f"accuracy: {least} is required, got {accuracy:g}; doubles resolve L2 losses from {resolved:.2g} on, the "
            f"start has {loss:.2g}"
        )
