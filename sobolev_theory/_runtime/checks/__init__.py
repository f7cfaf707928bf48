"""Checks at the public door: parse the input once, return clean values, and say clearly what is wrong.

Every message names the argument, what is required, and what came; where it is plain, what to do.
"""

from .arrays import as_array, as_finite, as_numbers, between, require_finite, require_shape
from .files import archive_names, read_archive, read_arrays, read_numbers, read_weights
from .foreign import as_numpy
from .matrices import as_semidefinite
from .names import counted, flag, instance_of, listed, named, near, one_of, shown, shown_kind
from .numbers import generator, integer, number, positive_integer

__all__ = [
    "archive_names",
    "as_array",
    "as_finite",
    "as_numbers",
    "as_numpy",
    "as_semidefinite",
    "between",
    "counted",
    "flag",
    "generator",
    "instance_of",
    "integer",
    "listed",
    "named",
    "near",
    "number",
    "one_of",
    "positive_integer",
    "read_archive",
    "read_arrays",
    "read_numbers",
    "read_weights",
    "require_finite",
    "require_shape",
    "shown",
    "shown_kind",
]
