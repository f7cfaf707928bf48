r"""Curvatures in arrays of any namespace: blocks of all pairs of neurons, their products with vectors, dense matrices.

Block ``(i, j)`` is ``identity_ij I`` and a combination of products of ``b_i, b_j``; block ``(i, i)`` besides one of
products of ``b_i`` and ``b_j`` for all rows of ``[W; V]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .sums import Sums


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of K neurons.

    Attributes
    ----------
    sums
        What they are made of.
    identity
        Coefficients of ``I``, (K, K).
    cross
        On ``b_i b_i', b_i b_j', b_j b_i', b_j b_j'`` of block ``(i, j)``, each (K, K).
    own
        The same of block ``(i, i)``, summed over j; each (K, N), or None.
    radial
        On ``b_i b_i'`` of block ``(i, i)``, (K,).
    """

    sums: Sums
    identity: Any
    cross: tuple[Any, ...]
    own: tuple[Any, ...] | None
    radial: Any

    @classmethod
    def hessian(cls, sums: Sums) -> Blocks:
        """Of the Jacobian of the gradient."""
        return cls._of(sums, "cross", "own", sums.of_pairs("own", _outer(sums.felt[: sums.width], sums.felt)))

    @classmethod
    def gauss_newton(cls, sums: Sums) -> Blocks:
        """Of the Gauss-Newton matrix; the rows are those of the student."""
        return cls._of(sums, "gauss_newton", "gauss_newton", None)

    @classmethod
    def _of(cls, sums: Sums, cross: str, itself: str, own: tuple[Any, ...] | None) -> Blocks:
        """From coefficients ``(I, 11, 12, 21, 22)`` on the frame."""
        xp, k = sums.xp, sums.width
        a, felt = sums.outputs[:k], sums.felt[:k]
        identity, *frame = sums.of_pairs(cross, _outer(felt, felt))
        on_itself, radial = (felt * felt * value for value in sums.of_itself(itself))
        if own is not None:
            on_itself = on_itself + xp.sum(own[0], axis=1)
            own = sums.on_rows(own[1:])
        diagonal = xp.where(xp.identity(k, k), on_itself[:, None], 0.0)
        identity = identity + sums.terms.bilinear * _outer(a, a) + diagonal
        return cls(sums, identity, sums.on_rows(tuple(frame)), own, radial)

    def __matmul__(self, vectors: Any) -> Any:
        """The product with vectors ``x_j``, (K, d), of the same shape."""
        xp, b, k = self.sums.xp, self.sums.pairs.frame, self.sums.width
        first = b[:k, :]
        along = xp.sum(first * vectors, axis=1)  # b_i . x_i
        products = first @ vectors.T  # b_i . x_j
        c11, c12, c21, c22 = self.cross
        radial = self.radial * along + xp.sum(c11 * products + c12 * along[None, :], axis=1)
        result = self.identity @ vectors + (c21 * products + c22 * along[None, :]) @ first
        if self.own is not None:
            o11, o12, o21, o22 = self.own
            products = vectors @ b.T  # b_j . x_i
            radial = radial + xp.sum(o11 * along[:, None] + o12 * products, axis=1)
            result = result + (o21 * along[:, None] + o22 * products) @ b
        return result + radial[:, None] * first

    def to_dense(self) -> Any:
        """The matrix, (K d, K d), row-major in (neuron, coordinate)."""
        xp, b, k = self.sums.xp, self.sums.pairs.frame, self.sums.width
        first, dim = b[:k, :], b.shape[1]
        rows, columns = first[:, None, :], first[None, :, :]  # b_i and b_j of block (i, j)
        c11, c12, c21, c22 = (c[:, :, None] for c in self.cross)
        blocks = _outer(rows, c11 * rows + c12 * columns) + _outer(columns, c21 * rows + c22 * columns)
        blocks = blocks + xp.where(xp.identity(dim, dim), self.identity[:, :, None, None], 0.0)
        own = _outer(self.radial[:, None] * first, first)
        if self.own is not None:
            o11, o12, o21, o22 = self.own
            own = own + _outer(first, xp.sum(o11, axis=1)[:, None] * first + o12 @ b) + _outer(o21 @ b, first)
            own = own + xp.matmul(b.T * o22[:, None, :], b)
        blocks = blocks + xp.where(xp.identity(k, k)[:, :, None, None], own[:, None, :, :], 0.0)
        return xp.reshape(xp.permute_dims(blocks, (0, 2, 1, 3)), (k * dim, k * dim))


def _outer(left: Any, right: Any) -> Any:
    """Products of components along the last axes, others broadcast."""
    return left[..., :, None] * right[..., None, :]
