"""What commands share: options that name networks and norms, and JSON."""

import argparse
import json
import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np

from .._runtime.checks import between, integer, near, number, positive_integer, read_weights, shown
from ..activations import Activation
from ..networks import Network
from ..norms import Convention, Norm, NormLike
from .activation import add_activation

Value = TypeVar("Value")

FILES = ".npy, .npz (of several arrays: W.npz:key), .csv, .tsv or .txt"

DIM = 3
"""Input dimension of one neuron given by its angle, unless told: the smallest with a transverse direction."""

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


def add_networks(command: argparse.ArgumentParser) -> None:
    """Options that say which student and teacher."""
    networks = command.add_argument_group("student and teacher: weight files, or random networks")
    networks.add_argument("--student", type=Path, metavar="FILE", help=f"weights (K, d), {FILES}")
    networks.add_argument("--teacher", type=Path, metavar="FILE", help=f"weights (M, d), {FILES}")
    networks.add_argument("--width", type=size, help="width K of a random student")
    networks.add_argument("--teacher-width", type=size, help="width M of a random teacher (default: --width)")
    networks.add_argument("--dim", type=size, help="input dimension d")
    networks.add_argument("--seed", type=seed, default=0, help="seed of everything random (default 0)")
    add_activation(command)
    add_derivative(command)


def add_one_neuron(command: argparse.ArgumentParser) -> None:
    """Options for one neuron, instead of networks."""
    neuron = command.add_argument_group("or one neuron")
    neuron.add_argument("--angle", type=angle, help="angle of the student to the teacher, radians")
    neuron.add_argument("--ratio", type=ratio, help=f"norm ratio |w*|/|w| (default 1); --dim is {DIM} unless given")


def add_norms(command: argparse.ArgumentParser) -> None:
    """Norms to compare."""
    command.add_argument(
        "--norms", type=parse_norm, nargs="+", default=["L2", "H1"], help="L2, H1, H2, or weights 1,0.5 (default L2 H1)"
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


def of_file(options: argparse.Namespace, name: str) -> Network:
    """A network of the weights in the file that an option names."""
    return Network(read_weights(f"--{name}", getattr(options, name)), activation=options.activation)


def networks(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher from files or drawn at random."""
    if options.student is not None and options.teacher is not None:
        refuse(options, ("width", "teacher_width", "dim"), "not together with --student and --teacher")
        return of_file(options, "student"), of_file(options, "teacher")
    if options.width is None or options.dim is None or options.student is not None or options.teacher is not None:
        raise ValueError("name the networks by both --student and --teacher, or by --width and --dim")
    rng = np.random.default_rng(options.seed)
    student, teacher = (Network.random(k, options.dim, rng=rng, activation=options.activation) for k in widths(options))
    return student, teacher


def teacher_alone(options: argparse.Namespace) -> Network:
    """The teacher from a file, or that of random networks."""
    if options.teacher is None:
        return networks(options)[1]
    refuse(options, ("width", "dim"), "not together with --teacher")
    return of_file(options, "teacher")


def widths(options: argparse.Namespace) -> tuple[int, int]:
    """Of a random student and teacher."""
    return options.width, options.width if options.teacher_width is None else options.teacher_width


def networks_or_one_neuron(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher, or one neuron ``w`` at an angle to ``w* = e_1``."""
    if options.angle is None:
        refuse(options, ("ratio",), "only together with --angle")
        return networks(options)
    refuse(options, ("student", "teacher", "width", "teacher_width"), "not together with --angle")
    ratio = 1.0 if options.ratio is None else options.ratio
    dim = DIM if options.dim is None else options.dim
    if dim < 2:
        raise ValueError(f"--dim: at least 2 is required, since an angle needs a plane, got {dim}")
    e1, e2 = np.eye(2, dim)
    w = (np.cos(options.angle) * e1 + np.sin(options.angle) * e2) / ratio
    return Network([w], activation=options.activation), Network([e1], activation=options.activation)


def describe(student: Network, teacher: Network) -> str:
    """Sizes in words."""
    return f"{student.activation} student {student.width} x {student.dim}, teacher {teacher.width} x {teacher.dim}"


def print_json(data: dict[str, Any]) -> None:
    """JSON on standard output; numbers that JSON lacks become null, activations their names."""
    print(json.dumps(_finite(data), indent=2))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, Activation):
        return str(value)
    return None if isinstance(value, float) and not np.isfinite(value) else value
