r"""Terms that are wider than a line, written so that lines may break in them, and equal to what they were.

A product breaks between its factors; ``\left( ... \right)`` becomes ``\Bigl( ... \Bigr)``, which a line may break in; a
wide numerator stands behind ``\frac{1}{...}``, a wide denominator has the power -1, and a wide radicand the power 1/2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .measure import TOKENS, next_width, split, width

FACTORS = (r"\left", r"\frac", r"\sqrt", r"\Bigl")
"""What a factor begins with that may stand first on a line."""

BINDING = {
    *"+-=<>([",
    r"\Bigl",
    r"\cdot",
    r"\le",
    r"\ge",
    r"\ne",
    r"\to",
    r"\sin",
    r"\cos",
    r"\arctan",
    r"\max",
    r"\min",
    r"\lim",
    r"\Phi",
}
"""Behind these stands what belongs to them."""

DELIMITED = re.compile(r"\\left([(\[])(.*)\\right([)\]])((?:[\^_].*)?)", re.DOTALL)
DERIVATIVE = re.compile(r"\\frac\{(\\partial|d\s*\})")
ROOT = re.compile(r"\\sqrt\{(.*)\}", re.DOTALL)


def opened(term: str, room: float) -> list[str]:
    r"""A term in chunks, each on one line of the given width, or as narrow as it can be made.

    Examples
    --------
    >>> opened(r"+ a \left(b + c\right)", 4.0)
    ['+ a', '\\cdot \\Bigl( b', '+ c \\Bigr)']
    >>> opened(r"\frac{a + b + c}{d}", 4.0)
    ['\\frac{1}{d} \\Bigl( a', '+ b', '+ c \\Bigr)']
    """
    if width(term) <= room:
        return [term]
    terms = split(term)
    if len(terms) == 1:
        if DERIVATIVE.search(term):
            return [term]  # which applies to all that follows
        factors = _factors(term)
        terms = _packed(factors, room)
        if len(terms) == 1:
            wider = max(factors, key=width)
            inside = " ".join(_bracketed(factor) if factor is wider else factor for factor in factors)
            return [term] if inside == " ".join(factors) else opened(inside, room)
    return [chunk for one in terms for chunk in opened(one, room)]


def _packed(factors: Sequence[str], room: float) -> list[str]:
    """Factors one after another, as many on a line as it holds; a dot stands where a line breaks between two."""
    lines = [factors[0]]
    for factor in factors[1:]:
        if width(f"{lines[-1]} {factor}") <= room:
            lines[-1] += f" {factor}"
        else:
            lines.append(rf"\cdot {factor}")
    return lines


def _factors(term: str) -> list[str]:
    """The factors of a term that may stand first on a line, each with what follows it; the first has the sign."""
    starts, bound = [0], True
    for first, start, _ in _nuclei(term):
        if first in FACTORS and not bound:
            starts.append(start)
        bound = first in BINDING
    return [term[start:end].strip() for start, end in pairwise([*starts, len(term)])]


def _nuclei(term: str) -> list[tuple[str, int, int]]:
    r"""Letters, groups, fractions, roots, ``\left ... \right``, with their scripts: first token, start and end."""
    found = [match for match in TOKENS.finditer(term) if not match[0].isspace()]
    tokens = [match[0] for match in found]
    nuclei, position = [], 0
    while position < len(tokens):
        first = position
        position = _end(tokens, position)
        while position < len(tokens) and tokens[position] in ("^", "_"):
            position = next_width(tokens, position)[1]
        nuclei.append((tokens[first], found[first].start(), found[position - 1].end()))
    return nuclei


def _end(tokens: list[str], start: int) -> int:
    r"""Where what starts at a token ends; ``\left`` at its ``\right``, brackets with their delimiters."""
    if tokens[start] in (r"\Bigl", r"\Bigr"):
        return start + 2
    if tokens[start] != r"\left":
        return next_width(tokens, start)[1]
    depth = 0
    for position in range(start, len(tokens)):
        depth += (tokens[position] == r"\left") - (tokens[position] == r"\right")
        if depth == 0:
            return position + 2
    raise ValueError(rf"latex: a \right for every \left is required, got {''.join(tokens)!r}")


def _bracketed(factor: str) -> str:
    """A factor with its widest nucleus in brackets that a line may break in; itself if it has none of that kind."""
    forms = [(start, end, form) for _, start, end in _nuclei(factor) if (form := _in_brackets(factor[start:end]))]
    if not forms:
        return factor
    start, end, form = max(forms, key=lambda one: width(factor[one[0] : one[1]]))
    return f"{factor[:start]}{form}{factor[end:]}"


def _in_brackets(nucleus: str) -> str:
    r"""A nucleus with its contents between ``\Bigl(`` and ``\Bigr)``; nothing if it is of another kind."""
    if match := DELIMITED.fullmatch(nucleus):
        opening, inside, closing, scripts = match.groups()
        return rf"\Bigl{opening} {inside.strip()} \Bigr{closing}{scripts}"
    if match := ROOT.fullmatch(nucleus):
        return rf"\Bigl( {match[1]} \Bigr)^{{1/2}}"
    if not nucleus.startswith((r"\frac{", r"\tfrac{")):
        return ""
    arguments = nucleus.partition("frac")[2]
    above, below = (arguments[start + 1 : end - 1] for _, start, end in _nuclei(arguments))
    if width(above) >= width(below):
        return rf"\frac{{1}}{{{below}}} \Bigl( {above} \Bigr)"
    front = "" if above == "1" else rf"\Bigl( {above} \Bigr) " if len(split(above)) > 1 else f"{above} "
    return rf"{front}\Bigl( {below} \Bigr)^{{-1}}"
