"""``--towards``: limits of Hessians along directions in which a student leaves parallel rows."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from .._runtime.checks import named, near, read_weights
from ..conditioning.directions import RANDOM, SEVERAL
from ..layout import Layout
from ..networks import Network
from .arrays import ROLES, has
from .networks import networks, refuse_student, teacher_alone
from .options import FILES, refuse, size


def add_directions(command: argparse.ArgumentParser) -> None:
    """Which directions, several random ones among them."""
    limit = add_direction(command, "directions in which the student leaves: random, or one of its weights (K, d)")
    limit.add_argument("--directions", type=size, help=f"how many random ones (default {SEVERAL})")


def add_direction(
    command: argparse.ArgumentParser, leaves: str = "direction in which the student leaves: a random one, or (K, d)"
) -> Any:
    """Which direction; the group of options that say so."""
    limit = command.add_argument_group("limits of Hessians at parallel rows; without --student, at the teacher")
    limit.add_argument("--towards", metavar="random|FILE", help=f"{leaves}, {FILES}")
    return limit


def along(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of functions that take directions."""
    if options.towards != RANDOM:
        refuse(options, ("directions",), f"only together with --towards {RANDOM}")
    return {"towards": _towards(options.towards), "directions": options.directions or SEVERAL, "rng": options.seed}


def one_direction(options: argparse.Namespace, layout: Layout) -> Any:
    """A single direction, if any: what the file of that name holds, or a Gaussian displacement of what moves."""
    if options.towards != RANDOM:
        return _towards(options.towards)
    rng = np.random.default_rng([options.seed, 1])  # not the numbers of a random network: along itself no row turns
    return layout.given(rng.standard_normal(layout.size))


def _towards(text: str | None) -> Any:
    """The word, or the weights in the file of that name; what is neither is told what both are."""
    if text is None or text == RANDOM:
        return text
    if not Path(text).suffix and not Path(text).is_file():
        advice = near(text, [RANDOM])
        raise ValueError(
            f"--towards {named(text)}: the word {RANDOM}, or weights in a file, {FILES}, are required{advice}"
        )
    return {"weights": read_weights("--towards", Path(text))}


def networks_or_teacher(options: argparse.Namespace) -> tuple[Network, Network]:
    """Student and teacher; with directions in which to leave the student is at the teacher, unless it is named."""
    student, teacher = (has(options, f"{role}_weights") for role in ROLES)
    if options.towards is None and teacher and not student:
        raise ValueError(
            f"--teacher: a --student too is required, or --towards {RANDOM}, for limits at the teacher; for a matrix "
            "that exists there name the same file as --student"
        )
    if options.towards is None or student:
        return networks(options)
    reason = "not together with --towards: without --student the student is at the teacher"
    refuse(options, ("teacher_width",), reason)
    refuse_student(options, reason)
    at = teacher_alone(options)
    return at, at
