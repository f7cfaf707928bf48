"""The registry of activations: name to pointwise derivatives, smoothness and generated kernels.

A new activation of the package needs a derivation file and a line in `REGISTRY`; one of a user comes from
`symbolic.derive` and is made known by `register`. Losses and curvature know activations by their charts only.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._kernels import erf as _erf
from .._kernels import relu as _relu
from .._kernels import relu2 as _relu2
from .._kernels import relu3 as _relu3
from ..errors import UnknownActivationError


class Kernels(Protocol):
    """What a generated module of an activation offers."""

    @property
    def CHART(self) -> str: ...
    @property
    def DEGREE(self) -> int | None: ...
    @property
    def JUMP_ORDER(self) -> int | None: ...
    @property
    def JUMP(self) -> float: ...
    @property
    def MAX_ORDER(self) -> int: ...
    @property
    def BILINEAR(self) -> tuple[float, ...]: ...
    @property
    def SINGULAR(self) -> frozenset[tuple[str, int, str]]: ...
    @property
    def DERIVATIVES(self) -> tuple[Any, ...]: ...
    @property
    def MOMENTS(self) -> Mapping[tuple[int, ...], Any]: ...
    @property
    def KERNELS(self) -> Mapping[tuple[str, int, str], Any]: ...


REGISTRY: dict[str, Kernels] = {"erf": _erf, "relu": _relu, "relu2": _relu2, "relu3": _relu3}
BUILT_IN = frozenset(REGISTRY)


GENERATED = "sobolev_theory._kernels"
"""The package of generated modules, in which one made from its text finds what it imports."""


class Name(str):
    """Name of a user's activation, which takes the kernels along to other processes."""

    source: str

    def __reduce__(self) -> tuple[Callable[[str, str], str], tuple[str, str]]:
        return _arrived, (str(self), self.source)


def _arrived(name: str, source: str) -> str:
    """A name in a process that may not know it, or know it from an earlier definition."""
    if getattr(REGISTRY.get(name), "SOURCE", None) != source:
        REGISTRY[name] = from_source(name, source)
    return get(name).name


def from_source(name: str, source: str) -> Kernels:
    """The kernels of a generated module's text (`symbolic.codegen`), which is executed."""
    module = ModuleType(f"{GENERATED}.{name}")
    module.__package__ = GENERATED
    exec(compile(source, f"<kernels of {name}>", "exec"), module.__dict__)
    module.__dict__["SOURCE"] = source
    return module


@dataclass(frozen=True)
class Activation:
    """An activation ``sigma`` and what its derivation found out about it."""

    name: str
    kernels: Kernels

    def __reduce__(self) -> tuple[Callable[[str], "Activation"], tuple[str]]:
        return get, (self.name,)

    @property
    def degree(self) -> int | None:
        """``n`` if the activation is ``a max(z, 0)^n + b max(-z, 0)^n``, kinked and homogeneous; else None."""
        return self.kernels.DEGREE

    @property
    def jump_order(self) -> int | None:
        """First order whose derivative jumps, or None."""
        return self.kernels.JUMP_ORDER

    @property
    def variation(self) -> float:
        """How fast moments vary with the weights, 1 for ``erf(z/sqrt 2)``; of no meaning for homogeneous ones."""
        return float(getattr(self.kernels, "VARIATION", 1.0))

    @property
    def max_order(self) -> int:
        """Highest Sobolev order with kernels."""
        return self.kernels.MAX_ORDER

    @property
    def chart(self) -> str:
        """Pair quantities that the kernels take: ``"polar"`` or ``"gram"``."""
        return self.kernels.CHART

    def derivative(self, z: ArrayLike, order: int = 0) -> NDArray[np.float64]:
        """``sigma^(order)(z)``, pointwise; its absolutely continuous part, so that ``ReLU'' = 0``.

        Examples
        --------
        >>> get("relu2").derivative([-1.0, 3.0], 1)
        array([0., 6.])
        """
        z = np.asarray(z, dtype=np.float64)
        values = self.kernels.DERIVATIVES[order](np, z)
        return np.broadcast_to(np.asarray(values, dtype=np.float64) + 0.0, z.shape)  # + 0.0 makes -0.0 plain zero

    def jump(self, order: int) -> float:
        """Height of the jump of ``sigma^(order)`` at 0: at `jump_order` ``n``, ``n!`` for ``max(z, 0)^n``; else 0."""
        return float(self.kernels.JUMP) if order == self.jump_order else 0.0

    def kernel(self, quantity: str, order: int, derivative: str) -> Callable[..., Any]:
        """The generated kernel of a pair quantity, for instance ``kernel("field", 1, "backprop")``."""
        function: Callable[..., Any] = self.kernels.KERNELS[quantity, order, derivative]
        return function

    def has_kernel(self, quantity: str, order: int, derivative: str) -> bool:
        """Whether a quantity was derived; a field is given on ``(u, v)``, or in the frame where that form diverges."""
        return (quantity, order, derivative) in self.kernels.KERNELS

    def is_singular(self, quantity: str, order: int, derivative: str) -> bool:
        """Whether a pair quantity fails to exist for parallel weight vectors."""
        return bool({(quantity, order, derivative), (quantity, order, "both")} & self.kernels.SINGULAR)


