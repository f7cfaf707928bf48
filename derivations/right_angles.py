"""Gauss-Newton matrices at an orthonormal teacher, in numbers: all angles between different neurons are right.

A block (i, i) is ``own I + radial v_i v_i'``, a block (i, j) ``identity I + first v_i v_i' + across v_i v_j' +
back v_j v_i' + second v_j v_j'``.
"""

from typing import NamedTuple

import sympy as sp

from sobolev_theory.symbolic import ActivationFormulas
from sobolev_theory.symbolic.arc_cosine import closed_forms
from sobolev_theory.symbolic.catalogue.latex import readable
from sobolev_theory.symbolic.catalogue.norm_sums import NormSum
from sobolev_theory.symbolic.symbols import g, p, q, rho, s, t, theta


class Coefficients(NamedTuple):
    """Of the blocks, of one norm."""

    own: sp.Expr
    radial: sp.Expr
    identity: sp.Expr
    first: sp.Expr
    across: sp.Expr
    back: sp.Expr
    second: sp.Expr


def at_teacher(formulas: ActivationFormulas, highest: int) -> Coefficients:
    """Those of the norm of orders up to the highest; the frame of a pair is ``(v_i, v_k)``."""
    polar = formulas.chart.name == "polar"
    one = {p: sp.Integer(1)} if polar else {s: sp.Integer(1)}
    right = {p: 1, q: 1, theta: sp.pi / 2} if polar else {s: 1, t: 1, rho: 0, g: 1}
    sums = NormSum(formulas, highest, None)
    return Coefficients(*values_at(sums, "self_gauss_newton", one), *values_at(sums, "gauss_newton", right))


def values_at(sums: NormSum, quantity: str, at: dict[sp.Symbol, sp.Expr]) -> list[sp.Expr]:
    """Coefficients of a pair, summed over orders, at a point."""
    added = (readable(sp.Add(*parts)) for parts in zip(*sums.orders(quantity), strict=True))
    written = map(closed_forms, added)
    return [sp.expand(sp.radsimp(sp.expand(e.subs(at)))) for e in written]
