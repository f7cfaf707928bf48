r"""Gradient descent with a fixed step: what gradient flow becomes, and the step that contracts fastest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ._checks import positive_integer
from .curvature import Curvature
from .errors import NotDifferentiableError
from .losses import PopulationLoss, Student
from .span import SpanProblem

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class BestStep:
    r"""The step ``2/(lambda_min + lambda_max)`` and its contraction ``(kappa - 1)/(kappa + 1)`` per iteration."""

    step: float
    contraction: float


def best_step(curvature: Curvature) -> BestStep:
    r"""The fixed step that contracts a quadratic of this Hessian fastest, and by how much.

    An eigenvalue ``lambda`` contracts by ``|1 - step lambda|``; the ends of the spectrum agree at
    ``step = 2/(lambda_min + lambda_max)``, where both give ``(kappa - 1)/(kappa + 1)``.

    Raises
    ------
    ValueError
        If the curvature has an eigenvalue that is not real and positive: no fixed step contracts, or another is best.

    Examples
    --------
    >>> best_step(PopulationLoss([[0.0, 1.0]], "H1").gauss_newton([[0.0, 1.0]]))
    BestStep(step=1.0, contraction=0.0)
    """
    spectrum = curvature.spectrum()
    low, high = spectrum.smallest, spectrum.largest
    if not low > 0 or np.iscomplexobj(spectrum.values):
        raise ValueError(
            f"curvature: positive eigenvalues are required for a best step, the smallest is {low:.6g}; take the "
            "Gauss-Newton matrix, or a point nearer to a minimum"
        )
    return BestStep(2 / (low + high), (high - low) / (high + low))


class Descent:
    """The iterates of gradient descent.

    Attributes
    ----------
    weights
        Hidden weights of all iterates, (steps + 1, K, d); formed when asked for.
    loss, gradient_norm
        Loss and gradient norm of each, (steps + 1,).
    distance
        ``|W - V|_F`` of each, NaN if student and teacher differ in width.
    step
        The step taken.
    diverged
        Whether weights left the range of double precision; the iterates end before that.
    """

    def __init__(self, problem: SpanProblem, coordinates: FloatArray, step: float, diverged: bool) -> None:
        self.problem, self._coordinates, self.step, self.diverged = problem, coordinates, step, diverged

    @cached_property
    def weights(self) -> FloatArray:
        """Hidden weights of the iterates."""
        return self.problem.embed(self._coordinates)

    @cached_property
    def loss(self) -> FloatArray:
        """Loss of the iterates."""
        return np.array([self.problem.loss.value(self.problem.network(w)) for w in self._coordinates])

    @cached_property
    def gradient_norm(self) -> FloatArray:
        """Gradient norm of the iterates."""
        return np.array([np.linalg.norm(self.problem.gradient(w)) for w in self._coordinates])

    @cached_property
    def distance(self) -> FloatArray:
        """Distance of the iterates to the teacher."""
        if not self.problem.is_square:
            return np.full(len(self._coordinates), np.nan)
        distance: FloatArray = np.linalg.norm(self._coordinates - self.problem.loss.teacher.weights, axis=(1, 2))
        return distance


def gradient_descent(loss: PopulationLoss, W0: Student, steps: int, *, step: float | None = None) -> Descent:
    r"""Iterate ``W <- W - step * loss.gradient(W)``.

    Near the teacher the error contracts by ``(kappa - 1)/(kappa + 1)`` per iteration at the best step: see `best_step`.

    Parameters
    ----------
    loss, W0
        Norm and convention; start, weights (K, d) or a `Network`.
    steps
        Number of iterations, positive.
    step
        Positive step size; by default that of ``best_step(loss.gauss_newton(teacher))``, which is best at the end if
        the iteration ends at the teacher.

    Raises
    ------
    NotDifferentiableError
        If the gradient does not exist at an iterate.
    ValueError
        For a step that is not positive, or a teacher whose Gauss-Newton matrix is singular if there is none.

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
    if step is None:
        step = best_step(loss.gauss_newton(loss.teacher)).step
    if not 0 < step < np.inf:
        raise ValueError(f"step: a positive step size is required, got {step}")
    loss.gradient(W0)  # refuses a start where the gradient does not exist
    problem = SpanProblem.of(loss, W0)
    iterates, diverged = [problem.start.weights], False
    for _ in range(count):
        try:
            iterates.append(iterates[-1] - step * problem.gradient(iterates[-1]))
        except NotDifferentiableError:
            raise
        except ValueError:  # the gradient overflows
            diverged = True
            break
    return Descent(problem, np.array(iterates), step, diverged)
