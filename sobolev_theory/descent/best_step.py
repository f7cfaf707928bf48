r"""The fixed step of gradient descent that contracts fastest, and the Hessian beside the teacher that decides it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from .._runtime.checks import instance_of
from .._runtime.results import Record
from ..curvature.operator import Curvature
from ..errors import NotDifferentiableError
from ..layout import NAMES
from ..losses import PopulationLoss
from ..networks import Network
from ..parameters import Parameters
from ..problem import matched

IntArray = NDArray[np.intp]

ROUNDINGS = 1e-14
"""Smallest eigenvalue of the largest that is told from zero."""


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

    Of a homogeneous network all of whose parameters move, across the rescalings of neurons, along which nothing is left
    to contract. In the backprop convention of an order whose derivative jumps the Hessian near the teacher is not the
    Gauss-Newton matrix, even in the limit: take ``loss.hessian(V, towards=X)``.

    Raises
    ------
    ValueError
        If an eigenvalue has a real part that is not positive: no fixed step contracts.

    Examples
    --------
    >>> best_step(PopulationLoss([[0.0, 1.0]], "L2").hessian([[0.6, 0.8]])).contraction < 1
    True
    """
    spectrum = instance_of("curvature", curvature, Curvature).spectrum(quotient=curvature.has_quotient)
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

    best = scipy.optimize.minimize_scalar(
        contraction, bounds=(0, 2 / high), method="bounded", options={"xatol": 1e-12 / high}
    )
    return BestStep(float(best.x), float(best.fun))


def curvature_at_teacher(loss: PopulationLoss, student: Parameters | Network) -> Curvature:
    """The Hessian at the teacher in the direction of the student, or the Gauss-Newton matrix where there is none."""
    rows = matched(loss, student)
    if rows is None:
        still = [name for name in NAMES if name not in loss.moving]
        differ = " or ".join(["width", "activation", *(name.replace("_", " ") for name in still)])
        raise ValueError(f"step: a step is required if student and teacher differ in {differ}, got None")
    return curvature_at_rows(loss, rows, student)


def curvature_at_rows(loss: PopulationLoss, rows: IntArray, student: Parameters | Network) -> Curvature:
    """The same at neurons of the teacher that the student's match."""
    given, layout = Parameters.of_network(student), loss.layout(student.width)
    matched = Parameters.of_network(loss.teacher).rows(layout)[rows]
    end, away = loss.at(given.at_rows(layout, matched)), given.rows(layout) - matched
    try:
        return end.hessian_towards(layout.given(layout.flat(away))) if away.any() else end.gauss_newton
    except NotDifferentiableError:
        return end.gauss_newton
