r"""A reader of printed formulas: from LaTeX to a number, by the conventions of a person and not of the printer.

Juxtaposition multiplies; ``\sin`` and the like apply to the plain factors that follow, up to the next function,
bracket, dot or sign; ``\sin^{2} x`` is a square. What it does not know is an error.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from mpmath import mp

TOKENS = re.compile(r"\s+|\\[A-Za-z]+|\\.|\d+|.")
SPACES = {r"\,", r"\;", r"\!"}
FRACTIONS = {r"\frac", r"\tfrac", r"\dfrac"}
FUNCTIONS = {
    r"\sin": mp.sin,
    r"\cos": mp.cos,
    r"\cot": mp.cot,
    r"\tan": mp.tan,
    r"\arctan": mp.atan,
    r"\arcsin": mp.asin,
    r"\exp": mp.exp,
    r"\log": mp.log,
    r"\cosh": mp.cosh,
    r"\sinh": mp.sinh,
    r"\tanh": mp.tanh,
}
OPERATORS = {
    "erf": mp.erf,
    "erfc": mp.erfc,
    "sign": mp.sign,
    "step": lambda x: mp.mpf(x > 0),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
}
"""Functions that are written as ``\\operatorname{erf}``."""
CONSTANTS = {r"\pi": mp.pi, r"\infty": mp.inf}
EXTREMES = {r"\max": max, r"\min": min}
OPENING = {
    r"\left(": r"\right)",
    r"\left[": r"\right]",
    r"\left|": r"\right|",
    r"\Bigl(": r"\Bigr)",
    r"\Bigl[": r"\Bigr]",
    "(": ")",
    "{": "}",
}
ENDS = {"", "+", "-", "/", ",", ";", *OPENING.values()}


class UnreadableError(ValueError):
    """The text is not a formula of the subset that this reader knows."""


def read(latex: str, letters: Mapping[str, object]) -> mp.mpf:
    r"""The value of a formula.

    Parameters
    ----------
    letters
        Values of letters by their LaTeX, of one or several tokens: ``s``, ``\rho``, ``\vecnorm{\student}``, ``z_{1}``.
    """
    reader = _Reader(_tokens(latex), {tuple(_tokens(name)): mp.mpf(value) for name, value in letters.items()})
    value = reader.sum()
    reader.expect("")
    return value


def _tokens(latex: str) -> list[str]:
    """Tokens without spaces; a delimiter belongs to its ``\\left`` or ``\\Bigl``."""
    found = [token for token in TOKENS.findall(latex) if not token.isspace() and token not in SPACES]
    joined: list[str] = []
    for token in found:
        if joined and joined[-1] in (r"\left", r"\right", r"\Bigl", r"\Bigr"):
            joined[-1] += token
        else:
            joined.append(token)
    return joined


@cache
def _bivariate_normal(h: mp.mpf, k: mp.mpf, r: mp.mpf) -> mp.mpf:
    """``int_-oo^h phi(x) Phi((k - r x)/sqrt(1 - r^2)) dx``; 18 deviations leave 1e-72."""
    edges = [mp.mpf(-18), *(x for x in map(mp.mpf, range(-12, 13, 3)) if x < h), h]
    return mp.quad(lambda x: mp.npdf(x) * mp.ncdf((k - r * x) / mp.sqrt(1 - r * r)), edges)


class _Reader:
    """One pass over the tokens."""

    def __init__(self, tokens: Sequence[str], letters: Mapping[tuple[str, ...], mp.mpf]) -> None:
        self.tokens, self.position = tokens, 0
        self.letters = dict(sorted(letters.items(), key=lambda item: -len(item[0])))

    @property
    def next(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next
        self.position += 1
        return token

    def expect(self, token: str) -> None:
        if self.next != token:
            raise UnreadableError(f"{token!r} expected, found {self.next!r} in {' '.join(self.tokens)}")
        self.position += 1

    def sum(self) -> mp.mpf:
        sign = self.take() if self.next in ("+", "-") else "+"
        total = self.product() if sign == "+" else -self.product()
        while self.next in ("+", "-"):
            total = total + self.product() if self.take() == "+" else total - self.product()
        return total

    def product(self) -> mp.mpf:
        value = self.power()
        while self.next not in ENDS or self.next == "/":
            operation = self.take() if self.next in ("/", r"\cdot") else ""
            value = value / self.power() if operation == "/" else value * self.power()
        return value

    def power(self) -> mp.mpf:
        base = self.factor()
        while self.next == "!":
            self.take()
            base = mp.factorial(base)
        return base ** self._exponent() if self.next == "^" else base

    def _exponent(self) -> mp.mpf:
        self.expect("^")
        return self.argument()

    def argument(self) -> mp.mpf:
        """A group or one token; TeX would take only the first digit of a number."""
        if self.next.isdigit() and len(self.next) > 1:
            raise UnreadableError(f"{self.next} is no argument without braces in {' '.join(self.tokens)}")
        return self.factor()

    def factor(self) -> mp.mpf:
        for name, value in self.letters.items():
            if tuple(self.tokens[self.position : self.position + len(name)]) == name:
                self.position += len(name)
                return value
        token = self.take()
        if token in OPENING:
            value = self.sum()
            self.expect(OPENING[token])
            return abs(value) if token.endswith("|") else value
        if token in FRACTIONS:
            above = self.argument()
            return above / self.argument()
        if token == r"\sqrt":
            return mp.sqrt(self.argument())
        if token in CONSTANTS:
            return +CONSTANTS[token]
        if token == "e":
            return +mp.e
        if token in FUNCTIONS:
            exponent = self._exponent() if self.next == "^" else mp.one
            return FUNCTIONS[token](self._argument_of_function()) ** exponent
        if token == r"\operatorname":
            name = self._word()
            if name not in OPERATORS:
                raise UnreadableError(f"{name} is unknown in {' '.join(self.tokens)}")
            exponent = self._exponent() if self.next == "^" else mp.one
            return OPERATORS[name](self.factor()) ** exponent
        if token in EXTREMES:
            return EXTREMES[token](self._list())
        if token == r"\Phi":
            return self._normal()
        if token == "J" and self.next == "_":
            return self._arc_cosine()
        if token.isdigit():
            return mp.mpf(token)
        raise UnreadableError(f"{token!r} is unknown in {' '.join(self.tokens)}")

    def _argument_of_function(self) -> mp.mpf:
        """Brackets, a group, or plain factors up to the next function, bracket or dot."""
        if self.next in OPENING:
            return self.power()
        value = self.power()
        while self.next not in (*ENDS, *FUNCTIONS, *OPENING, r"\cdot"):
            value *= self.power()
        return value

    def _word(self) -> str:
        """Letters within braces."""
        self.expect("{")
        word = ""
        while self.next != "}":
            word += self.take()
        self.expect("}")
        return word

    def _normal(self) -> mp.mpf:
        r"""``\Phi(x)``, or ``\Phi_{2}(h, k; r)`` as the mean of a conditional ``\Phi``."""
        if self.next != "_":
            return mp.ncdf(self.factor())
        for token in ("_", "{", "2", "}", r"\left("):
            self.expect(token)
        h = self.sum()
        self.expect(",")
        k = self.sum()
        self.expect(";")
        r = self.sum()
        self.expect(r"\right)")
        return _bivariate_normal(h, k, r)

    def _list(self) -> list[mp.mpf]:
        """Values in brackets with commas between them."""
        closing = {r"\left(": r"\right)", r"\Bigl(": r"\Bigr)"}[self.take()]
        values = [self.sum()]
        while self.next == ",":
            self.take()
            values.append(self.sum())
        self.expect(closing)
        return values

    def _arc_cosine(self) -> mp.mpf:
        r"""``J_{n}(x)`` from its definition, ``n! int_0^(pi - x) (cos x + cos a)^n da``."""
        self.expect("_")
        degree, angle = int(self.argument()), self.factor()
        return mp.factorial(degree) * mp.quad(lambda a: (mp.cos(angle) + mp.cos(a)) ** degree, [0, mp.pi - angle])
