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
    """One verified identity ``left = right``, and what it says in words."""

    statement: str
    left: sp.Expr
    right: sp.Expr


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
        difference = reduce(sp.sympify(left) - sp.sympify(right))
        if difference != 0:
            raise DerivationError(f"{statement}: left - right reduces to {difference}, not to 0")
        self.steps.append(Step(statement, sp.sympify(left), sp.sympify(right)))
        return right
