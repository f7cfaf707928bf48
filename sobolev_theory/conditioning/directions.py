r"""Curvatures at given weights, and limits of Hessians along directions in which a student leaves them.

At parallel rows the backprop Hessian of an order whose derivative jumps has limits at ``W + eps X``, ``eps -> 0+``, one
for each direction ``X``. Where it exists it is its own limit along all of them.

They map the span of ``U = [W; V]`` into itself and act like ``A (x) I`` modulo it. So their eigenvalues depend on ``X``
through its part in the span and the lengths of its rows outside; where students are parallel to one another, through
inner products of those. Random directions are drawn in as many coordinates as that takes, whatever ``d`` is: rows of a
Gaussian matrix (K, m) have lengths ``chi_m``, and up to a rotation it is lower triangular with ``chi_m, chi_(m - 1),
...`` on the diagonal and standard Gaussians below (Bartlett 1933). With biases, other inputs or more parameters they
are drawn in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import counted, generator, near, one_of, positive_integer, shown
from .._runtime.sizes import require_memory
from ..curvature.operator import Curvature
from ..curvature.spaces import RANK
from ..layout import InParameters
from ..losses import PopulationLoss, Student
from ..networks import Network
from ..norms import Convention
from ..pairs.existence import LEAST_SQUARES, require_directions
from ..parameters import Parameters
from ..points import Point
from ..shorthands import AnyPoint

FloatArray = NDArray[np.float64]
Towards = InParameters | None

RANDOM, SEVERAL = "random", 100
"""The word for random directions, and how many there are unless told."""

FLOATS = 30
"""Numbers that a Hessian of structure holds, in units of the square of the width."""

ADVICE = (
    "Training follows its limits at W + eps X, eps -> 0+: pass towards=X, a displacement of the student's weights, or "
    f'towards="random". {LEAST_SQUARES}'
)
"""What there is at parallel rows."""


@dataclass(frozen=True)
class Curvatures:
    """Curvatures of a loss at a student, one for each direction; a single one where they do not depend on it."""

    each: list[Curvature]
    are_limits: bool


class Directions:
    """Where to go from the weights: nowhere, along a direction, or along so many random ones.

    Random ones are drawn once: for losses of the same student and teacher they are the same.
    """

    def __init__(self, towards: Towards, count: int = 1, rng: Any = None) -> None:
        count, self._rng = positive_integer("directions", count), generator(rng)
        if isinstance(towards, str) and towards != RANDOM:
            advice = near(towards, [RANDOM])
            raise ValueError(
                f"towards: a direction, an array as the gradient is, or {RANDOM!r} is required, got "
                f"{shown(towards)}{advice}"
            )
        self.given = None if isinstance(towards, str) else towards
        self.count = count if isinstance(towards, str) else 0
        self._drawn: FloatArray | None = None

    @property
    def title(self) -> str:
        """What a Hessian becomes along them; empty if there are none."""
        random = f"{self.count} random direction{'s' * (self.count > 1)}" if self.count else ""
        along = "a direction" if self.given is not None else random
        return along and f"limit along {along} (training)"

    def curvatures(self, loss: PopulationLoss, W: Student, curvature: str) -> Curvatures:
        """The curvatures of a loss at a student."""
        at, kinds = loss.at(W), ("hessian", "gauss_newton")
        if one_of("curvature", curvature, kinds) == "gauss_newton":
            if self.title:
                raise ValueError(
                    'towards: curvature="hessian" is required, got "gauss_newton"; the Gauss-Newton matrix does not '
                    "depend on a direction, leave out towards"
                )
            return Curvatures([at.gauss_newton], are_limits=False)
        what = f"directions: Hessians of {at.width} neurons along {counted(self.count)} directions"
        require_memory(what, self.count * FLOATS * at.width**2, "take fewer directions")
        parallel = [] if loss.derivative is Convention.EXACT else at.parallel  # there it diverges along all of them
        if not self.title:
            require_directions(parallel, "Hessian", Convention.BACKPROP, ADVICE)
        if self.given is not None:
            return Curvatures([at.hessian_towards(self.given)], are_limits=bool(parallel))
        if parallel:
            return Curvatures(self._limits(loss, at, parallel), are_limits=True)
        return Curvatures([at.hessian], are_limits=False)

    def _limits(self, loss: PopulationLoss, at: AnyPoint, parallel: Sequence[tuple[int, int]]) -> list[Curvature]:
        """Along random directions."""
        if not isinstance(at, Point):
            return [at.hessian_towards(at.layout.given(X)) for X in self._flat(at.layout.size)]
        few, inside = _in_few_dimensions(loss, at, parallel)
        drawn = self._displacements(at.width, inside, at.dim - inside, few.dim - inside)
        return [few.hessian_towards(X) for X in drawn]

    def _flat(self, size: int) -> FloatArray:
        """Gaussian displacements in every parameter, (count, P); once drawn, the same."""
        require_memory(f"directions: {counted(self.count)} of {size} parameters", self.count * size, "take fewer")
        if self._drawn is None:
            self._drawn = np.random.default_rng(self._rng.integers(2**32, size=4)).standard_normal((self.count, size))
        return self._drawn

    def _displacements(self, width: int, inside: int, outside: int, axes: int) -> FloatArray:
        """Gaussian displacements, (count, width, inside + axes); once drawn, the same."""
        if self._drawn is None:
            # not the numbers of the seed itself, which weights may be made of: those are no direction to leave along
            rng = np.random.default_rng(self._rng.integers(2**32, size=4))
            within = rng.standard_normal((self.count, width, inside))
            beyond = _up_to_rotation(rng, (self.count, width), outside, axes) if axes else within[:, :, :0]
            self._drawn = np.concatenate([within, beyond], axis=2)
        return self._drawn


def _up_to_rotation(rng: np.random.Generator, shape: tuple[int, int], dim: int, axes: int) -> FloatArray:
    """Gaussian matrices (count, K, dim) by the lengths of their rows on one axis, or by all inner products on K."""
    if axes == 1:
        return np.sqrt(rng.chisquare(dim, (*shape, 1)))
    count, width = shape
    triangles = np.tril(rng.standard_normal((count, width, width)), -1)
    k = np.arange(width)
    triangles[:, k, k] = np.sqrt(rng.chisquare(dim - k, shape))
    return triangles


def _in_few_dimensions(loss: PopulationLoss, at: Point, parallel: Sequence[tuple[int, int]]) -> tuple[Point, int]:
    """The same in coordinates of the span of ``U`` and of one more axis, or K; and how many are in the span.

    Parallel rows are multiples of one another, as rotation would not leave them.
    """
    axes = at.width if any(j < at.width for _, j in parallel) else 1
    basis = _orthonormalised(at.rows)
    rank = len(basis)
    if at.dim <= rank + axes:
        return at, at.dim
    rows = np.hstack([at.rows @ basis.T, np.zeros((len(at.rows), axes))])
    for i, j in parallel:
        k = np.argmax(np.abs(at.rows[i]))
        rows[j] = at.rows[j, k] / at.rows[i, k] * rows[i]
    teacher = Network(rows[at.width :], loss.teacher.output_weights, activation=loss.activation)
    few = PopulationLoss(teacher, loss.norm, derivative=loss.derivative)
    return Point(few, Parameters(rows[: at.width], at.outputs[: at.width])), rank


def _orthonormalised(rows: FloatArray) -> FloatArray:
    """Gram-Schmidt, each row twice: a basis of the span that does not depend on the machine, as LAPACK's would."""
    basis = np.zeros((0, rows.shape[1]))
    for row in rows:
        unit = row / (np.abs(row).max() or 1.0)
        rest = unit / (np.linalg.norm(unit) or 1.0)
        for _ in range(2):
            rest = rest - (basis @ rest) @ basis
        if (length := np.linalg.norm(rest)) > RANK:
            basis = np.vstack([basis, rest / length])
    return basis
