"""An empirical loss at one student: value, gradient and curvatures are views of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .._runtime.parallel import Workers
from .._runtime.results import Record
from ..activations import Activation
from ..activations.per_neuron import of_neurons
from ..curvature.affine_blocks import rescalings
from ..curvature.operator import Curvature
from ..forms import Form
from ..layout import Layout
from ..networks import Network, or_zeros
from ..norms import Norm
from ..pairs.affine import Neurons
from ..pairs.existence import are_finite, overflowing
from ..parameters import Parameters
from .first_order import FirstOrder, FirstOrderSums, Values
from .sampled import SampledMatrix
from .samples import Data, Samples
from .setting import Setting
from .sums import means

FloatArray = NDArray[np.float64]


class Objective(Protocol):
    """What a point needs of its loss."""

    samples: Samples
    arrays: dict[int, Samples]
    teacher: Network | None
    norm: Norm
    metric: Form
    workers: Workers

    @property
    def activation(self) -> Activation:
        """That of students."""

    @property
    def dim(self) -> int:
        """Input dimension ``d``."""

    def layout(self, width: int) -> Layout:
        """What moves of a student of a width."""


class EmpiricalPoint(Record):
    """An empirical loss at parameters that are checked already; made by ``loss.at(W)``."""

    def __init__(self, loss: Objective, parameters: Parameters) -> None:
        self.loss, self.parameters, self.width = loss, parameters, parameters.width

    def facts(self) -> dict[str, Any]:
        """The loss, and the student."""
        return {"loss": self.loss, "student": self.parameters.weights}

    @cached_property
    def layout(self) -> Layout:
        """What moves, and where it stands."""
        return self.loss.layout(self.width)

    @cached_property
    @np.errstate(all="ignore")
    def value(self) -> float:
        """The loss; see `EmpiricalLoss.value`."""
        setting, data = self._problem(residual=True)
        (total,) = means(Values.of(setting, arrays=bool(data.targets)), data, self.loss.workers)
        self._require_finite("value", total)
        return float(total) / 2

    @property
    def gradient(self) -> FloatArray:
        """The gradient, (K, d) if weights move alone, else flat; see `EmpiricalLoss.gradient`."""
        return self.layout.given(self.layout.flat(self.gradient_rows))

    @property
    @np.errstate(all="ignore")
    def gradient_rows(self) -> FloatArray:
        """The gradient in rows of neurons (R, D)."""
        setting, _ = self._problem(residual=True)
        first, a = self._first_order, setting.outputs[: setting.width, None]
        rows = np.hstack([a * first.slopes, first.outputs[:, None]])
        rows[:, : self.loss.dim] += a * first.turns(setting)
        self._require_finite("gradient", rows)
        return rows[:, self.layout.columns]

    @property
    @np.errstate(all="ignore")
    def hessian(self) -> Curvature:
        """The second derivative; see `EmpiricalLoss.hessian`."""
        return self._curvature(residual=True)

    @property
    def gauss_newton(self) -> Curvature:
        """The mean of ``J' J``; see `EmpiricalLoss.gauss_newton`."""
        return self._curvature(residual=False)

    @cached_property
    def _first_order(self) -> FirstOrder:
        setting, data = self._problem(residual=True)
        task = FirstOrderSums(setting)
        return task.collected(means(task, data, self.loss.workers))

    def _problem(self, *, residual: bool) -> tuple[Setting, Data]:
        """The student beside what it is compared with, or alone."""
        loss = self.loss
        teacher = loss.teacher if residual else None
        student = self.parameters if residual else replace(self.parameters, output_bias=0.0)
        setting = Setting.of(student, teacher, loss.activation, loss.norm, loss.metric, self.layout)
        return setting, Data.of(loss.samples, loss.arrays if residual else {}, len(setting.weights))

    def _curvature(self, *, residual: bool) -> Curvature:
        setting, data = self._problem(residual=residual)
        first = self._first_order if residual else None
        if first is not None:
            self._require_finite("Hessian", first.slopes, first.outputs, *first.squares.values())
        matrix = SampledMatrix(setting, data, self.loss.workers, first)
        p = self.parameters
        activations = of_neurons(self.loss.activation, self.width, "student")
        neurons = Neurons(p.weights, or_zeros(p.biases, self.width), p.output_weights, self.width, activations)
        null = rescalings(neurons, self.layout)
        return Curvature(matrix, self.layout, is_symmetric=True, is_semidefinite=not residual, generators=null)

    def _require_finite(self, what: str, *numbers: FloatArray) -> None:
        if not are_finite(*numbers):
            raise overflowing(what, self.loss.activation, "X, targets")
