"""Text and JSON in files: written whole or not at all, read with bounds."""

import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from .checks import shown

FilePath = str | os.PathLike[str]
LARGEST = 20_000_000
"""Bytes of a file that is read, unless told."""


def write_json(path: FilePath, data: Any) -> None:
    """Write JSON as `write_text` does."""
    write_text(path, json.dumps(data, allow_nan=False))


def write_text(path: FilePath, text: str) -> None:
    """Write a file in one step, in place of one of that name; where the name is a link, in place of its target.

    Raises
    ------
    ValueError
        If it cannot be written, or the name is that of something else than a regular file.
    """
    file = _named(path)
    try:
        file = file.resolve()
        if file.exists() and not file.is_file():
            raise ValueError("a regular file is required")
        new = file.with_name(f".{file.name[:100]}.{secrets.token_hex(8)}")
        try:
            with new.open("x", encoding="utf-8", newline="") as stream:
                stream.write(text)
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise _refused(path, error) from None


def read_json(path: FilePath, largest: int = LARGEST) -> Any:
    """What a file of JSON says.

    Raises
    ------
    ValueError
        If it cannot be read, is no regular file of JSON, or too large.
    """
    file = _named(path)
    try:
        status = file.stat()  # a device or a pipe may never end
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("a regular file is required")
        if status.st_size > largest:
            raise ValueError(f"at most {largest} bytes are required")
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        raise _refused(path, error) from None
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _refused(path, f"a file of JSON is required, which this is not ({type(error).__name__})") from None


def _named(path: object) -> Path:
    """The path of a name."""
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise ValueError(f"path: the name of a file is required, got {shown(path)}")
    return Path(path)


def _refused(path: object, reason: object) -> ValueError:
    """The refusal of a file, with its name, or the end of a long one."""
    name = ascii(str(path))
    told = reason.strerror or reason if isinstance(reason, OSError) else reason
    return ValueError(f"path: {name if len(name) < 300 else f'...{name[-200:]}'}: {told}")
