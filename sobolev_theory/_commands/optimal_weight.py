"""``sobolev-theory optimal-weight``: the weight of the derivatives with the best condition number."""

import argparse
import warnings
from typing import Any

from ..conditioning.optimal_weight import optimal_weight
from ..errors import ConditioningWarning
from .arrays import loss_options
from .directions import add_directions, along, networks_or_teacher
from .networks import add_networks, describe
from .options import add_command, add_curvature, add_format, fraction, print_result

EXAMPLES = """examples:
  sobolev-theory optimal-weight --width 3 --dim 50 --activation erf --curvature gauss_newton
  sobolev-theory optimal-weight --student W.npy --teacher V.csv --json
  sobolev-theory optimal-weight --teacher V.csv --towards random --within 0.01
"""


def add(commands: Any) -> None:
    """Declare the command."""
    summary = "the best weight of derivatives, and a smaller one that is nearly as good"
    command = add_command(commands, "optimal-weight", summary, EXAMPLES)
    command.set_defaults(run=run)
    add_curvature(command)
    command.add_argument(
        "--within",
        type=fraction,
        default=0.05,
        help="part of the best rate at equal sharpness that the recommended weight may lose (default 0.05)",
    )
    add_directions(command)
    add_networks(command)
    add_format(command)


def run(options: argparse.Namespace) -> int:
    """The weight, the recommended one, and condition numbers beside."""
    directions = along(options)
    student, teacher = networks_or_teacher(options)
    settings = {"curvature": options.curvature, "activation": options.activation, "derivative": options.derivative}
    with warnings.catch_warnings(action="ignore", category=ConditioningWarning):  # a note says it
        best = optimal_weight(
            student, teacher, within=options.within, **settings, **directions, **loss_options(options)
        )
    print_result(options, best, {**settings, **best.facts()}, describe(student, teacher))
    return 0
