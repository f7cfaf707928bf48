"""``sobolev-theory descent``: iterations of tuned optimisers to an accuracy, for several norms."""

import argparse
import sys
from typing import Any

from ..descent.optimisers import RULES
from ..descent.steps_to import steps_to
from .arrays import loss_options
from .networks import add_networks, add_one_neuron, describe, networks_or_one_neuron
from .options import add_command, add_format, add_norms, fraction, print_result, size

EXAMPLES = """examples:
  sobolev-theory descent --angle 1 --activation erf
  sobolev-theory descent --width 3 --dim 20 --activation tanh --method nesterov --accuracy 1e-6
  sobolev-theory descent --student W.npy --teacher V.csv --norms L2 H1 1,0.5 --format csv
"""


def add(commands: Any) -> None:
    """Declare the command."""
    summary = "iterations to an accuracy with the best step, counted and predicted, for several norms"
    command = add_command(commands, "descent", summary, EXAMPLES)
    command.set_defaults(run=run)
    add_norms(command)
    command.add_argument("--method", choices=[*RULES], default="gd", help="the optimiser (default gd)")
    command.add_argument(
        "--accuracy", type=fraction, default=1e-8, help="fraction of the L2 loss at the start to reach (default 1e-8)"
    )
    command.add_argument(
        "--limit", type=size, default=10_000, help="iterations after which a step is given up (default 10000)"
    )
    add_networks(command)
    add_one_neuron(command)
    add_format(command)


def run(options: argparse.Namespace) -> int:
    """A table by norm."""
    student, teacher = networks_or_one_neuron(options)
    settings = {name: getattr(options, name) for name in ("activation", "derivative", "method", "accuracy", "limit")}
    progress = sys.stderr.isatty()
    result = steps_to(student, teacher, options.norms, progress=progress, **settings, **loss_options(options))
    data = {**settings, "setting": result.setting, "rows": result.as_dicts()}
    print_result(options, result, data, describe(student, teacher))
    return 0
