"""Parts of a curvature matrix as operators that form nothing: blocks of parameters, and of pairs of neurons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import as_numbers
from .._runtime.results import Record
from .._runtime.sizes import require_memory
from ..layout import Layout
from .on_rows import MatrixOnRows
from .products import Products

FloatArray = NDArray[np.float64]

AS_PRODUCTS = "its products with vectors do not form it"


class View(Record, Products):
    """A part of a matrix: a linear operator with `to_dense`."""

    def __init__(
        self,
        name: str,
        shape: tuple[int, int],
        apply: Callable[[FloatArray], FloatArray],
        transposed: Callable[[], View],
        dense: Callable[[], FloatArray],
    ) -> None:
        super().__init__(np.dtype(np.float64), shape)
        self.name, self._apply, self._transposed, self._dense = name, apply, transposed, dense

    def facts(self) -> dict[str, Any]:
        """Which part it is, and its shape."""
        return {"name": self.name, "shape": self.shape}

    @np.errstate(all="ignore")
    def _matvec(self, x: FloatArray) -> FloatArray:
        x = x if np.iscomplexobj(x) else as_numbers("x", x, "a vector of numbers is required")
        return self._apply(np.reshape(x, -1))

    def _adjoint(self) -> View:
        return self._transposed()

    _transpose = _adjoint  # the matrix is real

    def to_dense(self) -> FloatArray:
        """The matrix.

        Raises
        ------
        SizeError
            If half of the physical memory does not hold it, with a copy.
        """
        rows, columns = self.shape
        require_memory(f"to_dense: a {rows} x {columns} matrix", 2 * rows * columns, AS_PRODUCTS)
        return self._dense()


def parameter_block(blocks: MatrixOnRows, layout: Layout, rows: str, columns: str) -> View:
    """The rows of one parameter and the columns of another."""
    left, right = layout.slices[rows], layout.slices[columns]

    def apply(x: FloatArray) -> FloatArray:
        flat = np.zeros(layout.size, dtype=x.dtype)
        flat[right] = x
        return layout.flat(blocks.apply(layout.rows(flat)))[left]

    def dense() -> FloatArray:
        (first, across), (second, along) = (_place(layout, name) for name in (rows, columns))
        found = blocks.tensor(across, along)[first, second].transpose(0, 2, 1, 3)
        return found.reshape(left.stop - left.start, right.stop - right.start)

    return View(
        f"{rows}, {columns}",
        (left.stop - left.start, right.stop - right.start),
        apply,
        lambda: parameter_block(blocks.transposed(), layout, columns, rows),
        dense,
    )


def neuron_block(blocks: MatrixOnRows, i: int, k: int) -> View:
    """Block ``(i, k)`` of the matrix on rows of neurons."""
    found, (_, dim) = blocks.neuron_block(i, k), blocks.shape
    return View(
        f"neurons {i}, {k}",
        (dim, dim),
        found.apply,
        lambda: neuron_block(blocks.transposed(), k, i),
        found.dense,
    )


def _place(layout: Layout, name: str) -> tuple[slice, slice]:
    """Where a parameter stands in rows of neurons: which neurons, and which coordinates."""
    neurons = slice(layout.width, None) if name == "output_bias" else slice(layout.width)
    inputs = layout.dim * ("weights" in layout.names)
    if name == "weights":
        return neurons, slice(inputs)
    last = layout.rows_shape[1] - 1
    return neurons, slice(inputs, inputs + 1) if name == "biases" else slice(last, last + 1)
