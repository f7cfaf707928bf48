"""Words, code and lists in LaTeX text."""

import re
from collections.abc import Iterable


def prose(text: str) -> str:
    r"""Words with mathematics in dollars; outside of it, what TeX would misread is escaped.

    Examples
    --------
    >>> prose("see theorem/exact_cone, $x_1 < 2$")
    'see theorem/exact\\_cone, $x_1 < 2$'
    """
    parts = text.split("$")
    parts[::2] = [_escaped(part) for part in parts[::2]]
    return "$".join(parts)


def _escaped(words: str) -> str:
    words = re.sub(r"(?<!\\)([_&%#])", r"\\\1", words)
    for character, command in (("^", r"\^{}"), ("<", "$<$"), (">", "$>$"), ("|", "$|$")):
        words = words.replace(character, command)
    return words


def verbatim(text: str) -> str:
    """Text such as code or a name, with places where a line may break."""
    escaped = re.sub(r"([_&%#{}$])", r"\\\1", text.replace("\\", r"\textbackslash "))
    escaped = escaped.replace("^", r"\textasciicircum{}").replace("~", r"\textasciitilde{}")
    return re.sub(r"([/,.(=])", r"\1\\allowbreak{}", escaped)


def itemized(texts: Iterable[str]) -> str:
    """A list."""
    return "\\begin{itemize}\n" + "\n".join(rf"\item {text}" for text in texts) + "\n\\end{itemize}"
