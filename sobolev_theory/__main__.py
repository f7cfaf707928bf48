"""Command line: ``sobolev-theory compare`` and ``sobolev-theory verify``; the same as ``python -m sobolev_theory``.

Tables go to standard output, progress to standard error. Exit status: 0, 1 if a check failed, 2 for a usage error.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__, activations, comparison, monte_carlo, single_neuron
from ._checks import CONVENTIONS
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
    compare.add_argument("--ratio", type=float, nargs="+", default=[1.0], help="one ReLU neuron: norm ratios |w*|/|w|")
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


def _networks(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher from files or drawn at random."""
    if options.student is not None and options.teacher is not None:
        weights = (_load(options.student), _load(options.teacher))
        return Network(weights[0], activation=options.activation), Network(weights[1], activation=options.activation)
    if options.width is None or options.dim is None or options.student is not None or options.teacher is not None:
        raise ValueError("name the networks by both --student and --teacher, or by --width and --dim")
    rng = np.random.default_rng(options.seed)
    widths = options.width, options.teacher_width or options.width
    student, teacher = (Network.random(k, options.dim, rng=rng, activation=options.activation) for k in widths)
    return student, teacher


def _load(path: Path) -> Any:
    """A two-dimensional array from a .npy file or comma-separated text."""
    if path.suffix == ".npy":
        return np.load(path)
    if path.suffix == ".csv":
        return np.loadtxt(path, delimiter=",", ndmin=2)
    raise ValueError(f"{path}: a .npy or .csv file is required")


def _compare(options: argparse.Namespace) -> int:
    """``compare``: a table by angle and ratio for one neuron, by norm for networks."""
    if options.angle is not None:
        return _compare_single_neuron(options)
    student, teacher = _networks(options)
    result = comparison.compare(
        student, teacher, options.norms, curvature=options.curvature, derivative=options.derivative
    )
    rows = result.as_dicts()
    if options.json:
        _print_json({"curvature": result.curvature, "derivative": result.derivative, "rows": rows})
        return 0
    title = f"{options.activation} student {student.width} x {student.dim}, teacher {teacher.width} x {teacher.dim}"
    print_table(
        f"{title}: {options.curvature.replace('_', '-')}, {options.derivative} convention",
        ["norm", "smallest λ", "largest λ", "condition number κ", "rate", "rate at equal sharpness"],
        [list(row.values()) for row in rows],
    )
    return 0


def _compare_single_neuron(options: argparse.Namespace) -> int:
    if options.curvature != "hessian" or options.activation != "relu":
        raise ValueError(
            "--angle: closed forms for one neuron are those of the ReLU Hessian; use --width 1 --dim D instead"
        )
    names = [norm_name(norm) for norm in options.norms]
    rows = []
    for ratio in options.ratio:
        for angle in options.angle:
            kappas = [
                single_neuron.condition_number(angle, ratio, n, derivative=options.derivative) for n in options.norms
            ]
            low = [
                single_neuron.eigenvalues(angle, ratio, n, derivative=options.derivative).min() for n in options.norms
            ]
            rows.append([angle, ratio, *map(float, kappas), float(kappas[-1] / kappas[0]), bool(min(low) > 0)])
    heads = ["angle", "ratio", *(f"κ {n}" for n in names), f"κ {names[-1]} / κ {names[0]}", "definite"]
    if options.json:
        keys = ["angle", "ratio", *(f"kappa {n}" for n in names), "kappa_ratio", "definite"]
        _print_json({"derivative": options.derivative, "rows": [dict(zip(keys, row, strict=True)) for row in rows]})
    else:
        cells = [[*row[:-1], "yes" if row[-1] else "no"] for row in rows]
        print_table(f"one ReLU neuron, {options.derivative} convention; angle in radians, ratio |w*|/|w|", heads, cells)
    return 0


def _verify(options: argparse.Namespace) -> int:
    """``verify``: one report, or one line per random network; status 1 if the theory is rejected."""
    settings: dict[str, Any] = {"rng": options.seed, "workers": options.workers, "progress": sys.stderr.isatty()}
    if options.samples is not None:
        settings["samples"] = options.samples
    outcome: monte_carlo.Report | monte_carlo.Survey
    if options.networks is not None:
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
