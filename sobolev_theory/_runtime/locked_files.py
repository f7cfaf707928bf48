"""Files that one process at a time appends to: opened, and locked, without touching anything else."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .checks import named, shown

FilePath = str | os.PathLike[str]

OTHERS = {
    stat.S_IFLNK: "a symbolic link; name the file it leads to",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}
"""What else a path can lead to; devices beside."""


@dataclass(frozen=True)
class LockedFile:
    """A regular file that is open to be read and, if it can be written, appended to."""

    path: Path
    descriptor: int
    writable: bool


@contextmanager
def locked(path: FilePath, maker: str) -> Iterator[LockedFile]:
    """A file that does not exist or is a regular one, kept from others of that ``maker`` until it is closed.

    A link is not followed. A new file into which nothing was written is gone in the end.

    Raises
    ------
    ValueError
        If it is something else than a regular file, cannot be opened, or is in use.
    """
    file = _path(path)
    descriptor, writable, new = _open(file, maker)
    try:
        _lock(file, maker, descriptor, writable)
        yield LockedFile(file, descriptor, writable)
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


def _open(file: Path, maker: str) -> tuple[int, bool, bool]:
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
        raise _in_use(file, maker) from None
    except (OSError, UnicodeError) as error:
        raise unusable(file, error) from None
    _require_regular(file, os.fstat(result[0]).st_mode)
    return result


def _require_regular(file: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = OTHERS.get(stat.S_IFMT(mode), "a device")
        raise ValueError(f"checkpoint: a regular file is required, {named(file)} is {kind}")


def unusable(file: Path, error: Exception) -> ValueError:
    """The refusal of a file for a reason that the system gives."""
    reason = getattr(error, "strerror", None) or error
    required = "checkpoint: a file that can be written is required"
    return ValueError(f"{required}, {named(file)}: {reason}; choose another path")


def _in_use(file: Path, maker: str) -> ValueError:
    advice = "wait for its end, or choose another path"
    return ValueError(f"checkpoint: {named(file)} is in use by another {maker}; {advice}")


def _lock(file: Path, maker: str, descriptor: int, writable: bool) -> None:
    """Keep others out until the file is closed, also by the death of this process."""
    import fcntl  # there is none on Windows, where the package can be imported all the same

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if writable else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _in_use(file, maker) from None
    except OSError:  # a file system without locks
        return
