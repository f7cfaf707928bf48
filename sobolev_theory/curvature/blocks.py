r"""The blocks of a curvature matrix: multiples of the identity plus outer products of weight rows.

Block ``(i, k)`` of every curvature is

.. math:: A_{ik} I + x^{11}_{ik} u_i u_i^T + x^{12}_{ik} u_i u_k^T + x^{21}_{ik} u_k u_i^T + x^{22}_{ik} u_k u_k^T
          + \delta_{ik} [\phi_i u_i u_i^T
          + \sum_j (o^{12}_{ij} u_i u_j^T + o^{21}_{ij} u_j u_i^T + o^{22}_{ij} u_j u_j^T)]

with weight rows ``u`` (students first), plus the terms of the near pairs in their explicit frames ``(u^_i, e)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..pairs.geometry import PairGeometry
from ..pairs.sums import on_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

RANK = 1e-13
"""Part of a unit vector outside a span below which it counts as inside: rounding of the products that made it."""


@dataclass(frozen=True)
class NearTerms:
    """Terms ``sum_ab C_ab f_a f_b'`` in the frames ``f = (u^, e)`` of near pairs.

    ``frames`` (P, 2, D) has one frame per near pair; term ``t`` stands in block ``(row_t, column_t)``, has the frame of
    pair ``pair_t`` and coefficients ``coefficients_t`` (2, 2).
    """

    frames: FloatArray
    pair: IntArray
    row: IntArray
    column: IntArray
    coefficients: FloatArray

    def transposed(self) -> NearTerms:
        """The terms of the transposed matrix."""
        return NearTerms(self.frames, self.pair, self.column, self.row, self.coefficients.transpose(0, 2, 1))

    def add_to(self, result: FloatArray, vectors: FloatArray) -> None:
        """Add the product with vectors (K, D)."""
        frames = self.frames[self.pair]
        along = np.einsum("tab,tbd,td->ta", self.coefficients, frames, vectors[self.column])
        np.add.at(result, self.row, np.einsum("ta,tad->td", along, frames))

    def add_to_dense(self, blocks: FloatArray) -> None:
        """Add the matrices to blocks (K, K, D, D)."""
        frames = self.frames[self.pair]
        np.add.at(blocks, (self.row, self.column), frames.transpose(0, 2, 1) @ self.coefficients @ frames)


@dataclass(frozen=True)
class Blocks:
    """A curvature matrix in the letters of the module docstring."""

    rows: FloatArray  # u, (N, D)
    identity: FloatArray  # A, (K, K)
    radial: FloatArray  # phi, (K,)
    own: tuple[FloatArray, FloatArray, FloatArray] | None  # o12, o21, o22, each (K, N)
    cross: tuple[FloatArray, FloatArray, FloatArray, FloatArray]  # x11, x12, x21, x22, each (K, K)
    near: NearTerms

    @property
    def width(self) -> int:
        """Number of students ``K``."""
        return len(self.radial)

    @property
    def coefficients(self) -> tuple[FloatArray, ...]:
        """All numbers that multiply the identity or vectors."""
        return self.identity, self.radial, *(self.own or ()), *self.cross, self.near.coefficients

    def transposed(self) -> Blocks:
        """The blocks of the transposed matrix."""
        x11, x12, x21, x22 = self.cross
        own = self.own and (self.own[1], self.own[0], self.own[2])
        return Blocks(
            self.rows, self.identity.T, self.radial, own, (x22.T, x12.T, x21.T, x11.T), self.near.transposed()
        )

    def scaled(self, units: FloatArray) -> Blocks:
        """Block ``(i, k)`` times ``units_i units_k``."""
        outer, square = np.outer(units, units), units**2
        x11, x12, x21, x22 = self.cross
        own = self.own and (square[:, None] * self.own[0], square[:, None] * self.own[1], square[:, None] * self.own[2])
        factors = units[self.near.row] * units[self.near.column]
        near = replace(self.near, coefficients=factors[:, None, None] * self.near.coefficients)
        cross = outer * x11, outer * x12, outer * x21, outer * x22
        return Blocks(self.rows, outer * self.identity, square * self.radial, own, cross, near)

    def on_units(self, norms: FloatArray) -> Blocks:
        """The same matrix in doubles, on rows of length one: coefficients times the lengths of their rows.

        Apart they may leave the range of doubles where the matrix does not.
        """
        p, q = norms[: self.width, None], norms
        rows = self.rows / np.where(norms > 0, norms, 1.0)[:, None]
        x11, x12, x21, x22 = self.cross
        cross = p * p * x11, p * q[: self.width] * x12, p * q[: self.width] * x21, q[: self.width] ** 2 * x22
        near = replace(
            self.near, frames=_in_doubles(self.near.frames), coefficients=_in_doubles(self.near.coefficients)
        )
        own = self.own and (p * q * self.own[0], p * q * self.own[1], q * q * self.own[2])
        radial = p[:, 0] ** 2 * self.radial
        return Blocks(
            rows=_in_doubles(rows),
            identity=_in_doubles(self.identity),
            radial=_in_doubles(radial),
            own=own and (_in_doubles(own[0]), _in_doubles(own[1]), _in_doubles(own[2])),
            cross=(_in_doubles(cross[0]), _in_doubles(cross[1]), _in_doubles(cross[2]), _in_doubles(cross[3])),
            near=near,
        )

    def on_span(self) -> Blocks:
        """The same matrix in orthonormal coordinates of the span of all vectors in it: weight rows and near frames.

        A QR of the rows alone would know the directions ``e`` of near pairs only to ``1e-16/theta``. So all vectors are
        taken together; of the triangular factor, which holds their coordinates, a pivoted QR finds the rank.
        """
        frames = self.near.frames.reshape(-1, self.rows.shape[1])
        vectors = np.vstack([self.rows, frames])
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        units = vectors / np.where(norms > 0, norms, 1.0)
        coordinates = np.asarray(np.linalg.qr(units.T, mode="r"))
        if len(frames):
            coordinates = _without_null_directions(coordinates)
        coordinates = np.ascontiguousarray(coordinates.T) * norms
        rows, frames = np.split(coordinates, [len(self.rows)])
        near = replace(self.near, frames=frames.reshape(-1, 2, frames.shape[1]))
        return replace(self, rows=rows, near=near)

    @np.errstate(all="ignore")
    def apply(self, vectors: FloatArray) -> FloatArray:
        """The product with a vector written as (K, D), by three matrix products: ``X U'``, ``A X`` and ``C U``."""
        k = self.width
        products = vectors @ self.rows.T  # u_j . x_i
        own_first = np.diagonal(products)  # u_i . x_i
        transposed = products[:, :k].T  # u_i . x_k in entry (i, k)
        x11, x12, x21, x22 = self.cross
        along = self.radial * own_first + np.einsum("ik,ik->i", x11, transposed) + x12 @ own_first
        if self.own is None:
            towards = np.zeros_like(products)
        else:
            o12, o21, o22 = self.own
            along += np.einsum("ij,ij->i", o12, products)
            towards = o21 * own_first[:, None]
            towards += o22 * products
        towards[:, :k] += x21 * transposed
        towards[:, :k] += x22 * own_first
        result = self.identity @ vectors
        result += towards @ self.rows
        result += along[:, None] * self.rows[:k]
        self.near.add_to(result, vectors)
        return result

    @np.errstate(all="ignore")
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
        self.near.add_to_dense(blocks)
        return blocks.transpose(0, 2, 1, 3).reshape(k * d, k * d)


