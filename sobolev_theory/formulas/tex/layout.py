r"""LaTeX on one line, or broken over the lines of an ``align`` environment between chunks that belong together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .measure import split, width
from .opening import opened

LINEWIDTH = 472.0
"""Width of a line in points, as ``\\the\\linewidth`` prints it: a page of paper A4 with margins of 2.2 cm."""

LETTER = 7.6
"""Points that a letter of a formula takes at 10 pt, with the space around it."""

INDENT = 3.0
"""Width of ``\\qquad`` in letters, by which a continued line is indented."""


def one_line(rows: Iterable[str]) -> str:
    """Several formulas on one line."""
    return r", \quad ".join(rows)


def aligned(rows: Iterable[str], linewidth: float = LINEWIDTH) -> str:
    r"""Formulas under one another, aligned at their first relation, each broken where it would be wider than a line.

    What can be broken nowhere and is too wide, a matrix, is scaled to the line (``\resizebox``, package ``graphicx``).
    """
    line = linewidth / LETTER
    lines: list[str] = []
    for row in rows:
        head, *tail = split(row, brackets=False)
        if tail and width(head) < line / 3:
            lines += _broken(f"{head} &", tail, line - width(head), line)
        else:
            lines += _broken("&", [head, *tail], line, line)
    body = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _broken(start: str, parts: Sequence[str], room: float, line: float) -> list[str]:
    """Lines that hold the parts; continued ones are indented.

    A part is broken only where no line would hold it; it then has lines of its own, indented further.
    """
    lines, current, used = [], start, 0.0
    for part in parts:
        whole = width(part) <= room
        for number, chunk in enumerate([part] if whole else opened(part, room - INDENT)):
            size = width(chunk)
            if used and (used + size > room or not (whole or number)):
                lines.append(current)
                indents = [(r"&\qquad", INDENT)] if number else []
                indents = [*indents, (r"&\quad", INDENT / 2), ("&", 0.0)]
                current, used = next((one for one in indents if size + one[1] <= room), indents[-2])
            current += f" {chunk if size <= room else _scaled(chunk, room / line)}"
            used += min(size, room)
        used = used if whole else room
    return [*lines, current]


def _scaled(chunk: str, fraction: float) -> str:
    """A part in smaller letters where it is wider than a fraction of the line, which the estimate may wrongly say."""
    limit = rf"{fraction:.2f}\linewidth"
    smaller = rf"\ifdim\width>{limit} {limit}\else\width\fi"
    return rf"\resizebox{{{smaller}}}{{!}}{{$\displaystyle {chunk}$}}"
