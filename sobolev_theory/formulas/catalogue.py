"""The catalogue by name; its data is generated and lies in the package."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from .._runtime.checks import shown
from .records import Formula
from .theorems import Theorem

KINDS: dict[str, Callable[[dict[str, Any]], Formula | Theorem]] = {
    "formula": Formula.from_dict,
    "theorem": Theorem.from_dict,
}


class UnknownFormulaError(ValueError):
    """No formula has this name; the message suggests names that are near."""

    def __init__(self, name: object, known: list[str]) -> None:
        near = _near(name, known) if isinstance(name, str) else []
        everything = "formulas.names() lists all, on the command line --list"
        advice = f"did you mean {' or '.join(map(repr, near))}?" if near else everything
        super().__init__(f"name: the name of a formula is required, got {shown(name)}; {advice}")


def _near(name: str, known: list[str]) -> list[str]:
    """Names that contain all parts asked for come before names that are spelled alike."""
    parts = [part.lower() for part in name.split("/") if part]
    containing = [full for full in known if parts and all(part in full.lower().split("/") for part in parts)]
    return (containing or difflib.get_close_matches(name, known, n=3, cutoff=0.5))[:3]


@cache
def _records() -> dict[str, dict[str, Any]]:
    text = (files("sobolev_theory") / "_kernels" / "catalogue.json").read_text(encoding="utf-8")
    return {record["name"]: record for record in json.loads(text)}


def names(prefix: str = "") -> list[str]:
    """Names of all formulas and theorems, sorted; with a prefix, those that begin with it.

    Examples
    --------
    >>> names("relu/L2/gradient")
    ['relu/L2/gradient', 'relu/L2/gradient/self']
    """
    if not isinstance(prefix, str):
        raise ValueError(f"prefix: the beginning of a name is required, got {shown(prefix)}")
    return sorted(name for name in _records() if name.startswith(prefix))


def search(words: str) -> list[str]:
    """Names of the formulas and theorems that have all the words in their name, title or statement, sorted.

    Examples
    --------
    >>> search("velocity exact")
    ['relu/H1/single_neuron/velocity/exact']
    """
    if not isinstance(words, str) or not words.split():
        raise ValueError(f"words: at least one word is required, got {shown(words)}")
    texts = {
        name: f"{name} {record.get('title', '')} {record['statement']}".lower() for name, record in _records().items()
    }
    return sorted(name for name, text in texts.items() if all(word in text for word in words.lower().split()))


def get(name: str) -> Formula | Theorem:
    """The formula or theorem of a name.

    Raises
    ------
    UnknownFormulaError
        If there is none; the message suggests near names.

    Examples
    --------
    >>> get("relu/K00").source
    'Cho & Saul 2009; Oh, Lyu & Son 2025 (arXiv 2509.19773)'
    """
    records = _records()
    if not isinstance(name, str) or name not in records:
        raise UnknownFormulaError(name, sorted(records))
    data = dict(records[name])
    return KINDS[data.pop("kind")](data)
