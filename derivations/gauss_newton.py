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
from sobolev_theory.symbolic.charts import Block
from sobolev_theory.symbolic.symbols import rho, s, t

ORDERS = (0, 1, 2, 3)


def block_by_stein(chart: GramChart, moment: sp.Expr, powers: sobolev.Powers) -> Block:
    r"""``N`` with ``h' N k = E <d_u psi[h], d_v psi[k]>``, where ``psi_u = sigma^(m)(u . x) u^(tensor m)``.

    .. math:: N = \rho^m E[\sigma'_u \sigma'_v x x^T]
              + m \rho^{m-1} (E[\sigma'_u \sigma_v x] u^T + v E[\sigma_u \sigma'_v x]^T)
              + K_{mm} (m \rho^{m-1} I + m (m-1) \rho^{m-2} v u^T)

    with ``sigma`` for ``sigma^(m)``; where that jumps ``sigma' = 0``, and only the last line is left. By Stein's lemma

    - ``E[sigma'_u sigma_v x] = 2 d_s K_mm u + d_rho K_mm v``,
    - ``E[f_u g_v x x'] = E[f g] I + E[f'' g] u u' + E[f' g'] (u v' + v u') + E[f g''] v v'``.
    """
    power, first, _ = powers
    at_jump = sobolev.frozen_block(moment, powers)
    next_moment = chart.d_rho(moment)  # K_(m+1)(m+1)
    in_u, in_v = 2 * chart.d_s(moment), 2 * chart.d_t(moment)  # K_(m+2)m, K_m(m+2)
    return Block(
        at_jump.identity + power * next_moment,
        power * 2 * chart.d_s(next_moment) + first * in_u,
        power * chart.d_rho(next_moment),
        at_jump.second_first + power * chart.d_rho(next_moment) + 2 * first * next_moment,
        power * 2 * chart.d_t(next_moment) + first * in_v,
    )


def derive() -> Output:
    """Both statements for a generic moment, order by order; contributes no kernel."""
    chart, proof = GramChart(), Derivation()
    # moments of exp(alpha z), exp(beta z): by superposition they stand for all; K_22 = d_rho^2 K = 4 d_s d_t K holds
    alpha, beta = sp.symbols("alpha beta", real=True)
    moment = sp.exp((alpha**2 * s + 2 * alpha * beta * rho + beta**2 * t) / 2)
    frozen = sp.Symbol("K")
    for order in ORDERS:
        powers = sobolev.powers(chart, order)
        below = block_by_stein(chart, moment, powers)
        field = sobolev.exact_field(chart, sobolev.sobolev_term(moment, powers))
        at_jump = sobolev.frozen_block(frozen, powers)
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
    block = block_by_stein(chart, moment, sobolev.powers(chart, 1))
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
