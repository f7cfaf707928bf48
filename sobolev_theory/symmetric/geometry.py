r"""Pairs of the symmetric family ``w_j = x v_j + y sum_(k != j) v_k``, in numbers of any precision.

Three kinds of pairs occur: two students, a student and its own teacher, a student and another one. As in `pairs`, the
chart of an activation's moments decides what describes them, and the frame of coefficients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..activations import Activation
from ..activations.moments import PolarMoments, moments

if TYPE_CHECKING:
    from mpmath.ctx_mp import MPContext

Numbers = tuple[Any, ...]


class FamilyGeometry:
    """Lengths and angles, at ``width`` neurons."""

    def __init__(self, mp: MPContext, K: int, x: Any, y: Any) -> None:
        self.mp, self.K, self.x, self.y = mp, K, x, y
        self.norm = mp.sqrt(x * x + (K - 1) * y * y)
        self.apart = abs(x - y)  # sqrt(2) |w| times the sine of half the angle of two students
        self.together = mp.sqrt((x + y) ** 2 + 2 * (K - 2) * y * y) if K > 1 else abs(x)  # and the cosine
        self.inner = 2 * x * y + (K - 2) * y * y if K > 1 else mp.mpf(0)  # of two students
        self.rest = mp.sqrt(K - 1) * abs(y)  # part of w_i orthogonal to v_i
        self.other_rest = mp.sqrt(x * x + (K - 2) * y * y) if K > 1 else abs(x)  # and to v_k

    @property
    def sines(self) -> tuple[Any, Any, Any]:
        """Of the angles of two students, of student and own teacher, and of student and another teacher."""
        return self.apart * self.together / self.norm**2, self.rest / self.norm, self.other_rest / self.norm

    @property
    def itself(self) -> Numbers:
        """What quantities of a student with itself take."""
        raise NotImplementedError

    @property
    def pairs(self) -> tuple[Numbers, Numbers, Numbers]:
        """What pair quantities take, for the three kinds."""
        raise NotImplementedError

    @property
    def vectors(self) -> Numbers:
        """Frame vectors in the order of the generated blocks.

        The first along ``v_i`` and elsewhere; the second of two students (``v_i, v_k``, elsewhere), of own teacher
        and of another one. Where a pair is parallel its second vector does not matter: coefficients vanish there.
        """
        raise NotImplementedError


class GramFamily(FamilyGeometry):
    """In inner products; the frame is the pair."""

    @property
    def itself(self) -> Numbers:
        """``s``."""
        return (self.norm**2,)

    @property
    def pairs(self) -> tuple[Numbers, Numbers, Numbers]:
        """``s, rho, t, g``."""
        s, one = self.norm**2, self.mp.mpf(1)
        return (
            (s, self.inner, s, (self.apart * self.together) ** 2),
            (s, self.x, one, self.rest**2),
            (s, self.y, one, self.other_rest**2),
        )

    @property
    def vectors(self) -> Numbers:
        """The pairs."""
        x, y, zero = self.x, self.y, self.mp.mpf(0)
        return (x, y, y, x, y, zero + 1, zero, zero, zero + 1, zero)


class PolarFamily(FamilyGeometry):
    """In lengths and angles; the frame is orthonormal."""

    @property
    def itself(self) -> Numbers:
        """``p``."""
        return (self.norm,)

    @property
    def pairs(self) -> tuple[Numbers, Numbers, Numbers]:
        """``p, q, theta, sine, cosine``."""
        mp, p, one = self.mp, self.norm, self.mp.mpf(1)
        students, own, other = self.sines
        return (
            (p, p, 2 * mp.atan2(self.apart, self.together), students, self.inner / p**2),
            (p, one, mp.atan2(self.rest, self.x), own, self.x / p),
            (p, one, mp.atan2(self.other_rest, self.y), other, self.y / p),
        )

    @property
    def vectors(self) -> Numbers:
        """``u^`` and ``e``."""
        x, y, p = self.x, self.y, self.norm
        zero = self.mp.mpf(0)
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


def family(mp: MPContext, activation: Activation, K: int, x: Any, y: Any) -> FamilyGeometry:
    """The geometry in the chart of an activation."""
    return (PolarFamily if isinstance(moments(activation), PolarMoments) else GramFamily)(mp, K, x, y)
