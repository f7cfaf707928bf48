"""The activations of the package: definitions by name."""

from .definition import Definition
from .packaged import PACKAGED


def definition_of(name: str) -> Definition | None:
    """The definition that the package has of a name, or None."""
    return PACKAGED.get(name)


def names() -> list[str]:
    """Names of the activations of the package, sorted."""
    return sorted(PACKAGED)
