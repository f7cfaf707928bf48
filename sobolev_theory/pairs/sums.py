"""Sums over the orders of a norm, and over pairs of rows: what every loss and every derivative of one is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..norms import Convention, Norm
from ..parameters import Origin
from .angles import combine_rows
from .charts import CHARTS, Chart
from .geometry import ALL, PairGeometry
from .numbers import LARGE
from .operator import in_plane
from .shares import owned, symmetric_sum, weighted, without_self

FloatArray = NDArray[np.float64]

CANCELS = 1e-3
"""Size of a sum relative to its terms below which it is formed anew: at most three digits are lost without."""


def sum_over_orders(xp: Any, kernels: Iterable[tuple[Any, Callable[..., Any]]], *arguments: Any) -> tuple[Any, ...]:
    """``sum_m lambda_m`` times what kernels give, numbers of ``xp``: 0 for what vanishes, nothing if there are none."""
    totals: tuple[Any, ...] = ()
    for weight, kernel in kernels:
        values = kernel(xp, *arguments)
        values = values if isinstance(values, tuple) else (values,)
        if weight != 1:
            values = tuple(weight * value for value in values)
        totals = tuple(map(_add, totals, values)) if totals else values
    return totals


@dataclass(frozen=True)
class PairTerms:
    """The pair quantities of a loss: sums over the orders of a norm of an activation's kernels in a convention.

    ``terms("field", *arguments)`` are coefficients on the frame of the chart, 0 for what vanishes, and nothing if no
    order has the quantity.
    """

    activation: Activation
    norm: Norm
    convention: Convention
    in_plane: bool = False  # two dimensions: blocks of the order that jumps without terms that cancel
    _orders: dict[str, list[tuple[float, Callable[..., Any]]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def __reduce__(self) -> tuple[type[PairTerms], tuple[Activation, Norm, Convention, bool]]:
        return PairTerms, (self.activation, self.norm, self.convention, self.in_plane)

    def __call__(self, quantity: str, *arguments: Any) -> tuple[Any, ...]:
        """``sum_m lambda_m`` times the coefficients of a quantity."""
        return self.of_arrays(np, quantity, *arguments)

    def of_arrays(self, xp: Any, quantity: str, *arguments: Any) -> tuple[Any, ...]:
        """The same of arrays of another namespace."""
        return sum_over_orders(xp, self._kernels(quantity), *arguments)

    def _kernels(self, quantity: str) -> list[tuple[float, Callable[..., Any]]]:
        found = self._orders.get(quantity)
        if found is None:
            found = self._orders[quantity] = [
                (weight, self._kernel(quantity, order))
                for order, weight in self.norm.orders
                if self.activation.has_kernel(quantity, order, self.convention)
            ]
        return found

    def _kernel(self, quantity: str, order: int) -> Callable[..., Any]:
        jumps = order == self.activation.jump_order and self.convention is Convention.EXACT
        if self.in_plane and jumps and quantity in ("own", "cross"):
            return in_plane(self.activation, quantity)
        return self.activation.kernel(quantity, order, self.convention)

    @cached_property
    def chart(self) -> Chart:
        """The chart of the kernels."""
        return CHARTS[self.activation.chart]

    @cached_property
    def bilinear(self) -> float:
        """Coefficient of ``u . v`` split off from the pair terms."""
        split = self.activation.kernels.BILINEAR
        return float(sum(weight * part for weight, part in zip(self.norm.weights, split, strict=False)))

    @cached_property
    def is_extreme(self) -> bool:
        """Whether the weights of the norm are so large or small that products with them leave the range of doubles."""
        return not 1 / LARGE < max(self.norm.weights) < LARGE

    @property
    def jumps(self) -> bool:
        """Whether the norm contains the order whose derivative jumps."""
        return self.norm.jumps_for(self.activation)

    def jumps_in(self, dim: int) -> bool:
        """Whether Dirac terms matter: on a line they are at the origin, where they carry a factor 0."""
        return self.jumps and dim > 1

    def is_singular(self, *quantities: str) -> bool:
        """Whether one of some quantities fails to exist for parallel rows."""
        return any(
            self.activation.is_singular(quantity, order, self.convention)
            for quantity in quantities
            for order, _ in self.norm.orders
        )

    def itself(self, quantity: str, geometry: PairGeometry) -> tuple[FloatArray, ...]:
        """Coefficients of each leading row with itself, each of shape (width,)."""
        values = self(f"self_{quantity}", geometry.self_argument)
        return tuple(owned(value, (geometry.width,)) for value in values)


def linear_part(c: FloatArray, geometry: PairGeometry, origin: Origin | None) -> FloatArray:
    """``sum_i c_i u_i`` over all rows; where it cancels, from displacements if known, or compensated."""
    rows = geometry.rows
    if origin is not None:
        k = len(origin.rows)
        left = c[k:].copy()
        np.add.at(left, origin.rows, c[:k])
        linear: FloatArray = c[:k] @ origin.displacement + left @ rows[k:]
        return linear
    total: FloatArray = c.dot(rows)
    cancels = total.dot(total) < (CANCELS * np.abs(c).dot(geometry.norms)) ** 2
    return combine_rows(c, rows) if cancels else total


def value_sum(geometry: PairGeometry, terms: PairTerms, c: FloatArray) -> float:
    """The `symmetric_sum` of ``F(u_i, u_j)``."""

    def values(part: slice, columns: slice) -> Any:
        (found,) = terms("value", *geometry.arguments(geometry.angles(part, columns), part, columns))
        return found

    return symmetric_sum(geometry, c, values)


def coefficients(
    geometry: PairGeometry, terms: PairTerms, quantity: str, left: FloatArray, right: FloatArray
) -> tuple[FloatArray, ...]:
    """``left_i right_j`` times the coefficients of a quantity, 0 for ``j = i``; each of shape (width, len(right))."""
    columns = slice(0, len(right))

    def block(part: slice) -> list[FloatArray]:
        arguments = geometry.arguments(geometry.angles(part, columns), part, columns)
        outer = left[part, None] * right
        return [weighted(outer, total, part.start) for total in terms(quantity, *arguments)]

    return tuple(np.concatenate(parts) for parts in zip(*geometry.by_blocks(block), strict=True))


def field_sum(geometry: PairGeometry, terms: PairTerms, c: FloatArray) -> FloatArray:
    """``sum_j c_j g(u_i, u_j)`` for the field ``g``, ``j = i`` included; (width, d), by one matrix product.

    Orders whose field is benign on ``(u_i, u_j)`` are summed over rows; the others come in the frame ``(f_1, f_2)``.
    """
    scale, near = geometry.scale, geometry.near
    on_all_rows = np.empty_like(geometry.cosines)
    explicit = np.zeros(len(near.i), dtype=scale.dtype)
    (of_itself,) = terms("self_field", geometry.self_argument)
    itself = np.zeros(geometry.width, dtype=scale.dtype)
    if not _vanishes(of_itself):
        itself = c[: geometry.width] * scale[: geometry.width] * of_itself

    def block(part: slice) -> None:
        at = geometry.angles(part)
        arguments = geometry.arguments(at, part)
        on_rows = terms("field", *arguments)
        in_frame = terms("field_in_frame", *arguments)
        along, target = itself[part], on_all_rows[part]
        if on_rows:
            first, second = on_rows
            np.multiply(second, c, out=target)
            if not _vanishes(first):
                along = along + without_self(first, target.shape, part).dot(c)
        else:
            target[:] = 0.0
        if in_frame:  # f_2 = kappa (b_j - gamma b_i), an explicit vector for near pairs
            first, second = in_frame
            index, where = geometry.near_in(part)
            explicit[index] = second[where] * c[where[1]]
            second = second / at.sine
            second[where] = 0.0
            target += second * (c * scale)
            along = along + without_self(first - at.cosine * second, target.shape, part) @ c * scale[part]
        target.reshape(-1)[part.start :: len(c) + 1] = along

    geometry.by_blocks(block)
    result: FloatArray = on_all_rows.dot(geometry.rows)  # in half the time of ``@`` for small arrays
    if len(explicit):
        np.add.at(result, near.i, explicit[:, None] * near.e)
    return result


def on_rows(geometry: PairGeometry, frame: tuple[FloatArray, ...]) -> tuple[FloatArray, ...]:
    """Coefficients on ``u_i u_i', u_i u_j', u_j u_i', u_j u_j'`` from those on the frame.

    Of a near pair only the one on ``f_1 f_1'`` is kept; the others need its explicit ``e``.
    """
    columns = slice(0, frame[0].shape[1])
    c11, c12, c21, c22 = geometry.chart.on_rows(frame, geometry.angles(ALL, columns))
    left, right = geometry.scale[: geometry.width, None], geometry.scale[columns]
    return left**2 * c11, left * right * c12, left * right * c21, right**2 * c22


def _add(total: Any, value: Any) -> Any:
    """The sum, without passes over arrays that change nothing; kernels return 0 for what vanishes."""
    if _vanishes(value):
        return total
    return value if _vanishes(total) else total + value


def _vanishes(value: Any) -> bool:
    """Whether a coefficient is the number 0."""
    return not getattr(value, "ndim", 0) and bool(value == 0)
