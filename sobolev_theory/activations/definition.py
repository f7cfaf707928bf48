r"""What an activation is, apart from its name: pointwise derivatives, where they jump, and its Gaussian moments.

Every engine of the package asks a definition for one thing, moments ``K_ab = E[sigma^(a)(z_1) sigma^(b)(z_2)]`` of
Gaussian arguments with means ``m_1, m_2`` and covariance ``s, rho, t``. By Price and Stein every derivative of a moment
is another one: in the means ``K_(a+1)b``, in ``rho`` ``K_(a+1)(b+1)``. Derivatives beyond a jump are distributions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .generated import Kernels

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Moments = Callable[[int, int], FloatArray]
"""``K_ab`` by ``(a, b)``."""
Letters = Callable[[int, int, int, int], FloatArray]
"""``D_1^i D_2^j K_ab`` by ``(a, b, i, j)``, with derivatives in the means along a frame."""


class Jump(NamedTuple):
    """Where a derivative jumps, and by how much: its limit from the right less that from the left."""

    place: float
    height: float


@dataclass(frozen=True, eq=False)
class GaussianPairs:
    """Arguments ``(z_1, z_2)``, arrays that broadcast against one another.

    ``g = s t - rho^2`` comes as accurate as it can be had: that is all that nearly parallel pairs need. Means may be
    None, both, where all are zero.
    """

    m1: FloatArray | None
    m2: FloatArray | None
    s: FloatArray
    rho: FloatArray
    t: FloatArray
    g: FloatArray

    @classmethod
    def of_one(cls, m: FloatArray | None, s: FloatArray) -> GaussianPairs:
        """One argument twice."""
        return cls(m, m, s, s, s, np.zeros_like(s))

    def some(self, rows: IntArray, columns: IntArray) -> GaussianPairs:
        """Those in some rows and columns of a table of pairs."""
        pick = _picker(rows, columns)
        means = (None, None) if self.m1 is None or self.m2 is None else (pick(self.m1), pick(self.m2))
        return GaussianPairs(*means, *map(pick, (self.s, self.rho, self.t, self.g)))


@dataclass(frozen=True, eq=False)
class KinkedPairs:
    """Arguments ``z_1 = m_1 + p X``, ``z_2 = m_2 + q (r X + c Y)``, ``r, c`` cosine and sine of an angle in [0, pi].

    ``offsets(first, second)`` are ``h = (m_1 - first)/p``, ``k = (m_2 - second)/q`` and ``v = (k - r h)/c`` of kinks at
    those places, v without cancellation where pairs are nearly parallel; None, all three, where h and k are zero.
    ``means`` are ``(m_1, m_2)``, made of the offsets if they are None.
    """

    p: FloatArray
    q: FloatArray
    angle: FloatArray
    sine: FloatArray
    cosine: FloatArray
    offsets: Callable[[float, float], tuple[FloatArray, FloatArray, FloatArray] | tuple[None, None, None]]
    means: tuple[FloatArray, FloatArray] | None = None

    @cached_property
    def gaussian(self) -> GaussianPairs:
        """The same arguments by their means and covariance."""
        h, k, _ = self.offsets(0.0, 0.0)
        m1, m2 = (None, None) if h is None or k is None else self.means or (h * self.p, k * self.q)
        product = self.p * self.q
        return GaussianPairs(m1, m2, self.p**2, product * self.cosine, self.q**2, (product * self.sine) ** 2)

    def some(self, rows: IntArray, columns: IntArray) -> KinkedPairs:
        """Those in some rows and columns of a table of pairs."""
        return self._each(_picker(rows, columns))

    def in_a_row(self, which: NDArray[np.bool_]) -> KinkedPairs:
        """Those that an array of the shape of all says."""
        return self._each(lambda x: np.broadcast_to(x, which.shape)[which])

    def _each(self, pick: Callable[[FloatArray], FloatArray]) -> KinkedPairs:
        def offsets(first: float, second: float) -> Any:
            return tuple(None if x is None else pick(x) for x in self.offsets(first, second))

        arrays = pick(self.p), pick(self.q), pick(self.angle), pick(self.sine), pick(self.cosine)
        return KinkedPairs(*arrays, offsets, None if self.means is None else (pick(self.means[0]), pick(self.means[1])))


def _picker(rows: IntArray, columns: IntArray) -> Callable[[FloatArray], FloatArray]:
    """Takes rows and columns of arrays that broadcast to a table."""

    def pick(x: FloatArray) -> FloatArray:
        picked = x if x.shape[0] == 1 else x[rows]
        return picked if x.shape[1] == 1 else picked[:, columns]

    return pick


class Definition(ABC):
    """An activation without its name.

    Attributes
    ----------
    expression
        Of ``z``, as text.
    max_order
        Highest Sobolev order.
    how, accuracy
        How moments are made, in words, and their error relative to the natural scale ``sqrt(E sigma^(a)(y)^2 E
        sigma^(b)(y')^2)``, where ``y, y'`` are centred with the second moments of ``z_1, z_2``.
    kernels
        Generated kernels at standard inputs, the fast path; None if there are none.
    source
        Text from which a derived definition is made again; None for those of the package.
    degree
        ``n`` if it is ``a max(z, 0)^n + b max(-z, 0)^n``; else None.
    variation
        How fast moments vary with the weights, 1 for ``erf(z/sqrt 2)``.
    """

    expression: str
    max_order: int
    how: str = "closed form"
    accuracy: float = 1e-13
    kernels: Kernels | None = None
    source: str | None = None
    degree: int | None = None
    variation: float = 1.0

    @property
    @abstractmethod
    def key(self) -> object:
        """Hashable; definitions with equal ones are equal."""

    @property
    def highest_derivative(self) -> int:
        """Highest order that `derivative` knows."""
        return self.max_order + 2

    @abstractmethod
    def derivative(self, z: FloatArray, order: int) -> FloatArray:
        """``sigma^(order)(z)``, pointwise: its absolutely continuous part."""

    def jumps(self, order: int) -> tuple[Jump, ...]:
        """Where ``sigma^(order)`` jumps."""
        return ()

    @cached_property
    def jump_order(self) -> int | None:
        """First order whose derivative jumps, or None."""
        return next((order for order in range(self.max_order + 2) if self.jumps(order)), None)

    @abstractmethod
    def means(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """``d_m^n E sigma(z)`` by n, up to 4, of ``z ~ N(m, s)``; means may be None where all are zero."""

    @abstractmethod
    def squares(self, m: FloatArray | None, s: FloatArray) -> Moments:
        """``d_m^n E[sigma^(k)(z)^2]`` by ``(k, n)``, ``k <= max_order``, ``n <= 4``, of the pointwise derivative."""

    @property
    def beyond(self) -> Definition | None:
        """What has the pointwise derivatives of higher orders than `jump_order` for true ones; None if they vanish.

        Derivatives of higher orders than the one after the jump are distributions, as they are of the activation.
        """
        return None

    def products(self, m: FloatArray | None, s: FloatArray) -> Callable[[int], FloatArray]:
        """``d_m^n E[sigma^(l)(z) sigma^(l+1)(z)]`` by n, up to 3, of pointwise derivatives, ``l = jump_order``.

        Raises
        ------
        NotImplementedError
            Where there is no `beyond`: it is 0.
        """
        raise NotImplementedError

    def error_bound(self, at: GaussianPairs, a: int, b: int) -> FloatArray:
        """Bound of the error of ``K_ab``: the accuracy times the natural scale."""
        bound: FloatArray = self.accuracy * self.scale(a, at.m1, at.s) * self.scale(b, at.m2, at.t)
        return bound

    @abstractmethod
    def scale(self, order: int, m: FloatArray | None, s: FloatArray) -> FloatArray:
        """``sqrt(E sigma^(order)(y)^2)``, ``y ~ N(0, s + m^2)``."""


class Smooth(Definition):
    """A definition whose moments are functions of means and covariance: no derivative up to ``max_order + 4`` jumps."""

    @abstractmethod
    def pairs(self, at: GaussianPairs) -> Moments:
        """``K_ab``, ``a, b <= max_order + 4``, ``a + b <= 2 max_order + 4``, each evaluated when asked for."""

    def scale(self, order: int, m: FloatArray | None, s: FloatArray) -> FloatArray:
        """From the moment of the derivative with itself."""
        return np.sqrt(self.pairs(GaussianPairs.of_one(None, s if m is None else s + m * m))(order, order))


class Kinked(Definition):
    """A definition with moments in the polar frame ``(Sigma w/p, e)``, as they diverge where kinks coincide."""

    @abstractmethod
    def pairs(self, at: KinkedPairs) -> Letters:
        """``K(a, b, i, j) = D_1^i D_2^j K_ab``, ``i + j <= 2``: ``D_1 = p d_1 + q r d_2``, ``D_2 = q c d_2``."""

    def scale(self, order: int, m: FloatArray | None, s: FloatArray) -> FloatArray:
        """From squares; of the l-th derivative of a jump, whose square has no mean, the height over ``p^l``."""
        s = s if m is None else s + m * m
        if order <= self.max_order:
            return np.sqrt(self.squares(None, s)(order, 0))
        height = sum(abs(jump.height) for jump in self.jumps(self.max_order))
        return np.asarray(height * s ** ((self.max_order - order) / 2))


def leibniz(moment: Moments, k: int, n: int) -> FloatArray:
    """``d_m^n E[f^(k)(z) g^(k)(z)]``, the sum of ``comb(n, i) E[f^(k+i)(z) g^(k+n-i)(z)]``."""
    total: Any = sum(comb(n, i) * moment(k + i, k + n - i) for i in range(n + 1))
    found: FloatArray = total
    return found


def along_polar_frame(moments: Moments, at: KinkedPairs) -> Letters:
    """Letters in the polar frame from moments that are finite: at least one of two activations is smooth.

    ``D_1^i D_2^j`` is a polynomial in the derivatives ``d_1, d_2`` in the means, each of which raises an index.
    """
    along, turned, across = at.p, at.q * at.cosine, at.q * at.sine

    def letter(a: int, b: int, i: int, j: int) -> FloatArray:
        if i:
            first, second = letter(a + 1, b, i - 1, j), letter(a, b + 1, i - 1, j)
            return along * first + turned * second
        value: Any = across**j * moments(a, b + j) if j else moments(a, b)
        return np.asarray(value)

    return letter
