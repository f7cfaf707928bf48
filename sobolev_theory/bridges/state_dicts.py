"""State dicts of torch, of two linear layers: tensors, or arrays of any library, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._runtime.checks import as_numbers, shown
from ..activations.per_neuron import ActivationLike
from .layers import Layers, of_arrays

REQUIRED = "module: weights and biases of two linear layers are required, as '0.weight', '0.bias', '2.weight', '2.bias'"


def of_state_dict(state: Mapping[Any, Any], activation: ActivationLike | None) -> Layers:
    """The layers of a state dict, in its order; biases may be missing."""
    layers: dict[str, dict[str, Any]] = {}
    for key, value in state.items():
        layer, _, kind = str(key).rpartition(".")
        if kind not in ("weight", "bias") or isinstance(value, Mapping):
            inside = f"; pass x[{key!r}]" if isinstance(value, Mapping) else ""
            raise ValueError(f"{REQUIRED}, got one named {shown(key)}{inside}")
        layers.setdefault(layer, {})[kind] = _numbers(str(key), value)
    named = ", ".join(f"{layer or 'weight'} {list(kinds)}" for layer, kinds in list(layers.items())[:6])
    if len(layers) != 2 or not all("weight" in kinds for kinds in layers.values()):
        more = "; networks of more than one hidden layer are outside the theory" if len(layers) > 2 else ""
        raise ValueError(f"{REQUIRED}, got {len(layers)} layers: {named or 'none'}{more}")
    if activation is None:
        raise ValueError("activation: a state dict does not say it; pass its name, such as activation='tanh'")
    hidden, outer = layers.values()
    shapes = [kinds["weight"].shape for kinds in (hidden, outer)]
    if not (len(shapes[0]) == len(shapes[1]) == 2 and shapes[1][1] == shapes[0][0]):
        raise ValueError(f"{REQUIRED}, of shapes (K, d) and (1, K), got {shapes[0]} and {shapes[1]}")
    if shapes[1][0] != 1:
        raise ValueError(
            f"module: one output is required, got {shapes[1][0]}; the network of output j is Network.from_arrays(W, "
            "A[j], b, c[j], activation) of weights and biases W, b and A, c of the two layers"
        )
    return of_arrays(hidden["weight"], outer["weight"], hidden.get("bias"), outer.get("bias", 0.0), activation)


def _numbers(key: str, value: Any) -> Any:
    """An array of the state, which has no gradient."""
    data = value.detach() if hasattr(value, "detach") else value
    return as_numbers(f"module, {shown(key)}", data, "an array of numbers is required")
