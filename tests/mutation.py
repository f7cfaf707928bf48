"""Are the tests sensitive to the code? Mutants, one small change each, and the tests that see them.

    python -m tests.mutation --count 200 --seed 0

A mutant changes one operator, number, comparison, truth value, sign, slice or function of `SUBJECTS`. It is put into a
copy of the tree, never into the tree itself, and the tests that run its line are run on it, the fastest first, until
one fails; which tests run which line is recorded once, before. What no test of the default run sees is printed with
its place at the end. Results are kept in ``--output`` as they come: the same command goes on where it stopped, and
tests anew what survived, since tests may have been added.

Left out are annotations, docstrings, messages (`raise`, f-strings, `__repr__`, `__str__`), decorators, and changes of
``<`` to ``<=``, which are none for numbers that are never equal.
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SUBJECTS = ("losses.py", "points.py", "problem.py", "critical_points.py", "_special.py", "pairs/*.py", "curvature/*.py")
TREE = ("sobolev_theory", "tests", "derivations", "examples", "README.md", "pyproject.toml")
TESTS = (
    "curvature", "critical_points", "integration", "kernels", "losses", "moments", "near_teacher", "networks",
    "operator", "oracles", "special", "values", "flow", "rates", "comparison", "single_neuron", "bad_input", "descent",
    "optimal_weight", "lyapunov", "reach", "sizes", "directional_limit",
)  # fmt: skip
"""The default run without what derives, samples, prints or draws; other files of tests say the same of other rooms."""
PATIENCE = 10.0
"""A mutant that takes so many times the time that its tests took, and a minute, is as good as dead."""

FIRST = 20
"""So many tests are tried alone, from few files, which are soon read."""


# Mutants

OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
FUNCTIONS = {
    one: other
    for pair in ("min max", "minimum maximum", "argmin argmax", "sin cos", "any all", "zeros ones", "sum prod")
    for one, other in (pair.split(), pair.split()[::-1])
}


@dataclass(frozen=True)
class Mutant:
    """One change: its file, line, what it replaces by what, and the file with it."""

    file: str
    line: int
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """What it is known by as long as its file does not change."""
        return hashlib.sha256(f"{self.file}\n{self.source}".encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before}  ->  {self.after}"


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of one node."""

    def with_field(**fields: Any) -> ast.AST:
        changed = copy.copy(node)
        for name, value in fields.items():
            setattr(changed, name, value)
        return changed

    match node:
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() if type(node.op) in OPERATORS:
            yield with_field(op=OPERATORS[type(node.op)]())
        case ast.Compare(ops=[operator]):
            yield with_field(ops=[OPERATORS[type(operator)]()])
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield with_field(value=not node.value)
        case ast.Constant(value=int() | float()):
            yield with_field(value=node.value + 1)
        case ast.Slice(lower=lower, upper=upper) if (lower is None) != (upper is None):
            yield with_field(lower=upper, upper=lower)
        case ast.Name(id=name) if name in FUNCTIONS:
            yield with_field(id=FUNCTIONS[name])
        case ast.Attribute(attr=name) if name in FUNCTIONS:
            yield with_field(attr=FUNCTIONS[name])
        case ast.Attribute(attr="T"):
            yield node.value
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Return(value=ast.BinOp() as value):
            yield with_field(value=ast.UnaryOp(op=ast.USub(), operand=value))


LEFT_OUT = (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom)
ANNOTATIONS = ("annotation", "returns", "decorator_list", "type_params", "bases")


def places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Parent, field, index and node of all that may be changed."""
    for field, value in ast.iter_fields(tree):
        if field in ANNOTATIONS or (field == "func" and isinstance(value, ast.Name) and value.id == "super"):
            continue
        for index, node in enumerate(value if isinstance(value, list) else [value]):
            named = isinstance(node, ast.FunctionDef) and node.name in ("__repr__", "__str__")
            if isinstance(node, ast.AST) and not isinstance(node, LEFT_OUT) and not named:
                yield tree, field, index if isinstance(value, list) else None, node
                yield from places(node)


def mutants(path: Path) -> Iterator[Mutant]:
    """All mutants of a file that do not compile to the same code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    same = ast.unparse(tree)
    for parent, field, index, node in list(places(tree)):
        for changed in changes(node):
            _put(parent, field, index, changed)
            source = ast.unparse(ast.fix_missing_locations(tree))
            if source != same:
                whole = parent if isinstance(node, ast.Constant | ast.Slice) and isinstance(parent, ast.expr) else node
                after = ast.unparse(whole if whole is parent else changed)
                _put(parent, field, index, node)
                name = path.relative_to(ROOT).as_posix()
                yield Mutant(name, node.lineno, ast.unparse(whole), after, source)
            _put(parent, field, index, node)


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


