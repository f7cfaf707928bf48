"""Whether a derivative exists at given weights, a result is a number: refusals with reasons.

And a warning, where a number has no digits.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..errors import AccuracyWarning, NotDifferentiableError, OverflowingError
from ..norms import Convention
from .geometry import PairGeometry
from .sums import PairTerms

DIGITS = 1e-3
"""Share of a result that may be rounding before a warning says so."""


def require_kinks_avoided(
    activation: Activation,
    zero_rows: Sequence[int],
    what: str,
    times: int,
    advice: str = "Remove the zero rows or move them off the origin.",
) -> None:
    """Refuse zero student rows where ``max(z, 0)^n`` is differentiated n times or more in its weights."""
    jump = activation.jump_order
    if zero_rows and jump is not None and times >= jump:
        reason = f"{activation.name} has a kink at a zero weight"
        raise NotDifferentiableError(what, [(i, i) for i in zero_rows], reason, advice)


LEAST_SQUARES = (
    "Use gauss_newton, which exists there, for the least-squares geometry of the features: steps of "
    "Gauss-Newton or of the natural gradient, statistics."
)

INSTEAD = {
    ("Hessian", Convention.BACKPROP): (
        f"towards=X gives its limit at W + eps X, eps -> 0+, which training follows. {LEAST_SQUARES}"
    ),
    ("Hessian", Convention.EXACT): (
        f'The loss has a cone there; training follows derivative="backprop", with towards=X. {LEAST_SQUARES}'
    ),
    ("gradient", Convention.EXACT): 'Use derivative="backprop", which exists there.',
}
"""What there is where a derivative does not exist at parallel rows."""


def require_directions(
    parallel: Sequence[tuple[int, int]], what: str, convention: Convention, advice: str | None = None
) -> None:
    """Refuse parallel rows: the derivative depends on the direction ``e`` that they lack."""
    if parallel:
        reason = "weights are parallel where a derivative of the activation jumps"
        advice = INSTEAD[what, convention] if advice is None else advice
        raise NotDifferentiableError(f"{what} ({convention})", parallel, reason, advice)


def require_parted(pairs: Sequence[tuple[int, int]]) -> None:
    """Refuse a direction that leaves parallel rows parallel."""
    if pairs:
        reason = "towards keeps parallel rows parallel, X_j - c X_i has no part transverse to w_i where w_j = c w_i"
        advice = (
            "Give row i of towards such a part (a teacher's row rests, X_j = 0), or take field_limit, which exists."
        )
        raise NotDifferentiableError("limit of the Hessian towards this direction", pairs, reason, advice)


def parallel_pairs(
    geometry: PairGeometry, terms: PairTerms, outputs: NDArray[np.float64], *quantities: str
) -> NDArray[np.intp]:
    """Numbers of the near pairs at which one of some quantities does not exist; none is of output weight 0."""
    near = geometry.near
    if not len(near.i) or not terms.jumps_in(geometry.rows.shape[1]) or not terms.is_singular(*quantities):
        return np.zeros(0, dtype=np.intp)
    at = geometry.parallel
    audible: NDArray[np.intp] = at[outputs[near.i[at]] * outputs[near.j[at]] != 0]
    return audible


def require_differentiable(
    geometry: PairGeometry,
    terms: PairTerms,
    outputs: NDArray[np.float64],
    what: str,
    quantities: tuple[str, ...],
    *,
    times: int,
    stacklevel: int = 6,
) -> None:
    """Refuse weights at which a loss cannot be differentiated so many times, or warn where no digits are left."""
    require_kinks_avoided(terms.activation, geometry.zero_rows, what, times)
    parallel = geometry.near.named(parallel_pairs(geometry, terms, outputs, *quantities))
    require_directions(parallel, what, terms.convention)
    warn_of_rounding(terms.activation, geometry, outputs, what, stacklevel=stacklevel)


def are_finite(*numbers: float | NDArray[np.float64]) -> bool:
    """Whether a result stayed in the range of its numbers."""
    return all(map(_is_finite, numbers))


def _is_finite(some: float | NDArray[np.float64]) -> bool:
    return bool(np.count_nonzero(np.isfinite(some)) == np.size(some))


def overflowing(what: str, activation: Activation, numbers: str = "") -> OverflowingError:
    """The refusal of a result that double precision does not hold; ``numbers`` are arguments beside the networks."""
    advice = "take smaller weights, output weights or weights of the norm"
    if activation.degree is not None:
        advice = f"rescale them (losses of {activation.name} are homogeneous of degree {2 * activation.degree})"
    where, sizes = (f"student, {numbers}", "numbers") if numbers else ("student, teacher", "weights")
    return OverflowingError(f"{where}: the {what} overflows double precision at {sizes} of this size; {advice}")


def warn_of_rounding(
    activation: Activation, geometry: PairGeometry, outputs: NDArray[np.float64], what: str, *, stacklevel: int
) -> None:
    """Warn where long rows of a smooth activation are nearly parallel: the frame of the rows has no digits there.

    The field varies ``x^2`` times faster across a row than along it, ``x`` being its norm in units of the inverse
    variation, or one over the sine of the angle, whichever is smaller.
    """
    near = geometry.near
    if geometry.chart.has_frames or not len(near.i):
        return
    shorter = activation.variation * np.minimum(geometry.norms[near.i], geometry.norms[near.j])
    lost = shorter**2 / (1 + (shorter * near.sine) ** 2) * np.finfo(shorter.dtype).eps
    lost = np.where(outputs[near.i] * outputs[near.j] == 0, 0.0, lost)
    if (worst := int(np.argmax(lost))) >= 0 and lost[worst] > DIGITS:
        i, j = int(near.i[worst]), int(near.j[worst])
        warnings.warn(
            f"the {what} has fewer than three digits: rows {i} and {j} of the stacked weights [W; V] are long and "
            f"nearly parallel, which costs {activation.name} the square of their norm in roundings; take shorter "
            "weights",
            AccuracyWarning,
            stacklevel=stacklevel,
        )
