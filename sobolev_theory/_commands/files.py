"""Files of whole networks, as `Network.save` writes them, in place of files of weights."""

import argparse
from pathlib import Path

from .._runtime.checks import archive_names, named
from ..bridges.archives import KEYS, in_file
from .arrays import ARRAYS, ROLES

DEFAULT = "relu"
"""The activation unless an option or a file says another one."""


def unfold(options: argparse.Namespace) -> None:
    """Put in place of files of whole networks what they hold, and say which activation each role has.

    Raises
    ------
    ValueError
        For options that say the same as such a file.
    """
    if not hasattr(options, "activation"):
        return
    told = options.activation
    activations = dict.fromkeys(ROLES, told)
    for role in ROLES:
        path = getattr(options, role, None)
        if not isinstance(path, Path) or not _is_whole(held := archive_names(path)):
            continue
        layers = in_file(f"--{role}", path)
        again = [option for key, option in _layers(role).items() if getattr(options, option) is not None]
        again += ["activation"] * (told is not None and "activation" in held)
        if again:
            written = ", ".join(f"--{option.replace('_', '-')}" for option in again)
            raise ValueError(f"{written}: not together with --{role} {named(path)}, which is a whole network")
        setattr(options, role, layers.weights)
        for key, option in _layers(role).items():
            setattr(options, option, getattr(layers, key))
        if "activation" in held:
            activations[role] = layers.activation
    options.activation = next(filter(None, activations.values()), DEFAULT)
    options.activations = {role: given or options.activation for role, given in activations.items()}


def _is_whole(names: set[str]) -> bool:
    """Whether an archive with such names holds a network, more than its weights."""
    return "weights" in names and len(names) > 1 and names <= set(KEYS)


def _layers(role: str) -> dict[str, str]:
    """Arguments of a network besides its weights, and options of the same."""
    keys = (key.removeprefix(f"{role}_") for key in ARRAYS if key.startswith(f"{role}_"))
    return {key: ARRAYS[f"{role}_{key}"] for key in keys if key != "weights"}
