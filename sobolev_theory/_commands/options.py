"""What commands share: options that name networks and norms, and JSON."""

import argparse
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._runtime.checks import as_array
from ..activations import Activation
from ..networks import Network
from ..norms import Convention, NormLike
from .activation import add_activation

DIM = 3
"""Input dimension of one neuron given by its angle, unless told: the smallest with a transverse direction."""


def add_command(commands: Any, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    """A command with its summary, and examples under its help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return parser


def add_networks(command: argparse.ArgumentParser) -> None:
    """Options that say which student and teacher."""
    networks = command.add_argument_group("student and teacher: weight files, or random networks")
    networks.add_argument("--student", type=Path, metavar="FILE", help="weights (K, d), .npy or .csv")
    networks.add_argument("--teacher", type=Path, metavar="FILE", help="weights (M, d), .npy or .csv")
    networks.add_argument("--width", type=int, help="width K of a random student")
    networks.add_argument("--teacher-width", type=int, help="width M of a random teacher (default: --width)")
    networks.add_argument("--dim", type=int, help="input dimension d")
    networks.add_argument("--seed", type=int, default=0, help="seed of everything random (default 0)")
    add_activation(command)
    add_derivative(command)


def add_one_neuron(command: argparse.ArgumentParser) -> None:
    """Options for one neuron, instead of networks."""
    neuron = command.add_argument_group("or one neuron")
    neuron.add_argument("--angle", type=float, help="angle of the student to the teacher, radians")
    neuron.add_argument("--ratio", type=float, help=f"norm ratio |w*|/|w| (default 1); --dim is {DIM} unless given")


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
    if text[:1].isalpha():
        return text
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: L2, H1, H2, or weights such as 1,0.5 are required") from None


def refuse(options: argparse.Namespace, names: Sequence[str], reason: str) -> None:
    """Refuse options that would be ignored."""
    given = [f"--{name.replace('_', '-')}" for name in names if getattr(options, name) is not None]
    if given:
        raise ValueError(f"{', '.join(given)}: {reason}")


def networks(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher from files or drawn at random."""
    if options.student is not None and options.teacher is not None:
        refuse(options, ("width", "teacher_width", "dim"), "not together with --student and --teacher")
        student, teacher = (_load(f"--{name}", getattr(options, name)) for name in ("student", "teacher"))
        return Network(student, activation=options.activation), Network(teacher, activation=options.activation)
    if options.width is None or options.dim is None or options.student is not None or options.teacher is not None:
        raise ValueError("name the networks by both --student and --teacher, or by --width and --dim")
    rng = np.random.default_rng(options.seed)
    widths = options.width, options.teacher_width or options.width
    student, teacher = (Network.random(k, options.dim, rng=rng, activation=options.activation) for k in widths)
    return student, teacher


def networks_or_one_neuron(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher, or one neuron ``w`` at an angle to ``w* = e_1``."""
    if options.angle is None:
        refuse(options, ("ratio",), "only together with --angle")
        return networks(options)
    refuse(options, ("student", "teacher", "width", "teacher_width"), "not together with --angle")
    ratio = 1.0 if options.ratio is None else options.ratio
    if not 0 <= options.angle <= np.pi:
        raise ValueError(f"--angle: radians in [0, pi] are required, got {options.angle}")
    if not 0 < ratio < np.inf:
        raise ValueError(f"--ratio: a positive norm ratio |w*|/|w| is required, got {ratio}")
    dim = DIM if options.dim is None else options.dim
    if dim < 2:
        raise ValueError(f"--dim: at least 2 is required, since an angle needs a plane, got {dim}")
    e1, e2 = np.eye(2, dim)
    w = (np.cos(options.angle) * e1 + np.sin(options.angle) * e2) / ratio
    return Network([w], activation=options.activation), Network([e1], activation=options.activation)


def describe(student: Network, teacher: Network) -> str:
    """Sizes in words."""
    return f"{student.activation} student {student.width} x {student.dim}, teacher {teacher.width} x {teacher.dim}"


def _load(option: str, path: Path) -> Any:
    """Weights from a .npy file or comma-separated text, one neuron a line."""
    required = f"{option} {path}: weights of shape (neurons, d) in a .npy file, or in a .csv file of comma-separated"
    try:
        if path.suffix == ".npy":
            weights = np.load(path, allow_pickle=False)
        elif path.suffix == ".csv":
            with warnings.catch_warnings(action="error"):  # an empty file is a warning to NumPy
                weights = np.loadtxt(path, delimiter=",", ndmin=2)
        else:
            raise ValueError("another kind of file")
    except OSError as error:
        raise ValueError(f"{option} {path}: {error.strerror or error}") from None
    except (ValueError, UserWarning) as error:
        raise ValueError(f"{required} numbers, one neuron a line, are required; got {error}") from None
    return as_array(f"{option} {path}", weights, ("neurons", "d"))


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