# Which tests run which line: as a plugin of pytest, in the process of the tests

RECORD, ORDER = "MUTATION_RECORD", "MUTATION_ORDER"
FOLLOWED = 100
"""Calls of one function in one test whose lines are recorded."""
NO_VERDICT = (3, 4, 5)
"""Exit statuses of pytest for internal errors, wrong usage, and no tests."""


def pytest_configure(config: Any) -> None:
    """With `RECORD` set, write there by test how long it took and what lines of the subjects it ran."""
    if RECORD in os.environ:
        config.pluginmanager.register(_Recorder(Path(os.environ[RECORD])))


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """With `ORDER` set, run the tests listed there, in that order."""
    if ORDER in os.environ:
        wanted = {name: k for k, name in enumerate(json.loads(Path(os.environ[ORDER]).read_text(encoding="utf-8")))}
        items[:] = sorted((item for item in items if item.nodeid in wanted), key=lambda item: wanted[item.nodeid])


class _Recorder:
    """By test, how long it took and the lines of the subjects that it ran."""

    def __init__(self, output: Path) -> None:
        self.output, self.tests, self.failed = output, {}, set[str]()
        here = Path.cwd()
        self.names = {str(path): path.relative_to(here).as_posix() for path in subjects(here)}

    def pytest_runtest_logstart(self) -> None:
        self.lines, self.calls, self.began = set[tuple[str, int]](), Counter[Any](), time.perf_counter()
        sys.settrace(self.call)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        sys.settrace(None)
        self.tests[nodeid] = [time.perf_counter() - self.began, sorted(self.lines)]

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        for name in self.failed:
            self.tests.pop(name)
        self.output.write_text(json.dumps(self.tests), encoding="utf-8")

    def call(self, frame: Any, event: str, argument: Any) -> Any:
        """Follow the subjects' functions, and no others, some times."""
        if frame.f_code.co_filename not in self.names or self.calls[frame.f_code] >= FOLLOWED:
            return None
        self.calls[frame.f_code] += 1
        return self.line

    def line(self, frame: Any, event: str, argument: Any) -> Any:
        self.lines.add((self.names[frame.f_code.co_filename], frame.f_lineno))
        return self.line


def subjects(root: Path) -> list[Path]:
    """The files to be changed."""
    return sorted(path for name in SUBJECTS for path in (root / "sobolev_theory").glob(name))


# The run


