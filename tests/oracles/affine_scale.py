"""The natural scale of each entry of a value, gradient, Hessian and Gauss-Newton matrix: what rounding is measured by.

By Cauchy-Schwarz, with `n_a = sqrt(E sigma^(a)(z)^2)`, the terms of a pair at order k are below the products of

    t = |u|_M^k n_k,    D = |c| (|u|_M^k n_(k+1) X + k |u|_M^(k-1) n_k M^),

of its two neurons (`D` for the derivative in (w, b); for that in c the size is t), where `X_l = sqrt(E x_l^2)` and
`M^_l = sqrt(M_ll)`; for a second derivative likewise. In these sizes a ramp counts on both sides of its kink, `|z|^m`
for `z_+^m`, since the closed forms of the two differ by terms of that size; a Dirac counts 1/p, and its derivative
1/p^2. In the exact convention the moments of two Diracs, and of a step with the derivative of one, have the density
where the kinks meet, `phi(v)/sin` with `v = (m_2/q - cos m_1/p)/sin`: they count `1 + (1 + v^2) phi(v)/sin` times. The
scale of a sum is the sum of the scales.
"""

from collections.abc import Callable
from itertools import product

import mpmath
from mpmath import mp

from .affine import Stack
from .pair import relu_exponent
from .quadrature import Number


class Scale:
    """Scales of all that a stack computes."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.power = relu_exponent(stack.case.activation)
        inputs, size = stack.inputs, stack.size
        moments = [inputs.covariance[k, k] + inputs.mean[k] ** 2 for k in range(size)]
        self.inputs = mp.matrix([*(mp.sqrt(x) for x in moments), mp.one])
        self.slots = mp.matrix([mp.sqrt(stack.metric[k, k]) for k in range(size + 1)])
        self.count = range(len(stack.neurons))
        self.orders = [(k, mp.mpf(weight)) for k, weight in enumerate(stack.case.norm) if weight]

    def value(self) -> Number:
        """Of L."""
        return sum((weight * self._total(k) ** 2 for k, weight in self.orders), mp.zero) / 2

    def gradient(self) -> mpmath.matrix:
        """(P, 1)."""
        result = mp.zeros(self.stack.count, 1)
        for (k, weight), i in product(self.orders, range(self.stack.moving)):
            for place, size in zip(self._places(i), self._features(i, k), strict=False):
                result[place] += weight * self._total(k) * size
        return result

    def gauss_newton(self) -> mpmath.matrix:
        """(P, P)."""
        return self._products(lambda i, j, k: mp.one)

    def hessian(self) -> mpmath.matrix:
        """(P, P): the products of first derivatives, and the second derivatives with all neurons."""
        result = self._products(self._cone)
        for (k, weight), i in product(self.orders, range(self.stack.moving)):
            total = mp.fsum(self._size_of_term(j, k) * self._cone(i, j, k) for j in self.count)
            second, places = self._second(i, k), self._places(i)
            for (a, place), (b, other) in product(enumerate(places), repeat=2):
                result[place, other] += weight * total * second[a, b]
        return result

    def _products(self, factor: Callable[[int, int, int], Number]) -> mpmath.matrix:
        result = mp.zeros(self.stack.count)
        moving = range(self.stack.moving)
        for (k, weight), i, j in product(self.orders, moving, moving):
            multiple = weight * factor(i, j, k)
            left, right = (list(zip(self._places(n), self._features(n, k), strict=False)) for n in (i, j))
            for (place, size), (other, size_2) in product(left, right):
                result[place, other] += multiple * size * size_2
        return result

    def _cone(self, i: int, j: int, k: int) -> Number:
        """`1 + (1 + v^2) phi(v)/sin` where two Diracs meet."""
        constant = self.stack.neurons[i].constant or self.stack.neurons[j].constant
        if self.stack.case.derivative == "backprop" or not self.power or k < self.power or i == j or constant:
            return mp.one
        law = self.stack.law(i, j)
        if not law.sin:
            return mp.one
        v = (law.mean_2 / law.q - law.cos * law.mean / law.p) / law.sin
        return 1 + (1 + v**2) * mp.npdf(v) / law.sin

    def _places(self, i: int) -> list[int]:
        corner, rest = self.stack.places(i)
        return [corner, *rest]

    def _total(self, k: int) -> Number:
        return mp.fsum(self._size_of_term(j, k) for j in self.count)

    def _size_of_term(self, j: int, k: int) -> Number:
        """|c| t."""
        return abs(self.stack.neurons[j].coefficient) * self._norm(j, k) * self._n(j, k)

    def _features(self, i: int, k: int) -> list[Number]:
        """t, and D in (w, b)."""
        c = abs(self.stack.neurons[i].coefficient)
        own = self._norm(i, k) * self._n(i, k + 1) * self.inputs
        slot = k * self._norm(i, k - 1) * self._n(i, k) * self.slots
        return [self._norm(i, k) * self._n(i, k), *(c * (own + slot))]

    def _second(self, i: int, k: int) -> mpmath.matrix:
        """Of the second derivatives of one neuron's term, rows and columns in the order (c, w, b)."""
        c = abs(self.stack.neurons[i].coefficient)
        x, m = self.inputs, self.slots
        mixed = self._norm(i, k) * self._n(i, k + 1) * x + k * self._norm(i, k - 1) * self._n(i, k) * m
        block = self._norm(i, k) * self._n(i, k + 2) * x * x.T
        block += k * self._norm(i, k - 1) * self._n(i, k + 1) * (x * m.T + m * x.T)
        block += k * (k - 1) * self._norm(i, k - 2) * self._n(i, k) * m * m.T
        result = mp.zeros(len(x) + 1)
        for a in range(len(x)):
            result[0, a + 1] = result[a + 1, 0] = mixed[a]
            for b in range(len(x)):
                result[a + 1, b + 1] = c * block[a, b]
        return result

    def _norm(self, i: int, power: int) -> Number:
        """|u|_M^power; 0 where no slot is left."""
        if power < 0:
            return mp.zero
        return mp.sqrt(self.stack.power(i, i, 1, 0)) ** power

    def _n(self, i: int, order: int) -> Number:
        """sqrt(E sigma^(order)(z)^2), as the docstring of the module counts."""
        if self.stack.neurons[i].constant:
            return mp.one if order == 0 else mp.zero
        if not self.power:
            factor = self.stack.factor(i, order)
            return mp.sqrt(self.stack.expect(i, i, factor, factor, 0))
        law = self.stack.law(i, i)
        m, multiple = self.power - order, mp.factorial(self.power)
        if m < 0:
            return multiple * law.p**m
        terms = (
            mp.binomial(2 * m, 2 * n) * law.mean ** (2 * m - 2 * n) * law.p ** (2 * n) * mp.fac2(2 * n - 1)
            for n in range(m + 1)
        )
        return multiple / mp.factorial(m) * mp.sqrt(mp.fsum(terms))
