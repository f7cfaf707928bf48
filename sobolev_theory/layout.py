"""Which parameters of a network move, and where each of them stands: in a flat vector, and in rows of neurons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._runtime.checks import as_array, as_numbers, near, one_of, shown
from ._runtime.results import Record

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
InParameters = ArrayLike | Mapping[str, ArrayLike]
"""A vector in the parameters that move: flat, (K, d) of hidden weights alone, or its parts by name."""

NAMES = ("output_weights", "weights", "biases", "output_bias")
"""Names of the parameters, in the order of a flat vector."""


def moving(parameters: str | Sequence[str]) -> tuple[str, ...]:
    """The names of what moves, in the order of a flat vector: ``"all"``, one name, or several.

    Examples
    --------
    >>> moving("weights"), moving(["biases", "weights"])
    (('weights',), ('weights', 'biases'))
    """
    if isinstance(parameters, str):
        parameters = NAMES if parameters == "all" else (parameters,)
    if not isinstance(parameters, Sequence) or not parameters:
        raise ValueError(f"parameters: {_admitted()} is required, got {shown(parameters)}")
    for name in parameters:
        if name not in NAMES:
            advice = near(name, NAMES) if isinstance(name, str) else ""
            raise ValueError(f"parameters: {_admitted()} is required, got {shown(name)}{advice}")
    return tuple(name for name in NAMES if name in parameters)


def _admitted() -> str:
    return f'"all", or one or several of {", ".join(NAMES)}'


@dataclass(frozen=True, repr=False)
class Layout(Record):
    """Where the parameters of a network of ``K`` neurons in ``d`` dimensions stand that move.

    In a flat vector of length P they follow one another as in `NAMES`. In *rows of neurons* (R, D) a neuron has a row
    ``(w_i, b_i, a_i)``, of which columns that do not move are left out; an output bias that moves is the output weight
    of one more neuron, the constant one.

    Examples
    --------
    >>> layout = Layout(width=2, dim=3, names=moving("all"))
    >>> layout.size, layout.rows(np.arange(11.0))
    (11, array([[ 2.,  3.,  4.,  8.,  0.],
           [ 5.,  6.,  7.,  9.,  1.],
           [ 0.,  0.,  0.,  0., 10.]]))
    >>> layout.split(np.arange(11.0))["biases"]
    array([8., 9.])
    """

    width: int
    dim: int
    names: tuple[str, ...]

    @property
    def only_weights(self) -> bool:
        """Whether hidden weights move alone."""
        return self.names == ("weights",)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of what moves, by name."""
        shapes = {"output_weights": (self.width,), "weights": (self.width, self.dim), "biases": (self.width,)}
        return {name: shapes.get(name, ()) for name in self.names}

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Parts of a flat vector, by name."""
        ends = np.cumsum([prod(shape) for shape in self.shapes.values()])
        starts = [0, *ends[:-1]]
        return {name: slice(int(a), int(b)) for name, a, b in zip(self.names, starts, ends, strict=True)}

    @cached_property
    def size(self) -> int:
        """Length P of a flat vector."""
        return sum(prod(shape) for shape in self.shapes.values())

    @cached_property
    def columns(self) -> IntArray:
        """Of the columns ``(w, b, a)`` of rows of neurons, d + 2 in all, those that move."""
        found = np.arange(self.dim) if "weights" in self.names else np.zeros(0, dtype=np.intp)
        has_output = "output_weights" in self.names or "output_bias" in self.names
        more = [self.dim] * ("biases" in self.names) + [self.dim + 1] * has_output
        return np.concatenate([found, np.array(more, dtype=np.intp)])

    @property
    def rows_shape(self) -> tuple[int, int]:
        """``(R, D)``."""
        return self.width + ("output_bias" in self.names), len(self.columns)

    @cached_property
    def index(self) -> IntArray:
        """Where the entries of a flat vector stand in the raveled rows of neurons, (P,)."""
        R, D = self.rows_shape
        at = np.arange(R * D).reshape(R, D)
        K, d = self.width, self.dim * ("weights" in self.names)
        places = {
            "output_weights": at[:K, -1],
            "weights": at[:K, :d].ravel(),
            "biases": at[:K, d : d + 1].ravel(),
            "output_bias": at[K:, -1],
        }
        return np.concatenate([places[name] for name in self.names])

    def rows(self, flat: FloatArray) -> FloatArray:
        """Rows of neurons of flat vectors (..., P), (..., R, D); 0 for what moves in no flat vector."""
        R, D = self.rows_shape
        if self.only_weights:
            return flat.reshape(*flat.shape[:-1], R, D)
        rows = np.zeros((*flat.shape[:-1], R * D), dtype=flat.dtype)
        rows[..., self.index] = flat
        return rows.reshape(*flat.shape[:-1], R, D)

    def flat(self, rows: FloatArray) -> FloatArray:
        """The flat vector (..., P) of rows of neurons (..., R, D)."""
        raveled = rows.reshape(*rows.shape[:-2], -1)
        return raveled if self.only_weights else raveled[..., self.index]

    def given(self, flat: FloatArray) -> FloatArray:
        """Flat vectors (..., P) as users see them: hidden weights (..., K, d) if those move alone, else as they are."""
        return flat.reshape(*flat.shape[:-1], self.width, self.dim) if self.only_weights else flat

    @classmethod
    def split_of_size(cls, vector: FloatArray, dim: int, names: tuple[str, ...]) -> dict[str, FloatArray]:
        """`split` for as many neurons as a vector has numbers for."""
        one, fixed = cls(1, dim, names).size, int("output_bias" in names)
        width, rest = divmod(vector.size - fixed, one - fixed) if one > fixed else (1, 0)
        if rest or width < 1:
            raise ValueError(
                f"vector: {', '.join(names)} are required, {one - fixed} numbers for each neuron"
                f"{' and one more' * fixed}, got {vector.size} numbers"
            )
        return cls(width, dim, names).split(vector)

    def parse(self, name: str, value: InParameters) -> FloatArray:
        """The flat vector of one that is given flat, (K, d) of weights alone, or by parts; parts left out are zero.

        Examples
        --------
        >>> Layout(width=1, dim=2, names=moving("all")).parse("X", {"weights": [[1.0, 2.0]], "output_bias": 3.0})
        array([0., 1., 2., 0., 3.])

        Raises
        ------
        ValueError
            With the parts that it is to have.
        """
        if isinstance(value, Mapping):
            return self._joined(name, value)
        parts = ", ".join(f"{part} {shape}" for part, shape in self.shapes.items())
        required = f"a flat vector of {self.size} numbers, {parts}, is required"
        if self.only_weights:
            required = "an array of numbers of shape (K, d) is required"
        given = as_numbers(name, value, required)
        if given.shape == (self.size,):
            return as_array(name, given, ("P",))
        if self.only_weights:
            return as_array(name, given, ("K", "d"), self._sizes).ravel()
        alone = [
            f"; for {part} alone pass {{{part!r}: x}}" for part, shape in self.shapes.items() if shape == given.shape
        ]
        raise ValueError(f"{name}: {required}, got shape {given.shape}{''.join(alone[:1])}")

    @property
    def _sizes(self) -> dict[str, int]:
        return {"K": self.width, "d": self.dim}

    def _joined(self, name: str, parts: Mapping[str, ArrayLike]) -> FloatArray:
        """The flat vector of parts by name."""
        flat = np.zeros(self.size)
        for part, value in parts.items():
            axes = ("K", "d")[: len(self.shapes[one_of(name, part, self.names)])]
            flat[self.slices[part]] = as_array(f"{name}, {part}", value, axes, self._sizes).ravel()
        return flat

    def split(self, vector: ArrayLike) -> dict[str, FloatArray]:
        """The parts of a flat vector, or of an array (K, d) if only weights move, by name."""
        flat = self.parse("vector", vector)
        return {name: flat[part].reshape(self.shapes[name]) for name, part in self.slices.items()}
