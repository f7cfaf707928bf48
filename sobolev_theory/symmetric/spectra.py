"""Distinct eigenvalues with multiplicities along the symmetric family, and condition numbers; see the package."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np

from .. import activations
from .._runtime.checks import number, positive_integer, shown
from ..activations import Activation
from ..curvature.spectrum import Spectrum
from ..errors import ConditioningWarning, OverflowingError
from ..norms import Convention, Norm, NormLike, two_norms
from ..pairs.sums import PairTerms
from .eigenvalues import eigenvalues
from .existence import direction, require_existence
from .geometry import family
from .numbers import context
from .roots import merged

DIGITS = 40
"""Digits that are right after all cancellations; equal eigenvalues agree to more than `SAME`."""

SAME = 30
"""Digits to which eigenvalues agree that are taken as equal."""

LENGTH_POWERS = 4
"""Digits allowed for each one by which the student's length differs from the teacher's. Heuristic: ReLU^3 has terms up
to the fourth power of the length; a test compares with six times as many."""

ROUNDED, ROUNDED_SAME, WIDEST = 25, 10, 10**6
"""Of moments that are doubles: digits that are worked with, those to which equal eigenvalues agree, largest width."""

LIMIT = 10**80
"""A width at which quantities of the teacher are equal to their limits to `SAME` digits."""


def spectrum(
    width: int,
    dim: int,
    x: float = 1.0,
    y: float = 0.0,
    norm: NormLike = "L2",
    *,
    activation: str | Activation = "relu",
    curvature: str = "hessian",
    towards: str | None = None,
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
        ``"hessian"``, ``"gauss_newton"``, or ``"field"``: the limit of the Hessian along the family, which is the
        Hessian itself where that exists. It describes training near a point where rows are parallel and a derivative
        of the activation jumps, such as a ReLU teacher in H1; there it is not symmetric.
    towards
        Where ``"field"`` comes from, ``e -> 0+``: ``"inside"``, ``x - e, y + e``, or ``"outside"``, ``x - e, y - e``.
        At the teacher these lead towards the mean of the teachers and away from it; at ``y = 0``, whatever ``x``, only
        the sign of the step of y counts. Required where the Hessian does not exist, without effect elsewhere.

    Returns
    -------
    Spectrum
        Multiplicities sum to ``K d``; they are Python integers where an int64 does not hold them. Eigenvalues are
        accurate to 1e-15 relative, for activations of a user too, if they have closed forms at standard inputs. Those
        below about 1e-70 of the largest may be lost, as for `derive("sin(z)")`, whose moments fall like
        ``exp(-|w|^2)``, at students of length 30. Moments of other activations are doubles: eigenvalues are accurate to
        about 1e-13 of the largest, which grows like the width, double ones to 1e-7 of it.

    Raises
    ------
    ValueError
        For ``width`` or ``dim`` that is no positive integer, ``width > dim``, ``x`` or ``y`` that is not finite,
        ``towards`` for another curvature than ``"field"``; for an activation with kinks that is no ``a z_+^n + b
        (-z)_+^n``; for ``width > 10^6`` and one of which moments are doubles.
    NotDifferentiableError
        Where `PopulationLoss.hessian` or `PopulationLoss.gauss_newton` does not exist: zero rows; parallel rows, as at
        ``y = 0`` or ``x = y``, if the norm contains the order whose derivative jumps. For ``"field"``: there without
        ``towards``, or if rows stay parallel, as they do outside of ``x = y`` and for one neuron; and in the exact
        convention, where the Hessian diverges.
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
    counts: dict[complex, int] = {}
    try:
        for value, count in _distinct(width, dim, x, y, norm, activation, curvature, towards, derivative):
            rounded = complex(value) if value.imag else float(value.real)
            counts[rounded] = counts.get(rounded, 0) + count
    except OverflowError:
        counts = {np.inf: 0}
    if not np.isfinite(list(counts)).all():
        raise OverflowingError("width, x, y: eigenvalues overflow double precision; a smaller student is required")
    size = sum(counts.values())
    return Spectrum(np.array(list(counts)), np.array(list(counts.values()), dtype=np.intp if size < 2**63 else object))


def condition_number_ratio(
    width: float,
    dim: int | None = None,
    x: float = 1.0,
    y: float = 0.0,
    norms: tuple[NormLike, NormLike] = ("H1", "L2"),
    *,
    activation: str | Activation = "relu",
    curvature: str = "gauss_newton",
    towards: str | None = None,
    derivative: str = "backprop",
) -> float:
    r"""``kappa(first norm) / kappa(second norm)`` along the symmetric family, below 1 where the first is better.

    At the teacher, for ReLU and the default norms, it tends to ``(pi - 2)/(pi - 1) = 0.533`` from below for wide
    networks. The default place is the teacher, where the Hessian of ReLU in H1 does not exist: so the default curvature
    is the Gauss-Newton matrix. Training does not follow that one there: ``curvature="field"`` with ``towards`` tends to
    1, the gain vanishes.

    Parameters
    ----------
    width
        As in `spectrum`; ``np.inf`` gives the limit for wide networks at the teacher.
    dim
        Input dimension, by default the width.
    x, y, activation, curvature, towards, derivative
        As in `spectrum`; moduli of eigenvalues count.
    norms
        Two norms, first over second.

    Returns
    -------
    float
        The ratio, to 1e-15 relative; 0 or infinite if one matrix is singular, NaN if both are.

    Warns
    -----
    ConditioningWarning
        If one of the two matrices is not positive definite.

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
    >>> [round(condition_number_ratio(K, curvature="field", towards="inside"), 4) for K in (10, 100)]
    [0.9608, 0.9893]
    """
    if isinstance(width, float) and width == np.inf:
        x, y = _coordinates(x, y)
        if (x, y) != (1, 0):
            raise ValueError(f"width: a finite one is required elsewhere than at x=1, y=0, got inf at x={x}, y={y}")
        if dim is not None and dim != np.inf:
            raise ValueError(f"dim: none, or inf, is required for width=inf, got {shown(dim)}")
        width, dim = LIMIT, LIMIT
    d = width if dim is None else dim
    kappas = []
    indefinite: list[str] = []
    for norm in two_norms(norms):
        values = [value for value, _ in _distinct(width, d, x, y, norm, activation, curvature, towards, derivative)]
        moduli, lowest = [abs(value) for value in values], min(value.real for value in values)
        kappas.append((max(moduli), min(moduli)))
        if lowest <= 0:
            indefinite.append(f"that of {Norm.parse(norm).name} is {'indefinite' if lowest < 0 else 'singular'}")
    if indefinite:
        warnings.warn(
            "condition_number_ratio: no rate follows from a condition number of a matrix that is not positive "
            f"definite, and {', '.join(indefinite)}. Meaningful are the eigenvalues, symmetric.spectrum(...), the "
            "condition number of its definite_part, and places x, y nearer to the teacher",
            ConditioningWarning,
            stacklevel=2,
        )
    (high, low), (other_high, other_low) = kappas
    if not high or not other_high or not (low or other_low):
        return np.nan
    if not low:
        return np.inf
    return float(high * other_low / (low * other_high))


def _distinct(
    width: float,
    dim: float,
    x: float,
    y: float,
    norm: NormLike,
    activation: str | Activation,
    curvature: str,
    towards: str | None,
    derivative: str,
) -> list[tuple[Any, int]]:
    """Distinct eigenvalues, as numbers of many digits, and their multiplicities, from arguments to be checked."""
    K, d = positive_integer("width", width), positive_integer("dim", dim)
    if d < K:
        raise ValueError(f"width: at most dim is required, for orthonormal rows, got {shown(K)} and dim={shown(d)}")
    x, y = _coordinates(x, y)
    chosen, asked = activations.get(activation), Convention.parse(derivative)
    terms = PairTerms(chosen, Norm.parse(norm, chosen), Convention.BACKPROP if d == 1 else asked)
    leaving = direction(curvature, towards)
    if not chosen.has_kernels and K > WIDEST:
        raise ValueError(f"width: at most {WIDEST} is required for {chosen.name!r}, of which moments are doubles")
    mp = context(_digits(K, x, y if K > 1 else 0.0) if chosen.has_kernels else ROUNDED)
    geometry = family(mp, chosen, K, mp.mpf(x), mp.mpf(y if K > 1 else 0.0), leaving)
    require_existence(geometry, terms, curvature, d)
    values = eigenvalues(mp, geometry, terms, curvature)
    found = [(value, count) for value, count in zip(values, _multiplicities(K, d), strict=True) if count]
    return merged(mp, found, SAME if chosen.has_kernels else ROUNDED_SAME)


def _coordinates(x: float, y: float) -> tuple[float, float]:
    """Of a student of the family."""
    finite = partial(number, required="a finite number", low=-np.inf, high=np.inf)
    return finite("x", x), finite("y", y)


def _multiplicities(K: int, d: int) -> list[int]:
    """Of the trivial, standard, antisymmetric, symmetric, and the two transverse eigenvalues."""
    standard = [K - 1, K - 1, K - 1 if K > 2 else 0]
    return [1, min(1, K - 1), *standard, (K - 1) * (K - 2) // 2, max(0, K * (K - 3) // 2), d - K, (K - 1) * (d - K)]


def _digits(K: int, x: float, y: float) -> int:
    """Twice, as double roots need, the digits wanted and those lost on the way.

    They are lost to the width, to nearly equal weights, and to students much longer or shorter than their teachers,
    whose lengths enter the terms of one eigenvalue with different powers.
    """
    size = max(abs(x), abs(y))
    small = [s for s in (abs(x), abs(y), abs(x - y), abs(x + y)) if s > 0]
    lost = sum(max(0.0, np.log10(size) - np.log10(s)) for s in small) if size else 0.0
    lost += LENGTH_POWERS * abs(np.log10(size)) if size else 0.0
    return 2 * (DIGITS + 3 * len(str(K)) + 16 * int(np.ceil(lost / 8)))
