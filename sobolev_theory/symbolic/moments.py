r"""Tables of moments ``K_ab = E[sigma^(a)(u . x) sigma^(b)(v . x)]``: what the numeric Sobolev operator knows of sigma.

By Price's theorem ``K_(b+1)(b+1) = d K_bb/d rho`` and ``K_(b+2)b = 2 d K_bb/d s``, ``K_(b+4)b = 4 d^2 K_bb/d s^2``.
"""

import sympy as sp

from .charts import POLAR, Chart
from .symbols import p, q, s, theta

Table = dict[tuple[int, ...], tuple[sp.Expr, ...]]


def gram_table(chart: Chart, kernel: sp.Expr, max_order: int) -> Table:
    """``K_ab`` by ``(a, b)``, ``a >= b``, for all orders; by ``(a,)`` the derivatives of ``K_aa(s, s, s)``, 0 to 2."""
    table: Table = {}
    moment = kernel
    for b in range(max_order + 3):
        if b:
            moment = chart.factored(chart.d_rho(moment))
        entry, along = moment, chart.self_value(moment)
        for a in range(b, 2 * max_order + 5 - b, 2)[:3]:
            table[a, b] = (chart.short_form(entry),)
            entry = chart.factored(2 * chart.d_s(entry))
        if b < max_order + 2:
            table[b,] = tuple(chart.short_form(sp.diff(along, s, k)) for k in range(3))
    return table


def polar_table(kernel: sp.Expr, split: sp.Expr, degree: int) -> Table:
    """Of ``sigma = a z_+^n + b (-z)_+^n``: the bilinear part, the slope of ``j_n``, and ``j_0, ..., j_n``.

    ``K_mm = (pq)^(n-m) j_m(theta)``, less the bilinear part; ``j_n`` is linear in the angle.
    """
    moments = [sp.expand((kernel - split * POLAR.inner) / (p * q) ** degree)]
    for _ in range(degree):
        moments.append(sp.expand(-sp.diff(moments[-1], theta) / sp.sin(theta)))
    return {(): (split, -sp.diff(moments[-1], theta), *map(sp.factor, moments))}
