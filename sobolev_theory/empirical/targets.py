"""Targets of an empirical loss: a network, or arrays of values, gradients and Hessians at the samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import shown
from ..networks import Network
from ..norms import Norm
from .samples import Samples

FloatArray = NDArray[np.float64]
Targets = Network | Sequence[ArrayLike | None]

AXES = ("n",), ("n", "d"), ("n", "d", "d")
LETTERS = "y", "G", "H"
REQUIRED = "targets: a Network, or a tuple of arrays by order, (y,), (y, G) or (y, G, H),"


def parsed(targets: Targets, norm: Norm, sizes: dict[str, int]) -> Network | dict[int, Samples]:
    """A network, or the arrays that a norm needs, by order.

    Raises
    ------
    ValueError
        For another dimension or shape, and for targets that lack an order of the norm.
    """
    if isinstance(targets, Network):
        if targets.dim != sizes["d"]:
            raise ValueError(f"targets: input dimension {sizes['d']} of X is required, got {targets.dim}")
        return targets
    if not isinstance(targets, tuple | list):
        advice = "; pass (y,)" if isinstance(targets, np.ndarray) and targets.ndim == 1 else ""
        raise ValueError(f"{REQUIRED} is required, got {shown(targets)}{advice}")
    if not 1 <= len(targets) <= len(AXES) or all(isinstance(each, int | float) for each in targets):
        raise ValueError(f"{REQUIRED} is required, got a {type(targets).__name__} of {len(targets)}; pass (y,) for y")
    orders = [order for order, _ in norm.orders]
    for order in orders:
        if order >= len(AXES):
            raise ValueError(
                f"targets: a Network is required for norm {norm.name}, arrays are taken up to order 2; take its "
                "weights up to there, or a network that was fitted to the data"
            )
        if order >= len(targets) or targets[order] is None:
            raise ValueError(
                f"targets: {LETTERS[order]} of shape ({', '.join(AXES[order])}{',' * (not order)}) is required, the "
                f"derivatives of order {order} that norm {norm.name} compares, got arrays of orders "
                f"{', '.join(str(m) for m, each in enumerate(targets) if each is not None) or 'none'}; pass "
                f"({', '.join(LETTERS[: order + 1])}{',' * (not order)}), or a norm without them"
            )
    given = {m: each for m, each in enumerate(targets) if each is not None}
    found = {m: Samples.parse(f"targets: {LETTERS[m]}", each, AXES[m], sizes) for m, each in given.items()}
    if 2 in orders:
        _require_symmetric(found[2])
    return {order: found[order] for order in orders}


def _require_symmetric(hessians: Samples) -> None:
    """Refuse Hessians that are not symmetric beyond rounding."""
    for part in hessians.chunks():
        some = hessians[part]
        skewed = np.abs(some - some.swapaxes(1, 2)).max(axis=(1, 2)) > 1e-8 * np.abs(some).max(axis=(1, 2))
        if skewed.any():
            raise ValueError(
                f"targets: H: symmetric matrices are required, got one that is not at entry "
                f"{part.start + int(np.argmax(skewed))}; pass (H + H.swapaxes(1, 2)) / 2 if that is meant"
            )


def towards(order: int, target: FloatArray, images: FloatArray) -> FloatArray:
    """The target of order m with all of its slots but one filled with ``M w_i``: (c, d) of order 1, (c, d, K) of 2."""
    return target if order == 1 else target @ images.T


def along(slots: FloatArray, vectors: FloatArray) -> FloatArray:
    """The free slot of `towards` filled with a vector of each neuron (K, d): (c, K)."""
    return slots @ vectors.T if slots.ndim == 2 else np.einsum("tdi,id->ti", slots, vectors)


def summed(slots: FloatArray, numbers: FloatArray) -> FloatArray:
    """The sum over samples of `towards` times numbers (c, K): (K, d)."""
    return numbers.T @ slots if slots.ndim == 2 else np.einsum("tdi,ti->id", slots, numbers)
