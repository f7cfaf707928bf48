"""JSON in files: written whole or not at all, read with bounds."""

import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

FilePath = str | os.PathLike[str]
LARGEST = 20_000_000
"""Bytes of a file that is read."""


def write_json(path: FilePath, data: Any) -> None:
    """Write a file in one step, in place of one of that name; where the name is a link, in place of its target.

    Raises
    ------
    ValueError
        If the name is that of something else than a regular file.
    OSError
        If it cannot be written.
    """
    file = _named(path).resolve()
    if file.exists() and not file.is_file():
        raise ValueError(f"path: a regular file is required, got {str(path)!r}")
    new = file.with_name(f".{file.name[:100]}.{secrets.token_hex(8)}")
    try:
        with new.open("x", encoding="utf-8") as stream:
            json.dump(data, stream, allow_nan=False)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def read_json(path: FilePath) -> Any:
    """What a file of JSON says.

    Raises
    ------
    ValueError
        If it is no regular file of JSON, or too large.
    OSError
        If it cannot be read.
    """
    file = _named(path)
    status = file.stat()  # a device or a pipe may never end
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"path: a regular file is required, got {str(path)!r}")
    if status.st_size > LARGEST:
        raise ValueError(f"path: a file of at most {LARGEST} bytes is required, got {str(path)!r}")
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"path: a file of JSON is required, got {str(path)!r} ({type(error).__name__})") from None


def _named(path: object) -> Path:
    """The path of a name."""
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise ValueError(f"path: the name of a file is required, got {path!r}")
    return Path(path)
