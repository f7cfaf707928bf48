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
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .first_order import FirstOrder, bends
from .samples import Batch
from .setting import Chunk, Setting
from .targets import along, summed, towards

AnyArray = NDArray[Any]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Kept:
    """What a product needs of a chunk besides the samples: pointwise derivatives that are not zero, ``D`` of a Hessian.

    Derivatives by order: of all neurons, (c, N), where a norm compares gradients of that order, else of those that
    move, (c, R).
    """

    sigma: dict[int, FloatArray]
    bends: FloatArray | None

    @classmethod
    def of(cls, chunk: Chunk, *, residual: bool) -> Kept:
        """Of a Gauss-Newton matrix, or with the residual of a Hessian."""
        setting, orders = chunk.setting, chunk.setting.norm.orders
        moving = {m + 1 for m, _ in orders if setting.bends} | (
            {0} & {m for m, _ in orders} if setting.speaks else set()
        )
        sigma = {order: np.ascontiguousarray(chunk.of_students(order)) for order in moving}
        sigma |= {m: chunk.sigma[m] for m, _ in orders if m}
        found = {order: values for order, values in sigma.items() if values.any()}
        return cls(found, bends(chunk) if residual and setting.bends else None)

    @property
    def numbers(self) -> int:
        """How many."""
        return sum(each.size for each in (*self.sigma.values(), *([] if self.bends is None else [self.bends])))


