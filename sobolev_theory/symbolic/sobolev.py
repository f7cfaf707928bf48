r"""The Sobolev operator on pair moments: from ``K_00`` to fields, Hessian blocks and Gauss-Newton blocks.

With ``K_ab = E[sigma^(a)(u . x) sigma^(b)(v . x)]``,

- Price's theorem: ``d K_ab/d rho = K_(a+1)(b+1)`` and ``d K_ab/d s = K_(a+2)b / 2``;
- Stein's lemma: ``E[x h(u . x, v . x)] = u E[d_1 h] + v E[d_2 h]``;
- the term of order ``m`` of a pair is ``F_m = rho^m K_mm``, because ``grad^m sigma(u . x)`` is ``sigma^(m)(u . x)``
  times the m-th tensor power of ``u``: a moment, and a power of the Euclidean inner product. The two are kept apart
  below, since under another input covariance only the moment's inner product changes.

Vectors and matrices are returned by their coefficients on ``u, v`` and on ``I, u u', u v', v u', v v'``.
"""

import sympy as sp

from .charts import Block, Chart

Powers = tuple[sp.Expr, sp.Expr, sp.Expr]
"""``rho^m, m rho^(m-1), m (m-1) rho^(m-2)``; of a general order they are letters, see `derivations/operator.py`."""


def diagonal_moment(chart: Chart, kernel: sp.Expr, order: int) -> sp.Expr:
    """``K_mm = d^m K_00 / d rho^m`` (Price)."""
    for _ in range(order):
        kernel = chart.factored(chart.d_rho(kernel))
    return kernel


def powers(chart: Chart, order: int) -> Powers:
    """``rho^m`` and its first two derivatives."""
    rho, m = chart.inner, order
    return rho**m, m * rho ** (m - 1), m * (m - 1) * rho ** (m - 2)


def sobolev_term(moment: sp.Expr, powers: Powers) -> sp.Expr:
    """``F_m = E <grad^m sigma(u . x), grad^m sigma(v . x)> = rho^m K_mm``."""
    return powers[0] * moment


def exact_field(chart: Chart, term: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """``grad_u F = 2 F_s u + F_rho v``."""
    return 2 * chart.d_s(term), chart.d_rho(term)


def jump_free_field(moment: sp.Expr, powers: Powers) -> tuple[sp.Expr, sp.Expr]:
    """The backprop field of the order ``m`` whose derivative jumps: ``m rho^(m-1) K_mm v``.

    Per sample the derivative of ``sigma^(m)(u . x) u^(tensor m)`` has two parts. The first contains ``sigma^(m+1)``,
    which is a sum of Dirac terms only (``sigma^(m)`` is a step), and is what automatic differentiation does not see;
    the second differentiates ``u^(tensor m)``.
    """
    return sp.Integer(0), powers[1] * moment


def own_block(chart: Chart, a: sp.Expr, b: sp.Expr) -> Block:
    """Jacobian of ``A u + B v`` in ``u``, with ``d A / d u = 2 A_s u + A_rho v``."""
    return Block(a, 2 * chart.d_s(a), chart.d_rho(a), 2 * chart.d_s(b), chart.d_rho(b))


def cross_block(chart: Chart, a: sp.Expr, b: sp.Expr) -> Block:
    """Jacobian of ``A u + B v`` in ``v``, with ``d A / d v = A_rho u + 2 A_t v``."""
    return Block(b, chart.d_rho(a), 2 * chart.d_t(a), chart.d_rho(b), 2 * chart.d_t(b))


def frozen_block(moment: sp.Expr, powers: Powers) -> Block:
    """The Gauss-Newton block of the order that jumps: `cross_block` with ``K_mm`` held fixed.

    Below that order it is the cross block itself; both are proved in `derivations/gauss_newton.py`.
    """
    zero = sp.Integer(0)
    return Block(powers[1] * moment, zero, zero, powers[2] * moment, zero)
