r"""Sums over pairs of neurons with biases, for any Gaussian input and metric: the loss, its gradient, and blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..activations.definition import Definition
from ..networks import Network, or_zeros
from .affine import AffinePairs, Neurons
from .affine_letters import Letters, Where, of_products
from .affine_terms import AffineTerms, Coefficients, Group
from .ambient import Ambient
from .geometry import ALL, BlockAngles
from .shares import symmetric_sum, weighted

FloatArray = NDArray[np.float64]


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
        of_two = cache(lambda first, second: letters(first, second, where))
        some = product if where is None else lambda: product()[np.ix_(*where)]

        def of_order(order: int) -> Letters:
            moments = of_two(one.definition, two.definition)
            return lambda a, b, *ij: moments(order + a, order + b, *ij)

        def beyond(order: int) -> Letters:
            def letter(first: int, second: int, a: int, b: int, *ij: int) -> Any:
                seen = [_seen(each, order, pointwise) for each, pointwise in ((one, first), (two, second))]
                return 0.0 if None in seen else of_two(*seen)(order + a, order + b, *ij)

            return letter

        return where, Group(one, two, of_order, beyond, some)

    rows, others = neurons.groups_of(part), neurons.groups_of(columns)
    alone = len(rows) == len(others) == 1
    groups = [group(one, two, None if alone else (i, j)) for one, i in rows for two, j in others]
    return PairBlock(part, at, at.cosine.shape, groups)


def _seen(activation: Activation, order: int, pointwise: int) -> Definition | None:
    """What has the derivatives above an order, or the pointwise ones of an order that jumps; None if those vanish."""
    definition = activation.definition
    return definition.beyond if pointwise and activation.jump_order == order else definition


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
    geometry = AffinePairs.of(neurons, ambient, terms.chart, terms.meetings)
    geometry.require_varying(0)
    return value_sum(geometry, terms, network.output_weights)


def itself(geometry: AffinePairs, terms: AffineTerms, quantity: str) -> Coefficients:
    """Coefficients of each leading neuron with itself, each of shape (width,)."""
    k, norms, parts = geometry.pairs.width, geometry.pairs.norms, list[tuple[Any, Coefficients]]()
    for each, at in geometry.neurons.groups_of(slice(0, k)):
        letters = terms.table.of_neurons(each.definition, geometry.means_of(at), norms[at])
        squares = geometry.metric_squares[at]
        beyond = _without_order(partial(of_products, each.definition, geometry.means_of(at), norms[at]))
        group = Group(each, each, _counted_from(letters), beyond, partial(np.asarray, squares))
        found = terms.coefficients(quantity, group)
        parts.append((at, {label: np.broadcast_to(value, at.shape) for label, value in found.items()}))
    return collected((k,), parts)


def _without_order(products: Callable[[], Letters]) -> Callable[[int], Letters]:
    """Moments ``N(a, i)``, of the order that jumps, made when they are asked for."""
    return lambda order: products()


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
