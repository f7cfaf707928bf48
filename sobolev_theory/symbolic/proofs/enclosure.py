"""Rigorous enclosures of expressions by interval arithmetic, and what follows from them."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from mpmath.ctx_iv import MPIntervalContext

from ..arc_cosine import ArcCosine

DEPTH = 14
"""Halvings of a box before it is given up."""


class NotEnclosedError(ValueError):
    """An expression contains what interval arithmetic here does not know."""


def _context() -> Any:
    """Interval arithmetic of its own precision: nothing global is changed."""
    context = MPIntervalContext()
    context.prec = 120
    return context


IV = _context()
FUNCTIONS: dict[Any, Callable[[Any], Any]] = {
    sp.sin: IV.sin,
    sp.cos: IV.cos,
    sp.exp: IV.exp,
    sp.log: IV.log,
    sp.tan: lambda x: IV.sin(x) / IV.cos(x),
    sp.Abs: abs,
}


def enclosure(expression: sp.Expr, box: Mapping[sp.Symbol, Any]) -> Any:
    """An interval that contains all values of an expression whose letters range over intervals."""
    if expression in box:
        return box[expression]
    if isinstance(expression, sp.Rational):
        return IV.mpf(int(expression.p)) / IV.mpf(int(expression.q))
    if expression is sp.pi:
        return IV.pi
    if isinstance(expression, ArcCosine):
        return enclosure(expression.closed_form(), box)
    parts = [enclosure(part, box) for part in expression.args]
    if isinstance(expression, sp.Add):
        return sum(parts, IV.mpf(0))
    if isinstance(expression, sp.Mul):
        product = IV.mpf(1)
        for part in parts:
            product *= part
        return product
    if isinstance(expression, sp.Pow):
        exponent = expression.exp
        if exponent.is_Integer:
            return parts[0] ** int(exponent)
        if (2 * exponent).is_Integer:
            return IV.sqrt(parts[0]) ** int(2 * exponent)
    if isinstance(expression, sp.Max):
        return IV.mpf([max(part.a for part in parts), max(part.b for part in parts)])
    if isinstance(expression, sp.Min):
        return IV.mpf([min(part.a for part in parts), min(part.b for part in parts)])
    function = FUNCTIONS.get(type(expression))
    if function is None:
        raise NotEnclosedError(f"{expression} has no enclosure")
    return function(parts[0])


def positive_on_box(expression: sp.Expr, box: Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]]) -> str:
    """Why an expression is not seen to be positive on a closed box, by halving it; empty if it is."""
    letters = list(box)
    start = [IV.mpf([enclosure(low, {}).a, enclosure(high, {}).b]) for low, high in box.values()]
    parts = [(start, 0)]
    while parts:
        ranges, depth = parts.pop()
        values = enclosure(expression, dict(zip(letters, ranges, strict=True)))
        if values.a > 0:
            continue
        if values.b < 0 or depth == DEPTH * len(letters):
            return f"not positive for {dict(zip(letters, ranges, strict=True))}"
        widest = max(range(len(ranges)), key=lambda i: ranges[i].delta.b)
        halves = (IV.mpf([ranges[widest].a, ranges[widest].mid.b]), IV.mpf([ranges[widest].mid.a, ranges[widest].b]))
        parts += [([*ranges[:widest], half, *ranges[widest + 1 :]], depth + 1) for half in halves]
    return ""


def compare(left: sp.Expr, relation: str, right: sp.Expr) -> str:
    """Why a relation between two numbers is not verified; empty if it is."""
    if relation == "=":
        difference = sp.simplify(left - right)
        return "" if difference == 0 else f"left - right is {difference}"
    if (left - right).free_symbols:
        return f"no number: {left - right}"
    if not (left.is_finite and right.is_finite):  # an infinite side is compared by SymPy
        holds = {">": operator.gt, "<": operator.lt, "!=": operator.ne}.get(relation, operator.eq)(left, right)
        return "" if holds == True else f"{left} {relation} {right} is false"  # noqa: E712
    values = enclosure(left - right, {})
    holds = {
        ">": values.a > 0,
        ">=": values.a >= 0,
        "<": values.b < 0,
        "<=": values.b <= 0,
        "!=": values.a > 0 or values.b < 0,
    }.get(relation, False)
    return "" if holds else f"left - right is in {values}"
