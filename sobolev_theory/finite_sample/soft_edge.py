r"""Where extreme eigenvalues are on average in ``d`` dimensions: soft edges, which Tracy and Widom's law moves.

Beside an edge ``E`` of the bulk ``zeta = E + zeta''/2 (tr Q - tr Q_E)^2``: per unit of length there are ``(d/pi) |2
(zeta - E)/zeta''|^(1/2)`` eigenvalues. The last one, of a real symmetric random matrix, is then at

.. math:: E + \sqrt[3]{\zeta''/2} \; d^{-2/3} \; T ,

with Tracy and Widom's ``T`` of ``beta = 1``: inside the bulk on average, as ``zeta'' > 0`` at upper edges and ``T`` has
the mean `MEAN`. That the law is theirs is proved for one neuron (Johnstone 2001; Feldheim & Sodin 2010), and measured
for more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fixed_point import Equation, State

FloatArray = NDArray[np.float64]

MEAN = -1.2065335745820
"""Mean of Tracy and Widom's law of ``beta = 1`` (Bornemann 2010)."""


def shift(equation: Equation, edge: State) -> float:
    """Mean distance of the extreme eigenvalue from an edge, with its sign, times ``d^(2/3)``."""
    return MEAN * float(np.cbrt(_curvature(equation, edge) / 2))


def _curvature(equation: Equation, edge: State) -> float:
    r"""``d^2 zeta/(d tr Q)^2`` at an edge, where ``d zeta = 0``.

    With ``X = dQ/d tr Q``, of trace one, the equation's second derivative, times ``X`` and traced, is

    .. math:: \zeta'' = 2 \gamma^2 \mathbb{E}\Big[ \Big( \frac{s^\top X s}{1 + \gamma s^\top Q s} \Big)^3 \Big]
        - 2 \operatorname{tr} (Q^{-1} X)^3 ,

    since its first, a symmetric map of ``Q''``, vanishes at ``X``.
    """
    X = equation.tangent(edge)
    turned = np.linalg.solve(edge.Q, X)
    quotients = equation.listed(X) @ equation.forms.T / equation.denominators(edge.Q)
    cubes = equation.patterns.probabilities @ quotients**3
    return float(2 * equation.gamma**2 * cubes - 2 * np.trace(turned @ turned @ turned))
