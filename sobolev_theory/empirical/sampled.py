"""The curvature of an empirical loss as a matrix on rows of neurons: its products stream over the samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.parallel import Workers
from .._runtime.sizes import require_memory
from ..curvature.on_rows import ALL, MatrixOnRows, NeuronBlock
from ..pairs.existence import are_finite, overflowing
from .dense import Grams, Group, Own
from .first_order import FirstOrder
from .samples import PARTS, Data
from .setting import Setting
from .singular import reasons
from .streamed import Streamed
from .sums import means

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

MOST = 2**27
"""Numbers of the matrices that parts of the samples give, together."""

WIDEST = 200
"""Inputs and neurons together up to which blocks of neurons with themselves cost at most a hundred products."""


class SampledMatrix(MatrixOnRows):
    """A Gauss-Newton matrix; or, with what its gradient has in common with it, a Hessian.

    A product takes two matrix products with the samples, if the pointwise derivatives of a first one can be kept. A
    Hessian needs more of them: where those do not fit, what it has beside the Gauss-Newton matrix, blocks of neurons
    with themselves, is formed before the first product, unless there are so many inputs that this does not pay.
    """

    def __init__(self, setting: Setting, data: Data, workers: Workers, first: FirstOrder | None) -> None:
        self.setting, self.data, self.workers, self.first = setting, data, workers, first
        self._dense: FloatArray | None = None
        self._streamed: Streamed | None = None
        self._beside: FloatArray | None = None  # what is added to blocks with themselves, (R, D, D)

    def __getstate__(self) -> dict[str, Any]:
        """Without what can be computed anew, and executors."""
        workers = self.workers if isinstance(self.workers, int) else 1
        return self.__dict__ | {"workers": workers, "_dense": None, "_streamed": None, "_beside": None}

    @property
    def is_costly(self) -> bool:
        """Yes: the matrix costs as much as P/8 to P/4 products."""
        return True

    @property
    def shape(self) -> tuple[int, int]:
        """``(R, D)``."""
        return self.setting.layout.rows_shape

    @np.errstate(all="ignore")
    def apply(self, rows: FloatArray) -> FloatArray:
        """The product with rows of neurons (R, D)."""
        if self._streamed is None:
            streamed = Streamed(self.setting, self.data, self.first)
            if self.first is not None and not streamed.fits and sum(self.setting.weights.shape) <= WIDEST:
                streamed, self._beside = streamed.alone(), self._own(np.arange(self.shape[0]), self.first)
            self._streamed = streamed
        result = self._streamed.apply(rows)
        if self._beside is not None:
            result = result + np.einsum("ide,ie->id", self._beside, rows)
        return self._finite(result) if are_finite(rows) else result

    def tensor(self, left: slice = ALL, right: slice = ALL) -> FloatArray:
        """All blocks, in some coordinates on the left and some on the right; formed once."""
        if self._dense is None:
            size = self.setting.width * (self.setting.layout.dim + 2)
            require_memory(f"a {size} x {size} matrix of samples", 5 * size**2, "H @ x does not form it")
            everyone = np.arange(self.shape[0])
            (tensor,) = self._blocks([(everyone, everyone)])
            if self.first is not None:
                tensor[everyone, everyone] += self._own(everyone, self.first)
            self._dense = self._finite(tensor)
        return self._dense[:, :, left, right]

    def neuron_block(self, i: int, k: int) -> NeuronBlock:
        """Block ``(i, k)``, formed where it is applied."""

        def dense() -> FloatArray:
            if self._dense is not None:
                return np.array(self._dense[i, k])
            ((block,),) = self._blocks([(np.array([i]), np.array([k]))])
            own = self._own(np.array([i]), self.first)[0] if i == k and self.first is not None else 0.0
            return self._finite(block[0] + own)

        return NeuronBlock(lambda x: dense() @ x, dense)

    def diagonal(self) -> FloatArray:
        """The diagonal, (R, D), of blocks of neurons with themselves."""
        everyone = np.arange(self.shape[0])
        if self._dense is not None:
            return np.array(np.einsum("iidd->id", self._dense))
        blocks = np.concatenate([block[0] for block in self._blocks([(np.array([i]),) * 2 for i in everyone])])
        if self.first is not None:
            blocks += self._own(everyone, self.first)
        return self._finite(np.array(np.einsum("idd->id", blocks)))

    def why_singular(self) -> str:
        """What samples and neurons say of it."""
        return reasons(self.setting, self.data, self.diagonal())

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
        numbers = sum(len(one) * len(two) for one, two in groups) * (self.setting.layout.dim + 2) ** 2
        parts = max(4, min(PARTS, MOST // numbers))
        return [each[..., at[:, None], at] for each in task.tensors(means(task, self.data, self.workers, parts))]

    @np.errstate(all="ignore")
    def _own(self, neurons: IntArray, first: FirstOrder) -> FloatArray:
        """What the residual adds to blocks with themselves, (n, D, D)."""
        task, at = Own(self.setting, neurons), self.setting.layout.columns
        return task.blocks(means(task, self.data, self.workers), first)[..., at[:, None], at]

    def _finite(self, numbers: FloatArray) -> FloatArray:
        """The numbers, if double precision holds them."""
        if not are_finite(numbers):
            what = "Gauss-Newton matrix" if self.first is None else "Hessian"
            raise overflowing(what, self.setting.activation, "X, targets")
        return numbers
