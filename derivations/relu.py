r"""Powers of the rectifier, ``sigma(z) = max(z, 0)^n``: ``K_00 = (p q)^n J_n(theta) / (2 pi)``, and what follows.

In polar coordinates of span(u, v), ``u . x = p R cos(eta)`` and ``v . x = q R cos(eta - theta)``; both are positive
on the sector ``theta - pi/2 < eta < pi/2``. The radius integrates to ``2^n n!``, the sector to ``J_n``.
"""

from functools import cache

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import POLAR, ActivationFormulas, ArcCosine, Derivation, derive_activation
from sobolev_theory.symbolic.activation_records import activation_records
from sobolev_theory.symbolic.arc_cosine import defining_integral
from sobolev_theory.symbolic.codegen import activation_module
from sobolev_theory.symbolic.latex import readable
from sobolev_theory.symbolic.reduction import reduce
from sobolev_theory.symbolic.symbols import p, q, theta, z

SOURCE = "Cho & Saul 2009; Oh, Lyu & Son 2025 (arXiv 2509.19773)"
POWERS = (1, 2, 3)


def derive() -> Output:
    """ReLU, ReLU^2 and ReLU^3; the derivation holds for every n >= 1."""
    files, records = {}, []
    for n in POWERS:
        formulas = power_of_relu(n)
        files[f"{formulas.name}.py"] = activation_module(formulas, "derivations/relu.py")
        records += activation_records(formulas, SOURCE)
    return Output(files, records)


@cache
def power_of_relu(n: int) -> ActivationFormulas:
    """Derive all formulas of ``max(z, 0)^n``."""
    proof = Derivation()
    kernel = _kernel(n, proof)
    split = sp.S.Zero
    if n == 1:
        # ReLU(z) = z/2 + |z|/2: the linear half leaves a remainder that vanishes like theta^3 at theta = 0
        split = sp.Rational(1, 2)
        remainder = p * q * ArcCosine(1, sp.pi - theta) / (2 * sp.pi)
        kernel = proof.step(r"Split off $\rho/2$", kernel, split * POLAR.inner + remainder, reduce)
    name = "relu" if n == 1 else f"relu{n}"
    formulas = derive_activation(name, z**n * sp.Heaviside(z), kernel, POLAR, proof, degree=n, split=split, max_order=n)
    _second_route(formulas, proof)
    return formulas


def _kernel(n: int, proof: Derivation) -> sp.Expr:
    """``E[(u.x)_+^n (v.x)_+^n]`` by integration over radius and angle."""
    radius, eta, alpha = sp.Symbol("R", positive=True), sp.Symbol("eta", real=True), sp.Symbol("alpha", real=True)
    radial = sp.integrate(radius ** (2 * n + 1) * sp.exp(-(radius**2) / 2), (radius, 0, sp.oo))
    radial = proof.step(r"Radial integral $\int_0^\infty R^{2n+1} e^{-R^2/2} dR$", radial, 2**n * sp.factorial(n))
    product = sp.cos(eta) * sp.cos(eta - theta)
    half_angle = ((sp.cos(theta) + sp.cos(alpha)) / 2).subs(alpha, 2 * eta - theta)
    proof.step(r"Half angle, $\alpha = 2 \eta - \weightangle$", product, half_angle)
    integrand = sp.expand(((sp.cos(theta) + sp.cos(alpha)) / 2) ** n) / 2  # d eta = d alpha / 2
    angular = sp.integrate(integrand, (alpha, theta - sp.pi, sp.pi - theta))
    angular = proof.step(
        "Angular integral over the sector", angular, defining_integral(n) / (2**n * sp.factorial(n)), reduce
    )
    return proof.step(
        r"$K_{00}$, by the arc-cosine function",
        (p * q) ** n * radial * angular / (2 * sp.pi),
        (p * q) ** n * ArcCosine(n, theta) / (2 * sp.pi),
        reduce,
    )


def _second_route(formulas: ActivationFormulas, proof: Derivation) -> None:
    """Check fields and own blocks by plain polar calculus, which does not pass through ``s, rho, t``.

    ``grad_u F = F_p u^ - (F_theta / p) e``; and since ``d u^ = (e e' + P)/p``, ``d e = -(u^ e' + cot(theta) P)/p``
    (``P`` the transverse projector), a field ``alpha u^ + beta e`` has the Jacobian with transverse part ``(alpha -
    beta cot)/p`` and in-plane entries ``alpha_p, -(alpha_theta + beta)/p; beta_p, (alpha - beta_theta)/p``.
    """
    table = {(x.name, x.order, x.derivative): [readable(c) for c in x.coefficients] for x in formulas.quantities}
    for (name, order, derivative), coefficients in table.items():
        label = f"{formulas.name}, order {order}, {derivative or 'both conventions'}"
        if name in ("field", "field_in_frame") and derivative != "backprop":
            (term,) = table["value", order, None]
            alpha, beta = _in_frame(table, order, derivative)
            proof.check(f"Gradient by polar calculus, u^ ({label})", sp.diff(term, p), alpha, reduce)
            proof.check(f"Gradient by polar calculus, e ({label})", -sp.diff(term, theta) / p, beta, reduce)
        if name == "own":
            alpha, beta = _in_frame(table, order, derivative)
            transverse = (alpha - beta * sp.cos(theta) / sp.sin(theta)) / p
            in_plane = (
                sp.diff(alpha, p) - transverse,
                -(sp.diff(alpha, theta) + beta) / p,
                sp.diff(beta, p),
                (alpha - sp.diff(beta, theta)) / p - transverse,
            )
            for left, right in zip((transverse, *in_plane), coefficients, strict=True):
                proof.check(f"Jacobian by polar calculus ({label})", left, right, reduce)


def _in_frame(
    table: dict[tuple[str, int, str | None], list[sp.Expr]], order: int, derivative: str | None
) -> tuple[sp.Expr, sp.Expr]:
    """Coefficients of a field on ``(u^, e)``, from those on ``(u, v)`` where these were derived."""
    if ("field", order, derivative) in table:
        on_u, on_v = table["field", order, derivative]
        return on_u * p + on_v * q * sp.cos(theta), on_v * q * sp.sin(theta)
    along, towards = table["field_in_frame", order, derivative]
    return along, towards
