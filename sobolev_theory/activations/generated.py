"""Generated modules: what one offers, those of the package, and one made from its text."""

from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, Protocol

from .._kernels import erf, relu, relu2, relu3

GENERATED = "sobolev_theory._kernels"
"""The package of generated modules, in which one made from its text finds what it imports."""


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


MEMBERS = tuple(member for member in vars(Kernels) if member.isupper())
"""Names of what a generated module offers."""

BUILT_IN: dict[str, Kernels] = {"erf": erf, "relu": relu, "relu2": relu2, "relu3": relu3}
"""The activations of the package, by name."""


@cache
def from_source(name: str, source: str) -> Kernels:
    """The kernels of a generated module's text (`symbolic.code`), which is executed."""
    module = ModuleType(f"{GENERATED}.{name}")
    module.__package__ = GENERATED
    exec(compile(source, f"<kernels of {name}>", "exec"), module.__dict__)
    module.__dict__["SOURCE"] = source
    return module
