"""Print the oldest supported version of every dependency, for ``pip install --constraint``: each ``>=`` as ``==``.

A dependency with another bound, or with two, is refused: no environment of the oldest versions would show what it says.
"""

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
BOUND = re.compile(r"(?P<name>[A-Za-z0-9_-]+)(?:>=|==)(?P<version>[0-9.]+)")


def oldest(project: dict[str, object]) -> dict[str, str]:
    """Versions by package, of the ``[project]`` table with all its extras."""
    extras: dict[str, list[str]] = project["optional-dependencies"]
    required: list[str] = [*project["dependencies"], *(one for extra in extras.values() for one in extra)]
    versions: dict[str, str] = {}
    for requirement in required:
        if requirement.startswith(f"{project['name']}["):
            continue
        bound = BOUND.fullmatch(requirement)
        if bound is None:
            raise SystemExit(f"pyproject.toml: a lower bound, name>=version, is required, got {requirement!r}")
        name, version = bound.groups()
        if versions.setdefault(name, version) != version:
            raise SystemExit(f"pyproject.toml: one bound of {name} is required, got {versions[name]} and {version}")
    return versions


if __name__ == "__main__":
    for name, version in oldest(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]).items():
        print(f"{name}=={version}")
    sys.exit(0)
