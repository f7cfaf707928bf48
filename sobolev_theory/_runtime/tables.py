"""Tables: as text of any width, on a terminal, as HTML, in the languages of others, and in files.

No number in text is ever shortened; data are numbers with all their digits.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from typing import Any, overload

from .cells import Column, plain
from .checks import integer, shown
from .exports import comma_separated, data_frame, flush_right, html, latex, markdown
from .json_files import FilePath, read_json, write_text
from .table_files import LARGEST, decoded_table, encoded_table
from .terminal import columns
from .texts import Texts
from .values import Value

LONG = 60
"""Rows up to which a table is printed in full; of a longer one as many, half at either end."""


class Tabular:
    """What has a table, in the forms in which others take it."""

    def table(self) -> Table:
        """What is shown."""
        raise NotImplementedError

    def _whole(self) -> Table:
        """What is exported."""
        return self.table()

    def to_markdown(self) -> str:
        """The table in Markdown, all rows, with title and notes."""
        return markdown(self._whole().texts)

    def to_latex(self) -> str:
        r"""The table in LaTeX, a float with title and notes; a document that has it loads the package booktabs."""
        return latex(self._whole().texts)

    @overload
    def to_csv(self) -> str: ...

    @overload
    def to_csv(self, path: FilePath) -> None: ...

    def to_csv(self, path: FilePath | None = None) -> str | None:
        """The data as CSV (RFC 4180), numbers with all their digits: as text, or in a file, which replaces another.

        Raises
        ------
        ValueError
            If the file cannot be written, or is no regular one.
        """
        text = comma_separated(self._whole().data())
        if path is None:
            return text
        write_text(path, text)
        return None

    def to_pandas(self) -> Any:
        """The data as a ``pandas.DataFrame``, numbers as numbers; title and notes are in its ``attrs``.

        Raises
        ------
        ImportError
            Without pandas: ``pip install 'sobolev_theory[interop]'``.
        """
        table = self._whole()
        return data_frame(table.data(), table.title, table.notes)

    def save(self, path: FilePath) -> None:
        """Write the table to a file, from which `Table.load` reads an equal one; a file of that name is replaced.

        The file is JSON: data, and how they are shown. What else a result can do a pickle of it keeps.

        Raises
        ------
        ValueError
            If the file cannot be written, is no regular one, or would have more than 2^28 bytes; for a column whose
            form `load` would refuse.
        """
        text = self._whole()._encoded()
        if len(text) > LARGEST:
            raise ValueError(f"path: a table of at most {LARGEST} bytes is required, got {len(text)}; take to_csv")
        write_text(path, text)


@dataclass(frozen=True, eq=False, repr=False)
class Table(Tabular, Value):
    """Rows of values under heads, with a title above and notes beneath.

    A column is a `Column`, or a text that is its name and its head. Values are kept as plain data.

    Text that is too wide is folded: blocks of columns one under another, each beginning with the ``keys`` columns
    that say which row is which. Where one does not fit, and without keys, it stands upright: a line ``head: text`` for
    each entry.

    Examples
    --------
    >>> table = Table("squares", ("n", "square"), [(n, n * n) for n in range(1000)])
    >>> print(table.text(most=3))
    squares
      n  square
      0       0
      1       1
    ... 997 more ...
    999  998001
    >>> print(Table("", ("n", "square", "cube"), [(2, 4, 8), (3, 9, 27)]).text(width=10))
    n  square
    2       4
    3       9
    <BLANKLINE>
    n  cube
    2     8
    3    27
    """

    title: str
    columns: Sequence[Column | str]
    values: Sequence[Sequence[Any]]
    notes: Sequence[str] = ()
    keys: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", self._columns)
        object.__setattr__(self, "values", tuple(tuple(map(plain, row)) for row in self.values))
        object.__setattr__(self, "notes", (self.notes,) if isinstance(self.notes, str) else tuple(self.notes))
        self._require_shown()

    def _require_shown(self) -> None:
        """Refuse what no text can be made of: other titles than texts, rows of another length, keys beyond columns."""
        of_columns = [text for column in self._columns for text in column.texts]
        for name, texts in (("title", [self.title]), ("columns", of_columns), ("notes", self.notes)):
            if wrong := [text for text in texts if not isinstance(text, str)]:
                raise ValueError(f"{name}: text is required, got {shown(wrong[0])}")
        width = len(self.columns)
        if others := {len(row) for row in self.values} - {width}:
            raise ValueError(f"values: rows of {width}, one value a column, are required, got one of {min(others)}")
        if integer("keys", self.keys, most := f"a number of columns, at most {width},", 0) > width:
            raise ValueError(f"keys: {most} is required, got {self.keys}")

    @classmethod
    def of(cls, title: str, columns: Sequence[Column], records: Iterable[Any], notes: Sequence[str] = ()) -> Table:
        """A row for each record, of its attributes that columns are named after."""
        return cls(title, columns, [[column.of(record) for column in columns] for record in records], notes)

    @classmethod
    def load(cls, path: FilePath) -> Table:
        """The table that ``save`` of a result wrote to a file, whoever wrote it: no code of it runs.

        Raises
        ------
        ValueError
            If it is no such file, or cannot be read.

        Examples
        --------
        >>> import tempfile, sobolev_theory as st
        >>> comparison = st.compare([[0.6, 0.8]], [[1.0, 0.0]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     comparison.save(f"{folder}/comparison.json")
        ...     st.Table.load(f"{folder}/comparison.json") == comparison.table()
        True
        """
        data = read_json(path, LARGEST)
        try:
            table = cls(*decoded_table(data))
            table.text()  # which needs values that the forms are made for
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            raise ValueError(f"path: a file that save of a result wrote is required, got {shown(path)}") from None
        return table

    def table(self) -> Table:
        """Itself."""
        return self

    def _encoded(self) -> str:
        """As files have it."""
        return encoded_table(self.title, self._columns, self.values, self.notes, self.keys)

    @property
    def _columns(self) -> tuple[Column, ...]:
        return tuple(map(_column, self.columns))

    @property
    def heads(self) -> Sequence[str]:
        """Texts above the columns."""
        return self.texts.heads

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """Texts under the heads."""
        return self.texts.rows

    @cached_property
    def texts(self) -> Texts:
        """How all that is written."""
        heads = tuple(column.head or ", ".join(column.names) for column in self._columns)
        rows = [[c.text(value) for c, value in zip(self._columns, row, strict=True)] for row in self.values]
        right = [flush_right([row[k] for row in self.values]) for k in range(len(heads))]
        return Texts(self.title, heads, rows, self.notes, self.keys, right)

    def __repr__(self) -> str:
        return self.brief()

    def __str__(self) -> str:
        return self.text(columns())

    def _repr_html_(self) -> str:
        return self.html(LONG)

    def text(self, width: int | None = None, most: int | None = None) -> str:
        """Plain text that fits a width, if its numbers do; without the middle of more than ``most`` rows or notes."""
        return self.texts.text(width, most)

    def brief(self) -> str:
        """Plain text for a prompt: at most 80 columns, or those of a narrower terminal, and 25 lines."""
        return self.texts.brief()

    def html(self, most: int | None = None) -> str:
        """A ``<table>``, everything in it escaped; without the middle of more than ``most`` rows or notes."""
        return html(self.texts, most)

    def print(self, above: str = "") -> None:
        """All of it, with a line above, to standard output: with lines on a terminal, elsewhere as plain text.

        Folded to the terminal's width, or to ``COLUMNS`` of the environment; a file or a pipe has no width.
        """
        self.texts.print(above)

    def data(self) -> dict[str, list[Any]]:
        """Columns by name: plain numbers with all their digits, texts, arrays, tuples, and None."""
        columns: dict[str, list[Any]] = {}
        for k, column in enumerate(self._columns):
            items = [column.items(row[k]) for row in self.values]
            for j, name in enumerate(column.names):
                columns[_free(name, columns)] = [item[j] for item in items]
        return columns


def _column(column: Column | str) -> Column:
    """A column, or one of a name alone."""
    return column if isinstance(column, Column) else Column(column)


def _free(name: str, taken: Container[str]) -> str:
    """The name, or with the first number that makes it another."""
    numbered = (f"{name}_{k}" for k in count(2))
    return next(free for free in chain([name], numbered) if free not in taken)
