r"""Moments of exponential units at pairs of neurons with means, as arrays.

Of moderate lengths they are closed. Closed forms of two arguments overflow where these are large and cancel where they
are small. One argument is closed and benign, so there the moment of two functions is an integral over the first, by
Gauss-Legendre points on panels that end at both kinks and grow from there by the lengths on which functions change.
"""

from collections.abc import Callable
from functools import cache, cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._kernels.exponential_unit import BOTH, CONDITIONAL, FIRST, SECOND
from ..._quadrature import gauss_legendre
from ..._runtime.sizes import slices
from ..._special import FAR, normal_density
from .closed import ClosedPairs, moderate
from .letters import Letters, Unit, letters_at

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

POINTS = 20
"""Gauss-Legendre points of a panel."""
END = 10.0
"""Integrals end this many standard deviations from the mean: what is left is below 1e-20."""
UNIFORM = np.linspace(-END, END, 6)
"""Panels of the density, in standard deviations."""
SMOOTHED = 4.5 * np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
"""Panels of a step smoothed by a normal law, in standard deviations: beyond, it is a step to rounding."""
DECAYING = np.array([-40.0, -10.0])
"""Panels of an exponential, in units of the length on which it decays."""
PARALLEL = 1e-30
"""Rows that are parallel are rows of this sine: no double tells the difference, unless both kinks are one."""
UNCORRELATED = 1e-200
"""A correlation that stands for zero where one is divided by."""
BLOCK = 256
"""Pairs whose nodes are held at a time."""


class PairsOfUnits:
    """Moments of two units, or of one twice, at ``z_1 = p (X + h)``, ``z_2 = q (r X + c Y + k)``.

    Arrays broadcast against one another; ``v = (k - r h)/c`` is infinite or 0 at ``c = 0``.
    """

    def __init__(
        self, first: Unit, second: Unit, p: Any, q: Any, h: Any, k: Any, v: Any, sine: Any, cosine: Any
    ) -> None:
        arrays = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (p, q, h, k, v, sine, cosine)))
        self.first, self.second = first, second
        self.p, self.q, self.h, self.k, v, self.sine, self.cosine = arrays
        self.across = np.maximum(self.sine, PARALLEL)
        beyond = np.maximum(np.abs(self.k - self.cosine * self.h) / self.across, FAR)
        self.v = np.where(np.isfinite(v), v, np.copysign(beyond, v))
        self.moderate = moderate(self.p, self.q, self.h, self.k, self.cosine)
        self.lines = cache(self._lines)

    def letter(self, a: int, b: int, i: int, j: int) -> FloatArray:
        """``D_1^i D_2^j E[sigma^(a)(z_1) sigma^(b)(z_2)]``, i + j <= 2: of functions, of Diracs, and of both."""
        total = self.functions(min(a, 2), min(b, 2), i, j)
        for height, n in self.first.bends(a):
            total = total + height * self.on_line("first", n, min(b, 2), i, j)
        for height, n in self.second.bends(b):
            total = total + height * self.on_line("second", n, min(a, 2), i, j)
        for (height, n), (other, m) in product(self.first.bends(a), self.second.bends(b)):
            function, names = BOTH[n, m, i, j]
            density = function(np, *map(self.lines("first"), names))
            total = total + height * other * density / (self.p ** (n + 1) * self.q ** (m + 1))
        return total

    def on_line(self, which: str, n: int, other: int, i: int, j: int) -> FloatArray:
        """Where one argument meets a Dirac and the other is in ``R_b``."""
        table, own = (FIRST, self.p) if which == "first" else (SECOND, self.q)
        function, names = table[n, other, i, j]
        value: FloatArray = function(np, *map(self.lines(which), names)) / own ** (n + 1)
        return value

    def _lines(self, which: str) -> Letters:
        """Letters on the line where the first argument vanishes, or the second."""
        first = which == "first"
        other, own = (self.q, self.h) if first else (self.p, self.k)
        place = self.v if first else self.across * self.h - self.cosine * self.v
        given = letters_at(other * self.across, place)
        alpha = self.second.alpha if first else self.first.alpha
        known = {"alpha": alpha, "h": own, "other": other, "sine": self.across, "cosine": self.cosine}

        def density() -> FloatArray:
            apex = at("f") * given("phi")
            with np.errstate(divide="ignore"):
                quotient: FloatArray = np.divide(apex, self.sine, out=np.zeros(apex.shape), where=apex != 0)
            return quotient

        make: dict[str, Callable[[], Any]] = {"f": lambda: normal_density(own), "Q": density}
        at = cache(lambda name: known[name] if name in known else make[name]() if name in make else given(name))
        return at

    def functions(self, a: int, b: int, i: int, j: int) -> FloatArray:
        """``E[He_i(X) He_j(Y) R_a(z_1) R_b(z_2)]``, a, b <= 2: in closed form or integrated."""
        closed, integrated = self.parts
        value = np.empty(self.p.shape)
        value[self.moderate] = closed.letter(a, b, i, j) if self.moderate.any() else 0.0
        if integrated is not None:
            value[~self.moderate] = integrated[:, 3 * a + i, 3 * b + j]
        return value

    @cached_property
    def parts(self) -> tuple[ClosedPairs, FloatArray | None]:
        """The pairs of moderate lengths, and all moments of the others if there are any."""
        arrays = self.p, self.q, self.h, self.k, self.v, self.across, self.cosine
        closed = ClosedPairs(self.first.alpha, self.second.alpha, *(x[self.moderate] for x in arrays))
        others = [x[~self.moderate] for x in (*arrays[:3], *arrays[4:])]  # without k
        parts = slices(len(others[0]), BLOCK)
        blocks = [integrated(self.first, self.second, *(x[part] for x in others)) for part in parts]
        return closed, np.concatenate(blocks) if blocks else None


