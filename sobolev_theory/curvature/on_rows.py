"""What a curvature is made of: a matrix that acts on rows of neurons, and combinations of unlike ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ALL = slice(None)


class NeuronBlock(NamedTuple):
    """The block of one neuron with another: its product with a row (D,), and the matrix (D, D), formed when called."""

    apply: Callable[[FloatArray], FloatArray]
    dense: Callable[[], FloatArray]


class MatrixOnRows(ABC):
    """A matrix that acts on rows of neurons (R, D); see `Layout`."""

    @property
    def is_costly(self) -> bool:
        """Whether an iteration, of some hundred products, costs more than the matrix and its spectrum."""
        return False

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """``(R, D)``."""

    @abstractmethod
    def apply(self, rows: FloatArray) -> FloatArray:
        """The product with rows of neurons (R, D)."""

    @abstractmethod
    def tensor(self, left: slice = ALL, right: slice = ALL) -> FloatArray:
        """All blocks, in some coordinates on the left and some on the right, (R, R, D, D')."""

    @abstractmethod
    def neuron_block(self, i: int, k: int) -> NeuronBlock:
        """Block ``(i, k)``."""

    @abstractmethod
    def diagonal(self) -> FloatArray:
        """The diagonal, (R, D)."""

    @abstractmethod
    def transposed(self) -> MatrixOnRows:
        """The transposed matrix."""

    @property
    @abstractmethod
    def coefficients(self) -> tuple[FloatArray, ...]:
        """Numbers that are finite if the matrix is."""

    def beside(self, rows: FloatArray) -> MatrixOnRows:
        """The same matrix, whose invariant space, if one is known, is to hold more rows (L, D) too."""
        return self

    def why_singular(self) -> str:
        """Why, as far as that is known: sentences, each with a space before it."""
        return ""

    def to_dense(self) -> FloatArray:
        """The matrix on raveled rows, (R D, R D)."""
        size = self.shape[0] * self.shape[1]
        return self.tensor().transpose(0, 2, 1, 3).reshape(size, size)

    def times(self, factor: float) -> MatrixOnRows:
        """The matrix times a number."""
        return Combined((Scaled(self, factor, np.ones(self.shape[0])),))

    def scaled(self, units: FloatArray) -> MatrixOnRows:
        """Block ``(i, k)`` times ``units_i units_k``."""
        return Combined((Scaled(self, 1.0, units),))

    def plus(self, other: MatrixOnRows) -> MatrixOnRows:
        """The sum of two matrices."""
        return Combined((*_terms(self), *_terms(other)))


@dataclass(frozen=True, eq=False)
class Scaled:
    """``factor D H D`` of a matrix and the diagonal matrix of one number for each neuron, (R,)."""

    matrix: MatrixOnRows
    factor: float
    units: FloatArray


@dataclass(frozen=True, eq=False)
class Combined(MatrixOnRows):
    """A sum of matrices of unlike kinds, such as one of samples less that of theory: all it does is done term by term.

    No invariant space of it is known.
    """

    terms: tuple[Scaled, ...]

    @property
    def is_costly(self) -> bool:
        """Whether a term is."""
        return any(t.matrix.is_costly for t in self.terms)

    @property
    def shape(self) -> tuple[int, int]:
        """``(R, D)``."""
        return self.terms[0].matrix.shape

    def apply(self, rows: FloatArray) -> FloatArray:
        """The sum of the products."""
        products = [t.factor * t.units[:, None] * t.matrix.apply(t.units[:, None] * rows) for t in self.terms]
        return np.asarray(sum(products))

    def tensor(self, left: slice = ALL, right: slice = ALL) -> FloatArray:
        """The sum of the blocks."""
        total = np.zeros(())
        for t in self.terms:
            total = total + (t.factor * np.outer(t.units, t.units))[:, :, None, None] * t.matrix.tensor(left, right)
        return total

    def neuron_block(self, i: int, k: int) -> NeuronBlock:
        """The sum of those of the terms."""
        parts = [(t.factor * t.units[i] * t.units[k], t.matrix.neuron_block(i, k)) for t in self.terms]
        return NeuronBlock(
            lambda x: np.asarray(sum(factor * part.apply(x) for factor, part in parts)),
            lambda: np.asarray(sum(factor * part.dense() for factor, part in parts)),
        )

    def diagonal(self) -> FloatArray:
        """The sum of the diagonals."""
        return np.asarray(sum(t.factor * t.units[:, None] ** 2 * t.matrix.diagonal() for t in self.terms))

    def transposed(self) -> Combined:
        """Of every term."""
        return Combined(tuple(replace(t, matrix=t.matrix.transposed()) for t in self.terms))

    @property
    def coefficients(self) -> tuple[FloatArray, ...]:
        """Those of the terms, multiplied."""
        return tuple(
            t.factor * np.abs(t.units).max() ** 2 * numbers for t in self.terms for numbers in t.matrix.coefficients
        )

    def times(self, factor: float) -> Combined:
        """Every term times a number."""
        return Combined(tuple(replace(t, factor=factor * t.factor) for t in self.terms))

    def scaled(self, units: FloatArray) -> Combined:
        """Every term, ``units_i units_k`` times what it is."""
        return Combined(tuple(replace(t, units=units * t.units) for t in self.terms))


def _terms(matrix: MatrixOnRows) -> tuple[Scaled, ...]:
    """A matrix as terms of a sum."""
    if isinstance(matrix, Combined):
        return matrix.terms
    return (Scaled(matrix, 1.0, np.ones(matrix.shape[0])),)
