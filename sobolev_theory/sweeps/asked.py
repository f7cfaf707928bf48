"""What is swept: a function of a generator and of parameters by name, or a quantity that has a name."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass
from hashlib import sha256
from inspect import signature
from types import CodeType
from typing import Any

import numpy as np

from .. import activations
from .._runtime.checks import one_of, shown
from .._runtime.checks.numbers import real
from .._runtime.parallel import Workers
from .grids import COLUMNS, Grid, Point, label, parsed, points, require_known
from .quantities import QUANTITIES, parameters

Function = Callable[..., float | Mapping[str, float]]
"""``f(rng=..., **point)``."""

ELSEWHERE = "move it into a module, or pass workers=1, threads, or an executor that sends code, such as Dask's"


@dataclass(frozen=True)
class Call:
    """A function at one point; travels to workers."""

    function: Function
    point: Point

    def __call__(self, rng: np.random.Generator) -> float | Mapping[str, float]:
        """Its result."""
        return self.function(rng=rng, **dict(self.point))


@dataclass(frozen=True)
class Asked:
    """A quantity on a grid.

    Attributes
    ----------
    name
        What tables call it.
    definition
        What files call it.
    calls
        Each point, with the function of a generator that it stands for.
    """

    name: str
    definition: Callable[[], str]
    calls: Sequence[tuple[Point, Callable[[np.random.Generator], Any]]]


def asked(quantity: str | Function, grid: Any, workers: Workers) -> Asked:
    """A quantity on a grid, every point of which it takes.

    Raises
    ------
    ValueError
        For another quantity, and a grid whose names or values it does not take.
    """
    given = parsed(grid)
    if isinstance(quantity, str):
        return _named(one_of("quantity", quantity, QUANTITIES), given)
    if not callable(quantity):
        known = ", ".join(map(repr, QUANTITIES))
        raise ValueError(
            f"quantity: a function f(rng=..., **point), or one of {known}, is required, got {shown(quantity)}"
        )
    _require_signature(quantity, given)
    if isinstance(workers, int) and workers != 1:
        _require_sent(quantity)
    name = getattr(quantity, "__name__", type(quantity).__name__)
    calls = [(point, Call(quantity, point)) for point in points(given)]
    return Asked("quantity" if name == "<lambda>" else name, lambda: _definition(quantity), calls)


def numbers(name: str, result: Any, point: Point) -> dict[str, float]:
    """What a quantity gave at a point, as numbers by name; one number has the name of the quantity.

    Raises
    ------
    ValueError
        For anything else, and for names that tables need.
    """
    required = "a number, or numbers by names, such as {'kappa': 2.0},"
    several = result if isinstance(result, Mapping) else {name: result}
    try:
        values = {key: real(value) for key, value in several.items()}
    except Exception as error:  # a stranger's object may raise anything on its way to a number
        raise ValueError(f"quantity: {required} is required as its result, got {shown(result)}") from error
    taken = {*COLUMNS, *dict(point), *(f"{key}_error" for key in values)}
    if not values or not all(isinstance(key, str) and key and key not in taken for key in values):
        others = ", ".join([*COLUMNS, *dict(point)])
        raise ValueError(f"quantity: {required} none of them {others}, is required as its result, got {shown(result)}")
    return values


def _named(name: str, grid: Grid) -> Asked:
    """A quantity that has a name, whose points are made, and so checked, here."""
    require_known(grid, {field: default is MISSING for field, default in parameters(name).items()}, name)
    if "activation" in grid:
        grid = parsed({**grid, "activation": [activations.get(value) for value in grid["activation"]]})
    calls = []
    for point in points(grid):
        try:
            calls.append((point, QUANTITIES[name](**dict(point))))
        except ValueError as error:
            at = ", ".join(f"{key}={shown(label(value))}" for key, value in point)
            raise ValueError(f"grid: {error} (at {at})") from error
    return Asked(name, lambda: name, calls)


def _require_signature(quantity: Function, grid: Grid) -> None:
    """Refuse a function that cannot be called with a generator and the parameters."""
    try:
        of_quantity = signature(quantity)
    except ValueError:  # of C
        return
    try:
        of_quantity.bind(rng=None, **dict.fromkeys(grid))
    except TypeError as error:
        required = f"a function that takes rng and {', '.join(grid)} by name"
        raise ValueError(f"quantity: {required} is required, got {shown(quantity)}: {error}") from None


def _require_sent(quantity: Function) -> None:
    """Refuse a function that worker processes could not be sent, or not find."""
    try:
        pickle.dumps(quantity)
        reason = "is one of the main script, which they do not import"
    except Exception as error:
        reason = f"cannot be pickled ({error})"
    else:
        if getattr(quantity, "__module__", type(quantity).__module__) != "__main__":
            return
    raise ValueError(
        f"quantity: a function of a module is required by worker processes, {shown(quantity)} {reason}; {ELSEWHERE}"
    )


def _definition(quantity: Function) -> str:
    """Module, name and code of a function; what it calls is not seen."""
    code = getattr(quantity, "__code__", None)
    if not isinstance(code, CodeType):
        advice = "give constant parameters in the grid, {'norm': 'H1'}"
        raise ValueError(
            f"checkpoint: a quantity that is a function with a name is required, got {shown(quantity)}; {advice}"
        )
    digest = sha256(repr(_data(code)).encode(errors="backslashreplace")).hexdigest()
    return f"{quantity.__module__}.{quantity.__qualname__} {digest[:16]}"


def _data(code: Any) -> Any:
    """What code does, without where it stands."""
    if isinstance(code, frozenset):
        return sorted(map(repr, code))
    return (code.co_code, code.co_names, [*map(_data, code.co_consts)]) if isinstance(code, CodeType) else code
