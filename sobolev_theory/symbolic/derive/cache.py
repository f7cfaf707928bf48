"""What was derived, kept in files of the user's folder for caches, so that another process need not derive it again.

A file is JSON: the key (what was derived, by which package, engine and SymPy), the data, and a hash of both. It is read
as data. One that is damaged, of another key, or that does not pass the checks of those who use it, is as good as none,
and is written anew.
"""

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import sympy as sp

from ... import __version__
from ..._runtime.json_files import read_json, write_json

VARIABLE = "SOBOLEV_THEORY_CACHE"
"""Environment variable that names the folder, or is `OFF`."""

OFF = "off"
ENGINE = ("symbolic", "activations", "formulas", "_runtime")
"""Rooms of the package on which derived activations depend."""

Key = dict[str, Any]


def folder() -> Path | None:
    """Where files are kept; None if nowhere, which is so without ``platformdirs``."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen:
        return None if chosen.lower() == OFF else Path(chosen)
    try:
        import platformdirs
    except ImportError:
        return None
    return Path(platformdirs.user_cache_dir("sobolev_theory", appauthor=False))


def key(what: str, **details: Any) -> Key:
    """What identifies a result: what it is and of what, and by what it was made."""
    return {"what": what, **details, "package": __version__, "engine": _engine(), "sympy": sp.__version__}


def load(key: Key) -> Any:
    """The data that was stored; None if there is none."""
    file = _file(key)
    try:
        kept = None if file is None else read_json(file)
    except ValueError:
        return None
    if not isinstance(kept, dict) or kept.get("key") != key or kept.get("hash") != _hash(key, kept.get("data")):
        return None
    return kept["data"]


def store(key: Key, data: Any) -> None:
    """Keep data; where no file can be written, nothing is kept."""
    file = _file(key)
    if file is None:
        return
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(file, {"key": key, "data": data, "hash": _hash(key, data)})
    except (OSError, ValueError):
        return


def _file(key: Key) -> Path | None:
    where = folder()
    return None if where is None else where / f"{key['what']}-{_hash(key)[:32]}.json"


def _hash(*data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


@cache
def _engine() -> str:
    """A hash of the modules that derive."""
    root = Path(__file__).parents[2]
    files = (file for room in ENGINE for file in (root / room).rglob("*.py"))
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.relative_to(root).as_posix()}\n".encode() + file.read_bytes())
    return total.hexdigest()
