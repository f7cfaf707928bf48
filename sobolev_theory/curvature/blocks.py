r"""The blocks of a curvature matrix: multiples of forms plus outer products of vectors of one list.

A curvature acts on rows of neurons (R, D). Its block ``(i, k)`` is

.. math:: \sum_f A^f_{ik} F_f + \sum_t c^t_{ik} l_t r_t^T + \delta_{ik} \sum_t \sum_j o^t_{ij} l_t r_t^T + \ldots

with forms ``F`` on the first coordinates, those of the inputs, and vectors ``l, r`` of the list, which may depend on
``i``, ``k`` and ``j`` (`Outer`); the dots are single outer products (`Sparse`), those of near pairs of weights. So a
product costs two matrix products with the vectors and one with every form.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .spaces import Space
from .terms import Outer, Sparse

FloatArray = NDArray[np.float64]


class Form(Protocol):
    """A symmetric form on the first ``dim`` coordinates of rows."""

    @property
    def dim(self) -> int:
        """Number of coordinates."""

    @property
    def array(self) -> FloatArray:
        """Its matrix; or the diagonal, or a number, if it is diagonal, or a multiple of the identity."""

    @property
    def diagonal(self) -> FloatArray:
        """Of its matrix, (dim,)."""

    def apply(self, rows: FloatArray) -> FloatArray:
        """Rows times the matrix."""


@dataclass(frozen=True, eq=False)
class Diagonal:
    """A diagonal form: one number for all coordinates, or one for each."""

    dim: int
    array: FloatArray

    @property
    def diagonal(self) -> FloatArray:
        """Of its matrix, (dim,)."""
        return np.broadcast_to(self.array, (self.dim,))

    def apply(self, rows: FloatArray) -> FloatArray:
        """Rows times the matrix; the rows themselves for the identity."""
        return rows if not self.array.ndim and self.array == 1 else rows * self.array


@dataclass(frozen=True, eq=False)
class Multiple:
    """Blocks ``A_ik F`` of a form, for the first neurons, as many as ``A`` has rows.

    ``values`` are those of the form on the eigenspaces of the `Space` of the blocks, if there is one.
    """

    coefficient: FloatArray
    form: Form
    values: tuple[float, ...] = ()

    def add_to(self, result: FloatArray, rows: FloatArray) -> None:
        """Add the product with rows (R, D)."""
        n, d = len(self.coefficient), self.form.dim
        result[:n, :d] += self.coefficient @ self.form.apply(rows[:n, :d])

    def add_to_dense(self, blocks: FloatArray) -> None:
        """Add the matrices to blocks (R, R, D, D)."""
        n, d = len(self.coefficient), self.form.dim
        if self.form.array.ndim == 2:
            blocks[:n, :n, :d, :d] += self.coefficient[:, :, None, None] * self.form.array
        else:
            blocks[:n, :n, np.arange(d), np.arange(d)] += self.coefficient[:, :, None] * self.form.diagonal


@dataclass(frozen=True, eq=False)
class Blocks:
    """A curvature matrix in the letters of the module docstring.

    Attributes
    ----------
    width
        Number ``R`` of rows of neurons.
    vectors
        The list, (L, D). A product is taken with the first of them, up to the last that an outer product names.
    multiples, outer, sparse
        The terms.
    space
        The eigenspaces of the forms; None if those have no common ones that are known.
    """

    width: int
    vectors: FloatArray
    multiples: tuple[Multiple, ...]
    outer: tuple[Outer, ...]
    sparse: Sparse
    space: Space | None

    @property
    def dim(self) -> int:
        """Coordinates ``D`` of a row."""
        return int(self.vectors.shape[1])

    @property
    def leading(self) -> int:
        """Number of vectors up to the last that an outer product names."""
        return max((term.leading for term in self.outer), default=0)

    @property
    def coefficients(self) -> tuple[FloatArray, ...]:
        """All numbers that multiply forms or vectors."""
        dense = [term.coefficient for term in self.multiples] + [term.coefficient for term in self.outer]
        return *dense, self.sparse.coefficient

    def transposed(self) -> Blocks:
        """The blocks of the transposed matrix."""
        multiples = tuple(replace(term, coefficient=term.coefficient.T) for term in self.multiples)
        outer = tuple(term.transposed() for term in self.outer)
        return replace(self, multiples=multiples, outer=outer, sparse=self.sparse.transposed())

    def scaled(self, units: FloatArray) -> Blocks:
        """Block ``(i, k)`` times ``units_i units_k``."""
        multiples = tuple(
            replace(term, coefficient=np.outer(units[:n], units[:n]) * term.coefficient)
            for term in self.multiples
            for n in [len(term.coefficient)]
        )
        outer = tuple(term.scaled(units) for term in self.outer)
        return replace(self, multiples=multiples, outer=outer, sparse=self.sparse.scaled(units))

    def on_units(self) -> Blocks:
        """The same matrix in doubles, on vectors of length one: coefficients times the lengths of their vectors.

        Apart they may leave the range of doubles where the matrix does not.
        """
        norms = np.sqrt(np.einsum("ld,ld->l", self.vectors, self.vectors))
        vectors = (self.vectors / np.where(norms > 0, norms, 1.0)[:, None]).astype(np.float64)
        multiples = tuple(replace(t, coefficient=t.coefficient.astype(np.float64)) for t in self.multiples)
        outer = tuple(term.on_units(norms) for term in self.outer)
        return replace(self, vectors=vectors, multiples=multiples, outer=outer, sparse=self.sparse.on_units(norms))

    @np.errstate(all="ignore")
    def apply(self, rows: FloatArray) -> FloatArray:
        """The product with rows of neurons (R, D)."""
        vectors = self.vectors[: self.leading]
        products = rows @ vectors.T
        towards = np.zeros_like(products)
        for term in self.outer:
            term.add_to(towards, products)
        result = towards @ vectors
        for multiple in self.multiples:
            multiple.add_to(result, rows)
        if len(self.sparse):
            self.sparse.add_to(result, rows, self.vectors)
        return np.asarray(result)

    @np.errstate(all="ignore")
    def to_dense(self) -> FloatArray:
        """The matrix, shape (R D, R D)."""
        size, dim = self.width, self.dim
        blocks = np.zeros((size, size, dim, dim))
        cross = sorted((term for term in self.outer if not term.own), key=_place)
        for _, terms in groupby(cross, key=_place):
            _add_cross(blocks, list(terms), self.vectors)
        for term in self.outer:
            if term.own:
                at = np.arange(term.shape[0])
                blocks[at, at] += term.own_blocks(self.vectors, self.vectors)
        for multiple in self.multiples:
            multiple.add_to_dense(blocks)
        if len(self.sparse):
            self.sparse.add_to_dense(blocks, self.vectors, self.vectors)
        return blocks.transpose(0, 2, 1, 3).reshape(size * dim, size * dim)


def _place(term: Outer) -> tuple[int, str, tuple[int, int]]:
    """What terms share that have the left vectors in common."""
    return (*term.left, term.shape)


def _add_cross(blocks: FloatArray, terms: list[Outer], vectors: FloatArray) -> None:
    """Add ``l sum_t c_t r_t'`` for terms of the same left vectors."""
    rows, columns = terms[0].shape
    products = [term.coefficient[:, :, None] * term.right.of(vectors, term.shape) for term in terms]
    towards = np.add.reduce(products) if len(products) > 1 else products[0]
    on_left = terms[0].left.of(vectors, terms[0].shape)
    blocks[:rows, :columns] += on_left[:, :, :, None] * towards[:, :, None, :]
