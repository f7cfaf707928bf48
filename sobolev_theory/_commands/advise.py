"""``sobolev-theory advise``: from a network and data in files to a report of whether derivatives pay."""

import argparse
from pathlib import Path
from typing import Any

from .._runtime.checks import read_numbers, read_weights
from ..advice.advise import advise
from ..bridges.archives import in_file
from ..inputs import Inputs
from ..layout import NAMES
from ..networks import Network
from .arrays import MOVING, numbers
from .options import FILES, add_command, add_format, parse_norm, positive, print_result, seed, workers

EXAMPLES = """examples:
  sobolev-theory advise --network model.npz --data X.npy
  sobolev-theory advise --network model.npz --data X.npy --targets y.npy G.npy --norms L2 H1 --json
  sobolev-theory advise --network model.npz --accuracy 1e-8
"""


def add(commands: Any) -> None:
    """Declare the command."""
    command = add_command(commands, "advise", "whether derivatives pay, by how much, and with which weight", EXAMPLES)
    command.set_defaults(run=run)
    command.add_argument("--network", type=Path, required=True, metavar="FILE.npz", help="what Network.save wrote")
    command.add_argument("--data", type=Path, metavar="FILE", help=f"samples (n, d), {FILES} (default standard inputs)")
    command.add_argument(
        "--targets", type=Path, nargs="+", metavar="FILE", help="at the samples: values (n,), gradients (n, d)"
    )
    norms = "L2, H1, H2, or weights 1,0.5; the first is the reference (default L2 H1 H2)"
    command.add_argument("--norms", type=parse_norm, nargs="+", default=["L2", "H1", "H2"], help=norms)
    moving = MOVING.replace("default weights", "default all")
    command.add_argument("--parameters", nargs="+", choices=["all", *NAMES], metavar="NAME", help=moving)
    command.add_argument("--metric", type=numbers, metavar="FILE|a|a,b", help="form that measures input gradients")
    help_accuracy = "part of its start to which the L2 loss is to fall (default 1e-4)"
    command.add_argument("--accuracy", type=positive, default=1e-4, help=help_accuracy)
    command.add_argument("--seed", type=seed, default=0, help="seed of everything random (default 0)")
    command.add_argument("--workers", type=workers, default=1, help="processes, -1 for all cores (default 1)")
    add_format(command)


def run(options: argparse.Namespace) -> int:
    """The report, or its data."""
    network = Network(*in_file("--network", options.network))
    data = Inputs() if options.data is None else read_weights("--data", options.data)
    targets = None if options.targets is None else tuple(read_numbers("--targets", path) for path in options.targets)
    given = options.parameters or ["all"]
    report = advise(
        network,
        data,
        options.norms,
        targets=targets,
        parameters="all" if given == ["all"] else tuple(given),
        metric=options.metric,
        accuracy=options.accuracy,
        rng=options.seed,
        workers=options.workers,
    )
    print_result(options, report, report.to_dict())
    return 0
