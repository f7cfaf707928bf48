r"""The two charts of pair quantities: what kernels take, and the frame on which they give coefficients.

For a pair ``(i, j)`` kernels return coefficients on a frame ``(f_1, f_2)``. Both charts are one statement: with scaled
rows ``b_j = nu_j u_j``,

.. math:: f_1 = b_i, \qquad f_2 = \kappa_{ij} (b_j - \gamma_{ij} b_i)

- gram: ``nu = kappa = 1`` and ``gamma = 0``; the frame is ``(u_i, u_j)``, right for smooth activations.
- polar: ``nu_j = 1/|u_j|``, ``kappa = 1/sin(theta)``, ``gamma = cos(theta)``; the frame is ``(u^, e)``, right for
  homogeneous ones. Where ``sin(theta)`` is small the difference loses digits: *near* pairs carry ``e`` as a vector.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Arrays = tuple[FloatArray, ...]


class Angles(Protocol):
    """Cosines and sines of a block of pairs, and what only one chart needs: their angles, and which are far."""

    @property
    def cosine(self) -> FloatArray:
        """Of the angles."""

    @property
    def sine(self) -> FloatArray:
        """Likewise."""

    @property
    def angle(self) -> FloatArray:
        """Radians in [0, pi]."""

    @property
    def far(self) -> NDArray[np.bool_]:
        """Which pairs are no near ones."""


class Chart(Protocol):
    """What sums over pairs need to know of a chart; none of them knows that there are two."""

    @property
    def has_frames(self) -> bool:
        """Whether near pairs need explicit frames."""

    @property
    def reach(self) -> tuple[float, float]:
        """Norms between which doubles hold what kernels multiply on their way."""

    @property
    def squares(self) -> tuple[float, float]:
        """Inverse square of the lower, square of the upper."""

    def scale(self, inverse: FloatArray) -> FloatArray:
        """``nu`` from the inverse norms."""

    def arguments(self, p: FloatArray, q: FloatArray, at: Angles) -> Arrays:
        """What kernels take, for norms ``p``, ``q`` that broadcast."""

    def self_argument(self, norms: Any) -> Any:
        """What kernels of a row with itself take."""

    def on_rows(self, coefficients: tuple[FloatArray, ...], at: Angles) -> Arrays:
        """Coefficients on ``b_i b_i', b_i b_j', b_j b_i', b_j b_j'`` from those on the frame.

        Of near pairs only the one on ``f_1 f_1'`` is kept.
        """

    def second(self, at: Angles) -> tuple[Any, Any]:
        """``kappa`` and ``gamma`` of ``f_2 = kappa (b_j - gamma b_i)``; 0 for pairs whose ``f_2`` is explicit."""


def expanded(kappa: Any, gamma: Any, coefficients: tuple[Any, ...]) -> tuple[Any, ...]:
    """Coefficients on ``b_i b_i', b_i b_j', b_j b_i', b_j b_j'`` from those on the frame; arrays of any namespace."""
    c11, c12, c21, c22 = coefficients
    c22 = kappa**2 * c22
    c12, c21 = kappa * c12 - gamma * c22, kappa * c21 - gamma * c22
    return c11 - gamma * (c12 + c21 + gamma * c22), c12, c21, c22


class Polar:
    """Norms and angle; the orthonormal frame ``(u^, e)``.

    Kernels of degree n hold ``(p q)^n``: up to n = 7 that is within ``2^(+-840)``.
    """

    has_frames = True
    reach, squares = (2.0**-60, 2.0**60), (2.0**120, 2.0**120)

    def scale(self, inverse: FloatArray) -> FloatArray:
        """Unit vectors."""
        return inverse

    def arguments(self, p: FloatArray, q: FloatArray, at: Angles) -> Arrays:
        """``p, q, theta, sin(theta), cos(theta)``."""
        return p, q, at.angle, at.sine, at.cosine

    def self_argument(self, norms: Any) -> Any:
        """``p``."""
        return norms

    def on_rows(self, coefficients: tuple[FloatArray, ...], at: Angles) -> Arrays:
        """``f_2 = kappa (b_j - gamma b_i)``, and ``kappa = 0`` for near pairs."""
        return expanded(*self.second(at), coefficients)

    def second(self, at: Angles) -> tuple[Any, Any]:
        """``1/sin`` and ``cos``."""
        return np.divide(1.0, at.sine, out=np.zeros_like(at.sine), where=at.far), at.cosine


class Gram:
    """Inner products and the Gram determinant; the rows themselves are the frame.

    Kernels hold ``(1 + s + t + g)^(k + 1/2)``, up to k = 7 within ``2^990``.
    """

    has_frames = False
    reach, squares = (2.0**-40, 2.0**33), (2.0**80, 2.0**66)

    def scale(self, inverse: FloatArray) -> FloatArray:
        """Rows as they are."""
        return np.ones_like(inverse)

    def arguments(self, p: FloatArray, q: FloatArray, at: Angles) -> Arrays:
        """``s = p^2, rho, t = q^2, g = s t - rho^2``."""
        product = p * q
        return p * p, product * at.cosine, q * q, (product * at.sine) ** 2

    def self_argument(self, norms: Any) -> Any:
        """``s``."""
        return norms * norms

    def on_rows(self, coefficients: tuple[FloatArray, ...], at: Angles) -> Arrays:
        """The same."""
        return coefficients

    def second(self, at: Angles) -> tuple[Any, Any]:
        """The second row itself."""
        return 1.0, 0.0


CHARTS: dict[str, Chart] = {"polar": Polar(), "gram": Gram()}
"""By the name that a generated module gives."""
