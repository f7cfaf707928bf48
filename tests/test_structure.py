"""The house: imports run one way between modules and between rooms, files are small, internal modules not offered."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

import sobolev_theory as st

PACKAGE = Path(st.__file__).parent
ROOT = PACKAGE.parent
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 260

Graph = dict[str, set[str]]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module_name(path) for path in FILES}


@cache
def imported(path: Path) -> frozenset[str]:
    """What a file imports; parsed once."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    """The package's modules that a file imports, anywhere in it; of a package that re-exports, the package itself."""
    here = module_name(path).split(".")
    package = here if path.name == "__init__.py" else here[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in NAMES)
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                target = f"{origin}.{alias.name}"
                if target in NAMES or origin in NAMES:
                    yield target if target in NAMES else origin


def modules() -> Graph:
    return {module_name(path): set(imported(path)) - {module_name(path)} for path in FILES}


def rooms(graph: Graph) -> Graph:
    """Folders, and files beside them, of the package; its door and its command line, which import all, left out.

    Generated kernels and the special functions that they call are one room, that of what is evaluated.
    """

    def room(name: str) -> str:
        return ".".join(name.split(".")[:2]).replace("_special", "_kernels")

    found: Graph = {}
    for name, others in graph.items():
        if name not in ("sobolev_theory", "sobolev_theory.__main__"):
            found.setdefault(room(name), set()).update({room(other) for other in others} - {room(name)})
    return found


def circle(graph: Graph) -> list[str]:
    """A circle of imports, empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_modules_import_in_no_circle() -> None:
    assert circle(modules()) == []


def test_rooms_import_in_no_circle() -> None:
    assert circle(rooms(modules())) == []


def test_rooms_are_listed_in_the_order_in_which_they_import() -> None:
    """On the page for contributors; `_special` is of the room of kernels."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (part,) = re.findall(
        r"Rooms, each of which imports from those before it\s+alone:(.*?)\.\s`__main__`", text, re.DOTALL
    )
    listed = [f"sobolev_theory.{name}" for name in re.findall(r"`(\w+)`", part) if name != "_special"]
    graph = rooms(modules())
    assert sorted(listed) == sorted(graph)
    place = {name: number for number, name in enumerate(listed)}
    back = [(name, other) for name in listed for other in graph[name] & place.keys() if place[other] > place[name]]
    assert back == []


def test_a_circle_is_seen() -> None:
    assert len(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == 4
    graph = modules()
    graph["sobolev_theory.errors"].add("sobolev_theory.losses")
    assert circle(graph)
    assert circle(rooms(graph))


def test_the_numeric_side_needs_no_sympy() -> None:
    """The engine is loaded by its name: by the door, and when a record is asked for its expression or proof."""
    for name, others in modules().items():
        if "symbolic" not in name:
            assert not any(other.startswith("sobolev_theory.symbolic") for other in others), name


@pytest.mark.parametrize("room", ["sobolev_theory", "examples", "docs/generate"])
def test_files_are_short(room: str) -> None:
    """Generated ones may be long."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / room).rglob("*.py")}
    assert {path for path, length in lengths.items() if length > LONGEST and path.parent.name != "_kernels"} == set()


def test_internal_modules_are_not_offered() -> None:
    """By tab completion, which asks `dir`; what is loaded on demand is, where it can be."""
    shown = [name for name in dir(st) if not name.startswith("_")]
    torch = ["torch"] if find_spec("torch") else []
    assert sorted(shown) == sorted([*st.__all__, "functional", "plotting", "symbolic", *torch])
    for room in (
        "activations",
        "empirical",
        "finite_sample",
        "formulas",
        "functional",
        "kernels",
        "monte_carlo",
        "reduced",
        "symmetric",
        "plotting",
        "symbolic",
    ):
        module = getattr(st, room)
        assert dir(module) == sorted(module.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = st.nothing


def test_rooms_with_extras_are_loaded_on_demand() -> None:
    code = """
import sys, sobolev_theory as st
before = {"sympy", "matplotlib", "array_api_compat"} & set(sys.modules)
print(sorted(before), callable(st.symbolic.derive), callable(st.plotting.loss_curves), callable(st.functional.value))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["[]", "True", "True", "True"]
