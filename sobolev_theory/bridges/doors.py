"""What a network is made of besides its arguments, and what it is made to: doors to the bridges."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.json_files import FilePath
from ..activations import Activation
from ..activations.per_neuron import ActivationLike
from . import archives, estimators, layers, torch_modules

FloatArray = NDArray[np.float64]


class Doors:
    """The doors of `Network` to other libraries and to files."""

    weights: FloatArray
    output_weights: FloatArray
    biases: FloatArray | None
    output_bias: float
    activation: Activation

    @abstractmethod
    def __init__(
        self,
        weights: ArrayLike,
        output_weights: ArrayLike | None,
        biases: ArrayLike | None,
        output_bias: float,
        activation: ActivationLike,
    ) -> None: ...

    @property
    def _layers(self) -> layers.Layers:
        return layers.Layers(self.weights, self.output_weights, self.biases, self.output_bias, self.activation)

    @classmethod
    def from_arrays(
        cls,
        weights: ArrayLike,
        output_weights: ArrayLike | None = None,
        biases: ArrayLike | None = None,
        output_bias: ArrayLike = 0.0,
        activation: ActivationLike = "relu",
        *,
        layout: Literal["neurons", "inputs"] = "neurons",
    ) -> Self:
        """The network of arrays as libraries keep them.

        Parameters
        ----------
        weights
            One row for each neuron, shape (K, d), as in PyTorch; with ``layout="inputs"`` one row for each input, shape
            (d, K), as in Keras, Flax and scikit-learn.
        output_weights, biases
            Shape (K,), or a row or a column of K.
        output_bias
            A number, or an array of one.

        Raises
        ------
        ValueError
            For arrays that do not fit, with the layout in which they would; for weights of several outputs.

        Examples
        --------
        >>> from sobolev_theory import Network
        >>> kernel, bias, outer = [[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]], [0.1, 0.2, 0.3], [[1.0], [2.0], [3.0]]
        >>> Network.from_arrays(kernel, outer, bias, [0.5], "tanh", layout="inputs").weights
        array([[1., 0.],
               [0., 1.],
               [2., 1.]])
        """
        return cls(*layers.of_arrays(weights, output_weights, biases, output_bias, activation, layout))

    @classmethod
    def from_torch(cls, module: Any, activation: ActivationLike | None = None) -> Self:
        """The network that a module of PyTorch is, or a state dict with two linear layers; exact in float64.

        Parameters
        ----------
        module
            ``Sequential(Linear(d, K), activation, Linear(K, 1))``, with biases or without, or a `torch.nn.Module` whose
            only layers are these, in this order; on any device and of any real type. Or its ``state_dict()``, or a
            dictionary of NumPy arrays of such names and shapes.
        activation
            By default that of the module: ReLU, LeakyReLU, PReLU (whose slopes stay as they are), ELU, CELU, SELU,
            GELU, Tanh, Sigmoid, SiLU, Softplus, Mish, Hardtanh, ReLU6, Hardsigmoid, Hardswish or Identity, with its
            parameters. To be given for a state dict, and for a module whose forward has another one.

        Notes
        -----
        A copy of the module in float64 is evaluated at a few inputs: if its forward is not the function of its layers,
        it is refused. Softplus of PyTorch is ``z`` beyond 20, and log(1 + e^z) here; they differ by 2e-9.

        Weights in float32 are taken as they are, and what is computed of them is the theory of that network to double
        precision, also near its teacher. PyTorch's own numbers are not: at a relative distance delta from the teacher,
        single precision leaves about 6e-8/delta of a difference of outputs or of a gradient. A teacher that was rounded
        to float32 is at a relative distance of 3e-8 from itself, and its loss is not zero.

        Raises
        ------
        ValueError
            For other, more or lazy layers, dropout, normalisation, several outputs, parameters of an activation that
            the package does not have, and for a forward that computes something else: with what to do.
        UnknownActivationError
            For an activation that the package does not have.

        Examples
        --------
        >>> import numpy as np
        >>> from sobolev_theory import Network
        >>> state = {"0.weight": np.eye(2), "0.bias": np.array([0.5, -0.5]), "2.weight": np.array([[1.0, 2.0]])}
        >>> net = Network.from_torch(state, activation="tanh")
        >>> net.output_weights, net.biases, net.activation.name
        (array([1., 2.]), array([ 0.5, -0.5]), 'tanh')
        """
        return cls(*torch_modules.of_module(module, activation))

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """The network that a fitted `sklearn.neural_network.MLPRegressor` is.

        It has one hidden layer, ``hidden_layer_sizes=(K,)``, and one output; ``logistic`` is `sigmoid`, and
        ``identity`` `monomial1`. What scikit-learn minimises is half the mean squared error plus
        ``alpha |w|^2/(2 n)``; the losses here have no penalty.

        Raises
        ------
        ValueError
            For another estimator, one that is not fitted, more layers, or several outputs: with what to do.

        Examples
        --------
        >>> from sobolev_theory import Network
        >>> Network.from_sklearn(Network.random(2, 3, rng=0))
        Traceback (most recent call last):
        ValueError: estimator: a fitted MLPRegressor is required, got Network
        """
        return cls(*estimators.of_estimator(estimator))

    def to_torch(self) -> Any:
        """``torch.nn.Sequential(Linear, activation, Linear)`` in float64, whose output has shape (n, 1).

        The hidden layer has biases where the network has some, and the output where its bias is not 0. Of its weights
        `from_torch` makes the same network. Softplus has ``threshold=40``, beyond which it is ``z`` in float64.

        Raises
        ------
        ValueError
            For an activation that PyTorch has no module of, such as erf or sin, and for several activations.
        ImportError
            Without PyTorch.
        """
        return torch_modules.to_module(self._layers)

    def save(self, path: FilePath) -> None:
        """Write the network to a .npz file, from which `load` makes it again, equal in every bit.

        A file of that name is replaced. It holds the arrays ``weights``, ``output_weights``, ``biases``, if there are
        any, and ``output_bias``, and as text the name of the ``activation``, or K names; for derived ones the text of
        their generated modules too. `numpy.load` reads it without pickles.

        Raises
        ------
        ValueError
            If the file cannot be written, its name does not end in ``.npz``, or the activation is of a user's
            functions, which a file does not hold.

        Examples
        --------
        >>> import tempfile
        >>> from sobolev_theory import Network
        >>> net = Network.random(3, 2, rng=0, activation="leaky_relu(0.1)")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     net.save(f"{folder}/net.npz")
        ...     Network.load(f"{folder}/net.npz") == net
        True
        """
        archives.save(path, self._layers)

    @classmethod
    def load(cls, path: FilePath) -> Self:
        """The network in a .npz file that `save` wrote, or in one of ``weights`` (K, d) and others of these arrays.

        What is missing has the default that a `Network` has. Loading runs no code but arithmetic, whoever wrote the
        file.

        Raises
        ------
        ValueError
            If it is no such file, cannot be read, or names an activation that is not known.
        """
        return cls(*archives.load(path))
