"""Two-layer networks as functions of their input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from . import activations
from ._runtime.checks import as_array, positive_integer

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, init=False, eq=False)
class Network:
    r"""Two-layer network ``f(x) = sum_i a_i sigma(w_i . x + beta_i)``.

    Parameters
    ----------
    weights
        Hidden weights ``W``, shape (K, d).
    output_weights
        ``a``, shape (K,); ones if None.
    biases
        ``beta``, shape (K,); zeros if None.
    activation
        Name of a registered activation.

    Raises
    ------
    ValueError
        For a wrong shape, or a value that is not finite.
    UnknownActivationError
        For an unknown activation.

    Examples
    --------
    >>> net = Network([[1.0, 0.0], [0.0, 2.0]])
    >>> net([[3.0, 1.0]])
    array([5.])
    >>> net.input_gradient([[3.0, 1.0]])
    array([[1., 2.]])
    """

    weights: FloatArray
    output_weights: FloatArray
    biases: FloatArray | None
    activation: str = field(default="relu")

    def __init__(
        self,
        weights: ArrayLike,
        output_weights: ArrayLike | None = None,
        biases: ArrayLike | None = None,
        activation: str = "relu",
    ) -> None:
        w = as_array("weights", weights, ("K", "d"))
        size = {"K": len(w)}
        a = np.ones(len(w)) if output_weights is None else as_array("output_weights", output_weights, ("K",), size)
        b = None if biases is None else as_array("biases", biases, ("K",), size)
        values = {"weights": w, "output_weights": a, "biases": b, "activation": activations.get(activation).name}
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value = value.copy()
                value.flags.writeable = False
            object.__setattr__(self, name, value)

    @classmethod
    def random(
        cls, width: int, dim: int, *, rng: Any = None, activation: str = "relu", scale: float | None = None
    ) -> Network:
        """Independent Gaussian entries of standard deviation ``scale``; by default ``1/sqrt(dim)``, for norms near one.

        Examples
        --------
        >>> Network.random(3, 5, rng=0).weights.shape
        (3, 5)
        """
        width, dim = positive_integer("width", width), positive_integer("dim", dim)
        scale = dim**-0.5 if scale is None else scale
        return cls(scale * np.random.default_rng(rng).standard_normal((width, dim)), activation=activation)

    @classmethod
    def orthonormal(cls, width: int, dim: int, *, activation: str = "relu") -> Network:
        """The first ``width`` unit vectors as rows; needs ``width <= dim``.

        Examples
        --------
        >>> Network.orthonormal(2, 3).weights
        array([[1., 0., 0.],
               [0., 1., 0.]])
        """
        width, dim = positive_integer("width", width), positive_integer("dim", dim)
        if width > dim:
            raise ValueError(
                f"width: at most dim = {dim} rows can be orthonormal, got {width}; lower width or raise dim"
            )
        return cls(np.eye(width, dim), activation=activation)

    @property
    def width(self) -> int:
        """Number of hidden neurons ``K``."""
        return int(self.weights.shape[0])

    @property
    def dim(self) -> int:
        """Input dimension ``d``."""
        return int(self.weights.shape[1])

    def __call__(self, x: ArrayLike) -> FloatArray:
        """``f(x)`` row by row; (n, d) -> (n,)."""
        return self._layer(x, 0)[1]

    def input_gradient(self, x: ArrayLike) -> FloatArray:
        """``grad_x f = sum_i a_i sigma'(w_i . x + beta_i) w_i``; (n, d) -> (n, d)."""
        gradient: FloatArray = self._layer(x, 1)[0] @ self.weights
        return gradient

    def input_hessian(self, x: ArrayLike) -> FloatArray:
        """``sum_i a_i sigma''(w_i . x + beta_i) w_i w_i'``, absolutely continuous part; (n, d) -> (n, d, d)."""
        terms = self._layer(x, 2)[0]
        return (terms[:, :, None] * self.weights).transpose(0, 2, 1) @ self.weights

    def _layer(self, x: ArrayLike, order: int) -> tuple[FloatArray, FloatArray]:
        """``a_i sigma^(order)(w_i . x + beta_i)`` of shape (n, K), and its sum over neurons."""
        points = as_array("x", x, ("n", "d"), {"d": self.dim})
        z = points @ self.weights.T
        if self.biases is not None:
            z += self.biases
        terms = activations.get(self.activation).derivative(z, order) * self.output_weights
        return terms, terms.sum(axis=1)


def matching(student: Network, teacher: Network) -> NDArray[np.intp] | None:
    """The teacher's neurons in the student's order, of least total distance; None if output weights or widths differ.

    Examples
    --------
    >>> matching(Network([[0.0, 1.1], [0.9, 0.0]]), Network.orthonormal(2, 2))
    array([1, 0])
    """
    a, b = student.output_weights, teacher.output_weights
    if not np.array_equal(np.sort(a), np.sort(b)):
        return None
    distances = cdist(student.weights, teacher.weights)
    distances[a[:, None] != b] = np.inf
    order: NDArray[np.intp] = linear_sum_assignment(distances)[1]
    return order


class Displaced(Network):
    """A student near its teacher, ``W = V[order] + D``, with digits of ``D`` that are lost in ``W``.

    Losses use them: the value and, for one ReLU neuron, the gradient are then as accurate as ``D`` is, however small.

    Parameters
    ----------
    teacher
        The network displaced from; its activation is the student's.
    order
        Row of the teacher from which each student row is displaced, (K,).
    displacement
        ``D``, shape (K, d).
    output_weights
        Of the student, (K,).

    Examples
    --------
    >>> student = Displaced(Network([[1.0, 0.0]]), np.array([0]), np.array([[0.0, 1e-20]]), np.ones(1))
    >>> from sobolev_theory import PopulationLoss
    >>> PopulationLoss([[1.0, 0.0]], "L2").gradient(student)
    array([[0.e+00, 5.e-21]])
    """

    order: NDArray[np.intp]
    displacement: FloatArray

    def __init__(
        self, teacher: Network, order: NDArray[np.intp], displacement: FloatArray, output_weights: FloatArray
    ) -> None:
        super().__init__(teacher.weights[order] + displacement, output_weights, activation=teacher.activation)
        object.__setattr__(self, "order", order)
        object.__setattr__(self, "displacement", displacement)

    def differences(self, i: NDArray[np.intp], j: NDArray[np.intp]) -> tuple[NDArray[np.intp], FloatArray]:
        """Which pairs of rows of [W; V] are a displaced row and its origin, and row ``j`` minus row ``i`` of those."""
        origin = np.full(max(np.max(i, initial=0), np.max(j, initial=0)) + 1 + self.width, -1)
        origin[: self.width] = self.width + self.order
        forth, back = origin[i] == j, origin[j] == i
        at = np.flatnonzero(forth | back)
        student = np.where(forth, i, j)[at]
        return at, np.where(forth[at, None], -self.displacement[student], self.displacement[student])
