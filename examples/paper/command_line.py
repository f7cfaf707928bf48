"""The command line of an experiment: ``python -m examples.paper.NAME [--quick] [--seeds N] [--targets T] [--out DIR]``.

Exit status: 0; 2 for a usage error and where a library is missing; 130 after Ctrl-C.
"""

import importlib
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sobolev_theory._commands.options import Parser, size

from .experiment import Result, write


def main(
    run: Callable[..., Result],
    *,
    targets: Sequence[str] = (),
    needs: Sequence[str] = (),
    arguments: Sequence[str] | None = None,
) -> int:
    """Run an experiment, print its table, and with ``--out`` write its files; the exit status.

    ``needs`` are the modules beyond the run-time dependencies that `run` imports.
    """
    parser = _parser(run, targets)
    options = vars(parser.parse_args(arguments))
    out = options.pop("out")
    _require([*needs, "matplotlib"] if out else needs, parser)
    try:
        if out:
            out.mkdir(parents=True, exist_ok=True)
        begun, computed = time.perf_counter(), time.process_time()
        result = run(**options)
        seconds, processor = time.perf_counter() - begun, time.process_time() - computed
        result = replace(result, seconds=round(seconds, 1), processor_seconds=round(processor, 1))
        result.table.print()
        for path in write(result, out) if out else ():
            print(f"wrote {path}")
    except (OSError, ValueError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        parser.exit(130, f"{parser.prog}: interrupted\n")
    return 0


def _parser(run: Callable[..., Result], targets: Sequence[str]) -> ArgumentParser:
    """Options, those of `run` and ``--out``."""
    name, (title, *_) = Path(run.__code__.co_filename).stem, run.__globals__["__doc__"].split("\n")
    parser = Parser(prog=f"python -m examples.paper.{name}", description=title)
    parser.add_argument("--quick", action="store_true", help="a small size, which says little")
    parser.add_argument("--seeds", type=size, default=5, metavar="N", help="runs of each case (default 5)")
    if targets:
        parser.add_argument("--targets", nargs="+", choices=targets, default=[*targets], help="some of the cases")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=f"where to write {name}.json, .pdf and .svg")
    return parser


def _require(modules: Iterable[str], parser: ArgumentParser) -> None:
    """What is missing is said before the experiment begins."""
    try:
        for module in modules:
            importlib.import_module(module)
    except ImportError as error:
        parser.error(f"{module} is missing: pip install 'sobolev_theory[experiments]' ({error})")
