r"""The blocks of a curvature matrix: multiples of the identity plus outer products of weight rows.

Block ``(i, k)`` of every curvature is

.. math:: A_{ik} I + x^{11}_{ik} u_i u_i^T + x^{12}_{ik} u_i u_k^T + x^{21}_{ik} u_k u_i^T + x^{22}_{ik} u_k u_k^T
          + \delta_{ik} [\phi_i u_i u_i^T + \sum_j (o^{12}_{ij} u_i u_j^T + o^{21}_{ij} u_j u_i^T + o^{22}_{ij} u_j
          u_j^T)]

with weight rows ``u`` (students first), plus explicit rank-one terms for the near pairs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .pairs import Pairs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True)
class RankOnes:
    """Terms ``left_n right_n'`` in block ``(row_n, column_n)``; vectors of shape (n, D)."""

    row: IntArray
    column: IntArray
    left: FloatArray
    right: FloatArray


@dataclass(frozen=True)
class Blocks:
    """A curvature matrix in the letters of the module docstring."""

    rows: FloatArray  # u, (N, D)
    identity: FloatArray  # A, (K, K)
    radial: FloatArray  # phi, (K,)
    own: tuple[FloatArray, FloatArray, FloatArray] | None  # o12, o21, o22, each (K, N)
    cross: tuple[FloatArray, FloatArray, FloatArray, FloatArray]  # x11, x12, x21, x22, each (K, K)
    near: RankOnes

    @property
    def width(self) -> int:
        """Number of students ``K``."""
        return len(self.radial)

    def transposed(self) -> "Blocks":
        """The blocks of the transposed matrix."""
        x11, x12, x21, x22 = self.cross
        own = self.own and (self.own[1], self.own[0], self.own[2])
        near = RankOnes(self.near.column, self.near.row, self.near.right, self.near.left)
        return Blocks(self.rows, self.identity.T, self.radial, own, (x22.T, x12.T, x21.T, x11.T), near)

    def on_span(self) -> "Blocks":
        """The same matrix on a subspace that contains all weight rows, in orthonormal coordinates of it (a QR of the
        stacked weights).
        """
        q, r = np.linalg.qr(self.rows.T)
        near = RankOnes(self.near.row, self.near.column, self.near.left @ q, self.near.right @ q)
        return Blocks(np.ascontiguousarray(r.T), self.identity, self.radial, self.own, self.cross, near)

    def apply(self, vectors: FloatArray) -> FloatArray:
        """The product with a vector written as (K, D), by three matrix products: ``X B'``, ``A X`` and ``C B``."""
        k = self.width
        products = vectors @ self.rows.T  # u_j . x_i
        own_first = np.diagonal(products)  # u_i . x_i
        transposed = products[:, :k].T  # u_i . x_k in entry (i, k)
        x11, x12, x21, x22 = self.cross
        along = self.radial * own_first + np.einsum("ik,ik->i", x11, transposed) + x12 @ own_first
        towards = np.zeros_like(products)
        if self.own is not None:
            o12, o21, o22 = self.own
            along += np.einsum("ij,ij->i", o12, products)
            towards += o21 * own_first[:, None]
            towards += o22 * products
        towards[:, :k] += x21 * transposed
        towards[:, :k] += x22 * own_first
        result = self.identity @ vectors
        result += towards @ self.rows
        result += along[:, None] * self.rows[:k]
        near = self.near
        weights = np.einsum("nd,nd->n", near.right, vectors[near.column])
        np.add.at(result, near.row, weights[:, None] * near.left)
        return result

    def to_dense(self) -> FloatArray:
        """The matrix, shape (K D, K D)."""
        k, d = self.width, self.rows.shape[1]
        students = self.rows[:k]
        x11, x12, x21, x22 = (c[:, :, None] for c in self.cross)
        on_i = x11 * students[:, None] + x12 * students[None, :]
        on_k = x21 * students[:, None] + x22 * students[None, :]
        blocks = students[:, None, :, None] * on_i[:, :, None, :]  # (K, K, D, D)
        blocks += students[None, :, :, None] * on_k[:, :, None, :]
        blocks[:, :, np.arange(d), np.arange(d)] += self.identity[:, :, None]
        diagonal = (self.radial[:, None] * students)[:, :, None] * students[:, None, :]
        if self.own is not None:
            o12, o21, o22 = self.own
            diagonal += students[:, :, None] * (o12 @ self.rows)[:, None, :]
            diagonal += (o21 @ self.rows)[:, :, None] * students[:, None, :]
            diagonal += (self.rows.T * o22[:, None, :]) @ self.rows
        blocks[np.arange(k), np.arange(k)] += diagonal
        np.add.at(blocks, (self.near.row, self.near.column), self.near.left[:, :, None] * self.near.right[:, None, :])
        return blocks.transpose(0, 2, 1, 3).reshape(k * d, k * d)


