"""Generated modules: what one offers, those of the package, and one made from its text."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, Protocol

from .._kernels import erf, relu, relu2, relu3
from .source import SourceError, require_kernels

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
"""The activations of the package that have generated kernels, by name."""


POLAR, GRAM = ("polar", 5), ("gram", 4)
"""Charts, and how many numbers of a pair their kernels take."""

QUANTITIES = ("value", "own", "cross", "gauss_newton", "self_value", "self_field", "self_own", "self_gauss_newton")
"""What every order and convention has; besides a field on the vectors or in the frame."""


@cache
def from_source(name: str, source: str) -> Kernels:
    """The kernels of a generated module's text (`symbolic.code`), which is executed once it is seen to be arithmetic.

    Raises
    ------
    SourceError
        If it is anything else, or lacks what a generated module offers.
    """
    module = executed(name, source)
    with refusing(name):
        complete = _is_complete(module.__dict__)
    if not complete:
        raise SourceError(f"kernels of {name}: a generated module is required, with all of {', '.join(MEMBERS)}")
    return module


@cache
def executed(name: str, source: str) -> ModuleType:
    """The module of a text, with the text as ``SOURCE``.

    Raises
    ------
    SourceError
        If it is more than tables and arithmetic.
    """
    module = ModuleType(f"{GENERATED}.{name}")
    module.__package__ = GENERATED
    with refusing(name):
        exec(compile(require_kernels(source), f"<kernels of {name}>", "exec"), module.__dict__)
    module.__dict__["SOURCE"] = source
    return module


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """What goes wrong with a text says that it is no generated module."""
    try:
        yield
    except SourceError:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        NameError,
        RecursionError,
        SyntaxError,
        TypeError,
        ValueError,
    ) as error:
        raise SourceError(f"kernels of {name}: a generated module is required, got {error!r}") from None


def _is_complete(module: Mapping[str, Any]) -> bool:
    """Whether the tables are of the kinds that `Kernels` says, and all kernels are there."""
    chart, orders, degree = module["CHART"], module["MAX_ORDER"], module["DEGREE"]
    numbers = [module["JUMP"], module.get("VARIATION", 1.0), *module["BILINEAR"]]
    kernels, conventions = module["KERNELS"], ("backprop", "exact")
    arguments = dict((POLAR, GRAM))[chart]
    return (
        type(orders) is int
        and 0 <= orders < 10
        and (chart == POLAR[0]) == (degree is not None)
        and (degree is None or (type(degree) is int and 0 <= degree < 10))
        and module["JUMP_ORDER"] == degree
        and all(type(number) is float and abs(number) < float("inf") for number in numbers)
        and len(module["BILINEAR"]) == orders + 1
        and isinstance(module["SINGULAR"], frozenset)
        and len(module["DERIVATIVES"]) == orders + 3
        and all(takes(function, 1) for function in module["DERIVATIVES"])
        and all(map(callable, module["MOMENTS"].values()))
        and all((name, m, c) in kernels for name in QUANTITIES for m in range(orders + 1) for c in conventions)
        and all(
            takes(function, 1 if name.startswith("self") else arguments) for (name, *_), function in kernels.items()
        )
    )


def takes(function: Any, count: int) -> bool:
    """Whether a function takes the namespace and so many numbers."""
    return isinstance(function, FunctionType) and function.__code__.co_argcount == count + 1
