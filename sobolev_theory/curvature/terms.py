"""Terms of a curvature in vectors of one list: outer products with dense tables of coefficients, and single ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Entries = tuple[IntArray, IntArray, FloatArray]
"""Numbers of left and right vectors, and coefficients."""

SWAPPED = {"first": "second", "second": "first", "fixed": "fixed"}


class Reference(NamedTuple):
    """Which vector of the list stands in entry ``(i, j)`` of a table.

    ``"first"`` is vector ``start + i``, ``"second"`` vector ``start + j``, ``"fixed"`` vector ``start``.
    """

    start: int
    kind: str

    def shifted(self, by: int) -> Reference:
        """The same vector of a list that so many others precede."""
        return Reference(self.start + by, self.kind)

    def counts(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Of how many different vectors a table of a shape makes use, along its rows and along its columns."""
        return (shape[0] if self.kind == "first" else 1), (shape[1] if self.kind == "second" else 1)

    def of(self, vectors: FloatArray, shape: tuple[int, int]) -> FloatArray:
        """The vectors (L, D) or numbers (L,) of a table of a shape, (rows or 1, columns or 1, ...)."""
        rows, columns = self.counts(shape)
        found = vectors[self.start : self.start + rows * columns]
        return found.reshape(rows, columns, *vectors.shape[1:])


