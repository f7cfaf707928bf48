"""``sobolev-theory flow``: how fast gradient flow is with several norms, as is and at equal sharpness."""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .._runtime.checks import number
from ..flow.compare import compare_flows
from ..flow.comparison import FlowComparison
from ..networks import Network
from .arrays import loss_options
from .figures import load_plotting, save
from .networks import add_networks, add_one_neuron, describe, networks_or_one_neuron
from .options import (
    add_command,
    add_format,
    add_norms,
    checked,
    fraction,
    print_result,
    refuse,
    size,
    workers,
)

EXAMPLES = """examples:
  sobolev-theory flow --angle 1 --ratio 2
  sobolev-theory flow --width 3 --dim 20 --seed 3 --t-max 200 --norms L2 H1 1,0.5
  sobolev-theory flow --angle 1 --starts 20 --seed 1 --t-max 40
  sobolev-theory flow --student W.npy --teacher V.csv --accuracy 1e-4 --figure curves.pdf --json
"""

time = checked(partial(number, required="a positive finite time", low=0, high=np.inf), float)


def add(commands: Any) -> None:
    """Declare the command."""
    command = add_command(commands, "flow", "rates of gradient flow and times to accuracy, for several norms", EXAMPLES)
    command.set_defaults(run=run)
    add_flows(command)
    command.add_argument(
        "--starts",
        type=size,
        help="so many random starts, as far from the teacher as the student: means and errors",
    )
    command.add_argument("--workers", type=workers, default=1, help="processes for them; -1 for all cores (default 1)")
    command.add_argument("--figure", type=Path, metavar="FILE", help="save the training curves, as plot loss does")
    add_format(command)


def add_flows(command: argparse.ArgumentParser) -> None:
    """Options that say which flows to compare."""
    add_norms(command)
    command.add_argument("--t-max", type=time, default=100.0, help="time to which flows are followed (default 100)")
    command.add_argument(
        "--accuracy", type=fraction, default=1e-6, help="fraction of the L2 loss at the start to reach (default 1e-6)"
    )
    add_networks(command)
    add_one_neuron(command)


def compared(options: argparse.Namespace, student: Network, teacher: Network, **starts: Any) -> FlowComparison:
    """The flows that the options ask for, from a student or random starts."""
    return compare_flows(
        student,
        teacher,
        options.norms,
        t_max=options.t_max,
        accuracy=options.accuracy,
        activation=options.activation,
        derivative=options.derivative,
        progress=sys.stderr.isatty(),
        **loss_options(options),
        **starts,
    )


def run(options: argparse.Namespace) -> int:
    """A table by norm, and a figure if asked for."""
    if options.starts is not None:
        refuse(options, ("figure",), "not together with --starts, whose flows are not kept")
    plotting = load_plotting("--figure", options.figure) if options.figure is not None else None
    student, teacher = networks_or_one_neuron(options)
    result = compared(options, student, teacher, starts=options.starts, rng=options.seed, workers=options.workers)
    if plotting is not None:
        save(plotting.loss_curves(result)[0], options.figure)
    settings = {name: getattr(options, name) for name in ("activation", "derivative", "t_max", "accuracy")}
    data = {**settings, "setting": result.setting, "rows": result.as_dicts()}
    print_result(options, result, data, describe(student, teacher))
    return 0
