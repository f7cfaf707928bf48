r"""Moments of rectifiers smoothed by Gaussian noise, ``R_n(z) = E (z + tau xi)_+^n``, ``n >= -1``; ``w = tau^2``.

With ``D_0(z) = erf(z/(tau sqrt 2))/2`` and its derivatives ``D_1, D_2, ...``: ``R_(-1) = D_1``, ``R_0 = 1/2 + D_0`` and
``R_1 = z/2 + z D_0 + w D_1``, each the derivative of the next but for a factor. Written so, odd and even parts are
apart, and moments of short vectors do not cancel.

- *Means*: of ``D_n`` that is ``D_n`` of the width ``sqrt(s + w)`` at m, of ``z D_0`` it is ``m D_0 + s D_1`` there.
- *Pairs*: ``P_ab = E[D_a(z_1) D_b(z_2)]`` is the moment of the error function of arguments in units of the widths, over
  ``4 tau_1^a tau_2^b``. With a factor ``z`` by Stein's rule; of ``z_1 D_0 z_2 D_0`` the second derivatives are those of
  lower order, ``(s + w_1) P_20 = -(m_1 P_10 + rho P_11)``, so that the large terms of long vectors are gone.
- *Squares*: ``D_1(z + x)`` times the density of ``N(m, s)`` is ``D_1`` of the width ``sqrt(s + w)`` at ``m + x`` times
  the density of another normal law, whose mean is linear in m and x. Derivatives of the mean of a product ``D_j D_k``
  of two widths follow by Leibniz' rule, in x for j and in m, and terms of long vectors do not cancel.
"""

import sympy as sp

from derivations.catalogue import Output
from derivations.erf_moments import Moment
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import g, rho, s, t

Z, M, M1, M2, D0, D1, LAST, BEFORE = sp.symbols("z m m1 m2 d0 d1 last before", real=True)
P00, P10, P01, P11, SAME, FIRST, SECOND = sp.symbols("p00 p10 p01 p11 same first second", real=True)
W, W1, W2, P, TAU1, TAU2 = sp.symbols("w w1 w2 p tau1 tau2", positive=True)
N, A, B = sp.symbols("n a b", integer=True, positive=True)

INTEGRAL = sp.erf(Z / sp.sqrt(2 * W)) / 2
DENSITY = sp.exp(-(Z**2) / (2 * W)) / sp.sqrt(2 * sp.pi * W)
FOLLOWING = -(Z * LAST + (N - 1) * BEFORE) / W
"""``D_(n+1)``, n >= 1, by ``D_n`` and ``D_(n-1)``."""
TIMES_Z = -W * LAST - (N - 1) * BEFORE
"""``z D_n``, n >= 1, by ``D_(n+1)`` and ``D_(n-1)``."""
SCALED = -(M * P / (W * sp.sqrt(N + 1)) * LAST + (N - 1) * P**2 / (W * sp.sqrt(N * (N + 1))) * BEFORE)
"""The same for ``p^n D_n/sqrt(n!)``, the Hermite coefficients of ``D_0(m + p X)``; ``w`` is the whole variance."""
RAMP = M * D0 + s * D1
TILTED = (M * W / (s + W), s * W / (s + W), W / (s + W), -s / (s + W))
WITH_RAMP = M1 * SAME + s * FIRST + rho * SECOND
"""``E[z_1 F]`` by ``E F`` and its derivatives in the means."""
RAMPS = (
    (rho + M1 * M2) * P00
    + (M1 * rho * W1 / (s + W1) + M2 * s) * P10
    + (M2 * rho * W2 / (t + W2) + M1 * t) * P01
    + (g + rho**2 * (W1 / (s + W1) + W2 / (t + W2))) * P11
)
UNITS = (M1 / TAU1, M2 / TAU2, s / TAU1**2, rho / (TAU1 * TAU2), t / TAU2**2, g / (TAU1 * TAU2) ** 2)
OF_ERF = 1 / (4 * TAU1**A * TAU2**B)


