"""``sobolev-theory verify``: the closed forms checked by sampling."""

import argparse
import sys
from typing import Any

from .. import monte_carlo
from ..losses import PopulationLoss
from .arrays import EXTRAS, loss_options
from .networks import add_networks, networks, widths
from .options import (
    add_command,
    add_format,
    add_norm,
    print_result,
    refuse,
    size,
    workers,
)

EXAMPLES = """examples:
  sobolev-theory verify --width 2 --dim 3 --seed 0 --norm H1
  sobolev-theory verify --student W.npy --teacher V.npy --samples 4000000 --workers -1
  sobolev-theory verify --networks 20 --width 2 --dim 3 --norm H2 --activation relu2
"""

OF_ALL = ("mean", "covariance", "metric", "parameters")
"""Options that random networks have in common."""


def add(commands: Any) -> None:
    """Declare the command."""
    command = add_command(commands, "verify", "check the closed forms by sampling", EXAMPLES)
    command.set_defaults(run=run)
    command.add_argument("--networks", type=size, help="check this many random networks instead of one pair")
    add_norm(command)
    command.add_argument("--samples", type=size, help="number of sampled inputs (default 1000000; 200000 per network)")
    command.add_argument("--workers", type=workers, default=1, help="processes; -1 for all cores (default 1)")
    add_networks(command)
    add_format(command)


def run(options: argparse.Namespace) -> int:
    """One report, or one line per random network; status 1 if the theory is rejected."""
    settings: dict[str, Any] = {"rng": options.seed, "workers": options.workers, "progress": sys.stderr.isatty()}
    if options.samples is not None:
        settings["samples"] = options.samples
    outcome: monte_carlo.Report | monte_carlo.Survey
    if options.networks is not None:
        drawn = ("student", "teacher", *(name for name in EXTRAS if name not in OF_ALL))
        refuse(options, drawn, "not together with --networks")
        if options.width is None or options.dim is None:
            raise ValueError("--networks: name the widths and the dimension by --width and --dim")
        student_width, teacher_width = widths(options)
        outcome = monte_carlo.verify_many(
            options.networks,
            student_width=student_width,
            teacher_width=teacher_width,
            dim=options.dim,
            norm=options.norm,
            activation=options.activation,
            derivative=options.derivative,
            **loss_options(options),
            **settings,
        )
    else:
        student, teacher = networks(options)
        given = {"activation": student.activation, "derivative": options.derivative, **loss_options(options)}
        loss = PopulationLoss(teacher, options.norm, **given)
        outcome = monte_carlo.verify(loss, student, **settings)
    print_result(options, outcome, outcome.as_dict())
    return 0 if outcome.passed else 1
