r"""Value and gradient of an empirical loss, and the sums over samples that second derivatives have in common with it.

With the pull ``B_i = <w_i^(tensor m), T_m>`` of order m on a student the gradient of the mean of the losses is, in
``w_i, b_i, a_i``,

.. math:: a_i \big( h_i + t_i \big), \quad a_i h_i^b, \quad o_i, \qquad
          (h_i, h_i^b) = \sum_m \lambda_m \langle s_i^{(m+1)} B_i \, (x, 1) \rangle, \quad
          t_i = \sum_m \lambda_m \langle s_i^{(m)} \, \langle D w_i^{\otimes m}[\cdot], T_m \rangle \rangle

and ``o_i = sum_m lambda_m <s_i^(m) B_i>``: derivatives are pointwise, as automatic differentiation returns them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .samples import Batch
from .setting import Chunk, Setting
from .targets import along, summed, towards

FloatArray = NDArray[np.float64]


def facing(chunk: Chunk, order: int) -> FloatArray:
    """``B_i``, (c, R), or (c, 1) of order 0, where it is the residual for all of them."""
    setting, target = chunk.setting, chunk.targets.get(order)
    if order == 0:
        residual = chunk.sigma[0] @ setting.outputs
        return np.asarray(residual if target is None else residual - target)[:, None]
    pull: FloatArray = chunk.sigma[order] @ (setting.power(order, 0) * setting.outputs).T
    if target is not None:
        images = setting.images[: setting.width]
        pull = pull - along(towards(order, target, images), images)
    return pull


def bends(chunk: Chunk) -> FloatArray:
    """``D_i = sum_m lambda_m s_i^(m+2) B_i``, (c, R)."""
    orders = chunk.setting.norm.orders
    return np.asarray(sum(weight * chunk.of_students(m + 2) * facing(chunk, m) for m, weight in orders))


@dataclass(frozen=True, eq=False)
class FirstOrder:
    """Sums over samples, or means once divided by their number.

    Attributes
    ----------
    slopes
        ``(h_i, h_i^b)``, (R, d + 1).
    outputs
        ``o_i``, (R,).
    squares
        ``<s_i^(m) s_j^(m)>`` by order from 1 on, (R, N).
    targets
        ``<s_i^(m) Y_m>`` with all slots but one filled, by order, (R, d); of arrays alone.
    bends
        ``<s_i'' Y_2>``, (R, d, d); of arrays alone.
    """

    slopes: FloatArray
    outputs: FloatArray
    squares: dict[int, FloatArray]
    targets: dict[int, FloatArray]
    bends: FloatArray | None

    def turns(self, setting: Setting) -> FloatArray:
        """``t_i``, (R, d)."""
        total = np.zeros((setting.width, setting.layout.dim))
        for m, weight in setting.norm.orders:
            if m:
                total += weight * (setting.power(m, 1) * setting.outputs * self.squares[m]) @ setting.weights
            if m in self.targets:
                total -= weight * m * self.targets[m]
        return setting.metric.apply(total)


@dataclass(frozen=True, eq=False)
class FirstOrderSums:
    """The sums of a batch; a task."""

    setting: Setting

    @property
    def operations(self) -> float:
        """Of one sample."""
        return self.setting.operations(self.setting.width)

    def __call__(self, batch: Batch) -> list[FloatArray]:
        """What `collected` makes a `FirstOrder` of."""
        setting, R = self.setting, self.setting.width
        chunk = setting.at(batch, setting.needed(second=False))
        pulls, outputs = np.zeros((len(batch.inputs), R)), np.zeros(R)
        squares, targets, bends = list[FloatArray](), list[FloatArray](), list[FloatArray]()
        for m, weight in setting.norm.orders:
            pull, s = weight * facing(chunk, m), chunk.of_students(m)
            if m + 1 in chunk.sigma:
                pulls += chunk.of_students(m + 1) * pull
            outputs += np.einsum("tk,tk->k", s, np.broadcast_to(pull, s.shape))
            if m:
                squares.append(s.T @ chunk.sigma[m])
            if m and m in batch.targets:
                targets.append(summed(towards(m, batch.targets[m], setting.images[:R]), s))
            if m == 2 and m in batch.targets:
                bends.append(np.einsum("ti,tde->ide", s, batch.targets[m]))
        return [pulls.T @ chunk.extended, outputs, *squares, *targets, *bends]

    def collected(self, sums: list[FloatArray]) -> FirstOrder:
        """From lists that `__call__` gives, added."""
        orders = [m for m, _ in self.setting.norm.orders if m]
        slopes, outputs, *others = sums
        squares = dict(zip(orders, others, strict=False))
        rest = others[len(squares) :]
        targets = dict(zip(orders, rest, strict=False))
        bends = rest[len(targets)] if len(rest) > len(targets) else None
        return FirstOrder(slopes, outputs, squares, targets, bends)


@dataclass(frozen=True, eq=False)
class Values:
    """``sum_m lambda_m |T_m|^2`` of a batch: a task.

    ``T_m`` is formed in coordinates in which products of tensors are Euclidean ones: near a fit nothing cancels but the
    residual itself.
    """

    setting: Setting
    frames: dict[int, FloatArray]  # coordinates of u_j^(tensor m) of every neuron, (N, r)

    @classmethod
    def of(cls, setting: Setting, *, arrays: bool) -> Values:
        """The coordinates: of a target in arrays those of all tensors, else such as span those of the neurons."""
        measured = setting.metric.root(setting.weights)
        frames = [np.ones((len(measured), 1))]
        for _ in range(setting.norm.order):
            products = (frames[-1][:, :, None] * measured[:, None, :]).reshape(len(measured), -1)
            frames.append(products if arrays else np.asarray(np.linalg.qr(products.T, mode="r")).T)
        return cls(setting, {m: frames[m] for m, _ in setting.norm.orders})

    @property
    def operations(self) -> float:
        """Of one sample."""
        return self.setting.operations(max(frame.shape[1] for frame in self.frames.values()))

    def __call__(self, batch: Batch) -> list[FloatArray]:
        """The sum over samples."""
        chunk = self.setting.at(batch, list(self.frames))
        total = 0.0
        for m, weight in self.setting.norm.orders:
            residual = (self.setting.outputs * chunk.sigma[m]) @ self.frames[m]
            if m in batch.targets:
                residual = residual - self._coordinates(batch.targets[m])
            total += weight * float(np.einsum("tr,tr->", residual, residual))
        return [np.array(total)]

    def _coordinates(self, target: FloatArray) -> FloatArray:
        """Of targets (c, d, ...), a row each, every slot in coordinates of the metric."""
        for axis in range(1, target.ndim):
            target = np.moveaxis(self.setting.metric.root(np.moveaxis(target, axis, -1)), -1, axis)
        return target.reshape(len(target), -1)
