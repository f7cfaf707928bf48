"""Numbers of the oracles that are read, not computed: 50 digits of an integral take longer than all that they judge.

`values.json` holds them by the call that gives them. A call that it does not hold is an error. `python -m tests.oracles
--update` writes the file, with the calls that the default tests make and no others; a long test makes each of them
again. Arguments must be the same doubles on every machine: constants, and what IEEE 754 fixes.
"""

import ast
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from mpmath import mp

from . import quantities, symmetric
from .network import single_neuron_block

VALUES = Path(__file__).with_name("values.json")

DIGITS = 52
"""Significant digits of a committed number."""

FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        quantities.quantity,
        quantities.largest_over_angles,
        single_neuron_block,
        symmetric.eigenvalues,
        symmetric.outside,
    )
}

RECORDED: dict[str, Any] | None = None
"""Calls made and what they gave, while `python -m tests.oracles` listens; then nothing is read."""


def committed(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function gives, rounded to `DIGITS`, from the file."""
    call = _call(function, *arguments)
    if RECORDED is not None:
        RECORDED[call] = encoded(computed_again(call))
        return decoded(RECORDED[call])
    if call not in table():
        raise KeyError(f"not in tests/oracles/values.json: {call}; run `python -m tests.oracles --update`")
    return decoded(table()[call])


def known(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function gives: from the file if it is there."""
    return committed(function, *arguments) if _call(function, *arguments) in table() else computed(function, *arguments)


@cache
def table() -> dict[str, Any]:
    """The file."""
    result: dict[str, Any] = json.loads(VALUES.read_text(encoding="utf-8"))
    return result


def computed(function: Callable[..., Any], *arguments: Any) -> Any:
    """The plain call."""
    return function(*arguments)


def computed_again(call: str) -> Any:
    """What a call gives that is written as in the file."""
    name, _, arguments = call.partition("(")
    with mp.workdps(DIGITS + 10):
        return FUNCTIONS[name](*ast.literal_eval(f"({arguments}"))


def encoded(value: Any) -> Any:
    """As text: a number, a matrix as the list of its rows, a list of numbers."""
    if isinstance(value, mp.matrix):
        return [[encoded(entry) for entry in row] for row in value.tolist()]
    if isinstance(value, (list, tuple)):
        return {"numbers": [encoded(entry) for entry in value]}
    with mp.workdps(DIGITS + 10):
        parts = [mp.re(value), mp.im(value)] if mp.im(value) else [mp.re(value)]
        return " ".join(mp.nstr(part, DIGITS, min_fixed=0, max_fixed=0).replace(".0e", "e") for part in parts)


def decoded(text: Any) -> Any:
    """The inverse of `encoded`."""
    with mp.workdps(DIGITS + 10):
        if isinstance(text, list):
            return mp.matrix([[decoded(entry) for entry in row] for row in text])
        if isinstance(text, dict):
            return [decoded(entry) for entry in text["numbers"]]
        parts = [mp.mpf(part) for part in text.split()]
        return parts[0] if len(parts) == 1 else mp.mpc(*parts)


def written(values: dict[str, Any]) -> str:
    """The text of the file: one call a line, sorted."""
    lines = (f"{json.dumps(call)}: {json.dumps(values[call])}" for call in sorted(values))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _call(function: Callable[..., Any], *arguments: Any) -> str:
    """A call as it is written in the file."""
    return f"{function.__name__}{tuple(_plain(x) for x in arguments)!r}"


def _plain(argument: Any) -> Any:
    """An argument as its `repr` is a literal: no NumPy number, no sequence but lists."""
    if isinstance(argument, (list, tuple, np.ndarray)):
        return [_plain(x) for x in argument]
    if isinstance(argument, np.generic):
        return argument.item()
    if argument is None or isinstance(argument, (str, bool, int, float)):
        return argument
    raise TypeError(f"an argument of a committed call is a number or a name, got {argument!r}")
