"""Sobolev losses of affine networks over `x ~ N(mu, Sigma)` and their derivatives in every parameter, by definition.

    L = 1/2 sum_k lambda_k E <T_k, T_k>_M,    T_k = sum_j c_j sigma^(k)(z_j) w_j^(tensor k),    z_j = w_j.x + b_j,

where j runs over the neurons of the student, those of the teacher with the sign turned, and the two output biases:
these are neurons with `sigma = 1` and `w = 0`. The metric M is contracted in every slot. Flat vectors are in the order
[output weights | weights | biases | output bias].

Conventions. "backprop": the gradient is the expectation of `T_k . dT_k` with the pointwise derivative of `sigma^(k)`;
"exact": with its derivative as a distribution. In either the Hessian is the true Jacobian of that gradient. A neuron
with itself is a function of one z, and the distribution is that of `(sigma^(k))^2`. Gauss-Newton is `E <dT_k, dT_k>`
with pointwise derivatives.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import mpmath
from mpmath import mp

from .affine_moments import DIGITS, ONE, Factor, Inputs, PairLaw, Vector, as_matrix
from .pair import Derivative, relu_exponent
from .quadrature import Number, precision

Term = tuple[Number, Factor]
"""A multiple of a factor."""

Which = Literal["pointwise", "true"]


@dataclass(frozen=True)
class Net:
    """`f(x) = sum_j c_j sigma(w_j . x + b_j) + constant`."""

    weights: Sequence[Sequence[Any]]
    output_weights: Sequence[Any]
    biases: Sequence[Any]
    output_bias: Any = 0.0


@dataclass(frozen=True)
class Case:
    """A loss at a student; the inputs are exact numbers. Covariance and metric: a scalar, variances, or a matrix."""

    student: Net
    teacher: Net
    norm: Sequence[Any]
    mean: Sequence[Any]
    covariance: Any = 1.0
    metric: Any = 1.0
    activation: str = "relu"
    derivative: Derivative = "backprop"


@dataclass(frozen=True)
class Neuron:
    """A row of the stack: `coefficient * sigma(u . x~)`, `u = (w, b)`."""

    coefficient: Number
    row: Vector
    constant: bool = False


def value(case: Case) -> Number:
    """L."""
    with precision(DIGITS):
        return Stack(case).value()


def gradient(case: Case) -> mpmath.matrix:
    """The gradient in the convention of the case, (P, 1)."""
    with precision(DIGITS):
        return Stack(case).gradient()


def hessian(case: Case) -> mpmath.matrix:
    """The Jacobian of `gradient`: rows are its entries, columns the parameters."""
    with precision(DIGITS):
        return Stack(case).hessian()


def gauss_newton(case: Case) -> mpmath.matrix:
    """E <dT, dT>."""
    with precision(DIGITS):
        return Stack(case).gauss_newton()


def form(value: Any, size: int) -> mpmath.matrix:
    """A scalar, variances or a matrix, as a matrix."""
    if not isinstance(value, (list, tuple)):
        value = [value] * size
    return as_matrix(value) if isinstance(value[0], (list, tuple)) else mp.diag([mp.mpf(x) for x in value])


class Stack:
    """All neurons of a case; the first K move with all their parameters, the next, a constant, with its coefficient."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.size = len(case.mean)
        self.inputs = Inputs(case.mean, form(case.covariance, self.size).tolist())
        self.metric = mp.zeros(self.size + 1)
        self.metric[: self.size, : self.size] = form(case.metric, self.size)
        self.neurons = [*self._neurons(case.student, 1), *self._neurons(case.teacher, -1)]
        self.moving = len(case.student.weights) + 1
        self._known: dict[tuple[int, int], PairLaw] = {}

    def _neurons(self, net: Net, sign: int) -> list[Neuron]:
        rows = zip(net.weights, net.biases, net.output_weights, strict=True)
        hidden = [Neuron(sign * mp.mpf(c), [mp.mpf(x) for x in (*w, b)]) for w, b, c in rows]
        zero = [mp.zero] * (self.size + 1)
        return [*hidden, Neuron(sign * mp.mpf(net.output_bias), zero, constant=True)]

    # What the definition says of a pair.

    def value(self) -> Number:
        """1/2 sum_ij c_i c_j F_ij."""
        count = range(len(self.neurons))
        c = [neuron.coefficient for neuron in self.neurons]
        return mp.fsum(c[i] * c[j] * self.pair_value(i, j) for i in count for j in count) / 2

    def gradient(self) -> mpmath.matrix:
        """Of neuron i: `sum_j c_j F_ij` in c_i, and `c_i sum_j c_j P_ij` in (w_i, b_i)."""
        result = mp.zeros(self.count, 1)
        for i in range(self.moving):
            first, rest = mp.zero, mp.zeros(self.size + 1, 1)
            for j, neuron in enumerate(self.neurons):
                first += neuron.coefficient * self.pair_value(i, j)
                multiple = self.neurons[i].coefficient * neuron.coefficient
                rest += self._vector(multiple, i, j, self.case.derivative)
            self._scatter_vector(result, i, first, rest)
        return result

    def hessian(self) -> mpmath.matrix:
        """The blocks of neurons i, k: by j = k, and for k = i by all j besides."""
        result = mp.zeros(self.count)
        for i in range(self.moving):
            for j in range(len(self.neurons)):
                self._add_own(result, i, j)
                if j < self.moving and j != i:
                    self._add_cross(result, i, j)
        return result

    def gauss_newton(self) -> mpmath.matrix:
        """E <dT/d theta_i, dT/d theta_j>, the neuron with itself among them."""
        result = mp.zeros(self.count)
        c = [neuron.coefficient for neuron in self.neurons]
        for i in range(self.moving):
            for j in range(self.moving):
                into_i, into_j = self._features(i, j), self._features(j, i)
                block = self.pair_block(i, j, "pointwise", "pointwise")
                self._scatter(result, i, j, self.pair_value(i, j), c[j] * into_j, c[i] * into_i, c[i] * c[j] * block)
        return result

    def _features(self, i: int, j: int) -> mpmath.matrix:
        """E <d psi_i, psi_j> with the pointwise derivative, also for j = i."""
        total = mp.zeros(self.size + 1, 1)
        for k, weight in self.orders(i, j):
            total += weight * self._slot(i, j, k, self.factor(i, k + 1, "pointwise"))
        return total

    def _add_own(self, result: mpmath.matrix, i: int, j: int) -> None:
        """What moves with neuron i of `c_j F_ij` and `c_i c_j P_ij`; of `c_i F_ii` and `c_i^2 P_ii` for j = i."""
        c_i, c_j = self.neurons[i].coefficient, self.neurons[j].coefficient
        times = (2 if i == j else 1) * c_j
        field, true = self._vector(times, i, j, self.case.derivative), self._vector(times, i, j, "exact")
        corner = self.pair_value(i, i) if i == j else mp.zero
        block = self._matrix(c_i * c_j, lambda: self.own_block(i) if i == j else self.pair_own(i, j))
        self._scatter(result, i, i, corner, true, field, block)

    def _add_cross(self, result: mpmath.matrix, i: int, j: int) -> None:
        """What moves with neuron j."""
        c_i, c_j = self.neurons[i].coefficient, self.neurons[j].coefficient
        field, true = self._vector(c_i, i, j, self.case.derivative), self._vector(c_j, j, i, "exact")
        block = self._matrix(c_i * c_j, lambda: self.pair_block(i, j, self._which, "true"))
        self._scatter(result, i, j, self.pair_value(i, j), true, field, block)

    def _vector(self, multiple: Number, i: int, j: int, derivative: Derivative) -> mpmath.matrix:
        """A multiple of P_ij: 0 times what does not exist is 0, as 0 times the neuron is."""
        return multiple * self.pair_field(i, j, derivative) if multiple else mp.zeros(self.size + 1, 1)

    def _matrix(self, multiple: Number, block: Callable[[], mpmath.matrix]) -> mpmath.matrix:
        """Likewise."""
        return multiple * block() if multiple else mp.zeros(self.size + 1)

    # Pairs: sums over the orders.

    def orders(self, i: int, j: int) -> list[tuple[int, Number]]:
        """(k, lambda_k); a constant has the order 0 alone."""
        constant = self.neurons[i].constant or self.neurons[j].constant
        terms = [(k, mp.mpf(weight)) for k, weight in enumerate(self.case.norm) if weight != 0]
        return [(k, weight) for k, weight in terms if k == 0 or not constant]

    def pair_value(self, i: int, j: int) -> Number:
        """F_ij = sum_k lambda_k g^k E[s_i s_j]."""
        return mp.fsum(
            weight * self.power(i, j, k, 0) * self.expect(i, j, self.factor(i, k), self.factor(j, k), 0)
            for k, weight in self.orders(i, j)
        )

    def pair_field(self, i: int, j: int, derivative: Derivative) -> mpmath.matrix:
        """P_ij = sum_k lambda_k (g^k E[s'_i s_j x~] + k g^(k-1) E[s_i s_j] M u_j); the neuron with itself: of s_i^2."""
        total = mp.zeros(self.size + 1, 1)
        which: Which = "true" if derivative == "exact" else "pointwise"
        for k, weight in self.orders(i, j):
            if i != j:
                total += weight * self._slot(i, j, k, self.factor(i, k + 1, which))
            else:
                total += weight * self._own_field(i, k, derivative)
        return total

    def pair_block(self, i: int, j: int, which_i: Which, which_j: Which) -> mpmath.matrix:
        """sum_k lambda_k E <d psi_i, d psi_j>: the Jacobian of P_ij in the other neuron, and Gauss-Newton."""
        total = mp.zeros(self.size + 1)
        left, right = self.image(j), self.image(i)  # M u_j stands in rows of i, M u_i in columns of j
        for k, weight in self.orders(i, j):
            s_i, s_j = self.factor(i, k), self.factor(j, k)
            d_i, d_j = self.factor(i, k + 1, which_i), self.factor(j, k + 1, which_j)
            g0, g1, g2 = (self.power(i, j, k, times) for times in range(3))
            total += weight * g0 * self.expect(i, j, d_i, d_j, 2)
            total += weight * g1 * self.expect(i, j, d_i, s_j, 1) * right.T
            total += weight * g1 * left * self.expect(i, j, s_i, d_j, 1).T
            total += weight * (g1 * self.metric + g2 * left * right.T) * self.expect(i, j, s_i, s_j, 0)
        return total

    def pair_own(self, i: int, j: int) -> mpmath.matrix:
        """The Jacobian of P_ij in neuron i."""
        total, image = mp.zeros(self.size + 1), self.image(j)
        for k, weight in self.orders(i, j):
            s_i, s_j = self.factor(i, k), self.factor(j, k)
            field, true = self.factor(i, k + 1, self._which), self.factor(i, k + 1, "true")
            second = self.factor(i, k + 2, "true") if field else None
            g0, g1, g2 = (self.power(i, j, k, times) for times in range(3))
            total += weight * g0 * self.expect(i, j, second, s_j, 2)
            total += weight * g1 * self.expect(i, j, field, s_j, 1) * image.T
            total += weight * g1 * image * self.expect(i, j, true, s_j, 1).T
            total += weight * g2 * self.expect(i, j, s_i, s_j, 0) * image * image.T
        return total

    def own_block(self, i: int) -> mpmath.matrix:
        """The Jacobian of P_ii, a function of one neuron: g^k E[h x~] + k g^(k-1) E[s^2] M u, with `dg = 2 M u`."""
        total, image = mp.zeros(self.size + 1), self.image(i)
        for k, weight in self.orders(i, i):
            g0, g1, g2 = (self.power(i, i, k, times) for times in range(3))
            square, slope = self._of_square(i, k, 0, 0), self._of_square(i, k, 1, 1)
            field = slope if self._keeps_square(i, k, self.case.derivative) else 0 * slope
            if self._keeps_square(i, k, self.case.derivative):
                total += weight * g0 * self._of_square(i, k, 2, 2)
            total += weight * 2 * g1 * (field * image.T + image * slope.T)
            total += weight * 2 * square * (g1 * self.metric + 2 * g2 * image * image.T)
        return total

    def _slot(self, i: int, j: int, k: int, slope: Term | None) -> mpmath.matrix:
        """g^k E[s'_i s_j x~] + k g^(k-1) E[s_i s_j] M u_j."""
        s_i, s_j = self.factor(i, k), self.factor(j, k)
        first = self.power(i, j, k, 0) * self.expect(i, j, slope, s_j, 1)
        return first + self.power(i, j, k, 1) * self.expect(i, j, s_i, s_j, 0) * self.image(j)

    def _own_field(self, i: int, k: int, derivative: Derivative) -> mpmath.matrix:
        """g^k E[h x~] + k g^(k-1) E[s^2] M u, h half the derivative of s^2."""
        result = self.power(i, i, k, 1) * 2 * self._of_square(i, k, 0, 0) * self.image(i)
        if self._keeps_square(i, k, derivative):
            result += self.power(i, i, k, 0) * self._of_square(i, k, 1, 1)
        return result

    # Factors.

    @property
    def _which(self) -> Which:
        return "true" if self.case.derivative == "exact" else "pointwise"

    def factor(self, i: int, order: int, which: Which = "true") -> Term | None:
        """sigma^(order) of a neuron, `sigma = n! z_+^n/n!` or erf; None is zero. "pointwise" knows no Dirac."""
        if self.neurons[i].constant:
            return None if order else (mp.one, ONE)
        power = relu_exponent(self.case.activation)
        if not power:
            return mp.one, ("erf", order)
        if which == "pointwise" and order > power:
            return None
        return mp.factorial(power), ("ramp", power - order)

    def _keeps_square(self, i: int, k: int, derivative: Derivative) -> bool:
        """Whether the convention takes the true derivative of s^2: not where s jumps and the Dirac is dropped."""
        power = relu_exponent(self.case.activation)
        return derivative == "exact" or not power or k < power

    def _of_square(self, i: int, k: int, times: int, rank: int) -> Any:
        """E[(half the derivative, `times` over, of (sigma^(k))^2) x~^(tensor rank)]; `(z_+^m/m!)^2 = C(2m, m) S_2m`."""
        power = relu_exponent(self.case.activation)
        if power and not self.neurons[i].constant:
            m = power - k
            multiple = mp.factorial(power) ** 2 * mp.binomial(2 * m, m) / 2
            return self.expect(i, i, (multiple, ("ramp", 2 * m - times)), (mp.one, ONE), rank)
        s = [self.factor(i, k + order) for order in range(3)]
        if times == 0:
            return self.expect(i, i, s[0], s[0], rank) / 2
        if times == 1:
            return self.expect(i, i, s[1], s[0], rank)
        return self.expect(i, i, s[1], s[1], rank) + self.expect(i, i, s[2], s[0], rank)

    def expect(self, i: int, j: int, left: Term | None, right: Term | None, rank: int) -> Any:
        """E[A(z_i) B(z_j) x~^(tensor rank)]."""
        if left is None or right is None:
            return (mp.zero, mp.zeros(self.size + 1, 1), mp.zeros(self.size + 1))[rank]
        if self.neurons[i].constant and self.neurons[j].constant:
            if rank:
                raise ValueError("a constant has no weights that move")
            return mp.one
        (a, A), (b, B) = left, right
        if self.neurons[i].constant or (B[0] == "ramp" and B[1] < 0 and i != j and (A[0] != "ramp" or A[1] > B[1])):
            i, j, A, B = j, i, B, A
        return a * b * self.law(i, j).expectation(A, B, rank)

    def law(self, i: int, j: int) -> PairLaw:
        """Of neurons i and j; of neuron i alone for j = i, or where j is a constant."""
        if (i, j) not in self._known:
            second = None if i == j or self.neurons[j].constant else self.neurons[j].row
            self._known[i, j] = PairLaw(self.inputs, self.neurons[i].row, second)
        return self._known[i, j]

    # Vectors.

    def image(self, i: int) -> mpmath.matrix:
        """M u_i."""
        return self.metric * mp.matrix(self.neurons[i].row)

    def power(self, i: int, j: int, k: int, times: int) -> Number:
        """The derivative of g^k, `times` over, at `g = u_i' M u_j`."""
        if times > k:
            return mp.zero
        g = mp.fdot(self.neurons[i].row, list(self.image(j)))
        return mp.ff(k, times) * g ** (k - times)

    @cached_property
    def count(self) -> int:
        """P."""
        return (self.moving - 1) * (self.size + 2) + 1

    def places(self, i: int) -> tuple[int, list[int]]:
        """Of the coefficient and of (w, b) of a neuron that moves, in a flat vector."""
        K, d = self.moving - 1, self.size
        if i == K:
            return self.count - 1, []
        return i, [*range(K + i * d, K + (i + 1) * d), K + K * d + i]

    def _scatter_vector(self, result: mpmath.matrix, i: int, first: Number, rest: mpmath.matrix) -> None:
        corner, others = self.places(i)
        result[corner] += first
        for place, entry in zip(others, rest, strict=False):
            result[place] += entry

    def _scatter(
        self, result: mpmath.matrix, i: int, j: int, corner: Number, row: Any, column: Any, block: mpmath.matrix
    ) -> None:
        """`row`: derivatives of the entry of c_i in (w_j, b_j); `column`: of those of (w_i, b_i) in c_j."""
        first_i, rest_i = self.places(i)
        first_j, rest_j = self.places(j)
        result[first_i, first_j] += corner
        for m, other in enumerate(rest_j):
            result[first_i, other] += row[m]
        for n, place in enumerate(rest_i):
            result[place, first_j] += column[n]
            for m, other in enumerate(rest_j):
                result[place, other] += block[n, m]
