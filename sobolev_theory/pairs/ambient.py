"""What networks live in: the mean and the covariance of their inputs, and the metric of input gradients."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.results import Record
from ..eigenspaces import Eigenspace, eigenspaces
from ..forms import Form
from ..inputs import Inputs

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Ambient(Record):
    """``mu``, ``Sigma`` and ``M`` of R^d: all that pairs of neurons see of inputs and metric."""

    mean: FloatArray  # (d,)
    covariance: Form
    metric: Form

    @classmethod
    def of(cls, inputs: Inputs, metric: ArrayLike | None, dim: int) -> Ambient:
        """Of inputs and a metric in a dimension.

        Raises
        ------
        ValueError
            For another dimension; for a metric that is not symmetric or not positive semi-definite, or zero.
        """
        mean, covariance = inputs.at(dim)
        form = Form.parse("metric", metric, dim)
        if form.is_zero:
            raise ValueError("metric: one that is not zero is required; without derivatives take norm L2")
        return cls(mean, covariance, form)

    @property
    def dim(self) -> int:
        """``d``."""
        return len(self.mean)

    @cached_property
    def has_mean(self) -> bool:
        """Whether the mean is not zero."""
        return bool(self.mean.any())

    @cached_property
    def is_standard(self) -> bool:
        """Whether inputs are standard and the metric is the identity."""
        return not self.has_mean and self.covariance.is_identity and self.metric.is_identity

    @cached_property
    def has_one_form(self) -> bool:
        """Whether covariance and metric are the same form."""
        return self.covariance == self.metric

    @cached_property
    def eigenspaces(self) -> tuple[Eigenspace, ...] | None:
        """Joint eigenspaces of the two forms, None if they do not commute."""
        return eigenspaces(self.covariance, self.metric)

    def restricted(self, basis: FloatArray) -> Ambient:
        """The same in coordinates of orthonormal columns (d, n) of a space that both forms map into itself."""
        return Ambient(self.mean @ basis, self.covariance.restricted(basis), self.metric.restricted(basis))
