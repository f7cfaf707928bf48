"""Neurons seen through a function with kinks, or through its pointwise derivatives: panels end at the kinks."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from ..._quadrature import gauss_legendre
from ..._runtime.sizes import slices
from .coefficients import END, GAUSSIAN, ROUNDING, Coefficients, Rule, hermite_functions, root_density
from .neurons import USUAL, Neurons, require_size

FloatArray = NDArray[np.float64]

POINTS, PHASE = 20, 20.0
"""Gauss-Legendre points of a panel, and the phase over which they integrate a wave to rounding."""
VALUES = 2**21
"""Of Hermite functions at a time."""


class PiecewiseNeurons(Neurons):
    """Neurons seen through a function that is smooth between ``function.kinks``."""

    def _coefficients(self, order: int, count: int) -> Coefficients:
        """Those of the pointwise derivative."""
        found, tails = np.empty((count, len(self.m))), np.empty((count + 1, len(self.m)))
        beyond = Rule(1.0, END, count).beyond()
        size = self._panels(slice(0, 1), count)[0].shape[1]
        step = max(1, VALUES // (size * count))
        for part in slices(len(self.m), step):
            nodes, weights = self._panels(part, count)
            values = self._at(order, part, nodes) * weights * root_density(nodes)
            basis = hermite_functions(nodes, count) * weights[..., None]
            h = np.einsum("kq,kqn->kn", values, basis)
            left, out = values - np.einsum("kqn,kn->kq", basis, h), h @ beyond.T
            squares = np.column_stack([h * h, (left * left).sum(axis=1) + (out * out).sum(axis=1)])
            found[:, part], tails[:, part] = h.T, np.cumsum(squares[:, ::-1], axis=1)[:, ::-1].T
        return Coefficients(found, tails, np.full(len(self.m), ROUNDING), np.full(len(self.m), self.size))

    def _product(self, a: int, b: int, degree: int = 0) -> FloatArray:
        """``E[sigma^(a)(z) sigma^(b)(z)]`` of pointwise derivatives."""
        assert not degree
        nodes, weights = self._panels(slice(None), USUAL)
        first, second = (self._at(order, slice(None), nodes) * weights * root_density(nodes) for order in (a, b))
        product: FloatArray = (first * second).sum(axis=1)
        return product

    def _at(self, order: int, part: slice, nodes: FloatArray) -> FloatArray:
        return self.function.derivatives(self.m[part, None] + self.p[part, None] * nodes, order)[order]

    def _panels(self, part: slice, count: int) -> tuple[FloatArray, FloatArray]:
        """Nodes between the kinks, (k, q), and roots of their weights."""
        places = np.clip((np.array(self.function.kinks) - self.m[part, None]) / self.p[part, None], -END, END)
        ends = np.full((len(places), 1), END)
        cuts = np.concatenate([-ends, np.sort(places, axis=1), ends], axis=1)
        frequency = self.p.max() * self.function.bandwidth + sqrt(count) + GAUSSIAN
        panels = ceil(2 * END * frequency / PHASE)
        require_size(panels * POINTS * len(self.function.kinks) * count, float(self.p.max()))
        points, weights = gauss_legendre(POINTS)
        inside = ((np.arange(panels)[:, None] + points) / panels).ravel()
        lengths = np.diff(cuts, axis=1)[..., None]
        nodes = (cuts[:, :-1, None] + lengths * inside).reshape(len(cuts), -1)
        return nodes, np.sqrt(lengths * np.tile(weights / panels, panels)).reshape(len(cuts), -1)
