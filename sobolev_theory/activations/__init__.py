"""Activations: values with pointwise derivatives, regularity and Gaussian moments; and the registry of their names."""

from .activation import Activation, load
from .callables import from_callable
from .registry import get, names, register

__all__ = ["Activation", "from_callable", "get", "load", "names", "register"]


def _arrived(name: str, source: str) -> Activation:
    """Where pickles of the first edition arrive, which carried a name to be registered."""
    raise ValueError(
        f"activation: a pickle of this edition is required, that of {name!r} is of the first one, which altered the "
        "registry; derive the activation anew"
    )


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
