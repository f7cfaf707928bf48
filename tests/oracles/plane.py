"""The plane spanned by a pair of weight vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mpmath import mp

from .quadrature import Number


@dataclass(frozen=True)
class Pair:
    """Norms `p = |u|`, `q = |v|` and the angle between u and v, kept as cosine and sine."""

    p: Number
    q: Number
    cos: Number
    sin: Number

    @classmethod
    def from_angle(cls, p: Number, q: Number, theta: Number) -> Self:
        """The pair `u = (p, 0, 0)`, `v = q (cos(theta), sin(theta), 0)` with `0 <= theta <= pi`."""
        p, q, theta = mp.mpf(p), mp.mpf(q), mp.mpf(theta)
        if not (p > 0 and q > 0 and 0 <= theta <= mp.pi):
            raise ValueError(f"need p > 0, q > 0 and 0 <= theta <= pi, got p={p}, q={q}, theta={theta}")
        cos, sin = mp.cos_sin(theta)
        return cls(p, q, cos, sin)

    @property
    def rho(self) -> Number:
        """rho = u . v."""
        return self.p * self.q * self.cos

    @property
    def gap(self) -> Number:
        """pi - theta, without cancellation."""
        return mp.atan2(self.sin, -self.cos)

    @property
    def u(self) -> list[Number]:
        """u in the frame `(u^, e, n)`."""
        return [self.p, mp.zero, mp.zero]

    @property
    def v(self) -> list[Number]:
        """v in the frame `(u^, e, n)`."""
        return [self.q * self.cos, self.q * self.sin, mp.zero]

    @property
    def swapped(self) -> "Pair":
        """The pair (v, u)."""
        return Pair(self.q, self.p, self.cos, self.sin)


def frame(u: Sequence[Number], v: Sequence[Number]) -> tuple[Pair, list[Number], list[Number]]:
    """The pair of two vectors of R^d and the frame `u^`, `e` of their plane, by Gram-Schmidt.

    `e` is the unit vector orthogonal to u with `v = q (cos(theta) u^ + sin(theta) e)`. Vectors whose sine is below
    `10^(20 - digits)` are parallel up to rounding: the sine becomes 0 and so does `e`.
    """
    p, q = mp.norm(u), mp.norm(v)
    if not (p > 0 and q > 0):
        raise ValueError("a weight vector is zero; the pair needs two directions")
    unit = [x / p for x in u]
    along = mp.fdot(unit, v)
    across = [y - along * x for x, y in zip(unit, v, strict=True)]
    height = mp.norm(across)
    if height <= q * mp.mpf(10) ** (20 - mp.dps):
        return Pair(p, q, mp.sign(along), mp.zero), unit, [mp.zero for _ in unit]
    length = mp.hypot(along, height)
    return Pair(p, q, along / length, height / length), unit, [x / height for x in across]
