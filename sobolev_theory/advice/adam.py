r"""How many steps Adam takes on a norm's loss to second order: counted, as its steps are not linear in the gradient.

Iterations on the quadratic ``1/2 x' G x`` in the coordinates of the parameters, on which they depend, from random
displacements, for all learning rates of a grid at once. A count goes to the first rate that arrives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..descent.optimisers import Adam, Memory

FloatArray = NDArray[np.float64]

RATES = 2.0 ** -np.arange(1, 11)
"""Learning rates, in units of the longest way that a parameter has to go: the best of a factor two."""

WORK = 5e10
"""Operations after which a count is given up."""

MOST = 5000
"""Steps after which it is given up at the latest."""

STARTS = 200
"""Numbers of which displacements have at least so many, in as many starts as that takes."""


@dataclass(frozen=True)
class Count:
    """Steps until the L2 loss is at a part of its start; `steps` is the last that was tried if it did not arrive."""

    steps: int
    arrived: bool


def counted(matrix: FloatArray, judge: FloatArray, accuracy: float, seed: int) -> Count:
    """Steps of Adam on the loss of a matrix until that of the judge, the L2 loss, is at a part of its start.

    Examples
    --------
    >>> counted(np.diag([1.0, 0.1]), np.eye(2), 1e-2, seed=0).arrived
    True
    """
    size = len(matrix)
    starts = -(-STARTS // size)
    x = np.random.default_rng(seed).standard_normal((size, starts, 1)) * np.ones(len(RATES))
    x = x.reshape(size, -1)
    rates = np.tile(RATES, starts) * np.repeat(np.abs(x[:, :: len(RATES)]).max(axis=0), len(RATES))
    level = accuracy * _loss(judge, x).reshape(starts, -1).mean(axis=0)
    most = int(min(MOST, WORK / (4 * matrix.size * x.shape[1])))
    optimiser = Adam(1.0)
    memory, still = optimiser.begin(x), np.zeros_like(x)

    def move(slope: FloatArray, memory: Memory) -> tuple[FloatArray, Memory]:
        return optimiser.update(still, memory, lambda _: slope)

    for k in range(1, most + 1):
        moved, memory = move(matrix @ x, memory)
        x = x + rates * moved
        if k % (1 + k // 50) == 0 and (_loss(judge, x).reshape(starts, -1).mean(axis=0) <= level).any():
            return Count(k, True)
    return Count(most, False)


def _loss(judge: FloatArray, x: FloatArray) -> FloatArray:
    found: FloatArray = np.einsum("ij,ij->j", x, judge @ x)
    return found
