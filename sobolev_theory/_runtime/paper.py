"""Widths of figures that a journal prints; without matplotlib, which the command line loads late."""

from .checks import number, one_of

WIDTHS = {"column": 3.4, "page": 6.8}
"""Inches: a column of a paper, and both of its columns."""


def inches(name: str, width: str | float) -> float:
    """A width in inches, from a word or a number.

    Examples
    --------
    >>> inches("width", "page"), inches("width", 5)
    (6.8, 5.0)
    """
    if isinstance(width, str):
        return WIDTHS[one_of(name, width, WIDTHS)]
    return number(name, width, "'column', 'page', or a number of inches between 1 and 100", 1, 100)
