"""Tables in the languages of others: HTML, Markdown, LaTeX, CSV and pandas."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from .texts import Texts, cut, without_middle

NUMBER = re.compile(r"(-?)(\d+(?:\.\d+)?|inf)(?:e([+-]\d+))?")
"""A number as Python writes it, with its sign and its exponent."""

INFINITY = r"\infty"

SPECIAL = {character: rf"\{character}" for character in "_&%#{}$"} | {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "\n": "; ",
}
"""What TeX would misread."""


def html(table: Texts, most: int | None) -> str:
    """A ``<table>``, everything in it escaped; without the middle of more than ``most`` rows or notes."""
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in table.heads)
    rows = cut(table.rows, most)
    body = [
        f'<tr><td colspan="{len(table.heads)}">{escape(row)}</td></tr>'
        if isinstance(row, str)
        else "<tr>" + "".join(f'<td style="text-align: right">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    ]
    caption = f"<caption>{escape(table.title)}</caption>" if table.title else ""
    notes = "".join(f"<p>{escape(note)}</p>" for note in without_middle(table.notes, most))
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table>{notes}"


def markdown(table: Texts) -> str:
    """A table of pipes, which GitHub and notebooks show; the title above it, the notes beneath."""
    table = _of_facts(table)
    lines = [[_marked(text) for text in line] for line in (table.heads, *table.rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rules = [f"{'':->{width - flush}}{':' * flush}" for width, flush in zip(widths, table.right, strict=True)]
    columns = [*zip(widths, table.right, strict=True)]
    aligned = [
        " | ".join(f"{text:>{w}}" if flush else f"{text:<{w}}" for text, (w, flush) in zip(line, columns, strict=True))
        for line in (lines[0], rules, *lines[1:])
    ]
    above = map(_marked, table.title.split("\n") if table.title else [])
    return "\n\n".join([*above, "\n".join(f"| {line} |" for line in aligned), *map(_marked, table.notes)])


def _of_facts(table: Texts) -> Texts:
    """A record, whose facts are columns, with a row for each of them instead; other tables as they are."""
    if table.keys or len(table.rows) != 1:
        return table
    facts = [*zip(table.heads, table.rows[0], strict=True)]
    return Texts(table.title, ("fact", "value"), facts, table.notes, 1, (False, False))


def _marked(text: str) -> str:
    """Text in which nothing is markup; lines within words are none."""
    return re.sub(r"([\\`*|<>~$]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.split()))


def latex(table: Texts) -> str:
    """A ``table`` with the rules of the package booktabs; numbers are mathematics."""
    table = _of_facts(table)
    body = [rf"\begin{{tabular}}{{{''.join('r' if flush else 'l' for flush in table.right)}}}", r"\toprule"]
    body += [_line(map(escaped, table.heads)), r"\midrule"]
    body += [_line(map(_number, row)) for row in table.rows]
    body += [r"\bottomrule", r"\end{tabular}"]
    caption = [rf"\caption{{{escaped(table.title)}}}\smallskip"] if table.title else []
    beneath = [rf"\par\smallskip\footnotesize {escaped(note)}" for note in table.notes]
    return "\n".join([r"\begin{table}", r"\centering", *caption, *body, *beneath, r"\end{table}"])


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _number(text: str) -> str:
    r"""A cell: in mathematics if it is a number.

    Examples
    --------
    >>> print(_number("-1.5e-05"), _number("0.0e+00"), _number("inf"), _number("gauss_newton"), _number("+-"))
    $-1.5 \cdot 10^{-5}$ $0.0$ $\infty$ gauss\_newton $\pm$
    """
    found = NUMBER.fullmatch(text)
    if found is None:
        return escaped(text)
    sign, digits, exponent = found.groups()
    power = rf" \cdot 10^{{{int(exponent)}}}" if int(exponent or 0) else ""
    return f"${sign}{digits.replace('inf', INFINITY)}{power}$"


def escaped(text: str) -> str:
    """Text that TeX sets as it is; ``+-`` as one sign."""
    return "".join(SPECIAL.get(character, character) for character in text).replace("+-", r"$\pm$")


def comma_separated(columns: Mapping[str, Sequence[Any]]) -> str:
    """CSV as of RFC 4180: a line of names, then the rows; numbers with all digits, what is missing as nothing.

    Examples
    --------
    >>> comma_separated({"norm": ["L2", "(1, 0.25)"], "kappa": [1 / 3, np.inf], "index": [None, 1]})
    'norm,kappa,index\\r\\nL2,0.3333333333333333,\\r\\n"(1, 0.25)",inf,1\\r\\n'
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_field(value) for value in row] for row in zip(*columns.values(), strict=True))
    return stream.getvalue()


def _field(value: Any) -> Any:
    """A value in a field: arrays and tuples as JSON writes lists, in which NaN and Infinity are words."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return json.dumps(value, default=str) if isinstance(value, tuple | list) else value


def data_frame(columns: Mapping[str, Sequence[Any]], title: str, notes: Sequence[str]) -> Any:
    """A ``pandas.DataFrame``; ``attrs`` holds title and notes."""
    try:
        import pandas
    except ImportError as error:
        advice = "pip install 'sobolev_theory[interop]'"
        raise ImportError(f"to_pandas needs pandas: {advice} ({error})") from error
    frame = pandas.DataFrame({name: _series(values) for name, values in columns.items()})
    frame.attrs |= {"title": title, "notes": [*notes]}
    return frame


def _series(values: Sequence[Any]) -> Any:
    """Values of a column; what is no number or text, each as an object."""
    if not any(isinstance(value, tuple | np.ndarray) for value in values):
        return [*values]
    objects = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        objects[k] = value
    return objects


def flush_right(values: Sequence[Any]) -> bool:
    """Whether a column is one of numbers."""
    kinds = [value for value in values if value is not None]
    return all(isinstance(value, int | float | complex) for value in kinds)
