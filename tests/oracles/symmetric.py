"""Curvature at `w_j = x v_j + y sum_(k != j) v_k`, orthonormal teacher, of any width, by orbits of indices.

A curvature commutes with permutations of neurons and directions together, so it maps tensors `T_ia` that are unchanged
by permutations of all indices but the first into such tensors. These have one number for each orbit of `(i, a)`: a
matrix 5 x 5, entry (row orbit, column orbit) the sum over the column orbit of `v_a' H_ik v_b`, by counting. It has all
eigenvalues but two, for which one tensor each is known: a cycle of three, antisymmetric, and a symmetric one, a
difference of neurons times another of directions. Entries come from the pair oracles, frames from Gram-Schmidt.
"""

from itertools import product

import mpmath
from mpmath import mp

from .pair import cross_block, gauss_newton_block, own_block
from .quadrature import Number, precision
from .self_terms import self_block, self_gauss_newton

OTHERS = (8, 9)
"""Two indices that stand for all but the first, 0."""

CYCLE = {(0, 1): 1, (1, 2): 1, (2, 0): 1, (1, 0): -1, (2, 1): -1, (0, 2): -1}
SQUARE = {(0, 1): 1, (0, 3): -1, (2, 1): -1, (2, 3): 1, (1, 0): 1, (3, 0): -1, (1, 2): -1, (3, 2): 1}

DIGITS = 100

Row = dict[int | None, Number]
"""A vector by its coordinates on the span; key None: every coordinate that has no key."""


class Family:
    """The curvature entries at one point; `hessian` or `gauss_newton`."""

    def __init__(
        self, activation: str, weights: list[float], derivative: str, curvature: str, width: int, x: Number, y: Number
    ) -> None:
        self.activation, self.weights, self.derivative, self.curvature = activation, weights, derivative, curvature
        self.width, self.x, self.y = width, mp.mpf(x), mp.mpf(y)
        self.blocks: dict[tuple[str, str, bool], mpmath.matrix] = {}

    def row(self, kind: str, index: int) -> Row:
        if kind == "student":
            return {index: self.x, None: self.y}
        return {index: mp.one, None: mp.zero}

    def inner(self, u: Row, v: Row) -> Number:
        keys = {key for key in (*u, *v) if key is not None}
        named = sum(u.get(k, u[None]) * v.get(k, v[None]) for k in keys)
        return named + (self.width - len(keys)) * u[None] * v[None]

    def pair(self, quantity: str, i: int, kind: str, k: int) -> tuple[mpmath.matrix, list[Row]]:
        """The block (3 x 3, weighted over orders) of a pair, and the vectors `u^, e` of its frame."""
        u, v = self.row("student", i), self.row(kind, k)
        p, q = (mp.sqrt(self.inner(w, w)) for w in (u, v))
        keys = {*u, *v}
        unit = {key: u.get(key, u[None]) / p for key in keys}
        along = self.inner(unit, v)
        rest = {key: v.get(key, v[None]) - along * unit[key] for key in keys}
        height = mp.sqrt(self.inner(rest, rest))
        e = {key: value / height if height else mp.zero for key, value in rest.items()}
        name = (quantity, kind, i == k)
        if name not in self.blocks:
            theta = mp.atan2(height, along)
            self.blocks[name] = self.weighted(quantity, p, q, theta)
        return self.blocks[name], [unit, e]

    def weighted(self, quantity: str, p: Number, q: Number, theta: Number) -> mpmath.matrix:
        """The block of a quantity, summed over orders with the weights of the norm."""
        total = mp.zeros(3)
        for order, weight in enumerate(self.weights):
            if not weight:
                continue
            if quantity == "gauss_newton":
                block = gauss_newton_block(self.activation, order, p, q, theta)
            elif quantity == "self_gauss_newton":
                block = self_gauss_newton(self.activation, order, p)
            elif quantity == "self":
                block = self_block(self.activation, order, self.derivative, p)
            else:
                function = own_block if quantity == "own" else cross_block
                block = function(self.activation, order, self.derivative, p, q, theta)
            total += mp.mpf(weight) * block
        return total

    def entry(self, i: int, a: int, k: int, b: int) -> Number:
        """`v_a' H_ik v_b`."""
        if i != k:
            name = "cross" if self.curvature == "hessian" else "gauss_newton"
            return self.in_frame(*self.pair(name, i, "student", k), a, b)
        if self.curvature == "gauss_newton":
            return self.of_self("self_gauss_newton", i, a, b)
        total = self.of_self("self", i, a, b)
        named = {i, a, b}
        fresh = next(label for label in (20, 21) if label not in named)
        for label, count in [*((n, 1) for n in named), (fresh, self.width - len(named))]:
            if not count:
                continue
            if label != i:
                total += count * self.in_frame(*self.pair("own", i, "student", label), a, b)
            total -= count * self.in_frame(*self.pair("own", i, "teacher", label), a, b)
        return total

    def identity(self, i: int, k: int) -> Number:
        """The coefficient of ``I`` in block ``(i, k)``: the transverse entry of each pair."""
        if i != k:
            return self.pair("cross" if self.curvature == "hessian" else "gauss_newton", i, "student", k)[0][2, 2]
        p = mp.sqrt(self.inner(self.row("student", i), self.row("student", i)))
        if self.curvature == "gauss_newton":
            return self.self_block("self_gauss_newton", p)[1, 1]
        total = self.self_block("self", p)[1, 1] - self.pair("own", i, "teacher", i)[0][2, 2]
        if self.width > 1:
            students, teachers = (self.pair("own", i, kind, i + 1)[0][2, 2] for kind in ("student", "teacher"))
            total += (self.width - 1) * (students - teachers)
        return total

    def of_self(self, quantity: str, i: int, a: int, b: int) -> Number:
        u = self.row("student", i)
        p = mp.sqrt(self.inner(u, u))
        block = self.self_block(quantity, p)
        return block[1, 1] * (a == b) + (block[0, 0] - block[1, 1]) * u.get(a, u[None]) * u.get(b, u[None]) / p**2

    def self_block(self, quantity: str, p: Number) -> mpmath.matrix:
        name = (quantity, "student", True)
        if name not in self.blocks:
            self.blocks[name] = self.weighted(quantity, p, p, mp.zero)
        return self.blocks[name]

    @staticmethod
    def in_frame(block: mpmath.matrix, frame: list[Row], a: int, b: int) -> Number:
        total = block[2, 2] * (a == b)
        for m, n in product(range(2), repeat=2):
            coefficient = block[m, n] - block[2, 2] * (m == n)
            total += coefficient * frame[m].get(a, frame[m][None]) * frame[n].get(b, frame[n][None])
        return total

    def orbit_matrix(self) -> mpmath.matrix:
        """The curvature on tensors unchanged by permutations of the others; shape (5, 5) for width > 2."""
        kept = range(1)
        others = self.width - len(kept)
        orbits = {(i, a): 1 for i in kept for a in kept}
        if others:
            r, t = OTHERS
            orbits |= {(i, r): others for i in kept} | {(r, a): others for a in kept} | {(r, r): others}
            if others > 1:
                orbits[r, t] = others * (others - 1)
        rows = list(orbits)
        matrix = mp.zeros(len(rows))
        for m, (i, a) in enumerate(rows):
            for n, orbit in enumerate(rows):
                matrix[m, n] = sum(
                    count * self.entry(i, a, k, b) for (k, b), count in self.members(orbit, {i, a}, others)
                )
        # a diagonal change of scale makes it symmetric where the curvature is
        scale = [mp.sqrt(orbits[row]) for row in rows]
        return mp.matrix([[scale[m] * matrix[m, n] / scale[n] for n in range(len(rows))] for m in range(len(rows))])

    def factor(self, tensor: dict[tuple[int, int], int]) -> Number:
        """The eigenvalue of a tensor whose entry (0, 1) is 1."""
        return sum(value * self.entry(0, 1, *index) for index, value in tensor.items())

    @staticmethod
    def members(orbit: tuple[int, int], used: set[int], others: int) -> list[tuple[tuple[int, int], int]]:
        """Representatives of an orbit as seen from a row that uses some of the others, and how many each has."""
        seen = [label for label in OTHERS if label in used]
        fresh, second = 30, 31
        k, b = orbit
        choices = [*((label, 1) for label in seen), (fresh, others - len(seen))]
        if k not in OTHERS and b not in OTHERS:
            return [(orbit, 1)]
        if k not in OTHERS:
            return [((k, n), count) for n, count in choices if count]
        if b not in OTHERS:
            return [((n, b), count) for n, count in choices if count]
        if k == b:
            return [((n, n), count) for n, count in choices if count]
        result = [((m, n), 1) for m in seen for n in seen if m != n]
        left = others - len(seen)
        result += [((m, fresh), left) for m in seen] + [((fresh, m), left) for m in seen]
        return [x for x in [*result, ((fresh, second), left * (left - 1))] if x[1]]