class Product:
    """Sums over samples for one vector, given as full rows ``(v, beta, alpha)`` of neurons (R, d + 2).

    Of a Hessian what it has in common with the gradient is known; of a Gauss-Newton matrix, where it is None, squares
    ``<s_i^(m) s_j^(m)>``, (R, R) by order from 1 on, if not None either; else they are summed too.
    """

    def __init__(
        self, setting: Setting, rows: AnyArray, first: FirstOrder | None, squares: dict[int, FloatArray] | None
    ) -> None:
        self.setting, self.first, self.squares = setting, first, squares
        self.sums = {m: np.zeros((setting.width, setting.width)) for m, _ in setting.norm.orders if m}
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

        Of order 0 the pull is one number for all neurons, and others have no share in it: (R,) and (R,).
        """
        setting, R = self.setting, self.setting.width
        a, power, slope = setting.outputs[:R], setting.power(m, 0)[:, :R], setting.power(m, 1)
        on_sigma = np.zeros((len(setting.weights), R), dtype=self.v.dtype)
        on_sigma[:R] = (power * self.alpha + slope[:, :R] * a * self.overlap[:, :R].T).T
        if self.first is not None:
            on_sigma += (slope * setting.outputs * self.overlap).T
        return ((power * a).T, on_sigma) if m else (a, on_sigma[:R, 0])

    def add(self, batch: Batch, kept: Kept) -> None:
        """One chunk."""
        setting, R, x = self.setting, self.setting.width, batch.inputs
        p = x @ self.v.T
        if "biases" in setting.layout.names:
            p += self.beta
        slopes = [] if kept.bends is None else [kept.bends * p]
        for m, _ in setting.norm.orders:
            sigma, slope = kept.sigma.get(m), kept.sigma.get(m + 1) if setting.bends else None
            rates = None if slope is None else slope[:, :R] * p
            pulls = self._pulls(m, sigma, rates, len(x))
            if m and rates is not None and sigma is not None:
                self.tables[m] += sigma.T @ rates
            if m and self.squares is None and sigma is not None:
                self.sums[m] += sigma.T @ sigma
            if m and m in batch.targets:
                pulls -= self._of_target(m, batch.targets[m], rates)
            if not m and sigma is not None:
                self.outputs += pulls @ sigma
            if slope is not None:
                slopes.append(np.multiply(slope[:, :R], pulls if m else pulls[:, None], out=rates))
        if slopes:
            total = _sum(slopes)
            self.slopes[:, :-1] += total.T @ x
            self.slopes[:, -1] += np.ones(len(total)) @ total

    def _pulls(self, m: int, sigma: FloatArray | None, rates: AnyArray | None, count: int) -> AnyArray:
        """``E_i`` without what targets in arrays have of it, (c, R), or (c,) of order 0."""
        if sigma is None and rates is None:
            return np.zeros((count, self.setting.width) if m else count)
        parts = [] if sigma is None else [sigma @ self.on_sigma[m]]
        parts += [] if rates is None else [rates @ self.on_rates[m]]
        return _sum(parts)

    def _of_target(self, m: int, target: FloatArray, rates: AnyArray | None) -> AnyArray:
        """What ``D w^(tensor m)[v]`` of the residual has of a target in arrays."""
        weight, R = m * self.setting.norm.weights[m], self.setting.width
        free = towards(m, target, self.setting.images[:R])
        if rates is not None:
            self.turned += weight * self.setting.outputs[:R, None] * summed(free, rates)
        return weight * along(free, self.images)

    def mean(self, count: int) -> AnyArray:
        """The product, full rows (R, d + 2), for means of a number of samples."""
        setting, R, d = self.setting, self.setting.width, self.setting.layout.dim
        self.squares = {m: each / count for m, each in self.sums.items()} if self.squares is None else self.squares
        a, v = setting.outputs[:R], self.v
        result = np.zeros((R, d + 2), dtype=v.dtype)
        result[:, : d + 1] = a[:, None] * self.slopes / count
        result[:, d + 1] = self.outputs / count  # of order 0; the others from tables
        turned = np.zeros((R, d), dtype=v.dtype)
        for m, table in self.tables.items():
            rates, squares, slope, bend = table / count, self.squares[m], setting.power(m, 1), setting.power(m, 2)
            result[:, d + 1] += np.einsum("ik,ki->i", rates[:R], self.on_rates[m])
            result[:, d + 1] += np.einsum("ij,ji->i", squares, self.on_sigma[m])
            both = np.outer(a, a) * squares[:, :R]
            on = a[:, None] * slope[:, :R] * (rates[:R] * a + squares[:, :R] * self.alpha)
            on = on + both * bend[:, :R] * self.overlap[:, :R].T
            turned += setting.norm.weights[m] * (on @ setting.weights[:R] + (both * slope[:, :R]) @ v)
        if self.first is not None:
            result += self._of_residual(self.first, count)
        result[:, :d] += setting.metric.apply(turned)
        return result

    def _of_residual(self, first: FirstOrder, count: int) -> AnyArray:
        """What second derivatives of students times the residual add, but for what the sums over samples have of it."""
        setting, R, d = self.setting, self.setting.width, self.setting.layout.dim
        result, turned = np.zeros((R, d + 2), dtype=self.v.dtype), -self.turned / count
        for m, table in self.tables.items():
            weight = setting.norm.weights[m]
            own = setting.power(m, 1) * table.T / count + setting.power(m, 2) * first.squares[m] * self.overlap
            turned += weight * setting.outputs[:R, None] * (own * setting.outputs) @ setting.weights
            if m in first.targets:
                result[:, d + 1] -= weight * m * (first.targets[m] * self.images).sum(axis=1)
        if first.bends is not None:
            bent = np.einsum("ide,ie->id", first.bends, self.images)
            turned -= 2 * setting.norm.weights[2] * setting.outputs[:R, None] * bent
        result[:, : d + 1] += self.alpha[:, None] * first.slopes
        result[:, :d] += self.alpha[:, None] * first.turns(setting) + setting.metric.apply(turned)
        result[:, d + 1] += (first.slopes[:, :-1] * self.v).sum(axis=1) + first.slopes[:, -1] * self.beta
        return result


def _sum(arrays: list[AnyArray]) -> AnyArray:
    """The sum of arrays, in the first of them."""
    return reduce(lambda one, two: np.add(one, two, out=one), arrays)
