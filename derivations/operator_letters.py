r"""The Sobolev operator on letters for moments and powers of the inner product, of a general order.

The calculus that gives the kernels of one activation (`symbolic.sobolev`) is run once on letters, which are
differentiated by Price's theorem:

- gram: ``K(i, j) = K_(m+i)(m+j)`` and ``G(k)``, the k-th derivative of ``rho^m``; at ``u = v``, where moments of long
  vectors cancel, ``D(i, k)``, the k-th derivative of ``K_(m+i)(m+i)(s, s, s)`` in ``s``;
- polar, for ``a z_+^n + b (-z)_+^n``: ``K_mm = (pq)^(n-m) J(0)``, ``J(i+1) = -(1/sin) dJ(i)/d theta``, and ``G(k)``,
  the k-th derivative of ``x^m`` at ``x = cos(theta)``. Where ``J(i)`` diverges ``S(i) = sin^i J(i)`` stands for it.

Below the order that jumps a Gauss-Newton block is a cross block (`derivations/gauss_newton.py`).
"""

from functools import cache

import sympy as sp

from sobolev_theory.symbolic import GramChart
from sobolev_theory.symbolic.activation import coefficients_of
from sobolev_theory.symbolic.charts import Block, PolarChart
from sobolev_theory.symbolic.symbols import cosine, p, q, rho, s, sine, t, theta

Quantities = dict[str, tuple[sp.Expr, ...]]
"""Coefficients by quantity."""

N = sp.Symbol("n", integer=True, nonnegative=True)
SIZE = sp.Symbol("size", positive=True)  # (pq)^n
SLOPE = sp.Symbol("slope")  # -d j_n/d theta
G, K, D, J, S = map(sp.Function, "GKDJS")
ARGUMENTS = {
    "gram": sp.symbols("G K"),
    "self": sp.symbols("G D"),
    "polar": (N, SIZE, p, q, sine, cosine, *sp.symbols("G J S")),
}


class Moment(sp.Function):
    """``K_(m+i)(m+j)(s, rho, t)``, differentiated by Price's theorem."""

    nargs = 5

    @classmethod
    def eval(cls, i: sp.Expr, j: sp.Expr, *at: sp.Expr) -> sp.Expr | None:
        """At ``u = v``: ``d K_ii/ds = K_(i+2)i/2 + K_(i+1)(i+1) + K_i(i+2)/2``, of which the outer two are equal."""
        if len(set(at)) > 1:
            return None
        low, apart = min(i, j), abs(i - j)
        if apart not in (0, 2):
            raise ValueError(f"K({i}, {j}) at u = v: quantities of a vector with itself need no such moment")
        return Diagonal(low, 1, at[0]) - Diagonal(low + 1, 0, at[0]) if apart else Diagonal(low, 0, at[0])

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Price's theorem."""
        i, j, *at = self.args
        up = {3: (2, 0), 4: (1, 1), 5: (0, 2)}[argindex]
        return Moment(i + up[0], j + up[1], *at) / (1 if argindex == 4 else 2)


class Diagonal(sp.Function):
    """``d^k/ds^k K_(m+i)(m+i)(s, s, s)``."""

    nargs = 3

    def fdiff(self, argindex: int = 3) -> sp.Expr:
        """The next derivative."""
        i, k, at = self.args
        return Diagonal(i, k + 1, at)


class Power(sp.Function):
    """The k-th derivative of ``x^m``."""

    nargs = 2

    def fdiff(self, argindex: int = 2) -> sp.Expr:
        """The next derivative."""
        k, x = self.args
        return Power(k + 1, x)


class Angular(sp.Function):
    """``J(i)`` at an angle."""

    nargs = 2

    def fdiff(self, argindex: int = 2) -> sp.Expr:
        """``-sin J(i+1)``."""
        i, angle = self.args
        return -sp.sin(angle) * Angular(i + 1, angle)


