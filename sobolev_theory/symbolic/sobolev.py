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


def gauss_newton_block(chart: Chart, moment: sp.Expr, powers: Powers, *, jumps: bool) -> Block:
    r"""``N`` with ``h' N k = E <d_u psi[h], d_v psi[k]>``, where ``psi_u = sigma^(m)(u . x) u^(tensor m)``.

    .. math:: N = \rho^m E[\sigma'_u \sigma'_v x x^T]
              + m \rho^{m-1} (E[\sigma'_u \sigma_v x] u^T + v E[\sigma_u \sigma'_v x]^T)
              + K_{mm} (m \rho^{m-1} I + m (m-1) \rho^{m-2} v u^T)

    with ``sigma`` for ``sigma^(m)`` and, where that jumps (``jumps``), ``sigma' = 0``. By Stein's lemma

    - ``E[sigma'_u sigma_v x] = 2 d_s K_mm u + d_rho K_mm v``,
    - ``E[f_u g_v x x'] = E[f g] I + E[f'' g] u u' + E[f' g'] (u v' + v u') + E[f g''] v v'``.
    """
    power, first, second = powers
    zero = sp.Integer(0)
    product = Block(first * moment, zero, zero, second * moment, zero)
    if jumps:
        return product
    next_moment = chart.d_rho(moment)  # K_(m+1)(m+1)
    in_u, in_v = 2 * chart.d_s(moment), 2 * chart.d_t(moment)  # K_(m+2)m, K_m(m+2)
    return Block(
        product.identity + power * next_moment,
        power * 2 * chart.d_s(next_moment) + first * in_u,
        power * chart.d_rho(next_moment),
        product.second_first + power * chart.d_rho(next_moment) + 2 * first * next_moment,
        power * 2 * chart.d_t(next_moment) + first * in_v,
    )
