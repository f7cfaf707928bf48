"""Command line: ``sobolev-theory COMMAND``; the same as ``python -m sobolev_theory COMMAND``.

Tables go to standard output, progress to standard error. Exit status: 0; 1 if a check failed; 2 for a usage error; 130
after Ctrl-C and 143 after SIGTERM, each with one line on standard error.
"""

import argparse
import os
import re
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import NoReturn

from . import __version__
from ._commands import advise, compare, descent, flow, latex, optimal_weight, plot, search, sweep, verify
from ._commands.files import unfold
from ._commands.options import Parser
from ._runtime.checks import near

COMMANDS = (advise, compare, optimal_weight, flow, descent, search, sweep, verify, plot, latex)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    try:
        with _terminable():
            return _run(arguments)
    except KeyboardInterrupt:
        return _last_words("interrupted", signal.SIGINT)
    except _TerminatedError:
        return _last_words("terminated", signal.SIGTERM)


def _run(arguments: Sequence[str] | None) -> int:
    """Parse, work and print, all of it before this returns."""
    try:
        try:
            options = _parse(arguments)
        finally:  # a help text may have been printed
            _flush()
        return _status(options)
    except BrokenPipeError:  # the reader, such as head, has enough: nothing more is to be written, at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # how rich says the same, having done as much
            return 0
        raise


def _status(options: argparse.Namespace) -> int:
    """Do what the options ask for; what is wrong with them is said in one line."""
    command: Parser = options.command
    try:
        with _plain_warnings(command.prog):
            status = int(options.run(options))
        _flush()
        return status
    except BrokenPipeError:
        raise
    except (ValueError, NotImplementedError, OSError) as error:
        command.error(str(error))
    except MemoryError as error:  # a size that no door has judged
        command.error(f"memory does not suffice, take fewer neurons or dimensions ({error})")


@contextmanager
def _plain_warnings(command: str) -> Iterator[None]:
    """Warnings are lines on standard error, as errors are, without lines of source text."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        print(f"{command}: warning: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _flush() -> None:
    """Write what is still to be written, unless standard output was closed from the beginning."""
    if sys.stdout is not None:
        sys.stdout.flush()


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


def _last_words(text: str, number: signal.Signals) -> int:
    """One line on standard error, and the exit status of a signal."""
    print(f"sobolev-theory: {text}", file=sys.stderr)
    return 128 + number


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of a command, what files of networks say among them; unknown ones are refused."""
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:
        known = re.findall(r"--[a-z-]+", options.command.format_help())
        options.command.error(f"{' '.join(unknown)}: no argument of this command{near(unknown[0], known)}")
    try:
        unfold(options)
    except ValueError as error:
        options.command.error(str(error))
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
