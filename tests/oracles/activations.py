"""Activations as their papers write them: analytic pieces between kinks, in arbitrary precision.

Nothing but the function is written down here. Derivatives are differences of the piece, taken by mpmath with several
times the digits; jumps are differences of neighbouring pieces.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from mpmath import mp

from .quadrature import Number, hermite

Piece = Callable[[Number], Number]

HIGHEST = 6
"""Derivatives that any test asks for."""

DOUBLING = (0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
"""Where panels end on either side of 0: what changes fast does so near 0 (the nearest pole is i pi/2, of tanh)."""

DENSE = (*(k / 2 for k in range(20)), 10, 12, 16, 32, 64, 128, 256, 512, 1024, 2048)
"""For tanh of a cubic, whose poles come near to the real line as the function comes near to its limit."""

WAVES = tuple(range(0, 2050, 10))
"""For waves of period 2 pi."""


@dataclass(frozen=True)
class Sigma:
    """An activation: pieces, the kinks between them, and what quadrature needs to know of it.

    Parameters
    ----------
    pieces
        One more than kinks; each is analytic on the whole line.
    kinks
        Ascending.
    order
        The highest Sobolev order: the first derivative that jumps, or 2.
    panels
        Where panels end on either side of 0.
    reach
        Standard deviations at which integrals end: `growing` ones need more.
    variance
        Largest variance at which moments are doubles, and panels few.
    """

    pieces: tuple[Piece, ...]
    kinks: tuple[float, ...] = ()
    order: int = 2
    panels: tuple[float, ...] = DOUBLING
    reach: int = 12
    variance: float = 1e5

    def piece(self, z: Number) -> Piece:
        """The one around z, which is no kink."""
        return self.pieces[sum(z > kink for kink in self.kinks)]

    def derivatives(self, z: Number, count: int) -> list[Number]:
        """`sigma^(k)(z)`, k = 0, ..., count - 1, by differences, where z is no kink."""
        return taylor(self.piece(z), z, count)

    def jumps(self, count: int) -> list[tuple[Number, list[Number]]]:
        """Kinks, and the jumps there of `sigma^(k)`, k = 0, ..., count - 1."""
        result = []
        for index, kink in enumerate(map(mp.mpf, self.kinks)):
            left, right = (taylor(self.pieces[index + side], kink, count) for side in (0, 1))
            jumps = [b - a for a, b in zip(left, right, strict=True)]
            result.append((kink, [x if abs(x) > mp.mpf(10) ** (8 - mp.dps) else mp.zero for x in jumps]))
        return result


def taylor(piece: Piece, z: Number, count: int) -> list[Number]:
    """Derivatives of an analytic function."""
    return [mp.factorial(k) * c for k, c in enumerate(mp.taylor(piece, z, count - 1, chop=False))]


def zero(z: Number) -> Number:
    """Of the left side of a rectifier."""
    return mp.zero * z


def rectifier(degree: int) -> Sigma:
    """`max(z, 0)^n`."""
    return Sigma((zero, lambda z: z**degree), (0.0,), degree)


def leaky(slope: str) -> Sigma:
    """`z` for z > 0, else `slope z`; the slope is the double."""
    return Sigma((lambda z: mp.mpf(float(slope)) * z, lambda z: z), (0.0,), 1)


def exponential(alpha: float, scale: float = 1.0, rate: float = 1.0) -> Sigma:
    """`scale z` for z > 0, else `scale alpha (e^(z/rate) - 1)`."""
    order = 2 if alpha == rate else 1
    return Sigma((lambda z: mp.mpf(scale) * alpha * mp.expm1(z / rate), lambda z: mp.mpf(scale) * z), (0.0,), order)


def softplus(z: Number) -> Number:
    """`log(1 + e^z)`."""
    return mp.log1p(mp.exp(z)) if z < 0 else z + mp.log1p(mp.exp(-z))


def cubic(z: Number) -> Number:
    """What the approximate GELU has tanh of (Hendrycks & Gimpel 2016)."""
    return mp.sqrt(2 / mp.pi) * (z + mp.mpf("0.044715") * z**3)


SELU = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
"""Alpha and scale (Klambauer et al. 2017), as doubles."""

FAST = 26
"""Reach of integrals of functions that grow like e^z, or like `z^20`."""

SIGMAS: dict[str, Sigma] = {
    "relu": rectifier(1),
    "relu2": rectifier(2),
    "relu3": rectifier(3),
    "step": Sigma((zero, lambda z: mp.one + zero(z)), (0.0,), 0),
    "sign": Sigma((lambda z: zero(z) - 1, lambda z: zero(z) + 1), (0.0,), 0),
    "leaky_relu": leaky("0.01"),
    "leaky_relu(0.3)": leaky("0.3"),
    "abs": Sigma((lambda z: -z, lambda z: z), (0.0,), 1),
    "elu": exponential(1.0),
    "elu(0.5)": exponential(0.5),
    "selu": exponential(*SELU),
    "celu": exponential(1.0),
    "celu(2)": exponential(2.0, rate=2.0),
    "gelu": Sigma((lambda z: z * mp.ncdf(z),)),
    "erf": Sigma((lambda z: mp.erf(z / mp.sqrt(2)),)),
    "tanh": Sigma((mp.tanh,)),
    "sigmoid": Sigma((lambda z: 1 / (1 + mp.exp(-z)),)),
    "softplus": Sigma((softplus,)),
    "silu": Sigma((lambda z: z / (1 + mp.exp(-z)),)),
    "sin": Sigma((mp.sin,), panels=WAVES),
    "cos": Sigma((mp.cos,), panels=WAVES),
    "exp": Sigma((mp.exp,), reach=FAST, variance=50),
    "gaussian": Sigma((lambda z: mp.exp(-(z**2) / 2),)),
    "hermite3": Sigma((partial(hermite, 3),), reach=FAST),
    "hermite20": Sigma((partial(hermite, 20),), reach=FAST),
    "monomial2": Sigma((lambda z: z**2,), reach=FAST),
    "monomial20": Sigma((lambda z: z**20,), reach=FAST),
    "hard_tanh": Sigma((lambda z: zero(z) - 1, lambda z: z, lambda z: zero(z) + 1), (-1.0, 1.0), 1),
    "relu6": Sigma((zero, lambda z: z, lambda z: zero(z) + 6), (0.0, 6.0), 1),
    "hard_sigmoid": Sigma((zero, lambda z: (z + 3) / 6, lambda z: zero(z) + 1), (-3.0, 3.0), 1),
    "hard_swish": Sigma((zero, lambda z: z * (z + 3) / 6, lambda z: z), (-3.0, 3.0), 1),
    "mish": Sigma((lambda z: z * mp.tanh(softplus(z)),)),
    "gelu_tanh": Sigma((lambda z: z * (1 + mp.tanh(cubic(z))) / 2,), panels=DENSE),
}
"""By name, as the registry spells it."""


@cache
def edges(sigma: Sigma) -> tuple[Number, ...]:
    """Where panels in z end: at kinks, and as the activation asks on either side of 0."""
    both = {side * mp.mpf(x) for side in (1, -1) for x in sigma.panels} | set(map(mp.mpf, sigma.kinks))
    return tuple(sorted(both))
