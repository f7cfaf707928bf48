r"""Curvatures in arrays of any namespace: blocks of all pairs of neurons, their products with vectors, dense matrices.

Block ``(i, j)`` is a combination of forms ``S`` of R^d and of outer products of vectors of the neurons i and j; block
``(i, i)`` besides one of products of vectors of i and of all neurons j.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from .namespaces import Namespace


class Vectors(NamedTuple):
    """A vector of each neuron, (N, d): that of the first neuron of a pair, or of the second."""

    array: Any
    second: bool


class Products(NamedTuple):
    """``sum c_ij l r'``, coefficients (K, R) of the first R neurons j, or (K, 1) of both vectors of the first."""

    coefficients: Any
    left: Vectors
    right: Vectors


class Multiple(NamedTuple):
    """``c_ij S`` in block ``(i, j)``: coefficients (K, K), and a matrix (d, d), None for the identity."""

    coefficients: Any
    form: Any


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of the first ``width`` neurons: multiples of forms, products of a block, and those summed over j."""

    xp: Namespace
    width: int
    multiples: tuple[Multiple, ...]
    cross: tuple[Products, ...]
    own: tuple[Products, ...]

    def __matmul__(self, vectors: Any) -> Any:
        """The product with vectors ``x_j``, (K, d), of the same shape."""
        result = summed([_applied(form, coefficients @ vectors) for coefficients, form in self.multiples])
        for own, terms in ((False, self.cross), (True, self.own)):
            for coefficients, left, right in terms:
                along = coefficients * self._along(right, vectors, own, coefficients.shape[1])
                result = result + self._pulled(along, left)
        return result

    def _along(self, right: Vectors, vectors: Any, own: bool, count: int) -> Any:
        """``r . x_j``, or ``r . x_i`` in own blocks; broadcasts to (K, R)."""
        if right.second == own:
            first, second = (vectors, right.array[:count, :]) if own else (right.array[: self.width, :], vectors)
            return first @ second.T
        alone = self.xp.sum(right.array[: self.width, :] * vectors, axis=1)
        return alone[:, None] if own else alone[None, :]

    def _pulled(self, table: Any, left: Vectors) -> Any:
        """``sum_j t_ij l``, (K, d)."""
        if left.second:
            return table @ left.array[: table.shape[1], :]
        return self.xp.sum(table, axis=1)[:, None] * left.array[: self.width, :]

    def to_dense(self) -> Any:
        """The matrix, (K d, K d), row-major in (neuron, coordinate)."""
        xp, k = self.xp, self.width
        dim = self.cross[0].left.array.shape[1]
        unit = xp.identity(dim, dim)
        blocks = summed(
            [_form(xp, coefficients[:, :, None, None], form, unit) for coefficients, form in self.multiples]
        )
        for coefficients, left, right in self.cross:
            one, two = (v.array[None, :k, :] if v.second else v.array[:k, None, :] for v in (left, right))
            blocks = blocks + _outer(coefficients[:, :, None] * one, two)
        own = summed([self._own(*term) for term in self.own])
        blocks = blocks + xp.where(xp.identity(k, k)[:, :, None, None], own[:, None, :, :], 0.0)
        return xp.reshape(xp.permute_dims(blocks, (0, 2, 1, 3)), (k * dim, k * dim))

    def _own(self, coefficients: Any, left: Vectors, right: Vectors) -> Any:
        """A sum over j in block ``(i, i)``, (K, d, d)."""
        count = coefficients.shape[1]
        if left.second and right.second:
            return self.xp.matmul(left.array[:count, :].T * coefficients[:, None, :], right.array[:count, :])
        if right.second:
            return _outer(left.array[: self.width, :], self._pulled(coefficients, right))
        return _outer(self._pulled(coefficients, left), right.array[: self.width, :])


def _applied(form: Any, rows: Any) -> Any:
    return rows if form is None else rows @ form


def _form(xp: Namespace, coefficients: Any, form: Any, unit: Any) -> Any:
    return xp.where(unit, coefficients, 0.0) if form is None else coefficients * form


def _outer(left: Any, right: Any) -> Any:
    """Products of components along the last axes, others broadcast."""
    return left[..., :, None] * right[..., None, :]


def summed(arrays: list[Any]) -> Any:
    """Their sum, of one at least."""
    total, *others = arrays
    for array in others:
        total = total + array
    return total
