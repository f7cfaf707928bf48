r"""Multiple eigenvalues of empirical Gauss-Newton matrices, which no sample moves, and what fraction of all they are.

Let ``U`` be a space of eigenvectors of ``lambda_1 E[s s']`` for one eigenvalue ``mu``. Of the ``dim(U) d``
dimensions of its products with inputs, ``n`` samples see ``n P(P_U s != 0)``, each of them one; on the rest the matrix
stays ``mu``. The space with the largest rest is the range of ``W = lim (mu - zeta) Q``: there ``W^-1 = I +
E[s s'/(gamma s' W s)]``, so that ``tr W = dim(U) - P(P_U s != 0)/gamma`` is that rest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .fixed_point import Equation

FloatArray = NDArray[np.float64]

RANK = 1e-6
"""Eigenvalue of ``W``, of which the largest is at most 1, below which it is 0."""


class Atom(NamedTuple):
    """A multiple eigenvalue, and the fraction of all eigenvalues that equal it."""

    value: float
    mass: float


def atoms(equation: Equation) -> tuple[Atom, ...]:
    """Multiple eigenvalues that no sample moves."""
    values, vectors = equation.stays
    groups = np.flatnonzero(np.diff(values) > 1e-10 * max(1.0, values[-1])) + 1
    found = []
    for some in np.split(np.arange(len(values)), groups):
        slopes = equation.patterns.slopes @ vectors[:, some]
        mass = _unseen(slopes, equation.patterns.probabilities, equation.gamma) / len(values)
        found += [Atom(float(values[some].mean()), mass)] if mass > 0 else []
    return tuple(found)


def _unseen(slopes: FloatArray, probabilities: FloatArray, gamma: float) -> float:
    """``max_U (dim U - P(P_U s != 0)/gamma)`` over subspaces of the coordinates of the slopes."""
    U = _least_seen(slopes, probabilities, gamma) if slopes.shape[1] > 1 else np.eye(1)
    met = (np.abs(slopes @ U) > 1e-9 * np.abs(slopes).max()).any(axis=1)
    rest: float = U.shape[1] - float(probabilities[met].sum()) / gamma
    return max(0.0, rest)


def _least_seen(slopes: FloatArray, probabilities: FloatArray, gamma: float) -> FloatArray:
    """An orthonormal basis (k, dim U) of the range of ``W``."""
    W, unit = np.eye(slopes.shape[1]), np.eye(slopes.shape[1])
    for depth in np.geomspace(1, 1e-12, 40):
        for _ in range(100):
            seen = depth + gamma * np.einsum("pi,pi->p", slopes @ W, slopes)
            new = np.linalg.inv(unit + (slopes.T * (probabilities / seen)) @ slopes)
            change = np.abs(new - W).max()
            W = (W + new) / 2
            if change < 1e-9:
                break
    values, vectors = np.linalg.eigh(W)
    basis: FloatArray = vectors[:, values > RANK]
    return basis
