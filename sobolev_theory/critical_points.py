"""Critical points of a population loss: found by Newton's method with exact curvature, classified by their spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._dogleg import SINGULAR, dogleg
from ._natural_units import loss_of_silence, losses_alone, relative_gradient, roots, scale_of
from ._runtime.checks import number, positive_integer
from ._runtime.results import Record, Value
from .curvature.spectrum import Spectrum
from .errors import NotDifferentiableError, OverflowingError
from .losses import PopulationLoss, Student
from .networks import Network
from .parameters import Parameters
from .problem import SpanProblem

FloatArray = NDArray[np.float64]

ZERO, FLAT = 1e-10, 1e-6
"""Loss, relative to that of no student at all with every neuron of the teacher as small as the smallest, which counts
as zero.

At a gradient of 1e-12 a loss that falls linearly to its minimum, as H1 of ReLU does at the teacher, is as far from zero
as 1e-12 over the smallest eigenvalue. Where that is zero the gradient is quadratic, and leaves its square root.
"""

VANISHED = 1e-9
"""Norm of a row, relative to the teacher, that counts as zero."""


@dataclass(frozen=True, eq=False, repr=False)
class CriticalPoint(Record, Value):
    """A point where the gradient vanishes, with the spectrum that classifies it.

    Attributes
    ----------
    weights, student
        Hidden weights (K, d), and the student with all that it has, a `Network`.
    value, gradient_norm
        Loss, and Frobenius norm of its gradient.
    spectrum
        Eigenvalues of the Hessian with multiplicities, in the convention of the loss; of the Gauss-Newton matrix where
        the Hessian does not exist (`curvature` says which). Where weights, biases and output weights of ReLU^n move, K
        of them are zero, along the rescalings of neurons, and say nothing of a valley: the condition number across them
        is ``loss.hessian(point.student).condition_number(quotient=True)``.
    curvature
        ``"hessian"`` or ``"gauss_newton"``.
    gradient_norms
        The gradient norm at the start and after each iteration.
    converged
        Whether the gradient, relative to its natural scale (see `critical_point`), is at most the tolerance, and no row
        has shrunk to zero, where ReLU has a kink, unless the loss is zero. If not, this is no critical point, and has
        no index.
    is_global
        Whether the loss is zero: see `is_zero`.
    negative
        Eigenvalues (real parts) of the Hessian in natural units below -1e-10 of their largest modulus, across
        rescalings.
    """

    student: Network
    value: float
    gradient_norm: float
    spectrum: Spectrum
    curvature: str
    gradient_norms: tuple[float, ...]
    converged: bool
    is_global: bool
    negative: int

    def facts(self) -> dict[str, Any]:
        """The fields, and the index."""
        return {**super().facts(), "index": self.index}

    @property
    def weights(self) -> FloatArray:
        """Hidden weights (K, d)."""
        return self.student.weights

    @property
    def index(self) -> int | None:
        """Number of negative eigenvalues (real parts), in natural units: see `negative`.

        They are as many as the Hessian has where that is symmetric (Sylvester). 0 where the loss is zero, whatever
        rounding does in a valley; None at other points without a Hessian, and if not converged.
        """
        if self.converged and self.is_global:
            return 0
        if not self.converged or self.curvature != "hessian":
            return None
        return self.negative

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
        Norm and convention; start, weights (K, d) or a `Network`, which it has to be where more moves. In the backprop
        convention the zeros of the field are found that training follows.
    tol
        Gradient to reach, relative to its natural scale: ``sum_i |g_i|^2/s_i^2 <= tol^2`` over the neurons, where
        ``s_i^2`` is the curvature of neuron i alone times the loss of the smallest neuron of the teacher alone.
    max_iterations
        Iterations after which to give up.

    Returns
    -------
    CriticalPoint
        Look at ``converged``: far from a critical point the gradient norm can have minima that are not zero, and
        beside long rows of the teacher the rounding of the gradient can exceed ``tol``.

    Raises
    ------
    NotDifferentiableError
        If gradient or Hessian do not exist at ``W0``.
    OverflowingError
        If the loss of a neuron of the teacher is below the range of doubles.
    ValueError
        For a tolerance that is not positive, or a student of another dimension.

    Notes
    -----
    Computed in coordinates of ``span(W0, V)``, which Newton's method never leaves; for other inputs, see
    `gradient_flow`. At networks of ReLU^n that rescaling makes equal it takes the shortest steps.

    Examples
    --------
    >>> point = critical_point(PopulationLoss([[1.0, 0.0], [0.0, 1.0]], "L2"), [[1.1, 0.1], [0.0, 0.9]])
    >>> point.converged, point.index, bool(np.abs(point.weights - np.eye(2)).max() < 1e-12)
    (True, 0, True)
    """
    tol = number("tol", tol, "a positive gradient norm", 0, np.inf)
    problem = SpanProblem.of(loss, W0)
    require_resolved(loss)
    rows, norms = dogleg(problem, tol, positive_integer("max_iterations", max_iterations))
    at = loss.at(problem.student_at(problem.embed(rows)))
    try:
        curvature, matrix = "hessian", at.hessian
    except NotDifferentiableError:
        curvature, matrix = "gauss_newton", at.gauss_newton
    spectrum = matrix.spectrum()
    units = roots(at)
    scaled, orbits = matrix if np.ptp(units) == 0 else matrix.scaled(1 / units), matrix.has_quotient
    natural = scaled.spectrum(quotient=orbits) if scaled is not matrix or orbits else spectrum
    end = problem.at(rows)
    value, gradient = end.value, relative_gradient(end, problem.layout, scale_of(problem.loss))
    is_global = is_zero(loss, value, flat=curvature != "hessian" or is_flat(natural.values))
    negative = natural.values.real < -SINGULAR * np.abs(natural.values).max()
    return CriticalPoint(
        student=loss.student(at),
        value=value,
        gradient_norm=norms[-1],
        spectrum=spectrum,
        curvature=curvature,
        gradient_norms=tuple(norms),
        converged=gradient <= tol and (is_global or not _vanished(problem, rows)),
        is_global=is_global,
        negative=int(natural.multiplicities[negative].sum()),
    )


