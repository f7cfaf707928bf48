"""What text is shown on: how wide it is, and lines that fit."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence

SCREEN = 80
"""Columns of a terminal that does not tell its own, and of what a prompt shows, at most."""

LINES = 25
"""Lines of what a prompt shows, at most."""


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
        return SCREEN if is_terminal() else None


def is_terminal() -> bool:
    """Whether standard output is one."""
    try:
        return sys.stdout.isatty()
    except (ValueError, AttributeError):
        return False


def prompt_columns() -> int:
    """Width of what a prompt shows."""
    return min(SCREEN, columns() or SCREEN)
