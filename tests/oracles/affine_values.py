"""The committed numbers of `affine`: `affine.json` holds for each case what goes in, what comes out, and its scales.

Inputs are doubles; values have `SIGNIFICANT` digits, scales three. A matrix is null where it does not exist.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
from mpmath import mp

from .affine import Case, Net, Stack
from .affine_moments import DIGITS
from .affine_scale import Scale
from .quadrature import precision

VALUES = Path(__file__).with_name("affine.json")

SIGNIFICANT = 25

QUANTITIES = ("value", "gradient", "hessian", "gauss_newton")


@cache
def table() -> dict[str, Any]:
    """The file."""
    result: dict[str, Any] = json.loads(VALUES.read_text(encoding="utf-8"))
    return result


def case_of(entry: dict[str, Any]) -> Case:
    """The inputs of an entry of the file."""
    given = dict(entry["case"])
    return Case(Net(**given.pop("student")), Net(**given.pop("teacher")), **given)


def entry_of(case: Case) -> dict[str, Any]:
    """What the file says of a case."""
    with precision(DIGITS):
        stack = Stack(case)
        scale = Scale(stack)
        result: dict[str, Any] = {"case": asdict(case)}
        for name in QUANTITIES:
            values = _where_it_exists(getattr(stack, name))
            result[name] = None if values is None else _text(values, SIGNIFICANT)
            result[f"{name} scale"] = None if values is None else _text(getattr(scale, name)(), 3)
        return result


def written(values: dict[str, Any]) -> str:
    """The text of the file: one case a line."""
    lines = (f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in values.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _where_it_exists(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except ValueError as error:
        if "kinks coincide" not in str(error):
            raise
        return None


def _text(value: Any, digits: int) -> Any:
    """A number, a list of a column, or the rows of a matrix."""
    if isinstance(value, mpmath.matrix):
        rows = [[_text(x, digits) for x in row] for row in value.tolist()]
        return [row[0] for row in rows] if value.cols == 1 else rows
    return mp.nstr(value, digits, min_fixed=0, max_fixed=0).replace(".0e", "e").replace("e+0", "")
