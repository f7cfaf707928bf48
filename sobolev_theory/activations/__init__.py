"""Activations: values with pointwise derivatives, regularity and Gaussian moments; and the registry of their names."""

from collections.abc import Callable

from .activation import Activation, load
from .built_in import FAMILIES
from .given.callables import from_callable
from .registry import family, get, names, register

__all__ = ["Activation", "from_callable", "get", "load", "names", "register"]
__all__ += FAMILIES


def __getattr__(name: str) -> Callable[..., Activation]:
    """Families of activations, as functions of their parameters: ``leaky_relu(0.1)``, ``hermite(3)``."""
    if name in FAMILIES:
        return family(name)
    known = f"; it is got by its name, get({name!r})" if not name.startswith("_") and name in names() else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{known}")


def _arrived(name: str, source: str) -> Activation:
    """Where pickles of the first edition arrive, which carried a name to be registered."""
    raise ValueError(
        f"activation: a pickle of this edition is required, that of {name!r} is of the first one, which altered the "
        "registry; derive the activation anew"
    )


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
