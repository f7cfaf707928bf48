"""Tables: as text of any width, on a terminal, and as HTML. No number is ever shortened."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

SCREEN = 80
"""Columns of a terminal that does not tell its own, and of what a prompt shows, at most."""

LINES = 25
"""Lines of what a prompt shows, at most."""

GAP = 2
"""Columns between two columns of a table."""

ASCII_LINES = "    \n    \n -- \n    \n    \n    \n    \n    \n"
"""The one line of a table, under its heads, where a terminal knows no other characters; in the form that rich reads."""


@dataclass(frozen=True)
class Table:
    """Texts in rows under heads, with a title above and notes beneath.

    A table that is too wide is folded: blocks of columns one under another, each beginning with the ``keys`` columns
    that say which row is which. Where one does not fit, and without keys, it stands upright: a line ``head: text`` for
    each entry.

    Examples
    --------
    >>> table = Table("squares", ("n", "square"), [[str(n), str(n * n)] for n in range(1000)])
    >>> print(table.text(most=3))
    squares
      n  square
      0       0
      1       1
    ... 997 more ...
    999  998001
    >>> print(Table("", ("n", "square", "cube"), [["2", "4", "8"], ["3", "9", "27"]]).text(width=10))
    n  square
    2       4
    3       9
    <BLANKLINE>
    n  cube
    2     8
    3    27
    """

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    keys: int = 1

    def __str__(self) -> str:
        return self.text(columns())

    def text(self, width: int | None = None, most: int | None = None) -> str:
        """Plain text that fits a width, if its numbers do; without the middle of more than ``most`` rows or notes."""
        blocks = self._blocks(width, most)
        lines = wrapped(self.title, width) if self.title else []
        for k, block in enumerate(blocks):
            lines += ["", *_aligned(block)] if k else _aligned(block)
        lines += [] if blocks else self._upright(width, most)
        for note in _without_middle(self.notes, most):
            lines += wrapped(note, width)
        return "\n".join(lines)

    def brief(self) -> str:
        """Plain text for a prompt: at most 80 columns, or those of a narrower terminal, and 25 lines."""
        shortest = ""
        for most in range(LINES, 0, -1):
            shortest = self.text(prompt_columns(), most)
            if shortest.count("\n") < LINES:
                return shortest
        return "\n".join(_without_middle(shortest.split("\n"), LINES - 1))

    def html(self, most: int | None = None) -> str:
        """A ``<table>``, everything in it escaped."""
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in self.heads)
        rows = _cut(self.rows, most)
        body = [
            f'<tr><td colspan="{len(self.heads)}">{escape(row)}</td></tr>'
            if isinstance(row, str)
            else "<tr>" + "".join(f'<td style="text-align: right">{escape(cell)}</td>' for cell in row) + "</tr>"
            for row in rows
        ]
        caption = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        notes = "".join(f"<p>{escape(note)}</p>" for note in _without_middle(self.notes, most))
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table>{notes}"

    def print(self, above: str = "") -> None:
        """All of it, with a line above, to standard output: with lines on a terminal, elsewhere as plain text.

        Folded to the terminal's width, or to ``COLUMNS`` of the environment; a file or a pipe has no width.
        """
        width = columns()
        if above:
            print("\n".join(wrapped(above, width)))
        if not _is_terminal():
            print(self.text(width))
            return
        from rich import box
        from rich.console import Console
        from rich.table import Table as Ruled
        from rich.text import Text

        console = Console(width=width, height=LINES)
        lines = box.SIMPLE_HEAD if console.encoding.startswith("utf") else box.Box(ASCII_LINES, ascii=True)
        if self.title:
            console.print(Text("\n".join(wrapped(self.title, width))), style="bold", soft_wrap=True)
        blocks = self._blocks(width, None)
        for k, (heads, *rows) in enumerate(blocks):
            ruled = Ruled(box=lines, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
            for head in heads:
                ruled.add_column(Text(head), justify="right", no_wrap=True)
            for row in rows:
                ruled.add_row(*map(Text, row))
            console.print(*([""] if k else []), ruled, sep="\n")
        beneath = [] if blocks else self._upright(width, None)
        beneath += [line for note in self.notes for line in wrapped(note, width)]
        if beneath:
            console.print(Text("\n".join(beneath)), soft_wrap=True)

    def _blocks(self, width: int | None, most: int | None) -> list[list[Sequence[str] | str]]:
        """Heads and rows in as many blocks of columns as it takes; no block for a table that is to stand upright."""
        rows = _cut(self.rows, most)
        table = [self.heads, *(row for row in rows if not isinstance(row, str))]
        needed = [max(len(line[k]) for line in table) for k in range(len(self.heads))]

        def fits(columns: Sequence[int]) -> bool:
            return width is None or sum(needed[k] + GAP for k in columns) - GAP <= width

        folds = [[*range(self.keys)]]
        for k in range(self.keys, len(needed)):
            if fits([*folds[-1], k]):
                folds[-1].append(k)
            else:
                folds.append([*range(self.keys), k])
        if not all(map(fits, folds)) or (len(folds) > 1 and (not self.keys or len(folds[0]) == self.keys)):
            return []
        return [
            [[self.heads[k] for k in fold], *(row if isinstance(row, str) else [row[k] for k in fold] for row in rows)]
            for fold in folds
        ]

    def _upright(self, width: int | None, most: int | None) -> list[str]:
        """A line for each entry, and an empty one between rows."""
        lines: list[str] = []
        for k, row in enumerate(_cut(self.rows, most)):
            entries = [row] if isinstance(row, str) else map(": ".join, zip(self.heads, row, strict=True))
            lines += [""] if k else []
            lines += [line for entry in entries for line in wrapped(entry, width, indent="  ")]
        return lines


def print_entries(entries: Sequence[tuple[str, str]]) -> None:
    """Names and what they are, a line each; on a narrow terminal the latter are folded under whole names."""
    width, longest = columns(), max(len(name) for name, _ in entries)
    for name, meaning in entries:
        line = f"{name:{longest}}  {meaning}"
        folded = [name, *(f"  {part}" for part in wrapped(meaning, width and max(1, width - 2)))]
        print("\n".join([line] if width is None or len(line) <= width else folded))


def headline(kind: str, name: str, statement: str) -> str:
    """A record of much text for a prompt: what it is and how it begins, in two lines at most.

    Examples
    --------
    >>> headline("Formula", "relu/K00", "Moment of order 0.")
    '<Formula relu/K00: Moment of order 0.>'
    """
    text = f"<{kind} {name}: {statement}>"
    return "\n".join(textwrap.wrap(text, SCREEN, max_lines=2, placeholder=" ...>", break_on_hyphens=False))


def _aligned(block: Sequence[Sequence[str] | str]) -> list[str]:
    """Rows under their heads, flush right; what is no row as it is."""
    rows = [row for row in block if not isinstance(row, str)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = GAP * " "
    return [
        row if isinstance(row, str) else gap.join(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in block
    ]


def _cut(rows: Sequence[Sequence[str]], most: int | None) -> list[Sequence[str] | str]:
    """The rows, or the first and the last of them around a line that counts the others."""
    if most is None or len(rows) <= most:
        return [*rows]
    last = most // 2
    return [*rows[: most - last], f"... {len(rows) - most} more ...", *rows[len(rows) - last :]]


def _without_middle(texts: Sequence[str], most: int | None) -> list[str]:
    """The same for texts."""
    return [row if isinstance(row, str) else row[0] for row in _cut([[text] for text in texts], most)]


def wrapped(text: str, width: int | None, indent: str = "") -> list[str]:
    """Lines of at most ``width`` columns; words longer than that go on in the next line, but not a number."""
    if width is None:
        return text.split("\n")
    whole = any(len(word) + len(indent) > width and _is_number(word) for word in text.split())
    return [
        line
        for paragraph in text.split("\n")
        for line in textwrap.wrap(
            paragraph,
            max(width, len(indent) + 1),
            subsequent_indent=indent,
            break_long_words=not whole,
            break_on_hyphens=False,
        )
        or [""]
    ]


def _is_number(word: str) -> bool:
    try:
        complex(word.strip("()[],;:"))
    except ValueError:
        return False
    return True


def columns() -> int | None:
    """Width of standard output: what ``COLUMNS`` says, or the terminal; none for a file or a pipe."""
    try:
        asked = int(os.environ.get("COLUMNS", "0"))
    except ValueError:
        asked = 0
    if asked > 0:
        return asked
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or SCREEN
    except (OSError, ValueError, AttributeError):  # no file, a closed one, or none at all
        return SCREEN if _is_terminal() else None


def _is_terminal() -> bool:
    """Whether standard output is one."""
    try:
        return sys.stdout.isatty()
    except (ValueError, AttributeError):
        return False


def prompt_columns() -> int:
    """Width of what a prompt shows."""
    return min(SCREEN, columns() or SCREEN)
