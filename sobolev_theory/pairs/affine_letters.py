"""Moments of an activation at pairs of neurons, in the frame of its chart: the letters of the affine operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation, built_in
from ..activations.definition import GaussianPairs, Kinked, KinkedPairs, Smooth
from .affine import AffinePairs
from .geometry import BlockAngles

FloatArray = NDArray[np.float64]
Letters = Callable[..., FloatArray]


class Table(Protocol):
    """What a chart makes of an activation's moments."""

    def of_pairs(self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice) -> Letters:
        """``K(a, b, i, j)`` of a block of pairs."""

    def beyond(
        self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice
    ) -> Callable[[int, int], Letters]:
        """The same with pointwise derivatives beyond a jump: 1 or 0 for the first factor, and for the second."""

    def of_products(self, geometry: AffinePairs) -> Letters:
        """``N(a, i)`` of the leading neurons."""

    def of_neurons(self, geometry: AffinePairs) -> Letters:
        """``L(k, a, i)`` of the leading neurons."""

    def of_means(self, geometry: AffinePairs) -> Letters:
        """``E(a, i)`` of all neurons."""


@dataclass(frozen=True)
class PolarTable:
    """Of an activation with kinks, in the frame ``(Sigma w/p, e)``: ``D_1 = p d_m`` of one neuron."""

    definition: Kinked

    def of_pairs(self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice) -> Letters:
        """From norms, offsets, the angle and the place where the kinks meet."""
        return self.definition.pairs(self._arguments(geometry, at, part, columns))

    def beyond(
        self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice
    ) -> Callable[[int, int], Letters]:
        """Likewise."""
        arguments, whole, rest = self._arguments(geometry, at, part, columns), self.definition, self.definition.beyond
        assert isinstance(rest, Kinked)
        return cache(lambda first, second: (rest if first else whole).pairs_with(rest if second else whole, arguments))

    def _arguments(self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice) -> KinkedPairs:
        p, q = geometry.pairs.norms[: geometry.pairs.width][part, None], geometry.pairs.norms[columns]

        @cache
        def offsets(first: float, second: float) -> Any:
            return geometry.offsets(first, second, at, part, columns)

        return KinkedPairs(p, q, at.angle, at.sine, at.cosine, offsets)

    def of_neurons(self, geometry: AffinePairs) -> Letters:
        """From norms and means."""
        p, means = geometry.pairs.norms[: geometry.pairs.width], geometry.means
        squares = self.definition.squares(None if means is None else means[: len(p)], p * p)
        return lambda k, a, i: p**i * squares(k, a + i) if i else squares(k, a)

    def of_products(self, geometry: AffinePairs) -> Letters:
        """Likewise."""
        p, means = geometry.pairs.norms[: geometry.pairs.width], geometry.means
        products = self.definition.products(None if means is None else means[: len(p)], p * p)
        return lambda a, i: 2 * p**i * products(a + i)

    def of_means(self, geometry: AffinePairs) -> Letters:
        """Likewise."""
        p = geometry.pairs.norms
        means = self.definition.means(geometry.means, p * p)
        return lambda a, i: p**i * means(a + i) if i else means(a)


@dataclass(frozen=True)
class GramTable:
    """Of a smooth activation, in the frame ``(Sigma w, Sigma v)``: ``D_1, D_2`` are derivatives in the means."""

    definition: Smooth

    def of_pairs(self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice) -> Letters:
        """From means, covariances and their determinant."""
        first = second = geometry.means
        if first is not None:
            first, second = first[: geometry.pairs.width][part, None], first[None, columns]
        moments = self.definition.pairs(GaussianPairs(first, second, *geometry.pairs.arguments(at, part, columns)))
        return lambda a, b, i, j: moments(a + i, b + j)

    def beyond(
        self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice
    ) -> Callable[[int, int], Letters]:
        """There is no jump."""
        raise NotImplementedError

    def of_products(self, geometry: AffinePairs) -> Letters:
        """Likewise."""
        raise NotImplementedError

    def of_neurons(self, geometry: AffinePairs) -> Letters:
        """From means and variances."""
        k, means = geometry.pairs.width, geometry.means
        squares = self.definition.squares(None if means is None else means[:k], geometry.pairs.norms[:k] ** 2)
        return lambda k, a, i: squares(k, a + i)

    def of_means(self, geometry: AffinePairs) -> Letters:
        """Likewise."""
        means = self.definition.means(geometry.means, geometry.pairs.norms**2)
        return lambda a, i: means(a + i)


def table_of(activation: Activation) -> Table:
    """The table of an activation.

    Raises
    ------
    NotImplementedError
        For one that was derived: its moments are known at standard inputs only.
    """
    definition = activation.definition
    if isinstance(definition, Kinked):
        return PolarTable(definition)
    if isinstance(definition, Smooth):
        return GramTable(definition)
    raise NotImplementedError(
        f"activation: one of {', '.join(built_in.names())} is required for biases, other inputs, a metric, or "
        f"more parameters than hidden weights, got {activation.name!r}"
    )
