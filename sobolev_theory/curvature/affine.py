r"""Blocks of a curvature in every parameter from coefficients of pairs, for any Gaussian input and metric.

The list of vectors has ``Sigma w_j`` and ``M w_j`` of all neurons, the mean ``(mu, 1, 0)``, the unit vector of the
output weight, and the directions ``e`` of near pairs, in the coordinates of rows of neurons that move. A letter of a
coefficient names one of them; the second vector of the frame is ``kappa (b_j - gamma b_i)`` except of near pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..layout import Layout
from ..pairs.affine import AffinePairs
from ..pairs.affine_terms import Coefficients
from ..pairs.geometry import ALL
from .blocks import Blocks, Multiple
from .spaces import Space
from .terms import Outer, Reference, Sparse

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Key = tuple[Reference, Reference, bool]

FORMS = ("S", "M")


@dataclass(frozen=True, eq=False)
class Vectors:
    """The list of vectors, and where each kind of them begins."""

    array: FloatArray
    metric: int
    mean: int
    output: int
    explicit: int
    moving: frozenset[str]  # letters of vectors that are not zero

    @classmethod
    def of(cls, geometry: AffinePairs, layout: Layout) -> Vectors:
        """Those of neurons, in the columns that move."""
        images, ambient, near = geometry.images, geometry.ambient, geometry.pairs.near
        N, d = images.shape
        lists = [images] if ambient.has_one_form else [images, geometry.metric_images]
        inputs = np.vstack([*lists, ambient.mean, np.zeros(d), near.e.reshape(-1, d)])
        metric = N * (len(lists) - 1)
        full = np.hstack([inputs, np.zeros((len(inputs), 2))])
        mean = N * len(lists)
        full[mean, d], full[mean + 1, d + 1] = 1.0, 1.0
        array = np.ascontiguousarray(full[:, layout.columns])
        moving = {letter for letter, vector in (("m", array[mean]), ("o", array[mean + 1])) if vector.any()}
        moving |= set("12g") if "weights" in layout.names else set()
        return cls(array, metric, mean, mean + 1, mean + 2, frozenset(moving))

    def reference(self, letter: str, second: str) -> Reference:
        """Of a letter but those of the frame; ``second`` is what ``g`` refers to."""
        if letter == "g":
            return Reference(self.metric, second)
        return Reference(self.mean if letter == "m" else self.output, "fixed")


class Assembly:
    """Collects coefficients of pairs, and of neurons with themselves, into terms of `Blocks`."""

    def __init__(self, geometry: AffinePairs, layout: Layout) -> None:
        self.geometry, self.layout, self.vectors = geometry, layout, Vectors.of(geometry, layout)
        self.width = geometry.pairs.width
        self._tables: dict[Key, FloatArray] = {}
        self._sparse: list[Sparse] = []
        self._forms = {letter: np.zeros((self.width, self.width)) for letter in FORMS}

    def add_pairs(self, coefficients: Coefficients, *, own: bool) -> None:
        """Coefficients (K, n) of blocks (i, j), or of parts of block (i, i) from all j."""
        for label, table in coefficients.items():
            if label in FORMS:
                self._forms[label] += np.diag(table.sum(axis=1)) if own else table
            elif set(label) <= self.vectors.moving:
                for on_left, one in self._on_rows(label[0], table.shape[1], "second"):
                    for on_right, two in self._on_rows(label[1], table.shape[1], "second" if own else "first"):
                        self._add((on_left, on_right, own), one * two * table)
                self._add_near(label, table, own=own)

    def add_itself(self, coefficients: Coefficients) -> None:
        """Coefficients (K,) of a neuron with itself, in block (i, i)."""
        scale = self.geometry.pairs.scale[: self.width]
        for label, values in coefficients.items():
            if label in FORMS:
                self._forms[label] += np.diag(values)
            elif set(label) <= self.vectors.moving:
                left, right = (self._of_itself(letter) for letter in label)
                self._add((left, right, True), (scale ** label.count("1") * values)[:, None])

    def add_output_bias(self, weight: float, in_row: dict[str, FloatArray], in_column: dict[str, FloatArray]) -> None:
        """The constant neuron: with itself, and numbers (K,) on ``o``, ``m`` and ``1`` of others."""
        k, vectors = self.width, self.vectors
        output, here, others = np.array([vectors.output]), np.array([k]), np.arange(k)
        self._sparse.append(Sparse(here, here, output, output, np.array([weight])))
        row, constant = np.full(k, k), np.full(k, vectors.output)
        for letter, place in (("o", constant), ("m", np.full(k, vectors.mean)), ("1", others)):
            scale = self.geometry.pairs.scale[:k] if letter == "1" else 1.0
            if letter in vectors.moving & in_row.keys():
                self._sparse.append(Sparse(row, others, constant, place, scale * in_row[letter]))
            if letter in vectors.moving & in_column.keys():
                self._sparse.append(Sparse(others, row, place, constant, scale * in_column[letter]))

    def blocks(self) -> Blocks:
        """The matrix."""
        ambient = self.geometry.ambient
        outer = tuple(Outer(table, *key) for key, table in self._tables.items())
        multiples: list[Multiple] = []
        space = None
        if "weights" in self.layout.names:
            space = Space(ambient.covariance, ambient.metric)
            tables = dict(self._forms)
            if ambient.has_one_form:
                tables = {"S": tables["S"] + tables["M"]}
            multiples = [
                Multiple(table, ambient.covariance if letter == "S" else ambient.metric)
                for letter, table in tables.items()
            ]
        sparse = Sparse.joined(self._sparse) if self._sparse else Sparse.none()
        rows = self.layout.rows_shape[0]
        return Blocks(rows, self.vectors.array, tuple(multiples), outer, sparse, space)

    def _add(self, key: Key, table: FloatArray) -> None:
        left, right, own = key
        if own and "second" not in (left.kind, right.kind):
            table = table.sum(axis=1, keepdims=True)
        self._tables[key] = self._tables[key] + table if key in self._tables else table

    def _of_itself(self, letter: str) -> Reference:
        return Reference(0, "first") if letter == "1" else self.vectors.reference(letter, "first")

    def _on_rows(self, letter: str, count: int, other: str) -> Iterator[tuple[Reference, FloatArray | float]]:
        """A letter as a combination of vectors of the list, with factors that broadcast to (K, count)."""
        scale = self.geometry.pairs.scale
        if letter == "1":
            yield Reference(0, "first"), scale[: self.width, None]
        elif letter == "2":
            pairs = self.geometry.pairs
            kappa, gamma = pairs.chart.second(pairs.angles(ALL, slice(0, count)))
            yield Reference(0, "first"), -kappa * gamma * scale[: self.width, None]
            yield Reference(0, "second"), kappa * scale[:count]
        else:
            yield self.vectors.reference(letter, other), 1.0

    def _add_near(self, label: str, table: FloatArray, *, own: bool) -> None:
        """Terms with the explicit second vector of near pairs."""
        framed, scale = self.geometry.pairs.framed, self.geometry.pairs.scale
        pair = np.flatnonzero(framed.j < table.shape[1])
        if "2" not in label or not len(pair):
            return
        i, j, vectors = framed.i[pair], framed.j[pair], self.vectors
        coefficient, numbers = table[i, j], list[IntArray]()
        for side, letter in enumerate(label):
            if letter == "2":
                numbers.append(vectors.explicit + pair)
            elif letter == "1":
                numbers.append(i)
                coefficient = coefficient * scale[i]
            else:
                start, kind = vectors.reference(letter, "second" if own or not side else "first")
                numbers.append(start + (0 * i if kind == "fixed" else j if kind == "second" else i))
        left, right = numbers
        self._sparse.append(Sparse(i, i if own else j, left, right, coefficient))
