"""K_ab = E[sigma^(a)(z_1) sigma^(b)(z_2)] from its definition: integrals over the plane, by Gauss-Legendre panels.

`(z_1, z_2)` is Gaussian with means m_1, m_2 and covariance s, rho, t. Derivatives are those of distributions:

    sigma^(a) = [sigma^(a)] + sum over kinks kappa and orders k < a of J_k(kappa) delta^(a-1-k)(z - kappa),

with the pointwise derivative in brackets, and the jump `J_k` of `sigma^(k)`. Three kinds of terms follow.

*Pointwise and pointwise*: the density over the plane of (z_1, z_2), panels ending at kinks, six conditional standard
deviations wide at most, and as wide as the activation allows. Nearly parallel arguments, of which the sine is below
`NARROW`, are integrated over X and Y, `z_1 = m_1 + p X`, `z_2 = m_2 + q (r X + c Y)`.

*A delta and a pointwise one*: `E[delta^(i)(z_1 - kappa) g(z_2)] = (-d/dz)^i [density_1(z) E(g(z_2) | z_1 = z)]` at
kappa, where a derivative of the conditional mean is a Hermite polynomial of Y in it, over c q.

*Two deltas*: derivatives of the density of the plane.
"""

from bisect import bisect
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise, product
from typing import NamedTuple

from mpmath import mp

from .activations import Sigma, edges
from .quadrature import Number, gauss_hermite, gauss_legendre, hermite

DIGITS = 40
"""Digits carried."""

NODES = 30
"""Nodes of a panel."""

WIDTH = 6
"""Standard deviations in a panel: `e^(-x^2/2)` on [-3, 3] is integrated to `10^-33`."""

MORE = 10
"""Nodes more of a panel where both activations are functions of one variable."""

NARROW = mp.mpf("1e-5")
"""Sine below which two arguments are nearly parallel."""

FEW = 4
"""Nodes for Y where they are: `sigma(z + q c Y)` is a polynomial of degree 7 in Y to `(q c)^8 < 10^-32`."""

Rule = list[tuple[Number, Number]]
Weights = Callable[[Number], Number]


class Pair(NamedTuple):
    """Doubles: variances s and t, covariance rho, and means."""

    s: float
    rho: float
    t: float
    first: float = 0.0
    second: float = 0.0


class Law:
    """The law of a pair in exact arithmetic of its doubles."""

    def __init__(self, pair: Pair) -> None:
        s, rho, t = self.covariance = [mp.mpf(x) for x in pair[:3]]
        self.first, self.second = mp.mpf(pair.first), mp.mpf(pair.second)
        self.determinant = s * t - rho**2
        if self.determinant < 0:
            raise ValueError("no covariance")
        self.p, self.q = mp.sqrt(s), mp.sqrt(t)
        self.cosine, self.sine = rho / (self.p * self.q), mp.sqrt(self.determinant / (s * t))

    def density(self, z: Number, other: Number) -> Number:
        """Of (z_1, z_2)."""
        (s, rho, t), x, y = self.covariance, z - self.first, other - self.second
        exponent = (t * x**2 - 2 * rho * x * y + s * y**2) / (2 * self.determinant)
        return mp.exp(-exponent) / (2 * mp.pi * mp.sqrt(self.determinant))

    def swapped(self) -> "Law":
        """Of (z_2, z_1)."""
        s, rho, t = self.covariance
        return Law(Pair(t, rho, s, self.second, self.first))


law_of = cache(Law)
"""One object for a pair: matrices of densities are kept by it."""