def integrated(
    first: Unit,
    second: Unit,
    p: FloatArray,
    q: FloatArray,
    h: FloatArray,
    v: FloatArray,
    c: FloatArray,
    r: FloatArray,
) -> FloatArray:
    """``E[He_i(X) He_j(Y) R_a(z_1) R_b(z_2)]`` of B pairs at ``(3 a + i, 3 b + j)``, (B, 9, 9)."""
    pair, x, weights = nodes(p, q, h, v, c, r)
    p, q, h, v, c, r = (array[pair, None] for array in (p, q, h, v, c, r))
    outer, given = x - h, letters_at(q * c, v + r / c * x)
    weights = weights * normal_density(outer)
    hermite = weights, weights * outer, weights * (outer * outer - 1)
    left = [value * polynomial for value in first.functions(p * x) for polynomial in hermite]
    right = []
    for b, j in product(range(3), repeat=2):
        function, names = CONDITIONAL[b, j]
        right.append(function(np, *(second.alpha if name == "alpha" else given(name) for name in names)))
    panels = np.stack(left, axis=1) @ np.stack(right, axis=2)
    sums: FloatArray = np.add.reduceat(panels, np.flatnonzero(np.diff(pair, prepend=-1)))
    return sums


def nodes(
    p: FloatArray, q: FloatArray, h: FloatArray, v: FloatArray, c: FloatArray, r: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Panels: numbers of their pairs, ascending, (P,), and nodes and weights of ``x = X + h``, (P, 20)."""
    r = np.where(r == 0, UNCORRELATED, r)
    length = c / np.abs(r)
    middle = -v * c / r
    ends = [
        h[:, None] + UNIFORM,
        np.zeros((len(h), 1)),
        DECAYING / p[:, None],
        middle[:, None] + SMOOTHED * length[:, None],
        middle[:, None] + DECAYING / (q * r)[:, None],
    ]
    edges = np.sort(np.clip(np.concatenate(ends, axis=1), (h - END)[:, None], (h + END)[:, None]))
    left, right = edges[:, :-1], edges[:, 1:]
    pair, panel = np.nonzero(right > left)
    start, length = left[pair, panel][:, None], (right - left)[pair, panel][:, None]
    points, weights = gauss_legendre(POINTS)
    return pair, start + length * points, length * weights
