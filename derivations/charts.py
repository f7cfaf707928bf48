r"""The polar chart: its derivations in ``s, rho, t``, and the calculus of the moving frame ``(u^, e)``.

Verified against Cartesian coordinates, in which ``theta = arccos(rho / sqrt(s t))`` and Jacobians are plain partial
derivatives.
"""

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import POLAR, Derivation, sobolev
from sobolev_theory.symbolic.catalogue.latex import latex
from sobolev_theory.symbolic.catalogue.records import formula
from sobolev_theory.symbolic.charts import Block
from sobolev_theory.symbolic.symbols import p, q, rho, s, t, theta


def derive() -> Output:
    """Prove the chain rule of the chart and, for a generic field, the frame expansion of both Jacobians."""
    proof = Derivation()
    _chain_rule(proof)
    _jacobians(proof)
    return Output(
        {},
        [
            formula(
                "polar/inner_product",
                r"Polar coordinates of a pair, $(\vecnorm{\student}, \vecnorm{\teacher}, \weightangle)$",
                r"\rho = \student \cdot \teacher",
                POLAR.inner,
                domain=r"non-zero $\student$, $\teacher$; radians",
                numeric="pairs.angles.angle_and_direction",
                source="elementary",
                derivation=proof,
            )
        ],
    )


def _chain_rule(proof: Derivation) -> None:
    """``d_s, d_rho, d_t`` of the coordinate functions themselves."""
    coordinates = {p: sp.sqrt(s), q: sp.sqrt(t), theta: sp.acos(rho / sp.sqrt(s * t))}
    for letter, derivation in ((s, POLAR.d_s), (rho, POLAR.d_rho), (t, POLAR.d_t)):
        for coordinate, expression in coordinates.items():
            left, right = sp.diff(expression, letter), derivation(coordinate).subs(coordinates)
            names = latex(sp.Derivative(coordinate, letter, evaluate=False))
            proof.step(f"${names}$ in polar coordinates", left, right)


def _jacobians(proof: Derivation) -> None:
    """Own and cross Jacobians of ``A u + B v``, against Cartesian differentiation in R^3.

    Both sides are linear in ``(A, B)`` and contain their values and first derivatives at a point only, so the eight
    fields with one of ``A, B`` zero and the other one of ``1, s, rho, t`` decide the identity for all.
    """
    u, v = sp.Matrix(sp.symbols("u1:4", real=True)), sp.Matrix(sp.symbols("v1:4", real=True))
    gram = {s: u.dot(u), rho: u.dot(v), t: v.dot(v)}
    point = dict(zip([*u, *v], [p, 0, 0, q * sp.cos(theta), q * sp.sin(theta), 0], strict=True))
    polar = {s: p**2, rho: POLAR.inner, t: q**2}
    zero = sp.Integer(0)
    for f in (sp.Integer(1), s, rho, t):
        for a, b in ((f, zero), (zero, f)):
            field = u * a.subs(gram) + v * b.subs(gram)
            for block, variables in ((sobolev.own_block, u), (sobolev.cross_block, v)):
                expected = field.jacobian(variables).subs(point)
                matrix = _matrix(POLAR.block(block(POLAR, a.subs(polar), b.subs(polar))))
                for i in range(3):
                    for j in range(3):
                        label = f"{block.__name__} of ({a}) u + ({b}) v, entry {i}{j}"
                        proof.check(label, expected[i, j], matrix[i, j])


def _matrix(block: Block) -> sp.Matrix:
    """The 3 x 3 matrix in the basis (u^, e, transverse)."""
    identity, m11, m12, m21, m22 = block
    return sp.Matrix([[identity + m11, m12, 0], [m21, identity + m22, 0], [0, 0, identity]])
