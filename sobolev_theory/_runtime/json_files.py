"""Files written whole or not at all; text and JSON in them, read with bounds."""

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
    """Write JSON as `write_bytes` does."""
    write_text(path, json.dumps(data, allow_nan=False))


def write_text(path: FilePath, text: str) -> None:
    """Write text as `write_bytes` does, in UTF-8."""
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise _refused(path, error) from None
    write_bytes(path, data)


def write_bytes(path: FilePath, data: bytes) -> None:
    """Write a file in one step, in place of one of that name; where the name is a link, in place of its target.

    Raises
    ------
    ValueError
        If it cannot be written, or the name is that of something else than a regular file.
    """
    file = named_file(path)
    try:
        file = file.resolve()
        if file.exists() and not file.is_file():
            raise ValueError("a regular file is required")
        new = file.with_name(f".{file.name[:100]}.{secrets.token_hex(8)}")
        try:
            with new.open("xb") as stream:
                stream.write(data)
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
    file = named_file(path)
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


def existing_file(path: FilePath) -> Path:
    """The path of a name, if there is such a file."""
    file = named_file(path)
    try:
        file.stat()
    except (OSError, ValueError) as error:
        raise _refused(path, error) from None
    return file


def named_file(path: object) -> Path:
    """The path of a name."""
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise ValueError(f"path: the name of a file is required, got {shown(path)}")
    return Path(path)


def _refused(path: object, reason: object) -> ValueError:
    """The refusal of a file, with its name, or the end of a long one."""
    name = ascii(str(path))
    told = reason.strerror or reason if isinstance(reason, OSError) else reason
    return ValueError(f"path: {name if len(name) < 300 else f'...{name[-200:]}'}: {told}")
