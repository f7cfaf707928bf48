"""Eigenvalues at the ends of a spectrum by iteration, where a product costs less than the matrix."""

from __future__ import annotations

import numpy as np
import scipy.sparse.linalg

DENSE = 96
"""Size up to which extreme eigenvalues come from the dense matrix; an iteration needs about as many products."""

FALLBACK = 4096
"""Size up to which they do if the iteration does not converge."""


def ends(operator: scipy.sparse.linalg.LinearOperator, symmetric: bool) -> tuple[float, float]:
    """Smallest and largest eigenvalue (real part), to 1e-10 of the spread of the spectrum.

    The low end of ``H`` is the high end of ``high I - H``, whose size is that spread.
    """
    high = _largest(operator, symmetric)
    flipped = scipy.sparse.linalg.LinearOperator(operator.shape, lambda x: high * x - operator @ x)
    return high - _largest(flipped, symmetric), high


def _largest(operator: scipy.sparse.linalg.LinearOperator, symmetric: bool) -> float:
    """The eigenvalue of largest real part, by Krylov iteration from a fixed start, so that results are reproducible.

    Heuristic: 30 basis vectors; a residual of 1e-10 of the eigenvalue, which bounds its error in the symmetric case.
    """
    start = np.random.default_rng(0).standard_normal(operator.shape[0])
    solver, end = (scipy.sparse.linalg.eigsh, "LA") if symmetric else (scipy.sparse.linalg.eigs, "LR")
    values = solver(operator, k=1, which=end, v0=start, ncv=30, maxiter=2000, tol=1e-10, return_eigenvectors=False)
    return float(values[0].real)
