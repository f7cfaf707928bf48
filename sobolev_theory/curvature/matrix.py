"""A curvature matrix as a structured linear operator: products, parts, sums and multiples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import as_numbers, integer, one_of, shown
from .._runtime.sizes import require_memory
from ..errors import OverflowingError
from ..layout import Layout
from ..pairs.existence import are_finite
from .on_rows import MatrixOnRows
from .products import Products
from .views import NeuronBlock, ParameterBlock, View

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Generators:
    """Independent directions in which a network can move and stays what it is, each of one neuron.

    ``neuron`` (G,) says of which; ``rows`` (G, D) are its rows.
    """

    neuron: IntArray
    rows: FloatArray

    def flat(self, layout: Layout) -> FloatArray:
        """Flat vectors (G, P), without those that are zero."""
        rows = np.zeros((len(self.rows), *layout.rows_shape))
        rows[np.arange(len(rows)), self.neuron] = self.rows
        flat = layout.flat(rows)
        return flat[flat.any(axis=1)]

    def shared(self, other: Generators | None) -> Generators | None:
        """These, if the others are the same."""
        same = other is not None and np.array_equal(self.neuron, other.neuron) and np.array_equal(self.rows, other.rows)
        return self if same else None


class Matrix(Products):
    """A `MatrixOnRows` in the order of a `Layout`, never formed unless asked for."""

    def __init__(
        self,
        blocks: MatrixOnRows,
        layout: Layout | None = None,
        *,
        is_symmetric: bool,
        is_semidefinite: bool = False,
        generators: Generators | None = None,
    ) -> None:
        self._blocks, self.is_symmetric, self.is_semidefinite = blocks, is_symmetric, is_semidefinite
        self.layout = layout or Layout(*blocks.shape, ("weights",))
        self._generators = generators
        super().__init__(np.dtype(np.float64), (self.layout.size, self.layout.size))

    def _like(self, blocks: MatrixOnRows, **changed: Any) -> Self:
        """Another matrix of the same kind, but for some facts."""
        facts: dict[str, Any] = {
            "layout": self.layout,
            "is_symmetric": self.is_symmetric,
            "is_semidefinite": self.is_semidefinite,
            "generators": self._generators,
        }
        return type(self)(blocks, **(facts | changed))

    @property
    def width(self) -> int:
        """Number of neurons ``K``."""
        return self.layout.width

    @property
    def dim(self) -> int:
        """Input dimension ``d``."""
        return self.layout.dim

    @np.errstate(all="ignore")
    def _matvec(self, x: FloatArray) -> FloatArray:
        x = x if np.iscomplexobj(x) else as_numbers("x", x, "a vector of numbers is required")
        return self.layout.flat(self._blocks.apply(self.layout.rows(np.reshape(x, -1))))

    def _adjoint(self) -> Self:
        return self if self.is_symmetric else self._like(self._blocks.transposed())

    _transpose = _adjoint  # the matrix is real

    @np.errstate(all="ignore")
    def to_dense(self) -> FloatArray:
        """The matrix, shape (P, P); exactly symmetric if `is_symmetric`.

        Raises
        ------
        SizeError
            If half of the physical memory does not hold it, with a copy.
        """
        size, advice = self.shape[0], "H @ x, extreme_eigenvalues() and spectrum() do not form it"
        require_memory(f"to_dense: a {size} x {size} matrix", 2 * size * size, advice)
        dense = self._blocks.to_dense()
        if not self.layout.only_weights:
            dense = dense[np.ix_(self.layout.index, self.layout.index)]
        return dense / 2 + dense.T / 2 if self.is_symmetric else dense

    def block(self, rows: str, columns: str) -> View:
        """The rows of one parameter and the columns of another, as an operator that forms nothing.

        Parameters
        ----------
        rows, columns
            Names of what moves, out of ``"output_weights"``, ``"weights"``, ``"biases"``, ``"output_bias"``.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> H = PopulationLoss([[1.0, 0.0]], "L2").gauss_newton([[0.0, 2.0]])
        >>> H.block("weights", "weights").to_dense()
        array([[0.5, 0. ],
               [0. , 0.5]])
        """
        names = self.layout.names
        return ParameterBlock(self._blocks, self.layout, one_of("rows", rows, names), one_of("columns", columns, names))

    def neuron_block(self, i: int, j: int) -> View:
        """The block of neuron ``i`` with neuron ``j``, in the order weight, bias, output weight of what moves.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> H = PopulationLoss([[1.0, 0.0]], "L2").gauss_newton([[0.0, 2.0], [1.0, 0.0]])
        >>> block = H.neuron_block(0, 1)
        >>> block.shape, (block @ np.array([1.0, 0.0])).round(6)
        ((2, 2), array([0.25    , 0.159155]))
        """
        for name, number in (("i", i), ("j", j)):
            required = f"the number of a neuron, 0 to {self.width - 1},"
            if integer(name, number, required, 0) >= self.width:
                raise ValueError(f"{name}: {required} is required, got {shown(number)}")
        return NeuronBlock(self._blocks, int(i), int(j))

    @np.errstate(all="ignore")
    def diagonal(self) -> FloatArray:
        """The diagonal (P,), by as many operations as a product takes."""
        return self.layout.flat(self._blocks.diagonal())

    def trace(self) -> float:
        """The sum of the diagonal, and of the eigenvalues.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> PopulationLoss([[1.0, 0.0]], "H1").gauss_newton([[0.0, 2.0]]).trace()
        2.0
        """
        return float(self.diagonal().sum())

    def scaled(self, units: FloatArray) -> Self:
        """``D H D`` for the diagonal matrix of one positive number for each neuron, (K,).

        A symmetric matrix keeps the signs of its eigenvalues (Sylvester's law of inertia).
        """
        factors = np.append(units, np.ones(self._blocks.shape[0] - len(units)))  # 1 for the constant neuron
        generators = self._generators and replace(
            self._generators, rows=self._generators.rows / factors[self._generators.neuron, None]
        )
        return self._like(self._blocks.scaled(factors), generators=generators)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Matrix):
            return super().__add__(other)
        if self.layout != other.layout:
            raise ValueError(
                f"H1 + H2: matrices of the same parameters are required, got shapes {self.shape} and {other.shape} in "
                f"{', '.join(self.layout.names)} and {', '.join(other.layout.names)}"
            )
        return self._like(
            self._blocks.plus(other._blocks),
            is_symmetric=self.is_symmetric and other.is_symmetric,
            is_semidefinite=self.is_semidefinite and other.is_semidefinite,
            generators=self._generators and self._generators.shared(other._generators),
        )

    def __mul__(self, factor: Any) -> Any:
        if not isinstance(factor, int | float | np.integer | np.floating):
            return super().__mul__(factor)
        with np.errstate(all="ignore"):
            blocks = self._blocks.times(float(factor))
        if not are_finite(np.array(float(factor)), *blocks.coefficients):
            raise OverflowingError(f"factor: a number whose product is in double precision is required, got {factor}")
        return self._like(blocks, is_semidefinite=self.is_semidefinite and factor >= 0)

    def __rmul__(self, factor: Any) -> Any:
        return self * factor if isinstance(factor, int | float | np.integer | np.floating) else super().__rmul__(factor)

    def __truediv__(self, factor: float) -> Any:
        if not factor:
            raise ValueError("factor: a divisor that is not zero is required, got 0")
        return self * (1 / factor)

    def __neg__(self) -> Any:
        return self * -1.0

    def __sub__(self, other: Any) -> Any:
        return self + (-other)
