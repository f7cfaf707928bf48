"""Moments of ``max(z, 0)^n`` at neurons with means, as arrays over pairs: the numbers behind the generated letters."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import perm
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..._kernels.rectifier_moments import CENTRED_PAIRS, CENTRED_SINGLES, PAIRS, SINGLES, orthant
from ..._special import FAR, bivariate_normal, normal_density

FloatArray = NDArray[np.float64]
Letter = Callable[[str], Any]


@dataclass(frozen=True)
class RectifierMoments:
    r"""Moments of ``max(z, 0)^n``, 0 <= n <= 3, of ``z_1 = m_1 + p X`` and ``z_2 = m_2 + q (r X + c Y)``.

    ``X, Y`` are independent standard normal, ``r = cos(theta)``, ``c = sin(theta)``, ``h = m_1/p``, ``k = m_2/q``,
    ``v = (k - r h)/c``. Derivatives of the activation are distributions: that of order n + 1 is ``n!`` times Dirac's
    delta. Errors are about 1e-15 of ``p^(n-a) q^(n-b)`` times what powers of h and k multiply it. The second neuron may
    have another power than the first.

    Examples
    --------
    >>> moments = RectifierMoments(1)
    >>> quarter = np.array([np.pi / 2])
    >>> at = moments.pairs(1.0, 2.0, None, None, quarter, np.sin(quarter), np.cos(quarter), None)
    >>> at(1, 1, 0, 0), np.pi * at(0, 0, 0, 0)     # P(z_1, z_2 > 0), and E[z_1 z_2; z_1, z_2 > 0] = p q / (2 pi)
    (array([0.25]), array([1.]))
    """

    n: int
    other: int | None = None  # the power of the second neuron; None is that of the first

    def pairs(
        self, p: Any, q: Any, h: Any, k: Any, angle: Any, sine: Any, cosine: Any, v: Any
    ) -> Callable[[int, int, int, int], FloatArray]:
        r"""``K(a, b, i, j) = E[He_i(X) He_j(Y) sigma^(a)(z_1) sigma^(b)(z_2)]``, evaluated when asked for, once.

        There are, for orders ``m`` up to both powers: ``(m, m, 0, 0)``; ``(m + 1, m)`` and ``(m, m + 1)`` with ``i + j
        <= 1``; ``(m + 2, m)`` and ``(m + 1, m + 1)`` with ``i + j <= 2``; ``(m, m + 2, 0, 0)``. Those of two Dirac
        terms, and of a step with the derivative of one, are infinite or NaN where two neurons bend on one hyperplane.

        Parameters
        ----------
        p, q
            Positive; the standard deviations of ``z_1, z_2``.
        h, k, v
            As above, v infinite or zero at ``c = 0``; None where all means are zero.
        angle, sine, cosine
            ``theta`` in [0, pi], ``c`` and ``r``.

        Returns
        -------
        A function of ``(a, b, i, j)``; arrays of the shape to which all arguments broadcast, which may be read-only.
        """
        shape = np.broadcast_shapes(*(np.shape(x) for x in (p, q, h, k, angle, v) if x is not None))
        unit = unit_pairs(h, k, angle, sine, cosine, v)
        first, second = self.n, self.n if self.other is None else self.other

        def moment(a: int, b: int, i: int, j: int) -> FloatArray:
            scale = derived(first, a) * derived(second, b) * power(p, first - a) * power(q, second - b)
            return np.broadcast_to(scale * unit(first - a, second - b, i, j), shape)

        return cache(moment)

    def itself(self, p: Any, h: Any) -> Callable[[int, int, int], FloatArray]:
        r"""``L(k, a, i) = d_m^a (p d_m)^i E[sigma^(k)(m + p X)^2]``, ``k <= n``, ``a, i <= 2``, at ``m = p h``.

        The derivative of the activation is the pointwise one; ``h`` is None where all means are zero.
        """
        single = singles(p, h)
        return cache(lambda k, a, i: perm(self.n, k) ** 2 * power(p, i) * single(2 * (self.n - k), a + i))

    def means(self, p: Any, h: Any) -> Callable[[int, int], FloatArray]:
        """``E(a, i) = d_m^a (p d_m)^i E[sigma(m + p X)]``, ``a, i <= 2``, at ``m = p h``; arguments as in `itself`."""
        single = singles(p, h)
        return cache(lambda a, i: power(p, i) * single(self.n, a + i))


def derived(n: int, order: int) -> int:
    """``n (n - 1) ...``, of so many factors: what derivatives of ``z_+^n`` multiply, from that of a step on by 1."""
    return perm(n, min(n, order))


def power(x: Any, exponent: int) -> Any:
    """``x^exponent``; no array where it is one."""
    return x**exponent if exponent else 1


def unit_pairs(
    h: Any, k: Any, angle: Any, sine: Any, cosine: Any, v: Any
) -> Callable[[int, int, int, int], FloatArray]:
    """``N(a, b, i, j) = E[He_i(X) He_j(Y) (X + h)_+^a (r X + c Y + k)_+^b]``, powers -1 and -2 Dirac's delta, and its
    derivative.

    Arguments as in `RectifierMoments.pairs`; numbers where they depend on none.
    """
    table, letter = (
        (CENTRED_PAIRS, _centred_letters(angle, sine, cosine))
        if h is None
        else (PAIRS, _pair_letters(h, k, angle, sine, cosine, v))
    )

    def unit(a: int, b: int, i: int, j: int) -> FloatArray:
        function, names = table[a, b, i, j]
        with np.errstate(invalid="ignore"):  # infinite densities, times zeros of Hermite polynomials
            found: FloatArray = function(np, *map(letter, names))
        return found

    return cache(unit)


def singles(p: Any, h: Any) -> Callable[[int, int], FloatArray]:
    """``d_m^order E[(m + p X)_+^n]`` at ``(n, order)``, ``m = p h``: orders up to n + 7 for n <= 3, to 4 for n <= 6."""
    table = CENTRED_SINGLES if h is None else SINGLES
    make = {"h": lambda: h, "Phi": lambda: special.ndtr(h), "phi": lambda: normal_density(h)}
    letter = cache(lambda name: make[name]())
    shape = np.broadcast_shapes(np.shape(p), () if h is None else np.shape(h))

    def single(n: int, order: int) -> FloatArray:
        function, names = table[n, order]
        return np.broadcast_to(power(p, n - order) * function(np, *map(letter, names)), shape)

    return cache(single)


def _pair_letters(h: Any, k: Any, angle: Any, sine: Any, cosine: Any, v: Any) -> Letter:
    """The letters of `PAIRS`, each evaluated once, when it is asked for."""

    def density() -> FloatArray:
        apex, across = np.broadcast_arrays(at("G"), sine)
        with np.errstate(divide="ignore"):
            quotient: FloatArray = np.divide(apex, across, out=np.zeros(apex.shape), where=apex != 0)
        return quotient

    make: dict[str, Callable[[], Any]] = {
        "h": lambda: h,
        "k": lambda: k,
        "v": lambda: np.clip(v, -FAR, FAR),  # it comes with a density, and infinity times zero is zero there
        "sine": lambda: sine,
        "cosine": lambda: cosine,
        "u": lambda: sine * h - cosine * v,
        "P": lambda: bivariate_normal(h, k, at("u"), v, angle),
        "A": lambda: normal_density(h) * special.ndtr(v),
        "B": lambda: normal_density(k) * special.ndtr(at("u")),
        "G": lambda: normal_density(h) * normal_density(at("v")),
        "Q": density,
    }
    at = cache(lambda name: make[name]())
    return at


def _centred_letters(angle: Any, sine: Any, cosine: Any) -> Letter:
    """The letters of `CENTRED_PAIRS`."""
    known = {"sine": sine, "cosine": cosine}
    make = cache(lambda: orthant(np, angle))
    return lambda name: make() if name == "P" else known[name]
