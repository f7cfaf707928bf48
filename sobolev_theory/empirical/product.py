r"""The product of an empirical curvature with one vector, chunk by chunk of the samples.

Moves ``(v_i, beta_i, alpha_i)`` of students change ``z_i`` by ``p_i = v_i . x + beta_i`` and the residual of order m by

.. math:: \dot T = \sum_k (a_k s_k^{(m+1)} p_k + \alpha_k s_k^{(m)}) \, w_k^{\otimes m}
          + a_k s_k^{(m)} D w_k^{\otimes m}[v_k] .

What pulls at a student along ``(x, 1)`` is ``a_i s_i^(m+1) E_i`` with ``E_i = <w_i^(tensor m), dT>``, a combination of
``s_k^(m+1) p_k`` and of ``s_k^(m)``; and, of a Hessian, ``<D w_i^(tensor m)[v_i], T>``, a combination of all
``s_j^(m)``, and ``p_i D_i`` with ``D_i = sum_m lambda_m s_i^(m+2) B_i``. So a chunk costs the products ``x v'`` and
``slopes' x``, what is elementwise in neurons, and products of size ``R x N`` for each order from 1 on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .first_order import FirstOrder, facing
from .setting import Chunk, Setting
from .targets import along, summed, towards

AnyArray = NDArray[Any]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Kept:
    """What a product needs of a chunk: inputs, targets, pointwise derivatives by order, and ``D`` of a Hessian."""

    inputs: FloatArray
    targets: dict[int, FloatArray]
    sigma: dict[int, FloatArray]
    bends: FloatArray | None

    @classmethod
    def of(cls, chunk: Chunk, *, residual: bool) -> Kept:
        """Of a Gauss-Newton matrix, or with the residual of a Hessian."""
        setting, bends = chunk.setting, None
        names = setting.layout.names
        slopes = not {"weights", "biases"}.isdisjoint(names)
        if residual and slopes:
            parts = [weight * chunk.of_students(m + 2) * facing(chunk, m) for m, weight in setting.norm.orders]
            bends = np.asarray(sum(parts))
        below = [m for m, _ in setting.norm.orders if "output_weights" in names or "output_bias" in names or m]
        above = [m + 1 for m, _ in setting.norm.orders if slopes]
        sigma = {order: chunk.sigma[order] for order in {*below, *above}}
        return cls(chunk.inputs, chunk.targets if residual else {}, sigma, bends)

    @property
    def numbers(self) -> int:
        """How many, beside the samples."""
        return sum(each.size for each in (*self.sigma.values(), *([] if self.bends is None else [self.bends])))


class Product:
    """Sums over samples for one vector, given as full rows ``(v, beta, alpha)`` of neurons (R, d + 2)."""

    def __init__(self, setting: Setting, rows: AnyArray, *, residual: bool) -> None:
        self.setting, self.residual = setting, residual
        (R, d), N = (setting.width, setting.layout.dim), len(setting.weights)
        self.v, self.beta, self.alpha = rows[:, :d], rows[:, d], rows[:, d + 1]
        self.images = setting.metric.apply(self.v)  # M v_i
        self.overlap = self.images @ setting.weights.T  # v_i' M u_j, (R, N)
        self.slopes = np.zeros((R, d + 1), dtype=rows.dtype)
        self.outputs = np.zeros(R, dtype=rows.dtype)
        self.tables = {m: np.zeros((N, R), dtype=rows.dtype) for m, _ in setting.norm.orders if m}
        self.turned = np.zeros((R, d), dtype=rows.dtype)
        self.on_rates, self.on_sigma = {}, {}
        for m, weight in setting.norm.orders:
            self.on_rates[m], self.on_sigma[m] = (weight * each for each in self._combinations(m))

    def _combinations(self, m: int) -> tuple[AnyArray, AnyArray]:
        """Of ``E_i`` in ``s_k^(m+1) p_k``, (R, R), and in ``s_j^(m)``, (N, R); the first index is that of ``k, j``.

        Of order 0 the pull is one number for all neurons: (R, 1) and (N, 1).
        """
        setting, R = self.setting, self.setting.width
        a, power, slope = setting.outputs[:R], setting.power(m, 0)[:, :R], setting.power(m, 1)
        on_sigma = np.zeros((len(setting.weights), R), dtype=self.v.dtype)
        on_sigma[:R] = (power * self.alpha + slope[:, :R] * a * self.overlap[:, :R].T).T
        if self.residual:
            on_sigma += (slope * setting.outputs * self.overlap).T
        pulled = slice(None) if m else slice(1)
        return (power * a).T[:, pulled], on_sigma[:, pulled]

    def add(self, kept: Kept) -> None:
        """One chunk."""
        setting, R, x = self.setting, self.setting.width, kept.inputs
        p = x @ self.v.T
        p += self.beta
        slopes = np.zeros_like(p) if kept.bends is None else kept.bends * p
        for m, _ in setting.norm.orders:
            pulls: AnyArray = np.zeros((1, 1))
            if (s := kept.sigma.get(m)) is not None:
                pulls = s @ self.on_sigma[m]
            if (above := kept.sigma.get(m + 1)) is not None:
                rates = above[:, :R] * p
                pulls = pulls + rates @ self.on_rates[m]
                if m:
                    pulls = pulls + self._of_weights(m, kept, rates)
                slopes += above[:, :R] * pulls
            if s is not None:
                self.outputs += np.einsum("tk,tk->k", s[:, :R], np.broadcast_to(pulls, p.shape))
        self.slopes[:, :-1] += slopes.T @ x
        self.slopes[:, -1] += slopes.sum(axis=0)

    def _of_weights(self, m: int, kept: Kept, rates: AnyArray) -> AnyArray | float:
        """Adds what pulls along ``M u_j``; and what a target in arrays pulls at outputs by ``D w^(tensor m)[v]``."""
        self.tables[m] += kept.sigma[m].T @ rates
        if m not in kept.targets:
            return 0.0
        weight, R = m * self.setting.norm.weights[m], self.setting.width
        free = towards(m, kept.targets[m], self.setting.images[:R])
        self.turned += weight * self.setting.outputs[:R, None] * summed(free, rates)
        return -weight * along(free, self.images)

    def mean(self, count: int, first: FirstOrder) -> AnyArray:
        """The product, full rows (R, d + 2), for means of a number of samples."""
        setting, R, d = self.setting, self.setting.width, self.setting.layout.dim
        a, v = setting.outputs[:R], self.v
        result = np.zeros((R, d + 2), dtype=v.dtype)
        result[:, : d + 1] = a[:, None] * self.slopes / count
        result[:, d + 1] = self.outputs / count
        turned = -self.turned / count
        for m, table in self.tables.items():
            weight, rates = setting.norm.weights[m], table / count
            slope, bend = setting.power(m, 1), setting.power(m, 2)
            squares = first.squares[m][:, :R]
            on = a[:, None] * slope[:, :R] * (rates[:R] * a + squares * self.alpha)
            on = on + np.outer(a, a) * squares * bend[:, :R] * self.overlap[:, :R].T
            turned = turned + weight * (on @ setting.weights[:R] + (np.outer(a, a) * squares * slope[:, :R]) @ v)
            if self.residual:
                own = slope * rates.T + bend * first.squares[m] * self.overlap
                turned = turned + weight * a[:, None] * (own * setting.outputs) @ setting.weights
        if self.residual:
            if first.bends is not None:
                bent = np.einsum("ide,ie->id", first.bends, self.images)
                turned = turned - 2 * setting.norm.weights[2] * a[:, None] * bent
            result[:, : d + 1] += self.alpha[:, None] * first.slopes
            result[:, :d] += self.alpha[:, None] * first.turns(setting)
            result[:, d + 1] += (first.slopes[:, :-1] * v).sum(axis=1) + first.slopes[:, -1] * self.beta
        result[:, :d] += setting.metric.apply(turned)
        return result
