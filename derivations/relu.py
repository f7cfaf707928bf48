r"""Powers of the rectifier, ``sigma(z) = max(z, 0)^n``: ``K_00 = (p q)^n J_n(theta) / (2 pi)``, and what follows.

The integral is the case ``a = 1, b = 0`` of `symbolic.rectifiers`; what follows from it is checked here by a second
route.
"""

from functools import cache

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import POLAR, ActivationFormulas, Derivation, derive_activation
from sobolev_theory.symbolic.algebra.reduction import reduce_polar
from sobolev_theory.symbolic.catalogue.activation_records import activation_records
from sobolev_theory.symbolic.catalogue.latex import readable
from sobolev_theory.symbolic.code.modules import activation_module, function, header
from sobolev_theory.symbolic.derive import rectifiers
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
    files["two_slopes.py"] = two_slopes()
    return Output(files, records)


def two_slopes() -> str:
    """Kernels of ``a z_+ + b (-z)_+`` from those of the rectifier: ``z/2`` and ``|z|/2`` do not correlate.

    What is left when a multiple of ``rho`` is split off grows by a factor, that of ``|z|``, which is ``(a + b)/2``.
    """
    a, b = sp.symbols("a b", real=True)
    proof = Derivation()
    (of_relu, relu_split), (result, split) = (
        rectifiers.kernel(1, *at, proof) for at in ((sp.S.One, sp.S.Zero), (a, b))
    )
    factor = (a + b) ** 2
    rest, of_ramp = result - split * POLAR.inner, of_relu - relu_split * POLAR.inner
    proof.step("The part of |z|", rest, factor * of_ramp, reduce_polar)
    doc = "Factor of the pair kernels of max(z, 0), and the coefficient of u . v that is split off."
    body = function("two_slopes", doc, (a, b), (factor, split))
    title = "Leaky ReLU of any slope, a max(z, 0) + b max(-z, 0), from max(z, 0)."
    return "\n".join([header(title, "derivations/relu.py"), "from typing import Any", "", "", body])


@cache
def power_of_relu(n: int) -> ActivationFormulas:
    """Derive all formulas of ``max(z, 0)^n``."""
    proof = Derivation()
    kernel, split = rectifiers.kernel(n, sp.S.One, sp.S.Zero, proof)
    name = "relu" if n == 1 else f"relu{n}"
    formulas = derive_activation(name, z**n * sp.Heaviside(z), kernel, POLAR, proof, degree=n, split=split, max_order=n)
    _second_route(formulas, proof)
    return formulas


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
            proof.check(f"Gradient by polar calculus, u^ ({label})", sp.diff(term, p), alpha, reduce_polar)
            proof.check(f"Gradient by polar calculus, e ({label})", -sp.diff(term, theta) / p, beta, reduce_polar)
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
                proof.check(f"Jacobian by polar calculus ({label})", left, right, reduce_polar)


def _in_frame(
    table: dict[tuple[str, int, str | None], list[sp.Expr]], order: int, derivative: str | None
) -> tuple[sp.Expr, sp.Expr]:
    """Coefficients of a field on ``(u^, e)``, from those on ``(u, v)`` where these were derived."""
    if ("field", order, derivative) in table:
        on_u, on_v = table["field", order, derivative]
        return on_u * p + on_v * q * sp.cos(theta), on_v * q * sp.sin(theta)
    along, towards = table["field_in_frame", order, derivative]
    return along, towards
