r"""Sums over pairs of rows, in arrays of any namespace: the value, the gradient, and the coefficients of blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..pairs.charts import expanded
from ..pairs.sums import PairTerms
from .blocks import Blocks, Multiple, Products, Vectors
from .geometry import CHARTS, Pairs
from .namespaces import Namespace

SECOND = ("own", "cross", "gauss_newton")
"""Quantities of curvatures: what exists of the field at parallel rows comes with kernels at angles 0 and pi."""


@dataclass(frozen=True, eq=False)
class Sums:
    """A student of the first ``width`` of stacked rows ``[W; V]``, (N, d), with ``c = [a; -b]``, (N,)."""

    xp: Namespace
    terms: PairTerms
    rows: Any
    outputs: Any
    width: int

    @cached_property
    def pairs(self) -> Pairs:
        """Of a leading row with any."""
        pairs: Pairs = CHARTS[self.terms.activation.chart](self.xp, self.rows, self.width)
        return pairs

    @cached_property
    def felt(self) -> Any:
        """``c_j`` of rows that have a kernel, (N,)."""
        return self.xp.where(self.pairs.audible, self.outputs, 0.0)

    @cached_property
    def linear(self) -> Any:
        """``sum_j c_j u_j``, times the coefficient of the bilinear part; (d,)."""
        return self.terms.bilinear * (self.outputs @ self.rows)

    def of_pairs(self, quantity: str, weights: Any) -> tuple[Any, ...]:
        """Weights times the coefficients of a quantity, 0 for a row with itself; nothing if no order has it.

        NaN where rows are parallel and a second derivative does not exist.
        """
        xp, pairs = self.xp, self.pairs
        columns = weights.shape[1]
        singular = quantity in SECOND and self.terms.is_singular(quantity) and self.terms.jumps_in(self.rows.shape[1])
        arguments = tuple(leading(x, columns) for x in (pairs.safe if singular else pairs.arguments))
        silent = pairs.itself[:, :columns] | (weights == 0)
        if singular:
            weights = xp.where(pairs.parallel[:, :columns] & ~silent, xp.nan, weights)
        found = self.terms.of_arrays(xp, quantity, *arguments)
        return tuple(xp.where(silent, 0.0, weights * value) for value in found)

    def of_itself(self, quantity: str) -> tuple[Any, ...]:
        """Coefficients of each leading row with itself, (width,) or numbers."""
        found = self.terms.of_arrays(self.xp, f"self_{quantity}", self.pairs.own)
        return tuple(self.xp.zeros_like(self.pairs.own) + value for value in found)

    def value(self) -> Any:
        """The loss, from pairs of all rows; a number of the namespace."""
        xp, c = self.xp, self.felt
        (alone,) = self.of_itself("value")
        (shares,) = self.of_pairs("value", c[:, None] * c[None, :])
        bilinear = self.outputs @ self.rows
        return (self.terms.bilinear * xp.sum(bilinear * bilinear) + xp.sum(c * c * alone) + xp.sum(shares)) / 2

    def gradient(self) -> Any:
        """``a_i sum_j c_j g(u_i, u_j)`` for the field ``g``, (K, d)."""
        xp, k, pairs = self.xp, self.width, self.pairs
        c, first = self.felt, pairs.frame[: self.width, :]
        weights = xp.ones_like(c[:k, None]) * c[None, :]
        (alone,) = self.of_itself("field")
        field = (c[:k] * alone)[:, None] * first
        if on_rows := self.of_pairs("field", weights):
            field = field + xp.sum(on_rows[0], axis=1)[:, None] * self.rows[:k, :] + on_rows[1] @ self.rows
        if in_frame := self.of_pairs("field_in_frame", weights):
            second = pairs.kappa * in_frame[1]
            field = field + xp.sum(in_frame[0] - pairs.gamma * second, axis=1)[:, None] * first + second @ pairs.frame
        return self.outputs[:k, None] * self.linear + c[:k, None] * field

    def hessian(self) -> Blocks:
        """The Jacobian of the gradient."""
        frame = self.of_pairs("own", self.felt[: self.width, None] * self.felt[None, :])
        return self._blocks("cross", "own", frame)

    def gauss_newton(self) -> Blocks:
        """The Gauss-Newton matrix of the leading rows."""
        return self._blocks("gauss_newton", "gauss_newton", ())

    def _blocks(self, cross: str, itself: str, own: tuple[Any, ...]) -> Blocks:
        """From coefficients ``(I, 11, 12, 21, 22)`` on the frame."""
        xp, k, first = self.xp, self.width, Vectors(self.pairs.frame, False)
        a, felt = self.outputs[:k], self.felt[:k]
        identity, *frame = self.of_pairs(cross, felt[:, None] * felt[None, :])
        on_itself, radial = (felt * felt * value for value in self.of_itself(itself))
        if own:
            on_itself = on_itself + xp.sum(own[0], axis=1)
        diagonal = xp.where(xp.identity(k, k), on_itself[:, None], 0.0)
        identity = identity + self.terms.bilinear * a[:, None] * a[None, :] + diagonal
        terms = (Products(radial[:, None], first, first), *self._on_rows(own[1:]))
        return Blocks(xp, k, (Multiple(identity, None),), self._on_rows(tuple(frame)), terms)

    def _on_rows(self, frame: tuple[Any, ...]) -> tuple[Products, ...]:
        """On ``b_i b_i', b_i b_j', b_j b_i', b_j b_j'`` from coefficients on the frame."""
        if not frame:
            return ()
        columns = frame[0].shape[1]
        tables = expanded(leading(self.pairs.kappa, columns), leading(self.pairs.gamma, columns), frame)
        first, second = (Vectors(self.pairs.frame, of_second) for of_second in (False, True))
        vectors = (first, first), (first, second), (second, first), (second, second)
        return tuple(Products(table, *pair) for table, pair in zip(tables, vectors, strict=True))


def leading(array: Any, columns: int) -> Any:
    """The first columns of what broadcasts over pairs."""
    return array if isinstance(array, float) or array.shape[1] == 1 else array[:, :columns]
