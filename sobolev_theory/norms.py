"""Sobolev norms: names and weights ``(lambda_0, lambda_1, ...)``, checked against an activation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ._runtime.checks import as_array
from .activations.activation import Activation
from .errors import InfiniteNormError

Norm = str | Sequence[float] | NDArray[np.float64]
"""``"L2"``, ``"H1"``, ``"H2"``, ..., or the weights themselves."""


def parse_norm(norm: Norm, activation: Activation) -> tuple[float, ...]:
    """Sobolev weights ``(lambda_0, ..., lambda_s)`` with ``lambda_s > 0``.

    Raises
    ------
    ValueError
        For an unknown name, negative or non-finite weights, none positive, or an order without derived kernels.
    InfiniteNormError
        For an order beyond the one at which the activation's derivative jumps.

    Examples
    --------
    >>> from sobolev_theory import activations
    >>> parse_norm("H1", activations.get("relu"))
    (1.0, 1.0)
    """
    if norm is None or (not isinstance(norm, str) and np.ndim(norm) == 0):
        raise ValueError(f'norm: "L2", "H1", "H2", ... or a sequence of weights is required, got {norm!r}')
    weights = _by_name(norm) if isinstance(norm, str) else as_array("norm", norm, ("orders",))
    if (weights < 0).any() or not weights.any():
        raise ValueError(
            "norm: non-negative Sobolev weights, at least one of them positive, are required, "
            f"got {tuple(map(float, weights))}"
        )
    weights = np.trim_zeros(weights, "b")
    order = len(weights) - 1
    if activation.jump_order is not None and order > activation.jump_order:
        raise InfiniteNormError(activation.name, order, activation.jump_order)
    if order > activation.max_order:
        raise ValueError(f"norm: orders up to {activation.max_order} are derived for {activation.name!r}, got {order}")
    return tuple(map(float, weights))


def _by_name(norm: str) -> NDArray[np.float64]:
    if norm == "L2":
        return np.ones(1)
    if norm[:1] == "H" and norm[1:].isdecimal() and 0 < int(norm[1:]) < 100:
        return np.ones(int(norm[1:]) + 1)
    raise ValueError(f'norm: "L2", "H1", "H2", ... or a sequence of weights is required, got {norm!r}')


def two_norms(norms: Sequence[Norm]) -> tuple[Norm, Norm]:
    """The two norms of a ratio."""
    if not isinstance(norms, Sequence) or isinstance(norms, str) or len(norms) != 2:
        raise ValueError(f"norms: two norms, first over second, are required, got {norms!r}")
    return norms[0], norms[1]


def norm_name(norm: Norm) -> str:
    """A norm as a short word: its name, or its weights in parentheses.

    Examples
    --------
    >>> norm_name([1, 0.5])
    '(1, 0.5)'
    """
    return norm if isinstance(norm, str) else "(" + ", ".join(f"{weight:g}" for weight in norm) + ")"
