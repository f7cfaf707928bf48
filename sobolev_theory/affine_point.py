"""A loss at one student, for any Gaussian input, any metric, biases, and every parameter that moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .activations import Activation
from .activations.per_neuron import of_neurons
from .curvature.affine_blocks import gauss_newton_blocks, hessian_blocks, rescalings
from .curvature.blocks import Blocks
from .curvature.operator import Curvature
from .limits import LaidOut, Limits
from .networks import or_zeros
from .norms import Convention, Norm
from .pairs.affine import AffinePairs, Neurons
from .pairs.affine_approach import kinks_approached
from .pairs.affine_field import field_sum
from .pairs.affine_sums import value_sum
from .pairs.affine_terms import AffineTerms
from .pairs.ambient import Ambient
from .pairs.blocks_of_rows import OF_A_MATRIX, require_pairs_fit
from .pairs.existence import are_finite, overflowing, require_directions, require_parted, warn_of_rounding
from .parameters import Parameters

FloatArray = NDArray[np.float64]


class Objective(LaidOut, Protocol):
    """What a point needs of its loss."""

    @property
    def activation(self) -> Activation:
        """That of students."""

    @property
    def affine_terms(self) -> AffineTerms:
        """The pair quantities."""

    @property
    def norm(self) -> Norm:
        """Weights of the orders; the output's mean counts with the first."""

    @property
    def ambient(self) -> Ambient:
        """Mean, covariance and metric."""

    @property
    def affine_value_of_teacher(self) -> float:
        """``sum_ij a*_i a*_j F(v_i, v_j)``."""


