"""Rigorous enclosures of numbers by interval arithmetic, by which they are compared."""

import operator
from collections.abc import Callable
from math import prod
from typing import Any

import sympy as sp
from mpmath.ctx_iv import MPIntervalContext

IV = MPIntervalContext()
"""Interval arithmetic of its own precision: nothing global is changed."""

IV.prec = 120
FUNCTIONS: dict[Any, Callable[[Any], Any]] = {sp.sin: IV.sin, sp.cos: IV.cos}


def enclosure(number: sp.Expr) -> Any:
    """An interval that contains a number.

    Raises
    ------
    ValueError
        If it contains what interval arithmetic here does not know.
    """
    if isinstance(number, sp.Rational):
        return IV.mpf(int(number.p)) / IV.mpf(int(number.q))
    if number is sp.pi:
        return IV.pi
    parts = [enclosure(part) for part in number.args]
    if isinstance(number, sp.Add):
        return sum(parts, IV.mpf(0))
    if isinstance(number, sp.Mul):
        return prod(parts, start=IV.mpf(1))
    if isinstance(number, sp.Pow) and (2 * number.exp).is_Integer:
        return parts[0] ** int(number.exp) if number.exp.is_Integer else IV.sqrt(parts[0]) ** int(2 * number.exp)
    function = FUNCTIONS.get(type(number))
    if function is None:
        raise ValueError(f"{number} has no enclosure")
    return function(parts[0])


def contradicted(left: sp.Expr, relation: str, right: sp.Expr) -> str:
    """Why a relation between two numbers is not verified; empty if it is."""
    if relation == "=":
        difference = sp.simplify(left - right)
        return "" if difference == 0 else f"left - right is {difference}"
    if (left - right).free_symbols:
        return f"no number: {left - right}"
    if not (left.is_finite and right.is_finite):  # an infinite side is compared by SymPy
        holds = {">": operator.gt, "<": operator.lt, "!=": operator.ne}.get(relation, operator.eq)(left, right)
        return "" if holds in (True, sp.true) else f"{left} {relation} {right} is false"
    values = enclosure(left - right)
    holds = {
        ">": values.a > 0,
        ">=": values.a >= 0,
        "<": values.b < 0,
        "<=": values.b <= 0,
        "!=": values.a > 0 or values.b < 0,
    }.get(relation, False)
    return "" if holds else f"left - right is in {values}"
