"""``sobolev-theory compare``: condition numbers and rates of several norms."""

import argparse
import sys
import warnings
from typing import Any

import numpy as np

from .. import single_neuron
from .._runtime.tables import Table
from ..conditioning import comparison
from ..conditioning.compare import compare
from ..conditioning.directions import RANDOM
from ..errors import ConditioningWarning
from ..norms import Norm
from ..single_neuron.spectrum import smallest_sign
from .arrays import EXTRAS, loss_options
from .directions import add_directions, along, networks_or_teacher
from .networks import add_networks, describe
from .options import (
    add_command,
    add_curvature,
    add_format,
    add_norms,
    angle,
    print_result,
    ratio,
    refuse,
)

LONG = 20_000
"""Size of a matrix from which it takes seconds, and progress is shown."""

EXAMPLES = """examples:
  sobolev-theory compare --angle 0.5 1 1.5 --ratio 1
  sobolev-theory compare --width 5 --dim 100 --seed 0 --norms L2 H1 1,0.5
  sobolev-theory compare --student W.npy --teacher V.csv --derivative exact --json
  sobolev-theory compare --teacher V.csv --towards random --directions 20
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
    add_curvature(command)
    add_directions(command)
    add_networks(command)
    add_format(command)


def run(options: argparse.Namespace) -> int:
    """A table by angle and ratio for one neuron, by norm for networks."""
    if options.angle is not None:
        return _single_neuron(options)
    refuse(options, ("ratio",), "only together with --angle")
    directions = along(options)
    student, teacher = networks_or_teacher(options)
    settings = {"curvature": options.curvature, "activation": options.activation, "derivative": options.derivative}
    many = directions["directions"] if options.towards == RANDOM else 1
    long = many * student.width * min(student.dim, student.width + teacher.width) > LONG
    given = {**settings, **directions, **loss_options(options)}
    result = compare(student, teacher, options.norms, progress=long and sys.stderr.isatty(), **given)
    data = {**settings, "limit": result.limit, "setting": result.setting, "rows": result.as_dicts()}
    print_result(options, result, data, describe(student, teacher))
    return 0


def _single_neuron(options: argparse.Namespace) -> int:
    """Every angle with every ratio; the last norm's condition number over the first's."""
    unused = ("student", "teacher", "width", "teacher_width", "dim", "towards", "directions")
    refuse(options, unused + EXTRAS, "not together with --angle")
    if options.curvature != "hessian" or options.activation != "relu":
        raise ValueError("--angle: one ReLU neuron and its Hessian; for others use --width 1 --dim D")
    ratios, angles = (grid.ravel() for grid in np.meshgrid(options.ratio or [1.0], options.angle, indexing="ij"))
    convention = {"derivative": options.derivative}
    with warnings.catch_warnings(action="ignore", category=ConditioningWarning):  # a column and a note say it
        kappas = [single_neuron.condition_number(angles, ratios, norm, **convention) for norm in options.norms]
    signs = np.min([smallest_sign(angles, ratios, norm, **convention) for norm in options.norms], axis=0)
    names = [Norm.parse(norm).name for norm in options.norms]
    columns = {"angle": angles, "ratio": ratios} | {f"kappa {n}": k for n, k in zip(names, kappas, strict=True)}
    if len(names) > 1:
        with np.errstate(invalid="ignore"):  # inf/inf is nan
            columns[f"kappa {names[-1]}/{names[0]}"] = kappas[-1] / kappas[0]
    rows = [list(row) for row in zip(*(column.tolist() for column in columns.values()), strict=True)]
    data = [
        dict(zip(columns, row, strict=True)) | {"definite": sign > 0}
        for row, sign in zip(rows, signs.tolist(), strict=True)
    ]
    kinds = [("indefinite", "semidefinite", "definite")[sign + 1] for sign in signs.tolist()]
    cells = [[*row, kind] for row, kind in zip(rows, kinds, strict=True)]
    meanings = [
        f"definite {comparison.ANSWERS[kind]}: {comparison.MEANINGS[kind]}"
        for kind in comparison.MEANINGS
        if kind in kinds
    ]
    title = f"one ReLU neuron, {options.derivative} convention; angle in radians, ratio |w*|/|w|"
    table = Table(title, [*columns, comparison.DEFINITE], cells, [comparison.LOCAL, *meanings], keys=2)
    print_result(options, table, {**convention, "rows": data})
    return 0