def derive() -> Output:
    """Every form is verified."""
    proof = Derivation()
    _chain(proof)
    _means(proof)
    _pairs(proof)
    functions = [
        function("integral", "D_0.", (Z, W), (INTEGRAL,)),
        function("density", "D_1.", (Z, W), (DENSITY,)),
        function("following", "D_(n+1), n >= 1, by D_n and D_(n-1).", (N, Z, W, LAST, BEFORE), (FOLLOWING,)),
        function("times_z", "z D_n, n >= 1, by D_(n+1) and D_(n-1).", (N, W, LAST, BEFORE), (TIMES_Z,)),
        function("scaled", "Likewise p^n D_n/sqrt(n!) at m, p^2 <= w.", (N, M, P, W, LAST, BEFORE), (SCALED,)),
        function("ramp", "E[z D_0] by D_0 and D_1 of the variance s + w at m.", (M, s, D0, D1), (RAMP,)),
        function(
            "tilted", "Mean and variance of N(m, s) times D_1(z + x), slopes of the mean in m and x.", (M, s, W), TILTED
        ),
        function("with_ramp", "E[z_1 F] by E F and its derivatives.", (M1, s, rho, SAME, FIRST, SECOND), (WITH_RAMP,)),
        function("ramps", "E[z_1 D_0 z_2 D_0].", (M1, M2, s, rho, t, g, W1, W2, P00, P10, P01, P11), (RAMPS,)),
        function("units", "Arguments in units of the widths.", (M1, M2, s, rho, t, g, TAU1, TAU2), UNITS),
        function("of_erf", "P_ab over the moment of the error function.", (A, B, TAU1, TAU2), (OF_ERF,)),
    ]
    title = "Rectifiers smoothed by Gaussian noise; letters in derivations/smoothed_rectifiers.py."
    start = header(title, "derivations/smoothed_rectifiers.py")
    imports = ["from typing import Any", "", "from .._special import erf", "", ""]
    return Output({"smoothed_rectifiers.py": "\n".join([start, *imports, "\n\n".join(functions)])}, [])


def _chain(proof: Derivation) -> None:
    """Recurrences, by induction, and the chain of smoothed rectifiers."""
    proof.step("$D_1$", sp.diff(INTEGRAL, Z), DENSITY)
    proof.step("$D_2$", sp.diff(DENSITY, Z), FOLLOWING.subs({N: 1, LAST: DENSITY}))
    d = sp.Function("D")
    of = {LAST: d(N, Z), BEFORE: d(N - 1, Z)}
    raised = {sp.Derivative(d(n, Z), Z): d(n + 1, Z) for n in (N - 1, N)}
    grown = sp.diff(FOLLOWING.subs(of), Z).subs(raised)
    proof.step(
        "The next derivative", grown, FOLLOWING.subs({LAST: d(N + 1, Z), BEFORE: d(N, Z), N: N + 1}, simultaneous=True)
    )
    proof.step("A product with $z$", TIMES_Z.subs(LAST, FOLLOWING), Z * LAST)
    unit = sp.sqrt(sp.factorial(N + 1)) / P ** (N + 1)
    last = SCALED.subs(
        {LAST: P**N / sp.sqrt(sp.factorial(N)) * LAST, BEFORE: P ** (N - 1) / sp.sqrt(sp.factorial(N - 1)) * BEFORE}
    )
    proof.step("As Hermite coefficients", sp.gammasimp((unit * last).rewrite(sp.gamma)), FOLLOWING.subs(Z, M))
    ramp = Z / 2 + Z * INTEGRAL + W * DENSITY
    proof.step("$R_1' = R_0$", sp.diff(ramp, Z), sp.Rational(1, 2) + INTEGRAL)
    noise = sp.Symbol("xi", real=True)
    law = sp.exp(-(noise**2) / 2) / sp.sqrt(2 * sp.pi)
    above = sp.integrate(law, (noise, -Z / sp.sqrt(W), sp.oo)).rewrite(sp.erf)
    proof.step("$R_0$ by definition", above, sp.Rational(1, 2) + INTEGRAL)
    product = sp.diff(Z * INTEGRAL, Z)
    proof.step("$(z D_0)'$", product, INTEGRAL - W * sp.diff(DENSITY, Z))


