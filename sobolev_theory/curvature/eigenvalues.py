"""Eigenvalues of matrices that are not symmetric, whose zeros may be defective."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from .spectrum import rounding_of

FloatArray = NDArray[np.float64]


def eigenvalues(matrix: FloatArray) -> NDArray[Any]:
    """All eigenvalues of a square matrix ``H``, those 0 that rounding alone would tell from it.

    Rounding moves the eigenvalue of a Jordan block of size p by its p-th root: 1e-16 to 1e-8 or more. So zeros are told
    by singular values, which it moves by no more than itself. On vectors ``Q`` across the null space ``Q' H Q`` has the
    other eigenvalues, and 0 once less for each null vector; and so on until there is none (Kublanovskaya 1966).

    Examples
    --------
    >>> turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    >>> bool(np.abs(np.linalg.eigvals(turn @ [[0.0, 1.0], [0.0, 0.0]] @ turn.T)).max() > 1e-9)
    True
    >>> eigenvalues(turn @ [[0.0, 1.0], [0.0, 0.0]] @ turn.T)
    array([0., 0.])
    """
    rest, singular = matrix, scipy.linalg.svdvals(matrix)
    rounding = rounding_of(singular)
    while len(rest) and singular[-1] <= rounding:
        across = np.linalg.svd(rest)[2][singular > rounding]
        rest = across @ rest @ across.T
        singular = scipy.linalg.svdvals(rest)
    others = np.linalg.eigvals(rest)
    if not np.imag(others).any():  # of which NumPy makes complex numbers or not, by its version
        others = np.real(others)
    return np.concatenate([np.zeros(len(matrix) - len(rest)), others])
