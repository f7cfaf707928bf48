"""Generated kernels of ``a max(z, 0) + b max(-z, 0)``, leaky ReLU of any slope: those of ReLU, scaled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..._kernels import relu
from ..._kernels.two_slopes import two_slopes
from ..generated import Kernels


@dataclass(frozen=True, eq=False)
class ScaledKernels:
    """What a generated module offers, with other numbers in front."""

    BILINEAR: tuple[float, ...]
    JUMP: float
    DERIVATIVES: tuple[Any, ...]
    MOMENTS: Mapping[tuple[int, ...], Any]
    KERNELS: Mapping[tuple[str, int, str], Any]
    CHART: str = relu.CHART
    DEGREE: int | None = relu.DEGREE
    JUMP_ORDER: int | None = relu.JUMP_ORDER
    MAX_ORDER: int = relu.MAX_ORDER
    SINGULAR: frozenset[tuple[str, int, str]] = relu.SINGULAR


@lru_cache(maxsize=100)
def kernels_of(a: float, b: float) -> Kernels:
    """Of ``a max(z, 0) + b max(-z, 0)``: pair kernels grow by a factor, and another multiple of ``u . v`` is split off.

    Examples
    --------
    >>> import numpy as np
    >>> absolute = kernels_of(1.0, 1.0)          # |z|, at orthogonal unit vectors: E|x| E|y| = 2/pi
    >>> value = absolute.KERNELS["value", 0, "exact"](np, 1.0, 1.0, np.pi / 2, 1.0, 0.0)
    >>> print(round(value * np.pi, 12))
    2.0
    """
    factor, bilinear = two_slopes(None, a, b)

    def moments(xp: Any, theta: Any, sine: Any, cosine: Any) -> Any:
        """The bilinear part, and the others."""
        _, *others = relu.moments(xp, theta, sine, cosine)
        return (bilinear, *(factor * other for other in others))

    return ScaledKernels(
        BILINEAR=(bilinear,) * len(relu.BILINEAR),
        JUMP=a + b,
        DERIVATIVES=tuple(_two_sided(of, order, a, b) for order, of in enumerate(relu.DERIVATIVES)),
        MOMENTS={(): moments},
        KERNELS={key: _scaled(kernel, factor) for key, kernel in relu.KERNELS.items()},
    )


def _scaled(kernel: Any, factor: float) -> Callable[..., Any]:
    def scaled(xp: Any, *arguments: Any) -> Any:
        values = kernel(xp, *arguments)
        return tuple(factor * value for value in values) if isinstance(values, tuple) else factor * values

    return scaled


def _two_sided(derivative: Callable[..., Any], order: int, a: float, b: float) -> Callable[..., Any]:
    return lambda xp, z: a * derivative(xp, z) + (-1) ** order * b * derivative(xp, -z)
