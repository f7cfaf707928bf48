r"""Patterns of slopes of a piecewise linear network: how often each occurs at Gaussian inputs, and where.

With ``eps_i = sign(v_i . x)`` a neuron has the slope ``s_i = a_i sigma'(eps_i)``. The indicator of a pattern ``e`` is

.. math:: 2^{-K} \prod_i (1 + e_i \epsilon_i) = 2^{-K} \sum_A \prod_{i \in A} e_i \epsilon_i .

Products of an odd number of signs average to zero with ``1`` and with ``z z'``, ``z`` the coordinates of ``x`` in the
span. Those of two signs are closed: they are the Gauss-Newton blocks of ReLU,

.. math:: \mathbb{E}[\epsilon_i \epsilon_j \, z z^\top] = 4 \, \mathbb{E}[1_i 1_j \, z z^\top] - I .

Those of four and more vanish for orthogonal rows, and do not occur for ``K <= 3``. For other rows patterns are counted
at the `POINTS` directions of a Kronecker sequence and at their opposites, and weighted so that products of two signs
have their exact means.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ..activations import Activation
from ..losses import PopulationLoss
from ..networks import Network

FloatArray = NDArray[np.float64]

POINTS = 2**18
"""Points at which patterns are counted; what depends on four signs is then accurate to a few 1e-4."""

NEVER = 1e-14
"""Probability below which a pattern does not occur, but by rounding."""

SAME, APART = 1e-12, 1e-3
"""Distance of unit rows up to which they are equal, and that below which two, or one and the opposite of the other, are
too near: some patterns hardly occur, and what they add is rounding."""


@dataclass(frozen=True, eq=False)
class Patterns:
    """Slopes ``s`` (P, K), their probabilities (P,), and ``E[z z'; pattern]`` (P, r, r)."""

    slopes: FloatArray
    probabilities: FloatArray
    moments: FloatArray

    @property
    def second(self) -> FloatArray:
        """``E[s s']``."""
        result: FloatArray = np.einsum("p,pi,pj->ij", self.probabilities, self.slopes, self.slopes)
        return result

    @classmethod
    def of(cls, network: Network, activation: Activation) -> Patterns:
        """Those of a network; its rows are not zero.

        Examples
        --------
        >>> patterns = Patterns.of(Network([[1.0, 0.0], [1.0, 1.0]]), Network([[1.0]]).activation)
        >>> patterns.probabilities                                            # angle pi/4
        array([0.375, 0.125, 0.125, 0.375])
        """
        rows = np.linalg.qr(_units(network).T)[1].T  # in coordinates of the span
        signs = np.array(list(product((-1.0, 1.0), repeat=len(rows))))
        values = _two_signs(rows, signs)
        if len(rows) > 3 and not np.allclose(rows @ rows.T, np.eye(len(rows)), rtol=0, atol=NEVER):
            values = _counted(rows, signs, values[:, -1, -1])
        slopes = network.output_weights * activation.derivative(signs, 1)
        occurs = values[:, -1, -1] > NEVER
        return cls(slopes[occurs], values[occurs, -1, -1], values[occurs, :-1, :-1])


def without_copies(network: Network) -> Network:
    """Neurons of one direction as one, whose output weight is the root of the sum of the squares of theirs, if not 0.

    Slopes are multiples of one another, ``s = A s'`` where ``A' A`` is diagonal: the matrix has the eigenvalues of
    that of ``(A' A)^(1/2) s'``, and is zero in other directions. Nearly parallel or opposite rows are refused.
    """
    rows = _units(network)
    gaps = np.linalg.norm(rows[:, None] - rows, axis=2)
    first = (gaps <= SAME).argmax(axis=1)
    near = np.minimum(gaps, np.linalg.norm(rows[:, None] + rows, axis=2)) < APART
    if pairs := np.argwhere(np.triu(near & (gaps > SAME))).tolist():
        raise ValueError(
            f"V: rows at angles of at least {APART:g} to one another and to their opposites are required, or equal "
            f"directions, got rows {', '.join(f'({i}, {j})' for i, j in pairs)}"
        )
    outputs = np.array([np.hypot.reduce(network.output_weights[first == k]) for k in range(len(rows))])
    if not outputs.any():
        raise ValueError("V: an output weight that is not zero is required")
    return Network(network.weights[outputs > 0], outputs[outputs > 0], activation=network.activation)


def _units(network: Network) -> FloatArray:
    """The rows, of length one."""
    rows = network.weights / np.abs(network.weights).max(axis=1, keepdims=True)
    result: FloatArray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return result


def _two_signs(rows: FloatArray, signs: FloatArray) -> FloatArray:
    """Up to two signs: ``E[z z'; pattern]``, and with one more, transverse, coordinate its probability."""
    (K, r), identity = rows.shape, np.eye(rows.shape[1] + 1)
    padded = np.pad(rows, ((0, 0), (0, 1)))
    together = PopulationLoss(padded, "L2").gauss_newton(padded).to_dense()
    blocks = 4 * together.reshape(K, r + 1, K, r + 1).transpose(0, 2, 1, 3) - identity
    pairs = np.triu(np.ones((K, K)), 1)
    terms = np.einsum("pi,pj,ij,ijkl->pkl", signs, signs, pairs, blocks, optimize=True)
    result: FloatArray = (identity + terms) / 2**K
    return result


def _counted(rows: FloatArray, signs: FloatArray, closed: FloatArray) -> FloatArray:
    """The same, by averages over points, whose lengths are averaged over as well; `closed` has two signs right."""
    r, powers = rows.shape[1], 2 ** np.arange(len(rows))[::-1]
    root = 2.0
    for _ in range(60):  # the positive root of g^(r+1) = g + 1, whose powers make an even sequence
        root = (1 + root) ** (1 / (r + 1))
    z = ndtri((0.5 + np.outer(np.arange(1, POINTS + 1), root ** -np.arange(1.0, r + 1))) % 1)
    z *= (r / np.einsum("nk,nk->n", z, z))[:, None] ** 0.5
    which = (z @ rows.T > 0) @ powers
    z = np.hstack([z, np.ones((POINTS, 1))])[np.argsort(which, kind="stable")]
    ends = np.cumsum(np.bincount(which, minlength=len(signs)))
    squares = np.array([some.T @ some for some in np.split(z, ends[:-1])]) / POINTS
    squares[:, :-1, -1] = squares[:, -1, :-1] = 0
    squares = (squares + squares[::-1]) / 2
    i, j = np.triu_indices(len(rows))
    products = signs[:, i] * signs[:, j]  # the diagonal ones are 1
    counted = squares[:, -1, -1]
    wrong = products.T @ (closed - counted)
    weights = 1 + products @ np.linalg.lstsq(products.T @ (counted[:, None] * products), wrong)[0]
    result: FloatArray = weights[:, None, None] * squares
    return result
