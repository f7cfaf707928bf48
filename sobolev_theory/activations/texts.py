"""Definitions from the text of a generated module: kernels, a class of definitions with its data, or both."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from math import isfinite
from typing import Any

from .definition import Definition
from .generated import executed, from_source, refusing, takes
from .kinds import KINDS, made
from .packaged import OfKernels
from .source import SourceError

MOST = 200
"""Numbers of which a class of definitions is made: a sum of polynomials of degree 20 and exponentials has fewer."""


def definition_from(name: str, source: str) -> Definition:
    """The definition that a text is; nothing runs but arithmetic.

    Raises
    ------
    SourceError
        If it is no generated module.
    """
    tables = vars(executed(name, source))
    if "KIND" not in tables:
        return OfKernels(from_source(name, source))
    with refusing(name):
        definition = _made(tables)
    kernels = from_source(name, source) if "KERNELS" in tables else None
    order = tables.get("MAX_ORDER", definition.max_order)
    if type(order) is not int or (kernels is None and not 0 <= order <= definition.max_order):
        raise SourceError(f"kernels of {name}: a highest order up to {definition.max_order} is required")
    found = copy(definition)
    vars(found).update(source=source, kernels=kernels, max_order=order)
    if kernels is not None:
        vars(found)["variation"] = OfKernels(kernels).variation
        if found.how != OfKernels.how:
            vars(found)["how"] = f"{OfKernels.how} at standard inputs, else {found.how}"
    return found


def _made(tables: dict[str, Any]) -> Definition:
    """A definition of the class that the tables name."""
    kind, expression, derivatives = tables["KIND"], tables["EXPRESSION"], tables["POINTWISE"]
    numbers = list(_numbers(tables["DATA"]))
    if (
        kind not in KINDS
        or not isinstance(expression, str)
        or not all(takes(f, 1) for f in derivatives)
        or not all(isinstance(x, float | int) and isfinite(x) for x in numbers)
        or len(numbers) > MOST
    ):
        raise SourceError(f"a class of definitions with at most {MOST} finite numbers, and derivatives, are required")
    return made(kind, expression, tables["DATA"], derivatives)


def _numbers(data: Any) -> Iterator[Any]:
    """Of tuples within each other."""
    for item in data:
        yield from _numbers(item) if isinstance(item, tuple) else (item,)
