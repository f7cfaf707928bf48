"""Moments of an activation at pairs of neurons, in the frame of its chart: the letters of the affine operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..activations.error_function import ErfMoments
from ..activations.generated import BUILT_IN
from ..activations.rectifier import RectifierMoments
from .affine import AffinePairs
from .geometry import BlockAngles

FloatArray = NDArray[np.float64]
Letters = Callable[..., FloatArray]


class Table(Protocol):
    """What a chart makes of an activation's moments."""

    def of_pairs(self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice) -> Letters:
        """``K(a, b, i, j)`` of a block of pairs."""

    def of_neurons(self, geometry: AffinePairs) -> Letters:
        """``L(k, a, i)`` of the leading neurons."""

    def of_means(self, geometry: AffinePairs) -> Letters:
        """``E(a, i)`` of all neurons."""


@dataclass(frozen=True)
class PolarTable:
    """Of ``z_+^n``, in the frame ``(Sigma w/p, e)``."""

    moments: RectifierMoments

    def of_pairs(self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice) -> Letters:
        """From norms, offsets, the angle and the place where the kinks meet."""
        p, q = geometry.pairs.norms[: geometry.pairs.width][part, None], geometry.pairs.norms[columns]
        if geometry.offsets is None:
            return self.moments.pairs(p, q, None, None, at.angle, at.sine, at.cosine, None)
        h, k = geometry.offsets[: geometry.pairs.width][part, None], geometry.second_offsets(at, part, columns)
        return self.moments.pairs(p, q, h, k, at.angle, at.sine, at.cosine, geometry.v(at, part, columns))

    def of_neurons(self, geometry: AffinePairs) -> Letters:
        """From norms and offsets."""
        k = geometry.pairs.width
        return self.moments.itself(geometry.pairs.norms[:k], None if geometry.offsets is None else geometry.offsets[:k])

    def of_means(self, geometry: AffinePairs) -> Letters:
        """Likewise."""
        return self.moments.means(geometry.pairs.norms, geometry.offsets)


@dataclass(frozen=True)
class GramTable:
    """Of a smooth activation, in the frame ``(Sigma w, Sigma v)``."""

    moments: ErfMoments

    def of_pairs(self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice) -> Letters:
        """From means, covariances and their determinant."""
        arguments = geometry.pairs.arguments(at, part, columns)
        if geometry.means is None:
            return self.moments.pairs(None, None, *arguments)
        first, second = geometry.means[: geometry.pairs.width][part, None], geometry.means[columns]
        return self.moments.pairs(first, second, *arguments)

    def of_neurons(self, geometry: AffinePairs) -> Letters:
        """From means and variances."""
        k, means = geometry.pairs.width, geometry.means
        return self.moments.itself(None if means is None else means[:k], geometry.pairs.norms[:k] ** 2)

    def of_means(self, geometry: AffinePairs) -> Letters:
        """Likewise."""
        return self.moments.means(geometry.means, geometry.pairs.norms**2)


TABLES: dict[str, Table] = {
    "relu": PolarTable(RectifierMoments(1)),
    "relu2": PolarTable(RectifierMoments(2)),
    "relu3": PolarTable(RectifierMoments(3)),
    "erf": GramTable(ErfMoments()),
}
"""By the names of the activations of the package."""


def table_of(activation: Activation) -> Table:
    """The table of an activation.

    Raises
    ------
    NotImplementedError
        For one that was derived: its moments are known without means only.
    """
    if BUILT_IN.get(activation.name) is not activation.kernels:
        raise NotImplementedError(
            f"activation: one of {', '.join(TABLES)} is required for biases, other inputs, a metric, or "
            f"more parameters than hidden weights, got {activation.name!r}"
        )
    return TABLES[activation.name]
