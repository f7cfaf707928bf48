r"""The blocks of a curvature matrix: multiples of forms plus outer products of vectors of one list.

A curvature acts on rows of neurons (R, D). Its block ``(i, k)`` is

.. math:: \sum_f A^f_{ik} F_f + \sum_t c^t_{ik} l_t r_t^T + \delta_{ik} \sum_t \sum_j o^t_{ij} l_t r_t^T + \ldots

with forms ``F`` on the first coordinates, those of the inputs, and vectors ``l, r`` of the list, which may depend on
``i``, ``k`` and ``j`` (`Outer`); the dots are single outer products (`Sparse`), those of near pairs of weights. So a
product costs two matrix products with the vectors and one with every form.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from ..forms import Form
from .on_rows import ALL, MatrixOnRows, NeuronBlock
from .spaces import Space
from .terms import Entries, Outer, Sparse

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Multiple:
    """Blocks ``A_ik F`` of a form, for the first neurons, as many as ``A`` has rows."""

    coefficient: FloatArray
    form: Form

    def add_to(self, result: FloatArray, rows: FloatArray) -> None:
        """Add the product with rows (R, D)."""
        n, d = len(self.coefficient), self.form.dim
        result[:n, :d] += self.coefficient @ self.form.apply(rows[:n, :d])

    def add_to_dense(self, blocks: FloatArray, left: slice, right: slice) -> None:
        """Add the matrices, in some coordinates on either side, to blocks (R, R, D, D')."""
        n, inputs = len(self.coefficient), np.arange(self.form.dim)
        if self.form.array.ndim == 2:
            form = self.form.array[left, right]
            blocks[:n, :n, : len(form), : len(form.T)] += self.coefficient[:, :, None, None] * form
        else:
            both, i, j = np.intersect1d(inputs[left], inputs[right], assume_unique=True, return_indices=True)
            blocks[:n, :n, i, j] += self.coefficient[:, :, None] * self.form.diagonal[both]

    @staticmethod
    def joined(terms: tuple[Multiple, ...]) -> tuple[Multiple, ...]:
        """The sum of several, in as few as there are forms and sizes."""
        found: dict[tuple[Form, int], Multiple] = {}
        for term in terms:
            key = term.form, len(term.coefficient)
            same = found.get(key)
            found[key] = term if same is None else replace(same, coefficient=same.coefficient + term.coefficient)
        return tuple(found.values())


@dataclass(frozen=True, eq=False)
class Blocks(MatrixOnRows):
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
        What the forms map into itself; None if no forms occur, or none is known.
    """

    width: int
    vectors: FloatArray
    multiples: tuple[Multiple, ...]
    outer: tuple[Outer, ...]
    sparse: Sparse
    space: Space | None

    @property
    def shape(self) -> tuple[int, int]:
        """``(R, D)``."""
        return self.width, self.dim

    @property
    def dim(self) -> int:
        """Coordinates ``D`` of a row."""
        return int(self.vectors.shape[1])

    @cached_property
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

    def times(self, factor: float) -> Blocks:
        """The matrix times a number."""
        multiples = tuple(replace(term, coefficient=factor * term.coefficient) for term in self.multiples)
        outer = tuple(replace(term, coefficient=factor * term.coefficient) for term in self.outer)
        sparse = replace(self.sparse, coefficient=factor * self.sparse.coefficient)
        return replace(self, multiples=multiples, outer=outer, sparse=sparse)

    def plus(self, other: MatrixOnRows) -> MatrixOnRows:
        """The sum of two matrices; of the same list of vectors, in no more terms than one has."""
        if not isinstance(other, Blocks):
            return super().plus(other)
        shared = self.vectors is other.vectors or np.array_equal(self.vectors, other.vectors)
        by = 0 if shared else len(self.vectors)
        outer = (*self.outer, *(term.shifted(by) for term in other.outer))
        return Blocks(
            self.width,
            self.vectors if shared else np.concatenate([self.vectors, other.vectors]),
            Multiple.joined(self.multiples + other.multiples),
            Outer.joined(outer),
            Sparse.joined([self.sparse, other.sparse.shifted(by)]),
            self.space and self.space.shared(other.space, independent=shared),
        )

    def at(self, i: int, k: int) -> tuple[Entries, list[tuple[float, Form]]]:
        """What block ``(i, k)`` consists of: numbers of left and right vectors with coefficients, and forms."""
        found = [term.at(i, k) for term in self.outer] + [self.sparse.at(i, k)]
        left, right, coefficient = (np.concatenate(parts) for parts in zip(*found, strict=True))
        inside = [term for term in self.multiples if max(i, k) < len(term.coefficient)]
        return (left, right, coefficient), [(float(term.coefficient[i, k]), term.form) for term in inside]

    def beside(self, rows: FloatArray) -> Blocks:
        """The same matrix, with rows (L, D) at the end of the list of vectors."""
        return replace(self, vectors=np.concatenate([self.vectors, rows]))

    def neuron_block(self, i: int, k: int) -> NeuronBlock:
        """Block ``(i, k)``, in the vectors that it is made of."""
        (left, right, coefficient), multiples = self.at(i, k)
        used, numbers = np.unique(np.concatenate([left, right]), return_inverse=True)
        vectors, (on_left, on_right) = self.vectors[used], np.split(numbers, 2)
        core = scipy.sparse.csr_array((coefficient, (on_left, on_right)), shape=(len(used), len(used)))

        def apply(x: FloatArray) -> FloatArray:
            result = (core @ (vectors @ x)) @ vectors
            for number, form in multiples:
                result[: form.dim] += number * form.apply(x[: form.dim])
            return np.asarray(result)

        def dense() -> FloatArray:
            matrix = vectors.T @ (core @ vectors)
            for number, form in multiples:
                matrix[: form.dim, : form.dim] += number * form.to_dense()
            return np.asarray(matrix)

        return NeuronBlock(apply, dense)

    def diagonal(self) -> FloatArray:
        """The diagonal, (R, D), by as many operations as a product takes."""
        found = np.zeros(self.shape)
        for i, row in enumerate(found):
            (left, right, coefficient), multiples = self.at(i, i)
            size = len(self.vectors)
            core = scipy.sparse.csr_array((coefficient, (left, right)), shape=(size, size))
            row += np.einsum("ld,ld->d", core @ self.vectors, self.vectors)
            for number, form in multiples:
                row[: form.dim] += number * form.diagonal
        return found

    @np.errstate(all="ignore")
    def tensor(self, left: slice = ALL, right: slice = ALL) -> FloatArray:
        """All blocks, in some coordinates on the left and some on the right, (R, R, D, D')."""
        on_left, on_right = self.vectors[:, left], self.vectors[:, right]
        blocks = np.zeros((self.width, self.width, on_left.shape[1], on_right.shape[1]))
        cross = sorted((term for term in self.outer if not term.own), key=_place)
        for _, terms in groupby(cross, key=_place):
            _add_cross(blocks, list(terms), on_left, on_right)
        for term in self.outer:
            if term.own:
                at = np.arange(term.shape[0])
                blocks[at, at] += term.own_blocks(on_left, on_right)
        for multiple in self.multiples:
            multiple.add_to_dense(blocks, left, right)
        if len(self.sparse):
            self.sparse.add_to_dense(blocks, on_left, on_right)
        return blocks


def _place(term: Outer) -> tuple[int, str, tuple[int, int]]:
    """What terms share that have the left vectors in common."""
    return (*term.left, term.shape)


def _add_cross(blocks: FloatArray, terms: list[Outer], left: FloatArray, right: FloatArray) -> None:
    """Add ``l sum_t c_t r_t'`` for terms of the same left vectors."""
    rows, columns = terms[0].shape
    products = [term.coefficient[:, :, None] * term.right.of(right, term.shape) for term in terms]
    towards = np.add.reduce(products) if len(products) > 1 else products[0]
    blocks[:rows, :columns] += terms[0].left.of(left, terms[0].shape)[:, :, :, None] * towards[:, :, None, :]
