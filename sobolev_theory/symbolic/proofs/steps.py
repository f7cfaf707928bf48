"""A derivation is a list of steps, each verified where it is made.

A step is an identity ``left = right``, accepted only if the difference reduces to zero, or another claim with the
certificate that verifies it. A derivation that asserts something false cannot be run to its end, so no formula reaches
the generated kernels unproved.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from ..symbols import as_sympy
from .certificates import Data, name_of, objection
from .signs import Condition, Signs


class DerivationError(AssertionError):
    """A step of a derivation does not hold."""


@dataclass(frozen=True)
class Claim:
    """One verified claim, by default the identity ``left = right``, and what it says in words.

    A ``check`` is no part of the way to the result: it confirms it by a second route. ``method`` and ``data`` are the
    certificate (see `certificates`; an empty method cannot be called by name), ``where`` are conditions on the letters
    beyond their assumptions: inequalities, or equations ``letter = value`` under which an identity holds.
    """

    statement: str
    left: sp.Expr
    right: sp.Expr
    check: bool = False
    relation: str = "="
    method: str = "simplify"
    where: tuple[Condition, ...] = ()
    data: Data = field(default_factory=dict)


@dataclass
class Derivation:
    """The verified steps that lead to one result, and counter-examples outside its hypotheses."""

    steps: list[Claim] = field(default_factory=list)
    counterexamples: list[Claim] = field(default_factory=list)
    signs: Signs = field(default_factory=Signs)

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

    def prove(
        self,
        statement: str,
        left: sp.Expr,
        relation: str,
        right: sp.Expr,
        method: str = "simplify",
        *,
        where: Iterable[Condition] = (),
        **data: sp.Expr | str | Iterable[sp.Expr],
    ) -> Claim:
        """Record a claim after verifying it by a certificate; later claims may use the sign that it proves.

        Parameters
        ----------
        relation
            ``=``, ``>``, ``>=``, ``<``, ``<=`` or ``->``.
        method, data
            Name and ingredients of the certificate; see `certificates`.
        where
            Conditions on the letters beyond their assumptions; see `Claim`.

        Raises
        ------
        DerivationError
            If the certificate does not verify the claim, or no point is found at which the conditions hold.
        """
        where = tuple(condition for condition in where if condition != sp.true)
        step = Claim(statement, as_sympy(left), as_sympy(right), False, relation, method, where, as_data(data))
        self.accept(step)
        self.steps.append(step)
        return step

    def counterexample(
        self, statement: str, left: sp.Expr, relation: str, right: sp.Expr, at: Mapping[sp.Symbol, sp.Expr]
    ) -> Claim:
        """Record what holds at a point outside the hypotheses, in contradiction to a conclusion, after verifying it."""
        data = as_data({"letters": tuple(at), "values": tuple(at.values())})
        step = Claim(statement, as_sympy(left), as_sympy(right), False, relation, "evaluation", (), data)
        self.accept_counterexample(step)
        self.counterexamples.append(step)
        return step

    def accept(self, step: Claim) -> None:
        """Verify a claim for all values of its letters, and remember the sign it proves."""
        if step.method == "evaluation" and (step.left.free_symbols or step.right.free_symbols):
            raise DerivationError(f"{step.statement}: an evaluation at a point shows nothing for all values of letters")
        self._verify(step)
        self.signs = self.signs.having(step.where, step.left, step.relation, step.right)

    def accept_counterexample(self, step: Claim) -> None:
        """Verify a claim at one point; nothing follows from it elsewhere."""
        if step.method != "evaluation" or step.where:
            raise DerivationError(f"{step.statement}: a counter-example is evaluated at a point, without conditions")
        self._verify(step)

    def _verify(self, step: Claim) -> None:
        reason = objection(step.left, step.relation, step.right, step.method, step.data, step.where, self.signs)
        if reason:
            raise DerivationError(f"{step.statement}: {reason}")

    def _record(
        self, statement: str, left: sp.Expr, right: sp.Expr, reduce: Callable[[sp.Expr], sp.Expr], *, check: bool
    ) -> sp.Expr:
        difference = reduce(as_sympy(left) - as_sympy(right))
        if difference != 0:
            raise DerivationError(f"{statement}: left - right reduces to {difference}, not to 0")
        self.steps.append(Claim(statement, as_sympy(left), as_sympy(right), check, method=name_of(reduce)))
        return right


def as_data(data: Mapping[str, sp.Expr | str | Iterable[sp.Expr]]) -> Data:
    """Ingredients of a certificate as tuples of expressions; words become symbols."""
    return {key: _as_tuple(value) for key, value in data.items()}


def _as_tuple(value: sp.Expr | str | Iterable[sp.Expr]) -> tuple[sp.Expr, ...]:
    if isinstance(value, str):
        return (sp.Symbol(value),)
    return tuple(map(as_sympy, value)) if isinstance(value, tuple | list) else (as_sympy(value),)
