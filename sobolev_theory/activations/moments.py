r"""Tables of moments ``K_ab(u, v) = E[sigma^(a)(u . x) sigma^(b)(v . x)]``, of arrays or numbers of any precision.

The chart of a table is its type: `GramMoments` of smooth activations, in ``s = |u|^2, rho = u . v, t = |v|^2`` and
``g = s t - rho^2``; `PolarMoments` of ``a z_+^n + b (-z)_+^n``, in the angle. Functions are generated with the kernels;
of smooth activations without kernels numbers are doubles, `RoundedMoments`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from .definition import Definition, GaussianPairs, Smooth
from .generated import Kernels


@dataclass(frozen=True)
class GramMoments:
    """Closed forms of ``K_ab`` by ``(a, b)``, ``a >= b``; by ``(a,)`` of ``K_aa(s, s, s)`` and its derivatives."""

    table: Mapping[tuple[int, ...], Callable[..., Any]]

    def at(self, xp: Any, s: Any, rho: Any, t: Any, g: Any) -> Callable[[int, int], Any]:
        """``K_ab`` at pairs, each evaluated once; ``K_ab(u, v) = K_ba(v, u)``."""
        return cache(lambda a, b: self.table[a, b](xp, s, rho, t, g) if a >= b else self.table[b, a](xp, t, rho, s, g))

    def at_itself(self, xp: Any, s: Any) -> Callable[[int, int], Any]:
        """``d^k/ds^k K_aa(s, s, s)`` at ``(a, k)``, k <= 2."""
        derivatives = cache(lambda a: self.table[a,](xp, s))
        return lambda a, k: derivatives(a)[k]


@dataclass(frozen=True)
class RoundedMoments:
    """The same of a definition, in doubles, which become numbers of the namespace."""

    definition: Smooth

    def at(self, xp: Any, s: Any, rho: Any, t: Any, g: Any) -> Callable[[int, int], Any]:
        """``K_ab`` at one pair."""
        moment = self.definition.pairs(GaussianPairs(None, None, *(np.array([float(x)]) for x in (s, rho, t, g))))
        return cache(lambda a, b: xp.mpf(float(moment(a, b)[0])))

    def at_itself(self, xp: Any, s: Any) -> Callable[[int, int], Any]:
        """``d^k/ds^k K_aa(s, s, s)``, by the heat equation half the second derivative in the mean, k times."""
        square = self.definition.squares(None, np.array([float(s)]))
        return cache(lambda a, k: xp.mpf(float(square(a, 2 * k)[0])) / 2**k)


class Angular(NamedTuple):
    """``K_mm = (pq)^(n-m) j[m]`` plus that of ``bilinear rho``; ``j[n]`` falls linearly in the angle by ``slope``."""

    bilinear: Any
    slope: Any
    j: tuple[Any, ...]


@dataclass(frozen=True)
class PolarMoments:
    """Arc-cosine functions of an angle and of its supplement."""

    degree: int
    table: Callable[..., tuple[Any, ...]]

    def at(self, xp: Any, theta: Any, sine: Any, cosine: Any) -> Angular:
        """Everything at once."""
        bilinear, slope, *j = self.table(xp, theta, sine, cosine)
        return Angular(bilinear, slope, tuple(j))


def moments(definition: Definition) -> GramMoments | RoundedMoments | PolarMoments:
    """The table of a definition.

    Raises
    ------
    ValueError
        For a kinked one without kernels.
    """
    kernels: Kernels | None = definition.kernels
    if kernels is not None:
        return (
            GramMoments(kernels.MOMENTS)
            if kernels.DEGREE is None
            else PolarMoments(kernels.DEGREE, kernels.MOMENTS[()])
        )
    if not isinstance(definition, Smooth):
        raise ValueError(
            "activation: one that is smooth, or a z_+^n + b (-z)_+^n with n >= 1, is required for symmetric networks, "
            f"got {definition.expression}"
        )
    return RoundedMoments(definition)