def assemble(
    pairs: Pairs,
    a: FloatArray,
    own: tuple[FloatArray, ...] | None,
    cross: tuple[FloatArray, ...],
    self_terms: tuple[FloatArray, ...],
    bilinear: float,
) -> Blocks:
    """Blocks from frame coefficients ``(I, 11, 12, 21, 22)`` of own and cross blocks, and ``(I, 11)`` of each row
    with itself.

    Near pairs keep their explicit frame vectors; for all others the frame is expanded into weight rows.
    """
    k = pairs.width
    bulk, radial = (a**2 * c for c in self_terms)
    radial = radial * pairs.scale[:k] ** 2  # f_1 = nu_i u_i
    near = [_near_terms(pairs, cross[1], *cross[2:], columns=k, own=False)]
    rows = None
    if own is not None:
        bulk = bulk + own[0].sum(axis=1)
        o11, o12, o21, o22 = pairs.on_rows(*own[1:])
        radial = radial + o11.sum(axis=1)
        rows = o12, o21, o22
        near.append(_near_terms(pairs, None, *own[2:], columns=len(pairs.rows), own=True))
    x11, x12, x21, x22 = pairs.on_rows(*cross[1:])
    if pairs.polar:
        i, j = _near_within(pairs, k)
        x11[i, j] = 0.0  # the explicit terms of a near cross block include f_1 f_1'
    identity = cross[0] + bilinear * np.outer(a, a)
    identity[np.diag_indices(k)] += bulk
    joined = RankOnes(*(np.concatenate(parts) for parts in zip(*(vars(n).values() for n in near), strict=True)))
    return Blocks(pairs.rows, identity, radial, rows, (x11, x12, x21, x22), joined)


def _near_within(pairs: Pairs, columns: int) -> tuple[IntArray, IntArray]:
    """Row and column of the near pairs whose column is among the first ``columns``."""
    within = pairs.near.j < columns
    return pairs.near.i[within], pairs.near.j[within]


def _near_terms(
    pairs: Pairs, c11: FloatArray | None, c12: FloatArray, c21: FloatArray, c22: FloatArray, *, columns: int, own: bool
) -> RankOnes:
    """``f_1 (c11 f_1 + c12 e)' + e (c21 f_1 + c22 e)'`` of every near pair, in block (i, i) if own, else (i, j)."""
    if not pairs.polar:
        none = np.zeros(0, dtype=np.intp)
        return RankOnes(none, none, np.zeros((0, pairs.rows.shape[1])), np.zeros((0, pairs.rows.shape[1])))
    i, j = _near_within(pairs, columns)
    first, e = pairs.scale[i, None] * pairs.rows[i], pairs.near.e[pairs.near.j < columns]
    on_first = c12[i, j, None] * e if c11 is None else c11[i, j, None] * first + c12[i, j, None] * e
    on_second = c21[i, j, None] * first + c22[i, j, None] * e
    column = i if own else j
    return RankOnes(
        np.tile(i, 2), np.tile(column, 2), np.concatenate([first, e]), np.concatenate([on_first, on_second])
    )
