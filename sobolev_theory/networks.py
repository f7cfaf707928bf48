"""Two-layer networks as functions of their input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._runtime.checks import as_array, as_numbers, counted, generator, number, positive_integer
from ._runtime.results import Frozen
from ._runtime.sizes import require_memory
from .activations import Activation
from .activations.per_neuron import ActivationLike, of_layer, of_neurons
from .bridges.doors import Doors
from .errors import OverflowingError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Network(Doors, Frozen):
    r"""Two-layer network ``f(x) = sum_i a_i sigma(w_i . x + beta_i) + c``.

    Parameters
    ----------
    weights
        Hidden weights ``W``, shape (K, d).
    output_weights
        ``a``, shape (K,); ones if None.
    biases
        ``beta``, shape (K,); zeros if None.
    output_bias
        ``c``, a number.
    activation
        Name of a registered activation, or an `Activation`; or a list of K of them, one for each neuron. The network
        holds the activation, not the name.

    Attributes
    ----------
    activations
        The activation of each neuron, K of them; `activation` is the one that all neurons have, or one of the layer
        that says how many have which.

    Notes
    -----
    A value: its arrays are read-only copies, networks of equal weights, biases and activation are equal, and a
    pickle carries the activation's definition.

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
    >>> Network([[1.0, 0.0], [0.0, 2.0]], activation=["relu", "erf"]).activation.name
    '1 relu, 1 erf'
    """

    weights: FloatArray
    output_weights: FloatArray
    biases: FloatArray | None
    output_bias: float
    activation: Activation

    def __init__(
        self,
        weights: ArrayLike,
        output_weights: ArrayLike | None = None,
        biases: ArrayLike | None = None,
        output_bias: float = 0.0,
        activation: ActivationLike = "relu",
    ) -> None:
        w = as_array("weights", weights, ("K", "d"))
        a = np.ones(len(w)) if output_weights is None else _for_each_neuron("output_weights", output_weights, w)
        b = None if biases is None else _for_each_neuron("biases", biases, w)
        c = number("output_bias", output_bias, "a finite number", -np.inf, np.inf)
        chosen = of_layer(activation)
        of_neurons(chosen, len(w))
        values = {"weights": w, "output_weights": a, "biases": b, "output_bias": c, "activation": chosen}
        self._set({name: value.copy() if isinstance(value, np.ndarray) else value for name, value in values.items()})

    def __setstate__(self, state: dict[str, Any]) -> None:
        if not isinstance(state.get("activation"), Activation):
            raise ValueError(
                "network: a pickle of this edition is required, this one is of the first, which held the name of an "
                "activation; make the network anew"
            )
        self._set({"output_bias": 0.0} | state)  # the first networks of this edition had none

    def facts(self) -> dict[str, Any]:
        """Sizes, activation, and of output weights and biases those that are no default."""
        facts: dict[str, Any] = {"width": self.width, "dim": self.dim, "activation": self.activation.name}
        if (self.output_weights != 1).any():
            facts["output_weights"] = self.output_weights
        if self.biases is not None:
            facts["biases"] = self.biases
        return facts | {"output_bias": self.output_bias} if self.output_bias else facts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        return self.activation == other.activation and all(map(np.array_equal, self._arrays, other._arrays))

    def __hash__(self) -> int:
        return hash((self.activation, *((array + 0.0).tobytes() for array in self._arrays)))  # -0.0 equals 0.0

    @property
    def _arrays(self) -> tuple[FloatArray, ...]:
        """Weights, output weights and biases, zeros if there are none, and the output bias."""
        return self.weights, self.output_weights, or_zeros(self.biases, self.width), np.array(self.output_bias)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of each neuron."""
        return of_neurons(self.activation, self.width)

    @property
    def has_biases(self) -> bool:
        """Whether a bias of a neuron or of the output is not zero."""
        return bool(self.output_bias) or (self.biases is not None and bool(self.biases.any()))

    def balanced(self) -> Network:
        """The same function with ``n a_i^2 = |w_i|^2 + b_i^2``, for ``max(z, 0)^n``: equal shares of both layers.

        Gradient flow conserves the difference of the two sides, so that from small weights it ends near there. The
        curvature in all parameters depends on where among equal networks one is: this is the place to report it. A
        neuron without row or output weight has no such place, and stays as it is.

        Raises
        ------
        ValueError
            For another activation.

        Examples
        --------
        >>> net = Network([[4.0, 0.0]], [2.0]).balanced()
        >>> net.weights.round(6), net.output_weights.round(6)
        (array([[2.828427, 0.      ]]), array([2.828427]))
        """
        n = self.activation.degree
        if n is None:
            raise ValueError(
                f"activation: a homogeneous one, max(z, 0)^n, is required for rescalings, got {self.activation.name!r}"
            )
        biases = or_zeros(self.biases, self.width)
        unit = np.maximum(np.abs(self.weights).max(axis=1), np.abs(biases))
        unit[unit == 0] = 1.0  # squares of others may be no doubles
        hidden = np.hypot(np.linalg.norm(self.weights / unit[:, None], axis=1), biases / unit)
        outer = np.sqrt(n) * np.abs(self.output_weights)
        alive = (hidden > 0) & (outer > 0)
        shares = [np.where(alive, size, 1.0) ** (1 / (n + 1)) for size in (outer, unit, hidden)]
        scale = shares[0] / shares[1] / shares[2]
        moved = None if self.biases is None else scale * self.biases
        weights, outputs = scale[:, None] * self.weights, self.output_weights / scale**n
        return Network(weights, outputs, moved, self.output_bias, activation=self.activation)

    @classmethod
    def random(
        cls, width: int, dim: int, *, rng: Any = None, activation: ActivationLike = "relu", scale: float | None = None
    ) -> Network:
        """Independent Gaussian entries of standard deviation ``scale``; by default ``1/sqrt(dim)``, for norms near one.

        Examples
        --------
        >>> Network.random(3, 5, rng=0).weights.shape
        (3, 5)
        """
        width, dim = _size(width, dim)
        scale = dim**-0.5 if scale is None else number("scale", scale, "a finite standard deviation", -np.inf, np.inf)
        return cls(scale * generator(rng).standard_normal((width, dim)), activation=activation)

    @classmethod
    def orthonormal(cls, width: int, dim: int, *, activation: ActivationLike = "relu") -> Network:
        """The first ``width`` unit vectors as rows; needs ``width <= dim``.

        Examples
        --------
        >>> Network.orthonormal(2, 3).weights
        array([[1., 0., 0.],
               [0., 1., 0.]])
        """
        width, dim = _size(width, dim)
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
        """``a_i sigma^(order)(w_i . x + beta_i)`` of shape (n, K), and its sum over neurons, plus ``c`` at order 0."""
        points = as_array("x", x, ("n", "d"), {"d": self.dim})
        with np.errstate(over="ignore", invalid="ignore"):
            z = points @ self.weights.T
            if self.biases is not None:
                z += self.biases
            terms = self.activation.derivative(z, order) * self.output_weights
            total = terms.sum(axis=1) + (self.output_bias if order == 0 else 0.0)
        if not np.isfinite(total).all():
            raise OverflowingError("x: the network overflows double precision there; smaller inputs are required")
        return terms, total


def or_zeros(biases: FloatArray | None, width: int) -> FloatArray:
    """The biases of so many neurons, zeros if they have none."""
    return np.zeros(width) if biases is None else biases


def _for_each_neuron(name: str, value: ArrayLike, weights: FloatArray) -> FloatArray:
    """A number for each row of the weights; where there is one for each column, the weights are transposed."""
    K, d = weights.shape
    given = as_numbers(name, value, "an array of numbers of shape (K,) is required")
    if given.size == d != K:
        raise ValueError(
            f"{name}: a number for each of the K = {K} neurons, the rows of the weights, is required, got shape "
            f"{given.shape}; the transpose of the weights, of shape {weights.shape}, would fit, pass x.T, or "
            "layout='inputs' to Network.from_arrays"
        )
    return as_array(name, given, ("K",), {"K": K})


def _size(width: int, dim: int) -> tuple[int, int]:
    """Numbers of neurons and of dimensions whose weights fit into memory."""
    width, dim = positive_integer("width", width), positive_integer("dim", dim)
    what = f"width, dim: weights of shape ({counted(width)}, {counted(dim)})"
    require_memory(what, 3 * width * dim, "lower width or dim")
    return width, dim
