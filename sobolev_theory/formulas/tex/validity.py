r"""Whether TeX can set a piece of mathematics, as far as that shows without TeX: commands may be the author's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

TOKENS = re.compile(r"\\[A-Za-z]+|\\.|\S", re.DOTALL)
ARGUMENTS = dict.fromkeys((r"\frac", r"\tfrac", r"\dfrac", r"\binom", r"\overset", r"\underset"), 2) | dict.fromkeys(
    (
        *(r"\sqrt", r"\hat", r"\bar", r"\vec", r"\tilde", r"\dot", r"\ddot", r"\check", r"\breve", r"\acute"),
        *(r"\grave", r"\mathring", r"\widehat", r"\widetilde", r"\overline", r"\underline", r"\overrightarrow"),
        *(r"\mathbf", r"\boldsymbol", r"\bm", r"\mathrm", r"\mathsf", r"\mathit", r"\mathtt", r"\mathcal"),
        *(r"\mathbb", r"\mathfrak", r"\mathscr", r"\text", r"\operatorname"),
    ),
    1,
)
"""Number of arguments of the commands that need some."""

FORBIDDEN = {*"$#%&~", "\\", r"\\", r"\begin", r"\end", r"\(", r"\)", r"\[", r"\]"}


class _InvalidError(Exception):
    """TeX would stop."""


def is_mathematics(text: str) -> bool:
    r"""Whether groups are closed, scripts single and arguments there, and no character ends the mathematics.

    Examples
    --------
    >>> is_mathematics(r"\bar{w}^*_1"), is_mathematics("w^*^2"), is_mathematics(r"\hat")
    (True, False, False)
    """
    try:
        _formula(TOKENS.findall(text), 0, "")
    except _InvalidError:
        return False
    return text.isascii() and "\n" not in text


def _formula(tokens: Sequence[str], position: int, end: str) -> int:
    """Reads up to the token that ends a group, and gives the position behind it."""
    scripts = {"^", "_"}  # there is nothing yet that could carry one
    while position < len(tokens):
        token = tokens[position]
        if token == end:
            return position + 1
        if token in scripts or (token == "'" and "^" in scripts):
            raise _InvalidError
        if token in ("^", "_"):
            scripts = scripts | {token}
            position = _nucleus(tokens, position + 1)
        elif token == "'":
            position += 1
        else:
            scripts = set()
            position = _nucleus(tokens, position)
    if end:
        raise _InvalidError
    return position


def _nucleus(tokens: Sequence[str], position: int) -> int:
    """Reads a letter, a group, or a command with its arguments."""
    token = tokens[position] if position < len(tokens) else "}"
    if token in FORBIDDEN or token in ("}", r"\right", "^", "_"):
        raise _InvalidError
    position += 1
    if token == "{":
        return _formula(tokens, position, "}")
    if token == r"\left":
        return _formula(tokens, position + 1, r"\right") + 1  # each with its delimiter
    for _ in range(ARGUMENTS.get(token, 0)):
        position = _nucleus(tokens, position)
    return position
