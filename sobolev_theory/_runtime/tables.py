"""Tables for the terminal."""

from collections.abc import Sequence


def plain_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as text, right-aligned under its heads."""
    table = [heads, *rows]
    widths = [max(len(line[k]) for line in table) for k in range(len(heads))]
    lines = ["  ".join(f"{cell:>{w}}" for cell, w in zip(line, widths, strict=True)) for line in table]
    return "\n".join([title, *lines])


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output, right-aligned under its heads."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=box.SIMPLE_HEAD if console.encoding.startswith("utf") else box.ASCII)
    for head in heads:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*row)
    console.print(title, style="bold", highlight=False)
    console.print(table)


def print_notes(lines: Sequence[str]) -> None:
    """Print lines that belong to the table above."""
    from rich.console import Console

    for line in lines:
        Console().print(line, highlight=False, markup=False)
