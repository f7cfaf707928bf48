"""One-sided limits at a student whose kinks coincide: of its Hessian, and of the gradient's difference quotients."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._runtime.checks import as_array
from ._runtime.results import Record
from .curvature.operator import Curvature
from .layout import Layout
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

    They are arrays (K, d) if hidden weights move alone, else flat (P,).
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
    def hessian_towards(self, towards: ArrayLike) -> Curvature:
        """The limit of the Hessian at ``theta + eps X``, ``eps -> 0+``; see `PopulationLoss.hessian`."""
        displacement, _ = self._displacement("towards", towards)
        if not displacement.any():
            raise ValueError("towards: a direction that is not zero is required, got zeros")
        return self._limit(displacement, parted=True)

    @np.errstate(all="ignore")
    def field_limit(self, X: ArrayLike) -> FloatArray:
        """The one-sided derivative of the gradient along ``X``, of its shape; see `PopulationLoss.field_limit`.

        Kinks that stay together have no share in it: what needs the direction ``e`` of their plane is multiplied by the
        part of ``X_j - c X_i`` along it, which is zero.
        """
        displacement, length = self._displacement("X", X)
        along: FloatArray = self._limit(displacement, parted=False) @ displacement
        return self.layout.given(along) * length

    def _displacement(self, name: str, value: ArrayLike) -> tuple[FloatArray, float]:
        """A flat displacement in units of its largest entry, and that."""
        if self.layout.only_weights:
            given = as_array(name, value, ("K", "d"), {"K": self.width, "d": self.dim}).ravel()
        else:
            given = self.layout.parse(name, value)
        largest = float(np.abs(given).max())
        return given / (largest or 1.0), largest

    def _limit(self, displacement: FloatArray, *, parted: bool) -> Curvature:
        """The limit of the Hessian along a displacement, which has to part all kinks that coincide if `parted`."""
        raise NotImplementedError
