"""Command line: ``sobolev-theory compare`` and ``sobolev-theory verify``; the same as ``python -m sobolev_theory``.

Tables go to standard output, progress to standard error. Exit status: 0, 1 if a check failed, 2 for a usage error.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__, activations, comparison, monte_carlo, single_neuron
from ._checks import CONVENTIONS, as_array
from ._tables import print_table
from .losses import PopulationLoss
from .networks import Network
from .norms import Norm, norm_name

COMPARE_EXAMPLES = """examples:
  sobolev-theory compare --angle 0.5 1 1.5 --ratio 1
  sobolev-theory compare --width 5 --dim 100 --seed 0 --norms L2 H1 1,0.5
  sobolev-theory compare --student W.npy --teacher V.csv --derivative exact --json
"""
VERIFY_EXAMPLES = """examples:
  sobolev-theory verify --width 2 --dim 3 --seed 0 --norm H1
  sobolev-theory verify --student W.npy --teacher V.npy --samples 4000000 --workers -1
  sobolev-theory verify --networks 20 --width 2 --dim 3 --norm H2 --activation relu2
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except (ValueError, NotImplementedError, OSError) as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sobolev-theory", description="Exact theory of Sobolev training.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    compare = _command(commands, "compare", "condition numbers and rates of several norms", COMPARE_EXAMPLES)
    compare.set_defaults(run=_compare)
    compare.add_argument("--angle", type=float, nargs="+", help="one ReLU neuron: angles to its teacher, radians")
    compare.add_argument(
        "--ratio", type=float, nargs="+", help="with --angle: norm ratios |w*|/|w|, each with every angle (default 1)"
    )
    compare.add_argument("--norms", type=_norm, nargs="+", default=["L2", "H1"], help="L2, H1, H2, or weights 1,0.5")
    compare.add_argument("--curvature", choices=("hessian", "gauss_newton"), default="hessian")
    verify = _command(commands, "verify", "check the closed forms by sampling", VERIFY_EXAMPLES)
    verify.set_defaults(run=_verify)
    verify.add_argument("--networks", type=int, help="check this many random networks instead of one pair")
    verify.add_argument("--norm", type=_norm, default="H1", help="L2, H1, H2, or weights such as 1,0.5 (default H1)")
    verify.add_argument("--samples", type=int, help="number of sampled inputs (default 1000000; 200000 per network)")
    verify.add_argument("--workers", type=int, default=1, help="processes; -1 for all cores (default 1)")
    for command in (compare, verify):
        _add_networks(command)
    return parser


