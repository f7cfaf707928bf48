"""What a file of `derivations.activations` declares: an expression in z, and its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

import sympy as sp

from sobolev_theory.symbolic.derive.reading import GRAMMAR
from sobolev_theory.symbolic.grammar import Grammar


@dataclass(frozen=True)
class Parameter:
    """A number in an open interval, other than one; what is said of it when it is not."""

    default: float
    low: float = -inf
    high: float = inf
    other_than: float | None = None

    def letter(self, name: str) -> sp.Symbol:
        """With the assumptions that the interval gives."""
        return sp.Symbol(name, positive=True) if self.low >= 0 else sp.Symbol(name, real=True)

    @property
    def required(self) -> str:
        """In words."""
        kind = "a positive number" if self.low == 0 and self.high == inf else "a finite number"
        return kind if self.other_than is None else f"{kind} other than {self.other_than:g}"


@dataclass(frozen=True)
class Declared:
    """An activation: `expression` is text of the grammar of `symbolic.derive`.

    Attributes
    ----------
    parameters
        Letters of the expression that a user chooses: ``leaky_relu(0.1)``.
    degrees
        Lowest and highest value of the letter ``n``, if there is one: ``hermite3``.
    constants
        Letters that stand for numbers, by their expressions.
    """

    expression: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    degrees: tuple[int, int] | None = None
    constants: Mapping[str, str] = field(default_factory=dict)

    def read(self, n: int | None = None) -> sp.Expr:
        """The expression, of a degree where there is one."""
        return self._read(self.values(), n)

    def values(self) -> dict[str, sp.Expr]:
        """Of the constants."""
        return {name: GRAMMAR.read(text) for name, text in self.constants.items()}

    def with_letters(self, parameter: str) -> tuple[sp.Expr, dict[sp.Symbol, sp.Expr]]:
        """The expression with letters for the constants, and these; the parameter, if there is one, renamed."""
        letters = {name: sp.Symbol(name, positive=True) for name in self.constants}
        written = self._read(letters, None).subs(
            {one.letter(name): one.letter(parameter) for name, one in self.parameters.items()}
        )
        return written, {letters[name]: value for name, value in self.values().items()}

    def _read(self, constants: Mapping[str, sp.Expr], n: int | None) -> sp.Expr:
        letters = {name: parameter.letter(name) for name, parameter in self.parameters.items()}
        degree = {} if n is None else {"n": sp.Integer(n)}
        named = {**GRAMMAR.names, **letters, **constants, **degree}
        read: sp.Expr = Grammar(named, GRAMMAR.functions).read(self.expression)
        return read
