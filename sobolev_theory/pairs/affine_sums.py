r"""Sums over pairs of neurons with biases, for any Gaussian input and metric: the loss, its gradient, and blocks.

Letters and blocks are those of the generated operator (`_kernels.affine_operator`): coefficients on products of two of
the vectors ``o`` (output weight), ``m`` (mean), ``1, 2`` (frame), ``g`` (metric), and on the two forms ``S`` and ``M``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, product
from math import perm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._kernels import affine_operator
from ..activations import Activation
from ..networks import Network, or_zeros
from ..norms import Convention, Norm
from .affine import AffinePairs, Neurons, Places
from .affine_letters import Letters, Table, table_of
from .ambient import Ambient
from .charts import CHARTS, Chart
from .geometry import ALL, BlockAngles
from .shares import symmetric_sum, weighted

FloatArray = NDArray[np.float64]
BLOCKS: Mapping[tuple[str, str], tuple[Any, tuple[str, ...]]] = affine_operator.BLOCKS
Coefficients = dict[str, Any]
"""Numbers or arrays by the letters of a block."""


@dataclass(frozen=True)
class AffineTerms:
    """The pair quantities of a loss: an activation's moments, the weights of the orders, and the convention."""

    activation: Activation
    norm: Norm
    convention: Convention

    @cached_property
    def table(self) -> Table:
        """The moments of the activation."""
        return table_of(self.activation)

    def require_table(self) -> None:
        """Refuse an activation whose moments are known without means only."""
        table_of(self.activation)

    @property
    def chart(self) -> Chart:
        """The chart in whose frames moments are given."""
        return CHARTS[self.activation.chart]

    @property
    def jumps(self) -> bool:
        """Whether the norm contains the order whose derivative jumps."""
        return self.norm.jumps_for(self.activation)

    @cached_property
    def meetings(self) -> Places:
        """Kinks of two neurons that must not be one hyperplane where derivatives of the loss are to be continuous.

        Two whose jumps are of the first order that jumps, or one of those and one of the order that follows.
        """
        order = self.activation.jump_order
        if order is None:
            return ()
        sharp, blunt = ([jump.place for jump in self.activation.jumps(order + after)] for after in (0, 1))
        pairs = (product(sharp, sharp), product(sharp, blunt), product(blunt, sharp))
        return tuple(dict.fromkeys(chain.from_iterable(pairs)))

    def rule(self, quantity: str, order: int) -> str:
        """Which of the rules of a quantity an order follows: below the jump the two are one."""
        jumps = order == self.activation.jump_order and "value" not in quantity
        if not jumps or (self.convention is Convention.EXACT and "newton" not in quantity):
            return "exact"
        return "backprop" if self.activation.definition.beyond is None else "pointwise"

    def coefficients(
        self, quantity: str, powers: Callable[[], Any], letters: Callable[[int], tuple[Letters, Letters]]
    ) -> Coefficients:
        """``sum_m lambda_m`` times the coefficients of a quantity, by letters.

        ``powers()`` is the product ``g`` in the metric, formed when it is needed, and ``letters(m)`` are moments of
        derivatives counted from an order on, and those with pointwise derivatives beyond a jump.
        """
        total: Coefficients = {}
        for order, weight in self.norm.orders:
            name, rule = quantity, self.rule(quantity, order)
            if name == "gauss_newton" and rule == "exact":
                name = "cross"
            function, labels = BLOCKS[name, rule]
            values = function(np, power(order, powers), *of_rule(rule, letters(order)))
            for label, value in zip(labels, values if isinstance(values, tuple) else (values,), strict=True):
                total[label] = total[label] + weight * value if label in total else weight * value
        return total

    def of_means(self, quantity: str, geometry: AffinePairs, rule: str = "exact") -> Coefficients:
        """Coefficients of a derivative of ``E sigma(z)`` of the leading neurons, ``"mean_field"`` or ``"mean_own"``.

        By the rule ``"backprop"``, where the activation itself jumps, the left derivative is in output weights alone.
        """
        function, labels = BLOCKS[quantity, "exact"]
        means = self.table.of_means(geometry)
        found = dict(zip(labels, function(np, lambda a, i: means(a, i)[: geometry.pairs.width]), strict=True))
        return found if rule == "exact" else {label: value for label, value in found.items() if label[0] == "o"}


