r"""The Sobolev operator in numbers: pair quantities of any activation, order and convention from a table of moments.

``F_m = rho^m K_mm``, and by Price's theorem its derivatives are other moments of the table; the sums are generated
(`_kernels.operator`). Coefficients are those of `Activation.kernel`, which is the fast path for doubles, less the
bilinear part as there; here numbers may be arrays or mpmath's.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from math import perm
from typing import Any

from .._kernels import operator as kernels
from ..activations import Activation
from ..activations.moments import Angular, GramMoments, PolarMoments, RoundedMoments, moments
from ..norms import Convention


class Terms(ABC):
    """Terms of the Sobolev operator at given pairs, or at vectors with themselves."""

    @abstractmethod
    def coefficients(self, quantity: str, order: int, convention: str) -> Any:
        """What the kernel ``activation.kernel(quantity, order, convention)`` gives."""

    def bilinear(self, order: int) -> Any:
        """Coefficient of ``u . v`` that was split off from the term of an order."""
        return 0


class GramTerms(Terms):
    """Of a smooth activation."""

    def __init__(self, xp: Any, table: GramMoments | RoundedMoments, s: Any, rho: Any, t: Any, g: Any) -> None:
        self.xp, self.rho, self.moment = xp, rho, table.at(xp, s, rho, t, g)

    def coefficients(self, quantity: str, order: int, convention: str) -> Any:
        """From ``K_(m+i)(m+j)``."""
        powers = _powers(order, self.rho)
        return kernels.GRAM[quantity](self.xp, powers, lambda i, j: self.moment(order + i, order + j))


class GramSelfTerms(Terms):
    """Of a smooth activation, at ``v = u``."""

    def __init__(self, xp: Any, table: GramMoments | RoundedMoments, s: Any) -> None:
        self.xp, self.s, self.moment = xp, s, table.at_itself(xp, s)

    def coefficients(self, quantity: str, order: int, convention: str) -> Any:
        """From derivatives of ``K_(m+i)(m+i)(s, s, s)``."""
        powers = _powers(order, self.s)
        return kernels.GRAM[quantity](self.xp, powers, lambda i, k: self.moment(order + i, k))


class PolarTerms(Terms):
    """Of ``a z_+^n + b (-z)_+^n``, whose derivative of order n jumps."""

    def __init__(self, xp: Any, table: PolarMoments, p: Any, q: Any, theta: Any, sine: Any, cosine: Any) -> None:
        self.xp, self.table, self.degree = xp, table, table.degree
        self.angle, self.sine, self.cosine = theta, sine, cosine
        self.lengths = self.degree, (p * q) ** self.degree, p, q

    @cached_property
    def angular(self) -> Angular:
        """The moments."""
        return self.table.at(self.xp, self.angle, self.sine, self.cosine)

    def coefficients(self, quantity: str, order: int, convention: str) -> Any:
        """From ``j_(m+i)``, and ``sin^i j_(m+i)``."""
        jumps = order == self.degree and (convention == Convention.BACKPROP or quantity.endswith("gauss_newton"))
        function = (kernels.BACKPROP if jumps else kernels.EXACT)[quantity]
        letters = (
            _powers(order, self.cosine),
            lambda i: self._moment(order + i, 0),
            lambda i: self._moment(order + i, i),
        )
        return function(self.xp, *self.lengths, self.sine, self.cosine, *letters)

    def bilinear(self, order: int) -> Any:
        """``rho^m d_rho^m`` of a multiple of ``rho``."""
        return perm(1, order) * self.angular.bilinear

    def _moment(self, m: int, i: int) -> Any:
        """``sin^i j_m``."""
        if m <= self.degree:
            return self.sine**i * self.angular.j[m]
        return kernels.BEYOND[m - self.degree, i](self.xp, self.angular.slope, self.sine, self.cosine)


def _powers(order: int, x: Any) -> Callable[[int], Any]:
    """``k`` to the k-th derivative of ``x^order``."""
    return lambda k: perm(order, k) * x ** max(order - k, 0)


def terms(xp: Any, activation: Activation, *arguments: Any) -> Terms:
    """The terms of an activation; moments are evaluated when they are needed, and once.

    Parameters
    ----------
    xp
        ``numpy``, or numbers of `symmetric.numbers.context`.
    arguments
        Those of the kernels: ``(s, rho, t, g)`` or ``(p, q, theta, sine, cosine)`` of pairs; of quantities that begin
        with ``self_``, ``(s,)`` or ``(p,)``.

    Examples
    --------
    >>> import numpy as np
    >>> from sobolev_theory import activations
    >>> orthogonal = terms(np, activations.get("erf"), 1.0, 0.0, 1.0, 1.0)
    >>> print(round(orthogonal.coefficients("cross", 0, "exact")[0] * np.pi, 12))       # K_11 = (2/pi)/sqrt(1+s+t+g)
    1.0
    """
    table = moments(activation.definition)
    if not isinstance(table, PolarMoments):
        return GramSelfTerms(xp, table, *arguments) if len(arguments) == 1 else GramTerms(xp, table, *arguments)
    if len(arguments) == 1:
        (p,) = arguments
        arguments = p, p, 0 * p, 0 * p, 1 + 0 * p
    return PolarTerms(xp, table, *arguments)


def in_plane(activation: Activation, quantity: str) -> Callable[..., tuple[Any, ...]]:
    """The kernel of an exact block of the order that jumps, in two dimensions: there ``I = f_1 f_1' + f_2 f_2'``.

    Coefficients are those of ``"own"`` or ``"cross"`` with 0 on ``I``; none diverges as rows become parallel. They are
    taken at unit vectors, since they are homogeneous: of degrees ``n - 2`` and ``n``, or ``n - 1`` and ``n - 1``.
    """
    n = activation.degree or 0
    of_first, of_second = (n - 2, n) if quantity == "own" else (n - 1, n - 1)

    def kernel(xp: Any, p: Any, q: Any, *angle: Any) -> tuple[Any, ...]:
        coefficients = terms(xp, activation, 1.0, 1.0, *angle).coefficients(f"{quantity}_in_plane", n, Convention.EXACT)
        return tuple(p**of_first * q**of_second * value for value in coefficients)

    return kernel
