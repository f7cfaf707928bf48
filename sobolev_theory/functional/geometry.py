r"""Pairs of stacked rows ``[W; V]`` in arrays of any namespace: what kernels take, and frames.

The counterpart of `pairs.geometry`, with static shapes and finite derivatives everywhere. Frames are those of
`pairs.charts`, ``f_1 = b_i`` and ``f_2 = kappa (b_j - gamma b_i)``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .namespaces import Namespace

EXPLICIT = 2**22
"""Numbers of pairs of rows up to which angles come from differences of the rows."""


class Pairs(NamedTuple):
    """Pairs (i, j) of rows, ``i < width``.

    Attributes
    ----------
    arguments, safe
        What kernels take, (width, N) or broadcast to it; `safe` are those of orthogonal rows where two are parallel.
    own
        What kernels of a row with itself take, (width,).
    frame
        ``b``, (N, d).
    kappa, gamma
        Of ``f_2``; ``kappa`` is 0 where rows are parallel.
    parallel
        Which pairs have no plane, as far as that matters; a row itself is one.
    itself
        The row itself.
    audible
        Which rows have a kernel, (N,): not those of zeros.
    """

    arguments: tuple[Any, ...]
    safe: tuple[Any, ...]
    own: Any
    frame: Any
    kappa: Any
    gamma: Any
    parallel: Any
    itself: Any
    audible: Any


def polar(xp: Namespace, rows: Any, width: int) -> Pairs:
    r"""Norms and angles, with ``|u - v|^2 |u + v|^2 = 4 sin^2`` of unit rows ``u, v``.

    Angles of parallel rows are constants, 0 or pi, of which nothing is differentiated.
    """
    squares = xp.sum(rows * rows, axis=1)
    audible = squares > 0
    norms = xp.sqrt(xp.where(audible, squares, 1.0))
    unit = rows / norms[:, None]
    minus, plus, limit = _apart(xp, unit, width)
    itself = xp.identity(width, rows.shape[0])
    square, cosine = minus * plus, (plus - minus) / 2
    parallel = (square <= limit) | itself
    sine = xp.sqrt(xp.where(parallel, 1.0, square))
    angle = xp.atan2(sine, xp.where(parallel, 0.0, cosine))
    nothing = xp.zeros_like(sine)
    turned = xp.where(cosine < 0, nothing + xp.pi, nothing)
    lengths = norms[:width, None], norms[None, :]
    arguments = *lengths, xp.where(parallel, turned, angle), xp.where(parallel, 0.0, sine), cosine
    safe = *lengths, angle, sine, xp.where(parallel, 0.0, cosine)
    kappa = xp.where(parallel, 0.0, 1 / sine)
    return Pairs(arguments, safe, norms[:width], unit, kappa, cosine, parallel, itself, audible)


def _apart(xp: Namespace, unit: Any, width: int) -> tuple[Any, Any, float]:
    """``1 - cos`` and ``1 + cos`` of unit rows, and the square of the sine up to which they are parallel.

    As halves of ``|u -+ v|^2``, or from inner products where the differences would be too many.
    """
    if width * unit.shape[0] * unit.shape[1] <= EXPLICIT:
        first, second = unit[:width, None, :], unit[None, :, :]
        minus, plus = (xp.sum(x * x, axis=2) / 2 for x in (first - second, first + second))
        return minus, plus, (4 * xp.eps) ** 2
    cosine = unit[:width, :] @ unit.T
    return 1 - cosine, 1 + cosine, 64 * xp.eps


def gram(xp: Namespace, rows: Any, width: int) -> Pairs:
    """Inner products, polynomials in the rows: ``s, rho, t, g = s t - rho^2``."""
    squares = xp.sum(rows * rows, axis=1)
    rho, s, t = rows[:width, :] @ rows.T, squares[:width, None], squares[None, :]
    arguments = s, rho, t, s * t - rho * rho
    itself = xp.identity(width, rows.shape[0])
    return Pairs(arguments, arguments, squares[:width], rows, 1.0, 0.0, itself, itself, squares >= 0)


CHARTS = {"polar": polar, "gram": gram}
"""By the name that a generated module gives."""
