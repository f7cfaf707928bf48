"""Spaces that a curvature maps into themselves: spans of vectors within the joint eigenspaces of its forms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..eigenspaces import Eigenspace, eigenspaces
from ..forms import Form
from ..matrix_roots import EPS

FloatArray = NDArray[np.float64]

RANK = 1e-13
"""Part of a unit vector outside a span below which it counts as inside: rounding of the products that made it."""


@dataclass(frozen=True, eq=False)
class Space:
    """What a covariance and a metric, whose multiples a curvature has, map into itself: their joint eigenspaces.

    ``independent`` says that vectors are taken to be independent, so that their number is the dimension of their span;
    else, and beside those of near pairs, a pivoted QR finds it.
    """

    covariance: Form
    metric: Form
    independent: bool = False

    @classmethod
    def whole(cls, dim: int) -> Space:
        """The one of multiples of the Euclidean product, and of independent vectors."""
        return cls(Form(dim, np.array(1.0)), Form(dim, np.array(1.0)), independent=True)

    @property
    def dim(self) -> int:
        """Number of coordinates ``d`` that it is about: the first of vectors; others are kept as they are."""
        return self.metric.dim

    @cached_property
    def eigenspaces(self) -> tuple[Eigenspace, ...]:
        """Computed when asked for, since those of a dense form cost as a spectrum does; none if there is no basis."""
        return eigenspaces(self.covariance, self.metric) or ()

    def values(self, form: Form) -> list[float]:
        """Of a form that is the covariance, the metric, or a multiple of the Euclidean product, on the eigenspaces."""
        if form.scalar is not None:
            return [form.scalar] * len(self.eigenspaces)
        name = "covariance" if form == self.covariance else "metric"
        return [getattr(part, name) for part in self.eigenspaces]

    def shared(self, other: Space | None, *, independent: bool) -> Space | None:
        """The space of two curvatures together, whose vectors may be independent; None if none is known."""
        for one, two in ((self, other), (other, self)):
            if one and two and all(form.scalar is not None or one.has(form) for form in (two.covariance, two.metric)):
                return Space(one.covariance, one.metric, independent and one.independent and two.independent)
        return None

    def has(self, form: Form) -> bool:
        """Whether a form is one of the two."""
        return form in (self.covariance, self.metric)

    def spans(self, vectors: FloatArray, *, independent: bool) -> list[Span]:
        """The span of the projections of vectors (L, D) to each eigenspace."""
        inputs = vectors[:, : self.dim]
        norms = np.linalg.norm(inputs, axis=1)
        found = []
        for eigenspace in self.eigenspaces:
            part = eigenspace.coordinates(inputs)
            size = np.linalg.norm(part, axis=1) if len(self.eigenspaces) > 1 else norms
            size = np.where(size > EPS * norms, size, 0.0)  # what is smaller is rounding of the vector
            units = part * np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)[:, None]
            found.append(Span.of(eigenspace, units, size, independent=independent))
        return found


@dataclass(frozen=True, eq=False)
class Span:
    """The span of unit vectors (L, dim) within an eigenspace, and coordinates (L, n) of the vectors in it."""

    eigenspace: Eigenspace
    units: FloatArray
    rotation: FloatArray | None
    coordinates: FloatArray

    @classmethod
    def of(cls, eigenspace: Eigenspace, units: FloatArray, size: FloatArray, *, independent: bool) -> Span:
        """From a QR of the unit vectors, in whose triangular factor, their coordinates, a pivoted QR finds the rank."""
        triangle, rotation = np.asarray(np.linalg.qr(units.T, mode="r")), None
        if not independent:
            rotation = _directions(triangle)
            triangle = rotation.T @ triangle
        return cls(eigenspace, units, rotation, np.ascontiguousarray(triangle.T) * size[:, None])

    @property
    def dim(self) -> int:
        """Dimension ``n`` of the span."""
        return int(self.coordinates.shape[1])

    @property
    def codim(self) -> int:
        """Dimensions of the eigenspace that are left."""
        return self.eigenspace.dim - self.dim

    @cached_property
    def basis(self) -> FloatArray:
        """The orthonormal basis to which the coordinates belong, (n, dim)."""
        q = np.linalg.qr(self.units.T)[0]
        return np.asarray((q if self.rotation is None else q @ self.rotation).T)

    def outside(self, count: int, dim: int) -> FloatArray:
        """Orthonormal vectors across the span, in R^d, (count, d): random ones without their part in it."""
        vectors = np.random.default_rng(0).standard_normal((count, self.eigenspace.dim))
        for _ in range(2):  # once more for the rounding of the first time
            vectors -= (vectors @ self.basis.T) @ self.basis
        return self.eigenspace.lifted(np.linalg.qr(vectors.T)[0].T, dim)


def _directions(triangle: FloatArray) -> FloatArray:
    """Orthonormal columns that span the columns of a matrix, unit vectors, up to rounding."""
    q, r, _ = scipy.linalg.qr(triangle, pivoting=True, mode="economic")
    rank = int((np.abs(np.diagonal(r)) > RANK).sum())
    return np.asarray(q[:, :rank])
