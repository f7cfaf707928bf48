"""Eigenvectors at one end of a spectrum, from an invariant space and what is across it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse.linalg
from numpy.typing import NDArray

from ..layout import Layout
from .iteration import FALLBACK
from .matrix import Matrix
from .reduction import Reduction

FloatArray = NDArray[np.float64]
Pairs = tuple[FloatArray, FloatArray]

INSIDE = -1


class Candidate(NamedTuple):
    """An eigenvalue, with coordinates of its vector in the invariant space, or of neurons along a vector across it."""

    value: float
    coordinates: FloatArray
    part: int  # of what is across the space; INSIDE in it
    copy: int  # which of the vectors across it

    def rows(self, inner: Layout, reduction: Reduction | None, across: Mapping[int, FloatArray]) -> FloatArray:
        """The eigenvector in rows of neurons (R, D), or the part of it that is not zero."""
        if self.part != INSIDE:
            return np.outer(self.coordinates, across[self.part][self.copy])
        rows = inner.rows(self.coordinates)
        return rows if reduction is None else reduction.lifted(rows)


def eigenpairs(matrix: Matrix, inner: Matrix, reduction: Reduction | None, k: int, which: str) -> Pairs:
    """The ``k`` smallest or largest eigenvalues of a symmetric matrix, ascending, and eigenvectors (k, P).

    ``inner`` is the matrix on the invariant space of the reduction, the matrix itself if there is none.
    """
    values, vectors = _of_inner(inner, min(k, inner.shape[0]), which)
    found = [Candidate(float(value), vector, INSIDE, 0) for value, vector in zip(values, vectors, strict=True)]
    outside = [] if reduction is None else reduction.outside(matrix.width)
    for part, (bulk, span) in enumerate(outside):
        values, vectors = np.linalg.eigh(bulk / 2 + bulk.T / 2)
        copies = range(min(k, span.codim))
        found += [Candidate(float(x), v, part, c) for x, v in zip(values, vectors.T, strict=True) for c in copies]
    found.sort(key=lambda candidate: candidate.value)
    chosen = found[:k] if which == "smallest" else found[len(found) - k :]
    across = {}
    for part, (_, span) in enumerate(outside):
        if taken := [candidate.copy for candidate in chosen if candidate.part == part]:
            across[part] = span.outside(1 + max(taken), matrix.dim)
    R, D = matrix.layout.rows_shape
    rows = np.zeros((k, R, D))
    for row, candidate in zip(rows, chosen, strict=True):
        some = candidate.rows(inner.layout, reduction, across)
        row[: len(some), : len(some.T)] = some
    return np.array([candidate.value for candidate in chosen]), matrix.layout.flat(rows)


def _of_inner(inner: Matrix, k: int, which: str) -> Pairs:
    """Of the dense matrix where that is small, or where an iteration would have to find many; else by Lanczos."""
    size = inner.shape[0]
    if not size:
        return np.zeros(0), np.zeros((0, 0))
    if size <= FALLBACK or k > size // 4:
        part = (0, k - 1) if which == "smallest" else (size - k, size - 1)
        values, vectors = scipy.linalg.eigh(inner.to_dense(), subset_by_index=part)
        return values, vectors.T
    high = _lanczos(inner, 1)[0][0]
    if which == "largest":
        return _lanczos(inner, k)
    flipped = scipy.sparse.linalg.LinearOperator(inner.shape, lambda x: high * x - inner @ x)
    values, vectors = _lanczos(flipped, k)
    return (high - values)[::-1], vectors[::-1]


def _lanczos(operator: scipy.sparse.linalg.LinearOperator, k: int) -> Pairs:
    """The largest eigenvalues, ascending, from a fixed start; residuals of 1e-10 of the largest."""
    start = np.random.default_rng(0).standard_normal(operator.shape[0])
    ncv = max(30, 2 * k + 1)
    values, vectors = scipy.sparse.linalg.eigsh(operator, k=k, which="LA", v0=start, ncv=ncv, maxiter=2000, tol=1e-10)
    order = np.argsort(values)
    return values[order], vectors.T[order]
