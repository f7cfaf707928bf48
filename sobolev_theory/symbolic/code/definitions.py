"""Definitions of activations as source text: data of their class, and pointwise derivatives."""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from ..classes.classify import Classified
from ..classes.logistic import derivatives
from ..symbols import z
from .modules import function, header, imports
from .printer import PointwisePrinter

HIGHEST_ORDER = 3
"""Highest Sobolev order of smooth definitions."""

DERIVATIVES = HIGHEST_ORDER + 4
"""Highest derivative in the moments of the curvature of a loss of that order."""

LARGEST = 2**31
"""Of the numerator and the denominator of a number that code has as it is."""

_printer = PointwisePrinter()


def written(data: Any) -> str:
    """Numbers, and tuples of them, as literals; letters of parameters stay.

    A complex number is a pair, in the class of definitions that has them.
    """
    if isinstance(data, tuple):
        return f"({', '.join(map(written, data))}{',' if len(data) == 1 else ''})"
    if isinstance(data, int):
        return str(data)
    return repr(float(data.evalf(30))) if not data.free_symbols else str(_printer.doprint(_in_floats(data)))


def data_of(found: Classified) -> Any:
    """The data as `written` prints them: complex numbers, of ``Entire``, as pairs of real ones."""
    return _pairs(found.data) if found.kind == "Entire" else found.data


def _pairs(data: Any) -> Any:
    return tuple(map(_pairs, data)) if isinstance(data, tuple) else (sp.re(data), sp.im(data))


def needs_derivatives(found: Classified) -> bool:
    """Whether a class does not have the pointwise derivatives, or has them as sums of many terms."""
    return found.kind == "Series" or (found.kind == "SmoothedRectifiers" and bool(found.data[2]))


def pointwise(expression: sp.Expr, prefix: str = "pointwise") -> Iterator[str]:
    """Source of ``prefix_k(xp, z)``, the derivatives of a smooth activation."""
    for order, value in enumerate(derivatives(expression, DERIVATIVES)):
        yield function(
            f"{prefix}_{order}", f"Derivative of order {order}.", (z,), (_in_floats(value),), printer=_printer
        )


def _in_floats(expression: sp.Expr) -> sp.Expr:
    """Constants that are irrational, or long, as floats."""

    def is_long(x: sp.Basic) -> bool:
        if not isinstance(x, sp.Expr) or not x.is_number or isinstance(x, sp.Float):
            return False
        return not x.is_Rational or max(abs(x.p), x.q) > LARGEST

    return expression.replace(is_long, lambda x: x.evalf(30))


def definition(expression: sp.Expr, found: Classified) -> str:
    """What a module has of a definition: pointwise derivatives if they are needed, expression, class, and data."""
    functions = list(pointwise(expression)) if needs_derivatives(found) else []
    lines = [
        f"POINTWISE = ({', '.join(f'pointwise_{order}' for order in range(len(functions)))})",
        f"EXPRESSION = {str(expression)!r}",
        f"KIND = {found.kind!r}",
        f"DATA = {written(data_of(found))}",
    ]
    return "\n".join(["\n\n".join(functions), *lines]) + "\n"


def definition_module(name: str, body: str, source: str, advice: str) -> str:
    """Source of the module of an activation without kernels."""
    return "\n".join([header(f"Definition of {name}.", source, advice), *imports(body), "", body])
