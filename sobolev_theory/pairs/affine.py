r"""Facts of stacked neurons ``z = w . x + b`` that pair quantities are functions of, for any Gaussian input and metric.

Neurons with biases are affine functions of inputs: *affine* is what holds for them, and so for inputs with a mean, any
covariance and any metric. Linear ones at standard inputs have `geometry` and `sums`, which cost less.

Angles and norms are those of the covariance, ``C_ij = w_i' Sigma w_j``: the geometry is that of rows ``L' w_i`` with
``Sigma = L L'``. Besides there are the means ``m_i = w_i . mu + b_i``, in units of the standard deviation
``h_i = m_i/p_i``, and for each pair the place ``v = (h_j - cos h_i)/sin`` where the two kinks meet along ``e``.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .._special import FAR
from ..activations import Activation
from ..activations.per_neuron import groups
from ..errors import OverflowingError
from .ambient import Ambient
from .angles import PARALLEL
from .charts import Chart
from .geometry import ALL, BlockAngles, PairGeometry, out_of_reach
from .near_pairs import NOBODY, NearKinks, NearPairs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Meetings = Mapping[tuple[float, float], Set[tuple[Activation, Activation]]]
"""Of which two activations a kink of the first and one of the second, by their places, must not meet."""


@dataclass(frozen=True, eq=False)
class Neurons:
    """Stacked neurons, students first: ``w`` (N, d), ``b`` (N,), and ``c = [a; -a*]`` (N,), of which ``width`` move.

    ``activations`` are theirs, N of them.
    """

    weights: FloatArray
    biases: FloatArray
    outputs: FloatArray
    width: int
    activations: tuple[Activation, ...]

    @cached_property
    def groups(self) -> list[tuple[Activation, IntArray]]:
        """Different activations, and the numbers of the neurons that have them."""
        return groups(self.activations)

    def groups_of(self, part: slice) -> list[tuple[Activation, IntArray]]:
        """The same of some neurons, numbered from the first of them."""
        start, stop, _ = part.indices(len(self.activations))
        found = ((each, of[(start <= of) & (of < stop)] - start) for each, of in self.groups)
        return [(each, of) for each, of in found if len(of)]


@dataclass(frozen=True, eq=False)
class AffinePairs:
    """Pairs (i, j) of neurons, ``i < width <= N``; immutable.

    Attributes
    ----------
    neurons, ambient
        What it is made of.
    pairs
        Norms ``p_i``, cosines and near pairs in the covariance; ``near.e`` are vectors ``Sigma r/|r|`` of R^d.
    means
        ``m_i``, (N,), or None if all are zero.
    meetings
        Places of a kink of the first neuron and of one of the second at which a derivative of the loss jumps where they
        meet, and the activations of which it does.
    """

    neurons: Neurons
    ambient: Ambient
    pairs: PairGeometry
    means: FloatArray | None
    meetings: Meetings

    @classmethod
    def of(cls, neurons: Neurons, ambient: Ambient, chart: Chart, meetings: Meetings) -> AffinePairs:
        """The geometry of neurons.

        Raises
        ------
        OverflowingError
            For weights so long or short that products of their norms leave the range of doubles.
        """
        augmented = np.column_stack([neurons.weights, neurons.biases])
        roots = ambient.covariance.root(neurons.weights)
        norms = np.sqrt((roots * roots).sum(axis=1))
        if out_of_reach(roots, norms, chart) or not np.isfinite(norms).all():
            raise OverflowingError(
                "student, teacher: weights whose norms in the covariance of the inputs are between "
                f"{chart.reach[0]:.0e} and {chart.reach[1]:.0e} are required; rescale them"
            )

        def near(i: IntArray, j: IntArray) -> NearPairs:
            return NearKinks.of_neurons(augmented, i, j, ambient.mean, ambient.covariance)

        pairs = PairGeometry.of(roots, neurons.width, chart, near=near)
        means = neurons.weights @ ambient.mean + neurons.biases
        geometry = cls(neurons, ambient, pairs, means, meetings)
        _, lag = geometry.near.meeting(0.0, 0.0)
        return geometry if means.any() or lag.any() else replace(geometry, means=None)

    @cached_property
    def images(self) -> FloatArray:
        """``Sigma w_i``, (N, d)."""
        return self.ambient.covariance.apply(self.neurons.weights)

    @cached_property
    def metric_images(self) -> FloatArray:
        """``M w_i``, (N, d)."""
        return self.images if self.ambient.has_one_form else self.ambient.metric.apply(self.neurons.weights)

    def means_of(self, numbers: IntArray) -> FloatArray | None:
        """``m_i`` of some neurons, or None if all are zero."""
        return None if self.means is None else self.means[numbers]

    @property
    def near(self) -> NearKinks:
        """The near pairs."""
        assert isinstance(self.pairs.near, NearKinks)
        return self.pairs.near

    def offsets(
        self, first: float, second: float, at: BlockAngles, part: slice = ALL, columns: slice = ALL
    ) -> tuple[FloatArray, FloatArray, FloatArray] | tuple[None, None, None]:
        """``h_i``, ``h_j`` and ``v = (h_j - cos h_i)/sin`` of kinks at two places, for a block of pairs.

        ``h_j`` of near pairs is such that the signs of all three fit together; v of a neuron with itself is of no
        meaning. None, all three, where both offsets are zero.
        """
        if self.means is None and first == second == 0:
            return None, None, None
        norms, means = self.pairs.norms, 0.0 if self.means is None else self.means
        of_first = (means - first) / norms
        h, k = of_first[: self.pairs.width][part, None], ((means - second) / norms)[None, columns]
        v: FloatArray = k - at.cosine * h
        v /= at.sine
        index, where = self.pairs.near_in(part, columns)
        if len(index):
            meets, lag = self.near.meeting(first, second)
            v[where] = meets[index]
            k = np.array(np.broadcast_to(k, v.shape))
            k[where] = at.cosine[where] * of_first[self.near.i[index]] + lag[index]
        return h, k, v

    def metric_products(self, at: BlockAngles, part: slice = ALL, columns: slice = ALL) -> FloatArray:
        """``g_ij = w_i' M w_j`` of a block of pairs."""
        if self.ambient.has_one_form:
            norms = self.pairs.norms
            products: FloatArray = norms[: self.pairs.width][part, None] * norms[columns] * at.cosine
            return products
        return self.neurons.weights[: self.pairs.width][part] @ self.metric_images[columns].T

    @cached_property
    def metric_squares(self) -> FloatArray:
        """``g_ii`` of the neurons that move, (width,)."""
        k = self.pairs.width
        squares: FloatArray = np.einsum("kd,kd->k", self.neurons.weights[:k], self.metric_images[:k])
        return squares

    @cached_property
    def coincident(self) -> IntArray:
        """Numbers of the near pairs of which two kinks are one hyperplane, as far as doubles tell."""
        return np.unique(np.concatenate([NOBODY, *(self.coincident_at(*places) for places in self.meetings)]))

    def coincident_at(self, first: float, second: float) -> IntArray:
        """Of kinks at two places.

        Doubles tell no plane of parallel weights, and offsets up to rounding of the numbers whose sums those are. Kinks
        that meet further out than the density reaches, ``|v| > FAR``, do not meet.
        """
        near, norms = self.near, self.pairs.norms
        v, lag = near.meeting(first, second)
        summed = np.abs(self.neurons.weights) @ np.abs(self.ambient.mean) + np.abs(self.neurons.biases)
        rounded = (summed + abs(first))[near.i] / norms[near.i] + (summed + abs(second))[near.j] / norms[near.j]
        meet = (np.abs(v) < FAR) | (np.abs(lag) <= PARALLEL * rounded)
        found: IntArray = np.flatnonzero((near.sine <= near.parallel) & meet)
        kinked, activations = self.meetings.get((first, second), ()), self.neurons.activations
        which = [(activations[i], activations[j]) in kinked for i, j in zip(near.i[found], near.j[found], strict=True)]
        concerned: IntArray = found[np.array(which, dtype=bool)]
        return concerned

    def felt(self, outputs: bool) -> IntArray:
        """Those that have a share in a derivative of the loss in weights: the output weight of neither is zero.

        In second derivatives of which one is in an output weight (`outputs`) that of the other alone must not be.
        """
        near, at, audible = self.pairs.near, self.coincident, self.neurons.outputs != 0
        i, j = near.i[at], near.j[at]
        shared = audible[j] | (audible[i] & (j < self.pairs.width)) if outputs else audible[i] & audible[j]
        felt: IntArray = at[shared]
        return felt

    def require_varying(self, students: int) -> None:
        """Refuse neurons with a kink that are constant on all inputs; so many of them are students."""
        if self.pairs.chart.has_frames and self.pairs.zero:
            first = self.pairs.zero[0]
            name, number = ("student", first) if first < students else ("teacher", first - students)
            raise ValueError(
                f"{name}: neurons that vary with the inputs are required, neuron {number} has w' Sigma w = 0; remove "
                "it, an output bias has its share"
            )
