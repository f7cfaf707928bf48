r"""The curvatures of all norms at a network that is its own teacher, as sums over orders of derivatives.

A norm ``(lambda_0, lambda_1, ...)`` has the matrix ``sum_m lambda_m G_m``. What training follows is the Gauss-Newton
matrix, but for the order whose derivative jumps, where it is a limit of the Hessian along a direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import counted
from .._runtime.sizes import require_hours_at_most, spectrum_operations
from ..conditioning.directions import RANDOM, Directions
from ..curvature.operator import Curvature
from ..errors import OverflowingError, SizeError
from ..layout import moving
from ..losses import LossOptions, PopulationLoss
from ..networks import Network
from ..norms import Norm

FloatArray = NDArray[np.float64]
Part = tuple[FloatArray, int]

LARGEST, SPECTRA = 3000, 30
"""Size of a dense matrix of which so many spectra are made, in minutes."""

DIRECTIONS, AFFORDED = 10, 3e8
"""Random directions at most, and so many over the cube of the size: numbers of wide networks hardly depend on them."""


@dataclass(frozen=True)
class Orders:
    """Matrices of the orders 0, 1, ... in common coordinates: of each part of the space one an order, and its count."""

    parts: tuple[tuple[tuple[FloatArray, ...], int], ...]
    symmetric: bool

    def matrices(self, norm: Norm) -> list[Part]:
        """The dense parts of the curvature of a norm, each with the number of times that it counts."""
        sums = [np.sum([weight * part[m] for m, weight in norm.orders], axis=0) for part, _ in self.parts]
        if not all(np.isfinite(matrix).all() for matrix in sums):
            raise OverflowingError("metric: the curvature overflows double precision; smaller numbers are required")
        return [(matrix, count) for matrix, (_, count) in zip(sums, self.parts, strict=True)]

    @property
    def size(self) -> int:
        """Size of the largest part."""
        return max(len(part[0]) for part, _ in self.parts)


@dataclass(frozen=True)
class Model:
    """What training follows to first order: Gauss-Newton matrices, or limits along directions of norms with a jump."""

    smooth: Orders
    limits: tuple[Orders, ...] = ()
    jump: int | None = None

    def followed(self, norm: Norm) -> Sequence[Orders]:
        """Of a norm, along each direction; once where there is but one matrix."""
        return self.limits if self.limits and self.jump is not None and norm.order >= self.jump else (self.smooth,)


def of_order(m: int) -> tuple[float, ...]:
    """The weights of derivatives of one order alone.

    Examples
    --------
    >>> of_order(1)
    (0.0, 1.0)
    """
    return (*(0.0 for _ in range(m)), 1.0)


def gauss_newton(network: Network, highest: int, options: LossOptions) -> list[Curvature]:
    """The Gauss-Newton matrices of the orders up to the highest."""
    return [PopulationLoss(network, of_order(m), **options).gauss_newton(network) for m in range(highest + 1)]


def jump_order(network: Network, options: LossOptions) -> int | None:
    """The order whose derivative jumps in what moves: of output weights and bias alone, which move no kink, none."""
    bends = not {"weights", "biases"}.isdisjoint(moving(options.get("parameters", "weights")))
    return network.activation.jump_order if bends else None


def model(network: Network, curvatures: Sequence[Curvature], options: LossOptions, rng: np.random.Generator) -> Model:
    """Of a network, whose Gauss-Newton matrices are known, across the rescalings of neurons, which change nothing.

    Coordinates of a limit depend on its direction. There matrices of other orders are differences of two limits.
    """
    smooth, jump = Orders(_zipped([_parts(each) for each in curvatures]), symmetric=True), jump_order(network, options)
    if jump is None or jump >= len(curvatures):
        return Model(smooth)
    along = Directions(RANDOM, int(np.clip(AFFORDED / smooth.size**3, 2, DIRECTIONS)), rng)

    def limits(*orders: int) -> list[list[Part]]:
        weights = [float(m in orders) for m in range(max(orders) + 1)]
        loss = PopulationLoss(network, weights, **options)
        return [_parts(each) for each in along.curvatures(loss, network, "hessian").each]

    alone = limits(jump)
    lower = [[_less(*pair) for pair in zip(limits(m, jump), alone, strict=True)] for m in range(jump)]
    each = tuple(Orders(_zipped(orders), symmetric=False) for orders in zip(*lower, alone, strict=True))
    return Model(smooth, each, jump)


def of_matrices(matrices: Sequence[FloatArray], across: FloatArray | None) -> Orders:
    """Of dense matrices by order; on the space that orthonormal columns span, if they are given."""
    inner = matrices if across is None else [across.T @ matrix @ across for matrix in matrices]
    return Orders(((tuple(inner), 1),), symmetric=True)


def across_rescalings(curvature: Curvature) -> FloatArray | None:
    """Orthonormal columns (P, P - G) across the rescalings of neurons; None if there are none."""
    directions = curvature.rescalings
    return None if directions is None else np.linalg.qr(directions.T, mode="complete")[0][:, len(directions) :]


def require_size(size: int, *, symmetric: bool) -> None:
    """Refuse matrices of which too few spectra can be had, and say so where it takes minutes."""
    advice = "let fewer parameters move, or take inputs whose covariance is a number: then the size is not that of d"
    if size > LARGEST:
        what = f"network: a matrix of size {LARGEST} at most, of which advice takes many spectra,"
        raise SizeError(f"{what} is required, got {counted(size)}; {advice}")
    operations = SPECTRA * spectrum_operations(size, symmetric=symmetric)
    require_hours_at_most(f"network: advice on a matrix of size {size}", operations, advice, stacklevel=4)


def _parts(curvature: Curvature) -> list[Part]:
    return curvature.parts_across() if curvature.has_quotient else curvature.parts()


def _less(both: list[Part], own: list[Part]) -> list[Part]:
    return [(one - other, count) for (one, count), (other, _) in zip(both, own, strict=True)]


def _zipped(by_order: Sequence[list[Part]]) -> tuple[tuple[tuple[FloatArray, ...], int], ...]:
    """Parts of orders as orders of parts."""
    return tuple((tuple(matrix for matrix, _ in part), part[0][1]) for part in zip(*by_order, strict=True))
