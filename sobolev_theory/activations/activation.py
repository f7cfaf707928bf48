"""An activation as a value: name, pointwise derivatives, regularity and generated kernels."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_numbers, integer, shown
from .._runtime.json_files import FilePath, read_json, write_json
from .generated import BUILT_IN, Kernels, from_source

VERSION = 2
"""Of what a pickled or saved activation carries."""

FORMAT = "sobolev_theory activation"
"""What a file of an activation says that it is."""

KEYS = ("version", "name", "source")

LONGEST = 199
"""Characters of a name after the first."""


@dataclass(frozen=True, eq=False)
class Activation:
    """An activation ``sigma`` and what its derivation found out about it.

    A value: two are equal if name and definition are. What one means depends on no registry, and a pickle carries the
    definition.

    Examples
    --------
    >>> from sobolev_theory.activations import get
    >>> get("relu")
    Activation('relu')
    >>> str(get("relu")), get("relu") == get("relu"), get("relu") == get("relu2")
    ('relu', True, False)
    """

    name: str
    kernels: Kernels

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Activation({self.name!r})"

    @property
    def definition(self) -> object:
        """What tells activations of one name apart: the text of the generated module, or the module."""
        return getattr(self.kernels, "SOURCE", self.kernels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Activation):
            return NotImplemented
        return self.name == other.name and self.definition == other.definition

    def __hash__(self) -> int:
        return hash((self.name, self.definition))

    def __reduce__(self) -> tuple[Callable[..., Activation], tuple[int, str, str | None]]:
        return restored, self._carried()

    def _carried(self) -> tuple[int, str, str | None]:
        """What makes it again elsewhere: version, name, and the text of its kernels unless they are the package's."""
        source = getattr(self.kernels, "SOURCE", None)
        if source is None and BUILT_IN.get(self.name) is not self.kernels:
            raise TypeError(
                f"activation: {self.name!r} cannot be pickled or saved, its kernels do not carry their SOURCE"
            )
        return VERSION, self.name, source

    def save(self, path: FilePath) -> None:
        """Write the activation to a file, from which `activations.load` makes it again in any process.

        A file of that name is replaced. The file is JSON with the text of the generated module, as data.

        Raises
        ------
        ValueError
            If the file cannot be written, or is no regular one.
        TypeError
            If its kernels do not carry their text.

        Examples
        --------
        >>> import tempfile
        >>> from sobolev_theory import activations
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     activations.get("erf").save(f"{folder}/erf.json")
        ...     activations.load(f"{folder}/erf.json") == activations.get("erf")
        True
        """
        version, name, source = self._carried()
        write_json(path, {"format": FORMAT, "version": version, "name": name, "source": source})

    @property
    def degree(self) -> int | None:
        """``n`` if the activation is ``a max(z, 0)^n + b max(-z, 0)^n``, kinked and homogeneous; else None."""
        return self.kernels.DEGREE

    @property
    def jump_order(self) -> int | None:
        """First order whose derivative jumps, or None."""
        return self.kernels.JUMP_ORDER

    @property
    def variation(self) -> float:
        """How fast moments vary with the weights, 1 for ``erf(z/sqrt 2)``; of no meaning for homogeneous ones."""
        return float(getattr(self.kernels, "VARIATION", 1.0))

    @property
    def max_order(self) -> int:
        """Highest Sobolev order with kernels."""
        return self.kernels.MAX_ORDER

    @property
    def chart(self) -> str:
        """Pair quantities that the kernels take: ``"polar"`` or ``"gram"``."""
        return self.kernels.CHART

    def derivative(self, z: ArrayLike, order: int = 0) -> NDArray[np.float64]:
        """``sigma^(order)(z)``, pointwise; its absolutely continuous part, so that ``ReLU'' = 0``.

        Examples
        --------
        >>> from sobolev_theory.activations import get
        >>> get("relu2").derivative([-1.0, 3.0], 1)
        array([0., 6.])
        """
        z, derivatives = as_numbers("z", z, "numbers are required"), self.kernels.DERIVATIVES
        if integer("order", order, "an order from 0 on", 0) >= len(derivatives):
            raise ValueError(f"order: at most {len(derivatives) - 1} is derived for {self.name!r}, got {order}")
        values = derivatives[order](np, z)
        return np.broadcast_to(np.asarray(values, dtype=np.float64) + 0.0, z.shape)  # + 0.0 makes -0.0 plain zero

    def jump(self, order: int) -> float:
        """Height of the jump of ``sigma^(order)`` at 0: at `jump_order` ``n``, ``n!`` for ``max(z, 0)^n``; else 0."""
        order = integer("order", order, "an order from 0 on", 0)
        return float(self.kernels.JUMP) if order == self.jump_order else 0.0

    def kernel(self, quantity: str, order: int, convention: str) -> Callable[..., Any]:
        """The generated kernel of a pair quantity, for instance ``kernel("field", 1, "backprop")``."""
        function: Callable[..., Any] = self.kernels.KERNELS[quantity, order, convention]
        return function

    def has_kernel(self, quantity: str, order: int, convention: str) -> bool:
        """Whether a quantity was derived; a field is given on ``(u, v)``, or in the frame where that form diverges."""
        return (quantity, order, convention) in self.kernels.KERNELS

    def is_singular(self, quantity: str, order: int, convention: str) -> bool:
        """Whether a pair quantity fails to exist for parallel weight vectors."""
        return bool({(quantity, order, convention), (quantity, order, "both")} & self.kernels.SINGULAR)


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
    require_name(name)
    if not isinstance(source, str | None):
        raise ValueError(f"activation: the text of its kernels is required, got {shown(source)}")
    if source is None and name not in BUILT_IN:
        raise ValueError(
            f"activation: one of the package, {', '.join(BUILT_IN)}, or kernels are required, got {name!r}"
        )
    return Activation(name, BUILT_IN[name] if source is None else from_source(name, source))


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
