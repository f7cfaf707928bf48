r"""LaTeX on one line, or broken over the lines of an ``align`` environment between chunks that belong together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LINE = 62.0
"""Width of a line in characters of a formula; lines of 16 cm hold about as many at 10 pt."""

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
        size, position = _next(tokens, position)
        total += size
    return total


def _next(tokens: list[str], position: int) -> tuple[float, int]:
    """Width of what starts at a token, and where it ends."""
    token = tokens[position]
    position += 1
    if token == "{":
        total = 0.0
        while tokens[position] != "}":
            size, position = _next(tokens, position)
            total += size
        return total, position + 1
    if token in (r"\frac", r"\tfrac", r"\binom"):
        above, position = _next(tokens, position)
        below, position = _next(tokens, position)
        return max(above, below), position
    if token in ("^", "_"):
        size, position = _next(tokens, position)
        return 0.7 * size, position
    if token in (r"\sqrt", r"\vecnorm"):
        size, position = _next(tokens, position)
        return size + (1.2 if token == r"\sqrt" else 1.6), position
    if token in (r"\mathbf", r"\mathrm", r"\mathbb", r"\text", r"\hat", r"\vec", r"\operatorname", r"\boldsymbol"):
        return _next(tokens, position)
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


def one_line(rows: Iterable[str]) -> str:
    """Several formulas on one line."""
    return r", \quad ".join(rows)


def aligned(rows: Iterable[str], line: float = LINE) -> str:
    r"""Formulas under one another, aligned at their first relation, each broken where it would be wider than a line.

    A part that can be broken nowhere and is too wide is scaled to the line (``\resizebox``, package ``graphicx``).
    """
    lines: list[str] = []
    for row in rows:
        head, *tail = split(row, brackets=False)
        if tail and width(head) < line / 2:
            lines += _broken(f"{head} &", tail, line - width(head))
        else:
            lines += _broken("&", [head, *tail], line)
    body = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _broken(start: str, parts: Sequence[str], room: float) -> list[str]:
    """Lines that hold the parts; continued ones are indented.

    A part is broken only where no line would hold it; it then has lines of its own, indented further.
    """
    lines, current, used = [], start, 0.0
    for part in parts:
        whole = width(part) <= room
        for number, chunk in enumerate([part] if whole else split(part)):
            size = width(chunk)
            if used and (used + size > room or not (whole or number)):
                lines.append(current)
                current, used = (r"&\qquad", 3.0) if number and size + 3.0 <= room else (r"&\quad", 1.5)
            if size > room:
                limit = rf"{room / LINE:.2f}\linewidth"
                smaller = rf"\ifdim\width>{limit} {limit}\else\width\fi"  # the estimate may be too large
                chunk = rf"\resizebox{{{smaller}}}{{!}}{{$\displaystyle {chunk}$}}"
            current += f" {chunk}"
            used += min(size, room)
        used = used if whole else room
    return [*lines, current]
