"""One case: a call or a command line with arguments that are off, and what is wrong with what it does."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import sobolev_theory as st
from sobolev_theory.__main__ import main
from tests.bad_input.targets import COMMANDS, TARGETS
from tests.bad_input.values import BAD, TEXTS, Rng

SECONDS = 20
"""After which a call counts as hanging."""


class HangError(BaseException):
    """A call took too long; no ``except Exception`` on the way catches it."""


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Stops what takes longer."""

    def stop(*_: Any) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Outcome:
    """What a case did, and what is wrong with it; empty if nothing is."""

    case: str
    wrong: str
    seconds: float
    accepted: bool


def run(number: int) -> Outcome:
    """The case of a number."""
    rng = np.random.default_rng([10, number])
    begun = time.perf_counter()
    described, wrong, accepted = (_command if rng.random() < 0.15 else _call)(rng)
    return Outcome(f"case {number}: {described}", wrong, time.perf_counter() - begun, accepted)


def _call(rng: Rng) -> tuple[str, str, bool]:
    """A call of a function with one or two arguments spoiled."""
    names = list(TARGETS)
    weights = np.array([TARGETS[name].weight for name in names], dtype=float)
    name = names[rng.choice(len(names), p=weights / weights.sum())]
    target = TARGETS[name]
    arguments = {key: value() if callable(value) else value for key, (_, value) in target.arguments.items()}
    refused, described = False, []
    for key in rng.permutation(list(arguments))[: rng.choice([1, 1, 2])]:
        roles = target.arguments[key][0].split()
        fitting = [bad for bad in BAD if set(bad.fits) & set(roles)]
        pool = fitting if fitting and rng.random() < 0.4 else BAD
        pool = [bad for bad in pool if bad.name != "large integer"] if "work" in roles else pool
        bad = pool[rng.integers(len(pool))]
        arguments[str(key)] = bad.make(rng)
        refused = refused or not set(bad.fits) & set(roles)
        if bad.name == "frame with a hole" and arguments[str(key)] is None:
            refused = "optional" not in roles
        described.append(f"{key}: {bad.name} {_short(arguments[str(key)])}")
    described_call = f"{name}({', '.join(described)})"
    try:
        with (
            bounded(SECONDS),
            warnings.catch_warnings(record=True) as caught,
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("always")
            result = target.function(**arguments)
            meaningless = [] if target.open or caught else list(_meaningless(result))
    except HangError:
        return described_call, f"no end within {SECONDS} s", False
    except Exception as error:
        return described_call, _wrong_error(error, {*arguments}), False
    finally:
        _close_figures()
    if refused:
        return described_call, f"accepted, and gave {_short(result)}", True
    return described_call, f"gave {meaningless[0]}" if meaningless else "", True


def _command(rng: Rng) -> tuple[str, str, bool]:
    """A command line with one or two values spoiled, dropped, or doubled."""
    name = list(COMMANDS)[rng.integers(len(COMMANDS))]
    parts = [list(part) for part in COMMANDS[name]]
    for _ in range(rng.choice([1, 1, 2])):
        i, text = rng.integers(len(parts)), str(TEXTS[rng.integers(len(TEXTS))])
        kind = rng.choice(["value", "value", "value", "drop", "option", "double", "file"])
        if kind == "value":
            parts[i][-1] = text
        elif kind == "drop":
            parts[i] = parts[i][:-1]
        elif kind == "option" and parts[i]:
            parts[i][0] = parts[i][0][:-1] + "q"
        elif kind == "file":
            parts.append([str(rng.choice(["--student", "--teacher"])), text])
        else:
            parts.append(parts[i])
    line = [name.strip(), *(word for part in parts for word in part)]
    described, out, err = f"sobolev-theory {_short(line)}", io.StringIO(), io.StringIO()
    try:
        with bounded(SECONDS), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            warnings.simplefilter("ignore")
            status = main(line)
    except HangError:
        return described, f"no end within {SECONDS} s", False
    except SystemExit as stop:
        told = err.getvalue()
        told_well = re.fullmatch(r"sobolev-theory[a-z -]*: error: [^\n]+\n", told) and len(told) < 2000
        return described, "" if stop.code == 2 and told_well else f"status {stop.code}, {told!r}", False
    except Exception as error:
        return described, _where(error), False
    return described, "" if status in (0, 1) and out.getvalue() else f"status {status}, nothing said", True


def _wrong_error(error: Exception, names: set[str]) -> str:
    """What is wrong with an error: its kind, or that it names no argument."""
    message = str(error)
    if isinstance(error, TypeError) and re.match(r"[\w.<>]+\(\) ", message):  # of the call itself
        return ""
    if not isinstance(error, ValueError | NotImplementedError):
        return _where(error)
    head = message.split(":")[0]
    known = names | {
        "axes",
        "student",
        "teacher",
        "weights",
        "norm",
        "norms",
        "name",
        "notation",
        "rate",
        "time_to",
        "activation",
    }
    words = set(re.findall(r"[A-Za-z_0-9]+", head))
    if not words & known and not re.match(r"the (value|gradient|Hessian|Gauss-Newton)", message):
        return f"names no argument: {_where(error)}"
    return "" if len(message) < 1000 and "\n" not in message else f"a message of {len(message)} characters"


def _where(error: Exception) -> str:
    """An error with the line of the package that raised it."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "sobolev_theory/" in f.filename]
    place = f"{frames[-1].filename.split('sobolev_theory/')[-1]}:{frames[-1].lineno}" if frames else "outside"
    return f"{type(error).__name__} at {place}: {str(error)[:150]}"


def _meaningless(result: Any, path: str = "result") -> Iterator[str]:
    """Where a result holds NaN or infinity."""
    if isinstance(result, float | complex | np.ndarray | np.number):
        values = np.asarray(result)
        if values.dtype.kind in "fc" and not np.isfinite(values).all():
            yield f"{path} = {_short(result)}"
    elif isinstance(result, st.Curvature):
        yield from _meaningless(result.to_dense(), path)
    elif dataclasses.is_dataclass(result) and not isinstance(result, type):
        for field in dataclasses.fields(result):
            yield from _meaningless(getattr(result, field.name), f"{path}.{field.name}")
    elif isinstance(result, list | tuple):
        for item in result:
            yield from _meaningless(item, path)


def _short(value: Any) -> str:
    """A value on a short line."""
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = type(value).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."


def _close_figures() -> None:
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def sweep(numbers: range | list[int], report: Callable[[str], None] = lambda line: None) -> list[Outcome]:
    """The cases of some numbers; those that went wrong are reported at once."""
    outcomes = []
    for number in numbers:
        outcomes.append(run(number))
        if outcomes[-1].wrong:
            report(f"{outcomes[-1].case}\n    -> {outcomes[-1].wrong}")
    return outcomes