class AffinePoint(Limits):
    """A loss at parameters that are checked already; made by ``loss.at(W)``.

    It offers what `Point` offers, in every parameter that moves; see there and the methods of the loss.
    """

    loss: Objective

    def __init__(self, loss: Objective, parameters: Parameters) -> None:
        loss.affine_terms.require_moments()
        self.loss, self.parameters, self.width = loss, parameters, parameters.width
        teacher = loss.teacher
        rows = np.concatenate([parameters.weights, teacher.weights])
        biases = np.concatenate([or_zeros(each.biases, each.width) for each in (parameters, teacher)])
        outputs = np.concatenate([parameters.output_weights, -teacher.output_weights])
        activations = of_neurons(loss.activation, self.width, "student") + teacher.activations
        self.neurons = Neurons(rows, biases, outputs, self.width, activations)
        self.gap = parameters.output_bias - teacher.output_bias
        terms = loss.affine_terms
        self.terms = replace(terms, convention=Convention.BACKPROP) if self._kinks_rest else terms

    def facts(self) -> dict[str, Any]:
        """The loss, and the student."""
        return {"loss": self.loss, "student": self.parameters.weights}

    @cached_property
    @np.errstate(all="ignore")
    def geometry(self) -> AffinePairs:
        """Pairs of a student's neuron with any."""
        require_pairs_fit(self.width, len(self.neurons.outputs))
        terms = self.terms
        geometry = AffinePairs.of(self.neurons, self.loss.ambient, terms.chart, terms.meetings)
        geometry.require_varying(self.width)
        return geometry

    @cached_property
    def students(self) -> AffinePairs:
        """Pairs of students."""
        k, stacked = self.width, self.neurons
        alone = Neurons(stacked.weights[:k], stacked.biases[:k], stacked.outputs[:k], k, stacked.activations[:k])
        terms = self.terms
        geometry = AffinePairs.of(alone, self.loss.ambient, terms.chart, terms.meetings)
        geometry.require_varying(self.width)
        return geometry

    @cached_property
    def means(self) -> Callable[[int, int], FloatArray]:
        """``E(a, i)`` of all neurons."""
        return self.terms.means(self.geometry)

    @property
    @np.errstate(all="ignore")
    def value(self) -> float:
        """The loss; see `PopulationLoss.value`."""
        c = self.neurons.outputs
        total = value_sum(self.geometry, self.terms, c) + self.loss.affine_value_of_teacher
        if self.gap:
            total += self.loss.norm.weights[0] * self.gap * (2 * float(c @ self.means(0, 0)) + self.gap)
        self._require_finite("value", np.asarray(total))
        return max(total / 2, 0.0)

    @property
    def gradient(self) -> FloatArray:
        """The gradient, (K, d) if weights move alone, else flat; see `PopulationLoss.gradient`."""
        rows = self.gradient_rows
        return rows if self.layout.only_weights else self.layout.flat(rows)

    @property
    @np.errstate(all="ignore")
    def gradient_rows(self) -> FloatArray:
        """The gradient in rows of neurons (R, D)."""
        if self.terms.convention is Convention.EXACT:
            require_directions(self.geometry.pairs.near.named(self._felt(False)), "gradient", Convention.EXACT)
        layout, geometry, c, k = self.layout, self.geometry, self.neurons.outputs, self.width
        warn_of_rounding(self.terms.activation, geometry.pairs, c, "gradient", stacklevel=6)
        moving = {"outputs": "output_weights" in layout.names, "biases": "biases" in layout.names}
        field = field_sum(geometry, self.terms, c, **moving)
        weights, biases, outputs = field.weights, field.biases, field.outputs
        pull = self.loss.norm.weights[0] * self.gap
        if pull:
            on = self.terms.of_means("mean_field", geometry, "field")
            along = (on["1"] * geometry.pairs.scale[:k])[:, None] * geometry.images[:k]
            weights = weights + pull * (np.outer(on["m"], geometry.ambient.mean) + along)
            biases, outputs = biases + pull * on["m"], outputs + pull * self.means(0, 0)[:k]
        a = c[:k, None]
        rows = np.hstack([a * weights, a * biases[:, None], outputs[:, None]])[:, layout.columns]
        if "output_bias" in layout.names:
            constant = np.zeros((1, rows.shape[1]))
            constant[0, -1] = self.loss.norm.weights[0] * (self.gap + c @ self.means(0, 0))
            rows = np.concatenate([rows, constant])
        self._require_finite("gradient", rows)
        return np.asarray(rows)

    @property
    @np.errstate(all="ignore")
    def hessian(self) -> Curvature:
        """The Jacobian of the gradient; see `PopulationLoss.hessian`."""
        return self._jacobian(stacklevel=6)

    def _jacobian(self, *, stacklevel: int) -> Curvature:
        """The same; what has called the method of the loss is so many frames above a warning."""
        terms, pairs = self.terms, self.geometry.pairs
        require_directions(self.parallel, "Hessian", terms.convention)
        warn_of_rounding(terms.activation, pairs, self.neurons.outputs, "Hessian", stacklevel=stacklevel)
        return self._hessian(self.geometry)

    @property
    @np.errstate(all="ignore")
    def gauss_newton(self) -> Curvature:
        """``E[J' J]`` of all Sobolev features; see `PopulationLoss.gauss_newton`."""
        require_pairs_fit(self.width, self.width, OF_A_MATRIX)
        blocks = gauss_newton_blocks(self.students, self.terms, self.layout)
        return self._curvature("Gauss-Newton matrix", blocks, is_symmetric=True, is_semidefinite=True)

    @cached_property
    def stiffness(self) -> FloatArray:
        """The largest entry of each row of neurons in the diagonal of the Gauss-Newton matrix, (R,)."""
        stiffness: FloatArray = self.layout.rows(self.gauss_newton.diagonal()).max(axis=1)
        return stiffness

    @property
    def has_cones(self) -> bool:
        """Whether the gradient asked for is exact and jumps where kinks coincide."""
        return self.terms.jumps and self.terms.convention is Convention.EXACT

    def _hessian(self, geometry: AffinePairs) -> Curvature:
        """From pairs, which may have frames that a displacement gave them."""
        require_pairs_fit(self.width, len(self.neurons.outputs), OF_A_MATRIX)
        blocks = hessian_blocks(geometry, self.terms, self.layout, self.gap)
        symmetric = self.terms.convention is Convention.EXACT or not self._bends
        return self._curvature("Hessian", blocks, is_symmetric=symmetric, is_semidefinite=False)

    @property
    @np.errstate(all="ignore")
    def parallel(self) -> list[tuple[int, int]]:
        """Pairs of neurons that bend on one hyperplane, where there is no Hessian; see `Point.parallel`."""
        return self.geometry.pairs.near.named(self._coincident)

    @property
    def _coincident(self) -> NDArray[np.intp]:
        """Their numbers among the near pairs."""
        return self._felt("output_weights" in self.layout.names)

    def _felt(self, outputs: bool) -> NDArray[np.intp]:
        """Pairs that bend on one hyperplane where a derivative in weights or biases, and `outputs` or not, feels it."""
        return self.geometry.felt(outputs) if self._bends else np.zeros(0, dtype=np.intp)

    @property
    def _bends(self) -> bool:
        """Whether kinks move, and the norm contains the order whose derivative jumps there."""
        moves = not {"weights", "biases"}.isdisjoint(self.layout.names)
        return self.terms.jumps and moves and not self._kinks_rest

    @property
    def _kinks_rest(self) -> bool:
        """Whether in one dimension all kinks are and stay at x = 0: the Dirac terms of conventions carry a factor x."""
        at_zero = self.dim == 1 and not self.neurons.biases.any() and "biases" not in self.layout.names
        return at_zero and self.loss.affine_terms.meetings.keys() <= {(0.0, 0.0)}

    def _limit(self, displacement: FloatArray, *, parted: bool) -> Curvature:
        """The limit of the Hessian along a displacement, which has to part all kinks that coincide if `parted`."""
        if not self.parallel or self.terms.convention is Convention.EXACT:
            return self._jacobian(stacklevel=7)
        moved = np.zeros((self.layout.rows_shape[0], self.dim + 2))
        moved[:, self.layout.columns] = self.layout.rows(displacement)
        geometry, together = kinks_approached(self.geometry, moved[: self.width, :-1])
        if parted:
            require_parted(geometry.pairs.near.named(np.intersect1d(together, self._coincident)))
        return self._hessian(geometry)

    def _curvature(self, what: str, blocks: Blocks, *, is_symmetric: bool, is_semidefinite: bool) -> Curvature:
        self._require_finite(what, *blocks.coefficients)
        null = rescalings(self.neurons, self.layout)
        return Curvature(
            blocks, self.layout, is_symmetric=is_symmetric, is_semidefinite=is_semidefinite, generators=null
        )

    def _require_finite(self, what: str, *numbers: FloatArray) -> None:
        if not are_finite(*numbers):
            raise overflowing(what, self.terms.activation)
