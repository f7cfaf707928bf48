r"""Gradient descent with a fixed step: what gradient flow becomes, and the step that contracts fastest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from .._runtime.checks import flag, instance_of, number, positive_integer
from .._runtime.progress import tracked
from .._runtime.results import Record
from .._runtime.sizes import require_memory
from ..curvature.operator import Curvature
from ..errors import NotDifferentiableError
from ..losses import PopulationLoss, Student
from ..networks import Network
from ..parameters import Parameters, matching
from ..problem import SpanProblem

FloatArray = NDArray[np.float64]


BESIDE = 1e-6
"""Part of the way from the teacher to the start at which the default step is best: the Hessian differs by as much."""

ROUNDINGS = 1e-14
"""Smallest eigenvalue of the largest that is told from zero."""

LARGEST = 1e30
"""Weights beyond this have diverged; losses and gradients of all activations up to it are finite."""


SETTLED, RESTS = 64, 8 * float(np.finfo(np.float64).eps)
"""Iterations, at least, in which weights at rest have not moved by more than so much of the largest."""


@dataclass(frozen=True, repr=False)
class BestStep(Record):
    r"""The step ``2/(lambda_min + lambda_max)`` and its contraction ``(kappa - 1)/(kappa + 1)`` per iteration."""

    step: float
    contraction: float


def best_step(curvature: Curvature) -> BestStep:
    r"""The fixed step that contracts a quadratic of this Hessian fastest, and by how much.

    An eigenvalue ``lambda`` contracts by ``|1 - step lambda|``. For real ones the ends of the spectrum agree at
    ``step = 2/(lambda_min + lambda_max)``, where both give ``(kappa - 1)/(kappa + 1)``; complex ones, as a backprop
    Hessian can have, are balanced numerically.

    In the backprop convention of an order whose derivative jumps the Hessian near the teacher is not the Gauss-Newton
    matrix, even in the limit: take ``loss.hessian`` at a point near the end.

    Raises
    ------
    ValueError
        If an eigenvalue has a real part that is not positive: no fixed step contracts.

    Examples
    --------
    >>> best_step(PopulationLoss([[0.0, 1.0]], "L2").hessian([[0.6, 0.8]])).contraction < 1
    True
    """
    spectrum = instance_of("curvature", curvature, Curvature).spectrum()
    low, high = spectrum.smallest, spectrum.largest
    if not low > ROUNDINGS * high:  # what is not told from zero has no sign
        raise ValueError(
            f"curvature: eigenvalues of positive real part are required for a best step, the smallest is {low:.6g}; "
            "take the Gauss-Newton matrix, or a point nearer to a minimum"
        )
    if not np.iscomplexobj(spectrum.values):
        return BestStep(2 / (low + high), (high - low) / (high + low))

    def contraction(step: float) -> float:  # convex in the step
        return float(np.abs(1 - step * spectrum.values).max())

    best = minimize_scalar(contraction, bounds=(0, 2 / high), method="bounded", options={"xatol": 1e-12 / high})
    return BestStep(float(best.x), float(best.fun))


class Descent(Record):
    """The iterates of gradient descent.

    Attributes
    ----------
    weights
        Hidden weights of all iterates, (n + 1, K, d); formed when asked for. There are fewer than the steps asked for
        if it ended before.
    loss, gradient_norm
        Loss and gradient norm of each, (n + 1,).
    distance
        ``|W - V|_F`` of each, NaN if student and teacher differ in width.
    step
        The step taken.
    status
        ``"steps"``: all were taken; ``"stationary"``: the weights came back to where they were, to the bit, or to 8
        roundings of the largest after 64 iterations or more; ``"diverged"``: weights grew beyond 1e30, and the iterates
        end before that.
    """

    def __init__(self, problem: SpanProblem, coordinates: FloatArray, step: float, status: str) -> None:
        self.problem, self._coordinates, self.step, self.status = problem, coordinates, step, status

    @property
    def diverged(self) -> bool:
        """Whether the weights grew beyond 1e30."""
        return self.status == "diverged"

    def facts(self) -> dict[str, Any]:
        """How many steps of which size, and where they ended."""
        last = self.problem.at(self._coordinates[-1]).value
        return {"steps": len(self._coordinates) - 1, "step": self.step, "loss": last, "status": self.status}

    @cached_property
    def weights(self) -> FloatArray:
        """Hidden weights of the iterates."""
        return self.problem.embed(self._coordinates)

    @cached_property
    @np.errstate(all="ignore")
    def loss(self) -> FloatArray:
        """Loss of the iterates."""
        return np.array([self.problem.at(w).value for w in self._coordinates])

    @cached_property
    @np.errstate(all="ignore")
    def gradient_norm(self) -> FloatArray:
        """Gradient norm of the iterates."""
        return np.array([np.linalg.norm(self.problem.at(w).gradient) for w in self._coordinates])

    @cached_property
    def distance(self) -> FloatArray:
        """Distance of the iterates to the teacher."""
        if not self.problem.widths_agree:
            return np.full(len(self._coordinates), np.nan)
        distance: FloatArray = np.linalg.norm(self._coordinates - self.problem.loss.teacher.weights, axis=(1, 2))
        return distance


@np.errstate(all="ignore")
def gradient_descent(
    loss: PopulationLoss, W0: Student, steps: int, *, step: float | None = None, progress: bool = False
) -> Descent:
    r"""Iterate ``W <- W - step * loss.gradient(W)``.

    Near the teacher the error contracts by ``(kappa - 1)/(kappa + 1)`` per iteration at the best step: see `best_step`.

    Parameters
    ----------
    loss, W0
        Norm and convention; start, weights (K, d) or a `Network`.
    steps
        Number of iterations, positive. It ends before if the weights come to rest, up to their rounding.
    step
        Positive step size; by default the best one at the teacher: that of ``best_step`` of the Hessian a millionth of
        the way from the teacher to the start, or of the Gauss-Newton matrix where that does not exist.
    progress
        Show a progress bar on stderr.

    Raises
    ------
    NotDifferentiableError
        If the gradient does not exist at an iterate.
    ValueError
        For a step that is not positive; if there is none, for a student and a teacher of different widths or output
        weights, or a teacher where no step contracts.
    SizeError
        If so many iterates do not fit into memory.

    Notes
    -----
    Computed in coordinates of ``span(W0, V)``, which the iterates never leave.

    Examples
    --------
    >>> descent = gradient_descent(PopulationLoss([[1.0, 0.0]], "L2"), [[1.5, 0.0]], 3, step=1.0)
    >>> descent.distance                                                     # |1 - 1/2| per iteration
    array([0.5   , 0.25  , 0.125 , 0.0625])
    """
    count = positive_integer("steps", steps)
    instance_of("loss", loss, PopulationLoss)
    if step is None:
        step = best_step(_at_teacher(loss, loss.student(W0))).step
    step = number("step", step, "a positive step size", 0, np.inf)
    loss.gradient(W0)  # refuses a start where the gradient does not exist
    problem = SpanProblem.of(loss, W0)
    advice = "take fewer steps, from the last iterate on again if need be, or gradient_flow"
    require_memory("steps", count * problem.start.weights.size, advice)
    iterates, status, known, since = [problem.start.weights], "steps", problem.start.weights, 0
    for k in tracked(range(count), count, "gradient descent", flag("progress", progress)):
        moved = iterates[-1] - step * problem.at(iterates[-1]).gradient
        if np.abs(moved).max() > LARGEST or not np.isfinite(moved).all():
            status = "diverged"
            break
        iterates.append(moved)
        rounding = RESTS if k - since >= SETTLED else 0.0  # a step may be short, many are not
        if np.abs(moved - known).max() <= rounding * np.abs(moved).max():
            status = "stationary"
            break
        if k & (k + 1) == 0:  # Brent: a cycle of any length returns to the iterate of a power of two
            known, since = moved, k
    return Descent(problem, np.array(iterates), step, status)


def _at_teacher(loss: PopulationLoss, student: Network) -> Curvature:
    """The Hessian beside the teacher, in the direction of the student; the Gauss-Newton matrix where there is none."""
    rows = matching(student, loss.teacher)
    if rows is None:
        raise ValueError("step: a step is required if student and teacher differ in width or output weights, got None")
    end = loss.teacher.weights[rows]
    try:
        beside = end + BESIDE * (student.weights - end)
        return loss.at(Parameters(beside, student.output_weights)).hessian
    except NotDifferentiableError:
        return loss.at(Parameters(end, student.output_weights)).gauss_newton
