"""``--activation``: a name, or an expression in z, which is derived."""

import argparse
import re

from .. import activations
from ..activations import Activation, built_in
from ..activations.registry import listed
from ..formulas.engine import engine

HELP = "a name (%s; leaky_relu(0.1) has a parameter), or an expression in z, such as 'z - tanh(z)' (default relu)"
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def add_activation(command: argparse.ArgumentParser) -> None:
    """The option."""
    command.add_argument(
        "--activation",
        type=parse_activation,
        metavar="NAME",
        help=HELP % ", ".join(listed()),
    )


def parse_activation(text: str) -> str | Activation:
    """The name of an activation, or the activation of an expression, which is parsed as data."""
    try:
        if built_in.canonical(text) or text in activations.names() or (WORD.fullmatch(text) and text != "z"):
            return activations.get(text).name  # refuses other words, and says what is known
        derived: Activation = engine("derive.derive").derive(text).activation
        return derived
    except (ImportError, ValueError, AssertionError) as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("activation: ")) from None
