r"""Sums over pairs of neurons with biases, for any Gaussian input and metric: the loss, its gradient, and blocks.

Letters and blocks are those of the generated operator (`_kernels.affine_operator`): coefficients on products of two of
the vectors ``o`` (output weight), ``m`` (mean), ``1, 2`` (frame), ``g`` (metric), and on the two forms ``S`` and ``M``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import perm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._kernels import affine_operator
from ..activations import Activation, built_in
from ..activations.definition import Kinked, Smooth
from ..activations.per_neuron import PerNeuron
from ..networks import Network, or_zeros
from ..norms import Convention, Norm
from .affine import AffinePairs, Neurons
from .affine_letters import GramTable, PolarTable, Table, Where
from .ambient import Ambient
from .charts import CHARTS, Chart
from .geometry import ALL, BlockAngles
from .shares import symmetric_sum, weighted

FloatArray = NDArray[np.float64]
BLOCKS: Mapping[tuple[str, str], tuple[Any, tuple[str, ...]]] = affine_operator.BLOCKS
Coefficients = dict[str, Any]
"""Numbers or arrays by the letters of a block."""
GAUSS_NEWTON: Mapping[tuple[bool, ...], tuple[str, str]] = {
    (False, False): ("cross", "exact"),
    (True, False): ("cross", "backprop"),
    (False, True): ("gauss_newton", "second"),
    (True, True): ("gauss_newton", "backprop"),
}
"""The block in which derivatives of the activations are pointwise, by whether those of first and second jump."""


@dataclass(frozen=True)
class AffineTerms:
    """The pair quantities of a loss: activations of students and teachers, weights of the orders, and convention."""

    activation: Activation
    norm: Norm
    convention: Convention
    teacher: Activation

    @property
    def activations(self) -> tuple[Activation, ...]:
        """All that occur."""
        return different(self.activation, self.teacher)

    def require_moments(self) -> None:
        """Refuse activations that were derived: their moments are known at standard inputs only.

        Raises
        ------
        NotImplementedError
            For such a one.
        """
        for each in self.activations:
            if not isinstance(each.definition, Smooth | Kinked):
                raise NotImplementedError(
                    f"activation: one of {', '.join(built_in.names())} is required for biases, other inputs, a metric, "
                    f"more parameters than hidden weights, or several activations, got {each.name!r}"
                )

    @property
    def is_polar(self) -> bool:
        """Whether one of them has kinks."""
        return any(each.chart == "polar" for each in self.activations)

    @property
    def table(self) -> Table:
        """What the chart makes of moments."""
        return PolarTable() if self.is_polar else GramTable()

    @property
    def chart(self) -> Chart:
        """The chart in whose frames moments are given."""
        return CHARTS["polar" if self.is_polar else "gram"]

    @property
    def jumps(self) -> bool:
        """Whether the norm contains the order whose derivative jumps."""
        return any(map(self.norm.jumps_for, self.activations))

    def rule(self, quantity: str, order: int, first: Activation, second: Activation) -> tuple[str, str]:
        """Name and rule of the block that an order of a quantity follows: below the jump the two rules are one."""
        jumps = tuple(order == each.jump_order for each in (first, second))
        if quantity == "gauss_newton":
            return GAUSS_NEWTON[jumps]
        frozen = "newton" in quantity or ("value" not in quantity and self.convention is Convention.BACKPROP)
        return quantity, "backprop" if jumps[0] and frozen else "exact"

    def coefficients(self, quantity: str, group: Group) -> Coefficients:
        """``sum_m lambda_m`` times the coefficients of a quantity, by letters."""
        total: Coefficients = {}
        for order, weight in self.norm.orders:
            function, labels = BLOCKS[self.rule(quantity, order, group.first, group.second)]
            values = function(np, power(order, group.product), group.of_order(order))
            for label, value in zip(labels, values if isinstance(values, tuple) else (values,), strict=True):
                total[label] = total[label] + weight * value if label in total else weight * value
        return total

    def means(self, geometry: AffinePairs) -> Callable[[int, int], FloatArray]:
        """``E(a, i)`` of all neurons."""
        letters = [
            (numbers, self.table.of_means(each.definition, geometry.means_of(numbers), geometry.pairs.norms[numbers]))
            for each, numbers in geometry.neurons.groups
        ]

        def letter(a: int, i: int) -> FloatArray:
            found = np.empty(len(geometry.pairs.norms))
            for numbers, of in letters:
                found[numbers] = of(a, i)
            return found

        return letter

    def of_means(self, quantity: str, geometry: AffinePairs) -> Coefficients:
        """Coefficients of a derivative of ``E sigma(z)`` of the leading neurons, ``"mean_field"`` or ``"mean_own"``."""
        function, labels = BLOCKS[quantity, "exact"]
        means = self.means(geometry)
        return dict(zip(labels, function(np, lambda a, i: means(a, i)[: geometry.pairs.width]), strict=True))


def different(*activations: Activation) -> tuple[Activation, ...]:
    """The different activations of neurons of networks."""
    neurons = (each.definition.neurons if isinstance(each.definition, PerNeuron) else (each,) for each in activations)
    return tuple(dict.fromkeys(one for each in neurons for one in each))


def power(order: int, product: Callable[[], Any]) -> Callable[[int], Any]:
    """``k`` to the k-th derivative of ``g^m``; ``g`` itself is formed only where it is needed."""
    return lambda k: perm(order, k) * product() ** (order - k) if order > k else float(perm(order, k))


@dataclass(frozen=True, eq=False)
class Group:
    """Neurons, or pairs of them, of a first and a second activation: their moments, and ``g`` of the metric."""

    first: Activation
    second: Activation
    of_order: Callable[[int], Callable[..., Any]]
    product: Callable[[], FloatArray]


@dataclass(frozen=True, eq=False)
class PairBlock:
    """A block of pairs: numbers of its rows, its angles, and its pairs in groups of activations."""

    part: slice
    at: BlockAngles
    shape: tuple[int, int]
    groups: list[tuple[Where, Group]]

    def collect(self, of: Callable[[Group], Coefficients]) -> Coefficients:
        """Coefficients of all pairs from those of groups, 0 where a group has none of a letter."""
        return collected(self.shape, [(None if at is None else np.ix_(*at), of(group)) for at, group in self.groups])


def collected(shape: tuple[int, ...], parts: list[tuple[Any, Coefficients]]) -> Coefficients:
    """Arrays of a shape from those of places in it; of one part in all places, that itself."""
    if len(parts) == 1 and parts[0][0] is None:
        return parts[0][1]
    total: Coefficients = {}
    for at, found in parts:
        for label, value in found.items():
            total.setdefault(label, np.zeros(shape))[at] = value
    return total


def blocks_of(geometry: AffinePairs, terms: AffineTerms, part: slice, columns: slice = ALL) -> PairBlock:
    """The pairs of some rows with some columns."""
    at, neurons = geometry.pairs.angles(part, columns), geometry.neurons
    letters, found = terms.table.of_pairs(geometry, at, part, columns), list[FloatArray]()

    def product() -> FloatArray:
        if not found:
            found.append(geometry.metric_products(at, part, columns))
        return found[0]

    def group(one: Activation, two: Activation, where: Where) -> tuple[Where, Group]:
        moments = letters(one.definition, two.definition, where)
        some = product if where is None else lambda: product()[np.ix_(*where)]
        return where, Group(one, two, lambda order: lambda a, b, *ij: moments(order + a, order + b, *ij), some)

    rows, others = neurons.groups_of(part), neurons.groups_of(columns)
    alone = len(rows) == len(others) == 1
    groups = [group(one, two, None if alone else (i, j)) for one, i in rows for two, j in others]
    return PairBlock(part, at, at.cosine.shape, groups)


def value_sum(geometry: AffinePairs, terms: AffineTerms, c: FloatArray) -> float:
    """``sum_ij c_i c_j F_ij`` over pairs with a leading neuron, itself included; a neuron with others counts twice."""
    (alone,) = itself(geometry, terms, "self_value").values()

    def values(part: slice, columns: slice) -> Any:
        pairs = blocks_of(geometry, terms, part, columns)
        return pairs.collect(lambda group: terms.coefficients("value", group))["o"]

    return float(c[: len(alone)] ** 2 @ alone + symmetric_sum(geometry.pairs, c, values))


@np.errstate(all="ignore")
def value_of_network(network: Network, ambient: Ambient, terms: AffineTerms) -> float:
    """``sum_ij a_i a_j F_ij`` over all neurons of a network, without its output bias."""
    biases = or_zeros(network.biases, network.width)
    neurons = Neurons(network.weights, biases, network.output_weights, network.width, network.activations)
    geometry = AffinePairs.of(neurons, ambient, terms.chart)
    geometry.require_varying(0)
    return value_sum(geometry, terms, network.output_weights)


def itself(geometry: AffinePairs, terms: AffineTerms, quantity: str) -> Coefficients:
    """Coefficients of each leading neuron with itself, each of shape (width,)."""
    k, norms, parts = geometry.pairs.width, geometry.pairs.norms, list[tuple[Any, Coefficients]]()
    for each, at in geometry.neurons.groups_of(slice(0, k)):
        letters = terms.table.of_neurons(each.definition, geometry.means_of(at), norms[at])
        squares = geometry.metric_squares[at]
        found = terms.coefficients(quantity, Group(each, each, _counted_from(letters), partial(np.asarray, squares)))
        parts.append((at, {label: np.broadcast_to(value, at.shape) for label, value in found.items()}))
    return collected((k,), parts)


def _counted_from(letters: Callable[..., Any]) -> Callable[[int], Callable[..., Any]]:
    """Moments ``L(k, ...)`` of derivatives counted from an order on."""
    return lambda order: lambda k, *at: letters(order + k, *at)


def pair_coefficients(
    geometry: AffinePairs, terms: AffineTerms, quantity: str, count: int, factors: Callable[[str], FloatArray]
) -> Coefficients:
    """Coefficients of a quantity for all pairs with the first ``count`` neurons, times factors by label; 0 for j = i.

    A pair whose factor is 0 contributes nothing, even where its coefficient diverges.
    """
    columns = slice(0, count)

    def block(part: slice) -> Coefficients:
        found = blocks_of(geometry, terms, part, columns).collect(lambda group: terms.coefficients(quantity, group))
        return {label: weighted(factors(label)[part], value, part.start) for label, value in found.items()}

    parts = geometry.pairs.by_blocks(block)
    return {label: np.concatenate([part[label] for part in parts]) for label in parts[0]}
