"""Weights and other numbers from files: what a file is, is judged before it is read, and by its size before memory is
asked for.

Nothing in a file is run: of NumPy's formats plain arrays are read, never pickled objects.
"""

import math
import os
import stat
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ...errors import SizeError
from .arrays import as_array, as_finite
from .names import named, near, shown
from .tables import from_text

FloatArray = NDArray[np.float64]
Read = TypeVar("Read")

SUFFIXES = (".npy", ".npz", ".csv", ".tsv", ".txt")
WEIGHTS = (
    "weights of shape (neurons, d), in a .npy or .npz file, or in a .csv, .tsv or .txt file of comma-separated numbers,"
    " one neuron a line, are required"
)
NUMBERS = "numbers, in a .npy or .npz file, or in a .csv, .tsv or .txt file of comma-separated numbers, are required"

LARGEST, LONGEST = 2**28, 2**26
"""Bytes of the largest array, in a file or unpacked from one, and of the longest text: 10^7 and 10^6 weights."""

ARRAY, ARCHIVE = npy.MAGIC_PREFIX, b"PK\x03\x04"
"""How files of NumPy begin: one array, and a zip archive of them."""


def read_weights(name: str, path: Path) -> FloatArray:
    """Weights (neurons, d) from a file; of an archive of several arrays, ``W.npz:key`` says which.

    Raises
    ------
    ValueError
        On one line, with the argument's name and the file: for a file that is none or cannot be read, that holds
        something else than its suffix says, that is damaged, or whose numbers are no weights.
    SizeError
        For a file, or an array in an archive, of more than `LARGEST` bytes.
    """
    where, weights = _read(name, path, WEIGHTS)
    return as_array(where, weights, ("neurons", "d"))


def read_numbers(name: str, path: Path) -> FloatArray:
    """A number, a row or a table of numbers from a file; a table of one row, or of one column, is a row.

    Raises
    ------
    ValueError, SizeError
        As by `read_weights`.
    """
    where, numbers = _read(name, path, NUMBERS)
    return as_finite(where, numbers.ravel() if numbers.ndim == 2 and 1 in numbers.shape else numbers)


def read_arrays(name: str, path: Path, known: Iterable[str]) -> dict[str, FloatArray]:
    """The arrays of a .npz file by their names, all of which are known ones, and all of numbers.

    Raises
    ------
    ValueError, SizeError
        As by `read_weights`.
    """
    found = read_archive(name, path, known)
    return {key: as_finite(f"{name} {named(path)}: {key}", array) for key, array in found.items()}


def read_archive(name: str, path: Path, known: Iterable[str]) -> dict[str, NDArray[np.generic]]:
    """The same, of numbers or of something else.

    Raises
    ------
    ValueError, SizeError
        As by `read_weights`.
    """
    known = tuple(known)
    required = f"arrays named {', '.join(known)}, or some of them, in a .npz file, are required"

    def read() -> dict[str, NDArray[np.generic]]:
        if path.suffix.lower() != ".npz":
            raise ValueError(f"another kind of file, {path.suffix or 'without a suffix'}")
        with _archive(_data(path)) as archive:
            members = _members(archive)
            for key in members:
                if key not in known:
                    raise ValueError(f"one named {shown(key)}{near(key, known)}")
            return {key: _array_in(archive, member) for key, member in members.items()}

    return _told(f"{name} {named(path)}", required, read)


def archive_names(path: Path) -> set[str]:
    """The names of the arrays in a .npz file; none if it is no such file, of which reading it says why."""
    try:
        with _archive(_data(path)) as archive:
            return set(_members(archive))
    except (ValueError, OSError):
        return set()


def _read(name: str, path: Path, required: str) -> tuple[str, NDArray[np.generic]]:
    """What messages call a file, and the array that is in it, or of which ``W.npz:key`` is the name."""
    path, key = _and_key(path)
    where = f"{name} {named(path)}"
    return where, _told(where, required, lambda: _array(path, key))


def _told(where: str, required: str, read: Callable[[], Read]) -> Read:
    """What is read; of errors, the message with the file and what is required."""
    try:
        return read()
    except SizeError as error:
        raise SizeError(f"{where}: {error}") from None
    except OSError as error:
        raise ValueError(f"{where}: {error.strerror or error}") from None
    except ValueError as error:
        raise ValueError(f"{where}: {required}; got {error}") from None


