"""Text to SymPy through a grammar of its own: text is data, and nothing in it is ever executed.

An expression is made of numbers, names that the caller lists, ``+ - * / **``, brackets, comparisons, calls of listed
functions. Python's `ast` takes it apart, every node that is not on the list is refused by name, and the SymPy
expression is built node by node: SymPy's own parsers, which evaluate what they read, see no text. Length, nesting,
numbers and powers are bounded, so that what is read stays small.
"""

import ast
import difflib
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy as sp

from .bounds import TextError, bounded, require_small_arguments, require_small_power

LONGEST = 20_000
"""Characters of a text."""

DEEPEST = 60
"""Brackets, calls, signs and powers within each other; a sum or product of many terms is one of them."""

DIGITS = 100
"""Digits of a number, and of the exponent of ten that it may have."""

CHARACTERS = re.compile(r"[A-Za-z0-9_ \t\r\n.,()+\-*/^<>=!]")
OPERATORS: dict[type[ast.AST], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", lambda x, y: x + y),
    ast.Sub: ("-", lambda x, y: x - y),
    ast.Mult: ("*", lambda x, y: x * y),
    ast.Div: ("/", lambda x, y: x / y),
    ast.Pow: ("**", lambda x, y: x**y),
}
RELATIONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: sp.Lt,
    ast.LtE: sp.Le,
    ast.Gt: sp.Gt,
    ast.GtE: sp.Ge,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(sp, name) for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth")},
    **{name: getattr(sp, name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh", "exp", "log", "sqrt")},
    **{name: getattr(sp, name) for name in ("erf", "erfc", "Abs", "sign", "Heaviside", "Max", "Min", "Piecewise")},
    "abs": sp.Abs,
    "ln": sp.log,
}
"""Elementary functions, by the names that SymPy prints, and by those that are usual."""

CONSTANTS: dict[str, sp.Basic] = {"pi": sp.pi, "E": sp.E, "I": sp.I, "oo": sp.oo, "zoo": sp.zoo, "nan": sp.nan}

WORDS: dict[type[ast.AST], str] = {
    ast.Attribute: "attribute",
    ast.Subscript: "subscript",
    ast.Lambda: "lambda",
    ast.keyword: "keyword argument",
    ast.Starred: "star",
    ast.Dict: "dictionary",
    ast.Set: "set",
    ast.List: "list",
    ast.JoinedStr: "string",
    ast.BoolOp: "logical operation",
    ast.IfExp: "condition",
    ast.NamedExpr: "assignment",
    ast.Tuple: "tuple",
}
"""What refused nodes are called; others by the name of their type."""


Value: TypeAlias = Any
"""A SymPy expression, relation or truth value; a tuple of two within a Piecewise."""


@dataclass(frozen=True)
class Grammar:
    """What a text may name: letters and constants by name, and functions that are called.

    Examples
    --------
    >>> z = sp.Symbol("z")
    >>> Grammar({"z": z}, {"sin": sp.sin}).read("sin(2*z)**2 - 1/4")
    sin(2*z)**2 - 1/4
    >>> Grammar({"z": z}, {"sin": sp.sin}).read("z.__class__")
    Traceback (most recent call last):
    sobolev_theory.symbolic.bounds.TextError: attribute '.__class__' is not allowed
    """

    names: Mapping[str, Value]
    functions: Mapping[str, Callable[..., Value]]
    longest: int = LONGEST

    def read(self, text: str) -> Value:
        """The expression, or relation, that a text says.

        Raises
        ------
        TextError
            For text that is not of the grammar, a name that is not listed, or a number or power beyond the bounds; the
            message shows the offending token.
        """
        if not isinstance(text, str):
            raise TextError(f"text is required, got {type(text).__name__}")
        if len(text) > self.longest:
            raise TextError(f"at most {self.longest} characters are allowed, got {len(text)}")
        if foreign := next((character for character in text if not CHARACTERS.match(character)), None):
            raise TextError(f"the character {foreign!a} is not allowed")
        if _nesting(text) > DEEPEST:
            raise TextError(f"at most {DEEPEST} brackets within each other are allowed")
        source = text.replace("^", "**").strip()
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(source, mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise TextError(f"it does not parse ({type(error).__name__})") from None
        return _Reader(self, source).value(tree.body, 0)

    def near(self, name: str) -> str:
        """What a name that is not listed may mean, as advice; empty if nothing is spelled alike."""
        lower = {word.lower(): word for word in (*self.names, *self.functions)}
        found = [lower[word] for word in difflib.get_close_matches(name.lower(), lower, n=2, cutoff=0.6)]
        return f"did you mean {' or '.join(found)}?" if found else ""


def _nesting(text: str) -> int:
    """How deeply brackets stand within each other."""
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


@dataclass(frozen=True)
class _Reader:
    """One text, node by node."""

    grammar: Grammar
    text: str

    def value(self, node: ast.AST, depth: int) -> Value:
        """The value of a node that stands within `depth` others."""
        if depth > DEEPEST:
            raise TextError(f"at most {DEEPEST} operations within each other are allowed")
        match node:
            case ast.Constant(value=bool()):
                return sp.true if node.value else sp.false
            case ast.Constant(value=int() | float()):
                return self._number(node)
            case ast.Name(id=name):
                return self._named(name)
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign):
                operand = _expression(self.value(node.operand, depth + 1))
                return -operand if isinstance(sign, ast.USub) else operand
            case ast.BinOp(op=operation) if type(operation) in OPERATORS:
                return self._chain(node, depth)
            case ast.Compare(ops=[relation], comparators=[right]) if type(relation) in RELATIONS:
                sides = (_expression(self.value(side, depth + 1)) for side in (node.left, right))
                return _built("comparison", RELATIONS[type(relation)], *sides)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments, depth)
        raise TextError(_refusal(node))

    def _chain(self, node: ast.BinOp, depth: int) -> Value:
        """A sum or product of many terms, from the left: one level, however many there are."""
        pending: list[ast.BinOp] = []
        first: ast.AST = node
        while isinstance(first, ast.BinOp) and type(first.op) in OPERATORS:
            pending.append(first)
            first = first.left
        total = _expression(self.value(first, depth + 1))
        for operation in reversed(pending):
            right = _expression(self.value(operation.right, depth + 1))
            sign, apply = OPERATORS[type(operation.op)]
            if sign == "**":
                require_small_power(total, right)
            total = bounded(_built(sign, apply, total, right))
        return total

    def _number(self, node: ast.Constant) -> sp.Expr:
        """Exactly as it is written: ``0.1`` is 1/10."""
        written = (ast.get_source_segment(self.text, node) or "").replace("_", "")
        digits, _, exponent = written.lower().partition("e")
        if not re.fullmatch(r"[0-9]*\.?[0-9]*", digits) or not re.fullmatch(r"[+-]?[0-9]*", exponent):
            raise TextError(f"decimal numbers are allowed, got {written!a}")
        if len(digits) > DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > DIGITS:
            shown = written if len(written) <= 20 else f"{written[:17]}..."
            raise TextError(f"numbers of at most {DIGITS} digits are allowed, got {shown!a}")
        return sp.Rational(written)

    def _named(self, name: str) -> Value:
        if name in self.grammar.names:
            return self.grammar.names[name]
        if name in self.grammar.functions:
            raise TextError(f"{name} is a function, write {name}(...)")
        raise TextError("; ".join(filter(None, (f"{name} is no known name", self.grammar.near(name)))), name)

    def _call(self, name: str, arguments: list[ast.expr], depth: int) -> Value:
        function = self.grammar.functions.get(name)
        if function is None:
            reason = f"{name} is no known function"
            raise TextError("; ".join(filter(None, (reason, self.grammar.near(name)))), name)
        if function is sp.Piecewise:
            values: list[Value] = [self._case(argument, depth + 1) for argument in arguments]
        else:
            values = [_expression(self.value(argument, depth + 1)) for argument in arguments]
            require_small_arguments(name, values)
        return bounded(_built(name, function, *values))

    def _case(self, node: ast.AST, depth: int) -> tuple[Value, Value]:
        """``(expression, condition)``."""
        if not isinstance(node, ast.Tuple) or len(node.elts) != 2:
            raise TextError("Piecewise takes pairs (expression, condition)")
        value, condition = (self.value(part, depth + 1) for part in node.elts)
        if isinstance(condition, sp.Expr):
            raise TextError("Piecewise takes pairs (expression, condition)")
        return _expression(value), condition


