"""Bounds on what is read from text: numbers that fill memory, powers and towers that no computation ends with."""

from collections.abc import Sequence
from typing import Any

import sympy as sp

EXPONENT = 1000
"""Largest exponent that is a number."""

BITS = 20_000
"""Bits of a rational number."""

ARGUMENT = 10**6
"""Largest number that a function is taken of, by which a tower of exponentials, or a huge angle, would begin."""

TAME = frozenset({"sqrt", "Abs", "abs", "Max", "Min", "sign", "Heaviside", "Eq"})
"""Functions that may be taken of larger ones."""


class TextError(ValueError):
    """The text is not of the grammar; ``unknown`` is the name that is not known, if that is why."""

    def __init__(self, reason: str, unknown: str = "") -> None:
        super().__init__(reason)
        self.unknown = unknown


def short(value: object, length: int = 40) -> str:
    """The text of a value, cut."""
    text = str(value)
    return text if len(text) <= length else f"{text[: length - 3]}..."


def require_small_power(base: sp.Expr, exponent: sp.Expr) -> None:
    """Refuse powers of numbers that fill memory, and exponents that no expansion survives."""
    if not exponent.is_number or not exponent.is_finite:
        return
    size = abs(exponent) if exponent.is_Rational else abs(exponent.evalf(5))
    if size > EXPONENT:
        raise TextError(f"exponents up to {EXPONENT} are allowed, got {short(exponent)}")
    if base.is_Rational and exponent.is_Rational and _bits(base) * size > BITS:
        raise TextError(f"powers of at most {BITS} bits are allowed, got ({short(base)})**({short(exponent)})")


def require_small_arguments(name: str, values: Sequence[sp.Expr]) -> None:
    """Refuse functions of huge numbers."""
    for value in values if name not in TAME else ():
        if value.is_number and value.is_finite and abs(value.evalf(5)) > ARGUMENT:
            raise TextError(f"{name} of numbers up to {ARGUMENT} is allowed, got {short(value)}")


def bounded(value: Any) -> Any:
    """The value, unless numbers in it have grown by steps: products of large numbers, powers of powers."""
    if isinstance(value, sp.Expr):
        if any(part.is_Rational and _bits(part) > BITS for part in (value, *value.args)):
            raise TextError(f"numbers of at most {BITS} bits are allowed")
        if value.is_Pow and value.exp.is_Rational and abs(value.exp) > EXPONENT:
            raise TextError(f"exponents up to {EXPONENT} are allowed, got {short(value.exp)}")
    return value


def _bits(number: sp.Rational) -> int:
    return max(abs(int(number.p)), int(number.q)).bit_length()
