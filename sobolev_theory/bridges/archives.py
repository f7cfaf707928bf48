"""Networks in .npz files: arrays by name, and the activation by its name, or as the text of what was generated for it.

Nothing in a file is run but arithmetic, whoever wrote it, and nothing is pickled.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import named, read_archive, shown
from .._runtime.json_files import FilePath, existing_file, named_file, write_bytes
from ..activations import Activation, get
from ..activations.activation import VERSION, restored
from ..activations.per_neuron import ActivationLike, of_layer, of_neurons
from .layers import Layers, of_arrays

FloatArray = NDArray[np.float64]

KEYS = ("weights", "output_weights", "biases", "output_bias", "activation", "sources")
"""Names of the arrays in a file: arguments of a network, and of activations that are none of the package, their texts.

``activation`` is a text, or K of them; ``sources`` are pairs of a name and of the text of a generated module.
"""


def save(path: FilePath, layers: Layers) -> None:
    """Write layers; see `Network.save`."""
    if named_file(path).suffix.lower() != ".npz":
        raise ValueError(f"path: a name that ends in .npz is required, got {shown(str(path))}")
    layer = of_layer(layers.activation)
    neurons = of_neurons(layer, len(layers.weights))
    different = dict.fromkeys(neurons)
    if len({activation.name for activation in different}) < len(different):
        raise ValueError(f"activation: different names are required, by which a file tells them, got {layer.name}")
    try:
        sources = [(name, source) for _, name, source in (each.carried() for each in different) if source is not None]
    except TypeError as error:
        raise ValueError(str(error)) from None
    data: dict[str, Any] = {key: value for key, value in layers._asdict().items() if value is not None}
    data["activation"] = np.array(layer.name if len(different) == 1 else [each.name for each in neurons])
    if sources:
        data["sources"] = np.array(sources)
    stream = io.BytesIO()
    np.savez_compressed(stream, **data)
    write_bytes(path, stream.getvalue())


def load(path: FilePath) -> Layers:
    """The layers in a file; see `Network.load`."""
    return in_file("path", existing_file(path))


def in_file(name: str, path: Path) -> Layers:
    """The layers in a file; messages begin with the name of an argument."""
    data: dict[str, NDArray[Any]] = dict(read_archive(name, path, KEYS))
    try:
        if "weights" not in data:
            raise ValueError(f"an array named weights is required, got {', '.join(data) or 'none'}")
        activation = _activation(data.get("activation", np.array("relu")), data.get("sources"))
        weights, bias = data["weights"], data.get("output_bias", np.zeros(()))
        layers = of_arrays(weights, data.get("output_weights"), data.get("biases"), bias, activation)
        of_neurons(of_layer(activation), len(layers.weights))
        return layers
    except ValueError as error:
        raise ValueError(f"{name} {named(path)}: {error}") from None


def _activation(names: NDArray[Any], sources: NDArray[Any] | None) -> ActivationLike:
    """The activation, or those of the neurons."""
    if names.dtype.kind != "U" or names.ndim > 1:
        raise ValueError(f"activation: a name is required, or one for each neuron, got {shown(names)}")
    texts: dict[str, Activation] = {}
    if sources is not None:
        if sources.dtype.kind != "U" or sources.ndim != 2 or sources.shape[1] != 2:
            raise ValueError(f"sources: pairs of a name and a text are required, got shape {sources.shape}")
        texts = {name: restored(VERSION, name, source) for name, source in _letters("sources", sources)}
    found = [texts.get(name) or get(name) for name in _letters("activation", np.atleast_1d(names))]
    return found if names.ndim else found[0]


def _letters(name: str, texts: NDArray[Any]) -> list[Any]:
    """The texts in an array, whose numbers are those of letters."""
    try:
        texts.astype(texts.dtype.newbyteorder("<")).tobytes().decode("utf-32-le")
    except UnicodeDecodeError:
        raise ValueError(f"{name}: text is required, got numbers of no letters") from None
    return list(texts.tolist())