class Moments:
    """All K_ab of one activation at one pair, a and b below `count`."""

    def __init__(self, sigma: Sigma, pair: Pair, count: int, nodes: int = NODES) -> None:
        self.sigma, self.law, self.count, self.nodes = sigma, law_of(pair), count, nodes
        self.jumps = sigma.jumps(count)
        self.pointwise = self._over_the_plane() if self.law.sine > NARROW else self._nearly_parallel()

    def __call__(self, a: int, b: int) -> Number | None:
        """K_ab; None where it does not exist."""
        total, law = self.pointwise[a][b], self.law
        for kink, i, jump in self._deltas(a):
            given = self._given(law, kink, i, b)
            if given is None:
                return None
            total += jump * given
            for other, j, step in self._deltas(b):
                both = self._both(kink, i, other, j)
                if both is None:
                    return None
                total += jump * step * both
        for kink, i, jump in self._deltas(b):
            given = self._given(law.swapped(), kink, i, a)
            if given is None:
                return None
            total += jump * given
        return total

    def _deltas(self, order: int) -> list[tuple[Number, int, Number]]:
        """Kinks, derivatives of delta, and their coefficients in `sigma^(order)`."""
        return [term for term in self._steps(order) if term[1] >= 0]

    def _over_the_plane(self) -> list[list[Number]]:
        """By one matrix of the density at nodes of z_1 and of z_2, zero beyond the reach."""
        law, reach = self.law, self.sigma.reach
        rows = _nodes(self.sigma, law.first, law.p, law.sine, self.nodes)
        columns = _nodes(self.sigma, law.second, law.q, law.sine, self.nodes)
        left, right = (self._at(rule) for rule in (rows, columns))
        inner: list[list[Number]] = [[] for _ in range(self.count)]
        for start, densities in _matrix(law, edges(self.sigma), reach, self.nodes):
            for b in range(self.count):
                inner[b].append(mp.fdot(densities, right[b][start : start + len(densities)]))
        return [[mp.fdot(left[a], inner[b]) for b in range(self.count)] for a in range(self.count)]

    def _at(self, rule: Rule) -> list[list[Number]]:
        """Pointwise derivatives at nodes, times the weights, by order."""
        values = [[w * x for x in self.sigma.derivatives(z, self.count)] for z, w in rule]
        return [list(column) for column in zip(*values, strict=True)]

    def _nearly_parallel(self) -> list[list[Number]]:
        """Over X, and over Y where there is one."""
        law, total = self.law, mp.zeros(self.count)
        for x, w in self._outer():
            left = self.sigma.derivatives(law.first + law.p * x, self.count)
            for z, v in self._inner(law.second + law.q * law.cosine * x, law.q * law.sine):
                right = self.sigma.derivatives(z, self.count)
                weight = w * v * mp.npdf(x)
                for a, b in ((a, b) for a in range(self.count) for b in range(self.count)):
                    total[a, b] += weight * left[a] * right[b]
        return [[total[a, b] for b in range(self.count)] for a in range(self.count)]

    def _outer(self) -> Rule:
        """Nodes of X: panels end where z_1 and z_2 pass an edge, and where Y passes a kink."""
        law, reach = self.law, mp.mpf(self.sigma.reach)
        slope = law.q * law.cosine
        ends = {(z - law.first) / law.p for z in edges(self.sigma)}
        ends |= {(z - law.second) / slope for z in edges(self.sigma)}
        for kink in self.sigma.kinks:
            ends |= {(kink - law.second) / slope + side * WIDTH * law.sine for side in (-2, -1, 1, 2)}
        return _panels(ends, -reach, reach, mp.mpf(WIDTH), self.nodes + MORE)

    def _inner(self, level: Number, width: Number) -> Rule:
        """Nodes of z_2 given X, and weights with the density of Y."""
        if not width:
            return [(level, mp.one)]
        kinks = [(kink - level) / width for kink in self.sigma.kinks]
        if all(abs(y) > 2 * WIDTH for y in kinks):
            return [(level + width * y, w) for y, w in gauss_hermite(FEW)]
        rule = _panels(set(kinks), mp.mpf(-2 * WIDTH), mp.mpf(2 * WIDTH), mp.mpf(WIDTH), self.nodes)
        return [(level + width * y, w * mp.npdf(y)) for y, w in rule]

    def _given(self, law: Law, kink: Number, order: int, b: int) -> Number | None:
        """E[delta^(order)(z_1 - kink) [sigma^(b)](z_2)]."""
        s, rho, _ = law.covariance
        x, slope = (kink - law.first) / law.p, rho / s
        level, width = law.second + slope * (kink - law.first), law.q * law.sine
        if width:
            rule = _nodes(self.sigma, level, width, mp.one, self.nodes + MORE)
            values = [
                (z, w * mp.npdf((z - level) / width) / width, self.sigma.derivatives(z, b + 1)[b]) for z, w in rule
            ]
            changes = [
                mp.fsum(w * f * hermite(n, (z - level) / width) for z, w, f in values) * (slope / width) ** n
                for n in range(order + 1)
            ]
        elif level in map(mp.mpf, self.sigma.kinks):
            return None
        else:
            changes = [slope**n * f for n, f in enumerate(self.sigma.derivatives(level, b + order + 1)[b:])]
        terms = (
            mp.binomial(order, n) * change * (-1) ** (order - n) * hermite(order - n, x) / law.p ** (order - n)
            for n, change in enumerate(changes)
        )
        return (-1) ** order * mp.npdf(x) / law.p * mp.fsum(terms)

    def _both(self, kink: Number, i: int, other: Number, j: int) -> Number | None:
        """E[delta^(i)(z_1 - kink) delta^(j)(z_2 - other)]."""
        law = self.law
        if law.sine:
            # Steps of differences are shorter than what the density varies on.
            with mp.workdps(mp.dps + 20):
                change = mp.diff(law.density, (kink, other), (i, j)) if i + j else law.density(kink, other)
            return (-1) ** (i + j) * change
        level = law.second + law.covariance[1] / law.covariance[0] * (kink - law.first)
        return None if level == other else mp.zero

    def means(self) -> list[Number]:
        """E sigma^(n)(z_1)."""
        law, p = self.law, self.law.p
        rule = _nodes(self.sigma, law.first, p, mp.one, self.nodes)
        values = self._at([(z, w * mp.npdf((z - law.first) / p) / p) for z, w in rule])
        totals = [mp.fsum(column) for column in values]
        for n in range(self.count):
            for kink, i, jump in self._deltas(n):
                x = (kink - law.first) / p
                totals[n] += jump * hermite(i, x) * mp.npdf(x) / p ** (i + 1)
        return totals

    def scale(self, a: int, b: int) -> Number:
        """Of rounding: `sqrt(E sigma^(a)(y)^2 E sigma^(b)(y')^2)` for arguments of the same second moments, mean zero.

        A delta counts 1/p, its derivative `1/p^2`. Two of them, and a step with the derivative of one, count besides
        what a derivative of the density where the kinks meet is of size, `(1 + v^2)^(n+1) phi(v)/sin^(n+1)`.
        """
        (one, delta), (two, other) = self.norms(a), self.norms(b, self.law.swapped())
        result, law = (one + delta) * (two + other), self.law
        for (kink, i, jump), (place, j, step) in product(self._steps(a), self._steps(b)) if law.sine else ():
            if (n := i + j) >= 0:
                v = ((place - law.second) / law.q - law.cosine * (kink - law.first) / law.p) / law.sine
                size = abs(jump * step) / (law.p ** (i + 1) * law.q ** (j + 1))
                result += size * ((1 + v**2) / law.sine) ** (n + 1) * mp.npdf(v)
        return result

    def _steps(self, order: int) -> list[tuple[Number, int, Number]]:
        """As `_deltas`, and jumps of `sigma^(order)` itself, the derivatives of order -1."""
        terms = [(kink, order - 1 - k, jumps[k]) for kink, jumps in self.jumps for k in range(order + 1)]
        return [term for term in terms if term[2]]

    def norms(self, order: int, law: Law | None = None) -> tuple[Number, Number]:
        """The two parts of the scale of `sigma^(order)(z_1)`: of the pointwise derivative, and of the deltas."""
        law = law or self.law
        p = mp.sqrt(law.covariance[0] + law.first**2)
        values = _squares(self.sigma, p, self.count)
        return values[order], mp.fsum(abs(jump) / law.p ** (i + 1) for _, i, jump in self._deltas(order))


