r"""One ReLU neuron and its teacher: eigenvalues in the angle and the norm ratio ``r = |w*| / |w|``.

The curvature of ``1/2 E |grad^m f_S - grad^m f_T|^2`` is the self block of ``w`` minus the own block of the pair
``(w, w*)``. In the frame ``(u^, e)`` its in-plane part is triangular for every order and convention, so eigenvalues
of a sum of orders are sums of eigenvalues.
"""

import sympy as sp

from derivations.catalogue import Output, Record, record
from derivations.relu import power_of_relu
from sobolev_theory._checks import CONVENTIONS
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.codegen import function, header
from sobolev_theory.symbolic.reduction import reduce, short_form
from sobolev_theory.symbolic.symbols import cosine, p, q, ratio, sine, theta

SOURCE = "Oh, Lyu & Son 2025 (arXiv 2509.19773)"
DEVIATION = (
    "A secondary source prints the factor |w*|^2/(2 pi |w| sin(theta)); "
    "homogeneity of degree 0 of the ReLU Hessian forces |w*|/(2 pi |w| sin(theta))."
)


def derive() -> Output:
    """Eigenvalues per order and convention, and the condition numbers that follow."""
    proof = Derivation()
    functions, table, records = [], [], []
    eigenvalues = {}
    for order, derivative in ((0, None), (1, "backprop"), (1, "exact")):
        values = _eigenvalues(order, derivative, proof)
        name = "_".join(filter(None, ("eigenvalues", str(order), derivative)))
        doc = f"Radial, in-plane and transverse eigenvalue, order {order}{', ' + derivative if derivative else ''}."
        functions.append(function(name, doc, (ratio, sine, cosine), values))
        table += [f'    ({order}, "{d}"): {name},' for d in ((derivative,) if derivative else CONVENTIONS)]
        statement = "Eigenvalues of the curvature: radial, in-plane, transverse (multiplicity d - 2)"
        key = "/".join(filter(None, ("relu/single_neuron/eigenvalues", f"order{order}", derivative)))
        records.append(
            record(key, statement, (theta, ratio), values, "0 < theta < pi, r > 0; radians", SOURCE, None, DEVIATION)
        )
        eigenvalues[order, derivative] = values
    records += _condition_numbers(eigenvalues, proof)
    title = "One ReLU neuron: eigenvalues of the curvature of order m in the norm ratio r and the angle."
    preamble = header(title, "derivations/single_neuron.py")
    body = "\n\n".join(functions)
    text = "\n".join([preamble, "from typing import Any", "", "", body, "", "EIGENVALUES = {", *table, "}", ""])
    return Output({"single_neuron.py": text}, records)


def _eigenvalues(order: int, derivative: str | None, proof: Derivation) -> tuple[sp.Expr, ...]:
    """Self block of ``w`` minus own block of ``(w, w*)`` at ``|w| = 1``, ``|w*| = r``."""
    formulas = power_of_relu(1)
    table = {(x.name, x.order, x.derivative): x.coefficients for x in formulas.quantities}
    identity, radial = (c.subs(p, 1) for c in table["self_own", order, derivative])
    own = [c.subs({p: 1, q: ratio}) for c in table["own", order, derivative]]
    proof.step(f"Order {order} {derivative or ''}: the in-plane block is triangular", own[3], sp.Integer(0))
    bulk = formulas.bilinear[order] + identity - own[0]
    return tuple(sp.expand(short_form(x)) for x in (bulk + radial - own[1], bulk - own[4], bulk))


def _condition_numbers(
    eigenvalues: dict[tuple[int, str | None], tuple[sp.Expr, ...]], proof: Derivation
) -> list[Record]:
    r"""The condition numbers of L2 and backprop H1, and their ratio, in ``x = r sin(theta)/pi < 1/2``."""
    x = sp.Symbol("x", nonnegative=True)
    at_x = {sine: sp.pi * x / ratio}
    l2 = [sp.simplify(e.subs(at_x)) for e in eigenvalues[0, None]]
    h1 = [
        sp.simplify((a + b).subs(at_x)) for a, b in zip(eigenvalues[0, None], eigenvalues[1, "backprop"], strict=True)
    ]
    for name, values, expected in (
        ("L2", l2, (sp.Rational(1, 2), sp.Rational(1, 2) - x, sp.Rational(1, 2) - x / 2)),
        ("H1", h1, (sp.Integer(1), 1 - 3 * x / 2, 1 - x / 2)),
    ):
        for left, right in zip(values, expected, strict=True):
            proof.step(f"{name} eigenvalue in x", left, right)
    kappa_l2 = proof.step("kappa_L2: radial over in-plane", l2[0] / l2[1], 1 / (1 - 2 * x))
    kappa_h1 = proof.step("kappa_H1: radial over in-plane", h1[0] / h1[1], 1 / (1 - 3 * x / 2))
    gain = proof.step("kappa_H1/kappa_L2", kappa_h1 / kappa_l2, (1 - 2 * x) / (1 - 3 * x / 2))
    proof.step(
        "1 - kappa_H1/kappa_L2 = (x/2)/(1 - 3x/2), positive for 0 < x < 1/2", 1 - gain, (x / 2) / (1 - 3 * x / 2)
    )
    statement = "kappa_H1/kappa_L2 with x = r sin(theta)/pi, backprop convention"
    domain = "0 <= x < 1/2; for x >= 1/2 the L2 Hessian is singular or indefinite"
    exact = [reduce(a + b) for a, b in zip(eigenvalues[0, None], eigenvalues[1, "exact"], strict=True)]
    proof.step(
        "Exact convention: transverse H1 eigenvalue 1 + r cos(2 theta)/(2 pi sin(theta)), divergent as theta -> 0",
        exact[2],
        1 + ratio * sp.cos(2 * theta) / (2 * sp.pi * sp.sin(theta)),
        reduce,
    )
    return [record("relu/single_neuron/condition_number_ratio", statement, (x,), (gain,), domain, SOURCE, proof)]
