"""``sobolev-theory compare``: condition numbers and rates of several norms."""

import argparse
from typing import Any

import numpy as np

from .. import single_neuron
from .._runtime.tables import print_table
from ..conditioning import comparison
from ..norms import Norm
from .options import (
    add_command,
    add_json,
    add_networks,
    add_norms,
    angle,
    describe,
    networks,
    print_json,
    ratio,
    refuse,
)

EXAMPLES = """examples:
  sobolev-theory compare --angle 0.5 1 1.5 --ratio 1
  sobolev-theory compare --width 5 --dim 100 --seed 0 --norms L2 H1 1,0.5
  sobolev-theory compare --student W.npy --teacher V.csv --derivative exact --json
"""


def add(commands: Any) -> None:
    """Declare the command."""
    command = add_command(commands, "compare", "condition numbers and rates of several norms", EXAMPLES)
    command.set_defaults(run=run)
    command.add_argument("--angle", type=angle, nargs="+", help="one ReLU neuron: angles to its teacher, radians")
    command.add_argument(
        "--ratio", type=ratio, nargs="+", help="with --angle: norm ratios |w*|/|w|, each with every angle (default 1)"
    )
    add_norms(command)
    command.add_argument("--curvature", choices=("hessian", "gauss_newton"), default="hessian")
    add_networks(command)
    add_json(command)


def run(options: argparse.Namespace) -> int:
    """A table by angle and ratio for one neuron, by norm for networks."""
    if options.angle is not None:
        return _single_neuron(options)
    refuse(options, ("ratio",), "only together with --angle")
    student, teacher = networks(options)
    settings = {"curvature": options.curvature, "activation": options.activation, "derivative": options.derivative}
    result = comparison.compare(student, teacher, options.norms, **settings)
    if options.json:
        print_json({**settings, "rows": result.as_dicts()})
    else:
        print(describe(student, teacher))
        print_table(result.title, comparison.Comparison.HEADS, result.cells())
    return 0


def _single_neuron(options: argparse.Namespace) -> int:
    """Every angle with every ratio; the last norm's condition number over the first's."""
    refuse(options, ("student", "teacher", "width", "teacher_width", "dim"), "not together with --angle")
    if options.curvature != "hessian" or options.activation != "relu":
        raise ValueError("--angle: one ReLU neuron and its Hessian; for others use --width 1 --dim D")
    ratios, angles = (grid.ravel() for grid in np.meshgrid(options.ratio or [1.0], options.angle, indexing="ij"))
    convention = {"derivative": options.derivative}
    kappas = [single_neuron.condition_number(angles, ratios, norm, **convention) for norm in options.norms]
    lowest = [single_neuron.eigenvalues(angles, ratios, norm, **convention).min(axis=-1) for norm in options.norms]
    names = [Norm.parse(norm).name for norm in options.norms]
    columns = {"angle": angles, "ratio": ratios} | {f"kappa {n}": k for n, k in zip(names, kappas, strict=True)}
    if len(names) > 1:
        columns[f"kappa {names[-1]}/{names[0]}"] = kappas[-1] / kappas[0]
    columns["definite"] = np.min(lowest, axis=0) > 0
    rows = [list(row) for row in zip(*(column.tolist() for column in columns.values()), strict=True)]
    if options.json:
        print_json({**convention, "rows": [dict(zip(columns, row, strict=True)) for row in rows]})
    else:
        title = f"one ReLU neuron, {options.derivative} convention; angle in radians, ratio |w*|/|w|"
        cells = [[*(f"{number:.6g}" for number in row[:-1]), "yes" if row[-1] else "no"] for row in rows]
        print_table(title, list(columns), cells)
    return 0
