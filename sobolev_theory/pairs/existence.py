"""Whether a derivative exists at given weights, and whether a result is a number: refusals with reasons."""

import numpy as np
from numpy.typing import NDArray

from ..errors import NotDifferentiableError, OverflowingError
from .geometry import Pairs

FloatArray = NDArray[np.float64]


def require_kinks_avoided(pairs: Pairs, what: str, times: int) -> None:
    """Refuse zero student rows where ``max(z, 0)^n`` is differentiated n times or more in its weights."""
    jump = pairs.activation.jump_order
    if jump is not None and times >= jump and (zero := pairs.zero_rows()):
        reason = f"{pairs.activation.name} has a kink at a zero weight"
        raise NotDifferentiableError(what, zero, reason, "Remove the zero rows or move them off the origin.")


def require_directions(pairs: Pairs, c: FloatArray, what: str, times: int) -> None:
    """Refuse parallel rows of nonzero output weight: the derivative depends on the direction ``e`` that they lack."""
    parallel = [(i, j) for i, j in pairs.parallel() if c[i] * c[j] != 0]
    if parallel:
        reason = "weights are parallel where a derivative of the activation jumps"
        other = "gauss_newton" if times == 2 else 'derivative="backprop"'
        raise NotDifferentiableError(what, parallel, reason, f"Use {other}, which exists there.")


def require_finite(what: str, numbers: float | FloatArray) -> None:
    """Refuse a result that left the range of double precision on the way."""
    if not np.isfinite(numbers).all():
        raise OverflowingError(
            f"student, teacher: the {what} overflows double precision at weights of this size; rescale them (losses of "
            "ReLU^n are homogeneous)"
        )
