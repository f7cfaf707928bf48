"""Activations with kinks as smooth pieces on intervals: every decision of a Max, Min or Piecewise is made there."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import sympy as sp

from ..symbols import z

KINKED = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise)


class UnknownKinkError(ValueError):
    """A decision of an activation is no polynomial one, or depends on a parameter."""


class Pieces(NamedTuple):
    """Expressions without kinks on the intervals between the kinks, which ascend; values at kinks do not count."""

    kinks: tuple[sp.Expr, ...]
    branches: tuple[sp.Expr, ...]

    def at_middles(self) -> Iterator[tuple[sp.Expr, sp.Expr]]:
        """A point inside of every interval, and the branch there."""
        yield from zip(middles(self.kinks), self.branches, strict=True)

    def merged(self, same: Callable[[sp.Expr], sp.Expr] = sp.simplify) -> "Pieces":
        """Without places where both branches are one."""
        kinks: list[sp.Expr] = []
        branches = [self.branches[0]]
        for kink, branch in zip(self.kinks, self.branches[1:], strict=True):
            if same(branch - branches[-1]) != 0:
                kinks.append(kink)
                branches.append(branch)
        return Pieces(tuple(kinks), tuple(branches))


def middles(kinks: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """A rational point inside of every interval."""
    if not kinks:
        return [sp.Rational(1, 3)]
    inner = [sp.nsimplify((left + right).evalf(30) / 2, rational=True) for left, right in pairwise(kinks)]
    return [sp.floor(kinks[0]) - 1, *inner, sp.ceiling(kinks[-1]) + 1]


def pieces(expression: sp.Expr) -> Pieces:
    """The pieces of an expression, from those of its parts.

    Raises
    ------
    UnknownKinkError
        For a kink of something that is no polynomial, or at a place that is no number.
    """
    if not expression.has(*KINKED):
        return Pieces((), (expression,))
    if isinstance(expression, sp.Piecewise):
        values = [pieces(value) for value, _ in expression.args]
        sides = [_difference(condition) for _, condition in expression.args]
        tests = [pieces(side) for side in sides]
        return _combined([*values, *tests], lambda parts, x: _chosen(expression, parts, x), decided=len(values))
    parts = [pieces(part) for part in expression.args]
    if not isinstance(expression, KINKED):
        return _combined(parts, lambda values, _: expression.func(*values), decided=len(parts))
    if isinstance(expression, sp.Max | sp.Min):
        return _combined(parts, lambda values, x: _extreme(expression, values, x), decided=0, differences=True)
    return _combined(parts, lambda values, x: _of_sign(expression, values[0], x), decided=0)


def _combined(
    parts: list[Pieces],
    value: Callable[[list[sp.Expr], sp.Expr], sp.Expr],
    *,
    decided: int,
    differences: bool = False,
) -> Pieces:
    """A function of parts, on intervals where the signs of all but the first `decided`, or of differences, stay."""
    kinks = _sorted({kink for part in parts for kink in part.kinks})
    for left, right, x in _intervals(kinks):
        undecided = [_branch(part, x) for part in parts[decided:]]
        if differences:
            undecided = [a - b for i, a in enumerate(undecided) for b in undecided[:i]]
        for term in undecided:
            kinks = _sorted({*kinks, *(root for root in _roots(term) if left < root < right)})
    return Pieces(kinks, tuple(value([_branch(part, x) for part in parts], x) for x in middles(kinks)))


def _sorted(kinks: set[sp.Expr]) -> tuple[sp.Expr, ...]:
    return tuple(sorted(kinks, key=float))


def _intervals(kinks: tuple[sp.Expr, ...]) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
    """Ends and a point of every interval."""
    edges = [-sp.oo, *kinks, sp.oo]
    return [(left, right, x) for (left, right), x in zip(pairwise(edges), middles(kinks), strict=True)]


def _branch(part: Pieces, x: sp.Expr) -> sp.Expr:
    return part.branches[sum(bool(kink < x) for kink in part.kinks)]


def _roots(term: sp.Expr) -> list[sp.Expr]:
    """Real zeros of a polynomial, those of a number none."""
    if not term.has(z):
        return []
    if not term.is_polynomial(z) or term.free_symbols != {z}:
        raise UnknownKinkError(f"{term} decides where a kink is, and is no polynomial in z with numbers")
    return list(dict.fromkeys(sp.Poly(term, z).real_roots()))


def _sign(term: sp.Expr, x: sp.Expr) -> int:
    """Of a polynomial at a point that is no zero; of 0, which may be one everywhere, 0."""
    value = term.subs(z, x)
    if value.free_symbols:
        raise UnknownKinkError(f"{term} has no sign for all values of its letters")
    return 0 if value == 0 else 1 if value > 0 else -1


def _extreme(expression: sp.Expr, values: list[sp.Expr], x: sp.Expr) -> sp.Expr:
    """The largest, or smallest."""
    wanted = 1 if isinstance(expression, sp.Max) else -1
    best = values[0]
    for candidate in values[1:]:
        best = candidate if _sign(candidate - best, x) == wanted else best
    return best


def _of_sign(expression: sp.Expr, value: sp.Expr, x: sp.Expr) -> sp.Expr:
    """Modulus, sign or step of what has a sign."""
    sign = sp.Integer(_sign(value, x))
    if isinstance(expression, sp.Abs):
        return sign * value
    return sign if isinstance(expression, sp.sign) else (1 + sign) / 2


def _difference(condition: sp.Basic) -> sp.Expr:
    """What is positive or negative where a condition holds."""
    if condition in (sp.true, sp.false):
        return sp.S.Zero
    if not isinstance(condition, sp.core.relational.Relational):
        raise UnknownKinkError(f"{condition} is no comparison")
    return condition.lhs - condition.rhs


def _chosen(expression: sp.Piecewise, parts: list[sp.Expr], x: sp.Expr) -> sp.Expr:
    """The value of the first case that holds at a point, decided by the signs of differences."""
    count = len(expression.args)
    for (_, condition), value, side in zip(expression.args, parts[:count], parts[count:], strict=True):
        if condition in (sp.true, sp.false):
            holds = bool(condition)
        else:
            holds = bool(condition.func(sp.Integer(_sign(side, x)), 0))
        if holds:
            return value
    raise UnknownKinkError(f"{expression} has no value at {x}")
