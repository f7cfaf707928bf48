r"""The inverse of a shifted curvature ``H - s I`` of general inputs, for the lower end of its spectrum.

In the joint eigenbasis of the forms ``sum_f A^f (x) F_f - s I`` is a block ``C_l`` of size K for every coordinate. The
outer products are ``V' N V`` with vectors ``V`` of every neuron, and a table ``N`` of size R L. By Woodbury's formula

.. math:: (C + V^T N V)^{-1} = C^{-1} - C^{-1} V^T (I + N G)^{-1} N V C^{-1}, \qquad G = V C^{-1} V^T .
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..layout import Layout
from .blocks import Blocks
from .on_rows import MatrixOnRows
from .spaces import Space

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Product = Callable[[FloatArray], FloatArray]

LARGEST = 4096
"""Size of a table up to which solving with it costs less than an iteration without."""


@dataclass(frozen=True, eq=False)
class Shifted:
    """The matrix in the eigenbasis of its forms; of rows of neurons (R, D)."""

    basis: (
        FloatArray | IntArray
    )  # rows: orthonormal vectors of the inputs' coordinates, (d, d), or numbers of axes (d,)
    bulks: FloatArray  # sum_f A^f F_f of every coordinate, (D, R, R)
    vectors: FloatArray  # V, in that basis, (L, D)
    table: FloatArray  # N, (R L, R L)
    moving: FloatArray  # 1 for entries of rows that are parameters, 0 for others, (R, D); these C does not couple

    @classmethod
    def of(cls, blocks: MatrixOnRows, layout: Layout) -> Shifted | None:
        """None where there are no forms, or none with a common basis, or outer products are too many for it to pay."""
        if not isinstance(blocks, Blocks):
            return None
        space, L, R, D = blocks.space, len(blocks.vectors), blocks.width, blocks.dim
        if space is None or len(space.eigenspaces) < 2 or min(LARGEST, R * D // 2) < R * L:
            return None
        basis, d = _basis(space), space.dim
        bulks = np.zeros((D, R, R))
        for term in blocks.multiples:
            n, values = len(term.coefficient), space.values(term.form)
            along = np.repeat(values, [part.dim for part in space.eigenspaces])
            bulks[: len(along), :n, :n] += along[:, None, None] * term.coefficient
        table = np.zeros((R, L, R, L))
        for i in range(R):
            for k in range(R):
                (left, right, coefficient), _ = blocks.at(i, k)
                np.add.at(table[i, :, k], (left, right), coefficient)
        vectors = np.hstack([_coordinates(basis, blocks.vectors[:, :d]), blocks.vectors[:, d:]])
        return cls(basis, bulks, vectors, table.reshape(R * L, R * L), layout.rows(np.ones(layout.size)))

    def inverse(self, shift: float) -> Product:
        """The product of rows with the inverse."""
        R, L, d = self.bulks.shape[1], len(self.vectors), len(self.basis)
        inverses = np.linalg.inv(self.bulks - shift * np.eye(R)).transpose(1, 2, 0)  # (R, R, D)
        gram = np.empty((R, L, R, L))
        for i in range(R):
            for k in range(R):
                gram[i, :, k] = (self.vectors * (self.moving[i] * inverses[i, k])) @ self.vectors.T
        solved = np.linalg.solve(np.eye(R * L) + self.table @ gram.reshape(R * L, R * L), self.table)

        def product(rows: FloatArray) -> FloatArray:
            turned = np.hstack([_coordinates(self.basis, rows[:, :d]), rows[:, d:]])
            bulk = np.einsum("ikd,kd->id", inverses, turned)
            towards = (solved @ (bulk @ self.vectors.T).ravel()).reshape(R, L) @ self.vectors
            result = bulk - np.einsum("ikd,kd->id", inverses, towards)
            return np.hstack([_from_coordinates(self.basis, result[:, :d]), result[:, d:]])

        return product


def _basis(space: Space) -> FloatArray | IntArray:
    """The eigenvectors as rows, eigenspace by eigenspace; where they are axes, the numbers of these."""
    axes = [part.basis for part in space.eigenspaces if part.basis is not None and part.basis.ndim == 1]
    if len(axes) == len(space.eigenspaces):
        return np.concatenate(axes).astype(np.intp)
    return np.concatenate([part.coordinates(np.eye(space.dim)).T for part in space.eigenspaces])


def _coordinates(basis: FloatArray | IntArray, rows: FloatArray) -> FloatArray:
    """Rows (n, d) in a basis."""
    return rows[:, basis] if basis.ndim == 1 else rows @ basis.T


def _from_coordinates(basis: FloatArray | IntArray, rows: FloatArray) -> FloatArray:
    """What has these coordinates."""
    if basis.ndim == 2:
        return rows @ basis
    result = np.empty_like(rows)
    result[:, basis] = rows
    return result
