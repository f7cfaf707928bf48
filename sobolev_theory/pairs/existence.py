"""Whether there is a closed form, a derivative exists at given weights, a result is a number: refusals with reasons.

And a warning, where a number has no digits.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..errors import AccuracyWarning, NotDifferentiableError, OverflowingError
from ..networks import Network
from .geometry import PairGeometry

DIGITS = 1e-3
"""Share of a result that may be rounding before a warning says so."""


def require_covered(name: str, network: Network, activation: Activation) -> None:
    """Refuse a network that the closed forms do not cover."""
    if network.activation is not activation and network.activation != activation:
        other = " of another definition" if network.activation.name == activation.name else ""
        raise ValueError(
            f"{name}: activation {activation.name!r} is required, got {network.activation.name!r}{other}; "
            "student and teacher share it"
        )
    if network.biases is not None and np.any(network.biases):
        raise NotImplementedError(
            f"{name}: biases are not supported yet in population losses; pass a network without biases"
        )


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


def require_directions(parallel: Sequence[tuple[int, int]], what: str, other: str = "gauss_newton") -> None:
    """Refuse parallel rows: the derivative depends on the direction ``e`` that they lack."""
    if parallel:
        reason = "weights are parallel where a derivative of the activation jumps"
        raise NotDifferentiableError(what, parallel, reason, f"Use {other}, which exists there.")


def are_finite(*numbers: float | NDArray[np.float64]) -> bool:
    """Whether a result stayed in the range of its numbers."""
    return all(map(_is_finite, numbers))


def _is_finite(some: float | NDArray[np.float64]) -> bool:
    return bool(np.count_nonzero(np.isfinite(some)) == np.size(some))


def overflowing(what: str, activation: Activation) -> OverflowingError:
    """The refusal of a result that double precision does not hold."""
    advice = "take smaller weights, output weights or weights of the norm"
    if activation.degree is not None:
        advice = f"rescale them (losses of {activation.name} are homogeneous of degree {2 * activation.degree})"
    return OverflowingError(
        f"student, teacher: the {what} overflows double precision at weights of this size; {advice}"
    )


def warn_of_rounding(activation: Activation, geometry: PairGeometry, outputs: NDArray[np.float64], what: str) -> None:
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
            stacklevel=6,
        )
