"""A problem in coordinates of the span of its weights: dynamics there cost the same in any input dimension.

Gradient and Hessian map ``span(W, V)`` into itself, so neither gradient flow nor Newton's method leaves the span of
their start and the teacher; for other inputs and another metric, the sum of the spans of the projections of all rows
and the mean to each of the common eigenspaces of covariance and metric. What moves is written in rows of neurons: see
`layout.Layout`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._runtime.checks import instance_of
from ._runtime.results import Record
from .activations import Activation
from .activations.per_neuron import of_neurons
from .inputs import Inputs
from .layout import Layout
from .losses import PopulationLoss, Student
from .networks import Network
from .norms import NormLike
from .pairs.ambient import Ambient
from .parameters import Parameters, matching
from .shorthands import AnyPoint

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def like(
    loss: PopulationLoss,
    *,
    teacher: Network | None = None,
    norm: NormLike | None = None,
    inputs: Inputs | None = None,
    metric: ArrayLike | None = None,
    activation: Activation | None = None,
) -> PopulationLoss:
    """A loss with another teacher, norm, inputs, metric or activation of students, else the same."""
    return PopulationLoss(
        loss.teacher if teacher is None else teacher,
        loss.norm if norm is None else norm,
        inputs=loss.inputs if inputs is None else inputs,
        metric=loss.ambient.metric.array if metric is None else metric,
        parameters=loss.moving,
        activation=loss.activation if activation is None else activation,
        derivative=loss.derivative,
    )


def matched(loss: PopulationLoss, student: Parameters | Network) -> IntArray | None:
    """Neurons of the teacher that the student's match: `matching` of those with the same activation."""
    ours, theirs = of_neurons(loss.activation, student.width), loss.teacher.activations
    numbers = {activation: number for number, activation in enumerate(dict.fromkeys(ours + theirs))}
    first, second = (np.array([numbers[each] for each in of]) for of in (ours, theirs))
    return matching(student, loss.teacher, loss.moving, (first, second) if len(numbers) > 1 else None)


COARSE = 1e-4
"""Sine of the angle between rows of the teacher below which they count as parallel: a cosine does not tell."""


