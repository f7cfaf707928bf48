r"""How wide a formula is, roughly, and where a line may break in it."""

from __future__ import annotations

import re

TOKENS = re.compile(r"\\[A-Za-z]+|\\.|[{}^_]|\s+|.", re.DOTALL)
NARROW = {r"\left": 0.0, r"\right": 0.0, r"\Bigl": 0.3, r"\Bigr": 0.3, r"\,": 0.3, r"\tfrac": 0.0, "": 0.0}
WIDE = {
    r"\sin": 2.2,
    r"\cos": 2.2,
    r"\arctan": 4.0,
    r"\qquad": 3.0,
    r"\quad": 1.5,
    r"\lambda": 1.0,
    r"\max": 3.0,
    r"\min": 3.0,
}
BREAKS = {"+", "-", "=", "<", ">", r"\le", r"\ge", r"\to", r"\ne"}
BINARY = {"+": 1.7, "-": 1.7, "=": 1.9, r"\le": 1.9, r"\ge": 1.9, "<": 1.9, ">": 1.9, r"\to": 2.2, r"\cdot": 1.0}


def width(latex: str) -> float:
    r"""Width of a formula, roughly, in letters.

    Examples
    --------
    >>> width("a b"), width(r"\frac{a b c}{d}")
    (2.0, 3.0)
    """
    tokens = [token for token in TOKENS.findall(latex) if not token.isspace()]
    total, position = 0.0, 0
    while position < len(tokens):
        size, position = next_width(tokens, position)
        total += size
    return total


def next_width(tokens: list[str], position: int) -> tuple[float, int]:
    """Width of what starts at a token, and where it ends."""
    token = tokens[position]
    position += 1
    if token == "{":
        total = 0.0
        while tokens[position] != "}":
            size, position = next_width(tokens, position)
            total += size
        return total, position + 1
    if token in (r"\frac", r"\tfrac", r"\binom"):
        above, position = next_width(tokens, position)
        below, position = next_width(tokens, position)
        return max(above, below), position
    if token in ("^", "_"):
        size, position = next_width(tokens, position)
        return 0.7 * size, position
    if token in (r"\sqrt", r"\vecnorm"):
        size, position = next_width(tokens, position)
        return size + (1.2 if token == r"\sqrt" else 1.6), position
    if token in (r"\mathbf", r"\mathrm", r"\mathbb", r"\text", r"\hat", r"\vec", r"\operatorname", r"\boldsymbol"):
        return next_width(tokens, position)
    return NARROW.get(token, WIDE.get(token, BINARY.get(token, 1.0))), position


def split(latex: str, brackets: bool = True) -> list[str]:
    r"""A formula cut where a line may break: before the signs and relations that stand in no group.

    Groups are braces and ``\left ... \right``; ``\Bigl ... \Bigr`` are brackets that a line may break in, unless told
    otherwise.

    Examples
    --------
    >>> split(r"a = b - \left(c + d\right) + \Bigl[ e + f \Bigr]")
    ['a', '= b', '- \\left(c + d\\right)', '+ \\Bigl[ e', '+ f \\Bigr]']
    """
    opening, closing = {"{", r"\left"} | (set() if brackets else {r"\Bigl"}), {"}", r"\right"}
    closing |= set() if brackets else {r"\Bigr"}
    chunks, depth, ready, delimiter = [""], 0, False, False
    for token in TOKENS.findall(latex):
        depth += (token in opening) - (token in closing)
        if depth == 0 and ready and token in BREAKS:
            chunks.append("")
        chunks[-1] += token
        if not token.isspace():
            ready = token not in BREAKS and token != r"\Bigl" and not delimiter
            delimiter = token == r"\Bigl"
    return [chunk.strip() for chunk in chunks if chunk.strip()]
