"""Command line: ``sobolev-theory COMMAND``; the same as ``python -m sobolev_theory COMMAND``.

Tables go to standard output, progress to standard error. Exit status: 0, 1 if a check failed, 2 for a usage error.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from . import __version__
from ._commands import compare, flow, latex, plot, verify

COMMANDS = (compare, flow, latex, plot, verify)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader, such as head, has enough: nothing more is to be written, at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, NotImplementedError, OSError) as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sobolev-theory", description="Exact theory of Sobolev training.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