@cache
def _squares(sigma: Sigma, p: Number, count: int) -> list[Number]:
    """`sqrt(E sigma^(k)(y)^2)` of y of mean zero and deviation p, to a few digits."""
    rule = [(mp.npdf(z / p) * w / p, sigma.derivatives(z, count)) for z, w in _nodes(sigma, mp.zero, p, mp.one, 8)]
    return [mp.sqrt(mp.fsum(w * f[k] ** 2 for w, f in rule)) for k in range(count)]


def _nodes(sigma: Sigma, mean: Number, deviation: Number, sine: Number, count: int) -> Rule:
    """Nodes of z with the panels of an activation, no wider than conditional deviations admit."""
    return _rule(edges(sigma), mean, deviation, sine, sigma.reach, count)


@cache
def _rule(ends: tuple[Number, ...], mean: Number, deviation: Number, sine: Number, reach: int, count: int) -> Rule:
    low, high = mean - reach * deviation, mean + reach * deviation
    return _panels(set(ends), low, high, WIDTH * deviation * sine, count)


def _panels(ends: set[Number], low: Number, high: Number, widest: Number, count: int) -> Rule:
    """Gauss-Legendre nodes between ends inside of an interval, panels divided evenly where they are too wide."""
    inside: Sequence[Number] = sorted({low, high} | {x for x in ends if low < x < high})
    result: Rule = []
    for a, b in pairwise(inside):
        pieces = int(mp.ceil((b - a) / widest))
        for k in range(pieces):
            result += gauss_legendre(a + (b - a) * k / pieces, a + (b - a) * (k + 1) / pieces, count)
    return sorted(result)


@cache
def _matrix(law: Law, ends: tuple[Number, ...], reach: int, count: int) -> list[tuple[int, list[Number]]]:
    """Densities of (z_1, z_2): for each node of z_1, the first node of z_2 within reach, and densities from there."""
    rows = _rule(ends, law.first, law.p, law.sine, reach, count)
    columns = [z for z, _ in _rule(ends, law.second, law.q, law.sine, reach, count)]
    width, result = reach * law.q * law.sine, []
    slope, across = law.covariance[1] / law.covariance[0], -1 / (2 * (law.q * law.sine) ** 2)
    front = mp.one / (2 * mp.pi * mp.sqrt(law.determinant))
    for z, _ in rows:
        level, along = law.second + slope * (z - law.first), front * mp.exp(-(((z - law.first) / law.p) ** 2) / 2)
        start, stop = bisect(columns, level - width), bisect(columns, level + width)
        result.append((start, [along * mp.exp(across * (y - level) ** 2) for y in columns[start:stop]]))
    return result


def forget() -> None:
    """Let go of what was kept for one pair."""
    for function in (_rule, _matrix, _squares, law_of):
        function.cache_clear()
