"""Modules of torch with one hidden layer: their layers, checked against what they compute; and modules of layers."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import shown, shown_kind
from ..activations.per_neuron import ActivationLike, of_layer
from .layers import Layers, of_arrays
from .names import module_of, of_torch
from .state_dicts import of_state_dict

FloatArray = NDArray[np.float64]

REQUIRED = "module: Linear, an activation and Linear are required, as in Sequential(Linear(d, K), Tanh(), Linear(K, 1))"

PLACES, AGREEMENT = 32, 1e-5
"""Inputs at which a module is compared with its layers, and by how much of the sum of its terms it may differ there:
its forward may compute in single precision."""

ADVICE = {
    "Dropout": "; leave dropout out, which is none in evaluation",
    "BatchNorm": "; torch.nn.utils.fusion.fuse_linear_bn_eval makes one layer of Linear and BatchNorm1d",
    "Norm": "; networks that normalise are outside the theory",
    "RNN": "; networks with memory are outside the theory",
    "Conv": "; convolutions are outside the theory",
    "quantized": "; pass the module as it was before it was quantised",
    "uantize": "; pass the module as it was before it was quantised",
    "Script": "; pass the module of which it was made",
}
"""What to do about modules whose type has such a word in it."""

WRAPPERS = {"DataParallel": "module", "DistributedDataParallel": "module", "OptimizedModule": "_orig_mod"}
"""Types of modules that compute what another one does, and their attribute that is the other."""


def of_module(module: Any, activation: ActivationLike | None) -> Layers:
    """The layers of a module of torch, or of its state dict; see `Network.from_torch`."""
    if isinstance(module, Mapping):
        return of_state_dict(module, activation)
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(module, torch.nn.Module):
        raise ValueError(f"module: a module of torch, or its state dict, is required, got {shown_kind(module)}")
    while (name := type(module).__name__) in WRAPPERS:
        module = getattr(module, WRAPPERS[name])
    if any(torch.nn.parameter.is_lazy(each) for each in module.parameters()):
        raise ValueError("module: lazy layers have no weights yet; call the module on an input first")
    hidden, function, outer = _layers(list(_leaves(module, torch.nn.Linear)), torch.nn.Linear)
    if activation is None and function is None:
        raise ValueError(
            "activation: the module has none among its layers; pass that of its forward, such as activation='tanh'"
        )
    if outer.out_features != 1:
        raise ValueError(
            f"module: one output is required, got {outer.out_features}; the network of output j is Network.from_arrays("
            "W, A[j], b, c[j], activation) of weights and biases W, b and A, c of the two layers"
        )
    layers = of_arrays(
        _numbers(hidden.weight),
        _numbers(outer.weight),
        _numbers(hidden.bias),
        0.0 if outer.bias is None else _numbers(outer.bias),
        of_torch(function) if activation is None else activation,
    )
    _require_what_it_computes(module, layers, torch)
    return layers


def to_module(layers: Layers) -> Any:
    """``Sequential(Linear, activation, Linear)`` of layers in float64; a layer has a bias where the network has one."""
    name, arguments = module_of(of_layer(layers.activation))
    try:
        import torch
    except ImportError as error:
        raise ImportError(f"a module needs torch: pip install 'sobolev_theory[torch]' ({error})") from error

    def linear(weights: FloatArray, biases: FloatArray | None) -> Any:
        made = torch.nn.Linear(*weights.shape[::-1], bias=biases is not None, dtype=torch.float64, device="cpu")
        with torch.no_grad():
            made.weight.copy_(torch.tensor(weights))
            if biases is not None:
                made.bias.copy_(torch.tensor(biases))
        return made

    outputs = np.ones(len(layers.weights)) if layers.output_weights is None else layers.output_weights
    bias = np.array([layers.output_bias]) if layers.output_bias else None
    activation = getattr(torch.nn, name)(**arguments)
    return torch.nn.Sequential(linear(layers.weights, layers.biases), activation, linear(outputs[None, :], bias))


def _numbers(parameter: Any) -> Any:
    """A parameter as data, which has no gradient."""
    return None if parameter is None else parameter.detach()


def _leaves(module: Any, linear: type) -> Iterator[Any]:
    """Linear layers and modules that hold no others, in the order in which they were registered."""
    children = list(module.children())
    if isinstance(module, linear) or not children:
        yield module
    else:
        for child in children:
            yield from _leaves(child, linear)


def _layers(leaves: list[Any], linear: type) -> tuple[Any, Any, Any]:
    """Hidden layer, activation if there is a module of it, and output layer.

    An activation may be registered anywhere: what is computed is compared later.

    Raises
    ------
    ValueError
        If there are others, with what to do about the first of them.
    """
    layers = [leaf for leaf in leaves if isinstance(leaf, linear)]
    others = [leaf for leaf in leaves if not isinstance(leaf, linear)]
    advice = next(filter(None, map(_advice, others)), "")
    if len(layers) == 2 and len(others) < 2 and not advice:
        return layers[0], others[0] if others else None, layers[1]
    if not advice and len(layers) > 2:
        advice = "; networks of more than one hidden layer are outside the theory"
    names = ", ".join(type(leaf).__name__ for leaf in leaves[:9])
    raise ValueError(f"{REQUIRED}, got {names}{'...' if len(leaves) > 9 else ''}{advice}")


def _advice(leaf: Any) -> str:
    """What to do about a module that is no layer and no activation; empty if that is not known."""
    kind = f"{type(leaf).__module__}.{type(leaf).__name__}" if type(leaf).__module__.startswith("torch") else ""
    return next((told for word, told in ADVICE.items() if word in kind), "")


def _require_what_it_computes(module: Any, layers: Layers, torch: Any) -> None:
    """Refuse a module whose forward is another function than that of its layers, at a copy of it in float64."""
    d, rng = layers.weights.shape[1], np.random.default_rng(0)
    x = rng.standard_normal((PLACES, d)) * np.geomspace(0.1, 10.0, PLACES)[:, None]
    try:
        copied = copy.deepcopy(module).cpu().double().train(False)
        with torch.no_grad():
            values = np.asarray(copied(torch.tensor(x)).double().numpy())
    except Exception as error:  # a stranger's forward may raise anything
        raise ValueError(
            f"module: values at inputs of shape (n, {d}) are required, to compare it with its layers, got "
            f"{shown(error)}; pass module.state_dict() and the activation if the layers are all of it"
        ) from error
    if values.size != PLACES:
        raise ValueError(f"module: a number for each input is required, got shape {values.shape} of {PLACES} inputs")
    expected, scale = layers(x)
    with np.errstate(invalid="ignore"):
        off = np.abs(values.ravel() - expected) > AGREEMENT * scale  # neither where both overflow
    if off.any():
        i = int(off.argmax())
        raise ValueError(
            f"module: what its forward computes is not Linear, {layers.activation}, Linear, {values.ravel()[i]:.6g} "
            f"instead of {expected[i]:.6g} at an input; pass the activation of its forward, or, if the layers alone "
            "are meant, module.state_dict() and the activation"
        )
