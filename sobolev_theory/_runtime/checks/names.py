"""Words, switches and objects of a kind; and how what came is shown in a message."""

import difflib
from collections.abc import Iterable, Sequence
from math import log10
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Kind = TypeVar("Kind")

WIDEST = 80
"""Characters of what came that a message shows."""

SHORTEST = 3
"""Characters of the beginning of a word from which it is told."""

FEW = 8
"""Numbers of things that are listed."""


def shown(value: object) -> str:
    """What came, on one line: its `repr`, cut where it is long; its type where it has none.

    Examples
    --------
    >>> shown("a\\nb"), len(shown(10**400))
    ("'a\\\\nb'", 80)
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:  # of a stranger's object; and integers of thousands of digits have no repr
        text = f"<{type(value).__name__}>"
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


def named(text: object) -> str:
    """A text that stands in a message without quotes, such as the name of a file; escaped if it would not print.

    Examples
    --------
    >>> named("runs.jsonl"), named("\\x1b[2J")
    ('runs.jsonl', "'\\\\x1b[2J'")
    """
    name = str(text)
    return name if name.isprintable() else ascii(name)


def counted(number: int) -> str:
    """A whole number of any size in a few characters.

    Examples
    --------
    >>> counted(10**9), counted(10**30), counted(10**5000)
    ('1000000000', 'about 10^30', 'about 10^5000')
    """
    return str(number) if number < 10**15 else f"about 10^{log10(number):.4g}"


def near(word: str, known: Iterable[str]) -> str:
    """Advice for a misspelt word: those known that begin so or are spelled alike, in any case; empty if none is.

    Examples
    --------
    >>> near("ReLU", ["erf", "relu", "relu2"]), near("gauss", ["hessian", "gauss_newton"]), near("fisher", ["hessian"])
    ("; did you mean 'relu'?", "; did you mean 'gauss_newton'?", '')
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    if (same := folded.get(word.casefold())) is not None:
        return f"; did you mean {same!r}?"
    begun = [key for key in folded if len(word) >= SHORTEST and key.startswith(word.casefold())]
    found = begun[:2] or difflib.get_close_matches(word.casefold()[:WIDEST], folded, n=2, cutoff=0.7)
    return f"; did you mean {' or '.join(repr(folded[key]) for key in found)}?" if found else ""


def listed(word: str, numbers: Sequence[int] | NDArray[np.intp]) -> str:
    """Numbers of things of one kind, the first few of many.

    Examples
    --------
    >>> listed("column", [3]), listed("column", [0, 2])
    ('column 3', 'columns 0, 2')
    """
    first = ", ".join(map(str, numbers[:FEW]))
    return f"{word}{'s' * (len(numbers) > 1)} {first}{', ...' * (len(numbers) > FEW)}"


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    """One of a few words."""
    words = tuple(allowed)
    if not isinstance(value, str) or value not in words:
        advice = near(value, words) if isinstance(value, str) else ""
        raise ValueError(f"{name}: one of {', '.join(map(repr, words))} is required, got {shown(value)}{advice}")
    return value


def flag(name: str, value: bool) -> bool:
    """A switch: True or False, of NumPy too, or 1 or 0."""
    if not isinstance(value, bool | np.bool_ | int) or value not in (True, False):
        raise ValueError(f"{name}: True or False is required, got {shown(value)}")
    return bool(value)


def instance_of(name: str, value: Any, kind: type[Kind], advice: str = "") -> Kind:
    """An object of a class of the package; advice is what makes one, for the message."""
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise ValueError(f"{name}: {article} {kind.__name__} is required, got {shown_kind(value)}{advice}")
    return value


def shown_kind(value: object) -> str:
    """The type of what came; of nothing, and of a class in place of its instance, these themselves."""
    return shown(value) if value is None or isinstance(value, type) else type(value).__name__
