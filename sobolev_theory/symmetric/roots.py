"""Eigenvalues of 2 x 2 and 3 x 3 matrices in mpmath numbers of many digits, and which of them are equal.

Formulas lose the digits that cancel, double roots half of all: the caller chooses a precision that leaves enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mpmath.ctx_mp import MPContext

ROUNDING = 2**40
"""Rounding errors of a discriminant, in units of its terms, below which it is zero."""


def roots_of_two(mp: MPContext, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
    """Eigenvalues of ``[[a, b], [c, d]]``."""
    middle, half = (a + d) / 2, (a - d) / 2
    square = half * half + b * c
    size = half * half + abs(b * c)
    if abs(square) <= size * mp.eps * ROUNDING:
        return middle, middle
    root = mp.sqrt(square)
    return middle - root, middle + root


def roots_of_three(mp: MPContext, m: tuple[Any, ...]) -> tuple[Any, Any, Any]:
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
    if abs(inside) <= size**3 * mp.eps * ROUNDING:
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


def merged(mp: MPContext, found: list[tuple[Any, int]], digits: int) -> list[tuple[Any, int]]:
    """Equal eigenvalues together with the sum of their multiplicities; zero where it is one up to rounding."""
    largest = max(abs(value) for value, _ in found)
    zero = largest * mp.sqrt(mp.eps) * 2**10
    result: list[tuple[Any, int]] = []
    for value, count in found:
        value = value if abs(value) > zero else mp.mpf(0)
        for k, (other, before) in enumerate(result):
            if abs(value - other) <= abs(other) / mp.mpf(10) ** digits:
                result[k] = other, before + count
                break
        else:
            result.append((value, count))
    return result
