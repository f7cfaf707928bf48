r"""Training to first order at the teacher, ``g(V + X) = H X``: what an optimiser is predicted to do.

``H`` is the Hessian near the teacher in the direction of a student. Where an order jumps that is not the Gauss-Newton
matrix, not symmetric, and depends on the direction: the field is homogeneous, and not linear. If no two rows of the
teacher are parallel it is, with ``P_i = I - v^_i v^_i'`` and ``n_i`` the unit vector along the ``P_i X_i`` of ``H``,

.. math:: D(X)_i = (H X)_i + k_i \hat v_i (|P_i X_i| - n_i \cdot X_i) .
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..curvature.operator import Curvature
from ..layout import Layout
from ..points import Point
from ..problem import SpanProblem, like
from .best_step import ROUNDINGS, curvature_at_rows
from .optimisers import RULES, Optimiser
from .tuning import COARSE, Arrival, Task, compass

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

FINEST = 1e-7
"""Logarithm of the last factor by which a step is changed where it is judged by eigenvalues, which costs nothing."""

DENSE = 512
"""Size up to which products with a dense matrix are faster than those with its structure."""


@dataclass(frozen=True, eq=False)
class Linearised:
    """The field and the L2 loss to first and second order at the teacher, from the displacement of a start.

    All in rows of neurons, (R, D).
    """

    layout: Layout
    teacher: FloatArray
    displacement: FloatArray
    hessian: Curvature
    gram: Curvature
    across: FloatArray  # n_i
    bends: FloatArray  # k_i v^_i; 0 where the field is linear

    @classmethod
    def towards(cls, problem: SpanProblem, rows: IntArray, student: FloatArray) -> Linearised:
        """In the direction of a student whose rows match rows of the teacher, and from there."""
        loss, teacher = problem.loss, problem.teacher_rows[rows]
        gram = like(loss, norm="L2").at(problem.parameters_at(teacher)).gauss_newton
        hessian = curvature_at_rows(loss, rows, problem.parameters_at(student))
        end = problem.at(teacher)
        across, bends = np.zeros((2, *teacher.shape))
        lone = isinstance(end, Point) and len(end.geometry.parallel) == len(teacher)
        if lone and not hessian.is_symmetric:
            across = _across(teacher, student - teacher)
            across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), np.finfo(float).tiny)
            bends = (end.field_limit(across) + end.field_limit(-across)) / 2
        return cls(problem.layout, teacher, student - teacher, hessian, gram, across, bends)

    def starting_at(self, student: FloatArray) -> Linearised:
        """The same field from another start."""
        return replace(self, displacement=student - self.teacher)

    @cached_property
    def eigenvalues(self) -> NDArray[np.complex128]:
        """Those of the Hessian; across rescalings, along which nothing is left to contract."""
        return self.hessian.spectrum(quotient=self.hessian.has_quotient).values.astype(complex)

    def best(self, method: str) -> Optimiser:
        """The optimiser of the least asymptotic contraction; where none is predicted, where tuning begins."""
        values, rule = self.eigenvalues, RULES[method]
        low, high = float(values.real.min()), float(values.real.max())
        if not low > ROUNDINGS * high:
            raise ValueError(
                "V: a teacher is required at which all eigenvalues of the Hessian have positive real parts, so that "
                f"some step contracts, the smallest is {low:.6g}"
            )
        guess = rule.guess(low, high, float(np.abs(self.displacement).max()))
        return compass(lambda tried, _: tried.contraction(values), guess, guess.contraction(values), (COARSE, FINEST))

    def prediction(self, method: str, level: float, limit: int) -> tuple[Optimiser, float, Arrival | None]:
        """The optimiser that needs fewest iterations here, the least asymptotic contraction, and the run; or no run."""
        best = self.best(method)
        contraction = best.contraction(self.eigenvalues)
        if np.isnan(contraction):
            return best, contraction, None
        task = self.task(level, limit)
        asymptotic = np.log(level / task.error(self.displacement)) / (2 * np.log(contraction))
        tuned, arrival = task.tuned(best, float(asymptotic))
        return tuned, contraction, arrival

    def task(self, level: float, limit: int) -> Task:
        """To iterate on the field to first order until the L2 loss, to second, is at a level."""
        hessian, gram, bent, layout = _fast(self.hessian), _fast(self.gram), bool(self.bends.any()), self.layout

        def gradient(displacement: FloatArray) -> FloatArray:
            product = layout.rows(hessian @ layout.flat(displacement))
            if bent:
                length = np.linalg.norm(_across(self.teacher, displacement), axis=1)
                product += self.bends * (length - np.einsum("kn,kn->k", self.across, displacement))[:, None]
            return product

        def error(displacement: FloatArray) -> float:
            flat = layout.flat(displacement)
            return float(flat @ (gram @ flat)) / 2

        return Task(gradient, error, self.displacement, level, limit, float(np.abs(self.displacement).max()))

    def nonlinearity(self, gradient: FloatArray) -> float:
        """Part of the gradient at the start by which the field to first order misses it."""
        linear = self.hessian @ self.layout.flat(self.displacement)
        return float(np.linalg.norm(self.layout.flat(gradient) - linear) / np.linalg.norm(gradient))


def _across(rows: FloatArray, displacement: FloatArray) -> FloatArray:
    """Parts of a displacement orthogonal to rows, (K, n)."""
    along = np.einsum("kn,kn->k", rows, displacement) / np.einsum("kn,kn->k", rows, rows)
    across: FloatArray = displacement - along[:, None] * rows
    return across


def _fast(curvature: Curvature) -> Curvature | FloatArray:
    """A matrix for many products."""
    return curvature.to_dense() if curvature.shape[0] <= DENSE else curvature
