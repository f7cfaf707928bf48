"""Activations: values with pointwise derivatives, regularity and generated kernels; and the registry of their names."""

from .activation import (
    BUILT_IN,
    REGISTRY,
    Activation,
    Kernels,
    from_source,
    get,
    names,
    register,
    require_free,
    require_name,
)

__all__ = [
    "BUILT_IN",
    "REGISTRY",
    "Activation",
    "Kernels",
    "from_source",
    "get",
    "names",
    "register",
    "require_free",
    "require_name",
]
