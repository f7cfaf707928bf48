"""The pair quantities of a loss, for any Gaussian input and metric: which blocks they are, at which moments.

Letters and blocks are those of the generated operator (`_kernels.affine_operator`): coefficients on products of two of
the vectors ``o`` (output weight), ``m`` (mean), ``1, 2`` (frame), ``g`` (metric), and on the two forms ``S`` and ``M``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product
from math import perm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._kernels import affine_operator
from ..activations import Activation, built_in
from ..activations.mixed_moments import are_known
from ..activations.per_neuron import PerNeuron
from ..norms import Convention, Norm
from .affine import AffinePairs, Meetings
from .affine_letters import GramTable, Letters, PolarTable, Table
from .charts import CHARTS, Chart

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


@dataclass(frozen=True, eq=False)
class Group:
    """Neurons, or pairs of them, of a first and a second activation: their moments, and ``g`` of the metric.

    Moments are of derivatives counted from an order on, and ``beyond`` are those of rule ``pointwise``.
    """

    first: Activation
    second: Activation
    of_order: Callable[[int], Letters]
    beyond: Callable[[int], Letters]
    product: Callable[[], FloatArray]

    def letters(self, order: int, rule: str) -> tuple[Letters, ...]:
        """What the functions of a rule are of."""
        return (self.of_order(order), self.beyond(order)) if rule == "pointwise" else (self.of_order(order),)


@dataclass(frozen=True)
class AffineTerms:
    """The pair quantities of a loss: activations of students and teachers, weights of the orders, and convention."""

    activation: Activation
    norm: Norm
    convention: Convention
    teacher: Activation

    def __post_init__(self) -> None:
        """Refuse activations whose networks have no such norm; see `Norm.parse`."""
        for each in self.activations:
            self.norm.require_finite(each)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """All that occur."""
        return different(self.activation, self.teacher)

    @property
    def is_shared(self) -> bool:
        """Whether students and teachers have the same activation."""
        return self.teacher == self.activation

    @property
    def are_of_kernels(self) -> bool:
        """Whether all neurons have one activation, and there are generated kernels of it."""
        return self.is_shared and self.activation.has_kernels

    def require_moments(self) -> None:
        """Refuse kernels alone, whose moments are known at standard inputs only, and two whose mixed ones are not.

        Raises
        ------
        NotImplementedError
            With the activations.
        """
        for one, two in product(self.activations, repeat=2):
            if not are_known(one.definition, one.definition):
                raise NotImplementedError(
                    f"activation: one of {', '.join(built_in.listed())} is required for biases, other inputs, a "
                    f"metric, more parameters than hidden weights, or several activations, got {one.name!r}"
                )
            if not are_known(one.definition, two.definition):
                raise NotImplementedError(
                    f"activation: no moments are known of {one.name!r} with {two.name!r}, both of which have kinks and "
                    "one of which is no piecewise polynomial; take a smooth one in the place of one of them"
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

    @cached_property
    def meetings(self) -> Meetings:
        """Kinks of two neurons that must not be one hyperplane where derivatives of the loss are to be continuous.

        Two whose jumps are of the first order at which one of the neurons jumps, or one of those and one of the order
        that follows.
        """
        found: dict[tuple[float, float], set[tuple[Activation, Activation]]] = {}
        for one, two in product(self.activations, repeat=2):
            orders = [each.jump_order for each in (one, two) if each.jump_order is not None]
            if len(orders) < 2 or min(orders) > self.norm.order:
                continue
            (sharp, blunt), (sharp_2, blunt_2) = (
                [[jump.place for jump in each.jumps(min(orders) + after)] for after in (0, 1)] for each in (one, two)
            )
            for places in chain(product(sharp, sharp_2), product(sharp, blunt_2), product(blunt, sharp_2)):
                found.setdefault(places, set()).add((one, two))
        return found

    def rule(self, quantity: str, order: int, first: Activation, second: Activation) -> tuple[str, str]:
        """Name and rule of the block that an order of a quantity follows: below the jump the two rules are one."""
        frozen = tuple(self.is_frozen(quantity, order, each) for each in (first, second))
        bent = [
            each
            for each, is_frozen in zip((first, second), frozen, strict=True)
            if is_frozen and each.definition.beyond
        ]
        if quantity == "gauss_newton":
            return (quantity, "pointwise") if bent else GAUSS_NEWTON[frozen]
        return quantity, "exact" if not frozen[0] else "pointwise" if first in bent else "backprop"

    def is_frozen(self, quantity: str, order: int, activation: Activation) -> bool:
        """Whether the derivative of a jump is left out of what is a derivative of a neuron."""
        jumps = order == activation.jump_order
        return jumps and ("newton" in quantity or ("value" not in quantity and self.convention is Convention.BACKPROP))

    def varies(self, order: int, activation: Activation) -> bool:
        """Whether the field of an order has a part from the derivative of a neuron, without Dirac terms."""
        return order != activation.jump_order or self.rule("field", order, activation, activation)[1] == "pointwise"

    def coefficients(self, quantity: str, group: Group) -> Coefficients:
        """``sum_m lambda_m`` times the coefficients of a quantity, by letters."""
        total: Coefficients = {}
        for order, weight in self.norm.orders:
            name, rule = self.rule(quantity, order, group.first, group.second)
            function, labels = BLOCKS[name, rule]
            values = function(np, power(order, group.product), *group.letters(order, rule))
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

    def of_means(self, name: str, geometry: AffinePairs, quantity: str) -> Coefficients:
        """Coefficients of a derivative of ``E sigma(z)`` of the leading neurons, ``"mean_field"`` or ``"mean_own"``.

        They are part of a quantity; where that leaves out the derivative of a jump of the activation itself, the left
        derivative is in output weights alone.
        """
        function, labels = BLOCKS[name, "exact"]
        means, leading = self.means(geometry), geometry.neurons.activations[: geometry.pairs.width]
        found = dict(zip(labels, function(np, lambda a, i: means(a, i)[: len(leading)]), strict=True))
        moves = np.array([not self.is_frozen(quantity, 0, each) for each in leading])
        return {label: value if label[0] == "o" else np.where(moves, value, 0.0) for label, value in found.items()}


def different(*activations: Activation) -> tuple[Activation, ...]:
    """The different activations of neurons of networks."""
    neurons = (each.definition.neurons if isinstance(each.definition, PerNeuron) else (each,) for each in activations)
    return tuple(dict.fromkeys(one for each in neurons for one in each))


def power(order: int, product: Callable[[], Any]) -> Callable[[int], Any]:
    """``k`` to the k-th derivative of ``g^m``; ``g`` itself is formed only where it is needed."""
    return lambda k: perm(order, k) * product() ** (order - k) if order > k else float(perm(order, k))
