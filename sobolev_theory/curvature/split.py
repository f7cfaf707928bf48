"""A curvature matrix that splits: into a part on an invariant space, and multiples of the identity across it.

On the orthogonal complement of ``span(U)`` every curvature of standard inputs is ``A (x) I``: the spectrum never sees
the input dimension.
"""

from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .matrix import Matrix
from .reduction import Reduction

FloatArray = NDArray[np.float64]
Part = tuple[FloatArray, int]


class SplitMatrix(Matrix):
    """The parts of a `Matrix`."""

    @cached_property
    def _reduction(self) -> Reduction | None:
        """The restriction to an invariant space."""
        return Reduction.of(self._blocks)

    @cached_property
    def on_span(self) -> Self:
        """The operator restricted to an invariant space, in orthonormal coordinates of it: a subspace with span(U)."""
        reduction = self._reduction
        if reduction is None:
            return self
        return self._like(reduction.blocks, layout=replace(self.layout, dim=reduction.dim), generators=None)

    @property
    def outside(self) -> list[tuple[FloatArray, int]]:
        """Matrices (K, K) of the rest, one for each eigenspace of the forms, and how often their eigenvalues count."""
        reduction = self._reduction
        parts = [] if reduction is None else reduction.outside(self.width)
        return [(a / 2 + a.T / 2 if self.is_symmetric else a, span.codim) for a, span in parts]

    @np.errstate(all="ignore")
    def parts(self) -> list[Part]:
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

    @property
    def has_quotient(self) -> bool:
        """Whether directions are known in which the network can move and stays what it is: see `condition_number`."""
        return self._generators is not None

    @property
    def rescalings(self) -> FloatArray | None:
        """Those directions, independent flat vectors (G, P); None if none are known."""
        return None if self._generators is None else self._generators.flat(self.layout)

    def parts_across(self) -> list[Part]:
        """`parts` of ``P H P`` on the orthogonal complement of the generators, which are vectors of the span too."""
        generators = self._generators
        if generators is None:
            raise ValueError(
                "quotient: False is required for this matrix: in no direction its parameters are known to leave the "
                'network what it is; ReLU^n has such directions with parameters="all"'
            )
        whole = self._like(self._blocks.beside(generators.rows))
        inner, reduction, count = whole.on_span, whole._reduction, len(generators.rows)
        rows = generators.rows if reduction is None else reduction.blocks.vectors[-count:]
        null = replace(generators, rows=rows).flat(inner.layout)
        across = np.linalg.qr(null.T, mode="complete")[0][:, len(null) :]
        return [(across.T @ inner.to_dense() @ across, 1), *whole.outside]
