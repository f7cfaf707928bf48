"""The prior of a wide network, an activation and the variances of weights and biases; and its inputs, checked."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_array, number, shown
from .._runtime.results import Record
from ..activations import Activation, get
from ..activations.definition import Definition, Kinked, Smooth
from ..errors import InfiniteNormError

FloatArray = NDArray[np.float64]
Orders = tuple[int, int]

ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1))
KERNELS = ("ntk", "nngp")
SMALLEST, LARGEST = 1e-100, 1e100
"""Variances, and norms of inputs, that are admitted; zero is, too, but for the variance of weights."""


class PriorOptions(TypedDict, total=False):
    """Variances of a wide network's parameters: see `nngp`."""

    weight_variance: float
    bias_variance: float


@dataclass(frozen=True, repr=False)
class Prior(Record):
    """``w ~ N(0, weight_variance I)``, ``b ~ N(0, bias_variance)``, and the activation of ``w . x + b``."""

    activation: Activation
    weight_variance: float
    bias_variance: float

    @classmethod
    def parse(cls, activation: str | Activation, **options: Unpack[PriorOptions]) -> Prior:
        """The prior of arguments at the door.

        Raises
        ------
        ValueError
            For variances out of range.
        NotImplementedError
            For an activation whose moments are not known.
        """
        known = get(activation)
        if not isinstance(known.definition, Smooth | Kinked):
            raise NotImplementedError(
                f"activation: one whose moments are known is required, got {known.name!r}, of which those of losses are"
            )
        return cls(
            known,
            _variance("weight_variance", options.get("weight_variance", 1.0), zero=False),
            _variance("bias_variance", options.get("bias_variance", 0.0), zero=True),
        )

    @property
    def definition(self) -> Definition:
        """What the activation is."""
        return self.activation.definition

    def rows(self, x: FloatArray) -> FloatArray:
        """Inputs with the coordinate that a bias is the weight of, in units of weights: (n, d) or (n, d + 1)."""
        if not self.bias_variance:
            return x
        return np.hstack([x, np.full((len(x), 1), sqrt(self.bias_variance / self.weight_variance))])

    def require_finite(self, order: int) -> None:
        """Refuse what is infinite wherever an input meets itself: ``E[sigma^(order)(z)^2]`` of a Dirac delta.

        Raises
        ------
        InfiniteNormError
            With the order of the derivative that jumps.
        """
        jump = self.definition.jump_order
        if jump is not None and order > jump:
            raise InfiniteNormError(self.activation.name, order, jump)


def _variance(name: str, value: float, *, zero: bool) -> float:
    """A variance in the range that is admitted."""
    required = f"a number from {SMALLEST:g} to {LARGEST:g}{', or 0,' * zero}"
    given = number(name, value, required, -SMALLEST if zero else SMALLEST / 2, LARGEST * 2)
    if given == 0:
        return 0.0
    return number(name, given, required, SMALLEST / 2, LARGEST * 2)


def as_inputs(name: str, x: ArrayLike, dim: int | None = None) -> FloatArray:
    """Inputs (n, d), none longer than doubles can square, and none that is not zero shorter."""
    rows = as_array(name, x, ("n", "d"), None if dim is None else {"d": dim})
    norms = np.abs(rows).max(axis=1)
    off = (norms > LARGEST) | ((norms < SMALLEST) & (norms > 0))
    if off.any():
        raise ValueError(
            f"{name}: inputs that are zero or of norms from {SMALLEST:g} to {LARGEST:g} are required, got "
            f"{norms[off][0]:.3g} in row {int(np.argmax(off))}; rescale them"
        )
    return rows


def as_orders(orders: Orders) -> Orders:
    """How often a kernel is differentiated in its first and in its second input."""
    given = tuple(orders) if isinstance(orders, list) else orders
    plain = isinstance(given, tuple) and len(given) == 2 and all(type(order) is int for order in given)
    if not plain or given not in ORDERS:
        raise ValueError(f"orders: one of {', '.join(map(str, ORDERS))} is required, got {shown(orders)}")
    return given
