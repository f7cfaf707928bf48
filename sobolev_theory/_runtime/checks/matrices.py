"""Square matrices of which something is required beyond their shape."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ROUNDING = 10 * float(np.finfo(np.float64).eps)
"""Times the size, by which a product of a few matrices is off, of its largest entry or eigenvalue."""


def as_semidefinite(name: str, matrix: FloatArray) -> FloatArray:
    """The symmetric part of a matrix that is symmetric and positive semi-definite up to rounding.

    Raises
    ------
    ValueError
        Naming the argument, and how far it is off.
    """
    matrix = _symmetric(name, matrix)
    scaled = matrix / (np.abs(matrix).max() or 1.0)
    try:
        np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        values = np.linalg.eigvalsh(scaled)
        if values[0] < -ROUNDING * len(matrix) * np.abs(values).max():
            raise ValueError(
                f"{name}: a positive semi-definite matrix is required, got one with the eigenvalue "
                f"{values[0] * np.abs(matrix).max():.6g}, {values[0] / np.abs(values).max():.1e} of the largest"
            ) from None
    return matrix


def _symmetric(name: str, matrix: FloatArray) -> FloatArray:
    """The symmetric part of a matrix that is symmetric up to rounding."""
    with np.errstate(over="ignore"):
        gaps = np.abs(matrix - matrix.T)
    largest = np.abs(matrix).max()
    if gaps.max() > ROUNDING * len(matrix) * largest:
        i, j = np.unravel_index(int(gaps.argmax()), gaps.shape)
        raise ValueError(
            f"{name}: a symmetric matrix is required, got {matrix[i, j]:.6g} at entry ({i}, {j}) and "
            f"{matrix[j, i]:.6g} at ({j}, {i}), off by {gaps.max() / largest:.1e} of the largest entry; pass "
            "x/2 + x.T/2 if its symmetric part is meant"
        )
    return matrix / 2 + matrix.T / 2 if gaps.any() else matrix
