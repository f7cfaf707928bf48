"""A problem in coordinates of the span of its weights: dynamics there cost the same in any input dimension.

Gradient and Hessian map ``span(W, V)`` into itself, so neither gradient flow nor Newton's method leaves the span of
their start and the teacher.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ._runtime.checks import instance_of
from ._runtime.results import Record
from .losses import PopulationLoss, Student
from .networks import Network
from .parameters import Parameters
from .points import Point

FloatArray = NDArray[np.float64]

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
        if teacher.dim <= 2 * (student.width + teacher.width):
            return cls(loss, student, loss, student, None)
        basis = np.linalg.qr(np.vstack([student.weights, teacher.weights]).T)[0]
        rotated = Network(teacher.weights @ basis, teacher.output_weights, activation=loss.activation)
        inner = PopulationLoss(rotated, loss.norm, derivative=loss.derivative)
        return cls(loss, student, inner, Parameters(student.weights @ basis, student.output_weights), basis)

    @property
    def widths_agree(self) -> bool:
        """Whether student and teacher have as many neurons, so that a distance between their weights is defined."""
        return self.start.width == self.loss.teacher.width

    @cached_property
    def loss_rounding(self) -> float:
        """Loss that is not told from zero: 0 if neurons can match, as then it is formed from their differences."""
        student, teacher = self.start, self.loss.teacher
        if np.array_equal(np.sort(student.output_weights), np.sort(teacher.output_weights)):
            return 0.0
        silent = self.loss.at(Parameters(student.weights, np.zeros(student.width))).value
        return float(np.finfo(np.float64).eps) * silent

    @cached_property
    def smooth_within(self) -> FloatArray:
        """Of each row of the teacher the distance up to which the field varies smoothly along a segment from it, (M,).

        With a kink the field is singular where rows are parallel: the nearest line of another row of the teacher. A
        smooth activation varies as its `Activation.variation` says.
        """
        teacher, activation = self.loss.teacher.weights, self.loss.activation
        if activation.jump_order is None:
            return np.full(len(teacher), 1 / activation.variation)
        lengths = np.linalg.norm(teacher, axis=1)
        units = teacher / np.where(lengths > 0, lengths, 1.0)[:, None]
        cosines = np.abs(units @ units.T)
        np.fill_diagonal(cosines, 0.0)
        sines: FloatArray = np.sqrt(np.maximum(1 - cosines.max(axis=1) ** 2, 0.0))
        within: FloatArray = lengths * np.where(sines < COARSE, 0.0, sines)
        return within

    def at(self, coordinates: FloatArray) -> Point:
        """The loss at other hidden weights, given in coordinates (K, n)."""
        return self.loss.at(Parameters(coordinates, self.start.output_weights))

    def student_at(self, coordinates: FloatArray) -> Parameters:
        """The student in R^d whose hidden weights have the coordinates (K, n)."""
        return Parameters(self.embed(coordinates), self.start.output_weights)

    def embed(self, coordinates: FloatArray) -> FloatArray:
        """Vectors (..., n) of the span as vectors (..., d)."""
        if self.basis is None:
            return coordinates
        embedded: FloatArray = coordinates @ self.basis.T
        return embedded
