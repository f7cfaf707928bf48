"""Curvature of a population loss as a structured linear operator, with its spectrum and condition number.

On the orthogonal complement of ``span(U)`` every curvature is ``A (x) I``: the spectrum never sees the input dimension.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse.linalg
from numpy.typing import NDArray

from .._runtime.checks import as_numbers, one_of
from .._runtime.results import Record
from .._runtime.sizes import require_memory, require_spectrum
from ..layout import Layout
from .blocks import Blocks
from .iteration import DENSE, FALLBACK, ends
from .reduction import Reduction
from .spectrum import Spectrum, rounding_of

FloatArray = NDArray[np.float64]
AnyArray = NDArray[Any]


class Curvature(Record, scipy.sparse.linalg.LinearOperator):  # type: ignore[misc]  # SciPy ships no types
    """A curvature matrix of shape (K d, K d), row-major in (neuron, coordinate), never formed unless asked for.

    Attributes
    ----------
    is_symmetric
        Whether the matrix is symmetric by construction. The backprop Hessian of an order whose derivative jumps is not.
    is_semidefinite
        Whether it is symmetric and positive semi-definite by construction, as Gauss-Newton matrices are.

    Examples
    --------
    >>> from sobolev_theory import PopulationLoss
    >>> H = PopulationLoss([[1.0, 0.0, 0.0]], norm="L2").hessian([[0.0, 1.0, 0.0]])
    >>> (H @ np.array([0.0, 1.0, 0.0])).round(12)
    array([0. , 0.5, 0. ])
    >>> H.spectrum().values.round(6)                # 1/2 - 1/pi, 1/2 - 1/(2 pi), 1/2
    array([0.18169 , 0.340845, 0.5     ])
    """

    def __init__(
        self, blocks: Blocks, layout: Layout | None = None, *, is_symmetric: bool, is_semidefinite: bool = False
    ) -> None:
        self._blocks, self.is_symmetric, self.is_semidefinite = blocks, is_symmetric, is_semidefinite
        self._layout = layout or Layout(blocks.width, blocks.dim, ("weights",))
        super().__init__(np.dtype(np.float64), (self._layout.size, self._layout.size))

    @property
    def width(self) -> int:
        """Number of neurons ``K``."""
        return self._layout.width

    @property
    def dim(self) -> int:
        """Input dimension ``d``."""
        return self._layout.dim

    def facts(self) -> dict[str, Any]:
        """Its sizes, and whether it is symmetric."""
        return {"width": self.width, "dim": self.dim, "is_symmetric": self.is_symmetric}

    @np.errstate(all="ignore")
    def _matvec(self, x: FloatArray) -> FloatArray:
        x = x if np.iscomplexobj(x) else as_numbers("x", x, "a vector of numbers is required")
        return self._layout.flat(self._blocks.apply(self._layout.rows(np.reshape(x, -1))))

    def _adjoint(self) -> "Curvature":
        return self if self.is_symmetric else self._like(self._blocks.transposed())

    def _like(self, blocks: Blocks, layout: Layout | None = None) -> "Curvature":
        """Another matrix of the same kind."""
        return Curvature(
            blocks, layout or self._layout, is_symmetric=self.is_symmetric, is_semidefinite=self.is_semidefinite
        )

    _transpose = _adjoint  # the matrix is real

    @np.errstate(all="ignore")
    def to_dense(self) -> FloatArray:
        """The matrix, shape (K d, K d); exactly symmetric if `is_symmetric`.

        Raises
        ------
        SizeError
            If half of the physical memory does not hold it, with a copy.
        """
        size, advice = self.shape[0], "H @ x, extreme_eigenvalues() and spectrum() do not form it"
        require_memory(f"to_dense: a {size} x {size} matrix", 2 * size * size, advice)
        dense = self._blocks.to_dense()
        if not self._layout.only_weights:
            dense = dense[np.ix_(self._layout.index, self._layout.index)]
        return dense / 2 + dense.T / 2 if self.is_symmetric else dense

    def scaled(self, units: FloatArray) -> "Curvature":
        """``D H D`` for the diagonal matrix of one positive number for each neuron, (K,).

        A symmetric matrix keeps the signs of its eigenvalues (Sylvester's law of inertia).
        """
        return self._like(self._blocks.scaled(units))

    @cached_property
    def _reduction(self) -> Reduction | None:
        """The restriction to an invariant space."""
        return Reduction.of(self._blocks)

    @cached_property
    def on_span(self) -> "Curvature":
        """The operator restricted to an invariant space, in orthonormal coordinates of it: a subspace with span(U)."""
        reduction = self._reduction
        return self if reduction is None else self._like(reduction.blocks, replace(self._layout, dim=reduction.dim))

    @property
    def outside(self) -> list[tuple[FloatArray, int]]:
        """Matrices (K, K) of the rest, one for each eigenspace of the forms, and how often their eigenvalues count."""
        reduction = self._reduction
        parts = [] if reduction is None else reduction.outside(self.width)
        return [(a / 2 + a.T / 2 if self.is_symmetric else a, span.codim) for a, span in parts]

    def spectrum(self) -> Spectrum:
        """All eigenvalues with multiplicities; cost independent of d beyond one QR of the stacked weights.

        The matrix restricted to the n-dimensional span(U), ``n <= min(d, K + M)``, gives ``K n`` of them. The ``K x K``
        matrix ``A`` gives the others, each with multiplicity ``d - n``. Backward stable: errors are about 1e-15 of the
        largest eigenvalue for a symmetric curvature; what is smaller is given as 0 (`Spectrum.rounding`). So are all
        other eigenvalues beside a row that has all but vanished, where the curvature of ReLU grows like the inverse of
        its length: their signs are those of `scaled` with the roots of the lengths of rows.

        Raises
        ------
        SizeError
            If the matrix on span(U) does not fit into half of the physical memory, or takes more than 1e14 operations.

        Warns
        -----
        UserWarning
            If it takes minutes; `extreme_eigenvalues` takes seconds.
        """
        return self._split(self._eigenvalues)

    def _eigenvalues(self, matrix: FloatArray) -> AnyArray:
        """Eigenvalues of a part of the operator; imaginary parts at the level of rounding are dropped."""
        if self.is_symmetric:
            return np.linalg.eigvalsh(matrix)
        values = np.linalg.eigvals(matrix)
        return values.real if np.abs(values.imag).max() <= rounding_of(values) else values

    def singular_values(self) -> Spectrum:
        """All singular values with multiplicities, by the same split."""
        return self._split(scipy.linalg.svdvals)

    @np.errstate(all="ignore")
    def parts(self) -> list[tuple[FloatArray, int]]:
        """Dense matrices whose spectra, so many times each, make up the spectrum: on span(U), then ``A`` if d > n.

        The coordinates on span(U) come from the weights alone: at the same student and teacher, parts add up as norms.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> H = PopulationLoss([[1.0, 0.0, 0.0]], norm="L2").hessian([[0.0, 1.0, 0.0]])
        >>> [(matrix.shape, count) for matrix, count in H.parts()]
        [((2, 2), 1), ((1, 1), 1)]
        """
        return [(self.on_span.to_dense(), 1), *self.outside]

    @np.errstate(all="ignore")
    def _split(self, values_of: Callable[[FloatArray], AnyArray]) -> Spectrum:
        self._require_spectrum()
        parts = [(values_of(matrix), count) for matrix, count in self.parts()]
        values = np.concatenate([part for part, _ in parts])
        counts = np.concatenate([np.full(len(part), count, dtype=np.intp) for part, count in parts])
        return Spectrum(self._with_known_signs(values), counts, rounding_of(values))

    def _with_known_signs(self, values: AnyArray) -> AnyArray:
        """Eigenvalues without signs that rounding gave them."""
        return np.maximum(values, 0.0) if self.is_semidefinite else values

    def _require_spectrum(self) -> None:
        """Refuse what does not fit, before the invariant space is computed if its size is known."""
        blocks = self._blocks
        if blocks.space is not None and blocks.space.independent:
            size = self.width * min(self.dim, blocks.leading)
        else:
            size = self.on_span.shape[0]
        require_spectrum(size, symmetric=self.is_symmetric, stacklevel=6)

    def condition_number(self, kind: str = "eigenvalue") -> float:
        """Ratio of extreme moduli of eigenvalues, or of singular values if ``kind="singular"``.

        Infinite for a matrix that is singular up to rounding (`Spectrum.rounding`). The two kinds differ for a
        non-symmetric curvature.

        Warns
        -----
        ConditioningWarning
            If the matrix is indefinite or singular: no rate of convergence follows then. Of singular values only if
            it is singular.
        """
        one_of("kind", kind, ("eigenvalue", "singular"))
        spectrum = self.spectrum() if kind == "eigenvalue" else self.singular_values()
        spectrum.warn(stacklevel=3)
        return spectrum.modulus_ratio

    @np.errstate(all="ignore")
    def extreme_eigenvalues(self) -> tuple[float, float]:
        """Smallest and largest eigenvalue (real part) without the whole spectrum.

        Lanczos (Arnoldi for a non-symmetric curvature) within span(U), where a product costs O(K (K + M) n), and the
        eigenvalues of ``A``. Accurate to 1e-10 of the spread of the spectrum.

        Raises
        ------
        scipy.sparse.linalg.ArpackNoConvergence
            If the iteration does not converge and the matrix is too large for a dense spectrum.
        """
        inner = self.on_span
        if inner.shape[0] <= DENSE:
            spectrum = self.spectrum()
            return spectrum.smallest, spectrum.largest
        try:
            low, high = ends(inner, self.is_symmetric)
        except scipy.sparse.linalg.ArpackError:
            if inner.shape[0] > FALLBACK:
                raise
            spectrum = self.spectrum()
            return spectrum.smallest, spectrum.largest
        for matrix, _ in self.outside:
            outer = self._eigenvalues(matrix).real
            low, high = min(low, float(outer.min())), max(high, float(outer.max()))
        return (max(low, 0.0) if self.is_semidefinite else low), high