def eigenvalues(
    activation: str, weights: list[float], derivative: str, curvature: str, width: int, x: Number, y: Number
) -> list[Number]:
    """All eigenvalues on the span of the teacher, sorted by real part, each once for each irreducible part it is of.

    `derivative` is "backprop" or "exact", `curvature` "hessian" or "gauss_newton"; below a second at any width. About
    80 digits less those that sums over `width` neurons cancel; 40 for the Hessian at y = 0, where fields have a kink.
    """
    with precision(DIGITS):
        family = Family(activation, weights, derivative, curvature, width, x, y)
        matrix = family.orbit_matrix()
        if mp.mnorm(matrix - matrix.T) <= mp.mnorm(matrix) * mp.mpf(10) ** -40:
            values = list(mp.eigsy(matrix, eigvals_only=True))
        else:
            values = list(mp.eig(matrix, left=False, right=False))
        values += [family.factor(CYCLE)] if width > 2 else []
        values += [family.factor(SQUARE)] if width > 3 else []
        return sorted(values, key=lambda z: (mp.re(z), mp.im(z)))


def outside(
    activation: str, weights: list[float], derivative: str, curvature: str, width: int, x: Number, y: Number
) -> tuple[Number, Number]:
    """The eigenvalues outside the span, of multiplicities `d - K` and `(K - 1)(d - K)`; arguments of `eigenvalues`."""
    with precision(DIGITS):
        family = Family(activation, weights, derivative, curvature, width, x, y)
        diagonal, other = family.identity(0, 0), family.identity(0, 1) if width > 1 else mp.zero
        return diagonal + (width - 1) * other, diagonal - other
