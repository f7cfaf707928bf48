"""Generated kernels as JavaScript: the same operations in the same order, from the source that Python runs."""

import ast
import inspect
from collections.abc import Callable, Iterable
from typing import Any

MATHEMATICS = {"pi": "PI", "sqrt": "sqrt", "exp": "exp", "arctan": "atan"}
"""Names of an array namespace, as JavaScript's ``Math`` has them."""

SAME = (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.Load)
"""What both languages write, bind and round alike."""


def functions(kernels: Iterable[Callable[..., Any]], prefix: str) -> str:
    """Definitions ``const PREFIX_NAME = (...) => {...};``, each kernel once."""
    return "\n".join(_function(kernel, prefix) for kernel in dict.fromkeys(kernels))


def _function(kernel: Callable[..., Any], prefix: str) -> str:
    """One kernel ``name(xp, ...)``, without the namespace."""
    (definition,) = ast.parse(inspect.getsource(kernel)).body
    if not isinstance(definition, ast.FunctionDef):
        raise ValueError(f"{kernel}: a kernel is a function")
    _, *arguments = (argument.arg for argument in definition.args.args)
    _, *statements = definition.body  # the first is the docstring
    lines = [f"const {prefix}_{definition.name} = ({', '.join(arguments)}) => {{"]
    return "\n".join([*lines, *(f"  {_statement(statement)};" for statement in statements), "};"])


def _statement(node: ast.stmt) -> str:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return f"const {name} = {_expression(value)}"
        case ast.Return(value=ast.expr() as value):
            return f"return {_expression(value)}"
    raise ValueError(f"{ast.unparse(node)}: a kernel assigns and returns")


def _expression(node: ast.expr) -> str:
    return ast.unparse(_Translator().visit(node))


class _Translator(ast.NodeTransformer):
    """Replaces what JavaScript writes otherwise, and refuses what is not known to mean the same."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if not isinstance(node, SAME):
            raise ValueError(f"{ast.unparse(node)}: kernels of the map have no {type(node).__name__}")
        return super().generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.List:
        return ast.List([self.visit(element) for element in node.elts], node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        if not isinstance(node.value, ast.Name) or node.value.id != "xp" or node.attr not in MATHEMATICS:
            raise ValueError(f"{ast.unparse(node)}: kernels of the map use {', '.join(MATHEMATICS)}")
        return ast.Attribute(ast.Name("Math", node.ctx), MATHEMATICS[node.attr], node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """A call of the namespace, or of a function that takes it first."""
        first = node.args[0]
        by_name = isinstance(node.func, ast.Name) and isinstance(first, ast.Name) and first.id == "xp"
        arguments = [self.visit(argument) for argument in (node.args[1:] if by_name else node.args)]
        return ast.Call(self.visit(node.func), arguments, [])