@dataclass(frozen=True, eq=False)
class Outer:
    """Outer products ``c_ij l r'`` with vectors that references name.

    Entry ``(i, k)`` of a table stands in block ``(i, k)``; of an ``own`` one all entries ``(i, j)`` stand in block
    ``(i, i)``. A table smaller than the matrix of blocks is one of leading rows and columns.
    """

    coefficient: FloatArray
    left: Reference
    right: Reference
    own: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Of the table."""
        rows, columns = self.coefficient.shape
        return rows, columns

    @property
    def leading(self) -> int:
        """Number of vectors up to the last that it names."""
        return max(ref.start + max(ref.counts(self.shape)) for ref in (self.left, self.right))

    def transposed(self) -> Outer:
        """The term of the transposed matrix."""
        if self.own:
            return replace(self, left=self.right, right=self.left)
        left, right = (Reference(ref.start, SWAPPED[ref.kind]) for ref in (self.right, self.left))
        return Outer(self.coefficient.T, left, right)

    def scaled(self, units: FloatArray) -> Outer:
        """The term of the matrix whose block ``(i, k)`` is multiplied with ``units_i units_k``."""
        first = units[: self.shape[0], None]
        return replace(self, coefficient=first * (first if self.own else units[: self.shape[1]]) * self.coefficient)

    def on_units(self, norms: FloatArray) -> Outer:
        """The term for vectors that are divided by their norms."""
        left, right = self.left.of(norms, self.shape), self.right.of(norms, self.shape)
        return replace(self, coefficient=_in_doubles(left * right * self.coefficient))

    @staticmethod
    def joined(terms: tuple[Outer, ...]) -> tuple[Outer, ...]:
        """The sum of several, of which those with the same vectors are one."""
        found: dict[tuple[Reference, Reference, bool, tuple[int, int]], Outer] = {}
        for term in terms:
            key = term.left, term.right, term.own, term.shape
            same = found.get(key)
            found[key] = term if same is None else replace(same, coefficient=same.coefficient + term.coefficient)
        return tuple(found.values())

    def shifted(self, by: int) -> Outer:
        """The same term of a list of vectors that so many others precede."""
        return replace(self, left=self.left.shifted(by), right=self.right.shifted(by))

    def add_to(self, towards: FloatArray, products: FloatArray) -> None:
        """Add coefficients (R, L) on vectors: of a product with rows that has ``products`` (R, L) with the vectors."""
        (rows, columns), (start, kind) = self.shape, self.right
        acting = products[:rows] if self.own else products[:columns].T  # (i, vector), or (vector, k)
        if self.own:
            part = acting[:, start : start + self.right.counts((rows, columns))[1]]
            if kind == "first":
                part = np.diagonal(acting[:, start : start + rows])[:, None]
        else:
            part = acting[start : start + self.right.counts((rows, columns))[0]]
            if kind == "second":
                part = np.diagonal(acting[start : start + columns])[None, :]
        start, kind = self.left
        if kind == "second":
            towards[:rows, start : start + columns] += self.coefficient * part
            return
        along = np.einsum("ij,ij->i", self.coefficient, part)
        at = np.arange(rows)
        towards[at, start + (at if kind == "first" else 0)] += along

    def at(self, i: int, k: int) -> Entries:
        """The vectors of block ``(i, k)``, and their coefficients."""
        rows, columns = self.shape
        none = i >= rows or (i != k if self.own else k >= columns)
        second = np.arange(0 if none else columns) if self.own else np.arange(k, k if none else k + 1)
        left, right = (
            ref.start + (second if ref.kind == "second" else np.full(len(second), i if ref.kind == "first" else 0))
            for ref in (self.left, self.right)
        )
        return left, right, self.coefficient[i, second] if len(second) else np.zeros(0)

    def own_blocks(self, left: FloatArray, right: FloatArray) -> FloatArray:
        """Blocks (i, i) of an own term, (rows, D, D'), with left (L, D) and right (L, D') vectors."""
        on_left, on_right = self.left.of(left, self.shape), self.right.of(right, self.shape)
        if self.left.kind != "second":
            towards = _contracted(self.coefficient, on_right)
            return np.asarray(on_left[:, 0, :, None] * towards[:, None, :])
        if self.right.kind != "second":
            return np.asarray(_contracted(self.coefficient, on_left)[:, :, None] * on_right[:, 0, None, :])
        return np.asarray((on_left[0].T * self.coefficient[:, None, :]) @ on_right[0])


@dataclass(frozen=True, eq=False)
class Sparse:
    """Outer products ``c_t v_l v_r'``, term ``t`` in block ``(row_t, column_t)``; arrays of one length."""

    row: IntArray
    column: IntArray
    left: IntArray
    right: IntArray
    coefficient: FloatArray

    @classmethod
    def none(cls) -> Sparse:
        """No terms."""
        empty = np.zeros(0, dtype=np.intp)
        return cls(empty, empty, empty, empty, np.zeros(0))

    @classmethod
    def joined(cls, parts: list[Sparse]) -> Sparse:
        """All terms of several."""
        names = ("row", "column", "left", "right", "coefficient")
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def __len__(self) -> int:
        return len(self.coefficient)

    def transposed(self) -> Sparse:
        """The terms of the transposed matrix."""
        return Sparse(self.column, self.row, self.right, self.left, self.coefficient)

    def scaled(self, units: FloatArray) -> Sparse:
        """The terms of the matrix whose block ``(i, k)`` is multiplied with ``units_i units_k``."""
        return replace(self, coefficient=units[self.row] * units[self.column] * self.coefficient)

    def on_units(self, norms: FloatArray) -> Sparse:
        """The terms for vectors that are divided by their norms."""
        return replace(self, coefficient=_in_doubles(norms[self.left] * norms[self.right] * self.coefficient))

    def shifted(self, by: int) -> Sparse:
        """The same terms of a list of vectors that so many others precede."""
        return replace(self, left=self.left + by, right=self.right + by)

    def add_to(self, result: FloatArray, rows: FloatArray, vectors: FloatArray) -> None:
        """Add the product with rows (R, D): each term alone, since they are few of all pairs of neurons and vectors."""
        along = self.coefficient * np.einsum("td,td->t", rows[self.column], vectors[self.right])
        np.add.at(result, self.row, along[:, None] * vectors[self.left])

    def add_to_dense(self, blocks: FloatArray, left: FloatArray, right: FloatArray) -> None:
        """Add the matrices to blocks (R, R, D, D')."""
        products = (self.coefficient[:, None] * left[self.left])[:, :, None] * right[self.right][:, None, :]
        np.add.at(blocks, (self.row, self.column), products)

    def at(self, i: int, k: int) -> Entries:
        """The vectors of block ``(i, k)``, and their coefficients."""
        here = (self.row == i) & (self.column == k)
        return self.left[here], self.right[here], self.coefficient[here]


def _contracted(coefficient: FloatArray, vectors: FloatArray) -> FloatArray:
    """``sum_j c_ij v`` for vectors of a reference, (rows, D)."""
    if vectors.shape[1] == 1:
        return np.asarray(coefficient.sum(axis=1)[:, None] * vectors[:, 0])
    return np.asarray(coefficient @ vectors[0])


def _in_doubles(numbers: FloatArray) -> FloatArray:
    """Rounded."""
    return numbers.astype(np.float64, copy=False)
