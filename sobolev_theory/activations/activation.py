"""An activation as a value: a name, and the definition that says what it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._runtime.checks import shown
from .._runtime.json_files import FilePath, read_json, write_json
from .built_in import definition_of, listed
from .facts import Facts
from .packaged import OfKernels
from .texts import definition_from

VERSION = 2
"""Of what a pickled or saved activation carries."""

FORMAT = "sobolev_theory activation"
"""What a file of an activation says that it is."""

KEYS = ("version", "name", "source")

LONGEST = 199
"""Characters of a name after the first."""


@dataclass(frozen=True, eq=False, repr=False)
class Activation(Facts):
    """An activation ``sigma``: a name, and a definition.

    A value: two are equal if name and definition are. What one means depends on no registry, and a pickle carries the
    definition.

    Examples
    --------
    >>> from sobolev_theory.activations import get
    >>> get("relu")
    Activation('relu'): Max(z, 0); its derivative of order 1 jumps; norms up to H1; moments: closed form, to 1e-14
    >>> str(get("relu")), get("relu") == get("relu"), get("relu") == get("relu2")
    ('relu', True, False)
    """

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Activation):
            return NotImplemented
        return self.name == other.name and self.definition.key == other.definition.key

    def __hash__(self) -> int:
        return hash((self.name, self.definition.key))

    def __reduce__(self) -> tuple[Callable[..., Activation], tuple[Any, ...]]:
        if self.is_packaged or self.definition.source is not None or isinstance(self.definition, OfKernels):
            return restored, self.carried()
        return Activation, (self.name, self.definition)

    def carried(self) -> tuple[int, str, str | None]:
        """What makes it again elsewhere: version, name, and the text of its kernels unless they are the package's."""
        source = self.definition.source
        if source is None and self.definition.kernels is None and not self.is_packaged:
            raise TypeError(
                f"activation: {self.name!r} cannot be saved, a file holds what `symbolic.derive` generates and it has "
                "none; make it again where it is needed"
            )
        if source is None and not self.is_packaged:
            raise TypeError(f"activation: {self.name!r} cannot be pickled or saved, it does not carry its SOURCE")
        return VERSION, self.name, source

    @property
    def is_packaged(self) -> bool:
        """Whether it is the activation of the package of that name."""
        known = definition_of(self.name)
        return known is not None and known.key == self.definition.key

    def save(self, path: FilePath) -> None:
        """Write the activation to a file, from which `activations.load` makes it again in any process.

        A file of that name is replaced. The file is JSON with the name, and for a derived activation the text of its
        generated module, as data.

        Raises
        ------
        ValueError
            If the file cannot be written, or is no regular one.
        TypeError
            If there is no text of it: of a user's functions, and of kernels that do not carry theirs.

        Examples
        --------
        >>> import tempfile
        >>> from sobolev_theory import activations
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     activations.get("erf").save(f"{folder}/erf.json")
        ...     activations.load(f"{folder}/erf.json") == activations.get("erf")
        True
        """
        version, name, source = self.carried()
        write_json(path, {"format": FORMAT, "version": version, "name": name, "source": source})


def restored(version: int, name: str, source: str | None) -> Activation:
    """The activation of a pickle or a file; no registry is asked or altered, and no code runs but arithmetic.

    Raises
    ------
    ValueError
        For one of another version, for a name that is none, and for text that is no generated module.
    """
    if version != VERSION:
        raise ValueError(
            f"activation: one written as version {VERSION} is required, that of {shown(name)} has version "
            f"{shown(version)}; make it anew with the installed package"
        )
    if not isinstance(source, str | None):
        raise ValueError(f"activation: the text of its kernels is required, got {shown(source)}")
    if source is not None:
        return Activation(name, definition_from(require_name(name), source))
    definition = definition_of(name) if isinstance(name, str) else None
    if definition is None:
        raise ValueError(
            f"activation: one of the package, {', '.join(listed())}, or kernels are required, got {shown(name)}"
        )
    return Activation(name, definition)


def load(path: FilePath) -> Activation:
    """The activation that `Activation.save` wrote to a file; `register` makes it known by its name.

    Loading runs no code but arithmetic, whoever wrote the file, and alters no registry.

    Raises
    ------
    ValueError
        If it is no such file, or cannot be read.
    """
    data = read_json(path)
    if not isinstance(data, dict) or data.get("format") != FORMAT or set(data) != {"format", *KEYS}:
        raise ValueError(f"path: a file that Activation.save wrote is required, got {shown(path)}")
    return restored(*(data[key] for key in KEYS))


def require_name(name: object) -> str:
    """A word that can name an activation."""
    if not isinstance(name, str) or not re.fullmatch(rf"[A-Za-z][A-Za-z0-9_.-]{{,{LONGEST}}}", name):
        raise ValueError(
            f"name: a letter followed by at most {LONGEST} letters, digits, _, . or - is required, got {shown(name)}"
        )
    return name
