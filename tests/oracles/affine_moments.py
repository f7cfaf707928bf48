"""E[A(z_1) B(z_2) x^(tensor r)] for two affine functions `z = w.x + b` of `x ~ N(mu, Sigma)`, as iterated integrals.

A factor is a function of one z: `("ramp", m)` is `z_+^m / m!`, with `("ramp", -1)` the Dirac delta and `("ramp", -2)`
its derivative, so that the distributional derivative of each is the next lower; `("erf", a)` is the a-th derivative of
`erf(z / sqrt 2)`; `ONE` is the constant.

In the law of x, with X and Y independent standard normal,

    z_1 = m_1 + p X,    z_2 = m_2 + q (cos X + sin Y),    x = mu + f X + e Y + rest,

and the rest is independent of X, Y, with covariance `Sigma - f f' - e e'`. The integral over Y is elementary (one
normal distribution function), that over X is by Gauss-Legendre panels: two units of X wide, and two units of each
transition wide where one factor changes faster. Where the law of (z_1, z_2) is degenerate there is no Y.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import mpmath
from mpmath import mp

from .quadrature import Number, gauss_legendre, hermite

Factor = tuple[str, int]
Vector = list[Number]

ONE: Factor = ("one", 0)

DIGITS = 50
"""Digits carried."""

REACH = 12
"""Integrals end this many standard deviations from the mean: what is left is below `10^-30`."""

NODES = 22
"""Nodes of a panel: `e^(-x^2/2)` and the normal distribution function on [-1, 1] to `10^-32`."""

PARALLEL = mp.mpf("1e-32")
"""Rows of which the sine is below this are parallel: 53-bit rows of an angle of `10^-12` are 16 orders away."""


class Inputs:
    """`x~ = (x, 1)` with `x ~ N(mu, Sigma)`, for affine functions `z = u . x~`, `u = (w, b)`."""

    def __init__(self, mean: Sequence[Number], covariance: Sequence[Sequence[Number]]) -> None:
        size = len(mean)
        self.mean: Vector = [mp.mpf(x) for x in (*mean, 1)]
        self.covariance = mp.zeros(size + 1)
        for i in range(size):
            for j in range(size):
                self.covariance[i, j] = mp.mpf(covariance[i][j])

    def product(self, u: Vector) -> Vector:
        """Sigma u."""
        return list(self.covariance * mp.matrix(u))

    def line(self, u: Vector) -> tuple[Number, Number, Vector]:
        """Mean and standard deviation of `u . x~`, and `f = Sigma u / p`."""
        image = self.product(u)
        variance = mp.fdot(u, image)
        if variance <= 0:
            raise ValueError("a neuron is constant under this covariance")
        p = mp.sqrt(variance)
        return mp.fdot(u, self.mean), p, [x / p for x in image]


class PairLaw:
    """The joint law of `(z_1, z_2, x)` for one ordered pair of rows; moments are computed once each."""

    def __init__(self, inputs: Inputs, first: Vector, second: Vector | None) -> None:
        """`second` None: a function of z_1 alone."""
        self.inputs = inputs
        self.mean, self.p, self.f = inputs.line(first)
        self.mean_2, self.q, self.cos, self.sin = self.mean, self.p, mp.one, mp.zero
        self.e = [mp.zero for _ in first]
        if second is not None:
            self._second(first, second)
        self._cache: dict[Any, Any] = {}

    def _second(self, first: Vector, second: Vector) -> None:
        """By Gram-Schmidt in the product of the covariance."""
        self.mean_2, self.q, _ = self.inputs.line(second)
        along = mp.fdot(second, self.f)
        across = [y - along / self.p * x for x, y in zip(first, second, strict=True)]
        image = self.inputs.product(across)
        height = mp.sqrt(max(mp.fdot(across, image), mp.zero))
        self.cos, self.sin = along / self.q, height / self.q
        if self.sin < PARALLEL:
            self.cos, self.sin = mp.sign(along), mp.zero
        else:
            self.e = [x / height for x in image]

    def expectation(self, left: Factor, right: Factor, rank: int) -> Any:
        """E[A(z_1) B(z_2) x~^(tensor rank)]: a number, a column, a matrix."""
        key = (left, right, rank)
        if key not in self._cache:
            self._cache[key] = self._expectation(*key)
        return self._cache[key]

    def _expectation(self, left: Factor, right: Factor, rank: int) -> Any:
        total = self.frame_moment(left, right, 0, 0)
        if rank == 0:
            return total
        mean, f, e = (mp.matrix(x) for x in (self.inputs.mean, self.f, self.e))
        one, two = (self.frame_moment(left, right, *powers) for powers in ((1, 0), (0, 1)))
        if rank == 1:
            return mean * total + f * one + e * two
        moments = ((2, 0), (1, 1), (0, 2))
        square, mixed, square_2 = (self.frame_moment(left, right, *powers) for powers in moments)
        drift = mean * (f * one + e * two).T
        rest = self.inputs.covariance - f * f.T - e * e.T
        plane = f * f.T * square + (f * e.T + e * f.T) * mixed + e * e.T * square_2
        return (rest + mean * mean.T) * total + drift + drift.T + plane

    def frame_moment(self, left: Factor, right: Factor, i: int, j: int) -> Number:
        """E[A(z_1) B(z_2) X^i Y^j]."""
        if not self.sin and j:  # no Y: the frame vector e is zero
            return mp.zero
        if left[0] == "ramp" and left[1] < 0:
            return self._dirac(left[1], right, i, j)
        if right[0] == "ramp" and right[1] < 0:
            raise ValueError("the Dirac factor comes first")
        kind = left[0]
        outer = self._at_nodes(kind, (left,), lambda x: plain(left, self.mean + self.p * x))
        inner = self._at_nodes(kind, (right, j), lambda x: self._given(right, x, j))
        return mp.fsum(w * x**i * a * b for (x, w), a, b in zip(self._rule(kind), outer, inner, strict=True))

    def _dirac(self, m: int, right: Factor, i: int, j: int) -> Number:
        """`E[delta(z_1) h(X)] = phi(h)/p h(-m_1/p)`, and for its derivative `-1/p^2` times the slope of `phi h`."""
        x = -self.mean / self.p
        inner = self._given(right, x, j)
        if m == -1:
            return mp.npdf(x) / self.p * x**i * inner
        if m == -2:
            slope = (i * x ** (i - 1) if i else mp.zero) - x ** (i + 1)
            change = slope * inner + x**i * self.q * self.cos * self._given(_derivative(right), x, j)
            return -mp.npdf(x) / self.p**2 * change
        raise ValueError("no second derivative of a delta is needed")

    def _rule(self, kind: str) -> list[tuple[Number, Number]]:
        """Nodes X and weights `phi(X) dX`; panels end at the kinks, and there is none where z_1 ramps are zero."""
        if ("rule", kind) not in self._cache:
            edges = {mp.mpf(2 * k - REACH) for k in range(REACH + 1)}
            for center, width in self._transitions(kind):
                edges |= {center + (2 * k - REACH) * width * (width < 1) for k in range(REACH + 1)}
            lowest = -self.mean / self.p if kind == "ramp" else -mp.inf
            inside = sorted(x for x in edges if max(-REACH, lowest) <= x <= REACH)
            panels = [gauss_legendre(a, b, NODES) for a, b in pairwise(inside)]
            self._cache["rule", kind] = [(x, w * mp.npdf(x)) for panel in panels for x, w in panel]
        return list(self._cache["rule", kind])

    def _transitions(self, kind: str) -> list[tuple[Number, Number]]:
        """Where, and on which length of X, a factor changes: a ramp smeared by Y, an erf; width 0 is a kink."""
        smooth, slope = int(kind == "erf"), self.q * abs(self.cos)
        result = [(-self.mean / self.p, smooth / self.p)]
        if slope:
            center = -self.mean_2 / (self.q * self.cos)
            result.append((center, mp.hypot(smooth, self.q * self.sin) / slope))
        return [(center, width) for center, width in result if abs(center) < 2 * REACH * max(width, 1)]

    def _at_nodes(self, kind: str, key: tuple[Any, ...], function: Callable[[Number], Number]) -> list[Number]:
        """The values of a function of X, kept by its key."""
        if (kind, *key) not in self._cache:
            self._cache[kind, *key] = [function(x) for x, _ in self._rule(kind)]
        return list(self._cache[kind, *key])

    def _given(self, factor: Factor, x: Number, j: int) -> Number:
        """E[B(z_2) Y^j | X = x]."""
        level, width = self.mean_2 + self.q * self.cos * x, self.q * self.sin
        if not width:
            return plain(factor, level)
        return averaged(factor, level, width, j)


def _derivative(factor: Factor) -> Factor | None:
    """The distributional derivative; None is zero."""
    kind, index = factor
    return {"ramp": ("ramp", index - 1), "erf": ("erf", index + 1)}.get(kind)


def plain(factor: Factor | None, z: Number) -> Number:
    """The factor as a function."""
    if factor is None:
        return mp.zero
    kind, index = factor
    if kind == "one":
        return mp.one
    if kind == "erf":
        return mp.erf(z / mp.sqrt(2)) if index == 0 else erf_derivative(index, z)
    if index < 1 and abs(z) < mp.mpf(10) ** -35:
        raise ValueError("two kinks coincide: the moment does not exist")
    if index < 0 or z <= 0:
        return mp.zero
    return z**index / mp.factorial(index)


def erf_derivative(order: int, z: Number) -> Number:
    """`sqrt(2/pi) (-1)^(a-1) He_(a-1)(z) e^(-z^2/2)` for a >= 1."""
    return (-1) ** (order - 1) * 2 * hermite(order - 1, z) * mp.npdf(z)


def averaged(factor: Factor | None, level: Number, width: Number, j: int) -> Number:
    """E[B(level + width Y) Y^j], Y standard normal.

    ramp: `width^m/m! E[(Y + t)_+^m Y^j]` with `t = level/width`, expanded in the moments of the normal distribution
    on `Y > -t`; delta: the integrand at `Y = -t`. erf: `E[He_j(Y) sigma^(a)] = width^j E[sigma^(a+j)]`, and the average
    of `erf((level + width Y)/sqrt 2)` is `erf(level/(tau sqrt 2))` with `tau^2 = 1 + width^2`.
    """
    if factor is None:
        return mp.zero
    kind, index = factor
    if kind == "one":
        return mp.mpf([1, 0, 1][j])
    if kind == "erf":
        return _averaged_erf(index, level, width, j) + (_averaged_erf(index, level, width, 0) if j == 2 else 0)
    t = level / width
    if index == -1:
        return mp.npdf(t) * (-t) ** j / width
    if index < -1:
        raise ValueError("the derivative of a delta comes first")
    moments = [mp.ncdf(t), mp.npdf(t)]
    for n in range(2, index + j + 1):
        moments.append((n - 1) * moments[n - 2] + (-t) ** (n - 1) * moments[1])
    terms = (mp.binomial(index, n) * t ** (index - n) * moments[n + j] for n in range(index + 1))
    return width**index / mp.factorial(index) * mp.fsum(terms)


def _averaged_erf(index: int, level: Number, width: Number, j: int) -> Number:
    """E[He_j(Y) sigma^(a)(level + width Y)]."""
    tau = mp.hypot(1, width)
    return width**j / tau ** (index + j) * plain(("erf", index + j), level / tau)


def as_matrix(rows: Sequence[Sequence[Any]]) -> mpmath.matrix:
    """Of exact doubles."""
    return mp.matrix([[mp.mpf(x) for x in row] for row in rows])
