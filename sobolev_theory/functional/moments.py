r"""Moments ``K_ab = E[sigma^(a)(z_1) sigma^(b)(z_2)]`` of smooth activations, in arrays of any namespace.

There are those with ``a + b`` even. Arguments have mean zero, and covariances ``s, rho, t``, ``g = s t - rho^2``, of
which ``rho`` has the shape of all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from .._kernels import smoothed_rectifiers as forms
from .._runtime.sizes import require_memory
from ..activations.definition import Definition
from ..activations.moments import GramMoments
from ..activations.smoothed.error_function import centred
from ..activations.smoothed.layers import Arguments
from ..activations.smoothed.pairs import PairsOfWidths
from ..activations.smoothed.rectifiers import SmoothedRectifiers
from .namespaces import Namespace

AT_A_TIME = 24
"""Numbers of a pair of widths at a pair of neurons that are kept: moments of erf, and terms of one."""
Moments = Callable[[int, int], Any]
Chain = Callable[[int], Any]
"""``E f^(n)(z)`` by n."""


def known(definition: Definition) -> bool:
    """Whether there are such moments of an activation."""
    return isinstance(definition, SmoothedRectifiers) or _has_table(definition)


def _has_table(definition: Definition) -> bool:
    return definition.kernels is not None and definition.kernels.CHART == "gram"


def moments(xp: Namespace, definition: Definition, s: Any, rho: Any, t: Any, g: Any) -> Moments:
    """Of an activation of which they are `known`."""
    if definition.kernels is not None:
        return GramMoments(definition.kernels.MOMENTS).at(xp, s, rho, t, g)
    assert isinstance(definition, SmoothedRectifiers)
    size = math.prod(rho.shape) * len(definition.layers.widths) ** 2
    require_memory("W, V: moments of all pairs of neurons", AT_A_TIME * size, "take fewer neurons, or PopulationLoss")

    def letters(m1: Any, m2: Any, *covariances: Any) -> Moments:
        return centred(xp, *covariances)

    pairs = PairsOfWidths(xp, definition.layers, Arguments(0.0, 0.0, s, rho, t, g), letters, xp.from_numbers)
    first, second = _side(xp, definition, s), _side(xp, definition, t)
    return cache(lambda a, b: pairs.moment(a, b) + _with_polynomial(definition, rho, first, second, a, b))


def _side(xp: Namespace, definition: SmoothedRectifiers, s: Any) -> tuple[Chain, Chain]:
    """Means of derivatives of the sum, and of the polynomial, of ``z ~ N(0, s)``."""
    layers = definition.layers
    w = s + xp.reshape(xp.from_numbers(layers.widths), (-1, *[1] * s.ndim)) ** 2

    @cache
    def chain(n: int) -> Any:  # D_n at 0 is zero for even n
        if n == 1:
            return forms.density(xp, xp.zeros_like(w), w)
        return forms.following(xp, n - 1, 0.0, w, 0.0, chain(n - 2)) if n % 2 else xp.zeros_like(w)

    def over_widths(row: Any, values: Any) -> Any:
        return xp.sum(xp.reshape(xp.from_numbers(row), (-1, *[1] * s.ndim)) * values, axis=0)

    @cache
    def of_sum(n: int) -> Any:
        ramp, terms = layers.expansion(n)
        total = xp.zeros_like(s)
        for k, row in terms.items():
            total = total + over_widths(row, chain(k))
        return total if ramp is None else total + over_widths(ramp, forms.ramp(xp, 0.0, s, chain(0), chain(1)))

    @cache
    def of_polynomial(n: int) -> Any:
        q, total = layers.polynomial, xp.zeros_like(s)
        for i in range((q.degree() - n) // 2 + 1):
            total = total + float(q.deriv(n + 2 * i)(0.0)) / math.factorial(i) * (s / 2) ** i
        return total

    return of_sum, of_polynomial


def _with_polynomial(
    definition: SmoothedRectifiers, rho: Any, first: tuple[Chain, Chain], second: tuple[Chain, Chain], a: int, b: int
) -> Any:
    """Products with a polynomial: ``sum_n rho^n/n! E f_1^(n) E f_2^(n)``, which ends."""
    (f, q), (h, r), degree = first, second, definition.layers.polynomial.degree()
    total: Any = 0.0
    for n in range(degree + 1):
        factor = rho**n / math.factorial(n)
        if a + n <= degree:
            total = total + factor * q(a + n) * (h(b + n) + r(b + n))
        if b + n <= degree:
            total = total + factor * f(a + n) * r(b + n)
    return total
