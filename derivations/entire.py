r"""Moments of polynomials and of exponentials ``exp(b z)`` with complex ``b``, of arguments with means ``m_1, m_2``.

A moment of one argument solves ``d K/ds = (1/2) d_m^2 K``, one of two Price's equations ``d K/ds = (1/2) d_1^2 K``,
``d K/d rho = d_1 d_2 K``, ``d K/dt = (1/2) d_2^2 K``, and both are the functions themselves where ``s = rho = t = 0``.
That determines them, and is all that is used.

- ``E He_n(z)`` of the polynomials that are orthogonal under ``N(0, tau)``, powers at ``tau = 0``, is that of ``m`` and
  of variance ``tau - s``: a recurrence in which powers do not cancel.
- ``E[P(z_1) g(z_2)] = sum_k rho^k/k! E P^(k)(z_1) E g^(k)(z_2)`` ends at the degree of ``P``.
- ``Re(A exp(b z_1)) Re(C exp(c z_2))``, ``b = beta + i omega``, ``c = gamma + i eta``, has the moment ``exp(E) (cosh(x)
  Re u Re v + sinh(x) Im u Im v)`` with ``x = omega eta rho``, ``u = A exp(i phi)``, ``v = C exp(i psi)``: what is odd
  in short vectors is a hyperbolic sine, no difference of exponentials.
- ``Var(x z_1 + y z_2)`` where ``x y rho < 0`` is written so that it is small where ``x z_1`` and ``-y z_2`` are near.
"""

from itertools import product
from math import factorial

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import g, rho, s, t

HIGHEST = 20
"""Degree up to which the recurrence is proved."""

m, m1, m2, x, y, angle = sp.symbols("m m1 m2 x y angle", real=True)
tau, size = sp.symbols("tau size", nonnegative=True)
n = sp.Symbol("n", integer=True, positive=True)
same, before = sp.symbols("same before", real=True)  # neighbours of a mean in the recurrence
beta, omega, gamma, eta = sp.symbols("beta omega gamma eta", real=True)
along, across = sp.symbols("along across", nonnegative=True)
re_u, im_u, re_v, im_v = sp.symbols("reu imu rev imv", real=True)
AT_PAIR = {g: s * t - rho**2}

NEXT = m * same + n * (s - tau) * before
"""``E He_(n+1)`` by ``E He_n`` and ``E He_(n-1)``."""
WIDE = x**2 * s + y**2 * t + 2 * size
NARROW = ((x**2 * s - y**2 * t) ** 2 + 4 * x**2 * y**2 * g) / WIDE
"""``Var(x z_1 + y z_2)`` at ``size = x y rho``, and at ``size = -x y rho``."""
MEAN = (beta * m + (beta**2 - omega**2) * s / 2, omega * (m + beta * s))
"""Of ``E exp(b z)`` the logarithm of the modulus, and the phase."""
PHASES = (omega * (m1 + beta * s + gamma * rho), eta * (m2 + gamma * t + beta * rho))
"""``phi`` and ``psi``."""
EXPONENT = beta * m1 + gamma * m2 + (along - across) / 2
"""``E + |x|``, by ``Var(beta z_1 + gamma z_2)`` and the lesser of ``Var(omega z_1 +- eta z_2)``."""
REST = sp.exp(-size) * (sp.cosh(angle) * re_u * re_v + sp.sinh(angle) * im_u * im_v)
"""What multiplies ``exp(E + |x|)``, at ``size = |x|``."""


def derive() -> Output:
    """The functions; every form in them is verified."""
    proof = Derivation()
    _polynomials(proof)
    _terminating_sum(proof)
    _variances(proof)
    _exponentials(proof)
    functions = [
        function("following", "E He_(n+1) by E He_n and E He_(n-1).", (m, s, tau, n, same, before), (NEXT,)),
        function("wide", "Var(x z_1 + y z_2), size = x y rho.", (x, y, s, t, size), (WIDE,)),
        function("narrow", "Var(x z_1 + y z_2), size = -x y rho.", (x, y, s, t, g, size), (NARROW,)),
        function("mean", "Of E exp(b z): logarithm of the modulus, phase.", (beta, omega, m, s), MEAN),
        function("phases", "phi and psi.", (beta, omega, gamma, eta, m1, m2, s, rho, t), PHASES),
        function("exponent", "E + |x|.", (beta, gamma, m1, m2, along, across), (EXPONENT,)),
        function("rest", "What multiplies exp(E + |x|).", (angle, size, re_u, im_u, re_v, im_v), (REST,)),
    ]
    title = header("Moments of polynomials and of exponentials of arguments with means.", "derivations/entire.py")
    imports = ["from typing import Any", "", "from .._special import damped_cosh, damped_sinh", "", ""]
    return Output({"entire.py": "\n".join([title, *imports, "\n\n".join(functions)])}, [])


