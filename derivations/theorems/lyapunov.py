r"""One ReLU neuron: ``dV/dt(H1) < dV/dt(L2) < 0`` for ``V = |w - w*|^2/2``, in both conventions, on the whole plane.

``-2 pi dV/dt`` is a quadratic form in ``(p, q) = (|w|, |w*|)`` per order; the forms are positive wherever ``w`` is
neither 0 nor ``w*``.
"""

import sympy as sp

from derivations import planar_flow
from derivations.theorems.single_neuron import SOURCE
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.arc_cosine import closed_forms
from sobolev_theory.symbolic.catalogue.latex import latex, readable
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import p, q, theta

PI, SINE, COSINE = sp.pi, sp.sin(theta), sp.cos(theta)
INSIDE = (sp.Lt(theta, PI),)
ACUTE, OBTUSE = (sp.Lt(theta, PI / 2),), (sp.Ge(theta, PI / 2), *INSIDE)
NAMES = ("L2", "J, backprop", "J, exact")


def prove() -> Theorem:
    """The forms, their positivity inside and at both ends of the angle, and the comparison at equal sharpness."""
    proof = Derivation()
    l2, backprop, exact = forms = tuple(readable(planar_flow.dissipation(*case)) for case in planar_flow.CASES)
    for sign in (1, -1):
        half = sp.cos(theta / 2) if sign == 1 else sp.sin(theta / 2)
        proof.prove("By the half angle", 1 + sign * COSINE, ">", 0, "terms", terms=[2 * half**2], where=INSIDE,
                    reduction="simplify")  # fmt: skip
    for name, form, slope, end in planar_flow.POSITIVE:
        written = _angular(form)
        proof.prove(f"${latex(written)} > 0$, by its derivative and its value at {end}; used below as {name}", written,
                    ">", 0, "monotone", letter=theta, end=end, slope=readable(slope), where=INSIDE,
                    reduction="normal form")  # fmt: skip
    positive_l2 = proof.prove("L2: a sum of terms none of which is negative", l2, ">", 0, "terms", where=INSIDE,
                              terms=_terms(), reduction="normal form")  # fmt: skip
    positive_exact = proof.prove("J, exact: the form of L2 and a positive term", exact, ">", 0, "terms",
                                 terms=[l2, p * q * SINE], where=INSIDE, reduction="normal form")  # fmt: skip
    obtuse = [PI * p**2, -p * q * (2 * PI - theta) * COSINE, q**2 * (PI - theta)]
    proof.prove("J, backprop, for $\\theta \\ge \\pi/2$: no negative term", backprop, ">", 0, "terms", terms=obtuse,
                where=OBTUSE, reduction="normal form")  # fmt: skip
    acute = [
        (2 * PI * p - q * (2 * PI - theta) * COSINE) ** 2,
        q**2 * (SINE - theta * COSINE) * (SINE + theta * COSINE),
        q**2 * (2 * PI**2 - 1) * SINE**2,
        2 * PI * q**2 * (PI - 2 * theta) * SINE**2,
    ]
    proof.prove("and for $\\theta < \\pi/2$: a square and positive terms", backprop, ">", 0, "terms", multiplier=4 * PI,
                terms=acute, where=ACUTE, reduction="normal form")  # fmt: skip
    for name, form in zip(NAMES, forms, strict=True):
        proof.step(
            f"{name}: the form at the angle 0, positive unless $w = w^*$", form.subs(theta, 0), PI * (p - q) ** 2
        )
        proof.prove(f"{name}: at the angle $\\pi$", form.subs(theta, PI), ">", 0, "terms", terms=[PI * p * (p + q)])
    sharp = proof.prove("Equal sharpness, backprop: twice the form of H1 at half speed less that of L2", backprop - l2,
                        "=", q * SINE * (p - q * COSINE), "normal form")  # fmt: skip
    proof.prove("Equal sharpness, exact: positive at all angles between", exact - l2, ">", 0, "terms",
                        terms=[p * q * SINE], where=INSIDE, reduction="normal form")  # fmt: skip
    at = {p: sp.Rational(1, 4), q: sp.Integer(1), theta: PI / 4}
    proof.counterexample("Equal sharpness, backprop, inside the ball with diameter from 0 to $w^*$: H1 is behind L2",
                         (l2 + backprop) / 2, "<", l2, at)  # fmt: skip
    for name, form in zip(NAMES, forms, strict=True):
        proof.counterexample(f"{name}: nothing moves at the teacher", form.subs(theta, 0), "=", 0, {p: 1, q: 1})
    proof.counterexample("Equal sharpness, backprop, on the boundary of that ball: neither is ahead",
                         (l2 + backprop) / 2, "=", l2, {p: sp.Rational(1, 2), q: 1, theta: PI / 3})  # fmt: skip
    return theorem(
        "theorem/lyapunov_comparison",
        "H1 approaches the teacher faster than L2, from everywhere",
        r"Along gradient flow of one ReLU neuron the distance to the teacher decreases at every point, and in H1 "
        r"faster "
        "than in L2.",
        hypotheses=(
            r"$\student \ne 0$ and $\student \ne \teacher$, $\teacher \ne 0$, $0 \le \weightangle \le \pi$",
            "standard Gaussian inputs; backprop or exact convention",
        ),
        conclusions=(
            r"$V = \frac{1}{2} \vecnorm{\student - \teacher}^{2}$ has $\frac{dV}{dt}(H^1) < \frac{dV}{dt}(L^2) < 0$",
            ("$-2 \\pi \\frac{dV}{dt}$ of L2 is positive: %s", positive_l2),
            f"the term of the derivatives in H1 adds ${latex(backprop)} > 0$ in the backprop convention",
            ("and in the exact convention %s", positive_exact),
            "with H1 at half speed, so that the largest eigenvalues agree (equal sharpness, backprop), $-2 \\pi "
            f"\\frac{{dV}}{{dt}}$ of H1 exceeds that of L2 by half of ${latex(sharp.right)}$: H1 is ahead exactly "
            f"where "
            "$\\student \\cdot (\\student - \\teacher) > 0$ and the angle is neither $0$ nor $\\pi$",
            "in the exact convention, where the sharpness of H1 is not bounded, H1 at half speed is ahead at all "
            "angles but these",
        ),
        derivation=proof,
        source=SOURCE,
        remarks=(
            r"The paper states the comparison on the ball $0 < \vecnorm{\student - \teacher} < \vecnorm{\teacher}$; it "
            "holds everywhere.",
            "Without a rescaling of time the comparison does not tell a better direction from a larger step: adding a "
            "loss to itself doubles the speed. At equal sharpness, in the backprop convention, the comparison fails "
            "inside "
            r"the ball with diameter from 0 to $\teacher$.",
        ),
        numeric="sobolev_theory.single_neuron.lyapunov_derivative",
    )  # fmt: skip


def _terms() -> list[sp.Expr]:
    """The terms of the form of L2 without cancellation, arc-cosine functions written out."""
    return [
        readable(term).doit() for term in map(_written, sp.Add.make_args(planar_flow.without_cancellation(0, None)))
    ]


def _written(term: sp.Expr) -> sp.Expr:
    return sp.Mul(*(_angular(factor) for factor in sp.Mul.make_args(planar_flow.written_out(term))))


def _angular(form: sp.Expr) -> sp.Expr:
    """A function of theta alone: letters and arc-cosine functions written out."""
    return sp.expand_trig(readable(closed_forms(planar_flow.written_out(form))))