class Linear(sp.Function):
    """``j_n``, which falls linearly in the angle by ``S(1) = sin j_(n+1)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """The slope."""
        return -S(1)


class PolarTableChart(PolarChart):
    """The polar chart, for letters: at ``theta = 0`` they have the values there."""

    def self_value(self, f: sp.Expr) -> sp.Expr:
        """At ``v = u``."""
        return sp.expand(f.subs(q, p)).subs(theta, 0)


@cache
def gram() -> Quantities:
    """Of a smooth activation."""
    powers = Power(0, rho), Power(1, rho), Power(2, rho)
    found = coefficients_of(GramChart(), Moment(0, 0, s, rho, t), powers, jumps=False)
    return {name: tuple(map(_in_letters, values)) for name, _, values in found if name != "field_in_frame"}


def _in_letters(value: sp.Expr) -> sp.Expr:
    value = sp.expand(value).replace(Moment, lambda i, j, *_: K(i, j)).replace(Diagonal, lambda i, k, _: D(i, k))
    return value.replace(Power, lambda k, _: G(k)).replace(Angular, lambda i, _: J(i))


@cache
def polar(convention: str) -> Quantities:
    """Of ``a z_+^n + b (-z)_+^n``: ``"exact"``, at any order, and ``"backprop"``, at the order that jumps."""
    chart = PolarTableChart()
    g0, g1, g2 = ((p * q) ** -k * Power(k, sp.cos(theta)) for k in range(3))
    of_all = coefficients_of(chart, (p * q) ** N * Angular(0, theta), (g0, g1, g2), jumps=True)
    found = {name: values for name, of, values in of_all if of in (None, convention)}
    if convention == "exact":
        found |= {"gauss_newton": found["cross"], "self_gauss_newton": chart.self_gauss_newton(Block(*found["cross"]))}
    return {name: tuple(_benign(x, convention, name.startswith("self")) for x in v) for name, v in found.items()}


@cache
def in_plane() -> Quantities:
    """Of the order that jumps, exact, in two dimensions: there ``I = f_1 f_1' + f_2 f_2'``, and nothing diverges.

    In the frame alone the coefficients of ``I`` and ``f_2 f_2'`` are ``+- S(1)/sin``, of which near parallel rows leave
    rounding.
    """
    chart = PolarTableChart()
    powers = tuple((p * q) ** -k * Power(k, sp.cos(theta)) for k in range(3))
    of_all = coefficients_of(chart, (p * q) ** N * Linear(theta), powers, jumps=True)
    blocks = {name: values for name, of, values in of_all if of == "exact" and name in ("own", "cross")}
    return {f"{name}_in_plane": tuple(map(_without_sines_below, _planar(*b))) for name, b in blocks.items()}


def _planar(identity: sp.Expr, first: sp.Expr, *mixed_and_second: sp.Expr) -> tuple[sp.Expr, ...]:
    """Coefficients with ``I`` written as ``f_1 f_1' + f_2 f_2'``."""
    *mixed, second = mixed_and_second
    return sp.S.Zero, first + identity, *mixed, second + identity


def _without_sines_below(value: sp.Expr) -> sp.Expr:
    """A coefficient in letters: as ``cos^2 = 1 - sin^2`` nothing is divided by the sine."""
    value = sp.expand(sp.powsimp(sp.expand(value / (p * q) ** N)).replace(Linear, lambda _: J(0)))
    value = value.replace(Power, lambda k, _: G(k)).replace(sp.sin, lambda _: sine).replace(sp.cos, lambda _: cosine)
    above = sp.rem(sp.expand(value * sine**4), sine**2 + cosine**2 - 1, cosine)
    return SIZE * sp.factor(sp.expand(above / sine**4))


def beyond() -> dict[tuple[int, int], sp.Expr]:
    """``sin^i j_(n+e)`` by ``(e, i)``, from ``j_n``, which is linear in the angle; what `polar` needs of them."""
    moment, found = -SLOPE * theta, dict[tuple[int, int], sp.Expr]()
    for e in (1, 2):
        moment = -sp.diff(moment, theta) / sp.sin(theta)
        found |= {(e, i): sp.sin(theta) ** i * moment for i in range(3)}
    values = {key: value.subs({sp.sin(theta): sine, sp.cos(theta): cosine}) for key, value in found.items()}
    return {key: values[key] for key in ((1, 0), (1, 1), (1, 2), (2, 2))}


def _benign(value: sp.Expr, convention: str, itself: bool) -> sp.Expr:
    """A coefficient with ``S(i)`` for ``J(i)`` where it can be.

    It is linear in one function of the angle, ``F(0) = G(0) J(0)`` or, of the backprop field, ``G(1) J(0)``, and in
    what ``F(i+1) = -(1/sin) dF(i)/d theta`` make of it; or the angle is not differentiated.
    """
    value = sp.powsimp(sp.expand((value.subs(q, p) if itself else value) / (p * (p if itself else q)) ** N))
    value = _in_letters(value).replace(sp.sin, lambda _: sine).replace(sp.cos, lambda _: cosine)
    monomial = sp.cancel(value / value.subs({p: 1, q: 1})) if value else sp.S.One
    rest = sp.rem(sp.expand(value / monomial), sine**2 + cosine**2 - 1, cosine)
    low = 0 if convention == "exact" else 1
    f = sp.symbols("F:3")
    slope, bend = G(low + 1) * J(0), G(low + 2) * J(0) + 2 * G(low + 1) * J(1)
    rest = rest.subs(J(2), (f[2] - bend) / G(low)).subs(J(1), (f[1] - slope) / G(low)).subs(J(0), f[0] / G(low))
    rest = sp.expand(rest)
    if rest.has(G):  # a moment that is not differentiated
        return SIZE * monomial * sp.factor(rest.subs(f[0], G(low) * J(0)))
    constant, first, second = map(rest.coeff, f)
    finite = first.subs(sine, 0)
    terms = (
        (constant, G(low) * J(0)),
        (finite, slope + G(low) * J(1)),
        ((first - finite) / sine, sine * slope + G(low) * S(1)),
        (second / sine**2, sine**2 * G(low + 2) * J(0) + 2 * sine * G(low + 1) * S(1) + G(low) * S(2)),
    )
    written = (sp.factor(of).subs((sine - 1) * (sine + 1), -(cosine**2)) * letters for of, letters in terms)
    return SIZE * monomial * sp.Add(*written)
