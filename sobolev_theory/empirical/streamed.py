"""Products of an empirical curvature with vectors, that stream over the samples and keep what fits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .first_order import FirstOrder
from .product import Kept, Product
from .samples import Data
from .setting import Setting

FloatArray = NDArray[np.float64]

HELD = 110 * 2**20
"""Numbers, 880 MiB, that samples and pointwise derivatives may be together: those of further chunks are not kept."""


class Streamed:
    """A Gauss-Newton matrix, or with what its gradient has in common with it a Hessian: products with rows (R, D)."""

    def __init__(self, setting: Setting, data: Data, first: FirstOrder | None) -> None:
        self.setting, self.data, self.first = setting, data, first
        self.squares = None if first is None else first.squares
        self.kept: list[Kept] = []

    @property
    def fits(self) -> bool:
        """Whether the pointwise derivatives of all samples are kept, at most so many."""
        setting, orders = self.setting, [m for m, _ in self.setting.norm.orders]
        R, N = setting.width, len(setting.weights)
        of_all, above = {m for m in orders if m}, {m + 1 for m in orders}
        count = N * len(of_all) + R * len((above | ({0} & {*orders} if setting.speaks else set())) - of_all)
        return self._samples + len(self.data) * (count + R * (self.first is not None)) <= HELD

    def alone(self) -> Streamed:
        """The Gauss-Newton matrix beside a Hessian."""
        return Streamed(self.setting.alone(), replace(self.data, targets={}), None)

    def apply(self, rows: FloatArray) -> FloatArray:
        """The product with rows of neurons (R, D)."""
        setting, residual = self.setting, self.first is not None
        product = Product(setting, setting.full(rows), self.first, self.squares)
        for number, batch in enumerate(self.data.batches()):
            if number < len(self.kept):
                product.add(self.kept[number])
                continue
            kept = Kept.of(setting.at(batch, setting.needed(second=residual)), residual=residual)
            product.add(kept)
            if number == len(self.kept) and self._samples + (number + 1) * kept.numbers <= HELD:
                self.kept.append(kept)
        result = product.mean(len(self.data))[:, setting.layout.columns]
        self.squares = product.squares
        return np.asarray(result)

    @property
    def _samples(self) -> int:
        """Numbers of inputs and targets."""
        return sum(each.numbers for each in (self.data.inputs, *self.data.targets.values()))
