"""A loss at one student: the geometry is built once, and value, gradient and curvatures are views of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .curvature.assembly import assemble
from .curvature.blocks import Blocks
from .curvature.operator import Curvature
from .curvature.reach import Result, in_reach
from .limits import LaidOut, Limits
from .norms import Convention
from .pairs.approach import approached
from .pairs.blocks_of_rows import OF_A_MATRIX, require_pairs_fit
from .pairs.existence import parallel_pairs, require_differentiable, require_kinks_avoided, require_parted
from .pairs.geometry import PairGeometry
from .pairs.near_teacher import value_near_teacher
from .pairs.stacked import pairs_of
from .pairs.sums import CANCELS, PairTerms, coefficients, field_sum, linear_part, value_sum
from .parameters import Parameters

FloatArray = NDArray[np.float64]


class Objective(LaidOut, Protocol):
    """What a point needs of its loss."""

    @property
    def terms(self) -> PairTerms:
        """The pair quantities."""

    @property
    def derivative(self) -> Convention:
        """The convention asked for."""

    @property
    def minus_teacher(self) -> FloatArray:
        """``-b``, (M,)."""

    @property
    def value_of_teacher(self) -> float:
        """``sum_ij b_i b_j F(v_i, v_j)`` over different rows of the teacher."""


class Point(Limits):
    """A loss at parameters that are checked already; made by ``loss.at(W)``.

    A snapshot: what becomes of the arrays that it was made from does not matter. Everything is computed from one
    `PairGeometry`, when it is asked for. Errors are those of the methods of the loss.

    Attributes
    ----------
    width
        Number of student neurons ``K``.
    rows, outputs
        ``[W; V]``, (K + M, d), and ``c = [a; -b]``, (K + M,).
    origin
        What the student is displaced from, if that is known.

    Examples
    --------
    >>> from sobolev_theory import PopulationLoss
    >>> point = PopulationLoss([[1.0, 0.0]], "L2").at([[2.0, 0.0]])
    >>> point.value, point.gradient, point.gauss_newton.condition_number()
    (0.25, array([[0.5, 0. ]]), 1.0)
    """

    loss: Objective

    def __init__(self, loss: Objective, parameters: Parameters) -> None:
        self.loss, self.width, self.origin = loss, parameters.width, parameters.origin
        self.rows = np.concatenate((parameters.weights, loss.teacher.weights))
        self.outputs = np.concatenate((parameters.output_weights, loss.minus_teacher))
        self.rows.setflags(write=False)
        self.outputs.setflags(write=False)

    def facts(self) -> dict[str, Any]:
        """The loss, and the size of the student."""
        return {"loss": self.loss, "student": self.rows[: self.width]}

    @property
    def parameters(self) -> Parameters:
        """What of the student moves."""
        return Parameters(self.rows[: self.width], self.outputs[: self.width], self.origin)

    @cached_property
    def geometry(self) -> PairGeometry:
        """Pairs of a student row with any row of ``[W; V]``."""
        return pairs_of(self.rows, self.width, self.loss.terms, self.outputs, self.origin)

    @property
    @np.errstate(all="ignore")
    def parallel(self) -> list[tuple[int, int]]:
        """Pairs of parallel rows at which there is no Hessian, but, in the backprop convention, `hessian_towards`."""
        return self.geometry.near.named(self._parallel(self.geometry))

    def _parallel(self, pairs: PairGeometry) -> NDArray[np.intp]:
        return parallel_pairs(pairs, self.loss.terms, self.outputs, "own", "cross")

    @property
    @np.errstate(all="ignore")
    def value(self) -> float:
        """The loss; see `PopulationLoss.value`."""
        return float(self._in_reach("value", self._value, self.geometry))

    def _value(self, geometry: PairGeometry) -> FloatArray:
        """From pairs, or from displacements where those cancel."""
        terms, c = self.loss.terms, geometry.numbers(self.outputs)
        linear = linear_part(c, geometry, self.origin)
        argument = geometry.chart.self_argument(geometry.norms)
        (of_itself,) = terms("self_value", argument)
        alone = c**2 @ np.broadcast_to(of_itself, c.shape)
        bilinear = terms.bilinear
        total = bilinear * (linear @ linear) + alone + value_sum(geometry, terms, c) + self.loss.value_of_teacher
        if total < CANCELS * (bilinear * (c**2 @ geometry.norms**2) + alone):
            near = value_near_teacher(self.parameters, self.loss.teacher, terms, geometry.rows.dtype)
            total = total if near is None else 2 * near
        return np.asarray(total / 2 if not total < 0 else 0.0, dtype=np.float64)

    @property
    @np.errstate(all="ignore")
    def gradient(self) -> FloatArray:
        """The gradient in the hidden weights, (K, d); see `PopulationLoss.gradient`."""
        pairs, terms = self.geometry, self.loss.terms
        require_differentiable(pairs, terms, self.outputs, "gradient", ("field", "field_in_frame"), times=1)
        return self._in_reach("gradient", self._gradient, pairs)

    @property
    def gradient_rows(self) -> FloatArray:
        """The gradient in rows of neurons, (R, D); see `Layout`."""
        return self.gradient

    @property
    @np.errstate(all="ignore")
    def sliding_gradient(self) -> FloatArray:
        """The gradient without the pull of parallel rows on one another, (K, d): the cone's tip has the slope 0.

        It is the gradient where that exists, and what is left of it for rows that slide along one another's direction.
        """
        require_kinks_avoided(self.loss.terms.activation, self.geometry.zero_rows, "gradient", 1)
        return self._in_reach("gradient", lambda geometry: self._gradient(geometry.without_parallel()), self.geometry)

    def _gradient(self, geometry: PairGeometry) -> FloatArray:
        """``a_i sum_j c_j g(u_i, u_j)`` for the field ``g``."""
        terms, c = self.loss.terms, geometry.numbers(self.outputs)
        gradient = field_sum(geometry, terms, c)
        if terms.bilinear:
            gradient += terms.bilinear * linear_part(c, geometry, self.origin)
        gradient *= c[: self.width, None]
        return gradient.astype(np.float64, copy=False)

    @property
    @np.errstate(all="ignore")
    def hessian(self) -> Curvature:
        """The Jacobian of the gradient; see `PopulationLoss.hessian`."""
        return self._jacobian(stacklevel=7)

    def _jacobian(self, *, stacklevel: int) -> Curvature:
        """The same; what has called the method of the loss is so many frames above a warning."""
        pairs, terms = self.geometry, self.loss.terms
        require_pairs_fit(self.width, len(self.rows), OF_A_MATRIX)
        require_differentiable(pairs, terms, self.outputs, "Hessian", ("own", "cross"), times=2, stacklevel=stacklevel)
        blocks = self._in_reach("Hessian", self._hessian, pairs)
        return Curvature(blocks, is_symmetric=terms.convention is Convention.EXACT or not terms.jumps_in(self.dim))

    def _limit(self, displacement: FloatArray, *, parted: bool) -> Curvature:
        """The limit of the Hessian along a displacement, which has to part all parallel rows if `parted`."""
        terms = self.loss.terms
        if not self.parallel or terms.convention is Convention.EXACT:
            return self._jacobian(stacklevel=8)  # in the exact convention it diverges at parallel rows
        require_pairs_fit(self.width, len(self.rows), OF_A_MATRIX)
        require_kinks_avoided(terms.activation, self.geometry.zero_rows, "Hessian", 2)

        def beside(pairs: PairGeometry) -> Blocks:
            pairs, together = approached(pairs, self.layout.rows(displacement))
            if parted:
                require_parted(pairs.near.named(np.intersect1d(together, self._parallel(pairs))))
            return self._hessian(pairs)

        return Curvature(self._in_reach("Hessian", beside, self.geometry), is_symmetric=False)

    def _hessian(self, geometry: PairGeometry) -> Blocks:
        """Own and cross blocks."""
        terms, c = self.loss.terms, geometry.numbers(self.outputs)
        a = c[: self.width]
        own = coefficients(geometry, terms, "own", a, c)
        cross = coefficients(geometry, terms, "cross", a, a)
        return assemble(geometry, a, own, cross, terms.itself("own", geometry), terms.bilinear)

    @property
    @np.errstate(all="ignore")
    def gauss_newton(self) -> Curvature:
        """``E[J' J]`` of all Sobolev features; see `PopulationLoss.gauss_newton`."""
        terms, a = self.loss.terms, self.outputs[: self.width]
        require_pairs_fit(self.width, self.width, OF_A_MATRIX)
        geometry = pairs_of(self.rows[: self.width], self.width, terms, a, None)  # no teacher enters
        require_differentiable(geometry, terms, a, "Gauss-Newton matrix", ("gauss_newton",), times=1)
        blocks = self._in_reach("Gauss-Newton matrix", self._gauss_newton, geometry)
        return Curvature(blocks, is_symmetric=True, is_semidefinite=True)

    def _gauss_newton(self, geometry: PairGeometry) -> Blocks:
        """Cross blocks alone."""
        terms, a = self.loss.terms, geometry.numbers(self.outputs[: self.width])
        cross = coefficients(geometry, terms, "gauss_newton", a, a)
        return assemble(geometry, a, None, cross, terms.itself("gauss_newton", geometry), terms.bilinear)

    @property
    def has_cones(self) -> bool:
        """Whether the gradient asked for is exact and jumps where rows are parallel."""
        return self.loss.terms.jumps and self.loss.terms.convention is Convention.EXACT

    @cached_property
    @np.errstate(all="ignore")
    def stiffness(self) -> FloatArray:
        """Curvature ``a_i^2 E |sigma'(w_i . x)|^2`` of each neuron across its weight, all orders summed; (K,)."""
        terms, a = self.loss.terms, self.outputs[: self.width]
        geometry = pairs_of(self.rows[: self.width], self.width, terms, a, None)
        (across, _) = terms.itself("gauss_newton", geometry)
        stiffness: FloatArray = geometry.numbers(a) ** 2 * (terms.bilinear + across)
        return stiffness.astype(np.float64)

    def _in_reach(self, what: str, formula: Callable[[PairGeometry], Result], geometry: PairGeometry) -> Result:
        """A result in doubles, computed in wide numbers where those do not reach."""
        return in_reach(what, formula, geometry, self.loss.terms.activation, self.origin)
