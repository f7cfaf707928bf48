r"""Pair quantities of the stacked weights ``U = [W; V]``, and the frame in which the kernels expand vectors.

Every loss is a double sum over pairs of rows. For a pair ``(i, j)``, ``i`` a student, kernels return coefficients on
a frame ``(f_1, f_2)``. Both charts are one statement: with scaled rows ``b_j = nu_j u_j``,

.. math:: f_1 = b_i, \qquad f_2 = \kappa_{ij} (b_j - \gamma_{ij} b_i)

- gram: ``nu = kappa = 1`` and ``gamma = 0``; the frame is ``(u_i, u_j)``.
- polar: ``nu_j = 1/|u_j|``, ``kappa = 1/sin(theta)``, ``gamma = cos(theta)``; the frame is ``(u^, e)``. Where
  ``sin(theta)`` is small the difference loses digits: such *near* pairs carry ``e`` as an explicit vector and leave
  the sums over rows.

Kernel arguments are made here and nowhere else. Biases would add the two means to them, an input covariance a second
inner product.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .._runtime.parallel import available_cores
from .._special import PARALLEL, angle_and_direction, combine_rows
from ..activations.activation import Activation
from ..networks import Displaced

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Result = TypeVar("Result")

NEAR = 0.25
"""Sine of the angle below which a pair is near; above it, a frame change costs at most ``1/NEAR^2 = 16`` roundings."""

CANCELS = 1e-3
"""Size of a sum relative to its terms below which it is formed anew: at most three digits are lost without."""

BLOCK = 2**18
"""Pairs evaluated at a time: temporaries of 2 MB stay near the cores, and the interpreter's share is small."""


@dataclass(frozen=True)
class NearPairs:
    """Pairs with an explicit second frame vector: rows ``i``, columns ``j``, vectors ``e`` (P, d), angles, sines."""

    i: IntArray
    j: IntArray
    e: FloatArray
    angle: FloatArray
    sine: FloatArray


