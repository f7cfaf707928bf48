"""Newton's method for zeros of a gradient: Powell's dogleg, in natural units."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ._natural_units import relative_gradient, scale_of, units
from .errors import NotDifferentiableError, OverflowingError
from .problem import SpanProblem
from .shorthands import AnyPoint

FloatArray = NDArray[np.float64]

SINGULAR = 1e-10
"""Singular values of the Hessian below this part of the largest are directions along which Newton's method rests, and
eigenvalues below it have no sign: a valley of minima, as overparameterised students have, is flat to rounding. Both of
the Hessian in natural units, in which the curvature of each neuron alone is one: a long row hides no short one.
"""

FIRST_RADIUS = 0.1
"""First trust radius, relative to the norm of what moves."""

ENLARGE, REJECT = 0.75, 1e-4
"""Part of the predicted decrease above which the radius doubles, and below which a step is not taken."""


def _norm(array: FloatArray) -> float:
    """The Frobenius norm, also where squares of entries are no doubles."""
    largest = float(np.abs(array).max())
    return largest * float(np.linalg.norm(array / largest)) if largest else 0.0


def dogleg(problem: SpanProblem, tol: float, max_iterations: int) -> tuple[FloatArray, list[float]]:
    """Rows of neurons where the relative gradient is at most ``tol``, or the last, and gradient norms on the way.

    Newton's method works in natural units, which those of the start fix: there all numbers are of order one.
    """
    start, layout = problem.at(problem.start_rows), problem.layout
    curvature, length = units(start, layout), scale_of(problem.loss)
    x, g = layout.flat(problem.start_rows) * (curvature / length), start.gradient.ravel() / curvature / length
    radius, norms = FIRST_RADIUS * float(np.linalg.norm(x)), [_norm(start.gradient)]

    def at(x: FloatArray) -> AnyPoint:
        return problem.at(layout.rows(x * (length / curvature)))

    here = start
    while len(norms) <= max_iterations and relative_gradient(here, layout, length) > tol:
        try:
            jacobian = here.hessian.to_dense() / curvature / curvature[:, None]
        except NotDifferentiableError:
            if len(norms) == 1:
                raise
            break
        newton, cauchy = _newton_and_cauchy(jacobian, g)
        while True:
            step = _dogleg_step(newton, cauchy, radius)
            there = at(x + step)
            moved = _gradient_or_nan(there, layout.size) / curvature / length
            before, predicted = np.linalg.norm(g) ** 2, np.linalg.norm(g + jacobian @ step) ** 2
            gain = (before - np.linalg.norm(moved) ** 2) / (before - predicted) if before > predicted else 0.0
            if gain > REJECT:
                break
            radius = float(np.linalg.norm(step)) / 4
            if radius <= np.finfo(np.float64).eps * np.linalg.norm(x):
                return here.parameters.rows(layout), norms  # no decrease is left that rounding does not hide
        if gain > ENLARGE:
            radius = max(radius, 2 * float(np.linalg.norm(step)))
        x, g, here = x + step, moved, there
        norms.append(_norm(g * curvature * length))
    return here.parameters.rows(layout), norms


def _gradient_or_nan(at: AnyPoint, size: int) -> FloatArray:
    """The gradient, NaN where it does not exist or leaves the range of doubles: a step there is not taken."""
    try:
        return at.gradient.ravel()
    except (NotDifferentiableError, OverflowingError):
        return np.full(size, np.nan)


def _newton_and_cauchy(jacobian: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The Newton step, shortest where the Jacobian is singular, and the minimum of the model along its gradient."""
    newton: FloatArray = scipy.linalg.lstsq(jacobian, -g, cond=SINGULAR, lapack_driver="gelsy")[0]
    descent: FloatArray = -jacobian.T @ g
    curved = float(np.linalg.norm(jacobian @ descent)) ** 2
    cauchy: FloatArray = descent * (descent @ descent / curved) if curved else descent
    return newton, cauchy


def _dogleg_step(newton: FloatArray, cauchy: FloatArray, radius: float) -> FloatArray:
    """The Newton step if it fits into the radius, else where the way to it over the Cauchy point leaves the radius."""
    if np.linalg.norm(newton) <= radius:
        return newton
    length = float(np.linalg.norm(cauchy))
    if length >= radius:
        return cauchy * (radius / length)
    leg = newton - cauchy  # |cauchy + s leg| = radius
    a, b, c = leg @ leg, cauchy @ leg, radius**2 - length**2
    return cauchy + leg * (c / (b + np.sqrt(b * b + a * c)))
