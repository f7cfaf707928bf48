"""A curvature on an invariant space, and what it is on the rest: multiples of the identity on each eigenspace."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..forms import Form
from .blocks import Blocks, Multiple
from .on_rows import MatrixOnRows
from .spaces import Space, Span

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reduction:
    """Blocks restricted to an invariant space, in orthonormal coordinates of it.

    The space is the sum, over the joint eigenspaces of the forms, of the `Span` of the vectors' projections, and of all
    coordinates that are none of inputs. On what is left of an eigenspace a curvature is ``sum_f A^f F_f (x) I``.
    """

    whole: Blocks
    space: Space
    blocks: Blocks
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, blocks: MatrixOnRows) -> Reduction | None:
        """None if the space would be everything, or no common eigenspaces are known.

        A QR of the rows alone would know the directions ``e`` of near pairs only to ``1e-16/theta``. So all vectors are
        taken together.
        """
        if not isinstance(blocks, Blocks) or (space := blocks.space) is None:
            return None
        if space.independent and blocks.dim <= blocks.leading:
            return None
        spans = tuple(space.spans(blocks.vectors, independent=space.independent and not len(blocks.sparse)))
        if not any(span.codim for span in spans):
            return None
        counts = [span.dim for span in spans]
        vectors = np.hstack([*(span.coordinates for span in spans), blocks.vectors[:, space.dim :]])
        forms = [_form(np.repeat(space.values(term.form), counts)) for term in blocks.multiples]
        multiples = tuple(Multiple(term.coefficient, f) for term, f in zip(blocks.multiples, forms, strict=True))
        return cls(blocks, space, replace(blocks, vectors=vectors, multiples=multiples, space=None), spans)

    @property
    def dim(self) -> int:
        """Dimension of the space within that of inputs."""
        return sum(span.dim for span in self.spans)

    def outside(self, width: int) -> list[tuple[FloatArray, Span]]:
        """The matrices ``sum_f A^f F_f`` (width, width), and the spans across which they stand."""
        bulks = np.zeros((len(self.spans), width, width))
        for term in self.whole.multiples:
            n, values = len(term.coefficient), np.array(self.space.values(term.form))
            bulks[:, :n, :n] += values[:, None, None] * term.coefficient
        return [(bulk, span) for bulk, span in zip(bulks, self.spans, strict=True) if span.codim]

    def lifted(self, rows: FloatArray) -> FloatArray:
        """Rows of neurons (R, D) from rows in coordinates of the space (R, n)."""
        inputs, at = np.zeros((len(rows), self.space.dim)), 0
        for span in self.spans:
            inputs += span.eigenspace.lifted(rows[:, at : at + span.dim] @ span.basis, self.space.dim)
            at += span.dim
        return np.hstack([inputs, rows[:, at:]])


def _form(values: FloatArray) -> Form:
    """The form of some values, a number if they are all one."""
    same = len(values) > 0 and bool((values == values[0]).all())
    return Form(len(values), np.array(values[0]) if same else values)
