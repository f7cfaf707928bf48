"""Critical points of a population loss: found by Newton's method with exact curvature, classified by their spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ._runtime.checks import number, positive_integer
from .curvature.spectrum import Spectrum
from .errors import NotDifferentiableError
from .losses import PopulationLoss, Student
from .networks import Network
from .parameters import Parameters
from .problem import SpanProblem

FloatArray = NDArray[np.float64]

SINGULAR = 1e-10
"""Singular values of the Hessian below this part of the largest are directions along which Newton's method rests, and
eigenvalues below it have no sign: a valley of minima, as overparameterised students have, is flat to rounding.
"""

ZERO, FLAT = 1e-10, 1e-6
"""Loss, relative to that of no student at all, which counts as zero.

At a gradient of 1e-12 a loss that falls linearly to its minimum, as H1 of ReLU does at the teacher, is as far from zero
as 1e-12 over the smallest eigenvalue. Where that is zero the gradient is quadratic, and leaves its square root.
"""

VANISHED = 1e-9
"""Norm of a row, relative to the teacher, that counts as zero."""

FIRST_RADIUS = 0.1
"""First trust radius, relative to the norm of the weights."""

ENLARGE, REJECT = 0.75, 1e-4
"""Part of the predicted decrease above which the radius doubles, and below which a step is not taken."""


@dataclass(frozen=True)
class CriticalPoint:
    """A point where the gradient vanishes, with the spectrum that classifies it.

    Attributes
    ----------
    weights
        Hidden weights (K, d).
    value, gradient_norm
        Loss, and Frobenius norm of its gradient.
    spectrum
        Eigenvalues of the Hessian with multiplicities, in the convention of the loss; of the Gauss-Newton matrix where
        the Hessian does not exist (`curvature` says which).
    curvature
        ``"hessian"`` or ``"gauss_newton"``.
    gradient_norms
        The gradient norm at the start and after each iteration.
    converged
        Whether ``gradient_norm`` is at most the tolerance, and no row has shrunk to zero, where ReLU has a kink, unless
        the loss is zero. If not, this is no critical point, and has no index.
    is_global
        Whether the loss is zero: see `is_zero`.
    """

    weights: FloatArray
    value: float
    gradient_norm: float
    spectrum: Spectrum
    curvature: str
    gradient_norms: tuple[float, ...]
    converged: bool
    is_global: bool

    @property
    def index(self) -> int | None:
        """Number of negative eigenvalues (real parts): those below -1e-10 of the largest modulus.

        0 where the loss is zero, whatever rounding does in a valley; None at other points without a Hessian, and if not
        converged.
        """
        if self.converged and self.is_global:
            return 0
        if not self.converged or self.curvature != "hessian":
            return None
        values = self.spectrum.values
        negative = values.real < -SINGULAR * np.abs(values).max()
        return int(self.spectrum.multiplicities[negative].sum())

    @property
    def iterations(self) -> int:
        """Iterations of Newton's method."""
        return len(self.gradient_norms) - 1

    def __str__(self) -> str:
        kinds = {None: "critical point without a Hessian", 0: "global minimum" if self.is_global else "minimum"}
        kind = kinds.get(self.index, f"saddle of index {self.index}")
        found = kind if self.converged else "no critical point: NOT CONVERGED"
        return (
            f"{found}, value {self.value:.6g}, gradient norm {self.gradient_norm:.1e} after {self.iterations} "
            f"iterations, {self.curvature} spectrum in [{self.spectrum.smallest:.6g}, {self.spectrum.largest:.6g}]"
        )


