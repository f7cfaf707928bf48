"""Command line: ``sobolev-theory COMMAND``; the same as ``python -m sobolev_theory COMMAND``.

Tables go to standard output, progress to standard error. Exit status: 0, 1 if a check failed, 2 for a usage error.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence

from . import __version__
from ._commands import compare, flow, latex, plot, verify
from ._commands.options import Parser
from ._runtime.checks import near

COMMANDS = (compare, flow, latex, plot, verify)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    options = _parse(arguments)
    command: Parser = options.command
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader, such as head, has enough: nothing more is to be written, at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, NotImplementedError, OSError) as error:
        command.error(str(error))
    except MemoryError as error:  # a size that no door has judged
        command.error(f"memory does not suffice, take fewer neurons or dimensions ({error})")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of a command; unknown ones are refused with those that are spelled alike."""
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:
        known = re.findall(r"--[a-z-]+", options.command.format_help())
        options.command.error(f"{' '.join(unknown)}: no argument of this command{near(unknown[0], known)}")
    return options


def _parser() -> Parser:
    parser = Parser(prog="sobolev-theory", description="Exact theory of Sobolev training.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