def get(name: str) -> Activation:
    """The registered activation of a name.

    Raises
    ------
    UnknownActivationError
        If no activation of that name is registered; the message lists the known ones.

    Examples
    --------
    >>> get("relu").jump_order
    1
    """
    if not isinstance(name, str):
        raise UnknownActivationError(name, REGISTRY, _by_name(name))
    if name not in REGISTRY:
        raise UnknownActivationError(name, REGISTRY)
    kernels = REGISTRY[name]
    if hasattr(kernels, "SOURCE"):
        name = Name(name)
        name.source = kernels.SOURCE
    return Activation(name, kernels)


def _by_name(given: object) -> str:
    """What to do with an activation that was given as an object."""
    name = getattr(given, "name", None)
    if not isinstance(name, str):
        return ""
    return ("call .register() and " if hasattr(given, "register") else "") + f"give its name, activation={name!r}"


def names() -> list[str]:
    """Names of all registered activations, sorted."""
    return sorted(REGISTRY)


def require_name(name: object) -> str:
    """A word that can name an activation."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", name):
        raise ValueError(f"name: a letter followed by letters, digits, _, . or - is required, got {name!r}")
    return name


def require_free(name: str) -> None:
    """Refuse the name of an activation of the package."""
    if name in BUILT_IN:
        raise ValueError(f"name: {name!r} is an activation of the package; choose another name")


def register(name: str, kernels: Kernels, *, overwrite: bool = False) -> Activation:
    """Make an activation known by a name; see `symbolic.derive`.

    For this process, and for others to which networks and losses of kernels made by `from_source` are sent.

    Parameters
    ----------
    name
        A word of letters, digits and ``_ . -``.
    kernels
        Its generated module.
    overwrite
        Replace a user's activation of that name. Objects made with the old one keep it or the name, so start anew.

    Raises
    ------
    ValueError
        For a name that is taken, or no word; for kernels that lack something.

    Examples
    --------
    >>> register("relu", get("relu2").kernels)
    Traceback (most recent call last):
    ValueError: name: 'relu' is an activation of the package; choose another name
    """
    require_name(name)
    members = [member for member in vars(Kernels) if member.isupper()]
    if missing := [member for member in members if not hasattr(kernels, member)]:
        raise ValueError(f"kernels: a generated module is required, got {kernels!r} without {', '.join(missing)}")
    if REGISTRY.get(name) is not kernels:
        require_free(name)
        if name in REGISTRY and not overwrite:
            raise ValueError(f"name: {name!r} is registered already; choose another name, or pass overwrite=True")
        REGISTRY[name] = kernels
    return get(name)
