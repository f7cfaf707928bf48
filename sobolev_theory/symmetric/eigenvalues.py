r"""Pairs of the symmetric family ``w_j = x v_j + y sum_(k != j) v_k``, and the eigenvalues of curvature there.

Numbers are mpmath's, of any precision; the generated blocks are in `_kernels.symmetric`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels import symmetric as kernels
from ..activations import Activation
from .roots import roots_of_three, roots_of_two

if TYPE_CHECKING:
    from mpmath.ctx_mp import MPContext

Numbers = tuple[Any, ...]


class PairGeometry:
    """Geometry of the three kinds of pairs, at ``width`` neurons."""

    def __init__(self, mp: MPContext, K: int, x: Any, y: Any) -> None:
        self.mp, self.K, self.x, self.y = mp, K, x, y
        self.norm = mp.sqrt(x * x + (K - 1) * y * y)
        self.apart = abs(x - y)  # sqrt(2) |w| times the sine of half the angle of two students
        self.together = mp.sqrt((x + y) ** 2 + 2 * (K - 2) * y * y) if K > 1 else abs(x)  # and the cosine
        self.rest = mp.sqrt(K - 1) * abs(y)  # part of w_i orthogonal to v_i
        self.other_rest = mp.sqrt(x * x + (K - 2) * y * y) if K > 1 else abs(x)  # and to v_k

    @property
    def sines(self) -> tuple[Any, Any, Any]:
        """Of the angles of two students, of student and own teacher, and of student and another teacher."""
        return self.apart * self.together / self.norm**2, self.rest / self.norm, self.other_rest / self.norm

    def arguments(self, chart: str) -> tuple[Numbers, Numbers, Numbers]:
        """What kernels take, for the same three kinds of pairs."""
        mp, p, one = self.mp, self.norm, self.mp.mpf(1)
        inner = 2 * self.x * self.y + (self.K - 2) * self.y**2 if self.K > 1 else self.mp.mpf(0)
        if chart == "gram":
            s = p * p
            return (
                (s, inner, s, (self.apart * self.together) ** 2),
                (s, self.x, one, self.rest**2),
                (s, self.y, one, self.other_rest**2),
            )
        students, own, other = self.sines
        return (
            (p, p, 2 * mp.atan2(self.apart, self.together), students, inner / p**2),
            (p, one, mp.atan2(self.rest, self.x), own, self.x / p),
            (p, one, mp.atan2(self.other_rest, self.y), other, self.y / p),
        )

    def vectors(self, chart: str) -> Numbers:
        """Frame vectors in the order of the generated blocks.

        The first along ``v_i`` and elsewhere; the second of two students (``v_i, v_k``, elsewhere), of own teacher
        and of another one. Where a pair is parallel its second vector does not matter: coefficients vanish there.
        """
        mp, x, y, p = self.mp, self.x, self.y, self.norm
        zero = mp.mpf(0)
        if chart == "gram":
            return (x, y, y, x, y, zero + 1, zero, zero, zero + 1, zero)
        sign = 1 if x >= y else -1
        students = own = other = (zero, zero, zero)
        if self.together:
            tangent, difference = self.apart / self.together / p, sign * p / self.together
            students = (tangent * x - difference, tangent * y + difference, tangent * y)
        if self.rest:
            own = (self.rest / p, -x * y / (p * self.rest), zero)
        if self.other_rest:
            other = (-x * y / (p * self.other_rest), self.other_rest / p, -y * y / (p * self.other_rest))
        return (x / p, y / p, *students, *own[:2], *other)


def eigenvalues(
    mp: MPContext,
    geometry: PairGeometry,
    weights: tuple[float, ...],
    activation: Activation,
    curvature: str,
    convention: str,
) -> Iterator[Any]:
    """All eigenvalues in the order of `spectra._multiplicities`; those of multiplicity zero have no meaning."""
    if not geometry.norm and activation.chart == "polar":
        yield from [mp.mpf(0)] * 9  # homogeneous of degree above two, all terms vanish
        return
    K = geometry.K
    hessian = curvature == "hessian"
    students, own, other = geometry.arguments(activation.chart)
    itself = (geometry.norm if activation.chart == "polar" else students[0],)

    def sums(quantity: str, arguments: Numbers, size: int) -> list[Any]:
        return _sum_of_orders(mp, activation, quantity, weights, convention, arguments, size)

    linear = sum(
        (mp.mpf(w) * b for w, b in zip(weights, activation.kernels.BILINEAR, strict=False)), mp.mpf(0)
    )  # of u . v in the loss, split off
    diagonal = sums("self_own" if hessian else "self_gauss_newton", itself, 2)
    cross = sums("cross" if hessian else "gauss_newton", students, 5) if K > 1 else [mp.mpf(0)] * 5
    diagonal[0] += linear
    cross[0] += linear
    nothing = [mp.mpf(0)] * 5
    blocks = kernels.blocks(
        mp, mp.mpf(K), *diagonal,
        *(sums("own", students, 5) if hessian and K > 1 else nothing),
        *(sums("own", own, 5) if hessian else nothing),
        *(sums("own", other, 5) if hessian and K > 1 else nothing),
        *cross, *geometry.vectors(activation.chart),
    )  # fmt: skip
    trivial, standard, rest = blocks[:4], blocks[4:13], blocks[13:]
    yield from (trivial[0], trivial[0]) if K == 1 else roots_of_two(mp, *trivial)
    if K == 2:
        yield from roots_of_two(mp, standard[0], standard[2], standard[6], standard[8])
        yield mp.mpf(0)
    else:
        yield from roots_of_three(mp, standard)
    yield from rest


def _sum_of_orders(
    mp: MPContext,
    activation: Activation,
    quantity: str,
    weights: tuple[float, ...],
    convention: str,
    arguments: Numbers,
    size: int,
) -> list[Any]:
    """Coefficients of a pair, summed over the orders of a norm."""
    total = [mp.mpf(0)] * size
    for order, weight in enumerate(weights):
        if not weight:
            continue
        function: Any = kernels.PAIRS.get((activation.name, quantity, order, convention))
        if function is not None:
            values = function(mp, *arguments)
        else:  # a user's activation
            with np.errstate(all="ignore"):
                values = activation.kernel(quantity, order, convention)(np, *map(float, arguments))
        values = values if isinstance(values, tuple) else (values,)
        total = [t + mp.mpf(weight) * mp.mpf(float(v) if isinstance(v, np.generic) else v)
                 for t, v in zip(total, values, strict=True)]  # fmt: skip
    return total