class Copy:
    """A copy of the tree, in which one mutant at a time is tested."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in TREE:
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)

    def pytest(self, tests: list[str], seconds: float | None, **variables: str) -> int | None:
        """The exit status of a run that stops at the first failure; None if it takes too long."""
        environment = os.environ | {"PYTHONPATH": str(self.folder), "OMP_NUM_THREADS": "1"} | variables
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
        command += ["-p", "tests.mutation", *tests]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        try:
            done = subprocess.run(command, cwd=self.folder, env=environment, timeout=seconds, **quiet)
        except subprocess.TimeoutExpired:
            return None
        (self.folder / "last.txt").write_bytes(done.stdout)
        return done.returncode

    def recorded(self, output: Path) -> dict[str, Any]:
        """Duration and lines of every test that passes, unchanged. Kept in ``output`` for the same files."""
        files = [f"tests/test_{name}.py" for name in TESTS]
        read = [*subjects(ROOT), *(ROOT / name for name in files)]
        key = hashlib.sha256(b"".join(path.read_bytes() for path in read)).hexdigest()
        kept = json.loads(output.read_text(encoding="utf-8")) if output.exists() else {}
        if kept.get("key") != key:
            lines = self.folder / "lines.json"
            if self.pytest(["--maxfail=0", *files], None, **{RECORD: str(lines)}) not in (0, 1):
                raise SystemExit((self.folder / "last.txt").read_text(encoding="utf-8"))
            kept = {"key": key, "tests": json.loads(lines.read_text(encoding="utf-8"))}
            output.write_text(json.dumps(kept), encoding="utf-8")
        return dict(kept["tests"])

    def verdict(self, mutant: Mutant, tests: dict[str, float]) -> str:
        """The name of a verdict, by tests with the seconds that they take: "not run" if there are none."""
        if not tests:
            return "not run"
        path = self.folder / mutant.file
        original = path.read_bytes()
        self.write(path, mutant.source.encode())
        try:
            for part in filter(None, (list(tests)[:FIRST], list(tests)[FIRST:])):
                status = self.ordered(part, 60 + PATIENCE * sum(tests[name] for name in part))
                if status != 0:
                    return "timeout" if status is None else "killed"
        finally:
            self.write(path, original)
        return "survived"

    def ordered(self, tests: list[str], seconds: float) -> int | None:
        """The exit status of these tests, in their order."""
        order = self.folder / "order.json"
        order.write_text(json.dumps(tests), encoding="utf-8")
        files = list(dict.fromkeys(test.split("::")[0] for test in tests))
        status = self.pytest(files, seconds, **{ORDER: str(order)})
        if status in NO_VERDICT:
            raise SystemExit((self.folder / "last.txt").read_text(encoding="utf-8"))
        return status

    @staticmethod
    def write(path: Path, source: bytes) -> None:
        """A file, without what is compiled from it, which goes by seconds: mutants come faster."""
        path.write_bytes(source)
        shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)


def tests_of(mutant: Mutant, record: dict[str, Any]) -> dict[str, float]:
    """Those that run its line, with their seconds, the fastest first; all of the file for one that importing runs."""
    in_file = [name for name, (_, lines) in record.items() if any(file == mutant.file for file, _ in lines)]
    on_line = [name for name in in_file if [mutant.file, mutant.line] in record[name][1]]
    if not on_line and _at_import(mutant):
        on_line = in_file
    return {name: record[name][0] for name in sorted(on_line, key=lambda name: record[name][0])}


def _at_import(mutant: Mutant) -> bool:
    """Whether the line belongs to no function."""
    tree = ast.parse((ROOT / mutant.file).read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return not any(f.body[0].lineno <= mutant.line <= (f.end_lineno or 0) for f in functions)


def run(chosen: list[Mutant], output: Path, workers: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Verdicts by key, written after each."""
    results = json.loads(output.read_text(encoding="utf-8")) if output.exists() else {}
    left = [m for m in chosen if results.get(m.key, {}).get("verdict") not in ("killed", "timeout")]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for k in range(workers):
            copies.put(Copy(Path(folder) / f"copy{k}"))
        first = copies.get()
        record = first.recorded(output.with_suffix(".lines.json")) if left else {}
        copies.put(first)

        def judge(mutant: Mutant) -> tuple[Mutant, str]:
            working = copies.get()
            try:
                return mutant, working.verdict(mutant, tests_of(mutant, record))
            finally:
                copies.put(working)

        for done, (mutant, verdict) in enumerate(pool.map(judge, left), 1):
            place = {"file": mutant.file, "line": mutant.line, "before": mutant.before, "after": mutant.after}
            results[mutant.key] = place | {"verdict": verdict}
            output.write_text(json.dumps(results, indent=1), encoding="utf-8")
            say(f"{done}/{len(left)} {verdict:<9}{mutant}")
    return results


def main() -> int:
    """0 if at least 95 per cent of the mutants are seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=200, help="number of mutants (default 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice among all mutants")
    parser.add_argument(
        "--only", nargs="+", default=["sobolev_theory"], help="mutants of files with this in their path"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--output", type=Path, default=Path("mutation.json"), help="results, kept between runs")
    options = parser.parse_args()
    files = [path for path in subjects(ROOT) if any(part in path.relative_to(ROOT).as_posix() for part in options.only)]
    every = [mutant for path in files for mutant in mutants(path)]
    chosen = random.Random(options.seed).sample(every, min(options.count, len(every)))
    results = run(chosen, options.output, options.workers, lambda line: print(line, flush=True))
    alive = [mutant for mutant in chosen if results[mutant.key]["verdict"] not in ("killed", "timeout")]
    print(f"{len(chosen) - len(alive)} of {len(chosen)} mutants seen, out of {len(every)}; not seen:")
    for mutant in sorted(alive, key=str):
        print(f"  {mutant} ({results[mutant.key]['verdict']})")
    return int(len(alive) > 0.05 * len(chosen))


if __name__ == "__main__":
    sys.exit(main())