def is_zero(loss: PopulationLoss, value: float, *, flat: bool = False) -> bool:
    """Whether a value of a loss is zero to the tolerance of a root: the one rule of what is a global minimum.

    At most 1e-10 of the loss of no student at all, or 1e-6 in a valley or where there is no Hessian (`flat`). The
    teacher's neurons are taken with positive output weights there, lest they cancel, and as small as the smallest of
    them: a student that lacks that one has no loss of zero.
    """
    teacher = loss.teacher
    outputs = np.abs(teacher.output_weights)
    positive = Network(teacher.weights, outputs, teacher.biases, abs(teacher.output_bias), teacher.activation)
    silent, alone = loss_of_silence(loss, positive), losses_alone(loss)
    return value <= (FLAT if flat else ZERO) * silent * float(alone.min() / alone.max() if len(alone) else 1.0)


def require_resolved(loss: PopulationLoss) -> None:
    """Refuse a teacher with a neuron whose loss alone underflows: every point beside it would count as a root.

    Raises
    ------
    OverflowingError
        For such a teacher.
    """
    alone = losses_alone(loss)
    if len(alone) and not ZERO * float(alone.min()) > 0:
        raise OverflowingError(
            f"teacher: the loss of a neuron alone, {alone.min():.3g}, is at the end of double precision, where zero "
            "is not told from it; rescale the weights, or leave that neuron out"
        )


def is_flat(eigenvalues: NDArray[Any]) -> bool:
    """Whether an eigenvalue is zero to rounding: the point lies in a valley, or is degenerate."""
    moduli = np.abs(eigenvalues)
    return bool(moduli.min() <= SINGULAR * moduli.max())


def _vanished(problem: SpanProblem, rows: FloatArray) -> bool:
    """Whether a row of neurons with a kink at zero is zero up to the tolerance of a root: there is no gradient."""
    neurons, columns = problem.kinked
    norms = np.linalg.norm(rows[neurons, :columns], axis=1)
    return bool((norms < VANISHED * np.linalg.norm(problem.teacher_rows)).any())
