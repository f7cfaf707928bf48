"""The curvature of an empirical loss as a matrix on rows of neurons: its products stream over the samples."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.parallel import Workers
from ..curvature.on_rows import ALL, MatrixOnRows, NeuronBlock
from .dense import Grams, Group, Own
from .first_order import FirstOrder, FirstOrderSums
from .product import Kept, Product
from .samples import Data
from .setting import Setting
from .sums import means

FloatArray = NDArray[np.float64]

HELD = 110 * 2**20
"""Numbers, 880 MiB, that samples and pointwise derivatives may be together: those of further chunks are not kept."""


class SampledMatrix(MatrixOnRows):
    """A Gauss-Newton matrix, or with the residual a Hessian.

    A product takes two matrix products with the samples, if the pointwise derivatives of a first one could be kept.
    """

    def __init__(self, setting: Setting, data: Data, workers: Workers, *, residual: bool) -> None:
        self.setting, self.data, self.workers, self.residual = setting, data, workers, residual
        self._kept: list[Kept] = []
        self._dense: FloatArray | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without what can be computed anew, and executors."""
        workers = self.workers if isinstance(self.workers, int) else 1
        first = {"first_order": self.first_order}
        return self.__dict__ | first | {"workers": workers, "_kept": [], "_dense": None}

    @property
    def shape(self) -> tuple[int, int]:
        """``(R, D)``."""
        return self.setting.layout.rows_shape

    @cached_property
    def first_order(self) -> FirstOrder:
        """Sums that all products have in common."""
        task = FirstOrderSums(self.setting)
        return task.collected(means(task, self.data, self.workers))

    @np.errstate(all="ignore")
    def apply(self, rows: FloatArray) -> FloatArray:
        """The product with rows of neurons (R, D)."""
        setting = self.setting
        product = Product(setting, setting.full(rows), residual=self.residual)
        for number, batch in enumerate(self.data.batches()):
            if number < len(self._kept):
                product.add(self._kept[number])
                continue
            kept = Kept.of(setting.at(batch, setting.needed(second=self.residual)), residual=self.residual)
            product.add(kept)
            if number == len(self._kept) and self._room(kept):
                self._kept.append(kept)
        return np.asarray(product.mean(len(self.data), self.first_order)[:, setting.layout.columns])

    def _room(self, kept: Kept) -> bool:
        """Whether one more chunk is to be kept."""
        samples = sum(each.numbers for each in (self.data.inputs, *self.data.targets.values()))
        return samples + (len(self._kept) + 1) * kept.numbers <= HELD

    def tensor(self, left: slice = ALL, right: slice = ALL) -> FloatArray:
        """All blocks, in some coordinates on the left and some on the right; formed once."""
        if self._dense is None:
            everyone = np.arange(self.shape[0])
            (tensor,) = self._blocks([(everyone, everyone)])
            if self.residual:
                tensor[everyone, everyone] += self._own(everyone)
            self._dense = tensor
        return self._dense[:, :, left, right]

    def neuron_block(self, i: int, k: int) -> NeuronBlock:
        """Block ``(i, k)``, formed where it is applied."""

        def dense() -> FloatArray:
            if self._dense is not None:
                return np.array(self._dense[i, k])
            ((block,),) = self._blocks([(np.array([i]), np.array([k]))])
            return np.asarray(block[0] + (self._own(np.array([i]))[0] if i == k and self.residual else 0.0))

        return NeuronBlock(lambda x: dense() @ x, dense)

    def diagonal(self) -> FloatArray:
        """The diagonal, (R, D), of blocks of neurons with themselves."""
        everyone = np.arange(self.shape[0])
        if self._dense is not None:
            return np.array(np.einsum("iidd->id", self._dense))
        blocks = np.concatenate([block[0] for block in self._blocks([(np.array([i]),) * 2 for i in everyone])])
        return np.array(np.einsum("idd->id", blocks + self._own(everyone) if self.residual else blocks))

    def transposed(self) -> SampledMatrix:
        """Symmetric: where samples meet no kink, and almost none does, the loss has second derivatives."""
        return self

    @property
    def coefficients(self) -> tuple[FloatArray, ...]:
        """None: a product tells."""
        return ()

    @np.errstate(all="ignore")
    def _blocks(self, groups: list[Group]) -> list[FloatArray]:
        """Of the Gauss-Newton matrix, in coordinates that move."""
        task, at = Grams(self.setting, groups), self.setting.layout.columns
        return [each[..., at[:, None], at] for each in task.tensors(means(task, self.data, self.workers))]

    @np.errstate(all="ignore")
    def _own(self, neurons: Any) -> FloatArray:
        """Blocks with themselves that the residual adds."""
        task, at = Own(self.setting, neurons), self.setting.layout.columns
        blocks = task.blocks(means(task, self.data, self.workers), self.first_order)
        return blocks[..., at[:, None], at]
