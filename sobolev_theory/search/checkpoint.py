"""Finished runs in a file of JSON lines, from which an interrupted search goes on.

The first line names the problem; every other line is one finished run, on disk before the next is waited for. Files are
made here or were empty, and are only appended to: nothing is ever replaced, and no other file is made on the way. Of a
line that was being written when the search was killed the end is missing; it is dropped, and nothing else is forgiven.
"""

from __future__ import annotations

import json
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._runtime.checks import named, shown
from ..layout import Layout
from .records import point_of
from .results import EndPoint

Record = dict[str, Any]
FilePath = str | os.PathLike[str]

MARK = b'{"format": "critical points of gradient flow'
"""How every file begins; a stranger's does not."""

LONGEST = 1 << 16
"""Bytes within which the first line of a file ends."""

OTHERS = {
    stat.S_IFLNK: "a symbolic link; name the file it leads to",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}
"""What else a path can lead to; devices beside."""


@dataclass
class Checkpoint:
    """An open file.

    Attributes
    ----------
    header
        What identifies the problem.
    points
        Finished runs, by number.
    """

    path: Path
    header: Record
    points: dict[int, EndPoint]
    descriptor: int
    writable: bool
    length: int

    def begin(self, missing: int) -> None:
        """Make the file ready for so many runs more.

        Raises
        ------
        ValueError
            If it cannot be written.
        """
        if not self.writable:
            raise ValueError(f"checkpoint: {named(self.path)} can be read only, and {missing} runs are missing in it")
        try:
            os.ftruncate(self.descriptor, self.length)
            if not self.length:
                self._write(self.header)
        except OSError as error:
            raise _unusable(self.path, error) from None

    def append(self, point: EndPoint) -> None:
        """One finished run, on disk."""
        record = point.as_dict()
        self._write({**record, "check": _check(self.header, record)})

    def _write(self, record: Record) -> None:
        """One line, whole or not at all."""
        line, length = json.dumps(record).encode() + b"\n", os.fstat(self.descriptor).st_size
        try:
            while line:
                line = line[os.write(self.descriptor, line) :]
            os.fsync(self.descriptor)
        except OSError as error:
            os.ftruncate(self.descriptor, length)
            raise OSError(error.errno, f"checkpoint: {error.strerror}", str(self.path)) from None


@contextmanager
def opened(path: FilePath, header: Record, adopt: tuple[str, ...], layout: Layout) -> Iterator[Checkpoint]:
    """A checkpoint, read and locked against other searches, but not yet written.

    Parameters
    ----------
    path
        A file that does not exist or is empty, or was made here. A link is not followed.
    header
        What identifies the problem.
    adopt
        Names of entries that an existing file decides.
    layout
        What of a student moves.

    Raises
    ------
    ValueError
        If the file is none of these, belongs to another problem, is in use, or was altered.
    """
    file = _path(path)
    descriptor, writable, new = _open(file)
    try:
        _lock(file, descriptor, writable)
        yield _read(file, descriptor, writable, header, adopt, layout)
    finally:
        if new and not os.fstat(descriptor).st_size:
            file.unlink(missing_ok=True)
        os.close(descriptor)


def _path(value: FilePath) -> Path:
    try:
        path = os.fsdecode(value)
    except TypeError:
        path = ""
    if not path or "\0" in path:
        raise ValueError(f"checkpoint: a path is required, got {shown(value)}")
    return Path(path)


def _open(file: Path) -> tuple[int, bool, bool]:
    """A descriptor of a regular file, whether it can be written, and whether it was made now."""
    flags = os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        _require_regular(file, os.lstat(file).st_mode if os.path.lexists(file) else stat.S_IFREG)
        try:
            result = os.open(file, flags | os.O_RDWR), True, False
        except FileNotFoundError:
            result = os.open(file, flags | os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666), True, True
        except OSError:
            result = os.open(file, flags | os.O_RDONLY), False, False
    except FileExistsError:
        raise _in_use(file) from None
    except (OSError, UnicodeError) as error:
        raise _unusable(file, error) from None
    _require_regular(file, os.fstat(result[0]).st_mode)
    return result


def _require_regular(file: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = OTHERS.get(stat.S_IFMT(mode), "a device")
        raise ValueError(f"checkpoint: a regular file is required, {named(file)} is {kind}")


def _unusable(file: Path, error: Exception) -> ValueError:
    reason = getattr(error, "strerror", None) or error
    required = "checkpoint: a file that can be written is required"
    return ValueError(f"{required}, {named(file)}: {reason}; choose another path")


def _in_use(file: Path) -> ValueError:
    advice = "wait for its end, or choose another path"
    return ValueError(f"checkpoint: {named(file)} is in use by another search; {advice}")


def _lock(file: Path, descriptor: int, writable: bool) -> None:
    """Keep other searches out until the file is closed, also by the death of this process."""
    import fcntl  # there is none on Windows, where the package can be imported all the same

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if writable else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _in_use(file) from None
    except OSError:  # a file system without locks
        return


def _read(
    file: Path, descriptor: int, writable: bool, expected: Record, adopt: tuple[str, ...], layout: Layout
) -> Checkpoint:
    """Header and runs."""
    try:
        with open(descriptor, "rb", closefd=False) as stream:
            first, rest = stream.readline(LONGEST), stream.read()
    except OSError as error:
        raise _unusable(file, error) from None
    if not first or (first.startswith(MARK) and len(first) < LONGEST and not first.endswith(b"\n")):
        return Checkpoint(file, expected, {}, descriptor, writable, 0)
    header = _header(file, first, expected, adopt)
    *lines, cut = rest.split(b"\n")
    points: dict[int, EndPoint] = {}
    for number, line in enumerate(lines, 2):
        try:
            point = _point(line, header, layout)
            if point.run in points:
                raise ValueError(f"run: {point.run} is there twice")
        except ValueError as error:
            raise ValueError(
                f"checkpoint: line {number} of {named(file)}: {error}; remove that line, or choose another path"
            ) from None
        points[point.run] = point
    return Checkpoint(file, header, points, descriptor, writable, len(first) + len(rest) - len(cut))


def _header(file: Path, line: bytes, expected: Record, adopt: tuple[str, ...]) -> Record:
    """The first line, which agrees with what is expected but for the entries to adopt."""
    header = _parsed(line) if line.startswith(MARK) else None
    if not isinstance(header, dict):
        required = "a file made by a search, or an empty one,"
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


def _point(line: bytes, header: Record, layout: Layout) -> EndPoint:
    record = _parsed(line)
    if not isinstance(record, dict):
        raise ValueError("a run in JSON is required")
    found = record.pop("check", None)
    point = point_of(record, layout)
    if found != _check(header, record):
        raise ValueError("check: the line was altered after it was written, or is of another file")
    return point


def _parsed(line: bytes) -> Any:
    """What a line says in JSON, None if it says nothing."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _check(*records: Record) -> int:
    """A sum over header and run, in which a damaged digit shows."""
    total = 0
    for record in records:
        total = zlib.crc32(json.dumps(record, sort_keys=True).encode(), total)
    return total
