"""What is known of signs: from assumptions on letters, from conditions, and from claims that are already verified."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

import sympy as sp

from ..symbols import as_sympy, assumptions

Condition: TypeAlias = sp.Basic  # a relation such as theta < pi

UNKNOWN, NONNEGATIVE, POSITIVE = 0, 1, 2


def gap(condition: Condition) -> tuple[sp.Expr, int]:
    """What a condition says is positive (or not negative)."""
    if not isinstance(condition, sp.Ge | sp.Gt | sp.Le | sp.Lt):
        raise ValueError(f"an inequality is required, got the condition {condition}")
    strict = isinstance(condition, sp.StrictGreaterThan | sp.StrictLessThan)
    return condition.gts - condition.lts, POSITIVE if strict else NONNEGATIVE


class Signs:
    """Decides the sign of an expression from its factors and terms; in doubt it is unknown.

    Parameters
    ----------
    conditions
        Relations that hold.
    facts
        Verified claims: conditions under which they hold, an expression, and its sign.
    """

    def __init__(
        self,
        conditions: Iterable[Condition] = (),
        facts: Iterable[tuple[tuple[Condition, ...], sp.Expr, int]] = (),
    ) -> None:
        self.conditions = tuple(condition for condition in conditions if condition != sp.true)
        self.facts = tuple(facts)
        self.known: dict[sp.Expr, int] = {}
        self._decided: dict[tuple[sp.Expr, bool], int] = {}
        self.limits: dict[sp.Symbol, list[tuple[sp.Expr, bool]]] = {}
        for condition in self.conditions:
            self._learn(*gap(condition))
        waiting = list(self.facts)
        while waiting:
            usable = [fact for fact in waiting if all(self._holds(condition) for condition in fact[0])]
            if not usable:
                break
            for fact in usable:
                self._learn(*fact[1:])
            waiting = [fact for fact in waiting if fact not in usable]

    def under(self, conditions: Iterable[Condition]) -> Signs:
        """With more conditions."""
        return Signs((*self.conditions, *conditions), self.facts)

    def having(self, where: Iterable[Condition], left: sp.Expr, relation: str, right: sp.Expr) -> Signs:
        """With one more verified claim."""
        if relation not in (">", ">=", "<", "<="):
            return self
        fact = left - right if relation[0] == ">" else right - left
        sign = POSITIVE if len(relation) == 1 else NONNEGATIVE
        needed = tuple(condition for condition in where if condition != sp.true)
        return Signs(self.conditions, (*self.facts, (needed, fact, sign)))

    def positive(self, expression: sp.Expr) -> bool:
        """Whether it is known to be positive."""
        return self._sign(as_sympy(expression)) == POSITIVE

    def nonnegative(self, expression: sp.Expr) -> bool:
        """Whether it is known not to be negative."""
        return expression == 0 or self._sign(as_sympy(expression)) >= NONNEGATIVE

    def bounds(self, letter: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
        """Exact numbers between which a letter lies."""
        low = [sp.S.Zero] if letter.is_nonnegative else [-sp.oo]
        high = [sp.S.Zero] if letter.is_nonpositive else [sp.oo]
        for bound, is_lower in self.limits.get(letter, []):
            (low if is_lower else high).append(bound)
        return sp.Max(*low), sp.Min(*high)

    def is_interval(self, letter: sp.Symbol) -> bool:
        """Whether the letter, no integer, takes all values of an interval: conditions on it are bounds on it alone."""
        gaps = [gap(condition)[0] for condition in self.conditions if letter in condition.free_symbols]
        alone = all(x.free_symbols == {letter} and sp.diff(x, letter).is_number for x in gaps)
        return alone and bool(letter.is_real) and "integer" not in assumptions(letter)

    def regular(self, x: sp.Expr) -> bool:
        """Whether it is seen to be real and smooth wherever the conditions hold: no poles, no roots of zero.

        It may be built from real letters by sums, products, sines, cosines, exponentials and powers, with denominators
        of known sign anywhere and with positive bases of powers that are not integers.
        """
        if isinstance(x, sp.Symbol):
            return bool(x.is_real)
        if not x.args:
            return bool(x.is_real and x.is_finite)
        if not isinstance(x, sp.Add | sp.Mul | sp.Pow | sp.sin | sp.cos | sp.exp) or not all(map(self.regular, x.args)):
            return False
        if not isinstance(x, sp.Pow) or (x.exp.is_integer and x.exp.is_nonnegative):
            return True
        return self.positive(x.base) or bool(x.exp.is_integer and self.positive(-x.base))

    def _holds(self, condition: Condition) -> bool:
        expression, sign = gap(condition)
        return self._sign(expression) >= sign

    def _learn(self, expression: sp.Expr, sign: int) -> None:
        self._decided.clear()
        key = _canonical(expression)
        self.known[key] = max(sign, self.known.get(key, UNKNOWN))
        for letter, bound, is_lower in _bounds(expression):
            self.limits.setdefault(letter, []).append((bound, is_lower))

    def _sign(self, x: sp.Expr, *, shift: bool = True) -> int:
        """`POSITIVE`, `NONNEGATIVE`, their negatives, or `UNKNOWN`."""
        if x.is_positive or x.is_negative:
            return POSITIVE if x.is_positive else -POSITIVE
        if (x, shift) not in self._decided:
            sign = self._of_known(x)
            for rule, kinds in ((self._power, sp.Pow), (self._product, sp.Mul), (self._wave, sp.sin | sp.cos)):
                if abs(sign) < POSITIVE and isinstance(x, kinds):
                    sign = max(sign, rule(x, shift), key=abs)
            if abs(sign) < POSITIVE and isinstance(x, sp.Add | sp.Symbol):
                sign = max(sign, self._sum(x, shift), -self._sum(-x, shift), key=abs)
            self._decided[x, shift] = sign
        return self._decided[x, shift]

    def _of_known(self, x: sp.Expr) -> int:
        plus = max(NONNEGATIVE if x.is_nonnegative else UNKNOWN, self.known.get(_canonical(x), UNKNOWN))
        minus = max(NONNEGATIVE if x.is_nonpositive else UNKNOWN, self.known.get(_canonical(-x), UNKNOWN))
        return plus if plus >= minus else -minus

    def _sum(self, x: sp.Expr, shift: bool) -> int:
        """Terms of one sign, the ends of a range, or a known expression and a rest of one sign."""
        terms = [self._sign(term, shift=shift) for term in x.args] if isinstance(x, sp.Add) else [UNKNOWN]
        sign = max(terms) if min(terms) >= NONNEGATIVE else UNKNOWN
        if sign < POSITIVE:
            sign = max(sign, self._affine(x))
        if sign < POSITIVE and shift:
            for known, its_sign in tuple(self.known.items()):
                rest = sp.expand(x - known)
                if not rest.is_Add or len(rest.args) <= len(sp.Add.make_args(sp.expand(x))):
                    of_rest = self._sign(rest, shift=False)
                    sign = max(sign, its_sign, of_rest) if of_rest >= NONNEGATIVE or rest == 0 else sign
        return sign

    def _power(self, x: sp.Pow, shift: bool) -> int:
        base, exponent = x.args
        if not self.regular(exponent):
            return UNKNOWN
        sign = self._sign(base, shift=shift)
        if exponent.is_even and all(part.is_real for part in sp.fraction(sp.together(base))):
            return POSITIVE if abs(sign) == POSITIVE else (NONNEGATIVE if exponent.is_positive else UNKNOWN)
        if exponent.is_odd:
            return sign if exponent.is_positive or abs(sign) == POSITIVE else UNKNOWN
        return sign if sign == POSITIVE or (sign == NONNEGATIVE and exponent.is_positive) else UNKNOWN

    def _product(self, x: sp.Mul, shift: bool) -> int:
        """The sign of the product; as sure as the least sure factor."""
        signs = [self._sign(factor, shift=shift) for factor in x.args]
        size = min(map(abs, signs))
        return size if sum(sign < 0 for sign in signs) % 2 == 0 else -size

    def _wave(self, x: sp.Expr, shift: bool) -> int:
        """Sine on (0, pi) and (pi, 2 pi), cosine on (-pi/2, pi/2) and (pi/2, 3 pi/2)."""
        start = sp.S.Zero if isinstance(x, sp.sin) else -sp.pi / 2
        for begin, direction in ((start, 1), (start + sp.pi, -1)):
            ends = (x.args[0] - begin, begin + sp.pi - x.args[0])
            sign = min(self._sign(sp.expand(end), shift=shift) for end in ends)
            if sign >= NONNEGATIVE:
                return direction * sign
        return UNKNOWN

    def _affine(self, x: sp.Expr) -> int:
        """The lower end of the values of an affine function of one letter."""
        letters = x.free_symbols
        if len(letters) != 1:
            return UNKNOWN
        (letter,) = letters
        slope = sp.diff(x, letter)
        if not (slope.is_number and slope.is_nonzero):
            return UNKNOWN
        low, high = self.bounds(letter)
        bound = low if slope.is_positive else high
        end = sp.expand(x.subs(letter, bound))
        if end.is_positive:
            return POSITIVE
        if end != 0:
            return UNKNOWN
        inside = letter - bound if slope.is_positive else bound - letter
        excluded = inside.is_positive or self.known.get(_canonical(inside)) == POSITIVE
        return POSITIVE if excluded else NONNEGATIVE


@lru_cache(maxsize=4096)
def _bounds(expression: sp.Expr) -> tuple[tuple[sp.Symbol, sp.Expr, bool], ...]:
    """What an affine expression of one letter, if positive, bounds; by what, and whether from below."""
    letters = expression.free_symbols
    if len(letters) != 1 or not sp.diff(expression, *letters).is_number:
        return ()
    (letter,) = letters
    slope = sp.diff(expression, letter)
    return ((letter, sp.expand(-expression.subs(letter, 0) / slope), bool(slope.is_positive)),)


@lru_cache(maxsize=4096)
def _canonical(expression: sp.Expr) -> sp.Expr:
    """The same for positive multiples by rational numbers."""
    content, primitive = sp.expand(expression).as_content_primitive()
    return primitive if content > 0 else -primitive