def _in_doubles(numbers: FloatArray) -> FloatArray:
    """Rounded."""
    return numbers.astype(np.float64)


def _without_null_directions(coordinates: FloatArray) -> FloatArray:
    """Coordinates (columns) of unit vectors in as few directions as hold them all to rounding."""
    q, r, _ = scipy.linalg.qr(coordinates, pivoting=True, mode="economic")
    rank = int((np.abs(np.diagonal(r)) > RANK).sum())
    reduced: FloatArray = q[:, :rank].T @ coordinates
    return reduced


def assemble(
    geometry: PairGeometry,
    a: FloatArray,
    own: tuple[FloatArray, ...] | None,
    cross: tuple[FloatArray, ...],
    self_terms: tuple[FloatArray, ...],
    bilinear: float,
) -> Blocks:
    """Blocks from frame coefficients ``(I, 11, 12, 21, 22)`` of own and cross blocks, and ``(I, 11)`` of self terms.

    Near pairs keep their explicit frame vectors; for all others the frame is expanded into weight rows.
    """
    k, framed = geometry.width, geometry.framed
    identity = cross[0] + bilinear * np.outer(a, a)
    identity[np.diag_indices(k)] += a**2 * self_terms[0]
    radial = a**2 * self_terms[1] * geometry.scale[:k] ** 2  # f_1 = nu_i u_i
    x11, x12, x21, x22 = on_rows(geometry, cross[1:])
    terms = [_near_terms(geometry, cross[1:], own=False)]
    rows = None
    if own is not None:
        identity[np.diag_indices(k)] += own[0].sum(axis=1)
        o11, o12, o21, o22 = on_rows(geometry, own[1:])
        radial = radial + o11.sum(axis=1)
        rows = o12, o21, o22
        terms.append(_near_terms(geometry, (np.zeros_like(own[1]), *own[2:]), own=True))  # f_1 f_1' is in radial
    within = framed.j < k
    x11[framed.i[within], framed.j[within]] = 0.0  # the near terms of a cross block include f_1 f_1'
    pair, row, column, coefficients = (np.concatenate(parts) for parts in zip(*terms, strict=True))
    explicit = NearTerms(geometry.frames, pair, row, column, coefficients)
    return Blocks(geometry.rows, identity, radial, rows, (x11, x12, x21, x22), explicit)


def _near_terms(
    geometry: PairGeometry, frame: tuple[FloatArray, ...], *, own: bool
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Pair, block row, block column and coefficients (n, 2, 2) of the near pairs, in block (i, i) or (i, j)."""
    framed = geometry.framed
    pair = np.flatnonzero(framed.j < frame[0].shape[1])
    i, j = framed.i[pair], framed.j[pair]
    coefficients = np.stack([c[i, j] for c in frame], axis=-1).reshape(-1, 2, 2)
    return pair, i, i if own else j, coefficients
