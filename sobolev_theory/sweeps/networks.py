"""Random pairs of networks at a point of a sweep, and what says that a quantity has no value there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import number, one_of, positive_integer
from ..activations import Activation
from ..errors import AccuracyError, InfiniteNormError, NotDifferentiableError, OverflowingError, SizeError
from ..networks import Network
from ..norms import Convention


class UndefinedError(ValueError):
    """A quantity has no value at a point, for the reason that is said."""


FAILURES = (AccuracyError, InfiniteNormError, NotDifferentiableError, OverflowingError, SizeError, UndefinedError)
"""Errors that say of a number that there is none: a row of a sweep, and not its end."""


@dataclass(frozen=True, kw_only=True)
class RandomNetworks:
    """A random teacher, and a student that knows nothing of it or is beside it.

    Attributes
    ----------
    width, dim
        Width K of the student and dimension d of the inputs.
    teacher_width
        Width M of the teacher; that of the student unless told.
    teacher
        ``"random"``: independent Gaussian weights, rows of norms near ``scale``; ``"orthonormal"``: the first unit
        vectors, times ``scale``.
    distance
        None: a student drawn as a random teacher is, as training is begun. A number: the teacher plus so much of
        independent Gaussian weights with rows of norms near one; at 0 Hessians are limits along that displacement.
    scale
        Norm of rows.
    activation, derivative
        As in `PopulationLoss`; a name, or an activation.
    """

    width: int
    dim: int
    teacher_width: int | None = None
    teacher: str = "random"
    distance: float | None = None
    scale: float = 1.0
    activation: str | Activation = "relu"
    derivative: str = "backprop"

    def __post_init__(self) -> None:
        for name in ("width", "dim", *(["teacher_width"] if self.teacher_width is not None else [])):
            positive_integer(name, getattr(self, name))
        one_of("teacher", self.teacher, ("random", "orthonormal"))
        Convention.parse(self.derivative)
        number("scale", self.scale, "a positive finite number", 0, np.inf)
        if self.teacher == "orthonormal" and self.of_teacher > self.dim:
            required = f"at least {self.of_teacher}, for rows that are orthonormal,"
            raise ValueError(f"dim: {required} is required, got {self.dim}")
        if self.distance is not None:
            number("distance", self.distance, "a finite number or None", -np.inf, np.inf)
            if self.of_teacher != self.width:
                raise ValueError("teacher_width: the width of a student that is beside it is required")

    @property
    def of_teacher(self) -> int:
        """Width of the teacher."""
        return self.width if self.teacher_width is None else self.teacher_width

    def draw(self, rng: np.random.Generator) -> tuple[Network, Network, NDArray[np.float64] | None]:
        """Student and teacher, and the displacement along which the student comes if it is at its teacher."""
        if self.teacher == "random":
            V = self._gaussian(self.of_teacher, rng)
        else:
            V = self.scale * np.eye(self.of_teacher, self.dim)
        W = self._gaussian(self.width, rng)
        towards = W if self.distance == 0 else None
        if self.distance is not None:
            W = V + (self.distance / self.scale) * W
        return Network(W, activation=self.activation), Network(V, activation=self.activation), towards

    def _gaussian(self, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
        return self.scale * Network.random(width, self.dim, rng=rng).weights
