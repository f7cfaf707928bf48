r"""Pairs of the symmetric family ``w_j = x v_j + y sum_(k != j) v_k``, in numbers of any precision.

Three kinds of pairs occur: two students, a student and its own teacher, a student and another one. As in `pairs`, the
chart of an activation's moments decides what describes them, and the frame of coefficients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..activations import Activation
from ..activations.moments import PolarMoments, moments
from ..pairs.angles import PARALLEL

if TYPE_CHECKING:
    from mpmath.ctx_mp import MPContext

Numbers = tuple[Any, ...]
Direction = tuple[int, int]


class FamilyGeometry:
    """Lengths and angles, at ``width`` neurons; of parallel pairs, a `direction` ``(dx, dy)`` gives the plane.

    A frame's second vector has a limit at ``(x + e dx, y + e dy)``, ``e -> 0+``, which depends on signs alone.
    """

    def __init__(self, mp: MPContext, K: int, x: Any, y: Any, direction: Direction | None = None) -> None:
        self.mp, self.K, self.x, self.y, self.direction = mp, K, x, y, direction
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
    def parallel(self) -> tuple[bool, bool, bool]:
        """Which of the three kinds of pairs are parallel."""
        students, own, other = (bool(sine <= PARALLEL) for sine in self.sines)
        return students and self.K > 1, own, other and self.K > 1

    @property
    def opposite(self) -> bool:
        """Whether students make an obtuse angle; parallel ones, an angle of pi."""
        return bool(self.apart > self.together)

    @property
    def slopes(self) -> tuple[int, int, int]:
        """Signs with which a step in the direction turns the pairs that are parallel; 0 if they stay so."""
        dx, dy = self.direction or (0, 0)
        return dx + dy if self.opposite else dx - dy, dy if self.K > 1 else 0, dx

    @property
    def sides(self) -> tuple[Any, Any, Any, Any]:
        """Signs of ``x - y``, ``x + y``, ``y`` and ``x``; of one that vanishes, after a step in the direction."""
        x, y, (of_students, of_own, of_other) = self.x, self.y, self.slopes
        students, own, other = self.parallel if self.direction else (False, False, False)
        ahead = of_students if students and not self.opposite else x - y
        before = of_students if students and self.opposite else x + y
        ahead, before, up, right = map(self.mp.sign, (ahead, before, of_own if own else y, of_other if other else x))
        return ahead, before, up, right

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
        and of another one. Where a pair is parallel and no direction is given, its second vector does not matter:
        coefficients vanish there.
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
        x, y, p, K = self.x, self.y, self.norm, self.K
        zero = self.mp.mpf(0)
        ahead, before, up, right = self.sides
        students = own = other = (zero, zero, zero)
        if K == 2:
            students = (-ahead * before * y / p, ahead * before * x / p, zero)
            other = (-right * y / p, abs(x) / p, zero)
        elif K > 2:
            tangent, difference = self.apart / self.together / p, ahead * p / self.together
            students = (tangent * x - difference, tangent * y + difference, tangent * y)
            other = (-x * y / (p * self.other_rest), self.other_rest / p, -y * y / (p * self.other_rest))
        if K > 1:
            own = (self.rest / p, -up * x / (p * self.mp.sqrt(K - 1)), zero)
        return (x / p, y / p, *students, *own[:2], *other)


def family(
    mp: MPContext, activation: Activation, K: int, x: Any, y: Any, direction: Direction | None = None
) -> FamilyGeometry:
    """The geometry in the chart of an activation."""
    return (PolarFamily if isinstance(moments(activation.definition), PolarMoments) else GramFamily)(
        mp, K, x, y, direction
    )
