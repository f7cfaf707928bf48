r"""Spectra in closed form along ``w_j = x v_j + y sum_(k != j) v_k`` for an orthonormal teacher, for any width.

Curvature there commutes with permutations of neurons and teachers together, so it splits into a 2 x 2 block, a 3 x 3
block that occurs ``K - 1`` times, two numbers of multiplicities ``(K - 1)(K - 2)/2`` and ``K(K - 3)/2``, and, off the
span of the teacher, two numbers that occur ``d - K`` and ``(K - 1)(d - K)`` times. Nothing of size K is formed.

The generated blocks are evaluated in mpmath numbers with as many digits as their cancellations can take, and rounded
once: near the teacher and at any width every eigenvalue is the double nearest to the true one, up to one unit in the
last place, and eigenvalues that are equal are recognised as such. The gradient flow of the same family is in
`reduced.symmetric_family`.

Source: splitting: Arjevani & Field 2020 (arXiv 2008.01805), who have L2 at the teacher; family: Tian 2017 (arXiv
1703.00560); derivations: `permutations.py` and `symmetric.py` in `derivations/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from . import activations
from ._checks import CONVENTIONS, number, one_of, positive_integer
from ._kernels import symmetric as kernels
from ._special import PARALLEL
from .activations import Activation
from .errors import NotDifferentiableError, OverflowingError
from .norms import Norm, parse_norm, two_norms
from .spectrum import Spectrum

if TYPE_CHECKING:
    from mpmath.ctx_mp import MPContext

__all__ = ["condition_number_ratio", "spectrum"]

DIGITS = 40
"""Digits that are right after all cancellations; equal eigenvalues agree to more than `SAME`."""

SAME = 30
"""Digits to which eigenvalues agree that are taken as equal."""

LIMIT = 10**80
"""A width at which quantities of the teacher are equal to their limits to `SAME` digits."""

Vector = tuple[Any, ...]
Numbers = tuple[Any, ...]


def spectrum(
    width: int,
    dim: int,
    x: float = 1.0,
    y: float = 0.0,
    norm: Norm = "L2",
    *,
    activation: str = "relu",
    curvature: str = "hessian",
    derivative: str = "backprop",
) -> Spectrum:
    r"""Distinct eigenvalues and multiplicities of curvature at ``w_j = x v_j + y sum_(k != j) v_k``.

    Parameters
    ----------
    width
        Number ``K`` of students and of orthonormal teachers, of any size.
    dim
        Input dimension ``d >= K``.
    x, y
        The student; (1, 0), the default, is the teacher. For ``width = 1``, ``y`` has no meaning.
    norm, activation, derivative
        As in `PopulationLoss`.
    curvature
        ``"hessian"`` or ``"gauss_newton"``.

    Returns
    -------
    Spectrum
        Multiplicities sum to ``K d``; they are Python integers where an int64 does not hold them. Eigenvalues are
        accurate to 1e-15 relative. For activations of a user, whose kernels are double precision, they are accurate to
        1e-14 of the terms in their sums, which grow with ``K``.

    Raises
    ------
    ValueError
        For ``width`` or ``dim`` that is no positive integer, ``width > dim``, ``x`` or ``y`` that is not finite.
    NotDifferentiableError
        Where `PopulationLoss.hessian` or `PopulationLoss.gauss_newton` does not exist: zero rows; parallel rows, as at
        ``y = 0`` or ``x = y``, if the norm contains the order whose derivative jumps.
    InfiniteNormError, UnknownActivationError
        As `PopulationLoss`.

    Examples
    --------
    >>> print(spectrum(4, 4))                       # 1/4 -+ 1/(2 pi) among them
                  eigenvalue  multiplicity
                   0.0908451  x 6
                     0.30756  x 3
                    0.409155  x 2
                     0.62587  x 1
                     1.19244  x 3
                     1.51075  x 1
    >>> len(spectrum(10**9, 10**9)) == 10**18
    True
    """
    merged = _distinct(width, dim, x, y, norm, activation, curvature, derivative)
    counts = [count for _, count in merged]
    try:
        numbers = [complex(value) if value.imag else float(value.real) for value, _ in merged]
    except OverflowError:
        numbers = [np.inf]
    if not np.isfinite(numbers).all():
        raise OverflowingError("x, y: eigenvalues overflow double precision; rescale the student")
    return Spectrum(np.array(numbers), np.array(counts, dtype=np.intp if sum(counts) < 2**63 else object))


def condition_number_ratio(
    width: float,
    dim: int | None = None,
    x: float = 1.0,
    y: float = 0.0,
    norms: tuple[Norm, Norm] = ("H1", "L2"),
    *,
    activation: str = "relu",
    curvature: str = "gauss_newton",
    derivative: str = "backprop",
) -> float:
    r"""``kappa(first norm) / kappa(second norm)`` along the symmetric family, below 1 where the first is better.

    At the teacher, for ReLU and the default norms, it tends to ``(pi - 2)/(pi - 1) = 0.533`` from below for wide
    networks.

    Parameters
    ----------
    width
        As in `spectrum`; ``np.inf`` gives the limit for wide networks at the teacher.
    dim
        Input dimension, by default the width.
    x, y, activation, curvature, derivative
        As in `spectrum`.
    norms
        Two norms, first over second.

    Returns
    -------
    float
        The ratio, to 1e-15 relative; NaN if both matrices are singular.

    Raises
    ------
    ValueError
        As `spectrum`, and for ``width=np.inf`` elsewhere than at the teacher.

    Examples
    --------
    >>> round(condition_number_ratio(10), 12)
    0.495960112644
    >>> bool(np.isclose(condition_number_ratio(np.inf), (np.pi - 2) / (np.pi - 1), rtol=1e-15))
    True
    """
    if isinstance(width, float) and width == np.inf:
        if (x, y) != (1, 0):
            raise ValueError(f"width: a finite one is required elsewhere than at x=1, y=0, got inf at x={x!r}, y={y!r}")
        if dim is not None and dim != np.inf:
            raise ValueError(f"dim: none, or inf, is required for width=inf, got {dim!r}")
        width, dim = LIMIT, LIMIT
    d = width if dim is None else dim
    kappas = []
    for norm in two_norms(norms):
        merged = _distinct(width, d, x, y, norm, activation, curvature, derivative)
        moduli = [abs(value) for value, _ in merged]
        kappas.append((max(moduli), min(moduli)))
    (high, low), (other_high, other_low) = kappas
    if not other_low:
        return 0.0 if low else np.nan
    return float(high * other_low / (low * other_high)) if low else np.inf


def _distinct(
    width: float,
    dim: float,
    x: float,
    y: float,
    norm: Norm,
    activation: str,
    curvature: str,
    derivative: str,
) -> list[tuple[Any, int]]:
    """Distinct eigenvalues, as numbers of many digits, and their multiplicities, from arguments to be checked."""
    K, d = positive_integer("width", width), positive_integer("dim", dim)  # type: ignore[arg-type]
    if d < K:
        raise ValueError(f"width: at most dim is required, for orthonormal teachers, got width={K} and dim={d}")
    x, y = (number(name, value, "a finite number", -np.inf, np.inf) for name, value in (("x", x), ("y", y)))
    chosen = activations.get(activation)
    weights = parse_norm(norm, chosen)
    one_of("curvature", curvature, ("hessian", "gauss_newton"))
    convention = "backprop" if one_of("derivative", derivative, CONVENTIONS) and d == 1 else derivative
    mp = _context(_digits(K, x, y if K > 1 else 0.0))
    family = _Family(mp, K, mp.mpf(x), mp.mpf(y if K > 1 else 0.0))
    _require_existence(family, weights, chosen, curvature, convention, d)
    values = _eigenvalues(mp, family, weights, chosen, curvature, convention)
    found = [(value, count) for value, count in zip(values, _multiplicities(K, d), strict=True) if count]
    generated = (chosen.name, "self_own", 0, "backprop") in kernels.PAIRS
    return _merged(mp, found, SAME if generated else 12)


def _multiplicities(K: int, d: int) -> list[int]:
    """Of the trivial, standard, antisymmetric, symmetric, and the two transverse eigenvalues."""
    standard = [K - 1, K - 1, K - 1 if K > 2 else 0]
    return [1, min(1, K - 1), *standard, (K - 1) * (K - 2) // 2, max(0, K * (K - 3) // 2), d - K, (K - 1) * (d - K)]


@cache
def _context(digits: int) -> MPContext:
    """Numbers of so many digits, apart from the global context of mpmath."""
    from mpmath.ctx_mp import MPContext

    context = MPContext()
    context.dps = digits
    return context


def _digits(K: int, x: float, y: float) -> int:
    """Twice, as double roots need, the digits wanted and those lost to the width and to nearly equal weights."""
    size = max(abs(x), abs(y))
    small = [s for s in (abs(x), abs(y), abs(x - y), abs(x + y)) if s > 0]
    lost = sum(max(0.0, np.log10(size) - np.log10(s)) for s in small) if size else 0.0
    return 2 * (DIGITS + 3 * len(str(K)) + 16 * int(np.ceil(lost / 8)))


class _Family:
    """Geometry of the three kinds of pairs, at ``width`` neurons."""

    def __init__(self, mp: MPContext, K: int, x: Any, y: Any) -> None:
        self.mp, self.K, self.x, self.y = mp, K, x, y
        self.norm = mp.sqrt(x * x + (K - 1) * y * y)
        self.apart = abs(x - y)  # sqrt(2) |w| times the sine of half the angle of two students
        self.together = mp.sqrt((x + y) ** 2 + 2 * (K - 2) * y * y) if K > 1 else abs(x)  # and the cosine
        self.rest = mp.sqrt(K - 1) * abs(y)  # part of w_i orthogonal to v_i
        self.other_rest = mp.sqrt(x * x + (K - 2) * y * y) if K > 1 else abs(x)  # and to v_k

    @property
    def sines(self) -> tuple[Any, Any, Any]:
        """Of the angles of two students, of student and own teacher, and of student and another teacher."""
        return self.apart * self.together / self.norm**2, self.rest / self.norm, self.other_rest / self.norm

    def arguments(self, chart: str) -> tuple[Numbers, Numbers, Numbers]:
        """What kernels take, for the same three kinds of pairs."""
        mp, p, one = self.mp, self.norm, self.mp.mpf(1)
        inner = 2 * self.x * self.y + (self.K - 2) * self.y**2 if self.K > 1 else self.mp.mpf(0)
        if chart == "gram":
            s = p * p
            return (
                (s, inner, s, (self.apart * self.together) ** 2),
                (s, self.x, one, self.rest**2),
                (s, self.y, one, self.other_rest**2),
            )
        students, own, other = self.sines
        return (
            (p, p, 2 * mp.atan2(self.apart, self.together), students, inner / p**2),
            (p, one, mp.atan2(self.rest, self.x), own, self.x / p),
            (p, one, mp.atan2(self.other_rest, self.y), other, self.y / p),
        )

    def vectors(self, chart: str) -> Numbers:
        """Frame vectors in the order of the generated blocks.

        The first along ``v_i`` and elsewhere; the second of two students (``v_i, v_k``, elsewhere), of own teacher
        and of another one. Where a pair is parallel its second vector does not matter: coefficients vanish there.
        """
        mp, x, y, p = self.mp, self.x, self.y, self.norm
        zero = mp.mpf(0)
        if chart == "gram":
            return (x, y, y, x, y, zero + 1, zero, zero, zero + 1, zero)
        sign = 1 if x >= y else -1
        students = own = other = (zero, zero, zero)
        if self.together:
            tangent, difference = self.apart / self.together / p, sign * p / self.together
            students = (tangent * x - difference, tangent * y + difference, tangent * y)
        if self.rest:
            own = (self.rest / p, -x * y / (p * self.rest), zero)
        if self.other_rest:
            other = (-x * y / (p * self.other_rest), self.other_rest / p, -y * y / (p * self.other_rest))
        return (x / p, y / p, *students, *own[:2], *other)


def _require_existence(
    family: _Family, weights: tuple[float, ...], activation: Activation, curvature: str, convention: str, d: int
) -> None:
    """Refuse what `PopulationLoss` refuses, for the same reasons."""
    hessian, K = curvature == "hessian", family.K
    what = "Hessian" if hessian else "Gauss-Newton matrix"
    jump = activation.jump_order
    if not family.norm:
        if jump is not None and (2 if hessian else 1) >= jump:
            rows = [(i, i) for i in range(min(K, 5))]
            reason = f"{activation.name} has a kink at a zero weight"
            raise NotDifferentiableError(what, rows, reason, "Move x or y off zero.")
        return
    singular = hessian and d > 1 and any(
        weight and activation.is_singular(quantity, order, convention)
        for quantity in ("own", "cross") for order, weight in enumerate(weights)
    )  # fmt: skip
    partners = [(0, 1), (0, K), (0, K + 1)]
    parallel = [pair for pair, sine in zip(partners, family.sines, strict=True)
                if sine <= PARALLEL and (K > 1 or pair == (0, K))]  # fmt: skip
    if singular and parallel:
        reason = "weights are parallel where a derivative of the activation jumps"
        raise NotDifferentiableError(
            f"{what} ({convention})", parallel, reason, 'Use curvature="gauss_newton", which exists there.'
        )


def _eigenvalues(
    mp: MPContext, family: _Family, weights: tuple[float, ...], activation: Activation, curvature: str, convention: str
) -> Iterator[Any]:
    """All eigenvalues in the order of `_multiplicities`; those of multiplicity zero have no meaning."""
    if not family.norm and activation.chart == "polar":
        yield from [mp.mpf(0)] * 9  # homogeneous of degree above two, all terms vanish
        return
    K = family.K
    hessian = curvature == "hessian"
    students, own, other = family.arguments(activation.chart)
    itself = (family.norm if activation.chart == "polar" else students[0],)

    def sums(quantity: str, arguments: Numbers, size: int) -> list[Any]:
        return _sum_of_orders(mp, activation, quantity, weights, convention, arguments, size)

    linear = sum(
        (mp.mpf(w) * b for w, b in zip(weights, activation.kernels.BILINEAR, strict=False)), mp.mpf(0)
    )  # of u . v in the loss, split off
    diagonal = sums("self_own" if hessian else "self_gauss_newton", itself, 2)
    cross = sums("cross" if hessian else "gauss_newton", students, 5) if K > 1 else [mp.mpf(0)] * 5
    diagonal[0] += linear
    cross[0] += linear
    nothing = [mp.mpf(0)] * 5
    blocks = kernels.blocks(
        mp, K, *diagonal,
        *(sums("own", students, 5) if hessian and K > 1 else nothing),
        *(sums("own", own, 5) if hessian else nothing),
        *(sums("own", other, 5) if hessian and K > 1 else nothing),
        *cross, *family.vectors(activation.chart),
    )  # fmt: skip
    trivial, standard, rest = blocks[:4], blocks[4:13], blocks[13:]
    yield from (trivial[0], trivial[0]) if K == 1 else _roots_of_two(mp, *trivial)
    if K == 2:
        yield from _roots_of_two(mp, standard[0], standard[2], standard[6], standard[8])
        yield mp.mpf(0)
    else:
        yield from _roots_of_three(mp, standard)
    yield from rest


def _sum_of_orders(
    mp: MPContext,
    activation: Activation,
    quantity: str,
    weights: tuple[float, ...],
    convention: str,
    arguments: Numbers,
    size: int,
) -> list[Any]:
    """Coefficients of a pair, summed over the orders of a norm."""
    total = [mp.mpf(0)] * size
    for order, weight in enumerate(weights):
        if not weight:
            continue
        function: Any = kernels.PAIRS.get((activation.name, quantity, order, convention))
        if function is not None:
            values = function(mp, *arguments)
        else:  # a user's activation
            with np.errstate(all="ignore"):
                values = activation.kernel(quantity, order, convention)(np, *map(float, arguments))
        values = values if isinstance(values, tuple) else (values,)
        total = [t + mp.mpf(weight) * mp.mpf(float(v) if isinstance(v, np.generic) else v)
                 for t, v in zip(total, values, strict=True)]  # fmt: skip
    return total


def _roots_of_two(mp: MPContext, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
    """Eigenvalues of ``[[a, b], [c, d]]``."""
    middle, half = (a + d) / 2, (a - d) / 2
    square = half * half + b * c
    size = half * half + abs(b * c)
    if abs(square) <= size * mp.eps * 2**40:
        return middle, middle
    root = mp.sqrt(square)
    return middle - root, middle + root


def _roots_of_three(mp: MPContext, m: Numbers) -> tuple[Any, Any, Any]:
    """Eigenvalues of a 3 x 3 matrix, written row by row, by the trigonometric form of Cardano's formula.

    With ``M = mean I + A``, ``t^3 - 3 s t - 2 h = det(t I - A)``: three real ones if ``h^2 <= s^3``.
    """
    mean = (m[0] + m[4] + m[8]) / 3
    a, e, i = m[0] - mean, m[4] - mean, m[8] - mean
    couplings = m[1] * m[3], m[2] * m[6], m[5] * m[7]
    s = ((a * a + e * e + i * i) / 2 + sum(couplings)) / 3
    h = (a * (e * i - couplings[2]) - m[1] * (m[3] * i - m[5] * m[6]) + m[2] * (m[3] * m[7] - e * m[6])) / 2
    size = a * a + e * e + i * i + sum(map(abs, couplings))
    inside = s**3 - h * h
    if abs(inside) <= size**3 * mp.eps * 2**40:
        inside = mp.mpf(0)
    if inside >= 0:
        if s <= 0:
            return mean, mean, mean
        angle, radius = mp.atan2(mp.sqrt(inside), h) / 3, mp.sqrt(s)
        along, across = radius * mp.cos(angle), mp.sqrt(3) * radius * mp.sin(angle)
        return mean + 2 * along, mean - along - across, mean - along + across
    root = mp.cbrt(abs(h) + mp.sqrt(-inside)) * (1 if h >= 0 else -1)
    real = root + s / root
    imaginary = mp.sqrt(3) / 2 * (root - s / root)
    return mean + real, mp.mpc(mean - real / 2, imaginary), mp.mpc(mean - real / 2, -imaginary)


def _merged(mp: MPContext, found: list[tuple[Any, int]], digits: int) -> list[tuple[Any, int]]:
    """Equal eigenvalues together with the sum of their multiplicities; zero where it is one up to rounding."""
    largest = max(abs(value) for value, _ in found)
    zero = largest * mp.sqrt(mp.eps) * 2**10
    merged: list[tuple[Any, int]] = []
    for value, count in found:
        value = value if abs(value) > zero else mp.mpf(0)
        for k, (other, before) in enumerate(merged):
            if abs(value - other) <= abs(other) / mp.mpf(10) ** digits:
                merged[k] = other, before + count
                break
        else:
            merged.append((value, count))
    return merged
