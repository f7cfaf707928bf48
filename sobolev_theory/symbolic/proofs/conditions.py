"""Conditions on letters: what they set equal, and whether they can be met at all."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice, product

import sympy as sp

from ..symbols import assumptions
from .enclosure import contradicted
from .signs import Condition, Signs

FRACTIONS = tuple(sp.Rational(n, 100) for n in (50, 10, 90, 30, 70, 1, 99, 0))
STEPS = tuple(sp.Rational(n, 100) for n in (1, 10, 50, 100, 200, 500, 1000, 10000, 0))
POINTS = 5000
"""Where in a bounded and in an unbounded range of a letter points are looked for, and how many at most."""


def given(conditions: Iterable[Condition]) -> dict[sp.Symbol, sp.Expr]:
    """The letters that conditions set equal to something, and to what.

    Raises
    ------
    ValueError
        If one is set twice, or equal to something with such a letter in it.
    """
    equations = [condition for condition in conditions if isinstance(condition, sp.Eq)]
    values = {equation.lhs: equation.rhs for equation in equations}
    inside = set().union(*(value.free_symbols for value in values.values()))
    if len(values) < len(equations) or any(letter in inside or not letter.is_Symbol for letter in values):
        raise ValueError(f"equations letter = value are required, got {equations}")
    return values


def admits(letter: sp.Symbol, value: sp.Expr) -> bool:
    """Whether a value is known to have the assumptions of a letter."""
    return all(getattr(value, f"is_{word}") for word in assumptions(letter))


@lru_cache(maxsize=256)
def can_be_met(conditions: tuple[Condition, ...]) -> bool:
    """Whether a point is found that satisfies conditions and the assumptions of their letters.

    A few values of each letter are tried, between the bounds on it alone; whether the conditions hold there is decided
    by interval arithmetic. So none may be found though there are some, where conditions leave little room.
    """
    values = given(conditions)
    inequalities = [condition.subs(values) for condition in conditions if not isinstance(condition, sp.Eq)]
    if sp.false in inequalities:
        return False
    signs = Signs(inequalities)
    letters = set().union(*(x.free_symbols for x in (*values.values(), *inequalities)))
    ordered = sorted(letters, key=str)
    for point in islice(product(*(_samples(letter, *signs.bounds(letter)) for letter in ordered)), POINTS):
        at = dict(zip(ordered, point, strict=True))
        if all(admits(letter, value.subs(at)) for letter, value in values.items()) and all(
            _holds_at(at, condition) for condition in signs.conditions
        ):
            return True
    return False


def _holds_at(point: dict[sp.Symbol, sp.Expr], condition: Condition) -> bool:
    try:
        return not contradicted(condition.lhs.subs(point), condition.rel_op, condition.rhs.subs(point))
    except (ArithmeticError, TypeError, ValueError):  # a pole, or no number
        return False


def _samples(letter: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Iterator[sp.Expr]:
    """Numbers between two, with the assumptions of a letter."""
    found: Iterator[sp.Expr]
    if letter.is_integer:
        start = sp.ceiling(low) if low.is_finite else sp.floor(high) if high.is_finite else sp.S.Zero
        found = (start + n for n in sorted(range(-9, 10), key=abs))
    elif low.is_finite and high.is_finite:
        found = (low + fraction * (high - low) for fraction in FRACTIONS)
    elif low.is_finite or high.is_finite:
        found = (low + step if low.is_finite else high - step for step in STEPS)
    else:
        found = (sign * step for step in STEPS for sign in (1, -1))
    return (value for value in found if admits(letter, value))
