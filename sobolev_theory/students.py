"""What losses know of their students: which parameters move, and where these stand in flat vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._runtime.checks import as_numbers
from ._runtime.results import Record
from .activations import Activation
from .layout import NAMES, Layout
from .networks import Network
from .parameters import Parameters

FloatArray = NDArray[np.float64]


class OfStudents(Record):
    """A loss of students of one activation and input dimension, of which some parameters move; abstract.

    ``moving`` are their names, in the order of a flat vector.
    """

    moving: tuple[str, ...]

    @property
    def activation(self) -> Activation:
        """The activation of students."""
        raise NotImplementedError

    @property
    def dim(self) -> int:
        """Input dimension ``d``."""
        raise NotImplementedError

    def parameters(self, W: Any) -> Parameters:
        """The parameters of a student, checked and not copied."""
        raise NotImplementedError

    def student(self, W: Any) -> Network:
        """The student as a network; an array gets output weights one."""
        p = self.parameters(W)
        return Network(p.weights, p.output_weights, p.biases, p.output_bias, activation=self.activation)

    @property
    def _moved(self) -> str:
        """What moves, in words."""
        return "all parameters" if self.moving == NAMES else f"parameters {', '.join(self.moving)}"

    def layout(self, width: int) -> Layout:
        """Where what moves stands in a flat vector, for a student of so many neurons."""
        return Layout(width, self.dim, self.moving)

    def split(self, vector: ArrayLike) -> dict[str, FloatArray]:
        """The parts of a flat vector such as a gradient, by name: ``{"output_weights": (K,), "weights": (K, d), ...}``.

        Examples
        --------
        >>> from sobolev_theory import Network, PopulationLoss
        >>> loss = PopulationLoss(Network([[1.0, 0.0]], biases=[0.5]), parameters="all")
        >>> list(loss.split(loss.gradient(Network([[0.0, 1.0]]))))
        ['output_weights', 'weights', 'biases', 'output_bias']
        """
        flat = as_numbers("vector", vector, "a flat vector of numbers is required")
        return Layout.split_of_size(flat, self.dim, self.moving)
