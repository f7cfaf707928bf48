"""Whether a kernel of a kinked activation has a derivative at given inputs: refusals with reasons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import NotDifferentiableError
from ..pairs.blocks_of_rows import by_blocks
from .input_pairs import InputPairs
from .prior import Orders, Prior

FloatArray = NDArray[np.float64]


def require_existing(kernel: str, prior: Prior, x: FloatArray, y: FloatArray, orders: Orders) -> None:
    """Refuse inputs at which the kernel has a cone, or jumps.

    A derivative of order i in x is ``E[sigma^(i)(z_1) ...]``: at an input where ``z_1`` is constant it has a limit if
    no derivative up to that one jumps there. At parallel inputs kinks of both arguments may be one hyperplane of
    weights: a jump of the one is then met by a Dirac delta of the other, in the tangent kernel an order earlier.

    Raises
    ------
    InfiniteNormError
        For the tangent kernel of an activation that jumps.
    NotDifferentiableError
        With the pairs.
    """
    tangent = int(kernel == "ntk")
    prior.require_finite(tangent)
    jump = prior.definition.jump_order
    if jump is None:
        return
    if not prior.bias_variance:
        for name, inputs, order in zip(("x", "y"), (x, y), orders, strict=True):
            _require_varying(name, kernel, prior, inputs, order)
    high, low = max(orders) + tangent, min(orders) + tangent
    if sum(orders) and high > jump and low >= jump:
        places = tuple(found.place for found in prior.definition.jumps(jump))
        found = by_blocks(len(x), len(y), lambda part: _meeting(prior, x, y, part, places))
        if pairs := [pair for block in found for pair in block]:
            reason = f"{prior.activation.name} has kinks that are one at parallel inputs"
            advice = _advice(kernel, jump)
            raise NotDifferentiableError(f"{kernel} of orders {orders}", pairs, reason, advice, of="inputs x, y")


def _require_varying(name: str, kernel: str, prior: Prior, inputs: FloatArray, order: int) -> None:
    """Refuse inputs that are zero, where neurons are constant, if an activation is not smooth enough at 0."""
    zero = np.flatnonzero(~inputs.any(axis=1))
    definition = prior.definition
    if len(zero) and any(jump.place == 0 for k in range(order + 1) for jump in definition.jumps(k)):
        reason = f"{prior.activation.name} is not smooth at 0, where neurons are at an input {name} that is zero"
        pairs = [(int(i), int(i)) for i in zero]
        what = f"{kernel} with {order} derivatives in {name}"
        raise NotDifferentiableError(what, pairs, reason, "Move it, or take a bias_variance.", of=f"inputs {name}")


def _meeting(
    prior: Prior, x: FloatArray, y: FloatArray, part: slice, places: tuple[float, ...]
) -> list[tuple[int, int]]:
    """Pairs of a block at which kinks meet."""
    pairs = InputPairs.of(prior, x[part], y).meeting(places)
    return [(part.start + i, j) for i, j in pairs]


def _advice(kernel: str, jump: int) -> str:
    """What there is."""
    if kernel == "nngp":
        return "Take inputs that are not parallel."
    other = "nngp, the kernel of output weights alone, which has it" if jump else "an activation that does not jump"
    return f"Take {other}; or sobolev_gram, which has what backpropagation makes of it."
