r"""Parallel rows that come apart: the one-sided derivative of the backprop field, and the limit of its Jacobian.

Rows ``u_i + eps X_i`` and ``u_j + eps X_j`` with ``u_j = c u_i`` span a plane whose direction ``e``, orthogonal to the
first, tends to ``P (X_j - c X_i)`` normalised, ``P = I - u^ u^'``. Coefficients of the blocks on the frame ``(u^, e)``
have limits at ``theta = 0`` and ``pi``. So the Jacobian has a limit ``DD(X)``, and the field the one-sided derivative
``D(X) = DD(X) X``, by the mean value theorem: the Jacobian is bounded on the way.

At a teacher, ``W = V``, own blocks with student ``j`` and with teacher ``j`` cancel for ``j != i``, since ``c_j`` are
``a_j`` and ``-a_j``; what is left is that of student and teacher i. With Gauss-Newton's matrix ``N``, ``e_(j->i)`` the
unit vector orthogonal to ``v_j`` towards ``v_i``, and ``P X_i`` the part of ``X_i`` orthogonal to ``v_i``, ReLU^n has

.. math:: D(X)_i = (N X)_i + \lambda_n \frac{n\, n!^2}{2 \pi} \Bigl[ \sum_{j \ne i} a_i a_j \rho_{ij}^{n-1}
          \hat v_j (e_{j \to i} \cdot X_j) + a_i^2 s_i^{n-1} \hat v_i |P X_i| \Bigr]
"""

from functools import cache
from itertools import product

import sympy as sp

from derivations.catalogue import Output
from derivations.relu import POWERS, power_of_relu
from sobolev_theory.formulas.records import Formula
from sobolev_theory.norms import Convention
from sobolev_theory.symbolic import POLAR, Derivation
from sobolev_theory.symbolic.algebra.reduction import at_parallel
from sobolev_theory.symbolic.catalogue.activation_records import (
    ALONG,
    DOMAINS,
    FRAME,
    ITSELF,
    PAIR,
    STUDENT,
    TEACHER,
    TOWARDS,
    order_parameters,
)
from sobolev_theory.symbolic.catalogue.forms import polar_form
from sobolev_theory.symbolic.catalogue.latex import readable
from sobolev_theory.symbolic.catalogue.records import Combination, formula
from sobolev_theory.symbolic.charts import Block
from sobolev_theory.symbolic.symbols import p, q, s, theta

SOURCE = "derived here, for the field of Oh, Lyu & Son 2025 (arXiv 2509.19773)"
ENDS = ((sp.Integer(0), sp.Integer(1)), (sp.pi, sp.Integer(-1)))
"""Angles of parallel and antiparallel rows, and the sign of ``c``."""


def derive() -> Output:
    """The limits of ``max(z, 0)^n`` at its order n; contributes no kernel, since those of pairs are the limit's."""
    return Output({}, [record for n in POWERS for record in (_of_a_neuron(n), _between_neurons(n))])


def _of_a_neuron(n: int) -> Formula:
    """What the limit adds to the Gauss-Newton block of a neuron at a teacher, output weight one."""
    own, cross, _ = _blocks(n)
    proof = Derivation()
    _direction(proof)
    for end, sign in ENDS:
        _parted(proof, own, cross, end, sign)
    radial = proof.step(
        "Own block of a student and its teacher, of output weight $-1$, which it leaves towards $e = -n$",
        at_parallel(own.first_second.subs(q, p), sp.Integer(0)),
        _jump(n) * p ** (2 * n - 2),
    )
    transverse = rf"X_\perp / \vecnorm{{X_\perp}}, \; X_\perp = X - {ALONG} \left({ALONG} \cdot X\right)"
    return formula(
        f"{_name(n)}/own",
        rf"Block of a neuron in the limit of the backprop Hessian at a teacher along $X$, H{n}, less that of the "
        "Gauss--Newton matrix",
        f"D{ITSELF}",
        Combination({rf"{ALONG} {{{TOWARDS}}}^\top": radial.subs(p, sp.sqrt(s))}),
        domain=rf"${STUDENT} \ne 0$, $X_\perp \ne 0$",
        numeric=_call(n),
        source=SOURCE,
        derivation=proof,
        where=[*order_parameters({s} if n > 1 else set()), FRAME[0], (TOWARDS, transverse)],
    )


