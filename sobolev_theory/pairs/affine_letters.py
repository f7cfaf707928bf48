"""Moments of activations at pairs of neurons, in the frame of a chart: the letters of the affine operator."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..activations.definition import Definition, GaussianPairs, KinkedPairs
from ..activations.mixed_moments import mixed_letters, mixed_moments
from .affine import AffinePairs
from .geometry import BlockAngles

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Letters = Callable[..., FloatArray]
Where = tuple[IntArray, IntArray] | None
"""Rows and columns of a block, or all of it."""


class Table(Protocol):
    """What a chart makes of moments of activations."""

    def of_pairs(
        self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice
    ) -> Callable[[Definition, Definition, Where], Letters]:
        """``K(a, b, i, j)`` of two activations at a block of pairs, or at some of its rows and columns."""

    def of_neurons(self, definition: Definition, means: FloatArray | None, norms: FloatArray) -> Letters:
        """``L(k, a, i)`` of neurons of an activation."""

    def of_means(self, definition: Definition, means: FloatArray | None, norms: FloatArray) -> Letters:
        """``E(a, i)`` likewise."""


class PolarTable:
    """In the frame ``(Sigma w/p, e)``, where one of the activations has kinks: ``D_1 = p d_m`` of one neuron."""

    def of_pairs(
        self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice
    ) -> Callable[[Definition, Definition, Where], Letters]:
        """From norms, offsets, the angle and the place where the kinks meet."""
        p, q = geometry.pairs.norms[: geometry.pairs.width][part, None], geometry.pairs.norms[None, columns]

        @cache
        def offsets(first: float, second: float) -> Any:
            return geometry.offsets(first, second, at, part, columns)

        means = geometry.means
        both = None if means is None else (means[: geometry.pairs.width][part, None], means[None, columns])
        pairs = KinkedPairs(p, q, at.angle, at.sine, at.cosine, offsets, both)
        return lambda one, two, where: mixed_letters(one, two, pairs if where is None else pairs.some(*where))

    def of_neurons(self, definition: Definition, means: FloatArray | None, norms: FloatArray) -> Letters:
        """From norms and means."""
        squares = definition.squares(means, norms * norms)
        return lambda k, a, i: norms**i * squares(k, a + i) if i else squares(k, a)

    def of_means(self, definition: Definition, means: FloatArray | None, norms: FloatArray) -> Letters:
        """Likewise."""
        found = definition.means(means, norms * norms)
        return lambda a, i: norms**i * found(a + i) if i else found(a)


def of_products(definition: Definition, means: FloatArray | None, norms: FloatArray) -> Letters:
    """``N(a, i)`` of neurons of an activation with kinks, in the polar frame."""
    products = definition.products(means, norms * norms)
    return lambda a, i: 2 * norms**i * products(a + i)


class GramTable:
    """In the frame ``(Sigma w, Sigma v)`` of smooth activations: ``D_1, D_2`` are derivatives in the means."""

    def of_pairs(
        self, geometry: AffinePairs, at: BlockAngles, part: slice, columns: slice
    ) -> Callable[[Definition, Definition, Where], Letters]:
        """From means, covariances and their determinant."""
        first = second = geometry.means
        if first is not None:
            first, second = first[: geometry.pairs.width][part, None], first[None, columns]
        pairs = GaussianPairs(first, second, *geometry.pairs.arguments(at, part, columns))

        def of_two(one: Definition, two: Definition, where: Where) -> Letters:
            moments = mixed_moments(one, two, pairs if where is None else pairs.some(*where))
            return lambda a, b, i, j: moments(a + i, b + j)

        return of_two

    def of_neurons(self, definition: Definition, means: FloatArray | None, norms: FloatArray) -> Letters:
        """From means and variances."""
        squares = definition.squares(means, norms * norms)
        return lambda k, a, i: squares(k, a + i)

    def of_means(self, definition: Definition, means: FloatArray | None, norms: FloatArray) -> Letters:
        """Likewise."""
        found = definition.means(means, norms * norms)
        return lambda a, i: found(a + i)
