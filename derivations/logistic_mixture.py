r"""The logistic law is a scale mixture of normals: ``1/(1 + exp(-z)) = int_0^oo Phi(z/tau) f(tau) d tau``.

``tau`` is twice a Kolmogorov variable (Andrews & Mallows 1974; Stefanski 1991), of the density

- ``f = 2 sum_n (-1)^(n-1) n^2 tau exp(-n^2 tau^2/2)``, and, the same by Jacobi's transformation of theta functions,
- ``f = 2 sqrt(2 pi) sum_n (2 a_n/tau^4 - 1/tau^2) exp(-a_n/tau^2)`` with ``a_n = (2n-1)^2 pi^2/2``.

Terms of the second are positive for ``tau < pi``, those of the first alternate and fall for ``tau > 2``: ``f > 0``.
Each, integrated term by term, is a series of the logistic density: the geometric one, and the sum over its poles.

**Nodes.** The integral in ``x = log tau`` by the trapezoidal rule: ``tau_k = exp(k h)``, weights ``h tau_k f(tau_k)``.
Less 1/2 the integrand is ``F(z/tau) tau f(tau)``, ``F(w) = erf(w/sqrt 2)/2``. It is analytic for ``|Im x| < pi/4``, and
its derivatives of order n in z are so. With ``C_n = max |F^(n)|`` in ``|arg| <= delta`` and ``N_n = int |f| |tau|^-n
|d tau|`` on the ray of the angle ``delta < pi/4``, the error of a derivative is at most

    2 C_n N_n/(exp(2 pi delta/h) - 1)

(Trefethen & Weideman 2014, Theorem 5.1) and what the finite sum leaves out. It holds for all z at once, and so bounds
moments of any means, variances and correlation. ``C_n`` and ``N_n`` are bounded in closed form, by the moduli of the
terms of ``F^(n)`` and ``f``, which grow with the angle. High derivatives weigh short ``tau``: they, not the function,
need as many nodes as there are.
"""

from functools import cache
from math import fsum

import sympy as sp
from mpmath import mp

from derivations.catalogue import Output
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import header
from sobolev_theory.symbolic.proofs.steps import DerivationError

STEP = sp.Rational(1, 10)
FIRST, LAST = -11, 21
"""Step of the rule in ``log tau``, and its ends; `error_bounds` has what they leave out."""
ORDERS = 5
"""Derivatives of an activation that a norm of order 3 takes."""
DIGITS, TERMS = 40, 16
"""Of the arithmetic; and terms of the series for the density of ``T``, of which later ones are below these digits."""
TURN = 2
"""Where one series takes over from the other."""
ANGLES = ("0.58", "0.62", "0.66", "0.7", "0.74")
"""``delta``, of which each order takes the best."""

TAU, Z, A, B = sp.symbols("tau z a b", positive=True)
Y = sp.Symbol("y", real=True)
N = sp.Symbol("n", integer=True, positive=True)
LOGISTIC = 1 / (1 + sp.exp(-Z))
Node = tuple[float, float]


def derive() -> Output:
    """Prove the identity; write nodes, weights, and bounds of the error."""
    geometric_series()
    _poles()
    nodes = rule()
    bounds = error_bounds()
    check(nodes, bounds)
    return Output({"logistic_mixture.py": _module(nodes, bounds)}, [])


@cache
def geometric_series() -> Derivation:
    """The first series of ``f``: ``int phi(z/tau)/tau f d tau`` is ``sum_n (-1)^(n-1) n exp(-n z)``, for z > 0."""
    proof = Derivation()
    sums = [sign * sp.exp(2 * sign * A * B) * sp.erf(B * TAU + sign * A / TAU) for sign in (1, -1)]
    primitive = sp.sqrt(sp.pi) / (4 * B) * (sums[0] - sums[1])
    integrand = sp.exp(-((A / TAU) ** 2) - (B * TAU) ** 2)
    proof.step("A primitive", sp.diff(primitive, TAU), integrand)
    integral = sp.limit(primitive, TAU, sp.oo) - sp.limit(primitive, TAU, 0, "+")
    proof.step("Between its limits", integral, sp.sqrt(sp.pi) / (2 * B) * sp.exp(-2 * A * B))
    term = (2 / sp.sqrt(2 * sp.pi) * N**2 * integral).subs({A: Z / sp.sqrt(2), B: N / sp.sqrt(2)})
    proof.step("A term of the mixture", term, N * sp.exp(-N * Z))
    partial = -Y * (1 - (N + 1) * Y**N + N * Y ** (N + 1)) / (1 - Y) ** 2  # the rest vanishes for |y| < 1
    proof.step("The sum of one term, $y = - e^{-z}$", partial.subs(N, 1), -Y)
    proof.step("of one more", partial.subs(N, N + 1) - partial, -(N + 1) * Y ** (N + 1))
    limit = (-Y / (1 - Y) ** 2).subs(Y, -sp.exp(-Z))
    proof.step("They tend to the logistic density", limit, sp.diff(LOGISTIC, Z))
    return proof


