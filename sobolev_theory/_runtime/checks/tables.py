"""Numbers from text: rows of a table, and what is not to be taken for one."""

import codecs
import csv
import re
from array import array

import numpy as np
from numpy.typing import NDArray

from .names import shown

FloatArray = NDArray[np.float64]

SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas"}
"""What parts entries, in the order of looking; else spaces do."""

LABELS = "as pandas numbers {}; leave it out, {}=False, or write weights with decimal points"

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""Byte-order marks, as spreadsheets write them."""


def from_text(data: bytes) -> FloatArray:
    """The rows of a table of numbers, parted by commas, semicolons, tabs or spaces; ``#`` begins a comment.

    A first line of names, ``w_1``, ``w[1]`` or ``weight 1``, is left out. Column numbers 0, 1, ..., d - 1 in the first
    line, and row numbers 0, 1, ..., K - 1 in the first column, which pandas writes, are refused, and those from 1 on
    too where other entries are no integers: they could be meant as weights, and nobody would see the difference.

    Raises
    ------
    ValueError
        Whose message is what came in place of a table of numbers.
    """
    lines = [(i, line.split("#")[0]) for i, line in enumerate(_decoded(data).splitlines(), 1)]
    lines = [(i, line) for i, line in lines if line.strip()]
    if not lines:
        raise ValueError("a file without numbers")
    separator = next((mark for mark in SEPARATORS if any(mark in line for _, line in lines)), None)
    rows = [(i, _entries(i, line, separator)) for i, line in lines]
    if len(rows) > 1 and not rows[0][1][0]:
        raise ValueError(f"an unnamed first column, {LABELS.format('rows', 'index')}")
    if all(map(_is_name, rows[0][1])):
        rows = rows[1:]
    if not rows:
        raise ValueError("names of columns without numbers under them")
    _require_table(rows)
    numbers = array("d", (_number(entry, i, j) for i, row in rows for j, entry in enumerate(row, 1)))
    _require_no_labels([row for _, row in rows])
    return np.array(numbers).reshape(len(rows), -1)


def _decoded(data: bytes) -> str:
    """The text, of UTF-8 or with a byte-order mark."""
    encoding = next((MARKS[mark] for mark in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"bytes that are no text of encoding {error.encoding}") from None
    if "\0" in text:
        raise ValueError("text with zero bytes, a binary file")
    return text


def _entries(i: int, line: str, separator: str | None) -> list[str]:
    """The entries of a line, without the quotes of spreadsheets."""
    if separator is None:
        return line.split()
    try:
        entries = next(csv.reader([line], delimiter=separator))
    except csv.Error as error:
        raise ValueError(f"line {i}, which is no row of a table ({error})") from None
    return [entry.strip() for entry in entries]


def _is_number(entry: str) -> bool:
    """Whether an entry is a number in digits of ASCII."""
    try:
        float(entry)
    except ValueError:
        return False
    return entry.isascii() and "_" not in entry


def _is_name(entry: str) -> bool:
    """Whether an entry of the first line names a column: damage to a number rarely makes a name of it."""
    return re.fullmatch(r"[^\W\d][\w ,()\[\]]*", entry) is not None and not _is_number(entry)


def _number(entry: str, i: int, j: int) -> float:
    if _is_number(entry):
        return float(entry)
    advice = "; write decimal points, not commas" if "," in entry and _is_number(entry.replace(",", ".")) else ""
    raise ValueError(f"{shown(entry) if entry else 'nothing'} in line {i}, column {j}{advice}")


def _require_table(rows: list[tuple[int, list[str]]]) -> None:
    """Refuse rows of different lengths."""
    first, length = rows[0][0], len(rows[0][1])
    for i, row in rows:
        if len(row) != length:
            raise ValueError(f"{len(row)} comma-separated numbers in line {i}, and {length} in line {first}")


def _require_no_labels(rows: list[list[str]]) -> None:
    """Refuse column and row numbers."""
    if len(rows) < 2:
        return
    for what, option, line, others in (
        ("columns", "header", rows[0], [entry for row in rows[1:] for entry in row]),
        ("rows", "index", [row[0] for row in rows], [entry for row in rows for entry in row[1:]]),
    ):
        firsts = (0,) if all(map(_is_integer, others)) else (0, 1)
        if others and any(line == [str(first + i) for i in range(len(line))] for first in firsts):
            place = {"columns": "line", "rows": "column"}[what]
            raise ValueError(f"a first {place} {line[0]}, {int(line[0]) + 1}, ..., {LABELS.format(what, option)}")


def _is_integer(entry: str) -> bool:
    return entry.lstrip("+-").isdecimal()
