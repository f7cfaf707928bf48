"""``sobolev-theory sweep``: a quantity over a grid of parameters, with repeats."""

import argparse
import re
import sys
import textwrap
from dataclasses import MISSING
from pathlib import Path
from typing import Any

from .._runtime.checks import shown
from ..sweeps.quantities import QUANTITIES, parameters
from ..sweeps.sweep import sweep
from .activation import parse_activation
from .figures import load_plotting, save
from .options import add_command, add_format, print_result, seed, size, workers

EXAMPLES = """examples:
  sobolev-theory sweep condition_number_ratio --grid width=2,4 --grid dim=9 --grid curvature=gauss_newton --repeats 9
  sobolev-theory sweep steps --grid width=2,4 --grid dim=8 --grid activation=relu,erf --repeats 5 --plot steps.pdf
  sobolev-theory sweep condition_number --grid width=2 --grid dim=9 --grid norm=L2,H1,1:0.5 --repeats 9 --csv out.csv
  sobolev-theory sweep acceleration --grid angle=0.5,1,1.5 --grid ratio=0.5,1,2 --workers 2 --checkpoint map.jsonl
"""

COMMA, COLON = (re.compile(rf"{mark}(?![^(]*\))") for mark in ",:")
"""Between values, and between those of a pair: in no parentheses."""


def add(commands: Any) -> None:
    """Declare the command."""
    known = "\n".join(_wrapped(f"  {name}: {_signature(name)}") for name in QUANTITIES)
    summary = "a quantity over a grid of parameters, with repeats: mean and standard error"
    command = add_command(commands, "sweep", summary, f"quantities and their parameters:\n{known}\n\n{EXAMPLES}")
    command.set_defaults(run=run)
    command.add_argument("quantity", metavar="QUANTITY", choices=[*QUANTITIES], help=", ".join(QUANTITIES))
    command.add_argument(
        "--grid",
        type=_parameter,
        action="append",
        required=True,
        metavar="NAME=A,B",
        help="a parameter and its values, once for each parameter; A:B is a pair, such as norms=H1:L2 or (1:0.5):L2",
    )
    command.add_argument("--repeats", type=size, default=1, help="results for each point (default 1)")
    command.add_argument("--seed", type=seed, default=0, help="seed of everything random (default 0)")
    command.add_argument("--workers", type=workers, default=1, help="processes; -1 for all cores (default 1)")
    command.add_argument("--checkpoint", metavar="FILE", help="write results to it, and go on from those that it has")
    command.add_argument("--csv", type=Path, metavar="FILE", help="write a row for each point and repeat")
    command.add_argument("--plot", type=Path, metavar="FILE", help="draw it; the suffix says which format")
    add_format(command)


def run(options: argparse.Namespace) -> int:
    """A table of means, and the files that are asked for."""
    plotting = load_plotting("--plot", options.plot) if options.plot is not None else None
    if options.csv is not None and not options.csv.parent.is_dir():
        raise ValueError(f"--csv {options.csv}: an existing folder is required")
    names = [name for name, _ in options.grid]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ValueError(f"--grid: {', '.join(twice)}: once is required, with all values")
    settings = {"repeats": options.repeats, "workers": options.workers, "checkpoint": options.checkpoint}
    table = sweep(options.quantity, dict(options.grid), rng=options.seed, progress=sys.stderr.isatty(), **settings)
    if options.csv is not None:
        table.to_csv(options.csv)
    if plotting is not None:
        of_plane = sorted(table.varied) == ["angle", "ratio"]
        save((plotting.acceleration_map if of_plane else plotting.sweep)(table), options.plot)
    means = table.summary()
    data = {
        "quantity": table.quantity,
        "repeats": options.repeats,
        "summary": means.as_dicts(),
        "rows": table.as_dicts(),
    }
    print_result(options, means, data)
    return 0


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 79, subsequent_indent="    ")


def _signature(quantity: str) -> str:
    """Names of the parameters of a quantity, with their defaults."""
    named = parameters(quantity).items()
    return ", ".join(name if default is MISSING else f"{name}={_written(default)}" for name, default in named)


def _written(value: Any) -> str:
    return ":".join(map(_written, value)) if isinstance(value, tuple) else str(value)


def _parameter(text: str) -> tuple[str, list[Any]]:
    """The name of a parameter, and its values."""
    name, equals, values = text.partition("=")
    if not equals or not name.isidentifier() or not values:
        required = "a parameter and its values, such as width=2,4,8, are required"
        raise argparse.ArgumentTypeError(f"{required}, got {shown(text)}")
    if name == "activation":
        return name, [parse_activation(part) for part in COMMA.split(values)]
    return name, [_value(part) for part in COMMA.split(values)]


def _value(text: str) -> Any:
    """A number, a pair, which may be in parentheses and then in a pair, None, or a word."""
    parts = COLON.split(text)
    if len(parts) > 1:
        return tuple(map(_value, parts))
    if text.startswith("(") and text.endswith(")"):
        return _value(text[1:-1])
    for kind in (int, float):
        try:
            if text.isascii() and "_" not in text:
                return kind(text)
        except ValueError:
            pass
    return None if text == "None" else text
