"""Tables as text: of any width, at a prompt, and on a terminal. No number is ever shortened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .terminal import LINES, columns, is_terminal, prompt_columns, wrapped

GAP = 2
"""Columns between two columns of a table."""

ASCII_LINES = "    \n    \n -- \n    \n    \n    \n    \n    \n"
"""The one line of a table, under its heads, where a terminal knows no other characters; in the form that rich reads."""


class Texts(NamedTuple):
    """Texts in rows under heads, with a title above and notes beneath; see `tables.Table`, whose text this is."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str]
    keys: int
    right: Sequence[bool]

    def text(self, width: int | None = None, most: int | None = None) -> str:
        """Plain text that fits a width, if its numbers do; without the middle of more than ``most`` rows or notes."""
        blocks = self._blocks(width, most)
        lines = wrapped(self.title, width) if self.title else []
        for k, block in enumerate(blocks):
            lines += ["", *_aligned(block)] if k else _aligned(block)
        lines += [] if blocks else self._upright(width, most)
        for note in without_middle(self.notes, most):
            lines += wrapped(note, width)
        return "\n".join(lines)

    def brief(self) -> str:
        """Plain text for a prompt: at most 80 columns, or those of a narrower terminal, and 25 lines."""
        shortest = ""
        for most in range(LINES, 0, -1):
            shortest = self.text(prompt_columns(), most)
            if shortest.count("\n") < LINES:
                return shortest
        return "\n".join(without_middle(shortest.split("\n"), LINES - 1))

    def print(self, above: str = "") -> None:
        """All of it, with a line above, to standard output: with lines on a terminal, elsewhere as plain text.

        Folded to the terminal's width, or to ``COLUMNS`` of the environment; a file or a pipe has no width.
        """
        width = columns()
        if above:
            print("\n".join(wrapped(above, width)))
        if not is_terminal():
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
        rows = cut(self.rows, most)
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
        for k, row in enumerate(cut(self.rows, most)):
            entries = [row] if isinstance(row, str) else map(": ".join, zip(self.heads, row, strict=True))
            lines += [""] if k else []
            lines += [line for entry in entries for line in wrapped(entry, width, indent="  ")]
        return lines


def _aligned(block: Sequence[Sequence[str] | str]) -> list[str]:
    """Rows under their heads, flush right; what is no row as it is."""
    rows = [row for row in block if not isinstance(row, str)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = GAP * " "
    return [
        row if isinstance(row, str) else gap.join(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in block
    ]


def cut(rows: Sequence[Sequence[str]], most: int | None) -> list[Sequence[str] | str]:
    """The rows, or the first and the last of them around a line that counts the others."""
    if most is None or len(rows) <= most:
        return [*rows]
    last = most // 2
    return [*rows[: most - last], f"... {len(rows) - most} more ...", *rows[len(rows) - last :]]


def without_middle(texts: Sequence[str], most: int | None) -> list[str]:
    """The same for texts."""
    return [row if isinstance(row, str) else row[0] for row in cut([[text] for text in texts], most)]