@np.errstate(all="ignore")
def critical_point(
    loss: PopulationLoss, W0: Student | Parameters, *, tol: float = 1e-12, max_iterations: int = 100
) -> CriticalPoint:
    r"""The critical point to which Newton's method leads from ``W0``: a minimum, a saddle, or a maximum.

    Solves ``loss.gradient(W) = 0`` by Powell's dogleg: Newton steps with the exact Hessian within a trust region of
    ``|gradient|^2``, so that it converges quadratically near a nondegenerate point and does not wander far from one.
    Along directions in which the Hessian is singular (a valley of minima) it does not move.

    Parameters
    ----------
    loss, W0
        Norm and convention; start, weights (K, d) or a `Network`. In the backprop convention the zeros of the field
        are found that training follows.
    tol
        Gradient norm to reach.
    max_iterations
        Iterations after which to give up.

    Returns
    -------
    CriticalPoint
        Look at ``converged``: far from a critical point the gradient norm can have minima that are not zero, and for
        weights of large norm the rounding of the gradient can exceed ``tol``.

    Raises
    ------
    NotDifferentiableError
        If gradient or Hessian do not exist at ``W0``.
    ValueError
        For a tolerance that is not positive, or a student of another dimension.

    Notes
    -----
    Computed in coordinates of ``span(W0, V)``, which Newton's method never leaves.

    Examples
    --------
    >>> point = critical_point(PopulationLoss([[1.0, 0.0], [0.0, 1.0]], "L2"), [[1.1, 0.1], [0.0, 0.9]])
    >>> point.converged, point.index, bool(np.abs(point.weights - np.eye(2)).max() < 1e-12)
    (True, 0, True)
    """
    tol = number("tol", tol, "a positive gradient norm", 0, np.inf)
    problem = SpanProblem.of(loss, W0)
    coordinates, norms = _dogleg(problem, tol, positive_integer("max_iterations", max_iterations))
    student = problem.student_at(coordinates)
    at = loss.at(student)
    try:
        curvature, spectrum = "hessian", at.hessian.spectrum()
    except NotDifferentiableError:
        curvature, spectrum = "gauss_newton", at.gauss_newton.spectrum()
    value = problem.at(coordinates).value
    is_global = is_zero(loss, value, flat=curvature != "hessian" or is_flat(spectrum.values))
    return CriticalPoint(
        weights=student.weights,
        value=value,
        gradient_norm=norms[-1],
        spectrum=spectrum,
        curvature=curvature,
        gradient_norms=tuple(norms),
        converged=norms[-1] <= tol and (is_global or not _vanished(loss, student)),
        is_global=is_global,
    )


def is_zero(loss: PopulationLoss, value: float, *, flat: bool = False) -> bool:
    """Whether a value of a loss is zero to the tolerance of a root: the one rule of what is a global minimum.

    At most 1e-10 of the loss of no student at all, or 1e-6 in a valley or where there is no Hessian (`flat`). The
    teacher's neurons are taken with positive output weights there, lest they cancel.
    """
    teacher = loss.teacher
    outputs = np.abs(teacher.output_weights)
    all_of_it = PopulationLoss(Network(teacher.weights, outputs, activation=loss.activation), loss.norm)
    silent = all_of_it.at(Parameters(teacher.weights, np.zeros(teacher.width)))
    return value <= (FLAT if flat else ZERO) * silent.value


def is_flat(eigenvalues: NDArray[Any]) -> bool:
    """Whether an eigenvalue is zero to rounding: the point lies in a valley, or is degenerate."""
    moduli = np.abs(eigenvalues)
    return bool(moduli.min() <= SINGULAR * moduli.max())


def _vanished(loss: PopulationLoss, student: Parameters) -> bool:
    """Whether a row is zero up to the tolerance of a root, where the gradient has no value."""
    norms = np.linalg.norm(student.weights, axis=1)
    return loss.has_kinks and bool(norms.min() < VANISHED * np.linalg.norm(loss.teacher.weights))


def _dogleg(problem: SpanProblem, tol: float, max_iterations: int) -> tuple[FloatArray, list[float]]:
    """Coordinates at which the gradient norm is at most ``tol``, or the last reached, and the norms on the way."""
    x, shape = problem.start.weights, problem.start.weights.shape
    g, radius = problem.at(x).gradient.ravel(), FIRST_RADIUS * float(np.linalg.norm(x))
    norms = [float(np.linalg.norm(g))]
    while norms[-1] > tol and len(norms) <= max_iterations:
        try:
            jacobian = problem.at(x).hessian.to_dense()
        except NotDifferentiableError:
            if len(norms) == 1:
                raise
            return x, norms
        newton, cauchy = _newton_and_cauchy(jacobian, g)
        while True:
            step = _dogleg_step(newton, cauchy, radius)
            trial = x + step.reshape(shape)
            moved = _gradient_or_nan(problem, trial)
            predicted = norms[-1] ** 2 - np.linalg.norm(g + jacobian @ step) ** 2
            gain = (norms[-1] ** 2 - np.linalg.norm(moved) ** 2) / predicted if predicted > 0 else 0.0
            if gain > REJECT:
                break
            radius = float(np.linalg.norm(step)) / 4
            if radius <= np.finfo(np.float64).eps * np.linalg.norm(x):
                return x, norms  # no decrease is left that rounding does not hide
        if gain > ENLARGE:
            radius = max(radius, 2 * float(np.linalg.norm(step)))
        x, g = trial, moved
        norms.append(float(np.linalg.norm(g)))
    return x, norms


def _gradient_or_nan(problem: SpanProblem, x: FloatArray) -> FloatArray:
    """The gradient, NaN where it does not exist: a step there is not taken."""
    try:
        return problem.at(x).gradient.ravel()
    except NotDifferentiableError:
        return np.full(x.size, np.nan)


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