def _polynomials(proof: Derivation) -> None:
    """Means of polynomials: ``He_n' = n He_(n-1)``, the heat equation, and the polynomials at ``s = 0``."""
    means = [sp.S.One, m]
    for k in range(1, HIGHEST):
        means.append(sp.expand(NEXT.subs({n: k, same: means[k], before: means[k - 1]})))
    density = sp.exp(-(m**2) / (2 * tau))
    for k in range(1, HIGHEST + 1):
        proof.step(f"Derivative of $E He_{{{k}}}$", sp.diff(means[k], m), k * means[k - 1], sp.expand)
        heat = sp.diff(means[k], m, 2) / 2
        proof.step(f"Heat equation of $E He_{{{k}}}$", sp.diff(means[k], s), heat, sp.expand)
        rodrigues = (-tau) ** k * sp.diff(density, m, k) / density
        proof.step(f"$He_{{{k}}}$ is orthogonal", means[k].subs(s, 0), rodrigues, sp.expand)


def _terminating_sum(proof: Derivation) -> None:
    """Price's equation in rho: ``P_k = E P^(k)(z_1)``, zero beyond the degree, and ``G_k = E g^(k)(z_2)``."""
    P, G = (sp.IndexedBase(name) for name in "PG")

    def total(shift: int) -> sp.Expr:
        orders = range(HIGHEST + 1 - shift)
        return sp.Add(*(rho**k / factorial(k) * P[k + shift] * G[k + shift] for k in orders))

    left, right = sp.diff(total(0), rho), total(1)
    proof.step(r"$\partial_\rho$ of the terminating sum is $\partial_1 \partial_2$", left, right, sp.expand)
    proof.step("Independent arguments", total(0).subs(rho, 0), P[0] * G[0])


def _variances(proof: Derivation) -> None:
    """Of a sum, by the sign of ``x y rho``."""
    variance = x**2 * s + 2 * x * y * rho + y**2 * t
    proof.step(r"Variance of a sum, $x y \rho > 0$", WIDE.subs(size, x * y * rho), variance)
    proof.step(r"Variance of a sum, $x y \rho < 0$", NARROW.subs(size, -x * y * rho).subs(AT_PAIR), variance)


def _exponentials(proof: Derivation) -> None:
    """Moments of one exponential and of two, and of their real parts."""
    b = beta + sp.I * omega
    mean = sp.exp(MEAN[0] + sp.I * MEAN[1])
    proof.step("Heat equation of $E e^{bz}$", sp.diff(mean, s) / mean, sp.diff(mean, m, 2) / (2 * mean), sp.expand)
    proof.step("$e^{bz}$ of a constant", sp.log(mean.subs(s, 0)), b * m, _exponents)
    heat = ((s, m1, m1, sp.Rational(1, 2)), (rho, m1, m2, sp.S.One), (t, m2, m2, sp.Rational(1, 2)))
    for sign, side in product((1, -1), (1, -1)):  # with exp(c z_2) or its conjugate, and x of either sign
        other = gamma + sign * sp.I * eta
        moment = sp.exp(b * m1 + other * m2 + (b**2 * s + 2 * b * other * rho + other**2 * t) / 2)
        for letter, one, two, factor in heat:
            left, right = sp.diff(moment, letter), factor * sp.diff(moment, one, two)
            proof.step(f"Price's equation in ${sp.latex(letter)}$", left / moment, right / moment, sp.expand)
        of_x = omega * eta * rho
        variances = {along: _variance(beta, gamma), across: _variance(omega, -side * eta)}
        exponent = EXPONENT.subs(variances) - side * of_x - sign * of_x
        phase = PHASES[0] + sign * PHASES[1]
        proof.step("It is a scale times phases", sp.log(moment), exponent + sp.I * phase, _exponents)
    u, v = re_u + sp.I * im_u, re_v + sp.I * im_v
    products = (sp.exp(-angle) * sp.re(sp.expand(u * v)) + sp.exp(angle) * sp.re(sp.expand(u * v.conjugate()))) / 2
    proof.step("Real parts of both", sp.exp(-size) * products, REST.rewrite(sp.exp), sp.expand)
    proof.step("Product of real parts", sp.re(u) * sp.re(v), sp.re(sp.expand(u * v + u * v.conjugate())) / 2, sp.expand)


def _variance(first: sp.Expr, second: sp.Expr) -> sp.Expr:
    """``Var(first z_1 + second z_2)``."""
    return first**2 * s + 2 * first * second * rho + second**2 * t


def _exponents(difference: sp.Expr) -> sp.Expr:
    """Logarithms of exponentials, whose imaginary part is the phase and no angle modulo 2 pi."""
    return sp.expand(difference.replace(sp.log, lambda of: of.args[0] if isinstance(of, sp.exp) else sp.log(of)))
