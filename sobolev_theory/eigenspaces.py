"""Joint eigenspaces of two forms, an input covariance and a metric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._runtime.results import Record
from .forms import Form
from .matrix_roots import EPS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Cluster = tuple[float, FloatArray]

SLACK = 10
"""Times the rounding of an eigenvalue, `matrix_roots.EPS`, by which equal ones may differ and forms that commute miss.

A product ``Q D Q'`` has errors before it is decomposed, and equal eigenvalues come out up to 1.5 ``d eps`` apart with
the kernels that OpenBLAS has for AVX-512.
"""


@dataclass(frozen=True, eq=False, repr=False)
class Eigenspace(Record):
    """A space that a covariance and a metric map into itself, as ``covariance * I`` and ``metric * I``.

    Its basis is None where it is all of R^d, coordinates (dim,) where it is a span of axes, or orthonormal columns.
    """

    covariance: float
    metric: float
    dim: int
    basis: IntArray | FloatArray | None

    def coordinates(self, vectors: FloatArray) -> FloatArray:
        """Orthonormal coordinates of the part of vectors (n, d) within the space, shape (n, dim)."""
        if self.basis is None:
            return vectors
        return vectors[..., self.basis] if self.basis.ndim == 1 else vectors @ self.basis

    def lifted(self, coordinates: FloatArray, dim: int) -> FloatArray:
        """Vectors (n, d) of R^d from coordinates in the space (n, dim)."""
        if self.basis is None:
            return coordinates
        if self.basis.ndim == 2:
            return np.asarray(coordinates @ self.basis.T)
        vectors = np.zeros((len(coordinates), dim))
        vectors[:, self.basis] = coordinates
        return vectors


def eigenspaces(covariance: Form, metric: Form) -> tuple[Eigenspace, ...] | None:
    """The joint eigenspaces of two forms, orthogonal and of all dimensions together; None if they do not commute.

    Eigenvalues of a dense form are equal if they differ by no more than rounding, ``10 d eps`` of the largest:
    ``tau I + Y Y'`` with r columns ``Y`` has r spaces of one dimension and one of all others. Those of scalar and
    diagonal forms are compared as they are.

    Examples
    --------
    >>> forms = Form.parse("covariance", [1.0, 4.0, 1.0, 1.0], 4), Form.parse("metric", None, 4)
    >>> [(space.covariance, space.metric, space.dim) for space in eigenspaces(*forms)]
    [(1.0, 1.0, 3), (4.0, 1.0, 1)]
    """
    if "dense" not in (covariance.kind, metric.kind):
        return _of_axes(covariance, metric)
    if covariance.kind != "dense":
        swapped = eigenspaces(metric, covariance)
        return swapped and tuple(Eigenspace(s.metric, s.covariance, s.dim, s.basis) for s in swapped)
    rounding = SLACK * metric.dim * EPS * float(np.abs(metric.array).max())
    spaces: list[Eigenspace] = []
    for tau, basis in _clusters(*covariance.eigen):
        inner = metric.restricted(basis)
        image = metric.apply(basis.T).T
        if np.abs(image - basis @ inner.to_dense()).max() > rounding:
            return None
        spaces += (
            Eigenspace(tau, mu, within.shape[1], basis @ within)
            for mu, within in _clusters(*np.linalg.eigh(inner.to_dense()), rounding)
        )
    return tuple(spaces)


def _of_axes(covariance: Form, metric: Form) -> tuple[Eigenspace, ...]:
    """Joint eigenspaces of two forms that are diagonal: coordinates of equal pairs of entries."""
    if covariance.scalar is not None and metric.scalar is not None:
        return (Eigenspace(covariance.scalar, metric.scalar, metric.dim, None),)
    taus, i = np.unique(covariance.diagonal, return_inverse=True)
    mus, j = np.unique(metric.diagonal, return_inverse=True)
    pairs, group = np.unique(i * len(mus) + j, return_inverse=True)
    axes = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    i, j = np.divmod(pairs, len(mus))
    return tuple(map(Eigenspace, taus[i].tolist(), mus[j].tolist(), map(len, axes), axes))


def _clusters(values: FloatArray, vectors: FloatArray, rounding: float | None = None) -> Iterator[Cluster]:
    """Eigenvalues that are equal up to rounding, given in ascending order, as their mean, with their vectors."""
    rounding = SLACK * len(values) * EPS * float(values[-1]) if rounding is None else rounding
    for part in np.split(np.arange(len(values)), np.flatnonzero(np.diff(values) > rounding) + 1):
        mean = float(values[part].mean())
        yield (mean if mean > rounding else 0.0), vectors[:, part]
