"""Whether there is a closed form, a derivative exists at given weights, a result is a number: refusals with reasons."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..errors import NotDifferentiableError, OverflowingError
from ..networks import Network


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


def require_finite(what: str, *numbers: float | NDArray[np.float64]) -> None:
    """Refuse a result that left the range of double precision on the way."""
    for some in numbers:
        if np.count_nonzero(np.isfinite(some)) < np.size(some):
            raise OverflowingError(
                f"student, teacher: the {what} overflows double precision at weights of this size; rescale them "
                "(losses of ReLU^n are homogeneous)"
            )