def _refusal(node: ast.AST) -> str:
    """What is not allowed, and how it is written there."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            return _refusal(node.func)
        if isinstance(node.func, ast.Name):
            return _refusal(node.keywords[0])
        return f"{ast.unparse(node.func)[:40]} is no function, products are written with *"
    if isinstance(node, ast.Constant):
        return f"the constant {ast.unparse(node)[:40]} is not allowed"
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        return "one comparison at a time is allowed"
    word = WORDS.get(type(node), type(node).__name__)
    if isinstance(node, ast.Attribute):
        shown = f".{node.attr}"
    elif isinstance(node, ast.keyword):
        shown = f"{node.arg or '**'}="
    else:
        shown = ast.unparse(node)
    return f"{word} {shown[:40]!a} is not allowed"


def _expression(value: Value) -> sp.Expr:
    """What can be computed with: no relation, no truth value."""
    if not isinstance(value, sp.Expr):
        raise TextError(f"an expression is required in place of {value}")
    return value


def _built(name: str, function: Callable[..., Value], *arguments: Value) -> Value:
    """The value of a function from the list; what SymPy refuses is refused with its reason."""
    try:
        return function(*arguments)
    except (ArithmeticError, AttributeError, RecursionError, TypeError, ValueError) as error:
        raise TextError(f"{name} cannot be taken of {', '.join(map(str, arguments))}: {error}") from None
