"""Whether a kernel of a kinked activation has a derivative at given inputs: refusals with reasons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import NotDifferentiableError
from .prior import Orders, Prior

FloatArray = NDArray[np.float64]


def require_varying(kernel: str, prior: Prior, x: FloatArray, y: FloatArray, orders: Orders) -> None:
    """Refuse inputs that are zero, where neurons are constant, for an activation that is not smooth enough at 0.

    A derivative of order i in x is ``E[sigma^(i)(z_1) ...]``: there it has a limit if no derivative up to that jumps.

    Raises
    ------
    NotDifferentiableError
        With the inputs.
    """
    definition = prior.definition
    if prior.bias_variance or definition.jump_order is None:
        return
    for name, inputs, order in zip("xy", (x, y), orders, strict=True):
        zero = np.flatnonzero(~inputs.any(axis=1))
        if len(zero) and any(jump.place == 0 for k in range(order + 1) for jump in definition.jumps(k)):
            reason = f"{prior.activation.name} is not smooth at 0, where all neurons are at an input that is zero"
            what = f"derivative of order {order} in {name} of {kernel}" if order else f"value of {kernel}"
            pairs = [(int(i), int(i)) for i in zero]
            raise NotDifferentiableError(what, pairs, reason, "Move them, or take a bias_variance.", f"inputs {name}")


def meeting_places(kernel: str, prior: Prior, orders: Orders) -> tuple[float, ...]:
    """Where kinks are that may not meet, none for a kernel that is differentiable whether they do or not.

    At parallel inputs kinks of both arguments may be one hyperplane of weights: a jump of the one then meets a Dirac
    delta of the other, in the tangent kernel an order earlier.
    """
    tangent, jump = int(kernel == "ntk"), prior.definition.jump_order
    if jump is None or not sum(orders) or not min(orders) + tangent >= jump or not max(orders) + tangent > jump:
        return ()
    return tuple(found.place for found in prior.definition.jumps(jump))


def require_parted(kernel: str, prior: Prior, orders: Orders, pairs: list[tuple[int, int]]) -> None:
    """Refuse inputs at which kinks meet."""
    if pairs:
        reason = f"{prior.activation.name} has kinks that are one at parallel inputs"
        advice = "Take inputs that are not parallel, or an activation that is smoother."
        if kernel == "ntk":
            advice = (
                "nngp, the kernel of output weights alone, has it; sobolev_gram has what backpropagation makes of it."
            )
        raise NotDifferentiableError(f"derivative of orders {orders} of {kernel}", pairs, reason, advice, "inputs x, y")