def _poles() -> None:
    """The second: the sum over the double poles ``+- i (2n-1) pi`` of the logistic density (Mittag-Leffler)."""
    proof = Derivation()
    cdf = 2 * sp.sqrt(2 * sp.pi) / TAU * sp.exp(-A / TAU**2)
    density = 2 * sp.sqrt(2 * sp.pi) * (2 * A / TAU**4 - 1 / TAU**2) * sp.exp(-A / TAU**2)
    proof.step("Kolmogorov's law by its other series", sp.diff(cdf, TAU), density)
    alternating = 2 * (-1) ** N * sp.exp(-(N**2) * TAU**2 / 2)
    first = 2 * (-1) ** (N + 1) * N**2 * TAU * sp.exp(-(N**2) * TAU**2 / 2)
    proof.step("and by the first", sp.diff(alternating, TAU), first)
    decay = A + Z**2 / 2
    primitive = (2 * A * (1 / TAU**2 + 1 / decay) - 1) / decay * sp.exp(-decay / TAU**2)
    integrand = sp.exp(-(Z**2) / TAU**2 / 2) / (TAU * sp.sqrt(2 * sp.pi)) * density
    proof.step("A primitive", sp.diff(primitive, TAU), integrand)
    integral = sp.limit(primitive, TAU, sp.oo) - sp.limit(primitive, TAU, 0, "+")
    pole = sp.I * sp.sqrt(2 * A)
    pair = -1 / (Z - pole) ** 2 - 1 / (Z + pole) ** 2
    proof.step("A term of the mixture: principal parts at two poles", integral, pair)
    u = sp.Symbol("u")
    at_pole = -1 / (4 * sp.sinh(u / 2) ** 2)  # exp(-z) = -exp(-u) where z = u + i (2n-1) pi
    proof.step("The logistic density at a pole", -sp.exp(-u) / (1 - sp.exp(-u)) ** 2, at_pole.rewrite(sp.exp))
    proof.step("and its principal part", sp.series(at_pole, u, 0, 1).removeO() + 1 / u**2, sp.Rational(1, 12))


def density(tau: mp.mpf) -> mp.mpf:
    """``f`` by the series that falls faster; they agree where one takes over."""
    return _far(tau) if tau > TURN else _near(tau)


def _far(tau: mp.mpf) -> mp.mpf:
    return 2 * mp.fsum((-1) ** (n - 1) * n * n * tau * mp.exp(-n * n * tau * tau / 2) for n in range(1, TERMS))


def _near(tau: mp.mpf) -> mp.mpf:
    terms = ((2 * a / tau**4 - 1 / tau**2) * mp.exp(-a / tau**2) for a in map(_pole, range(1, TERMS)))
    return 2 * mp.sqrt(2 * mp.pi) * mp.fsum(terms)


def _pole(n: int) -> mp.mpf:
    return (2 * n - 1) ** 2 * mp.pi**2 / 2


@cache
def rule() -> tuple[Node, ...]:
    """Nodes and weights, rounded; the weights sum to 1 as doubles do."""
    with mp.workdps(DIGITS):
        if not mp.almosteq(_far(mp.mpf(TURN)), _near(mp.mpf(TURN)), rel_eps=mp.mpf(10) ** -30):
            raise DerivationError("the two series of the density differ")
        return tuple((float(tau), float(weight)) for tau, weight in map(_node, range(FIRST, LAST + 1)))


def _node(k: int) -> tuple[mp.mpf, mp.mpf]:
    h = mp.mpf(STEP.p) / STEP.q
    tau = mp.exp(k * h)
    return tau, h * tau * density(tau)


def _hermite(n: int) -> list[int]:
    """Moduli of the coefficients of the Hermite polynomial ``He_n``."""
    z = sp.Symbol("z")
    return [abs(int(c)) for c in sp.Poly(sp.hermite_prob(n, z), z).all_coeffs()[::-1]]


def _largest(order: int, c: mp.mpf) -> mp.mpf:
    """Bound of ``|F^(order)|`` on rays up to ``c = cos(2 delta)``; ``y^j exp(-c y^2/2) <= (j/(c e))^(j/2)``."""
    if order == 0:  # the primitive of exp(-c y^2/2)/sqrt(2 pi)
        return 1 / (2 * mp.sqrt(c))
    terms = (x * (mp.mpf(j) / (c * mp.e)) ** (mp.mpf(j) / 2) for j, x in enumerate(_hermite(order - 1)) if x)
    return mp.fsum(terms) / mp.sqrt(2 * mp.pi)