def _command(commands: Any, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return parser


def _add_networks(command: argparse.ArgumentParser) -> None:
    """Options that say which student and teacher, shared by all commands."""
    networks = command.add_argument_group("student and teacher: weight files, or random networks")
    networks.add_argument("--student", type=Path, metavar="FILE", help="weights (K, d), .npy or .csv")
    networks.add_argument("--teacher", type=Path, metavar="FILE", help="weights (M, d), .npy or .csv")
    networks.add_argument("--width", type=int, help="width K of a random student")
    networks.add_argument("--teacher-width", type=int, help="width M of a random teacher (default: --width)")
    networks.add_argument("--dim", type=int, help="input dimension d")
    networks.add_argument("--seed", type=int, default=0, help="seed of everything random (default 0)")
    command.add_argument("--activation", choices=activations.names(), default="relu")
    command.add_argument(
        "--derivative",
        choices=CONVENTIONS,
        default="backprop",
        help="backprop: what automatic differentiation follows; exact: the derivative of the population loss",
    )
    command.add_argument("--json", action="store_true", help="machine-readable output")


def _norm(text: str) -> Norm:
    """A norm's name, or comma-separated weights."""
    if text[:1].isalpha():
        return text
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: L2, H1, H2, or weights such as 1,0.5 are required") from None


def _refuse(options: argparse.Namespace, names: tuple[str, ...], reason: str) -> None:
    """Refuse options that would be ignored."""
    given = [f"--{name.replace('_', '-')}" for name in names if getattr(options, name) is not None]
    if given:
        raise ValueError(f"{', '.join(given)}: {reason}")


def _networks(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher from files or drawn at random."""
    if options.student is not None and options.teacher is not None:
        _refuse(options, ("width", "teacher_width", "dim"), "not together with --student and --teacher")
        student, teacher = (_load(f"--{name}", getattr(options, name)) for name in ("student", "teacher"))
        return Network(student, activation=options.activation), Network(teacher, activation=options.activation)
    if options.width is None or options.dim is None or options.student is not None or options.teacher is not None:
        raise ValueError("name the networks by both --student and --teacher, or by --width and --dim")
    rng = np.random.default_rng(options.seed)
    widths = options.width, options.teacher_width or options.width
    student, teacher = (Network.random(k, options.dim, rng=rng, activation=options.activation) for k in widths)
    return student, teacher


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


def _compare(options: argparse.Namespace) -> int:
    """``compare``: a table by angle and ratio for one neuron, by norm for networks."""
    if options.angle is not None:
        return _compare_single_neuron(options)
    _refuse(options, ("ratio",), "only together with --angle")
    student, teacher = _networks(options)
    settings = {"curvature": options.curvature, "activation": options.activation, "derivative": options.derivative}
    result = comparison.compare(student, teacher, options.norms, **settings)
    if options.json:
        _print_json({**settings, "rows": result.as_dicts()})
    else:
        print(f"{options.activation} student {student.width} x {student.dim}, teacher {teacher.width} x {teacher.dim}")
        print_table(result.title, comparison.Comparison.HEADS, result.cells())
    return 0


def _compare_single_neuron(options: argparse.Namespace) -> int:
    """Every angle with every ratio; the last norm's condition number over the first's."""
    _refuse(options, ("student", "teacher", "width", "teacher_width", "dim"), "not together with --angle")
    if options.curvature != "hessian" or options.activation != "relu":
        raise ValueError("--angle: one ReLU neuron and its Hessian; for others use --width 1 --dim D")
    ratio, angle = (grid.ravel() for grid in np.meshgrid(options.ratio or [1.0], options.angle, indexing="ij"))
    convention = {"derivative": options.derivative}
    kappas = [single_neuron.condition_number(angle, ratio, norm, **convention) for norm in options.norms]
    lowest = [single_neuron.eigenvalues(angle, ratio, norm, **convention).min(axis=-1) for norm in options.norms]
    names = [norm_name(norm) for norm in options.norms]
    columns = {"angle": angle, "ratio": ratio} | {f"kappa {n}": k for n, k in zip(names, kappas, strict=True)}
    if len(names) > 1:
        columns[f"kappa {names[-1]}/{names[0]}"] = kappas[-1] / kappas[0]
    columns["definite"] = np.min(lowest, axis=0) > 0
    rows = [list(row) for row in zip(*(column.tolist() for column in columns.values()), strict=True)]
    if options.json:
        _print_json({**convention, "rows": [dict(zip(columns, row, strict=True)) for row in rows]})
    else:
        title = f"one ReLU neuron, {options.derivative} convention; angle in radians, ratio |w*|/|w|"
        cells = [[*(f"{number:.6g}" for number in row[:-1]), "yes" if row[-1] else "no"] for row in rows]
        print_table(title, list(columns), cells)
    return 0


def _verify(options: argparse.Namespace) -> int:
    """``verify``: one report, or one line per random network; status 1 if the theory is rejected."""
    settings: dict[str, Any] = {"rng": options.seed, "workers": options.workers, "progress": sys.stderr.isatty()}
    if options.samples is not None:
        settings["samples"] = options.samples
    outcome: monte_carlo.Report | monte_carlo.Survey
    if options.networks is not None:
        _refuse(options, ("student", "teacher"), "not together with --networks")
        if options.width is None or options.dim is None:
            raise ValueError("--networks: name the widths and the dimension by --width and --dim")
        widths = {"student_width": options.width, "teacher_width": options.teacher_width or options.width}
        outcome = monte_carlo.verify_many(
            options.networks,
            **widths,
            dim=options.dim,
            norm=options.norm,
            activation=options.activation,
            derivative=options.derivative,
            **settings,
        )
    else:
        student, teacher = _networks(options)
        loss = PopulationLoss(teacher, options.norm, derivative=options.derivative)
        outcome = monte_carlo.verify(loss, student, **settings)
    if options.json:
        _print_json(outcome.as_dict())
    else:
        print(outcome)
    return 0 if outcome.passed else 1


def _print_json(data: dict[str, Any]) -> None:
    """JSON on standard output; numbers that JSON lacks become null."""
    print(json.dumps(_finite(data), indent=2))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


if __name__ == "__main__":
    sys.exit(main())