class Pairs:
    """Pairs (student i, row j) of stacked weights, ``i < width <= len(rows)``, a row with itself left out.

    Parameters
    ----------
    rows
        Stacked weights, shape (N, d).
    width
        Number of leading rows that play the first role: K for derivatives, N for the value.
    activation
        Decides the chart.
    displaced
        The student, if its displacement from the teacher is known better than the rounded rows tell.
    """

    def __init__(
        self, rows: FloatArray, width: int, activation: Activation, displaced: Displaced | None = None
    ) -> None:
        self.rows, self.width, self.activation, self.displaced = rows, width, activation, displaced
        self.polar = activation.chart == "polar"
        self.norms = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        inverse = np.divide(1.0, self.norms, out=np.zeros(len(rows)), where=self.norms > 0)
        self.scale = inverse if self.polar else np.ones(len(rows))  # nu
        self.cosines = np.empty((width, len(rows)))
        np.matmul(rows[:width], rows[:width].T, out=self.cosines[:, :width])  # symmetric: half the work
        np.matmul(rows[:width], rows[width:].T, out=self.cosines[:, width:])
        near = self._by_blocks(lambda part: self._normalise(part, inverse))
        i, j = (np.concatenate(parts) for parts in zip(*near, strict=True))
        self.near = self._explicit(i, j)

    def _normalise(self, part: slice, inverse: FloatArray) -> tuple[IntArray, IntArray]:
        """Turn a block of inner products into cosines, zero for a row with itself; row and column of its near pairs."""
        cosines = self.cosines[part]
        cosines *= inverse[part, None] * inverse
        np.fill_diagonal(cosines[:, part.start :], 0.0)
        limit = np.sqrt(1 - NEAR**2)
        if cosines.max() <= limit and cosines.min() >= -limit:
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
        i, j = np.nonzero(np.abs(cosines) > limit)
        return i + part.start, j

    def _explicit(self, i: IntArray, j: IntArray) -> NearPairs:
        """Angles of the near pairs, and ``e``, to full relative accuracy."""
        dim = self.rows.shape[1]
        e, (angle, sine) = np.empty((len(i), dim)), np.empty((2, len(i)))
        step = max(1, 2**20 // dim)
        for part in (slice(k, k + step) for k in range(0, len(i), step)):
            angle[part], sine[part], e[part] = angle_and_direction(self.rows[i[part]], self.rows[j[part]])
        if self.displaced is not None:
            at, difference = self.displaced.differences(i, j)
            angle[at], sine[at], e[at] = angle_and_direction(self.rows[i[at]], self.rows[j[at]], difference)
        self.cosines[i, j] = np.cos(angle)
        return NearPairs(i, j, e, angle, sine)

    def linear_part(self, c: FloatArray) -> FloatArray:
        """``sum_i c_i u_i`` over all rows; where it cancels, from displacements if known, or compensated."""
        if self.displaced is not None:
            k, order = self.displaced.width, self.displaced.order
            left = c[k:] + np.bincount(order, weights=c[:k], minlength=len(c) - k)
            linear: FloatArray = c[:k] @ self.displaced.displacement + left @ self.rows[k:]
            return linear
        total: FloatArray = c @ self.rows
        cancels = np.linalg.norm(total) < CANCELS * (np.abs(c) @ self.norms)
        return combine_rows(c, self.rows) if cancels else total

    def parallel(self) -> list[tuple[int, int]]:
        """Pairs that are parallel or antiparallel to working precision."""
        at_end = self.near.sine <= PARALLEL
        return [(int(i), int(j)) for i, j in zip(self.near.i[at_end], self.near.j[at_end], strict=True)]

    def near_frames(self) -> FloatArray:
        """Frames ``(u^_i, e)`` of the near pairs, shape (P, 2, d); none in the gram chart, which needs none."""
        if not self.polar:
            return np.zeros((0, 2, self.rows.shape[1]))
        first = self.scale[self.near.i, None] * self.rows[self.near.i]
        return np.stack([first, self.near.e], axis=1)

    def zero_rows(self) -> list[tuple[int, int]]:
        """Zero rows among the first ``width``."""
        return [(int(i), int(i)) for i in np.flatnonzero(self.norms[: self.width] == 0)]

    def _by_blocks(self, function: Callable[[slice], Result]) -> list[Result]:
        """A function of every block of rows; the blocks are independent, and NumPy works on them in threads."""
        step = max(1, BLOCK // len(self.rows))
        blocks = [slice(k, min(k + step, self.width)) for k in range(0, self.width, step)]

        def quiet(part: slice) -> Result:
            with np.errstate(all="ignore"):  # what is not finite in the end is refused by the loss
                return function(part)

        if len(blocks) == 1:
            return [quiet(blocks[0])]
        with ThreadPoolExecutor(available_cores()) as threads:
            return list(threads.map(quiet, blocks))

    def _near_in(self, part: slice) -> slice:
        """The near pairs of a block of rows; they are sorted by row."""
        return slice(*np.searchsorted(self.near.i, (part.start, part.stop)))

    def _arguments(self, part: slice, cosine: FloatArray, columns: int) -> tuple[FloatArray, ...]:
        """Kernel arguments of a block of pairs."""
        sine = cosine * cosine
        np.subtract(1, sine, out=sine)
        np.sqrt(sine, out=sine)
        near = self._near_in(part)
        at = self.near.i[near] - part.start, self.near.j[near]
        sine[at] = self.near.sine[near]
        p, q = self.norms[part, None], self.norms[None, :columns]
        if self.polar:
            theta = np.arccos(cosine)
            theta[at] = self.near.angle[near]
            return p, q, theta[:, :columns], sine[:, :columns], cosine[:, :columns]
        product = p * q
        return p * p, product * cosine[:, :columns], q * q, (product * sine[:, :columns]) ** 2

    def _evaluate(
        self, part: slice, quantity: str, lambdas: tuple[float, ...], convention: str, arguments: tuple[FloatArray, ...]
    ) -> list[FloatArray]:
        """``sum_m lambda_m`` times the kernel's coefficients on a block of pairs, zero for a row with itself."""
        totals: list[FloatArray | float] = []
        for order, weight in enumerate(lambdas):
            if weight and self.activation.has_kernel(quantity, order, convention):
                values = self.activation.kernel(quantity, order, convention)(np, *arguments)
                values = values if isinstance(values, tuple) else (values,)
                totals = [_add(t, weight, v) for t, v in zip(totals or [0.0] * len(values), values, strict=True)]
        shape = arguments[-1].shape
        arrays = [t if isinstance(t, np.ndarray) and t.shape == shape else np.full(shape, t) for t in totals]
        arrays = [
            x.copy() if any(x is argument for argument in arguments) else x for x in arrays
        ]  # the caller's to change
        for array in arrays:
            np.fill_diagonal(array[:, part.start :], 0.0)
        return arrays

    def coefficients(
        self, quantity: str, lambdas: tuple[float, ...], convention: str, left: FloatArray, right: FloatArray
    ) -> tuple[FloatArray, ...]:
        """``left_i right_j sum_m lambda_m`` times the kernel's coefficients, each of shape (width, len(right))."""

        def block(part: slice) -> list[FloatArray]:
            totals = self._evaluate(
                part, quantity, lambdas, convention, self._arguments(part, self.cosines[part], len(right))
            )
            outer = left[part, None] * right
            # a pair of weight zero contributes nothing, even where its coefficient diverges
            return [outer * total if outer.all() else np.where(outer == 0, 0.0, outer * total) for total in totals]

        return tuple(np.concatenate(parts) for parts in zip(*self._by_blocks(block), strict=True))

    def combine(self, lambdas: tuple[float, ...], convention: str, right: FloatArray) -> FloatArray:
        """``sum_j right_j g(u_i, u_j)`` for the field ``g``, ``j = i`` included; (width, d), by one matrix product.

        Orders whose field is benign on ``(u, v)`` are summed over rows; the others come in the frame ``(f_1, f_2)``.
        The pairs are used up: the cosines are written over, since fresh memory costs as much as arithmetic.
        """
        coefficients = self.__dict__.pop("cosines")
        explicit = np.zeros(len(self.near.i))
        (self_field,) = self.self_terms("field", lambdas, convention)

        def block(part: slice) -> None:
            target = coefficients[part]
            arguments = self._arguments(part, target, len(right))
            on_rows = self._evaluate(part, "field", lambdas, convention, arguments)
            in_frame = self._evaluate(part, "field_in_frame", lambdas, convention, arguments)
            along = right[part] * self_field[part] * self.scale[part]
            if in_frame:
                first, second = in_frame
                near = self._near_in(part)
                at = self.near.i[near] - part.start, self.near.j[near]
                explicit[near] = second[at] * right[at[1]]
                kappa, gamma = self._second_vector(part, target)
                second *= kappa
                along += ((first - gamma * second) @ right) * self.scale[part]
            if on_rows:
                along += on_rows[0] @ right
                np.multiply(on_rows[1], right, out=target)
            else:
                target[:] = 0.0
            if in_frame:
                target += second * (right * self.scale)
            rows = np.arange(part.start, part.stop)
            coefficients[rows, rows] = along

        self._by_blocks(block)
        result: FloatArray = coefficients @ self.rows
        if explicit.any():
            np.add.at(result, self.near.i, explicit[:, None] * self.near.e)
        return result

    def _second_vector(self, part: slice, cosines: FloatArray) -> tuple[FloatArray, FloatArray]:
        """``kappa, gamma`` of ``f_2 = kappa (b_j - gamma b_i)`` in the polar chart; ``kappa = 0`` for near pairs."""
        kappa = 1 / np.sqrt(1 - cosines * cosines)
        near = self._near_in(part)
        within = self.near.j[near] < cosines.shape[1]
        kappa[self.near.i[near][within] - part.start, self.near.j[near][within]] = 0.0
        return kappa, cosines

    def self_terms(self, quantity: str, lambdas: tuple[float, ...], convention: str) -> tuple[FloatArray, ...]:
        """``sum_m lambda_m`` times the coefficients of each student row with itself, each of shape (width,)."""
        argument = self.norms[: self.width] if self.polar else self.norms[: self.width] ** 2
        totals: list[FloatArray] = []
        for order, weight in enumerate(lambdas):
            if weight:
                values = self.activation.kernel(f"self_{quantity}", order, convention)(np, argument)
                values = values if isinstance(values, tuple) else (values,)
                totals = totals or [np.zeros(self.width) for _ in values]
                for total, value in zip(totals, values, strict=True):
                    total += weight * value
        return tuple(totals)

    def on_rows(self, c11: FloatArray, c12: FloatArray, c21: FloatArray, c22: FloatArray) -> tuple[FloatArray, ...]:
        """Coefficients on ``u_i u_i', u_i u_j', u_j u_i', u_j u_j'`` from those on the frame.

        Of a near pair only the one on ``f_1 f_1'`` is kept; the others need its explicit ``e``.
        """
        columns = c11.shape[1]
        if self.polar:
            kappa, gamma = self._second_vector(slice(0, self.width), self.cosines[:, :columns])
            c22 = kappa**2 * c22
            c12, c21 = kappa * c12 - gamma * c22, kappa * c21 - gamma * c22
            c11 = c11 - gamma * (c12 + c21 + gamma * c22)
        left, right = self.scale[: self.width, None], self.scale[:columns]
        return left**2 * c11, left * right * c12, left * right * c21, right**2 * c22


def _add(total: FloatArray | float, weight: float, value: FloatArray | float) -> FloatArray | float:
    """``total + weight * value`` without passes over arrays that change nothing; kernels return 0 for what vanishes."""
    if np.ndim(value) == 0 and value == 0:
        return total
    scaled = value if weight == 1 else weight * value
    return scaled if np.ndim(total) == 0 and total == 0 else total + scaled
