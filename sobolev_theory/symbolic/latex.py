"""LaTeX of expressions as a person would write them, with macros for what the reader may rename."""

import sympy as sp

from .symbols import cosine, p, q, sine, theta

NAMES = {p: r"\vecnorm{\student}", q: r"\vecnorm{\teacher}", theta: r"\weightangle"}


def readable(expression: sp.Expr) -> sp.Expr:
    """Sine and cosine as functions of theta again."""
    return expression.subs({sine: sp.sin(theta), cosine: sp.cos(theta)})


def latex(expression: sp.Expr) -> str:
    """LaTeX on one line."""
    return str(sp.latex(readable(sp.sympify(expression)), symbol_names=NAMES))


def chunks(expression: sp.Expr) -> tuple[str, ...]:
    """LaTeX, cut where a line may break."""
    return (latex(expression),)