def _means(proof: Derivation) -> None:
    """By the heat equation in the variance and the value at s = 0; the tilt by Gaussians."""
    at = {W: s + W, Z: M}
    d0, d1 = (form.subs(at, simultaneous=True) for form in (INTEGRAL, DENSITY))
    for name, mean, initial in (("$D_0$", d0, INTEGRAL), ("$z D_0$", RAMP.subs({D0: d0, D1: d1}), Z * INTEGRAL)):
        proof.step(f"Heat equation of the mean of {name}", sp.diff(mean, s), sp.diff(mean, M, 2) / 2)
        proof.step(f"The mean of {name} of a constant", mean.subs(s, 0), initial.subs(Z, M))
    shift = sp.Symbol("x", real=True)
    mean, variance, in_mean, in_shift = TILTED
    proof.step("Slope of the mean", sp.diff(mean, M), in_mean)
    tilted = _law(Z, mean + in_shift * shift, variance) * DENSITY.subs({Z: M + shift, W: s + W}, simultaneous=True)
    product = DENSITY.subs(Z, Z + shift) * _law(Z, M, s)
    proof.step("The tilt", sp.simplify(product / tilted), sp.S.One)


def _law(z: sp.Expr, mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """The density of a normal law."""
    return DENSITY.subs({Z: z - mean, W: variance}, simultaneous=True)


def _pairs(proof: Derivation) -> None:
    """Stein's rule, and the second derivatives of ``P_00``."""
    big, other = s + W1, t + W2
    of_first = DENSITY.subs({Z: M1, W: W1})
    along = {Z: M2 - rho * M1 / W1, W: W2}  # z_2 given z_1 = 0, of variances w_1 and w_2 + rho^2/w_1
    p_10, p_11 = of_first * INTEGRAL.subs(along), of_first * DENSITY.subs(along)
    proof.step("$P_{11}$", sp.diff(p_10, M2), p_11)
    proof.step("$P_{20}$", sp.diff(p_10, M1), -(M1 * p_10 + rho * p_11) / W1, sp.expand)
    moment = Moment(0, 0, M1, M2)
    once = _stein(moment, M1, s, rho, M1, M2)
    with_ramp = WITH_RAMP.subs({SAME: moment, FIRST: Moment(1, 0, M1, M2), SECOND: Moment(0, 1, M1, M2)})
    proof.step("Stein's rule", once, with_ramp)
    twice = _stein(once, M2, t, rho, M2, M1)
    second = {
        Moment(2, 0, M1, M2): -(M1 * P10 + rho * P11) / big,
        Moment(0, 2, M1, M2): -(M2 * P01 + rho * P11) / other,
    }
    letters = {Moment(a, b, M1, M2): p for a, b, p in ((0, 0, P00), (1, 0, P10), (0, 1, P01), (1, 1, P11))}
    proof.step("twice", twice.subs({**second, **letters}), RAMPS.subs(g, s * t - rho**2))
    error_function = sp.erf(Z / sp.sqrt(2))
    proof.step("By the error function", INTEGRAL.subs(W, TAU1**2), error_function.subs(Z, Z / TAU1) / 2)


def _stein(
    value: sp.Expr, mean: sp.Symbol, variance: sp.Symbol, covariance: sp.Symbol, own: sp.Symbol, other: sp.Symbol
) -> sp.Expr:
    """``E[z F]`` by ``E F``."""
    return mean * value + variance * sp.diff(value, own) + covariance * sp.diff(value, other)
