"""Rows of weights as their inputs and the metric see them: the Gaussian is a standard one, and the metric Euclidean.

With ``Sigma = L L'`` and ``M = R R'``, inputs are ``x = mu + L y`` for standard normal y, and

    w . x + b = (L'w) . y + m,    m = w . mu + b,        u' Sigma v = (L'u) . (L'v),        u' M v = (R'u) . (R'v).

A bias is part of m, and no part of what the metric sees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..layout import Layout
from ..pairs.ambient import Ambient

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows, stacked along any axes: ``along = L'w`` (..., r), ``offsets = m`` (...), ``measured = R'w`` (..., d)."""

    along: Array
    offsets: Array
    measured: Array

    @classmethod
    def of(cls, ambient: Ambient, weights: Array, biases: Array) -> Rows:
        """Of weights (..., d) and biases (...)."""
        offsets = weights @ ambient.mean + biases
        return cls(ambient.covariance.root(weights), offsets, ambient.metric.root(weights))

    def __call__(self, y: Array) -> Array:
        """``z = w . x + b`` at the inputs of y (r, n), (..., n)."""
        return np.asarray(self.along @ y + self.offsets[..., None])


@dataclass(frozen=True, eq=False)
class Moves:
    """What moves along q directions: the K rows of students, and their output weights.

    Parameters
    ----------
    rows
        ``(w_i, b_i)``, (q, K).
    output
        ``alpha_ai`` (q, K).
    """

    rows: Rows
    output: Array

    @classmethod
    def of(cls, ambient: Ambient, layout: Layout, directions: Array, width: int) -> Moves:
        """Of flat directions (q, P), for so many rows: the students, and perhaps the constant neuron.

        Contiguous arrays, since those are what a worker gets, and BLAS may add in another order where they are not.
        """
        moved = layout.rows(directions)
        full = np.zeros((len(directions), width, layout.dim + 2))
        full[:, : moved.shape[1], layout.columns] = moved
        weights, biases, output = map(np.ascontiguousarray, (full[..., :-2], full[..., -2], full[..., -1]))
        return cls(Rows.of(ambient, weights, biases), output)

    @property
    def layers(self) -> int:
        """2 if output weights move, else 1: how many ways there are in which a student moves."""
        return 1 + bool(self.output.any())

    def __call__(self, y: Array) -> Array:
        """``(p_ai, alpha_ai)``, the moves of ``(z_i, c_i)`` at the inputs of y (r, n), (q, layers, K, n)."""
        p = self.rows(y)
        return np.stack([p, np.broadcast_to(self.output[..., None], p.shape)][: self.layers], axis=1)
