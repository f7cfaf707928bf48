"""The text of a generated module, checked before it is executed: arithmetic, and nothing else.

Such text travels: in pickles, in files of activations, in the cache of derived ones. So it is taken apart before it is
executed: tables of plain data, and functions whose lines are arithmetic of their arguments with the functions of an
array namespace and of `_special`. There is no attribute but those of the namespace, no import but that of `_special`,
no loop, no power that could fill memory.
"""

import ast
import re
from collections.abc import Iterator

LONGEST = 4_000_000
"""Characters."""

SPECIAL = (
    *("arc_cosine", "arc_cosine_of_supplement", "damped_cosh", "damped_sinh"),
    *("erf", "logistic", "softplus"),
)
"""Functions of `sobolev_theory._special` that generated code calls."""

NAMESPACE = frozenset(
    {"arctan", "arcsin", "arcsinh", "exp", "log", "sin", "cos", "sinh", "cosh", "tanh", "sqrt", "divide"}
)
CONSTANTS = frozenset({"pi", "e"})
"""Functions and constants of the array namespace ``xp``."""

IMPORTS = {("typing", 0): {"Any"}, ("_special", 2): set(SPECIAL)}
TYPES = frozenset({"int | None", "frozenset[tuple[str, int, str]]", "dict[tuple[int, ...], Any]"})
FUNCTION = re.compile(r"(derivative|pointwise|moments|value|field|own|cross|gauss_newton|self)(_[a-z0-9]+)*")
TABLE = re.compile(r"[A-Z][A-Z_]*")
LETTER = re.compile(r"[a-z][a-z0-9]*")
LARGEST, EXPONENT = 10**400, 1000
"""Of whole numbers, and of exponents."""


class SourceError(ValueError):
    """The text is no generated module."""


def require_kernels(source: object) -> str:
    """The text, if it is that of a generated module.

    Raises
    ------
    SourceError
        With what it has besides, and the line.
    """
    if not isinstance(source, str) or len(source) > LONGEST:
        raise SourceError("kernels: the text of a generated module is required")
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise SourceError(f"kernels: the text of a generated module is required, {type(error).__name__}") from None
    functions: set[str] = set()
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.ImportFrom(module=module, level=level, names=names):
                allowed = IMPORTS.get((module or "", level), set())
                if any(alias.asname or alias.name not in allowed for alias in names):
                    raise _refused(statement)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if TABLE.fullmatch(name):
                _require_data(value, functions)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=ast.expr() as value) if (
                TABLE.fullmatch(name) and ast.unparse(kind) in TYPES
            ):
                _require_data(value, functions)
            case ast.FunctionDef(name=name) if FUNCTION.fullmatch(name):
                _require_arithmetic(statement)
                functions.add(name)
            case _:
                raise _refused(statement)
    return source


def _refused(node: ast.AST) -> SourceError:
    """The refusal of what stands at a line."""
    line = getattr(node, "lineno", "?")
    return SourceError(f"kernels: tables and arithmetic alone are allowed, got {type(node).__name__} in line {line}")


def _require_data(value: ast.expr, functions: set[str]) -> None:
    """Numbers, words, tuples, sets and dictionaries of them, and functions defined above."""
    for node in ast.walk(value):
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None):
                pass
            case ast.Tuple() | ast.Dict() | ast.Set() | ast.Load() | ast.UnaryOp(op=ast.USub()) | ast.USub():
                pass
            case ast.Name(id=name) if name in functions or name == "frozenset":
                pass
            case ast.Call(func=ast.Name(id="frozenset"), args=[ast.Tuple() | ast.Set()], keywords=[]):
                pass
            case _:
                raise _refused(node)


def _require_arithmetic(function: ast.FunctionDef) -> None:
    """``def name(xp: Any, a: Any, ...) -> Any`` with a docstring, lines ``letter = expression``, and a result."""
    arguments = function.args
    plain = ast.arguments([], arguments.args, None, [], [], None, [])
    names = [argument.arg for argument in arguments.args]
    annotations = [*(argument.annotation for argument in arguments.args), function.returns]
    if (
        ast.dump(arguments) != ast.dump(plain)
        or function.decorator_list
        or getattr(function, "type_params", [])
        or names[:1] != ["xp"]
        or not all(map(LETTER.fullmatch, names))
        or not all(isinstance(kind, ast.Name) and kind.id == "Any" for kind in annotations)
    ):
        raise _refused(function)
    known, constant = set(names), set[str]()
    *lines, last = function.body
    for line in lines:
        match line:
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if LETTER.fullmatch(name) and name != "xp":
                _require_expression(value, known, constant)
                if _is_small(value, LARGEST):
                    constant.add(name)
                elif not _varies(value, constant):  # whole numbers could grow from line to line
                    raise _refused(line)
                known.add(name)
            case _:
                raise _refused(line)
    if not isinstance(last, ast.Return) or last.value is None:
        raise _refused(last)
    results = last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
    for result in results:
        _require_expression(result, known, constant)


def _require_expression(expression: ast.expr, known: set[str], constant: set[str]) -> None:
    """Arithmetic of what is known; ``xp`` stands before the name of a function, or first in a call of `SPECIAL`.

    Letters that are `constant` stand for numbers.
    """
    placed = set(map(id, _placed(expression)))
    for node in ast.walk(expression):
        match node:
            case ast.Constant(value=bool()):
                raise _refused(node)
            case ast.Constant(value=float()):
                pass
            case ast.Constant(value=int() as value) if value < LARGEST:
                pass
            case ast.Name(id=name) if id(node) in placed if name == "xp" or name in SPECIAL else name in known:
                pass
            case ast.BinOp(op=ast.Pow(), left=base, right=exponent):
                if not all(_is_small(side, EXPONENT) or _varies(side, constant) for side in (base, exponent)):
                    raise _refused(node)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()) | ast.UnaryOp(op=ast.USub()):
                pass
            case ast.Compare(ops=[ast.Gt()], comparators=[ast.Constant(value=0)]):
                pass
            case ast.Attribute(value=ast.Name(id="xp"), attr=name) if name in NAMESPACE | CONSTANTS:
                pass
            case ast.Call(func=ast.Attribute(attr=name), keywords=[]) if name in NAMESPACE:
                pass
            case ast.Call(func=ast.Name(id=name), keywords=[]) if name in SPECIAL:
                pass
            case ast.Load() | ast.operator() | ast.unaryop() | ast.cmpop():
                pass
            case _:
                raise _refused(node)


def _placed(expression: ast.expr) -> Iterator[ast.AST]:
    """Names that stand for what is called, or for the namespace of it."""
    for node in ast.walk(expression):
        match node:
            case ast.Call(func=ast.Name() as function, args=[ast.Name(id="xp") as first, *_]):
                yield from (function, first)
            case ast.Attribute(value=namespace):
                yield namespace


def _varies(expression: ast.expr, constant: set[str]) -> bool:
    """Whether it depends on an argument, or on the namespace, and so is no whole number."""
    return any(isinstance(node, ast.Name) and node.id not in constant for node in ast.walk(expression))


def _is_small(number: ast.expr, largest: int) -> bool:
    """Whether it is a number, or a quotient of numbers, as it is written, none of them large."""
    match number:
        case ast.Constant(value=int() | float() as value):
            return not isinstance(value, bool) and abs(value) <= largest
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _is_small(operand, largest)
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return _is_small(left, largest) and _is_small(right, largest)
    return False
