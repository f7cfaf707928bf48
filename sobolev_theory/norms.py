"""Sobolev norms and conventions as values, parsed once at the door."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import comb
from numbers import Number

import numpy as np
from numpy.typing import NDArray

from ._runtime.checks import as_array, near, one_of, shown
from ._runtime.results import Record
from .activations import Activation
from .errors import InfiniteNormError


class Convention(StrEnum):
    """What the gradient of a loss with jumping derivatives means; see `PopulationLoss`.

    Examples
    --------
    >>> Convention.parse("exact") is Convention.EXACT
    True
    """

    BACKPROP = "backprop"
    EXACT = "exact"

    @classmethod
    def parse(cls, derivative: str) -> Convention:
        """The convention of that name; a ValueError names both."""
        return cls(one_of("derivative", derivative, tuple(map(str, cls))))


@dataclass(frozen=True, repr=False)
class Norm(Record):
    """A Sobolev norm: the weights ``(lambda_0, ..., lambda_s)`` of its orders, the last of them positive.

    Examples
    --------
    >>> Norm.parse("H1") == Norm.parse([1, 1, 0]), Norm.parse("H1").name, Norm.parse([1, 0.5]).name
    (True, 'H1', '(1, 0.5)')
    """

    weights: tuple[float, ...]
    name: str = field(compare=False)

    def __post_init__(self) -> None:
        if not self.weights or not self.weights[-1] > 0 or not all(0 <= weight < np.inf for weight in self.weights):
            raise ValueError(f"norm: non-negative weights, the last of them positive, are required, got {self.weights}")

    @classmethod
    def parse(cls, norm: NormLike, activation: Activation | None = None) -> Norm:
        """The norm of a name or of weights; with an activation, one that its networks have.

        Raises
        ------
        ValueError
            For an unknown name, negative or non-finite weights, none positive, or an order without derived kernels.
        InfiniteNormError
            For an order beyond the one at which the activation's derivative jumps.
        """
        if isinstance(norm, Norm):
            parsed = norm
        else:
            if norm is None or isinstance(norm, Number):
                raise _unknown(norm)
            weights = _by_name(norm) if isinstance(norm, str) else as_array("norm", norm, ("orders",))
            if (weights < 0).any() or not weights.any():
                raise ValueError(
                    "norm: non-negative Sobolev weights, at least one of them positive, are required, "
                    f"got {tuple(map(float, weights))}"
                )
            name = str(norm) if isinstance(norm, str) else "(" + ", ".join(f"{weight:g}" for weight in weights) + ")"
            parsed = cls(tuple(map(float, np.trim_zeros(weights, "b"))), name)
        if activation is not None:
            parsed.require_finite(activation)
        return parsed

    @property
    def argument(self) -> str | tuple[float, ...]:
        """What a user gives for it: a name if it has one, else the weights."""
        return self.name if self.name.isalnum() else self.weights

    @property
    def order(self) -> int:
        """Order ``s`` of the highest derivative."""
        return len(self.weights) - 1

    @property
    def orders(self) -> list[tuple[int, float]]:
        """``(m, lambda_m)`` for the orders that count."""
        return [(order, weight) for order, weight in enumerate(self.weights) if weight]

    def equations(self, dim: int) -> int:
        """Numbers that a sample of so many inputs gives: entries of symmetric tensors, of each order that counts.

        Examples
        --------
        >>> [Norm.parse(norm).equations(8) for norm in ("L2", "H1", "H2")]
        [1, 9, 45]
        """
        return sum(comb(dim + order - 1, order) for order, _ in self.orders)

    def jumps_for(self, activation: Activation) -> bool:
        """Whether the norm contains the order at which the activation's derivative jumps: conventions differ then."""
        return activation.jump_order is not None and activation.jump_order <= self.order

    def require_finite(self, activation: Activation) -> None:
        """Refuse an activation whose networks have no such norm, or no moments for it; see `parse`."""
        jump = activation.jump_order
        if jump is not None and self.order > jump:
            raise InfiniteNormError(activation.name, self.order, jump)
        if self.order > activation.max_order:
            raise ValueError(
                f"norm: orders up to {activation.max_order} are derived for {activation.name!r}, got {self.order}"
            )


NormLike = str | Sequence[float] | NDArray[np.float64] | Norm
"""``"L2"``, ``"H1"``, ``"H2"``, ..., or the weights themselves."""


def _by_name(norm: str) -> NDArray[np.float64]:
    if norm == "L2":
        return np.ones(1)
    if re.fullmatch("H[1-9][0-9]?", norm):
        return np.ones(int(norm[1:]) + 1)
    raise _unknown(norm)


def _unknown(norm: object) -> ValueError:
    """The refusal of what names no norm."""
    advice = near(norm, ("L2", "H1", "H2")) if isinstance(norm, str) else "; weights are such as (1, 0.5)"
    return ValueError(f'norm: "L2", "H1", "H2", ... or a sequence of weights is required, got {shown(norm)}{advice}')


def several_norms(norms: Sequence[NormLike] | str | Norm) -> Sequence[NormLike]:
    """The norms of a comparison; the name of one is a comparison of one."""
    if isinstance(norms, str | Norm):
        return (norms,)
    if not isinstance(norms, Sequence) or not norms:
        raise ValueError(f"norms: at least one norm, in a list, is required, got {shown(norms)}")
    if isinstance(norms[0], Number):
        raise ValueError(f"norms: norms in a list are required, [(1, 0.5)] for one of weights, got {shown(norms)}")
    return norms


def two_norms(norms: Sequence[NormLike]) -> tuple[NormLike, NormLike]:
    """The two norms of a ratio."""
    if not isinstance(norms, Sequence) or isinstance(norms, str) or len(norms) != 2:
        raise ValueError(f"norms: two norms, first over second, are required, got {shown(norms)}")
    return norms[0], norms[1]
