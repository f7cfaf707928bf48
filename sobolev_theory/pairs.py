r"""Pair quantities of the stacked weights ``U = [W; V]``, and the frame in which the kernels expand vectors and
matrices.

Every loss is a double sum over pairs of rows. For a pair ``(i, j)``, ``i`` a student, a kernel returns coefficients
on a frame ``(f_1, f_2)``. Both charts are one statement: with scaled rows ``b_j = nu_j u_j`` the frame is ``f_1 =
b_i`` and ``f_2 = kappa_ij (b_j - gamma_ij b_i)``.

- gram: ``nu = 1``, ``kappa = 1``, ``gamma = 0``, the frame is ``(u_i, u_j)``;
- polar: ``nu_j = 1/|u_j|``, ``kappa = 1/sin(theta)``, ``gamma = cos(theta)``, so that ``f_2 = e``. Where
  ``sin(theta)`` is small the difference loses digits; those *near* pairs carry ``e`` as an explicit vector and leave
  the sums over rows.

Kernel arguments are made here and nowhere else: this is the place where means (biases) and a second metric
(covariance) enter.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ._special import PARALLEL, components
from .activations import Activation

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Result = TypeVar("Result")

NEAR = 0.25
"""Sine of the angle below which a pair is near: above it, frame changes cost less than ``1/NEAR^2 = 16`` units of
rounding.
"""

BLOCK = 2**15
"""Pairs evaluated at a time, so that the temporaries of a kernel stay in cache."""


@dataclass(frozen=True)
class NearPairs:
    """Pairs whose second frame vector is explicit: rows ``i``, columns ``j``, vectors ``e`` (n, D), angles (n,)."""

    i: IntArray
    j: IntArray
    e: FloatArray
    angle: FloatArray


class Pairs:
    """Pairs (student i, row j) of stacked weights, ``i < width <= len(rows)``; the pair of a row with itself is left
    out.

    Parameters
    ----------
    rows
        Stacked weights, shape (N, d).
    width
        Number of leading rows that play the first role: K for derivatives, N for the value.
    activation
        Decides the chart.
    """

    def __init__(self, rows: FloatArray, width: int, activation: Activation) -> None:
        self.rows, self.width, self.activation = rows, width, activation
        self.polar = activation.chart == "polar"
        self.norms = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        inverse = np.divide(1.0, self.norms, out=np.zeros(len(rows)), where=self.norms > 0)
        self.scale = inverse if self.polar else np.ones(len(rows))  # nu
        self.cosines = rows[:width] @ rows.T
        near = self._by_blocks(lambda part: self._normalise(part, inverse))
        self.near = self._explicit(*(np.concatenate(parts) for parts in zip(*near, strict=True)))

    def _normalise(self, part: slice, inverse: FloatArray) -> tuple[IntArray, IntArray]:
        """Turn a block of inner products into cosines, zero for a row with itself; row and column of its near pairs."""
        cosines = self.cosines[part]
        cosines *= inverse[part, None] * inverse
        np.fill_diagonal(cosines[:, part.start :], 0.0)
        i, j = np.divmod(np.flatnonzero(np.abs(cosines) > np.sqrt(1 - NEAR**2)), len(self.rows))
        return i + part.start, j

    def _explicit(self, i: IntArray, j: IntArray) -> NearPairs:
        """Angles of the near pairs, and ``e``, to full relative accuracy."""
        dim = self.rows.shape[1]
        e, angle = np.empty((len(i), dim)), np.empty(len(i))
        step = max(1, 2**20 // dim)
        for part in (slice(k, k + step) for k in range(0, len(i), step)):
            factor, residual = components(self.rows[i[part]], self.rows[j[part]])
            if dim == 1:
                residual[:] = 0.0  # on a line all vectors are parallel; what is left is rounding
            height = np.linalg.norm(residual, axis=1)
            angle[part] = np.arctan2(height, factor * self.norms[i[part]])
            e[part] = residual / np.where(height > 0, height, 1.0)[:, None]
        self.cosines[i, j] = np.cos(angle)
        return NearPairs(i, j, e, angle)

    def parallel(self) -> list[tuple[int, int]]:
        """Pairs that are parallel or antiparallel to working precision."""
        at_end = np.minimum(self.near.angle, np.pi - self.near.angle) <= PARALLEL
        return [(int(i), int(j)) for i, j in zip(self.near.i[at_end], self.near.j[at_end], strict=True)]

    def zero_rows(self) -> list[tuple[int, int]]:
        """Zero rows among the first ``width``."""
        return [(int(i), int(i)) for i in np.flatnonzero(self.norms[: self.width] == 0)]

    def _by_blocks(self, function: Callable[[slice], Result]) -> list[Result]:
        """A function of every block of rows; the blocks are independent, and NumPy works on them in threads."""
        step = max(1, BLOCK // len(self.rows))
        blocks = [slice(k, min(k + step, self.width)) for k in range(0, self.width, step)]
        if len(blocks) == 1:
            return [function(blocks[0])]
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return list(threads.map(function, blocks))

    def _near_in(self, part: slice) -> slice:
        """The near pairs of a block of rows; they are sorted by row."""
        return slice(*np.searchsorted(self.near.i, (part.start, part.stop)))

    def _arguments(self, part: slice, columns: int) -> tuple[FloatArray, ...]:
        """Kernel arguments of a block of pairs."""
        cosine = self.cosines[part]
        sine = np.sqrt(1 - cosine * cosine)
        near = self._near_in(part)
        at, angle = (self.near.i[near] - part.start, self.near.j[near]), self.near.angle[near]
        sine[at] = np.sin(angle)
        p, q = self.norms[part, None], self.norms[None, :columns]
        if self.polar:
            theta = np.arccos(cosine)
            theta[at] = angle
            return p, q, theta[:, :columns], sine[:, :columns], cosine[:, :columns]
        product = p * q
        return p * p, product * cosine[:, :columns], q * q, (product * sine[:, :columns]) ** 2

    def _evaluate(
        self, part: slice, quantity: str, weights: tuple[float, ...], derivative: str, arguments: tuple[FloatArray, ...]
    ) -> list[FloatArray]:
        """``sum_m lambda_m`` times the kernel's coefficients on a block of pairs, zero for a row with itself."""
        totals: list[FloatArray] = []
        for order, weight in enumerate(weights):
            if weight and self.activation.has_kernel(quantity, order, derivative):
                values = self.activation.kernel(quantity, order, derivative)(np, *arguments)
                scaled = [weight * value for value in (values if isinstance(values, tuple) else (values,))]
                totals = [t + v for t, v in zip(totals, scaled, strict=True)] if totals else scaled
        shape = arguments[-1].shape
        totals = [t if np.shape(t) == shape else np.full(shape, t, dtype=np.float64) for t in totals]
        for total in totals:
            np.fill_diagonal(total[:, part.start :], 0.0)
        return totals

    def coefficients(
        self, quantity: str, weights: tuple[float, ...], derivative: str, left: FloatArray, right: FloatArray
    ) -> tuple[FloatArray, ...]:
        """``left_i right_j sum_m lambda_m`` times the kernel's coefficients, each of shape (width, len(right))."""

        def block(part: slice) -> list[FloatArray]:
            totals = self._evaluate(part, quantity, weights, derivative, self._arguments(part, len(right)))
            outer = left[part, None] * right
            return [outer * total for total in totals]

        return tuple(np.concatenate(parts) for parts in zip(*self._by_blocks(block), strict=True))

    def combine(self, weights: tuple[float, ...], derivative: str, right: FloatArray) -> FloatArray:
        """``sum_j right_j g(u_i, u_j)`` for the field ``g``, shape (width, d), by one matrix product; ``j = i``
        included.

        Orders whose field is benign on ``(u, v)`` are summed over rows; the others come in the frame ``(f_1, f_2)``.
        """
        towards = np.zeros(self.cosines.shape)
        explicit = np.zeros(len(self.near.i))
        (own,) = self.itself("field", weights, derivative)

        def block(part: slice) -> None:
            rows = np.arange(part.start, part.stop)
            arguments = self._arguments(part, len(right))
            along = right[part] * own[part] * self.scale[part]
            on_rows = self._evaluate(part, "field", weights, derivative, arguments)
            if on_rows:
                along += on_rows[0] @ right
                np.multiply(on_rows[1], right, out=towards[part])
            in_frame = self._evaluate(part, "field_in_frame", weights, derivative, arguments)
            if in_frame:
                first, second = in_frame
                near = self._near_in(part)
                at = self.near.i[near] - part.start, self.near.j[near]
                *_, sine, cosine = arguments
                explicit[near] = second[at] * right[at[1]]
                second[at] = 0.0
                sine[at] = 1.0
                second /= sine
                along += ((first - second * cosine) @ right) * self.scale[part]
                towards[part] += second * (right * self.scale)
            towards[rows, rows] = along

        self._by_blocks(block)
        result: FloatArray = towards @ self.rows
        if explicit.any():
            np.add.at(result, self.near.i, explicit[:, None] * self.near.e)
        return result

    def itself(self, quantity: str, weights: tuple[float, ...], derivative: str) -> tuple[FloatArray, ...]:
        """``sum_m lambda_m`` times the coefficients of each of the first ``width`` rows with itself, each of shape
        (width,).
        """
        argument = self.norms[: self.width] if self.polar else self.norms[: self.width] ** 2
        totals: list[FloatArray] = []
        for order, weight in enumerate(weights):
            if weight:
                values = self.activation.kernel(f"self_{quantity}", order, derivative)(np, argument)
                values = values if isinstance(values, tuple) else (values,)
                totals = totals or [np.zeros(self.width) for _ in values]
                for total, value in zip(totals, values, strict=True):
                    total += weight * value
        return tuple(totals)

    def on_rows(self, c11: FloatArray, c12: FloatArray, c21: FloatArray, c22: FloatArray) -> tuple[FloatArray, ...]:
        """Coefficients on ``u_i u_i', u_i u_j', u_j u_i', u_j u_j'`` from those on the frame; near pairs keep ``f_1
        f_1'`` only.
        """
        columns = c11.shape[1]
        if self.polar:
            gamma = self.cosines[:, :columns]
            square = 1 - gamma * gamma
            within = self.near.j < columns
            square[self.near.i[within], self.near.j[within]] = np.inf
            kappa = 1 / np.sqrt(square)
            c22 = kappa**2 * c22
            c12, c21 = kappa * c12 - gamma * c22, kappa * c21 - gamma * c22
            c11 = c11 - gamma * (c12 + c21 + gamma * c22)
        left, right = self.scale[: self.width, None], self.scale[:columns]
        return left**2 * c11, left * right * c12, left * right * c21, right**2 * c22
