"""Value, field and curvature blocks of one pair of weight vectors.

Throughout, m is the order, `rho = u . v`, `s = sigma^(m)`, `s' = sigma^(m+1)`, `psi_u(x) = s(u.x) u^(tensor m)`, and
`<u^(tensor m), v^(tensor m)> = rho^m`.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import mpmath
from mpmath import mp

from . import erf, relu_power
from .plane import Pair, frame
from .quadrature import Number, jacobian, precision

Derivative = Literal["backprop", "exact"]

DIFFERENCE_DIGITS = 130
"""Digits carried while a field is differentiated."""

DIFFERENCE_STEP = 45
"""Central differences step by `10^-45` of the norm: truncation `10^-90 / sin(theta)^2`, rounding `10^-85`.

At theta = 0 exactly, below the jump, the field is C^1 with a kink in its derivative, and the error is `10^-45`.
"""


def relu_exponent(activation: str) -> int:
    """n of `relu<n>`; 0 for erf."""
    if activation == "erf":
        return 0
    if activation.startswith("relu") and (activation[4:] or "1").isdigit():
        return int(activation[4:] or "1")
    raise ValueError(f"activation must be 'erf' or 'relu<n>', got {activation!r}")


def jumps(activation: str, order: int) -> bool:
    """Whether `sigma^(order)` jumps: then the derivative conventions differ and parallel pairs are singular."""
    power = relu_exponent(activation)
    if power and order > power:
        raise ValueError(f"E|grad^{order} {activation}|^2 is infinite; the order must be at most {power}")
    return power > 0 and order == power


def value(activation: str, order: int, p: Number, q: Number, theta: Number) -> Number:
    """E<grad^m sigma_u, grad^m sigma_v> = rho^m E[s(u.x) s(v.x)]."""
    with precision():
        return pair_value(activation, order, Pair.from_angle(p, q, theta))


def field(activation: str, order: int, derivative: Derivative, p: Number, q: Number, theta: Number) -> mpmath.matrix:
    """E<d_u psi_u, psi_v> = rho^m E[s'(u.x) s(v.x) x] + m rho^(m-1) E[s(u.x) s(v.x)] v, a vector of R^3.

    "exact" keeps the Dirac part of s', and the field is the gradient of `value` in u; "backprop" drops it.
    """
    with precision():
        pair = Pair.from_angle(p, q, theta)
        if jumps(activation, order) and derivative == "exact":
            _refuse_parallel(pair)
        return mp.matrix([*_field_in_plane(activation, order, derivative, pair), mp.zero])


def own_block(
    activation: str, order: int, derivative: Derivative, p: Number, q: Number, theta: Number
) -> mpmath.matrix:
    """Jacobian of `field` in u, v fixed: 3 x 3, rows are components of the field, columns coordinates of u.

    relu<n>: central differences of the field. erf: with `E_k = E[. x^(tensor k)]`,

        rho^m E_2[s''_u s_v] + m rho^(m-1) (E_1[s'_u s_v] v' + v E_1[s'_u s_v]') + m(m-1) rho^(m-2) E_0[s_u s_v] v v'.
    """
    if relu_exponent(activation):
        return _difference_block(activation, order, derivative, p, q, theta, moving=0)
    _check(derivative)
    with precision():
        return smooth_own_block(activation, order, Pair.from_angle(p, q, theta))


def cross_block(
    activation: str, order: int, derivative: Derivative, p: Number, q: Number, theta: Number
) -> mpmath.matrix:
    """Jacobian of `field` in v, u fixed: 3 x 3, rows are components of the field, columns coordinates of v.

    relu<n>: central differences of the field. erf: `d_v E<d_u psi_u, psi_v>` is the Gauss-Newton block.
    """
    if relu_exponent(activation):
        return _difference_block(activation, order, derivative, p, q, theta, moving=1)
    _check(derivative)
    return gauss_newton_block(activation, order, p, q, theta)


def gauss_newton_block(activation: str, order: int, p: Number, q: Number, theta: Number) -> mpmath.matrix:
    """The 3 x 3 matrix N with `h' N k = E<d_u psi_u[h], d_v psi_v[k]>`, absolutely continuous derivatives.

    With `d_u psi_u[h] = s'_u (h.x) u^(tensor m) + s_u (h in each of the m slots)` the contractions give

        N = rho^m E[s'_u s'_v x x'] + m rho^(m-1) (E[s'_u s_v x] u' + v E[s_u s'_v x]' + E[s_u s_v] I)
            + m(m-1) rho^(m-2) E[s_u s_v] v u'.
    """
    with precision():
        jumps(activation, order)
        pair, m = Pair.from_angle(p, q, theta), order
        block = pair.rho**m * _second_moment(activation, m + 1, m + 1, pair)
        if m:
            left, right = (
                mp.matrix([*pair_moments(activation, a, b, 1, pair), mp.zero]) for a, b in ((m + 1, m), (m, m + 1))
            )
            u, v, mass = mp.matrix(pair.u), mp.matrix(pair.v), pair_moments(activation, m, m, 0, pair)[0]
            block += m * pair.rho ** (m - 1) * (left * u.T + v * right.T + mass * mp.eye(3))
        if m > 1:
            block += m * (m - 1) * pair.rho ** (m - 2) * mass * (v * u.T)
        return block


def smooth_own_block(activation: str, order: int, pair: Pair) -> mpmath.matrix:
    """The formula in `own_block`; it holds where `sigma^(m+2)` has no Dirac part."""
    m, v = order, mp.matrix(pair.v)
    block = pair.rho**m * _second_moment(activation, m + 2, m, pair)
    if m:
        mean = mp.matrix([*pair_moments(activation, m + 1, m, 1, pair), mp.zero])
        block += m * pair.rho ** (m - 1) * (mean * v.T + v * mean.T)
    if m > 1:
        block += m * (m - 1) * pair.rho ** (m - 2) * pair_moments(activation, m, m, 0, pair)[0] * (v * v.T)
    return block


def pair_moments(activation: str, a: int, b: int, rank: int, pair: Pair) -> list[Number]:
    """E[sigma^(a)_ac(u.x) sigma^(b)_ac(v.x) x1^(rank-k) x2^k] for k = 0..rank, in the frame `(u^, e)`."""
    power = relu_exponent(activation)
    return relu_power.moments(power, a, b, rank, pair) if power else erf.moments(a, b, rank, pair)


def pair_value(activation: str, order: int, pair: Pair) -> Number:
    """`value` of a `Pair`."""
    jumps(activation, order)
    return pair.rho**order * pair_moments(activation, order, order, 0, pair)[0]


def field_of_vectors(
    activation: str, order: int, derivative: Derivative, u: Sequence[Number], v: Sequence[Number]
) -> list[Number]:
    """`field` of two vectors of R^d, in the coordinates of R^d."""
    pair, unit, e = frame(u, v)
    if jumps(activation, order) and derivative == "exact":
        _refuse_parallel(pair)
    along, across = _field_in_plane(activation, order, derivative, pair)
    return [along * x + across * y for x, y in zip(unit, e, strict=True)]


def _field_in_plane(activation: str, order: int, derivative: Derivative, pair: Pair) -> tuple[Number, Number]:
    """Components of `field` along `u^` and `e`."""
    _check(derivative)
    m = order
    singular = jumps(activation, m)
    first = pair_moments(activation, m + 1, m, 1, pair)
    if singular and derivative == "exact":
        dirac = relu_power.dirac_moments(relu_exponent(activation), pair)
        first = [regular + delta for regular, delta in zip(first, dirac, strict=True)]
    along, across = (pair.rho**m * x for x in first)
    if m:
        mass = m * pair.rho ** (m - 1) * pair_moments(activation, m, m, 0, pair)[0]
        along, across = along + mass * pair.v[0], across + mass * pair.v[1]
    return along, across


def _second_moment(activation: str, a: int, b: int, pair: Pair) -> mpmath.matrix:
    """E[sigma^(a)(u.x) sigma^(b)(v.x) x x']; the transverse coordinate is independent with variance 1."""
    x11, x12, x22 = pair_moments(activation, a, b, 2, pair)
    transverse = pair_moments(activation, a, b, 0, pair)[0]
    return mp.matrix([[x11, x12, 0], [x12, x22, 0], [0, 0, transverse]])


def _difference_block(
    activation: str, order: int, derivative: Derivative, p: Number, q: Number, theta: Number, moving: int
) -> mpmath.matrix:
    """Jacobian of `field_of_vectors` in u (`moving` 0) or v (`moving` 1)."""
    with precision(DIFFERENCE_DIGITS):
        pair = Pair.from_angle(p, q, theta)
        if jumps(activation, order):
            _refuse_parallel(pair)

        def moved(point: list[Number]) -> list[Number]:
            u, v = (point, pair.v) if moving == 0 else (pair.u, point)
            return field_of_vectors(activation, order, derivative, u, v)

        point, norm = ((pair.u, pair.p), (pair.v, pair.q))[moving]
        return jacobian(moved, point, norm * mp.mpf(10) ** -DIFFERENCE_STEP)


def _refuse_parallel(pair: Pair) -> None:
    if pair.sin == 0:
        raise ValueError("the derivative does not exist at theta = 0 for an order whose derivative jumps")


def _check(derivative: str) -> None:
    if derivative not in get_args(Derivative):
        raise ValueError(f"derivative must be one of {get_args(Derivative)}, got {derivative!r}")
