"""Curvature of a loss as a structured linear operator, with its spectrum and condition number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse.linalg
from numpy.typing import NDArray

from .._runtime.checks import counted, flag, one_of, positive_integer, shown
from .._runtime.results import Record
from .._runtime.sizes import require_memory, require_spectrum
from .blocks import Blocks
from .eigenpairs import eigenpairs
from .eigenvalues import eigenvalues
from .iteration import DENSE, FALLBACK, ends, ends_by_inverse
from .shifted import Shifted
from .spectrum import Spectrum, rounding_of, structure_of
from .split import Part, SplitMatrix

FloatArray = NDArray[np.float64]
AnyArray = NDArray[Any]


class Curvature(Record, SplitMatrix):
    """A curvature matrix of shape (P, P) in the order of flat vectors of parameters, never formed unless asked for.

    Of hidden weights that is (K d, K d), row-major in (neuron, coordinate); of more the order is that of
    `PopulationLoss.split`. Sums, differences and multiples of curvatures are curvatures.

    Attributes
    ----------
    layout
        Which parameters move, and where in a flat vector they stand.
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

    def facts(self) -> dict[str, Any]:
        """Its sizes, what moves if that is not the weights alone, and whether it is symmetric."""
        moving = {} if self.layout.only_weights else {"parameters": self.layout.names}
        return {"width": self.width, "dim": self.dim, **moving, "is_symmetric": self.is_symmetric}

    def spectrum(self, *, quotient: bool = False) -> Spectrum:
        """All eigenvalues with multiplicities; cost independent of d beyond one QR of the stacked weights.

        With ``quotient=True`` those of ``P H P`` as in `condition_number`.

        The matrix restricted to the n-dimensional span(U), ``n <= min(d, K + M)``, gives ``K n`` of them. The ``K x K``
        matrix ``A`` gives the others, each with multiplicity ``d - n``. A mean of the inputs is one more vector of the
        span, and biases, output weights and the output bias add to the first matrix, ``K (n + 2) + 1`` in all. Where
        covariance and metric have eigenspaces in common there is a span, and a matrix ``sum_f f_l A^f``, for each of
        them; `Spectrum.structure` says of which matrices the eigenvalues are.

        Backward stable: errors are about 1e-15 of the largest eigenvalue for a symmetric curvature; what is smaller is
        given as 0 (`Spectrum.rounding`). So are all other eigenvalues beside a row that has all but vanished, where the
        curvature of ReLU grows like the inverse of its length: their signs are those of `scaled` with the roots of the
        lengths of rows. Zeros of a curvature that is not symmetric, as where students are parallel to one another, can
        be in Jordan blocks, and are told by singular values; other defective eigenvalues have half of the digits.

        Raises
        ------
        SizeError
            If the first matrix does not fit into half of the physical memory, or takes more than 1e14 operations.

        Warns
        -----
        UserWarning
            If it takes minutes; `extreme_eigenvalues` takes seconds.
        """
        return self._split(self._eigenvalues, self.parts_across if flag("quotient", quotient) else self.parts)

    def _eigenvalues(self, matrix: FloatArray) -> AnyArray:
        """Eigenvalues of a part of the operator; imaginary parts at the level of rounding are dropped."""
        if self.is_symmetric:
            return np.linalg.eigvalsh(matrix)
        values = eigenvalues(matrix)
        return values.real if np.abs(values.imag).max() <= rounding_of(values) else values

    def singular_values(self) -> Spectrum:
        """All singular values with multiplicities, by the same split."""
        return self._split(scipy.linalg.svdvals, self.parts)

    @np.errstate(all="ignore")
    def _split(self, values_of: Callable[[FloatArray], AnyArray], parts_of: Callable[[], list[Part]]) -> Spectrum:
        self._require_spectrum()
        parts = parts_of()
        found = [(values_of(matrix), count) for matrix, count in parts]
        values = np.concatenate([part for part, _ in found])
        counts = np.concatenate([np.full(len(part), count, dtype=np.intp) for part, count in found])
        return Spectrum(self._with_known_signs(values), counts, rounding_of(values), structure_of(parts))

    def _with_known_signs(self, values: AnyArray) -> AnyArray:
        """Eigenvalues without signs that rounding gave them."""
        return np.maximum(values, 0.0) if self.is_semidefinite else values

    def _require_spectrum(self) -> None:
        """Refuse what does not fit, before the invariant space is computed if its size is known."""
        blocks = self._blocks
        if isinstance(blocks, Blocks) and blocks.space is not None and blocks.space.independent:
            size = self.width * min(self.dim, blocks.leading)
        else:
            size = self.on_span.shape[0]
        require_spectrum(size, symmetric=self.is_symmetric, stacklevel=6)

    def condition_number(self, kind: str = "eigenvalue", *, quotient: bool = False) -> float:
        """Ratio of extreme moduli of eigenvalues, or of singular values if ``kind="singular"``.

        With ``quotient=True`` that of ``P H P`` across the directions in which a network can move and stays what it is:
        for ReLU^n with output weights ``(w_i, b_i, -n a_i)`` of each neuron, which a Gauss-Newton matrix maps to zero.
        They are known, and projected out, not told from small eigenvalues. The number depends on where among equal
        networks the student is.

        Infinite for a matrix that is singular up to rounding (`Spectrum.rounding`). The two kinds differ for a
        non-symmetric curvature.

        Raises
        ------
        ValueError
            With ``quotient=True``, if no such directions are known.

        Warns
        -----
        ConditioningWarning
            If the matrix is indefinite or singular: no rate of convergence follows then. Of singular values only if
            it is singular.
        """
        one_of("kind", kind, ("eigenvalue", "singular"))
        values_of = self._eigenvalues if kind == "eigenvalue" else scipy.linalg.svdvals
        spectrum = self._split(values_of, self.parts_across if flag("quotient", quotient) else self.parts)
        advice = ", and across rescalings condition_number(quotient=True)" * (self.has_quotient and not quotient)
        if spectrum.definiteness == "semidefinite" and (reasons := self._blocks.why_singular()):
            advice += f".{reasons}"
        spectrum.warn(stacklevel=3, advice=advice)
        return spectrum.modulus_ratio

    def eigenpairs(self, k: int, which: str = "smallest") -> tuple[FloatArray, FloatArray]:
        """Eigenvalues at one end of a symmetric matrix, in ascending order (k,), and orthonormal eigenvectors (k, P).

        From the dense matrix on the invariant space up to size 4096, beyond it by Lanczos, to 1e-10 of the spread of
        the spectrum.

        Parameters
        ----------
        k
            How many, at most P.
        which
            ``"smallest"`` or ``"largest"``.

        Raises
        ------
        ValueError
            For a matrix that is not symmetric, as the backprop Hessian of an order whose derivative jumps is.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> values, vectors = PopulationLoss(np.eye(1, 9), "L2").hessian(np.eye(1, 9, 1)).eigenpairs(2, "largest")
        >>> values.round(6), np.abs(vectors[1]).round(6)[:2]
        (array([0.340845, 0.5     ]), array([0., 1.]))
        """
        if positive_integer("k", k) > self.shape[0]:
            raise ValueError(f"k: at most {self.shape[0]}, the size of the matrix, is required, got {shown(k)}")
        one_of("which", which, ("smallest", "largest"))
        if not self.is_symmetric:
            raise ValueError(
                "which: eigenpairs of a symmetric matrix are required, this one is not by construction; take "
                'gauss_newton, or derivative="exact", or numpy.linalg.eig of to_dense()'
            )
        require_memory(f"k: {counted(k)} eigenvectors of {self.shape[0]} entries", 2 * k * self.shape[0], "lower k")
        values, vectors = eigenpairs(self, self.on_span, self._reduction, int(k), which)
        return self._with_known_signs(values), vectors

    def _ends(self) -> tuple[float, float]:
        """Ends of a spectrum without an invariant space, the lower one by shift and inversion where that is known."""
        shifted = Shifted.of(self._blocks, self.layout) if self.is_symmetric else None
        if shifted is None:
            return ends(self, self.is_symmetric)

        def inverse(shift: float) -> Callable[[FloatArray], FloatArray]:
            product = shifted.inverse(shift)
            return lambda x: self.layout.flat(product(self.layout.rows(x.ravel())))

        return ends_by_inverse(self, inverse)

    @np.errstate(all="ignore")
    def extreme_eigenvalues(self) -> tuple[float, float]:
        """Smallest and largest eigenvalue (real part) without the whole spectrum.

        Lanczos (Arnoldi for a non-symmetric curvature) within span(U), where a product costs O(K (K + M) n), and the
        eigenvalues of ``A``. Where a general covariance leaves no such space, by shift and inversion for the lower end,
        if few neurons have outer products of low rank. Accurate to 1e-10 of the spread of the spectrum.

        Raises
        ------
        scipy.sparse.linalg.ArpackNoConvergence
            If the iteration does not converge and the matrix is too large for a dense spectrum.
        """
        inner = self.on_span
        if inner.shape[0] <= (FALLBACK if inner._blocks.is_costly else DENSE):
            spectrum = self.spectrum()
            return spectrum.smallest, spectrum.largest
        try:
            low, high = self._ends() if inner is self else ends(inner, self.is_symmetric)
        except scipy.sparse.linalg.ArpackError:
            if inner.shape[0] > FALLBACK:
                raise
            spectrum = self.spectrum()
            return spectrum.smallest, spectrum.largest
        for matrix, _ in self.outside:
            outer = self._eigenvalues(matrix).real
            low, high = min(low, float(outer.min())), max(high, float(outer.max()))
        return (max(low, 0.0) if self.is_semidefinite else low), high