def power(order: int, product: Callable[[], Any]) -> Callable[[int], Any]:
    """``k`` to the k-th derivative of ``g^m``; ``g`` itself is formed only where it is needed."""
    return lambda k: perm(order, k) * product() ** (order - k) if order > k else float(perm(order, k))


def of_rule(rule: str, letters: tuple[Letters, Letters]) -> tuple[Letters, ...]:
    """The letters that a rule has: ``pointwise`` has two kinds."""
    return letters if rule == "pointwise" else letters[:1]


@dataclass(frozen=True, eq=False)
class PairBlock:
    """A block of pairs: numbers of its rows, its angles, its moments of both kinds, and ``g`` of the metric."""

    part: slice
    at: BlockAngles
    moments: Letters
    beyond: Callable[[], Callable[[int, int], Letters]]
    product: Callable[[], FloatArray]

    def letters(self, order: int) -> tuple[Letters, Letters]:
        """Of derivatives counted from an order on."""

        def beyond(first: int, second: int, a: int, b: int, *at: int) -> FloatArray:
            return self.beyond()(first, second)(order + a, order + b, *at)

        return lambda a, b, *at: self.moments(order + a, order + b, *at), beyond


def blocks_of(geometry: AffinePairs, terms: AffineTerms, part: slice, columns: slice = ALL) -> PairBlock:
    """The pairs of some rows with some columns."""
    at = geometry.pairs.angles(part, columns)
    found: list[FloatArray] = []

    def product() -> FloatArray:
        if not found:
            found.append(geometry.metric_products(at, part, columns))
        return found[0]

    place = geometry, at, part, columns
    return PairBlock(part, at, terms.table.of_pairs(*place), cache(lambda: terms.table.beyond(*place)), product)


def value_sum(geometry: AffinePairs, terms: AffineTerms, c: FloatArray) -> float:
    """``sum_ij c_i c_j F_ij`` over pairs with a leading neuron, itself included; a neuron with others counts twice."""
    (alone,) = itself(geometry, terms, "self_value").values()

    def values(part: slice, columns: slice) -> Any:
        pair = blocks_of(geometry, terms, part, columns)
        (found,) = terms.coefficients("value", pair.product, pair.letters).values()
        return found

    return float(c[: len(alone)] ** 2 @ alone + symmetric_sum(geometry.pairs, c, values))


@np.errstate(all="ignore")
def value_of_network(network: Network, ambient: Ambient, terms: AffineTerms) -> float:
    """``sum_ij a_i a_j F_ij`` over all neurons of a network, without its output bias."""
    biases = or_zeros(network.biases, network.width)
    neurons = Neurons(network.weights, biases, network.output_weights, network.width)
    geometry = AffinePairs.of(neurons, ambient, terms.chart, terms.meetings)
    geometry.require_varying(0)
    return value_sum(geometry, terms, network.output_weights)


def itself(geometry: AffinePairs, terms: AffineTerms, quantity: str) -> Coefficients:
    """Coefficients of each leading neuron with itself, each of shape (width,)."""
    squares, products = terms.table.of_neurons(geometry), cache(lambda: terms.table.of_products(geometry))

    def letters(order: int) -> tuple[Letters, Letters]:
        return lambda k, *at: squares(order + k, *at), lambda *at: products()(*at)

    found = terms.coefficients(quantity, lambda: geometry.metric_squares, letters)
    return {label: np.broadcast_to(value, (geometry.pairs.width,)) for label, value in found.items()}


def pair_coefficients(
    geometry: AffinePairs, terms: AffineTerms, quantity: str, count: int, factors: Callable[[str], FloatArray]
) -> Coefficients:
    """Coefficients of a quantity for all pairs with the first ``count`` neurons, times factors by label; 0 for j = i.

    A pair whose factor is 0 contributes nothing, even where its coefficient diverges.
    """
    columns = slice(0, count)

    def block(part: slice) -> Coefficients:
        pair = blocks_of(geometry, terms, part, columns)
        found = terms.coefficients(quantity, pair.product, pair.letters)
        return {label: weighted(factors(label)[part], value, part.start) for label, value in found.items()}

    parts = geometry.pairs.by_blocks(block)
    return {label: np.concatenate([part[label] for part in parts]) for label in parts[0]}
