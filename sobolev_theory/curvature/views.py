"""Parts of a curvature matrix as operators that form nothing: blocks of parameters, and of pairs of neurons."""

from __future__ import annotations

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
    """A part of a matrix on rows of neurons: a linear operator with `to_dense`."""

    def __init__(self, blocks: MatrixOnRows, name: str, shape: tuple[int, int]) -> None:
        super().__init__(np.dtype(np.float64), shape)
        self.blocks, self.name = blocks, name

    def facts(self) -> dict[str, Any]:
        """Which part it is, and its shape."""
        return {"name": self.name, "shape": self.shape}

    @np.errstate(all="ignore")
    def _matvec(self, x: FloatArray) -> FloatArray:
        x = x if np.iscomplexobj(x) else as_numbers("x", x, "a vector of numbers is required")
        return self._apply(np.reshape(x, -1))

    def _adjoint(self) -> View:
        raise NotImplementedError

    def _transpose(self) -> View:  # the matrix is real
        return self._adjoint()

    def _apply(self, x: FloatArray) -> FloatArray:
        raise NotImplementedError

    def _dense(self) -> FloatArray:
        raise NotImplementedError

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


class ParameterBlock(View):
    """The rows of one parameter and the columns of another."""

    def __init__(self, blocks: MatrixOnRows, layout: Layout, rows: str, columns: str) -> None:
        self.layout, self.rows, self.columns = layout, rows, columns
        height, width = (layout.slices[name].stop - layout.slices[name].start for name in (rows, columns))
        super().__init__(blocks, f"{rows}, {columns}", (height, width))

    def _adjoint(self) -> View:
        return ParameterBlock(self.blocks.transposed(), self.layout, self.columns, self.rows)

    def _apply(self, x: FloatArray) -> FloatArray:
        flat = np.zeros(self.layout.size, dtype=x.dtype)
        flat[self.layout.slices[self.columns]] = x
        rows = self.blocks.apply(self.layout.rows(flat))
        return self.layout.flat(rows)[self.layout.slices[self.rows]]

    def _dense(self) -> FloatArray:
        (first, across), (second, along) = (_place(self.layout, name) for name in (self.rows, self.columns))
        found = self.blocks.tensor(across, along)[first, second].transpose(0, 2, 1, 3)
        return found.reshape(self.shape)


class NeuronBlock(View):
    """Block ``(i, k)`` of the matrix."""

    def __init__(self, blocks: MatrixOnRows, i: int, k: int) -> None:
        self.i, self.k, self._block = i, k, blocks.neuron_block(i, k)
        super().__init__(blocks, f"neurons {i}, {k}", (blocks.shape[1], blocks.shape[1]))

    def __reduce__(self) -> tuple[type[NeuronBlock], tuple[MatrixOnRows, int, int]]:
        return NeuronBlock, (self.blocks, self.i, self.k)

    def _adjoint(self) -> View:
        return NeuronBlock(self.blocks.transposed(), self.k, self.i)

    def _apply(self, x: FloatArray) -> FloatArray:
        return self._block.apply(x)

    def _dense(self) -> FloatArray:
        return self._block.dense()


def _place(layout: Layout, name: str) -> tuple[slice, slice]:
    """Where a parameter stands in rows of neurons: which neurons, and which coordinates."""
    neurons = slice(layout.width, None) if name == "output_bias" else slice(layout.width)
    inputs = layout.dim * ("weights" in layout.names)
    if name == "weights":
        return neurons, slice(inputs)
    last = layout.rows_shape[1] - 1
    return neurons, slice(inputs, inputs + 1) if name == "biases" else slice(last, last + 1)