def _mass(order: int, c: mp.mpf) -> mp.mpf:
    """Bound of ``int |f| |tau|^-order |d tau|`` on the ray: moduli of terms, integrated up to `TURN` or from it."""
    half = mp.mpf(order) / 2
    total = mp.mpf(0)
    for n in range(1, TERMS):
        fall, a = n * n * c / 2, _pole(n)
        total += n * n * fall ** (half - 1) * mp.gammainc(1 - half, fall * TURN**2)
        at = a * c / mp.mpf(TURN) ** 2
        quartic = a * (a * c) ** -(half + 3 / mp.mpf(2)) * mp.gammainc(half + 3 / mp.mpf(2), at)
        square = (a * c) ** -(half + 1 / mp.mpf(2)) * mp.gammainc(half + 1 / mp.mpf(2), at) / 2
        total += 2 * mp.sqrt(2 * mp.pi) * (quartic + square)
    return total


def _aliased(order: int) -> mp.mpf:
    """Error of the infinite rule."""
    with mp.workdps(DIGITS):
        found = []
        for delta in map(mp.mpf, ANGLES):
            c = mp.cos(2 * delta)
            decay = mp.expm1(2 * mp.pi * delta * STEP.q / STEP.p)
            found.append(2 * _largest(order, c) * _mass(order, c) / decay)
        return min(found)


def _left_out(order: int) -> mp.mpf:
    """What the nodes beyond the ends would add; of the forty next, and of further ones less than rounding of that."""
    with mp.workdps(DIGITS):
        beyond = [*range(FIRST - 40, FIRST), *range(LAST + 1, LAST + 41)]
        return _largest(order, mp.mpf(1)) * mp.fsum(abs(w) / tau**order for tau, w in map(_node, beyond))


def _rounded_up(bound: mp.mpf) -> float:
    return float(mp.nstr(bound * mp.mpf("1.05"), 2))


@cache
def error_bounds() -> tuple[float, ...]:
    """Of the derivatives of the sum, by order, at all z."""
    return tuple(_rounded_up(_aliased(order) + _left_out(order)) for order in range(ORDERS + 1))


def check(nodes: tuple[Node, ...], bounds: tuple[float, ...]) -> None:
    """Measured errors are within the bounds; weights are positive and sum to 1."""
    if fsum(weight for _, weight in nodes) != 1 or min(weight for _, weight in nodes) <= 0:
        raise DerivationError("weights of the logistic mixture do not sum to 1")
    with mp.workdps(DIGITS):
        exact = [_node(k) for k in range(FIRST, LAST + 1)]
        for z in (mp.mpf(i) / 2 for i in range(30)):
            rows = [[weight * x for x in _smoothed(z, tau)] for tau, weight in exact]
            for order, (bound, wanted) in enumerate(zip(bounds, _logistic(z), strict=True)):
                if abs(mp.fsum(row[order] for row in rows) - wanted) > bound:
                    raise DerivationError(f"derivative {order} of the mixture at {z} is off by more than its bound")


def _logistic(z: mp.mpf) -> list[mp.mpf]:
    """Derivatives of ``tanh(z/2)/2``, polynomials in ``v = tanh(z/2)`` with ``v' = (1 - v^2)/2``."""
    v, at = sp.Symbol("v"), mp.tanh(z / 2)
    form, values = v / 2, []
    for _ in range(ORDERS + 1):
        values.append(mp.polyval([mp.mpf(c.p) / c.q for c in sp.Poly(form, v).all_coeffs()], at))
        form = sp.expand(sp.diff(form, v) * (1 - v**2) / 2)
    return values


def _smoothed(z: mp.mpf, tau: mp.mpf) -> list[mp.mpf]:
    """Derivatives of ``F(z/tau)``."""
    x = z / tau
    values = [mp.erf(x / mp.sqrt(2)) / 2, mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi) / tau]
    for n in range(1, ORDERS):
        before = values[n - 1] if n > 1 else 0
        values.append(-(z * values[n] + (n - 1) * before) / tau**2)
    return values


def _module(nodes: tuple[Node, ...], bounds: tuple[float, ...]) -> str:
    title = "The logistic function as a mixture of normal laws, sum of w Phi(z/tau)."
    lines = [
        header(title, "derivations/logistic_mixture.py"),
        "# (tau, w)",
        "NODES = (",
        *(f"    ({tau!r}, {weight!r})," for tau, weight in nodes),
        ")",
        "# of the error of the derivatives of order 0, 1, ..., at all z",
        f"BOUNDS = ({', '.join(map(repr, bounds))})",
        "",
    ]
    return "\n".join(lines)