def _direction(proof: Derivation) -> None:
    """``v + eps Y``, less its part along ``u + eps X``, is ``eps P (Y - c X)`` to first order, where ``v = c u``."""
    c, eps = sp.symbols("c epsilon", real=True)
    u = sp.Matrix([p, 0, 0])
    x, y = (sp.Matrix(sp.symbols(f"{letter}1:4", real=True)) for letter in "XY")
    first, second = u + eps * x, c * u + eps * y
    rest = second - first * (first.dot(second) / first.dot(first))
    expected = sp.diag(0, 1, 1) * (y - c * x)
    for k in range(3):
        slope = sp.diff(rest[k], eps).subs(eps, 0)
        proof.check(f"Rows that are parallel have no second direction, component {k + 1}", rest[k].subs(eps, 0), 0 * p)
        proof.step(f"Direction of the plane to first order, component {k + 1}", slope, expected[k])


def _parted(proof: Derivation, own: Block, cross: Block, end: sp.Expr, sign: sp.Expr) -> None:
    """``e`` enters by ``u^ e'`` only, and by how fast the rows part: ``gamma u^ |P (X_j - c X_i)|``."""
    where = rf"at $\weightangle = {sp.latex(end)}$"
    for name, block in (("own", own), ("cross", cross)):
        for entry in ("second_first", "second_second"):
            left = at_parallel(getattr(block, entry), end)
            proof.check(f"{name} block, {entry} vanishes {where}", left, sp.Integer(0))
    proof.step(
        rf"Coefficients of $\along e^\top$ in the own and in the cross block {where}, $\teacher = c \, \student$",
        at_parallel(own.first_second, end),
        -sign * q / p * at_parallel(cross.first_second, end),
    )


def _between_neurons(n: int) -> Formula:
    """What it adds to the block of two neurons, whatever the direction: a multiple of ``v^ e'``."""
    _, cross, gauss_newton = _blocks(n)
    proof, power = Derivation(), _jump(n) * POLAR.inner ** (n - 1)
    c, e = sp.cos(theta), sp.sin(theta)
    proof.step("Coefficient of $I$", cross.identity, gauss_newton.identity)
    entries: dict[str, sp.Expr] = {}
    for (a, unit), (b, across) in product(((ALONG, c), (TOWARDS, e)), ((ALONG, e), (TOWARDS, -c))):
        label = rf"{a} {{{b}}}^\top"
        k = 1 + len(entries)
        value = proof.step(f"Coefficient of ${label}$", cross[k] - gauss_newton[k], power * unit * across)
        entries[label] = polar_form(value)
    return formula(
        f"{_name(n)}/cross",
        rf"Block of two neurons in the limit of the backprop Hessian at a teacher along any direction, H{n}, less that "
        rf"of the Gauss--Newton matrix: ${TEACHER} n^\top$ times a number, $n$ orthogonal to ${TEACHER}$",
        f"D{PAIR}",
        Combination(entries),
        domain=DOMAINS["polar"],
        numeric=_call(n),
        source=SOURCE,
        derivation=proof,
        where=FRAME,
    )


@cache
def _blocks(n: int) -> tuple[Block, Block, Block]:
    """Own, cross and Gauss-Newton block of order n, backprop convention."""
    found = {
        quantity.name: Block(*map(readable, quantity.coefficients))
        for quantity in power_of_relu(n).quantities
        if quantity.order == n
        and quantity.derivative != Convention.EXACT
        and len(quantity.coefficients) == len(Block._fields)
    }
    return found["own"], found["cross"], found["gauss_newton"]


def _jump(n: int) -> sp.Expr:
    """``n n!^2/(2 pi)``: of ``n rho^(n - 1) K_nn``, whose moment of steps falls by ``n!^2/(2 pi)`` a radian."""
    return n * sp.factorial(n) ** 2 / (2 * sp.pi)


def _name(n: int) -> str:
    return f"{power_of_relu(n).name}/H{n}/limit"


def _call(n: int) -> str:
    return f'PopulationLoss(V, "H{n}", activation="{power_of_relu(n).name}").hessian(V, towards=X)'
