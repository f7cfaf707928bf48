"""What commands share: a parser, types of options, norms, and the formats of what they print."""

import argparse
import json
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn, TypeVar

import numpy as np

from .._runtime.checks import between, integer, near, number, positive_integer, shown
from .._runtime.results import Rows, Shown
from .._runtime.tables import Table
from .._runtime.terminal import columns, wrapped
from ..activations import Activation
from ..norms import Convention, Norm, NormLike

Value = TypeVar("Value")

FILES = ".npy, .npz (of several arrays: W.npz:key), .csv, .tsv or .txt"

FORMATS = ("text", "json", "markdown", "latex", "csv")

LONGEST = 1000
"""Characters of an error."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, with the word that was meant; options have their whole names."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """One line on standard error, and status 2."""
        self.exit(2, f"{self.prog}: error: {textwrap.shorten(message, LONGEST)}\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            words = [str(word) for word in action.choices]
            raise argparse.ArgumentError(
                action, f"invalid choice: {shown(value)} (choose from {', '.join(words)}){near(str(value), words)}"
            )


def checked(door: Callable[[str, Any], Value], read: Callable[[str], Any]) -> Callable[[str], Value]:
    """The type of an option: text read as a number, and checked as the argument of a function is.

    Digits are those of ASCII, as in names of norms.
    """

    def parse(text: str) -> Value:
        try:
            value = read(text) if text.isascii() else text
        except ValueError:
            value = text  # no door takes text for a number
        try:
            return door("", value)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error).removeprefix(": ")) from None

    return parse


size = checked(positive_integer, int)
"""A width, a dimension, a number of samples."""

workers = checked(partial(integer, required="a positive integer, or -1 for all cores,", least=-1), int)

positive = checked(partial(number, required="a positive finite number", low=0, high=np.inf), float)

fraction = checked(partial(number, required="a fraction between 0 and 1", low=0, high=1), float)

seed = checked(partial(integer, required="a non-negative integer", least=0), int)

angle = checked(
    lambda name, value: float(between(name, value, "radians in [0, pi]", 0, np.pi)),  # the door of `single_neuron`
    float,
)
ratio = checked(partial(number, required="a positive norm ratio |w*|/|w|", low=0, high=np.inf), float)


def add_command(commands: Any, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    """A command with its summary, and examples under its help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(command=parser)
    return parser


def add_norms(command: argparse.ArgumentParser) -> None:
    """Norms to compare."""
    command.add_argument(
        "--norms", type=parse_norm, nargs="+", default=["L2", "H1"], help="L2, H1, H2, or weights 1,0.5 (default L2 H1)"
    )


def add_norm(command: argparse.ArgumentParser) -> None:
    """The norm of one loss."""
    command.add_argument(
        "--norm", type=parse_norm, default="H1", help="L2, H1, H2, or weights such as 1,0.5 (default H1)"
    )


def add_curvature(command: argparse.ArgumentParser) -> None:
    """Which matrix."""
    command.add_argument(
        "--curvature",
        choices=("hessian", "gauss_newton"),
        default="hessian",
        help="hessian: what gradient descent follows; gauss_newton: what Gauss-Newton steps invert",
    )


def add_derivative(command: argparse.ArgumentParser) -> None:
    """The convention."""
    command.add_argument(
        "--derivative",
        choices=[*map(str, Convention)],
        default="backprop",
        help="backprop: what automatic differentiation follows; exact: the derivative of the population loss",
    )


def add_json(command: argparse.ArgumentParser) -> None:
    """JSON instead of a table."""
    command.add_argument("--json", action="store_true", help="machine-readable output")


def add_format(command: argparse.ArgumentParser) -> None:
    """How a table is written."""
    how = command.add_mutually_exclusive_group()
    how.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="csv has all digits, inf and nan; json null for both (default text)",
    )
    how.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def parse_norm(text: str) -> NormLike:
    """A norm's name, or comma-separated weights."""

    def read(text: str) -> NormLike:
        return text if text[:1].isalpha() else [float(part) for part in text.split(",")]

    def door(_: str, value: NormLike) -> NormLike:
        Norm.parse(value)
        return value

    return checked(door, read)(text)


def refuse(options: argparse.Namespace, names: Sequence[str], reason: str) -> None:
    """Refuse options that would be ignored."""
    given = [f"--{name.replace('_', '-')}" for name in names if getattr(options, name) is not None]
    if given:
        raise ValueError(f"{', '.join(given)}: {reason}")


def print_result(options: argparse.Namespace, result: Shown | Table, data: dict[str, Any], above: str = "") -> None:
    """A result in the format that the options ask for: JSON of the data, else its table, below a line in text."""
    table = result.table()
    titled = replace(table, title="\n".join(filter(None, [above, table.title]))) if above else result
    if options.format == "json":
        print_json(data)
    elif options.format == "csv":
        print(titled.to_csv(), end="")
    elif options.format != "text":
        print(titled.to_latex() if options.format == "latex" else titled.to_markdown())
    elif isinstance(result, Rows | Table):
        table.print(above)
    else:  # what is text, not rows
        print("\n".join(wrapped("\n".join(filter(None, [above, str(result)])), columns())))


def print_json(data: dict[str, Any]) -> None:
    """JSON on standard output; numbers that JSON lacks become null, activations their names."""
    print(json.dumps(_finite(data), indent=2))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, Activation):
        return str(value)
    return None if isinstance(value, float) and not np.isfinite(value) else value
