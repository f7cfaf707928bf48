r"""Facts of the stacked weights ``U = [W; V]`` that all pair quantities are functions of: norms, cosines, near pairs.

Rows so long or short that products of their norms leave the range of doubles are taken in `WIDE` numbers: their
geometry is made of those, and so is everything that is computed from it, until the result is a double again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..parameters import Origin
from .angles import PARALLEL
from .blocks_of_rows import by_blocks
from .charts import Chart
from .near_pairs import NOBODY, NearPairs
from .numbers import DOUBLE, WIDE, in_wide_numbers

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Result = TypeVar("Result")

NEAR = 0.25
"""Sine of the angle below which a pair is near; above it, a frame change costs at most ``1/NEAR^2 = 16`` roundings."""

MANY = 300
"""Leading rows from which the symmetry of their inner products saves time: measured, below two products cost more."""

ALL = slice(None)


@dataclass(frozen=True, eq=False)
class BlockAngles:
    """Cosines and sines of a block of pairs; those of near pairs, at ``near``, are exact to rounding."""

    cosine: FloatArray
    sine: FloatArray
    near: tuple[IntArray, IntArray] | None
    near_angle: FloatArray

    @property
    def angle(self) -> FloatArray:
        """Radians in [0, pi]."""
        theta: FloatArray = np.arccos(self.cosine)
        if self.near is not None:
            theta[self.near] = self.near_angle
        return theta

    @property
    def far(self) -> NDArray[np.bool_]:
        """Which pairs are not near."""
        far = np.ones(self.cosine.shape, dtype=bool)
        if self.near is not None:
            far[self.near] = False
        return far


@dataclass(frozen=True, eq=False)
class PairGeometry:
    """Pairs (i, j) of stacked weights, ``i < width <= len(rows)``; immutable.

    Attributes
    ----------
    rows
        Stacked weights, shape (N, d).
    width
        Number of leading rows that play the first role: K for derivatives, N for sums over all pairs.
    chart
        What kernels take, and on which frame they give coefficients.
    norms, cosines
        ``|u_j|``, (N,), and cosines of angles, (width, N), 0 for a row with itself.
    near
        Nearly parallel pairs, sorted by row.
    scale
        ``nu``, (N,): scaled rows ``nu_j u_j`` are what the frames are made of.
    zero
        Rows that are zero.
    """

    rows: FloatArray
    width: int
    chart: Chart
    norms: FloatArray
    cosines: FloatArray
    near: NearPairs
    scale: FloatArray
    zero: list[int]

    @classmethod
    def of(
        cls,
        rows: FloatArray,
        width: int,
        chart: Chart,
        origin: Origin | None = None,
        near: Callable[[IntArray, IntArray], NearPairs] | None = None,
    ) -> PairGeometry:
        """The geometry of rows, from a displacement from the teacher's where it is known better than the rows tell.

        It is of the type of the rows, or in `WIDE` numbers where doubles do not reach. Near pairs are those of the rows
        unless told what they are.
        """
        norms = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        inverse, zero = 1.0 / norms, []
        short, long = chart.squares
        if not (inverse.dot(inverse) < short and norms.dot(norms) < long):  # two products cost least
            if rows.dtype == DOUBLE and out_of_reach(rows, norms, chart):
                return cls.of(in_wide_numbers(rows), width, chart, origin, near)
            zero = np.flatnonzero(norms == 0).tolist()
            inverse[zero] = 0.0
        cosines = _products(rows, width)
        limit = sqrt(1 - NEAR**2)

        def normalise(part: slice) -> tuple[IntArray, IntArray] | None:
            block = cosines[part]
            block *= inverse[part, None]
            block *= inverse
            clear_diagonal(block, part.start)
            if np.maximum.reduce(block, axis=None) <= limit and np.minimum.reduce(block, axis=None) >= -limit:
                return None
            i, j = np.nonzero(np.abs(block) > limit)
            return i + part.start, j

        found = [pairs for pairs in by_blocks(width, len(rows), normalise) if pairs is not None]
        pairs = NearPairs.none(rows.shape[1])
        if found or near is not None:
            i, j = (np.concatenate(parts) for parts in zip((NOBODY, NOBODY), *found, strict=True))
            pairs = NearPairs.of(rows, i, j, origin) if near is None else near(i, j)
            cosines[i, j] = np.cos(pairs.angle)
        scale = chart.scale(inverse)
        for array in (norms, cosines, scale):
            array.setflags(write=False)
        return cls(rows, width, chart, norms, cosines, pairs, scale, zero)

    @property
    def self_argument(self) -> FloatArray:
        """What kernels of a row with itself take, (width,)."""
        argument: FloatArray = self.chart.self_argument(self.norms[: self.width])
        return argument

    def angles(self, part: slice = ALL, columns: slice = ALL) -> BlockAngles:
        """Angles of a block of pairs."""
        cosine = self.cosines[part, columns]
        sine = cosine * cosine
        np.subtract(1, sine, out=sine)
        np.sqrt(sine, out=sine)
        if not len(self.near.i):
            return BlockAngles(cosine, sine, None, self.near.angle)
        index, at = self.near_in(part, columns)
        sine[at] = self.near.sine[index]
        return BlockAngles(cosine, sine, at, self.near.angle[index])

    def near_in(self, part: slice, columns: slice = ALL) -> tuple[IntArray, tuple[IntArray, IntArray]]:
        """Numbers of the near pairs of a block, and where in the block they are."""
        start, stop, _ = part.indices(self.width)
        left, right, _ = columns.indices(len(self.rows))
        index = np.arange(*np.searchsorted(self.near.i, (start, stop)))
        if (left, right) != (0, len(self.rows)):
            index = index[(self.near.j[index] >= left) & (self.near.j[index] < right)]
        return index, (self.near.i[index] - start, self.near.j[index] - left)

    def arguments(self, at: BlockAngles, part: slice = ALL, columns: slice = ALL) -> tuple[FloatArray, ...]:
        """Kernel arguments of a block of pairs."""
        return self.chart.arguments(self.norms[: self.width][part, None], self.norms[None, columns], at)

    @property
    def is_wide(self) -> bool:
        """Whether it is made of `WIDE` numbers."""
        return self.rows.dtype != DOUBLE

    def numbers(self, array: FloatArray) -> FloatArray:
        """An array of doubles in the numbers that the geometry is made of."""
        return array.astype(WIDE) if self.is_wide else array

    def by_blocks(self, function: Callable[[slice], Result]) -> list[Result]:
        """A function of every block of rows."""
        return by_blocks(self.width, len(self.rows), function)

    @property
    def framed(self) -> NearPairs:
        """The near pairs whose frames are explicit: none in a chart whose frames are the rows."""
        return self.near if self.chart.has_frames else NearPairs.none(self.rows.shape[1])

    @property
    def parallel(self) -> IntArray:
        """Numbers of the near pairs that are parallel or antiparallel to working precision."""
        return np.flatnonzero(self.near.sine <= self.near.parallel)

    @property
    def zero_rows(self) -> list[int]:
        """Zero rows among the first ``width``."""
        return [row for row in self.zero if row < self.width]

    def without_parallel(self) -> PairGeometry:
        """The same without the directions ``e`` of parallel pairs."""
        e = np.where(self.near.sine[:, None] <= PARALLEL, 0.0, self.near.e)
        return replace(self, near=replace(self.near, e=e))


def clear_diagonal(block: FloatArray, start: int) -> None:
    """Write 0 for a row with itself in a block of rows, the first of them in column ``start``."""
    if block.flags.c_contiguous:  # a tenth of the time of the general way, for what small problems do most
        block.reshape(-1)[start :: block.shape[1] + 1] = 0.0
    else:
        np.fill_diagonal(block[:, start:], 0.0)


def _products(rows: FloatArray, width: int) -> FloatArray:
    """Inner products of the first rows with all."""
    if width < MANY:
        products: FloatArray = rows[:width].dot(rows.T)
        return products
    products = np.empty((width, len(rows)), dtype=rows.dtype)
    np.matmul(rows[:width], rows[:width].T, out=products[:, :width])  # symmetric: half the work
    np.matmul(rows[:width], rows[width:].T, out=products[:, width:])
    return products


def out_of_reach(rows: FloatArray, norms: FloatArray, chart: Chart) -> bool:
    """Whether a row that is not zero has a norm out of the reach of a chart's kernels in doubles."""
    low, high = chart.reach
    return bool(norms.max() > high or ((norms < low) & rows.any(axis=1)).any())
