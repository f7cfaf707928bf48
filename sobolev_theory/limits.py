"""One-sided limits at a student whose kinks coincide: of its Hessian, and of the gradient's difference quotients."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ._runtime.checks import shown
from ._runtime.results import Record
from .curvature.operator import Curvature
from .layout import InParameters, Layout
from .networks import Network

FloatArray = NDArray[np.float64]


class LaidOut(Protocol):
    """A loss that says what moves."""

    @property
    def teacher(self) -> Network:
        """The teacher."""

    def layout(self, width: int) -> Layout:
        """What moves of a student of a width."""


class Limits(Record):
    """What a point of a loss says along displacements ``X`` of its student; abstract.

    They are flat (P,), (K, d) if hidden weights move alone, or parts by name, of which those left out rest.
    """

    loss: LaidOut
    width: int

    @property
    def dim(self) -> int:
        """Input dimension ``d``."""
        return self.loss.teacher.dim

    @cached_property
    def layout(self) -> Layout:
        """What moves, and where it stands."""
        return self.loss.layout(self.width)

    @np.errstate(all="ignore")
    def hessian_towards(self, towards: InParameters) -> Curvature:
        """The limit of the Hessian at ``theta + eps X``, ``eps -> 0+``; see `PopulationLoss.hessian`."""
        displacement, _ = self._displacement("towards", towards)
        if not displacement.any():
            raise ValueError("towards: a direction that is not zero is required, got zeros")
        return self._limit(displacement, parted=True)

    @np.errstate(all="ignore")
    def field_limit(self, X: InParameters) -> FloatArray:
        """The one-sided derivative ``D(X)`` of the gradient, of its shape; see `PopulationLoss.field_limit`.

        Kinks that stay together have no share in it: what needs the direction ``e`` of their plane is multiplied by the
        part of ``X_j - c X_i`` along it, which is zero.
        """
        displacement, length = self._displacement("X", X)
        along: FloatArray = self._limit(displacement, parted=False) @ displacement
        return self.layout.given(along) * length

    @np.errstate(all="ignore")
    def linear_along(self, X: InParameters) -> Curvature:
        """``H`` of ``D(X) = H X``: that of `hessian_towards`, in which kinks that stay together have no share."""
        return self._limit(self._displacement("X", X)[0], parted=False)

    def _displacement(self, name: str, value: InParameters) -> tuple[FloatArray, float]:
        """A flat displacement in units of its largest entry, and that."""
        if isinstance(value, str):
            raise ValueError(
                f"{name}: a displacement of the student, an array, is required, got {shown(value)}; limits along "
                'random ones are for compare, condition_number_ratio and optimal_weight, with towards="random"'
            )
        given = self.layout.parse(name, value)
        largest = float(np.abs(given).max())
        return given / (largest or 1.0), largest

    def _limit(self, displacement: FloatArray, *, parted: bool) -> Curvature:
        """The limit of the Hessian along a displacement, which has to part all kinks that coincide if `parted`."""
        raise NotImplementedError
