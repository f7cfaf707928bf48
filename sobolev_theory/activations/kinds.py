"""Classes of definitions by the names that the generated table, and texts of derived activations, give them."""

from collections.abc import Callable
from typing import Any

from .definition import Definition

Derivatives = tuple[Callable[[Any, Any], Any], ...]
"""Functions of an array namespace and ``z``, by their order."""
Maker = Callable[[str, Any, Derivatives], Definition]

KINDS: dict[str, Maker] = {}
"""From an expression, data of the class, and pointwise derivatives where there are some, to a definition."""


def made(kind: str, expression: str, data: Any, derivatives: Derivatives = ()) -> Definition:
    """A definition of a class of `KINDS`."""
    return KINDS[kind](expression, data, derivatives)
