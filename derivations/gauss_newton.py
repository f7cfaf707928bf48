r"""The Gauss-Newton block of a pair, as a mixed derivative.

``F_m = E <psi_u, psi_v>`` with ``psi_u = grad^m sigma(u . x)``, so ``E <d_u psi_u, d_v psi_v> = d_u d_v F_m``
wherever no Dirac term enters: the Gauss-Newton block of an order below the jump is the cross block of the Hessian. At
the order that jumps, ``sigma^(m)`` is a step with derivative zero almost everywhere: only ``u^(tensor m)`` is
differentiated, which is the cross block with ``K_mm`` held fixed.
"""

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import Derivation, GramChart, sobolev
from sobolev_theory.symbolic.catalogue.activation_records import order_parameters
from sobolev_theory.symbolic.catalogue.forms import gram_form
from sobolev_theory.symbolic.catalogue.records import Combination, formula
from sobolev_theory.symbolic.symbols import rho, s, t

ORDERS = (0, 1, 2, 3)


def derive() -> Output:
    """Both statements for a generic moment, order by order; contributes no kernel."""
    chart, proof = GramChart(), Derivation()
    # moments of exp(alpha z), exp(beta z): by superposition they stand for all; K_22 = d_rho^2 K = 4 d_s d_t K holds
    alpha, beta = sp.symbols("alpha beta", real=True)
    moment = sp.exp((alpha**2 * s + 2 * alpha * beta * rho + beta**2 * t) / 2)
    frozen = sp.Symbol("K")
    for order in ORDERS:
        powers = sobolev.powers(chart, order)
        below = sobolev.gauss_newton_block(chart, moment, powers, jumps=False)
        field = sobolev.exact_field(chart, sobolev.sobolev_term(moment, powers))
        at_jump = sobolev.gauss_newton_block(chart, frozen, powers, jumps=True)
        power = sp.diff(rho**order, rho) * frozen
        for label, left, right in (
            ("below the jump: the cross block of $F$", below, sobolev.cross_block(chart, *field)),
            (
                r"at the jump: $\partial_{\student} \partial_{\teacher} \rho$ at a fixed moment",
                at_jump,
                sobolev.cross_block(chart, sp.Integer(0), power),
            ),
        ):
            for name, x, y in zip(left._fields, left, right, strict=True):
                add = proof.step if order == 1 else proof.check
                add(f"Order {order}, {label}, {name.replace('_', ', ')}", x, y)
    block = sobolev.gauss_newton_block(chart, moment, sobolev.powers(chart, 1), jumps=False)
    labels = ["I", *(rf"{u} {{{v}}}^\top" for u in (r"\student", r"\teacher") for v in (r"\student", r"\teacher"))]
    entry = formula(
        "gauss_newton/block",
        r"Gauss--Newton block of order 1, "
        r"$\mathbb{E}[\partial \nabla_x \sigma(\student \cdot x)^\top \, \partial \nabla_x \sigma(\teacher \cdot x)]$, "
        r"for the derivatives $\sigma' = e^{\alpha z}$ at $\student$ and $e^{\beta z}$ at $\teacher$, which stand for "
        "all by superposition",
        r"N\left(\student, \teacher\right)",
        Combination(zip(labels, map(gram_form, block), strict=True)),
        domain=r"$s t \ge \rho^{2}$",
        numeric="",
        source="derived here",
        derivation=proof,
        where=order_parameters({s, rho, t}),
    )
    return Output({}, [entry])
