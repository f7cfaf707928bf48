"""Finished runs in a file of JSON lines, from which an interrupted search goes on.

The first line names the problem; every other line is one finished run, on disk before the next is begun. A line without
its end was being written when the search was killed, and is dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

Record = dict[str, Any]
FilePath = str | os.PathLike[str]


@contextmanager
def resumed(
    path: FilePath, header: Record, adopt: tuple[str, ...]
) -> Iterator[tuple[Record, list[Record], Callable[[Record], None]]]:
    """The header of the file, its finished runs, and a function that appends one; it may be called from any thread.

    Parameters
    ----------
    path
        A file that does not exist or is empty, or was made here.
    header
        What identifies the problem.
    adopt
        Names of entries that an existing file decides.

    Raises
    ------
    ValueError
        If the file is none of these, or belongs to another problem.
    """
    file = Path(path)
    if not file.exists() or not file.stat().st_size:
        _create(file, header)
    header, records = _read(file, header, adopt)
    lock = Lock()
    with file.open("ab") as stream:

        def append(record: Record) -> None:
            with lock:
                _write(stream, record)

        yield header, records, append


def _create(file: Path, header: Record) -> None:
    """A file with its header, whole or not at all."""
    new = file.with_name(file.name + ".new")
    with new.open("wb") as stream:
        _write(stream, header)
    new.replace(file)


def _write(stream: Any, record: Record) -> None:
    """One line, on disk."""
    stream.write(json.dumps(record).encode() + b"\n")
    stream.flush()
    os.fsync(stream.fileno())


def _read(file: Path, expected: Record, adopt: tuple[str, ...]) -> tuple[Record, list[Record]]:
    """Header and runs; what follows the last end of a line is cut off."""
    content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    header, *records = [_parse(file, number, line) for number, line in enumerate(whole.splitlines(), 1)] or [{}]
    different = [name for name, value in expected.items() if name not in adopt and header.get(name) != value]
    if different:
        found = ", ".join(f"{name} = {header.get(name)} instead of {expected[name]}" for name in different)
        raise ValueError(f"checkpoint: a file of this problem is required, {file} has {found}; choose another path")
    if len(whole) < len(content):
        os.truncate(file, len(whole))
    return header, records


def _parse(file: Path, number: int, line: bytes) -> Record:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise ValueError(
            f"checkpoint: a file of JSON lines is required, line {number} of {file} is none; choose another path"
        )
    return record
