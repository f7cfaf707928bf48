"""Closed moments of exponential units at pairs of neurons of moderate lengths, as arrays over pairs."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..._kernels.exponential_closed import CLOSED
from ..._special import bivariate_normal, normal_density
from .letters import tilted

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

LENGTHS = 0.25, 2.0
"""Moments of shorter arguments are differences of larger numbers, and derivatives along longer ones are."""
GROWTH = 2.0
"""Most exponent of a tilt: a factor by which digits are lost."""
SIGN = {"p": 1.0, "n": -1.0}


class ClosedPairs:
    """``D_1^i D_2^j E[R_a(z_1) R_b(z_2)]`` by levels of the two; arrays of one shape, finite places, positive sines."""

    def __init__(
        self,
        alpha: float,
        beta: float,
        p: FloatArray,
        q: FloatArray,
        h: FloatArray,
        k: FloatArray,
        v: FloatArray,
        sine: FloatArray,
        cosine: FloatArray,
    ) -> None:
        self.known: dict[str, Any] = {"alpha": alpha, "beta": beta, "p": p, "q": q, "h": h, "k": k, "v": v}
        self.known |= {"sine": sine, "cosine": cosine, "u": sine * h - cosine * v}
        self.named = cache(self._named)

    def letter(self, a: int, b: int, i: int, j: int) -> FloatArray:
        """By the generated form."""
        function, names = CLOSED[a, b, i, j]
        value: FloatArray = function(np, *map(self.named, names))
        return value

    def _named(self, name: str) -> Any:
        """A letter of the generated forms: orthants ``O``, lines ``L``, and the density ``G``."""
        at = self.known
        if name in at:
            return at[name]
        if name == "G":
            return normal_density(at["h"]) * normal_density(at["v"])
        return self._orthant(*name[1:]) if name[0] == "O" else self._line(*name[1:])

    def _orthant(self, left: str, first: str, right: str, second: str) -> FloatArray:
        """``Phi_2`` at the tilted means."""
        x, y, a, b = SIGN[left], SIGN[right], int(first), int(second)
        p, q, h, k, r, c = (self.known[name] for name in ("p", "q", "h", "k", "cosine", "sine"))
        h_, k_ = h + a * p + b * q * r, k + a * p * r + b * q
        u, v = self.known["u"] + a * p * c, self.known["v"] + b * q * c
        angle = np.arctan2(c, x * y * r)
        value: FloatArray = np.exp(exponent(p, q, h, k, r, a, b)) * bivariate_normal(
            x * h_, y * k_, x * u, y * v, angle
        )
        return value

    def _line(self, which: str, side: str, exponential: str) -> FloatArray:
        """A density times what the other argument has where the one vanishes."""
        own, place, other = ("h", "v", "q") if which == "1" else ("k", "u", "p")
        density, place = normal_density(self.known[own]), self.known[place]
        if exponential == "0":
            value: FloatArray = special.ndtr(SIGN[side] * place)
        else:
            value = tilted(self.known[other] * self.known["sine"], place, normal_density(place))
        return np.asarray(density * value)


def exponent(p: Any, q: Any, h: Any, k: Any, r: Any, a: int, b: int) -> Any:
    """Of the tilt by ``exp(a z_1 + b z_2)``; a, b are 0 or 1."""
    return a * p * (h + p / 2) + b * q * (k + q / 2) + a * b * p * q * r


def moderate(p: FloatArray, q: FloatArray, h: FloatArray, k: FloatArray, r: FloatArray) -> BoolArray:
    """Where closed forms are as accurate as the integral."""
    tilts = (exponent(p, q, h, k, r, a, b) <= GROWTH for a, b in ((1, 0), (0, 1), (1, 1)))
    shortest, longest = LENGTHS
    found: BoolArray = (np.minimum(p, q) >= shortest) & (np.maximum(p, q) <= longest) & np.logical_and.reduce([*tilts])
    return found
