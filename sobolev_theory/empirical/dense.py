r"""Blocks of an empirical curvature, formed from Gram matrices of its samples.

The part of the derivative of order m that goes through ``z_i`` and ``a_i``, ``F_i = (a_i s_i^(m+1) (x, 1), s_i^(m))``,
has the Gram matrices ``P_ik = <F_i F_k'>``, one matrix product for all of them. With ``u_ik = P_ik[:, a]`` and
``q_ik = P_ik[a, a]`` the block ``(i, k)`` of a Gauss-Newton matrix is, in the columns ``w`` of the weights,

.. math:: \sum_m \lambda_m \big( g^m P_{ik} + m g^{m-1} (a_k u_{ik} (M w_i)^T + a_i (M w_k) u_{ki}^T)
          + a_i a_k q_{ik} (m g^{m-1} M + m (m-1) g^{m-2} (M w_k)(M w_i)^T) \big)

A Hessian has besides, in block ``(i, i)``, the second derivatives of student i times the residual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .first_order import FirstOrder, bends
from .samples import Batch
from .setting import Chunk, Setting
from .targets import towards

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Group = tuple[IntArray, IntArray]
"""Numbers of neurons, whose blocks, all of the first with all of the second, are asked for."""


@dataclass(frozen=True, eq=False)
class Grams:
    """For each group the sum of ``sum_m lambda_m g^m P`` over samples, (n, d + 2, l, d + 2), and the edges of P.

    The edges are ``P[:, :, :, a]`` and ``P[:, a, :, :]`` of every order from 1 on. A task.
    """

    setting: Setting
    groups: Sequence[Group]

    @property
    def operations(self) -> float:
        """Of one sample."""
        size = (self.setting.layout.dim + 2) ** 2 * sum(len(left) * len(right) for left, right in self.groups)
        return 2.0 * len(self.setting.norm.orders) * size + self.setting.operations(0)

    def __call__(self, batch: Batch) -> list[FloatArray]:
        """Of a batch."""
        setting, orders, found = self.setting, self.setting.norm.orders, list[FloatArray]()
        chunk = setting.at(batch, setting.needed(second=False))
        for left, right in self.groups:
            parts, edges = list[FloatArray](), list[FloatArray]()
            for m, weight in orders:
                on_left = self._features(chunk, m, left)
                gram = on_left.T @ (on_left if left is right else self._features(chunk, m, right))
                gram = gram.reshape(len(left), -1, len(right), setting.layout.dim + 2)
                if m:
                    edges += [gram[..., -1].copy(), gram[:, -1].copy()]
                gram *= weight * setting.power(m, 0)[np.ix_(left, right)][:, None, :, None]
                parts.append(gram)
            found += [np.add.reduce(parts), *edges]
        return found

    def _features(self, chunk: Chunk, m: int, numbers: IntArray) -> FloatArray:
        """``F_i`` of some neurons at all samples, (c, n (d + 2))."""
        columns = np.zeros((len(chunk.inputs), len(numbers), self.setting.layout.dim + 2))
        if m + 1 in chunk.sigma:
            slopes = chunk.of_students(m + 1)[:, numbers] * self.setting.outputs[numbers]
            np.multiply(slopes[:, :, None], chunk.extended[:, None, :], out=columns[:, :, :-1])
        columns[:, :, -1] = chunk.of_students(m)[:, numbers]
        return columns.reshape(len(columns), -1)

    def tensors(self, means: list[FloatArray]) -> list[FloatArray]:
        """Blocks of every group, (n, l, d + 2, d + 2), from means of what `__call__` gives."""
        found, setting = iter(means), self.setting
        d, R, tensors = setting.layout.dim, setting.width, list[FloatArray]()
        a, images, metric = setting.outputs[:R], setting.images[:R], np.asarray(setting.metric.to_dense())
        for left, right in self.groups:
            tensor = next(found).transpose(0, 2, 1, 3)
            for m, weight in setting.norm.orders:
                if not m:
                    continue
                onto_right, onto_left = next(found), next(found)  # (n, d + 2, l) and (n, l, d + 2)
                at = np.ix_(left, right)
                slope, bend = weight * setting.power(m, 1)[at], weight * setting.power(m, 2)[at]
                first, second = images[left][:, None, None, :], images[right][None, :, :, None]  # M w_i, M w_k
                tensor[..., :d] += (
                    (slope * a[right])[..., None, None] * onto_right.transpose(0, 2, 1)[..., None] * first
                )
                tensor[..., :d, :] += (slope * a[left][:, None])[..., None, None] * second * onto_left[:, :, None, :]
                both = np.outer(a[left], a[right]) * onto_left[..., -1]
                tensor[..., :d, :d] += (both * slope)[..., None, None] * metric
                tensor[..., :d, :d] += (both * bend)[..., None, None] * (second * first)
            tensors.append(tensor)
        return tensors


@dataclass(frozen=True, eq=False)
class Own:
    """What blocks of a Hessian with themselves need of some students. A task."""

    setting: Setting
    neurons: IntArray

    @property
    def operations(self) -> float:
        """Of one sample."""
        (N, d), orders = self.setting.weights.shape, len(self.setting.norm.orders)
        return float(2 * len(self.neurons) * d * (d + orders * N)) + self.setting.operations(N)

    def __call__(self, batch: Batch) -> list[FloatArray]:
        """``<D_i (x, 1)(x, 1)'>``, and by order ``<s_i^(m+1) s_j^(m) (x, 1)>`` and ``<s_i^(m+1) (x, 1) Y'>``: sums."""
        setting = self.setting
        chunk = setting.at(batch, setting.needed(second=True))
        x, orders = chunk.extended, [m for m, _ in setting.norm.orders]
        if max(orders) + 2 not in chunk.sigma:
            return [np.zeros(0)]
        bent = bends(chunk)
        found = [np.stack([(bent[:, i, None] * x).T @ x for i in self.neurons])]
        for m in filter(None, orders):
            slopes = chunk.of_students(m + 1)
            found.append(np.stack([(slopes[:, i, None] * chunk.sigma[m]).T @ x for i in self.neurons]))
            if m in batch.targets:
                free = towards(m, batch.targets[m], setting.images[: setting.width])
                each = free if free.ndim == 2 else free.transpose(2, 0, 1)
                found.append(
                    np.stack([(slopes[:, i, None] * x).T @ (each if m == 1 else each[i]) for i in self.neurons])
                )
        return found

    def blocks(self, means: list[FloatArray], first: FirstOrder) -> FloatArray:
        """What is added to blocks ``(i, i)``, (n, d + 2, d + 2)."""
        setting, n, d = self.setting, self.neurons, self.setting.layout.dim
        a, c, metric = setting.outputs[n], setting.outputs, np.asarray(setting.metric.to_dense())
        half = np.zeros((len(n), d + 2, d + 2))  # with its transpose, the blocks
        half[:, :-1, -1] = first.slopes[n]
        half[:, :d, -1] += first.turns(setting)[n]
        found = iter(means)
        bent = next(found)
        if bent.size:
            half[:, :-1, :-1] += a[:, None, None] * bent / 2
        for m, weight in setting.norm.orders:
            if not m or not bent.size:
                continue
            slope, bend = weight * setting.power(m, 1)[n] * c, weight * setting.power(m, 2)[n] * c * first.squares[m][n]
            turned = (slope[:, None, :] * next(found).transpose(0, 2, 1)) @ setting.images
            if m in first.targets:
                turned -= weight * m * setting.metric.apply(next(found))
            half[:, :-1, :d] += a[:, None, None] * turned
            half[:, :d, :d] += a[:, None, None] / 2 * (setting.images.T @ (bend[:, :, None] * setting.images))
            if m == 2 and first.bends is not None:
                half[:, :d, :d] -= weight * a[:, None, None] * metric @ first.bends[n] @ metric
        return half + half.transpose(0, 2, 1)
