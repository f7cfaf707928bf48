"""Command line: ``sobolev-theory COMMAND``; the same as ``python -m sobolev_theory COMMAND``.

Tables go to standard output, progress to standard error. Exit status: 0; 1 if a check failed; 2 for a usage error; 130
after Ctrl-C and 143 after SIGTERM, each with one line on standard error.
"""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import NoReturn

from . import __version__
from ._commands import compare, flow, latex, plot, verify

COMMANDS = (compare, flow, latex, plot, verify)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    parser = _parser()
    try:
        with _terminable():
            return _run(parser, arguments)
    except KeyboardInterrupt:
        return _last_words(f"{parser.prog}: interrupted", 128 + signal.SIGINT)
    except _TerminatedError:
        return _last_words(f"{parser.prog}: terminated", 128 + signal.SIGTERM)
    except (ValueError, NotImplementedError, OSError) as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


def _run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Parse, work and print, all of it before this returns."""
    try:
        try:
            options = parser.parse_args(arguments)
            return int(options.run(options))
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as head, has enough: nothing more is to be written, at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # how rich says the same, having done as much
            return 0
        raise


class _TerminatedError(BaseException):
    """SIGTERM came."""


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends what is done here in order: workers are gone, and the terminal is as it was."""

    def stop(*_: object) -> NoReturn:
        raise _TerminatedError

    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _last_words(text: str, status: int) -> int:
    """One line on standard error."""
    print(text, file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sobolev-theory", description="Exact theory of Sobolev training.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