def _and_key(path: Path) -> tuple[Path, str | None]:
    """A path and the name of an array in it: ``W.npz:key`` is a file and a key unless there is a file of that name."""
    file, colon, key = str(path).rpartition(":")
    if colon and file.lower().endswith(".npz") and not os.path.exists(path):
        return Path(file), key
    return path, None


def _array(path: Path, key: str | None) -> NDArray[np.generic]:
    """The array in a file, whatever its shape; what came in its place as the message of a ValueError."""
    data = _data(path)
    if data.startswith(ARRAY):
        return array_of(data)
    if not data.startswith(ARCHIVE):
        return from_text(data)
    with _archive(data) as archive:
        members = _members(archive)
        return _array_in(archive, members[_chosen(list(members), key)])


def _data(path: Path) -> bytes:
    """The bytes of a file, which is what its suffix says by its size and its first bytes."""
    size, suffix = _size(path), path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"another kind of file, {suffix or 'without a suffix'}")
    if not size:
        raise ValueError("an empty file")
    if size > (most := LARGEST if suffix in (".npy", ".npz") else LONGEST):
        raise SizeError(f"at most {most} bytes of {suffix} are required, got {size}; .npy is the shortest")
    data = path.read_bytes()
    found = ".npy" if data.startswith(ARRAY) else ".npz" if data.startswith(ARCHIVE) else "text"
    if (suffix if suffix in (".npy", ".npz") else "text") != found:
        raise ValueError(
            f"{found if found != 'text' else 'no NumPy file'} by its first bytes; it is damaged, or its suffix is wrong"
        )
    return data


def _size(path: Path) -> int:
    """Bytes of a regular file; pipes and devices, which may have no end, are not opened."""
    try:
        status = path.stat()
    except ValueError:  # a zero byte in the name
        raise ValueError("a name that no file has") from None
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device")
    return status.st_size


def array_of(data: bytes) -> NDArray[np.generic]:
    """The array of the bytes of a .npy file, which its header has to describe to the byte."""
    stream = BytesIO(data)
    try:
        version = npy.read_magic(stream)
        header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if header is None:
            raise ValueError(f"version {version}")
        with warnings.catch_warnings(action="ignore"):  # of Python's parser, about damaged text
            shape, columns_first, dtype = header(stream)
    except Exception as error:  # NumPy's reader passes on whatever reading the header as Python's text raises
        raise ValueError(f"a .npy file whose header is damaged, {shown(error)}") from None
    if dtype.hasobject:
        raise ValueError("pickled objects, which are never loaded since they can run code; save x.astype(float)")
    count, left = math.prod(shape), len(data) - stream.tell()
    if min(shape, default=1) < 1 or count * dtype.itemsize != left:
        raise ValueError(f"a .npy file of {left} bytes of numbers, while its header says shape {shape} of {dtype}")
    return np.frombuffer(data, dtype, count, stream.tell()).reshape(shape, order="F" if columns_first else "C")


@contextmanager
def _archive(data: bytes) -> Iterator[zipfile.ZipFile]:
    """A .npz file; what is wrong with it as the message of a ValueError."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            yield archive
    except ValueError:
        raise
    except Exception as error:  # zipfile passes on whatever its decompressors raise
        raise ValueError(f"a damaged archive, {shown(error)}") from None


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """What is in an archive, by the names of arrays."""
    return {info.filename.removesuffix(".npy"): info for info in archive.infolist()}


def _array_in(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[np.generic]:
    """One array of an archive."""
    if member.file_size > LARGEST:
        raise SizeError(f"an array of at most {LARGEST} bytes is required, got {member.file_size} unpacked")
    unpacked = archive.read(member)
    if not unpacked.startswith(ARRAY):
        raise ValueError("an archive of something else than arrays")
    return array_of(unpacked)


def _chosen(keys: list[str], key: str | None) -> str:
    """The key asked for, or the only one."""
    listed = ", ".join(keys[:9]) or "no arrays"
    if key is not None and key not in keys:
        raise ValueError(f"an archive of {listed}, and none named {key}{near(key, keys)}")
    if key is None and len(keys) != 1:
        raise ValueError(f"an archive of {listed}; name one, W.npz:{keys[0]}" if keys else "an archive of no arrays")
    return keys[0] if key is None else key
