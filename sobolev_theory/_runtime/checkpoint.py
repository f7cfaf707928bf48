"""Finished results in a file of JSON lines, from which interrupted work goes on.

The first line names the problem; every other line is one result, on disk before the next is waited for. Files are made
here or were empty, and are only appended to: nothing is ever replaced, and no other file is made on the way. Of a line
that was being written when the work was killed the end is missing; it is dropped, and nothing else is forgiven.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from .checks import named
from .locked_files import FilePath, LockedFile, locked, unusable

Item = TypeVar("Item")
Record = dict[str, Any]

LONGEST = 1 << 16
"""Bytes within which the first line of a file ends."""


@dataclass(frozen=True)
class Codec(Generic[Item]):
    """How results are lines of a file.

    Attributes
    ----------
    subject
        With which the entry ``"format"`` of every header begins; that of a stranger's file does not.
    maker, item
        What makes such files, and what a line is called: a search, and a run.
    key
        What tells a result from the others of a file.
    write
        A result as numbers, texts, lists and dictionaries of them.
    read
        The result of such a record, bit for bit; a ValueError names the field that is missing, unknown or wrong.
    """

    subject: str
    maker: str
    item: str
    key: Callable[[Item], Hashable]
    write: Callable[[Item], Record]
    read: Callable[[Record], Item]

    @property
    def mark(self) -> bytes:
        """How every file begins."""
        return json.dumps({"format": self.subject}).removesuffix('"}').encode()


@dataclass
class Checkpoint(Generic[Item]):
    """An open file.

    Attributes
    ----------
    header
        What identifies the problem.
    items
        Finished results, by their keys.
    """

    file: LockedFile
    codec: Codec[Item]
    header: Record
    items: dict[Hashable, Item]
    length: int

    def begin(self, missing: int) -> None:
        """Make the file ready for so many results more.

        Raises
        ------
        ValueError
            If it cannot be written.
        """
        if not self.file.writable:
            lacking = f"{missing} {self.codec.item}s are missing in it"
            raise ValueError(f"checkpoint: {named(self.file.path)} can be read only, and {lacking}")
        try:
            os.ftruncate(self.file.descriptor, self.length)
            if not self.length:
                self._write(self.header)
        except OSError as error:
            raise unusable(self.file.path, error) from None

    def append(self, *items: Item) -> None:
        """Finished results, on disk."""
        records = [self.codec.write(item) for item in items]
        self._write(*({**record, "check": _check(self.header, record)} for record in records))

    def _write(self, *records: Record) -> None:
        """Lines, all of them whole or none at all."""
        lines = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        descriptor = self.file.descriptor
        length = os.fstat(descriptor).st_size
        try:
            while lines:
                lines = lines[os.write(descriptor, lines) :]
            os.fsync(descriptor)
        except OSError as error:
            os.ftruncate(descriptor, length)
            raise OSError(error.errno, f"checkpoint: {error.strerror}", str(self.file.path)) from None


@contextmanager
def opened(path: FilePath, codec: Codec[Item], header: Record, adopt: tuple[str, ...]) -> Iterator[Checkpoint[Item]]:
    """A checkpoint, read and locked against other processes, but not yet written.

    Parameters
    ----------
    path
        A file that does not exist or is empty, or was made here. A link is not followed.
    codec
        What its lines are.
    header
        What identifies the problem; its first entry is ``"format"``.
    adopt
        Names of entries that an existing file decides.

    Raises
    ------
    ValueError
        If the file is none of these, belongs to another problem, is in use, or was altered.
    """
    with locked(path, codec.maker) as file:
        yield _read(file, codec, header, adopt)


def _read(file: LockedFile, codec: Codec[Item], expected: Record, adopt: tuple[str, ...]) -> Checkpoint[Item]:
    """Header and results."""
    try:
        with open(file.descriptor, "rb", closefd=False) as stream:
            first, rest = stream.readline(LONGEST), stream.read()
    except OSError as error:
        raise unusable(file.path, error) from None
    if not first or (first.startswith(codec.mark) and len(first) < LONGEST and not first.endswith(b"\n")):
        return Checkpoint(file, codec, expected, {}, 0)
    header = _header(file.path, codec, first, expected, adopt)
    *lines, cut = rest.split(b"\n")
    items: dict[Hashable, Item] = {}
    for number, line in enumerate(lines, 2):
        try:
            item = _item(line, codec, header)
            key = codec.key(item)
            if key in items:
                raise ValueError(f"{codec.item}: {key} is there twice")
        except ValueError as error:
            raise ValueError(
                f"checkpoint: line {number} of {named(file.path)}: {error}; remove that line, or choose another path"
            ) from None
        items[key] = item
    return Checkpoint(file, codec, header, items, len(first) + len(rest) - len(cut))


def _header(file: Path, codec: Codec[Item], line: bytes, expected: Record, adopt: tuple[str, ...]) -> Record:
    """The first line, which agrees with what is expected but for the entries to adopt."""
    header = _parsed(line) if line.startswith(codec.mark) else None
    if not isinstance(header, dict):
        required = f"a file made by a {codec.maker}, or an empty one,"
        raise ValueError(f"checkpoint: {required} is required, {named(file)} is none; choose another path")
    different = [n for n in {**expected, **header} if n not in adopt and header.get(n) != expected.get(n)]
    different += [name for name in adopt if not _alike(header.get(name), expected[name])]
    if different:
        found = ", ".join(f"{n:.50} = {header.get(n)!s:.200} instead of {expected.get(n)}" for n in different)
        required = "checkpoint: a file of this problem is required"
        raise ValueError(f"{required}, {named(file)} has {named(found)}; choose another path")
    return header


def _alike(found: Any, words: list[int]) -> bool:
    """Whether something is a list of as many words of 32 bits."""
    return (
        isinstance(found, list)
        and len(found) == len(words)
        and all(type(word) is int and 0 <= word < 2**32 for word in found)
    )


def _item(line: bytes, codec: Codec[Item], header: Record) -> Item:
    record = _parsed(line)
    if not isinstance(record, dict):
        raise ValueError(f"a {codec.item} in JSON is required")
    found = record.pop("check", None)
    item = codec.read(record)
    if found != _check(header, record):
        raise ValueError("check: the line was altered after it was written, or is of another file")
    return item


def _parsed(line: bytes) -> Any:
    """What a line says in JSON, None if it says nothing."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _check(*records: Record) -> int:
    """A sum over header and result, in which a damaged digit shows."""
    total = 0
    for record in records:
        total = zlib.crc32(json.dumps(record, sort_keys=True).encode(), total)
    return total
