r"""Moments ``K_ab = E[sigma^(a)(z_1) sigma^(b)(z_2)]`` of smooth activations, in arrays of any namespace.

Arguments have means ``m_1, m_2``, or None, both of them, if all are zero; then there are those with ``a + b`` even.
Covariances are ``s, rho, t``, ``g = s t - rho^2``, of which ``rho`` has the shape of all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from .._kernels import erf
from .._runtime.sizes import require_memory
from ..activations.definition import Definition
from ..activations.moments import GramMoments
from ..activations.smoothed.error_function import centred, smooth_kernel, with_means
from ..activations.smoothed.layers import Arguments, Chain, means_of_polynomial
from ..activations.smoothed.pairs import PairsOfWidths
from ..activations.smoothed.rectifiers import SmoothedRectifiers
from .namespaces import Namespace

AT_A_TIME = 24
"""Numbers of a pair of widths at a pair of neurons that are kept: moments of erf, and terms of one."""
Moments = Callable[[int, int], Any]


def known(definition: Definition, have_means: bool) -> bool:
    """Whether there are such moments of an activation: of one that was derived, without means."""
    kernels = definition.kernels
    has_table = kernels is erf if have_means else kernels is not None and kernels.CHART == "gram"
    return isinstance(definition, SmoothedRectifiers) or has_table


def moments(xp: Namespace, definition: Definition, m1: Any, m2: Any, s: Any, rho: Any, t: Any, g: Any) -> Moments:
    """Of an activation of which they are `known`."""

    def of_erf(*arguments: Any) -> Moments:
        return with_means(xp, partial(smooth_kernel, xp), *arguments)

    if definition.kernels is not None:
        if m1 is not None:
            return of_erf(m1, m2, s, rho, t, g)
        return GramMoments(definition.kernels.MOMENTS).at(xp, s, rho, t, g)
    assert isinstance(definition, SmoothedRectifiers)
    size = math.prod(rho.shape) * len(definition.layers.widths) ** 2
    require_memory("W, V: moments of all pairs of neurons", AT_A_TIME * size, "take fewer neurons, or PopulationLoss")

    def without_means(_m1: Any, _m2: Any, *covariances: Any) -> Moments:
        return centred(xp, *covariances)

    at = Arguments(0.0, 0.0, s, rho, t, g) if m1 is None else Arguments(m1, m2, s, rho, t, g)
    letters = without_means if m1 is None else of_erf
    pairs = PairsOfWidths(xp, definition.layers, at, letters, xp.from_numbers)
    first, second = _side(xp, definition, m1, s), _side(xp, definition, m2, t)
    return cache(lambda a, b: pairs.moment(a, b) + _with_polynomial(definition, rho, first, second, a, b))


def _side(xp: Namespace, definition: SmoothedRectifiers, m: Any, s: Any) -> tuple[Chain, Chain]:
    """Means of derivatives of the sum, and of the polynomial, of ``z ~ N(m, s)``."""
    layers, m, place = definition.layers, xp.zeros_like(s) if m is None else m, xp.from_numbers
    return layers.means(m, s, xp, place), means_of_polynomial(layers.polynomial, m, s, place)


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
