r"""Sums of smoothed rectifiers by their widths: ``sum_l (u_l R_1 + v_l R_0 + w_l R_(-1))`` and a polynomial.

With ``D_0(z) = erf(z/(tau sqrt 2))/2`` and its derivatives ``D_1, D_2, ...`` the derivative of order a is a polynomial
and ``sum_l u_l D_(a-1) + v_l D_a + w_l D_(a+1)``; for ``a = 0``, ``u_l z D_0 + v_l D_0 + (w_l + tau_l^2 u_l) D_1``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, reduce
from math import factorial, fsum, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from ..._kernels import smoothed_rectifiers as forms
from ..._runtime.sizes import slices
from ..definition import GaussianPairs

FloatArray = NDArray[np.float64]
Chain = Callable[[int], Any]
"""A function and its derivatives, by their order."""
Place = Callable[[FloatArray], Any]
"""Makes an array of a namespace of one of NumPy."""

ROUNDING = 4 * np.finfo(np.float64).eps
"""A sum that is less of what it is the sum of is zero."""


class Atom(NamedTuple):
    """``weight R_power(z)``, ``R_power(z) = E (z + width xi)_+^power``; ``R_(-1)(z) = phi(z/width)/width``."""

    weight: float
    power: int
    width: float


class Arguments(NamedTuple):
    """Those of `GaussianPairs`, with means; numbers 0 for none will do."""

    m1: Any
    m2: Any
    s: FloatArray
    rho: FloatArray
    t: FloatArray
    g: FloatArray

    @classmethod
    def of(cls, at: GaussianPairs) -> Arguments:
        """Zeros for none."""
        m1 = np.zeros_like(at.s) if at.m1 is None else at.m1
        m2 = np.zeros_like(at.t) if at.m2 is None else at.m2
        return cls(m1, m2, at.s, at.rho, at.t, at.g)

    @property
    def shape(self) -> tuple[int, ...]:
        """To which they broadcast."""
        return np.broadcast_shapes(*map(np.shape, self))

    @property
    def size(self) -> int:
        """How many pairs of a mean and a variance there are."""
        return np.broadcast(self.m1, self.s).size + np.broadcast(self.m2, self.t).size

    def taken(self, where: NDArray[np.bool_] | slice) -> Arguments:
        """Some of them, in one dimension if a mask says which."""
        shape = self.shape
        return Arguments(*(np.broadcast_to(x, shape)[where] for x in self))


class Expansion(NamedTuple):
    """``sum_l ramp_l z D_0 + sum_n terms[n]_l D_n``; the ramp is None if it is zero."""

    ramp: FloatArray | None
    terms: dict[int, FloatArray]


@dataclass(frozen=True, eq=False)
class Layers:
    """Widths, (L,); weights of ``R_1, R_0, R_(-1)``, (3, L); those of ``D_1`` in the sum itself, (L,); the polynomial.

    The polynomial has the halves of ``R_0 = 1/2 + D_0`` and ``R_1 = z/2 + z D_0 + tau^2 D_1``.
    """

    widths: FloatArray
    weights: FloatArray
    densities: FloatArray
    polynomial: Polynomial

    @classmethod
    def of(cls, atoms: Iterable[Atom], coefficients: Iterable[float]) -> Layers:
        """Atoms of one width together, coefficients by ascending powers."""
        atoms = list(atoms)
        widths = sorted({atom.width for atom in atoms})
        weights = np.array([[_total(atoms, power, width) for width in widths] for power in (1, 0, -1)])
        parts = weights[0] * np.square(widths), weights[2]
        densities = np.where(np.abs(sum(parts)) <= ROUNDING * np.abs(parts[1]), 0.0, sum(parts))
        sums = [*coefficients, 0.0, 0.0]
        for power, row in ((0, weights[1]), (1, weights[0])):
            sums[power] += fsum(row / 2)  # the weights of a mixture sum to 1
        return cls(np.array(widths), weights, densities, Polynomial(sums).trim())

    def expansion(self, order: int) -> Expansion:
        """Of the derivative of an order, without the polynomial."""
        rows = dict(enumerate(self.weights, start=order - 1))
        ramp = rows.pop(-1, None)
        if order == 0:
            rows[1] = self.densities
        return Expansion(ramp if np.any(ramp) else None, {n: row for n, row in rows.items() if row.any()})

    def column(self, *arrays: FloatArray) -> FloatArray:
        """The widths along an axis before those of arrays."""
        return self.widths.reshape(-1, *[1] * np.broadcast(*arrays).ndim)

    def means(self, m: Any, s: Any, xp: Any = np, place: Place = np.asarray) -> Chain:
        """``d_m^n E sigma(z)``, without the polynomial, of ``z ~ N(m, s)``; arrays of any namespace."""
        shape = np.broadcast_shapes(np.shape(m), np.shape(s))
        of = chain(m, s + xp.reshape(place(self.widths), (-1, *[1] * len(shape))) ** 2, xp)

        @cache
        def mean(n: int) -> Any:
            ramp, terms = self.expansion(n)
            total = place(np.zeros(shape))
            for k, row in terms.items():
                total = total + over_widths(place(row), of(k), xp)
            if ramp is not None:
                total = total + over_widths(place(ramp), forms.ramp(xp, m, s, of(0), of(1)), xp)
            return total

        return mean


def over_widths(weights: Any, values: Any, xp: Any = np) -> Any:
    """``sum_l weights_l values_l``, values along the first axis; of rows of weights, along the first axis."""
    total = weights @ xp.reshape(values, (values.shape[0], -1))
    return xp.reshape(total, (*weights.shape[:-1], *values.shape[1:]))


def _total(atoms: list[Atom], power: int, width: float) -> float:
    return fsum(atom.weight for atom in atoms if (atom.power, atom.width) == (power, width))


def chain(z: Any, w: Any, xp: Any = np) -> Chain:
    """``D_n`` of the squared width ``w`` at z."""

    @cache
    def value(n: int) -> Any:
        if n < 2:
            return (forms.density if n else forms.integral)(xp, z, w)
        return forms.following(xp, n - 1, z, w, value(n - 1), value(n - 2) if n > 2 else 0.0)

    return value


def in_parts(
    make: Callable[..., Callable[..., FloatArray]], step: int, *arrays: FloatArray
) -> Callable[..., FloatArray]:
    """``make(*arrays)``, of more than so many elements in parts, made anew for each value that is asked for."""
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    if prod(shape) <= step:
        return make(*arrays)
    flat = [np.broadcast_to(x, shape).ravel() for x in arrays]
    parts = slices(prod(shape), step)
    return lambda *orders: np.concatenate([make(*(x[part] for x in flat))(*orders) for part in parts]).reshape(shape)


def means_of_polynomial(q: Polynomial, m: Any, s: Any, place: Place = np.asarray) -> Chain:
    """``d_m^n E q(z)``, ``z ~ N(m, s)``: ``sum_i (s/2)^i q^(n+2i)(m)/i!``; arrays of any namespace."""

    def mean(n: int) -> Any:
        total = place(np.zeros(np.broadcast_shapes(np.shape(m), np.shape(s))))
        for i in range((q.degree() - n) // 2 + 1):
            total = total + (s / 2) ** i / factorial(i) * _horner(q.deriv(n + 2 * i), m)
        return total

    return mean


def _horner(q: Polynomial, m: Any) -> Any:
    """``q(m)``."""
    last, *others = q.coef.tolist()[::-1]
    return reduce(lambda total, coefficient: coefficient + total * m, others, last + m * 0.0)
