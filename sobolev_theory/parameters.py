"""The parameters of a student, as losses use them: checked once at the door, and never copied on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from ._runtime.checks import as_array
from ._runtime.results import Record
from .activations import Activation
from .activations.per_neuron import of_neurons
from .layout import Layout
from .networks import Network, or_zeros

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False, repr=False)
class Origin(Record):
    """Where a student near its teacher is displaced from: ``W = V[rows] + D``, with digits of ``D`` lost in ``W``."""

    rows: IntArray  # of the teacher, one for each row of the student, (K,)
    displacement: FloatArray  # D, (K, d)

    def differences(self, i: IntArray, j: IntArray) -> tuple[IntArray, FloatArray]:
        """Which pairs (student, row of [W; V]) are a displaced row and its origin, and row ``j`` minus row ``i``."""
        (at,) = np.nonzero(j == len(self.rows) + self.rows[i])
        return at, -self.displacement[i[at]]


@dataclass(frozen=True, eq=False, repr=False)
class Parameters(Record):
    """Hidden weights (K, d) and output weights (K,) of a student, biases (K,) if it has any, and the output bias.

    Near its teacher perhaps with an `Origin`: then the value and, for one ReLU neuron, the gradient of a loss are as
    accurate as the displacement is, however small.

    Examples
    --------
    >>> teacher, displacement = Network([[1.0, 0.0]]), np.array([[0.0, 1e-20]])
    >>> from sobolev_theory import PopulationLoss
    >>> PopulationLoss(teacher, "L2").gradient(Parameters.displaced(teacher, np.array([0]), displacement, np.ones(1)))
    array([[0.e+00, 5.e-21]])
    """

    weights: FloatArray
    output_weights: FloatArray
    origin: Origin | None = None
    biases: FloatArray | None = None
    output_bias: float = 0.0

    @classmethod
    def of(
        cls,
        student: Network | Parameters | ArrayLike,
        activation: Activation,
        dim: int,
        moving: tuple[str, ...] = ("weights",),
        other: str = "the teacher",
    ) -> Parameters:
        """The parameters of a student, checked and not copied; an array, of weights alone, gets output weights one."""
        if isinstance(student, Network):
            require_shared("student", student, activation)
            parameters = cls.of_network(student)
        elif isinstance(student, Parameters):
            parameters = student
        else:
            if moving != ("weights",):
                raise ValueError(
                    f"student: a Network is required where {', '.join(moving)} move, got weights alone; pass "
                    "Network(weights, output_weights, biases, output_bias)"
                )
            weights = as_array("student", student, ("neurons", "d"))
            parameters = cls(weights, np.ones(len(weights)))
        of_neurons(activation, parameters.width, "student")
        if parameters.weights.shape[1] != dim:
            shape, fits = parameters.weights.shape, "; its transpose would fit" if parameters.width == dim else ""
            raise ValueError(f"student: input dimension {dim} of {other} is required, got {shape}{fits}")
        return parameters

    @classmethod
    def of_network(cls, network: Network | Parameters) -> Parameters:
        """All parameters of a network; parameters are what they are."""
        if isinstance(network, Parameters):
            return network
        return cls(network.weights, network.output_weights, None, network.biases, network.output_bias)

    @classmethod
    def displaced(
        cls, teacher: Network, rows: IntArray, displacement: FloatArray, output_weights: FloatArray
    ) -> Parameters:
        """Some rows of the teacher plus a displacement."""
        return cls(teacher.weights[rows] + displacement, output_weights, Origin(rows, displacement))

    @property
    def width(self) -> int:
        """Number of neurons ``K``."""
        return len(self.weights)

    @property
    def silent(self) -> Parameters:
        """The same neurons, of which the output hears none."""
        return replace(self, output_weights=np.zeros(self.width), output_bias=0.0, origin=None)

    @property
    def has_biases(self) -> bool:
        """Whether a bias is not zero."""
        return bool(self.output_bias) or (self.biases is not None and bool(self.biases.any()))

    def rows(self, layout: Layout) -> FloatArray:
        """What moves, in rows of neurons (R, D); see `Layout`.

        Examples
        --------
        >>> Parameters(np.eye(2), np.array([3.0, 4.0])).rows(Layout(2, 2, ("weights", "biases", "output_bias")))
        array([[1., 0., 0., 0.],
               [0., 1., 0., 0.],
               [0., 0., 0., 0.]])
        """
        if layout.only_weights:
            return self.weights
        parts = {
            "output_weights": self.output_weights,
            "weights": self.weights.ravel(),
            "biases": or_zeros(self.biases, self.width),
            "output_bias": np.array([self.output_bias]),
        }
        return layout.rows(np.concatenate([parts[name] for name in layout.names]))

    def _moving_and_still(self, moving: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
        """Columns (K, ...) of what moves of neurons, and of what does not."""
        biases = or_zeros(self.biases, self.width)
        columns = {"weights": self.weights, "biases": biases[:, None], "output_weights": self.output_weights[:, None]}
        parts: tuple[list[FloatArray], list[FloatArray]] = ([np.zeros((self.width, 0))], [np.zeros((self.width, 0))])
        for name, column in columns.items():
            parts[name not in moving].append(column)
        return np.hstack(parts[0]), np.hstack(parts[1])

    def at_rows(self, layout: Layout, rows: FloatArray) -> Parameters:
        """The parameters whose moving part is in rows of neurons (R, D), the others as they are."""
        if layout.only_weights:
            return replace(self, weights=rows, origin=None)
        moved: dict[str, Any] = layout.split(layout.flat(rows))
        if "output_bias" in moved:
            moved["output_bias"] = float(moved["output_bias"])
        return replace(self, origin=None, **moved)


def require_shared(name: str, network: Network, activation: Activation) -> None:
    """Refuse a network of another activation than a loss has."""
    if network.activation is not activation and network.activation != activation:
        other = " of another definition" if network.activation.name == activation.name else ""
        raise ValueError(
            f"{name}: activation {activation.name!r} is required, got {network.activation.name!r}{other}; "
            f"where the loss is made, pass activation={name}.activation, that of students"
        )


def matching(
    student: Network | Parameters,
    teacher: Network | Parameters,
    moving: tuple[str, ...] = ("weights",),
    kinds: tuple[IntArray, IntArray] | None = None,
) -> IntArray | None:
    """Neurons of the teacher that the student's match, of least total distance in what moves, and the output bias last.

    What does not move has to be equal, and so have the numbers of their activations, ``kinds``: None if they are not,
    or if widths differ. An output bias that moves matches that of the teacher, as a neuron of its own: see `Layout`.

    Examples
    --------
    >>> matching(Network([[0.0, 1.1], [0.9, 0.0]]), Network.orthonormal(2, 2))
    array([1, 0])
    """
    ours, theirs = Parameters.of_network(student), Parameters.of_network(teacher)
    if ours.width != theirs.width or ("output_bias" not in moving and ours.output_bias != theirs.output_bias):
        return None
    (u, a), (v, b) = (each._moving_and_still(moving) for each in (ours, theirs))
    largest = max(np.abs(u).max(initial=0.0), np.abs(v).max(initial=0.0))
    unit = largest if largest and not 1e-100 < largest < 1e100 else 1.0  # squares of others are doubles
    distances = scipy.spatial.distance.cdist(u / unit, v / unit)
    distances[(a[:, None] != b).any(axis=2)] = np.inf
    if kinds is not None:
        distances[kinds[0][:, None] != kinds[1]] = np.inf
    try:
        rows: IntArray = scipy.optimize.linear_sum_assignment(distances)[1]
    except ValueError:  # no matching leaves all that is fixed as it is
        return None
    return np.append(rows, ours.width) if "output_bias" in moving else rows