@dataclass(frozen=True, eq=False, repr=False)
class SpanProblem(Record):
    """A loss and a student in orthonormal coordinates of a subspace that contains student and teacher.

    Attributes
    ----------
    original, loss
        The loss in R^d, and the same loss in the n coordinates.
    student, start
        The student in R^d, and in coordinates.
    basis
        Orthonormal columns (d, n); None where coordinates are the given ones, since a change would not halve them.
    """

    original: PopulationLoss
    student: Parameters
    loss: PopulationLoss
    start: Parameters
    basis: FloatArray | None

    @classmethod
    def of(cls, loss: PopulationLoss, W: Student | Parameters) -> SpanProblem:
        """The problem of training ``W`` on ``loss``; one QR of the stacked weights, and none if d is small."""
        student, teacher = instance_of("loss", loss, PopulationLoss).parameters(W), loss.teacher
        found = invariant_space(loss.ambient, [student.weights, teacher.weights])
        if found is None:
            return cls(loss, student, loss, student, None)
        basis, inputs, metric = found
        biases, bias = teacher.biases, teacher.output_bias
        rotated = Network(teacher.weights @ basis, teacher.output_weights, biases, bias, teacher.activation)
        inner = like(loss, teacher=rotated, inputs=inputs, metric=metric)
        return cls(loss, student, inner, replace(student, weights=student.weights @ basis, origin=None), basis)

    @cached_property
    def is_standard(self) -> bool:
        """Whether hidden weights move alone, of networks without biases, at standard inputs and metric."""
        return self.loss.is_standard and not self.start.has_biases

    @property
    def widths_agree(self) -> bool:
        """Whether student and teacher have as many neurons of the same kinds: then a distance of weights is defined."""
        return self.start.width == self.loss.teacher.width and self.loss.affine_terms.is_shared

    @cached_property
    def layout(self) -> Layout:
        """Where the parameters that move stand, in coordinates."""
        return self.loss.layout(self.start.width)

    @cached_property
    def start_rows(self) -> FloatArray:
        """What of the start moves, in rows of neurons in coordinates, (R, D)."""
        return self.start.rows(self.layout)

    @cached_property
    def teacher_rows(self) -> FloatArray:
        """The teacher likewise."""
        return _rows(self.loss)

    @cached_property
    def original_teacher_rows(self) -> FloatArray:
        """The teacher in R^d, in rows of neurons."""
        return _rows(self.original)

    @cached_property
    def loss_rounding(self) -> float:
        """Loss that is not told from zero: 0 if neurons can match, as then it is formed from their differences."""
        student, teacher = self.start, self.loss.teacher
        if self.is_standard and np.array_equal(np.sort(student.output_weights), np.sort(teacher.output_weights)):
            return 0.0
        return float(np.finfo(np.float64).eps) * self.loss.at(student.silent).value

    @cached_property
    def smooth_within(self) -> FloatArray:
        """Of each row of the teacher the distance up to which the field varies smoothly along a segment from it, (M,).

        With a kink the field is singular where rows are parallel: the nearest line of another row of the teacher. A
        smooth activation varies as its `Activation.variation` says; of a polynomial that is 0, and a row's own length
        counts.
        """
        teacher, activation = self.loss.teacher.weights, self.loss.activation
        lengths = np.linalg.norm(teacher, axis=1)
        if activation.jump_order is None:
            return np.full(len(teacher), 1 / activation.variation) if activation.variation else lengths
        units = teacher / np.where(lengths > 0, lengths, 1.0)[:, None]
        cosines = np.abs(units @ units.T)
        np.fill_diagonal(cosines, 0.0)
        sines: FloatArray = np.sqrt(np.maximum(1 - cosines.max(axis=1) ** 2, 0.0))
        within: FloatArray = lengths * np.where(sines < COARSE, 0.0, sines)
        return within

    @cached_property
    def kinked(self) -> tuple[IntArray, int]:
        """Neurons whose row has a kink at zero, and how many of its columns vanish there: weights, and biases."""
        names = self.layout.names
        none = np.zeros(0, dtype=np.intp)
        if not self.loss.has_kinks or "weights" not in names:
            return none, 0
        if "biases" in names or self.start.biases is None:
            return np.arange(self.start.width), self.layout.dim + ("biases" in names)
        return np.flatnonzero(self.start.biases == 0), self.layout.dim

    def parameters_at(self, rows: FloatArray) -> Parameters:
        """The student in coordinates whose moving part is in rows of neurons (R, D)."""
        return self.start.at_rows(self.layout, rows)

    def at(self, rows: FloatArray) -> AnyPoint:
        """The loss there."""
        return self.loss.at(self.parameters_at(rows))

    def student_at(self, rows: FloatArray) -> Parameters:
        """The student in R^d whose moving part is in rows of neurons (R, D^) in R^d."""
        return self.student.at_rows(self.original.layout(self.student.width), rows)

    def hidden_weights(self, rows: FloatArray) -> FloatArray:
        """Hidden weights (..., K, d) of rows of neurons (..., R, D^) in R^d."""
        K, d = self.student.weights.shape
        still = np.broadcast_to(self.student.weights, (*rows.shape[:-2], K, d))
        return rows[..., :K, :d] if "weights" in self.layout.names else still

    def embed(self, rows: FloatArray) -> FloatArray:
        """Rows of neurons (..., R, D) in coordinates as those in R^d, (..., R, D^)."""
        return self._changed(rows, None if self.basis is None else self.basis.T)

    def project(self, rows: FloatArray) -> FloatArray:
        """Rows of neurons (..., R, D^) in R^d, in the subspace, as those in coordinates, (..., R, D)."""
        return self._changed(rows, self.basis)

    def _changed(self, rows: FloatArray, matrix: FloatArray | None) -> FloatArray:
        """Rows of neurons with their weights multiplied by a matrix."""
        if matrix is None or "weights" not in self.layout.names:
            return rows
        n = matrix.shape[0]
        changed: FloatArray = rows[..., :n] @ matrix
        return changed if n == rows.shape[-1] else np.concatenate([changed, rows[..., n:]], axis=-1)


def invariant_space(ambient: Ambient, rows: list[FloatArray]) -> tuple[FloatArray, Inputs, FloatArray] | None:
    """Orthonormal columns (d, n) of the space that rows and the mean span in the common eigenspaces of the two forms,
    and inputs and metric in its coordinates; None if there are no such eigenspaces, or n is more than half of d.
    """
    mean = ambient.mean[None] if ambient.has_mean else np.zeros((0, ambient.dim))
    vectors, spaces = np.vstack([*rows, mean]), ambient.eigenspaces
    if spaces is None or ambient.dim <= 2 * sum(min(len(vectors), space.dim) for space in spaces):
        return None
    parts = [np.linalg.qr(space.coordinates(vectors).T)[0] for space in spaces]
    basis = np.hstack([space.lifted(part.T, ambient.dim).T for part, space in zip(parts, spaces, strict=True)])
    counts = [part.shape[1] for part in parts]
    variances, metric = (np.repeat([getattr(s, name) for s in spaces], counts) for name in ("covariance", "metric"))
    return basis, Inputs(ambient.mean @ basis, variances), metric


def _rows(loss: PopulationLoss) -> FloatArray:
    """The teacher of a loss, of which what moves in a student, in rows of neurons."""
    return Parameters.of_network(loss.teacher).rows(loss.layout(loss.teacher.width))
