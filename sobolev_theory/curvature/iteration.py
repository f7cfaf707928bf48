"""Eigenvalues at the ends of a spectrum by iteration, where a product costs less than the matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse.linalg
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

DENSE = 96
"""Size up to which extreme eigenvalues come from the dense matrix; an iteration needs about as many products."""

FALLBACK = 4096
"""Size up to which they do if the iteration does not converge."""

RESTARTS, FEW = 2000, {True: 30, False: 300}
"""After how many an iteration is given up; up to `FALLBACK`, where the whole spectrum of a matrix that is symmetric, or
is not, costs no more than these, after few: the ends of an ill-conditioned one would take thousands.
"""


def ends(operator: scipy.sparse.linalg.LinearOperator, symmetric: bool) -> tuple[float, float]:
    """Smallest and largest eigenvalue (real part), to 1e-10 of the spread of the spectrum.

    The low end of ``H`` is the high end of ``high I - H``, whose size is that spread.
    """
    high = _largest(operator, symmetric)
    flipped = scipy.sparse.linalg.LinearOperator(operator.shape, lambda x: high * x - operator @ x)
    return high - _largest(flipped, symmetric), high


def ends_by_inverse(
    operator: scipy.sparse.linalg.LinearOperator, inverse: Callable[[float], Callable[[FloatArray], FloatArray]]
) -> tuple[float, float]:
    """The same of a symmetric matrix, of which ``inverse(s)`` is the product with ``(H - s I)^-1``.

    Heuristic: the shift is below the lower end by 2e-3 of the largest eigenvalue, about which a first iteration knows
    that end; from there eigenvalues that crowd at it are far apart.
    """
    high = _largest(operator, True)
    flipped = scipy.sparse.linalg.LinearOperator(operator.shape, lambda x: high * x - operator @ x)
    low = high - _largest(flipped, True, tolerance=1e-3)
    shift = low - 2e-3 * max(abs(high), abs(low))
    solved = scipy.sparse.linalg.LinearOperator(operator.shape, inverse(shift))
    return shift + 1 / _largest(solved, True), high


def _largest(operator: scipy.sparse.linalg.LinearOperator, symmetric: bool, tolerance: float = 1e-10) -> float:
    """The eigenvalue of largest real part, by Krylov iteration from a fixed start, so that results are reproducible.

    Heuristic: 30 basis vectors; a residual of 1e-10 of the eigenvalue, which bounds its error in the symmetric case.
    """
    start = np.random.default_rng(0).standard_normal(operator.shape[0])
    solver, end = (scipy.sparse.linalg.eigsh, "LA") if symmetric else (scipy.sparse.linalg.eigs, "LR")
    restarts = FEW[symmetric] if operator.shape[0] <= FALLBACK else RESTARTS
    options = {"ncv": 30, "maxiter": restarts, "tol": tolerance, "return_eigenvectors": False}
    values = solver(operator, k=1, which=end, v0=start, **options)
    return float(values[0].real)
