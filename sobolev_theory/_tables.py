"""Tables for the terminal."""

from collections.abc import Sequence
from typing import Any


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table to standard output, numbers right-aligned with six significant digits."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=200)  # a pipe or file has no width to fit
    table = Table(box=box.SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*(f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row))
    console.print(title, style="bold", highlight=False)
    console.print(table)
