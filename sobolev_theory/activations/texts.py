"""Definitions from the text of a generated module: kernels, a class of definitions with its data, or both."""

from __future__ import annotations

from copy import copy
from typing import Any

from .definition import Definition
from .generated import executed, from_source, refusing, takes
from .kinds import KINDS, made
from .packaged import OfKernels
from .source import SourceError


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
    if kernels is not None and found.how != OfKernels.how:
        vars(found)["how"] = f"{OfKernels.how} at standard inputs, else {found.how}"
    return found


def _made(tables: dict[str, Any]) -> Definition:
    """A definition of the class that the tables name."""
    kind, expression, derivatives = tables["KIND"], tables["EXPRESSION"], tables["POINTWISE"]
    if kind not in KINDS or not isinstance(expression, str) or not all(takes(f, 1) for f in derivatives):
        raise SourceError("a class of definitions, an expression and derivatives are required")
    return made(kind, expression, tables["DATA"], derivatives)
