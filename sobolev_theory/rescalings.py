r"""Rescalings of the neurons of a homogeneous network, ``(w, b, a) -> (l w, l b, l^-n a)``, which leave it what it is.

A minimum is then one of a family, and gradient flow stays at one of each: ``|w|^2 + b^2 - n a^2`` of every neuron does
not change, since its gradient, ``2 (w, b, -n a)``, is the direction in which the loss does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .curvature.matrix import Generators
from .problem import SpanProblem

FloatArray = NDArray[np.float64]

ROUNDS = 60
"""Iterations of Newton's method for an equation that increases; each goes as far as one unit of a logarithm."""


def rescales(problem: SpanProblem) -> bool:
    """Whether what moves in a problem includes all that a rescaling changes."""
    names, start = problem.layout.names, problem.start
    biases = "biases" in names or start.biases is None or not start.biases.any()
    return problem.loss.activation.degree is not None and {"weights", "output_weights"} <= set(names) and biases


def conserved(problem: SpanProblem, rows: FloatArray) -> FloatArray:
    """``|w_i|^2 + b_i^2 - n a_i^2`` of rows of neurons, (K,)."""
    inner, outer = _parts(problem, rows)
    return inner - outer


def rescaled(problem: SpanProblem, rows: FloatArray, values: FloatArray) -> FloatArray:
    """The rows of neurons, rescaled so that `conserved` has given values.

    ``A e^y - n a^2 e^(-n y)`` increases in ``y = log l^2``.
    """
    degree, K = int(problem.loss.activation.degree or 0), problem.start.width
    inner, outer = _parts(problem, rows)
    y = np.zeros(K)
    for _ in range(ROUNDS):
        up, down = inner * np.exp(y), outer * np.exp(-degree * y)
        slope = up + degree * down
        excess = up - down - values
        y -= np.clip(np.divide(excess, slope, out=np.zeros(K), where=slope > 0), -1, 1)
    moved = rows.copy()
    moved[:K, :-1] *= np.exp(y / 2)[:, None]
    moved[:K, -1] *= np.exp(-degree * y / 2)
    return moved


def across(problem: SpanProblem, rows: FloatArray) -> FloatArray:
    """Orthonormal columns (P, P - K) across the directions ``(w_i, b_i, -n a_i)`` of rescalings, as flat vectors."""
    K, directions = problem.start.width, rows[: problem.start.width].copy()
    directions[:, -1] *= -int(problem.loss.activation.degree or 0)
    null = Generators(np.arange(K), directions).flat(problem.layout)
    return np.linalg.qr(null.T, mode="complete")[0][:, K:]


def _parts(problem: SpanProblem, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``|w_i|^2 + b_i^2`` and ``n a_i^2``; the output weight is the last column."""
    neurons = rows[: problem.start.width]
    inner: FloatArray = (neurons[:, :-1] ** 2).sum(axis=1)
    return inner, int(problem.loss.activation.degree or 0) * neurons[:, -1] ** 2
