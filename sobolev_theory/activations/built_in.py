"""The activations of the package by name: definitions from the table that `derivations.activations` declares.

A name says its parameters: ``leaky_relu`` has the default, ``leaky_relu(0.1)`` another slope, ``hermite3`` a degree.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from .._kernels.activations import ACTIVATIONS
from .._runtime.checks import integer, number, shown
from .definition import Definition
from .kinds import KINDS, made
from .packaged import PACKAGED

CALLED = re.compile(r"(?P<name>[a-z_0-9]+)\((?P<values>[^()]*)\)")
NUMBERED = re.compile(r"(?P<name>[a-z_]+)(?P<degree>[1-9][0-9]*)")
KNOWN = {name: row for name, row in ACTIVATIONS.items() if name in PACKAGED or row["kind"] in KINDS}


class Parameter(NamedTuple):
    """A default, an open interval, a number of it that is left out, and all of that in words."""

    default: float
    low: float
    high: float
    other_than: float | None
    required: str

    def checked(self, name: str, value: Any) -> float:
        """A value of it."""
        found = number(name, value, self.required, self.low, self.high)
        if found == self.other_than:
            raise ValueError(f"{name}: {self.required} is required, got {shown(value)}")
        return found


def parameters_of(name: str) -> dict[str, Parameter]:
    """What a family of activations has of parameters; a degree is none of these."""
    return {letter: Parameter(*row) for letter, row in KNOWN[name].get("parameters", {}).items()}


def degrees_of(name: str) -> range | None:
    """The degrees of a family of polynomials, or None."""
    data = KNOWN[name]["data"]
    return range(min(data), max(data) + 1) if isinstance(data, Mapping) else None


FAMILIES = tuple(name for name in KNOWN if parameters_of(name) or degrees_of(name))
"""Names of what has parameters, or a degree."""


def names() -> list[str]:
    """Names of the activations of the package, sorted; of families with parameters that with the defaults."""
    return sorted(f"{name}{n}" if n else name for name in KNOWN for n in degrees_of(name) or (0,))


def listed() -> list[str]:
    """The same for messages: ``<n>`` stands for a degree."""
    return sorted(f"{name}<n>" if degrees_of(name) else name for name in KNOWN)


def about(name: str) -> str:
    """What an activation, or a family of them, is, in words."""
    return str(KNOWN[name]["about"])


def canonical(name: str) -> str | None:
    """The name as the package writes it: without parameters that have their default; None if it is no such name.

    Raises
    ------
    ValueError
        For parameters that an activation of the package does not have.
    """
    if name in KNOWN and not degrees_of(name):
        return name
    if (found := NUMBERED.fullmatch(name)) and found["name"] in KNOWN:
        return name if int(found["degree"][:9]) in (degrees_of(found["name"]) or ()) else None
    if (found := CALLED.fullmatch(name)) and found["name"] in KNOWN and parameters_of(found["name"]):
        given = [word.strip() for word in found["values"].split(",")] if found["values"].strip() else []
        return with_parameters(found["name"], tuple(map(_as_number, given)))
    return None


def _as_number(word: str) -> Any:
    """What a word says; itself, to be refused, if it is no number."""
    try:
        return float(word) if word.isascii() and "_" not in word else word
    except ValueError:
        return word


def of_degree(name: str, degree: int) -> str:
    """The name of a polynomial, checked."""
    known = degrees_of(name) or range(0)
    required = f"a degree from {known[0]} to {known[-1]}"
    if integer("degree", degree, required, known[0]) not in known:
        raise ValueError(f"degree: {required} is required, got {shown(degree)}")
    return f"{name}{int(degree)}"


def with_parameters(name: str, values: tuple[Any, ...]) -> str:
    """The name of a member of a family, checked."""
    known = parameters_of(name)
    if len(values) > len(known):
        raise ValueError(f"{name}: at most {len(known)} parameter is taken, {', '.join(known)}, got {len(values)}")
    defaults = [parameter.default for parameter in known.values()]
    given = [one.checked(letter, value) for (letter, one), value in zip(known.items(), values, strict=False)]
    if given == defaults[: len(given)]:
        return name
    return f"{name}({', '.join(map(repr, given))})"


def definition_of(name: str) -> Definition | None:
    """The definition that the package has of a name, or None.

    Raises
    ------
    ValueError
        As `canonical`.
    """
    if (written := canonical(name)) is None:
        return None
    return _definition(written)


@cache
def _definition(name: str) -> Definition:
    """Made once, of a canonical name."""
    if name in PACKAGED:
        return PACKAGED[name]
    family, values = taken_apart(name)
    row = KNOWN[family]
    return made(
        row["kind"], _expression(row["expression"], values), _data(row["data"], values), row.get("derivatives", ())
    )


def taken_apart(name: str) -> tuple[str, dict[str, Any]]:
    """The family of a canonical name, and its parameters, defaults among them; ``n`` is a degree.

    >>> taken_apart("leaky_relu"), taken_apart("leaky_relu(0.1)"), taken_apart("hermite3"), taken_apart("tanh")
    (('leaky_relu', {'slope': 0.01}), ('leaky_relu', {'slope': 0.1}), ('hermite', {'n': 3}), ('tanh', {}))
    """
    found = CALLED.fullmatch(name)
    family = found["name"] if found else name
    if family not in KNOWN:
        family = name.rstrip("0123456789")
        return family, {"n": int(name[len(family) :])}
    given = map(float, found["values"].split(",")) if found else ()
    values = {letter: parameter.default for letter, parameter in parameters_of(family).items()}
    return family, values | dict(zip(values, given, strict=False))


def _expression(template: str, values: Mapping[str, float]) -> str:
    """With the values of the parameters, negative ones in brackets."""
    shown_values = {name: f"({value!r})" if value < 0 else f"{value!r}" for name, value in values.items()}
    return template.format(**shown_values)


def _data(data: Any, values: Mapping[str, float]) -> Any:
    """Of the parameters, or of the degree."""
    if isinstance(data, Mapping):
        return data[values["n"]]
    return data(*values.values()) if callable(data) else data
