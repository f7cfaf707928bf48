"""What derivations contribute: generated files, and records of the catalogue, written as one JSON file."""

import json
from dataclasses import dataclass
from itertools import pairwise

from sobolev_theory.formulas.records import Formula
from sobolev_theory.formulas.theorems import Theorem


@dataclass(frozen=True)
class Output:
    """What one derivation contributes: generated files by name, and catalogue records."""

    files: dict[str, str]
    records: list[Formula]


def catalogue_file(records: list[Formula | Theorem]) -> str:
    """The catalogue as JSON text, sorted by name, a record a line.

    Raises
    ------
    ValueError
        If two records have one name.
    """
    ordered = sorted(records, key=lambda record: record.name)
    twice = {a.name for a, b in pairwise(ordered) if a.name == b.name}
    if twice:
        raise ValueError(f"records of the same name: {', '.join(sorted(twice))}")
    lines = [json.dumps({"kind": type(record).__name__.lower()} | record.to_dict()) for record in ordered]
    return "[\n" + ",\n".join(lines) + "\n]\n"
