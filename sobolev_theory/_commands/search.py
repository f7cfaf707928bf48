"""``sobolev-theory search``: where gradient flow from random starts ends."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..losses import PopulationLoss
from ..networks import Network
from ..search.search import find_critical_points
from .arrays import has, loss_options
from .networks import add_networks, networks, of_file, refuse_student
from .options import add_command, add_format, add_norm, positive, print_result, refuse, size, workers

EXAMPLES = """examples:
  sobolev-theory search --width 2 --dim 2 --runs 20 --norm L2
  sobolev-theory search --teacher V.csv --width 6 --runs 1000 --workers -1 --checkpoint runs.jsonl
"""


def add(commands: Any) -> None:
    """Declare the command."""
    summary = "critical points that gradient flow from random starts leads to, and how often"
    command = add_command(commands, "search", summary, EXAMPLES)
    command.set_defaults(run=run)
    add_norm(command)
    command.add_argument("--runs", type=size, default=100, help="number of random starts (default 100)")
    command.add_argument("--workers", type=workers, default=1, help="processes; -1 for all cores (default 1)")
    command.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="keep finished runs there, and go on where it ends"
    )
    command.add_argument("--scale", type=positive, help="standard deviation of the starts (default 1/sqrt(d))")
    add_networks(command)
    add_format(command)


def run(options: argparse.Namespace) -> int:
    """A table by critical point; status 0 whatever was found."""
    loss = PopulationLoss(_teacher(options), options.norm, derivative=options.derivative, **loss_options(options))
    found = find_critical_points(
        loss,
        options.width,
        options.runs,
        rng=options.seed,
        workers=options.workers,
        checkpoint=options.checkpoint,
        scale=options.scale,
        progress=sys.stderr.isatty(),
    )
    points = [point.as_dict() for point in found.points]
    print_result(options, found, {"subject": found.subject, "counts": found.counts, "points": points})
    return 0


def _teacher(options: argparse.Namespace) -> Network:
    """The teacher, from a file or random; ``--width`` is that of the students."""
    refuse_student(options, "students start at random weights")
    given = has(options, "teacher_weights")
    if options.width is None or not (given or options.dim):
        raise ValueError("--width: the width of the students is required, and a --teacher, or --dim for a random one")
    if not given:
        return networks(options)[1]
    refuse(options, ("teacher_width", "dim"), "not together with --teacher")
    return of_file(options, "teacher")
