"""Moments of exponential units of one neuron with a mean, as arrays."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._kernels import exponential_unit as forms
from ..._quadrature import on_panels
from .letters import Letters, Unit, letters_at
from .pairs import POINTS, PairsOfUnits

FloatArray = NDArray[np.float64]

LONG = 3.0
"""Arguments of Mills' ratio beyond which a derivative of a tilted moment is a difference of large numbers."""


class SinglesOfUnits:
    """Moments of one argument, ``z = p (X + h)``: arrays that broadcast."""

    def __init__(self, alpha: float, p: FloatArray, h: FloatArray) -> None:
        self.alpha, self.p, self.h = alpha, p, h
        self.letter = cache(self._letter)

    def mean(self, n: int) -> FloatArray:
        """``d_m^n E sigma(z)``, n <= 4."""
        return self._value(*forms.MEANS[n,])

    def square(self, order: int, n: int) -> FloatArray:
        """``d_m^n E[R_order(z)^2]``, n <= 4."""
        if order == n == 0:  # two functions of one argument, as of any two
            one = Unit(self.alpha)
            itself = PairsOfUnits(one, one, self.p, self.p, self.h, self.h, 0.0, 0.0, 1.0)
            return itself.letter(0, 0, 0, 0)
        return self._value(*forms.SQUARES[min(order, 2), n])

    def _value(self, function: Any, names: tuple[str, ...]) -> FloatArray:
        shape = np.broadcast_shapes(self.p.shape, self.h.shape)
        return np.broadcast_to(function(np, *map(self.letter, names)), shape)

    def _letter(self, name: str) -> Any:
        """``M1, M2, E1_n, E2_n`` are of ``exp(z)`` and its square."""
        known = {"alpha": self.alpha, "p": self.p, "h": self.h}
        if name in known:
            return known[name]
        kind, times = name[0], name[1:2]
        given = self.letters_of(int(times) if times.isdigit() else 1)
        return self.tilted(int(times), int(name[3:])) if kind == "E" else given("M" if kind == "M" else name)

    def letters_of(self, times: int) -> Letters:
        """Of ``exp(times z)``."""
        return letters_at(times * self.p, self.h)

    def tilted(self, times: int, n: int) -> FloatArray:
        """``d_h^n E[exp(times z); z < 0]``: by that itself, or by Mills' ratio, where it is small."""
        given, x = self.letters_of(times), self.h + times * self.p
        at = {"h": self.h, **{name: given(name) for name in ("d", "phi", "E")}}
        at |= {f"I{j}": value for j, value in enumerate(mills(np.maximum(x, LONG), n))}
        near, far = (
            function(np, *(at[name] for name in names)) for function, names in (forms.TILT[n,], forms.MILLS[n,])
        )
        found: FloatArray = np.where(x < LONG, near, far)
        return found


def mills(x: FloatArray, highest: int) -> list[FloatArray]:
    """``I_j = int_0^oo y^j exp(-x y - y^2/2) dy`` for j <= highest, x >= 3, to rounding."""
    t, weights = half_line()
    values = np.exp(-t - (t / x[..., None]) ** 2 / 2) * weights
    return [(values * t**j).sum(axis=-1) / x ** (j + 1) for j in range(highest + 1)]


@cache
def half_line() -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on ``[0, 60]`` for what falls as ``exp(-t)``."""
    edges = np.array([0.0, 3.0, 8.0, 16.0, 30.0, 60.0])
    x, weights = on_panels(edges, POINTS)
    return x.ravel(), weights.ravel()
