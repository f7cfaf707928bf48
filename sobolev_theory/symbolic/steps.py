"""A derivation is a list of steps, each verified where it is made.

A step is an identity ``left = right``; it is accepted only if the difference reduces to zero. A derivation that asserts
something false cannot be run to its end, so no formula reaches the generated kernels unproved.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy as sp


class DerivationError(AssertionError):
    """A step of a derivation does not hold."""


@dataclass(frozen=True)
class Step:
    """One verified identity ``left = right``, and what it says in words.

    A ``check`` is no part of the way to the result: it confirms it by a second route.
    """

    statement: str
    left: sp.Expr
    right: sp.Expr
    check: bool = False


@dataclass
class Derivation:
    """The verified steps that lead to one result."""

    steps: list[Step] = field(default_factory=list)

    def step(
        self, statement: str, left: sp.Expr, right: sp.Expr, reduce: Callable[[sp.Expr], sp.Expr] = sp.simplify
    ) -> sp.Expr:
        """Record ``left = right`` after proving that ``reduce(left - right)`` is zero; returns ``right``.

        Raises
        ------
        DerivationError
            If the difference does not reduce to zero.
        """
        return self._record(statement, left, right, reduce, check=False)

    def check(
        self, statement: str, left: sp.Expr, right: sp.Expr, reduce: Callable[[sp.Expr], sp.Expr] = sp.simplify
    ) -> sp.Expr:
        """The same for an identity that confirms a result by a second route."""
        return self._record(statement, left, right, reduce, check=True)

    def _record(
        self, statement: str, left: sp.Expr, right: sp.Expr, reduce: Callable[[sp.Expr], sp.Expr], *, check: bool
    ) -> sp.Expr:
        difference = reduce(sp.sympify(left) - sp.sympify(right))
        if difference != 0:
            raise DerivationError(f"{statement}: left - right reduces to {difference}, not to 0")
        self.steps.append(Step(statement, sp.sympify(left), sp.sympify(right), check))
        return right
