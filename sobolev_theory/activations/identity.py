"""What files call an activation: a text that no other definition has."""

import hashlib
from dataclasses import fields, is_dataclass

from .activation import Activation
from .per_neuron import PerNeuron


def identity(activation: Activation) -> str:
    """What tells an activation from all others: the name of one of the package, name and data of another one.

    Raises
    ------
    ValueError
        For one of which a file can hold no definition, such as that of functions.
    """
    key = activation.definition.key
    if isinstance(activation.definition, PerNeuron):
        return ", ".join(map(identity, activation.definition.neurons))
    if activation.is_packaged:
        return activation.name
    if _is_data(key):
        text = key if isinstance(key, str) else repr(key)
        return f"{activation.name} {hashlib.sha256(text.encode()).hexdigest()}"
    raise ValueError(
        f"checkpoint: an activation that carries its definition is required, {activation.name!r} does not; derive "
        "it by sobolev_theory.symbolic.derive"
    )


def _is_data(key: object) -> bool:
    """Whether it is text, numbers, and tuples and records of them: what is the same in another process."""
    if is_dataclass(key):
        return all(_is_data(getattr(key, each.name)) for each in fields(key))
    if isinstance(key, tuple):
        return all(map(_is_data, key))
    return key is None or isinstance(key, str | int | float | complex)
