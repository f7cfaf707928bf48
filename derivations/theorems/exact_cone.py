r"""One ReLU neuron, exact convention: the curvature of H1 diverges at the teacher; H1 is never better than definite L2.

The transverse eigenvalue ``1 + r cos(2 theta)/(2 pi sin(theta))`` is at least ``1 - 2x``, the in-plane one: so the
largest eigenvalue is the radial or the transverse one, and the condition number at least that of L2.
"""

import sympy as sp

from derivations.theorems.single_neuron import SOURCE, moduli, spectra
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.algebra.reduction import reduce_polar
from sobolev_theory.symbolic.catalogue.latex import readable
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import ratio, theta

R, PI = ratio, sp.pi
SINE, COSINE = sp.sin(theta), sp.cos(theta)
X = R * SINE / PI
INSIDE = (sp.Lt(theta, PI),)
DEFINITE = sp.Lt(X, sp.Rational(1, 2))


def prove() -> Theorem:
    """Eigenvalues, their order, the condition number, its limit and its rate."""
    proof = Derivation()
    radial, plane, transverse = (readable(reduce_polar(e)) for e in spectra()[2])
    proof.step("The radial eigenvalue", radial, sp.Integer(1), reduce_polar)
    proof.step("The in-plane eigenvalue, $1 - 2x$", plane, 1 - 2 * X, reduce_polar)
    cone = proof.prove("The transverse eigenvalue", transverse, "=", 1 + R * sp.cos(2 * theta) / (2 * PI * SINE),
                       "normal form")  # fmt: skip
    top = cone.right
    above = proof.prove("It exceeds the in-plane one", top, ">", 1 - 2 * X, "terms", multiplier=2 * PI * SINE,
                        terms=[R, 2 * R * SINE**2], where=INSIDE, reduction="normal form")  # fmt: skip
    proof.prove("All are positive for $x < 1/2$", 1 - 2 * X, ">", 0, "terms", terms=[1 - 2 * X],
                where=(*INSIDE, DEFINITE))  # fmt: skip
    near = (sp.Lt(theta, PI / 4),)
    proof.prove("$\\cos 2\\theta > 0$ for $\\theta < \\pi/4$", sp.cos(2 * theta), ">", 0, "terms",
                terms=[sp.cos(2 * theta)], where=near)  # fmt: skip
    worse = proof.prove("Next to the teacher the transverse eigenvalue is the largest", top, ">", 1, "terms",
                        terms=[R * sp.cos(2 * theta) / (2 * PI * SINE)], where=near)  # fmt: skip
    supplement = sp.Symbol("psi", positive=True)
    at_supplement = top.subs(theta, PI - supplement)
    far = (sp.Lt(supplement, PI / 4),)
    proof.prove("Likewise next to the angle $\\pi$, $\\psi = \\pi - \\theta$", at_supplement, ">", 1, "terms",
                terms=[R * sp.cos(2 * supplement) / (2 * PI * sp.sin(supplement))],
                where=far, reduction="simplify")  # fmt: skip
    between = (sp.Ge(theta, PI / 4), sp.Le(theta, 3 * PI / 4))
    proof.prove("Between $\\pi/4$ and $3\\pi/4$ it is at most one", top, "<=", 1, "terms", multiplier=2 * PI * SINE,
                terms=[-R * sp.cos(2 * theta)], where=between, reduction="simplify")  # fmt: skip
    infinite = proof.prove("The transverse eigenvalue diverges at the teacher", top, "->", sp.oo, "limit", letter=theta,
                           point=0)  # fmt: skip
    rate = proof.prove("at the rate", theta * top / (1 - 2 * X), "->", R / (2 * PI), "limit", letter=theta, point=0)
    proof.prove("$\\sin\\theta < \\theta$", theta - SINE, ">", 0, "monotone", letter=theta, end=0,
                slope=2 * sp.sin(theta / 2) ** 2, where=INSIDE, reduction="simplify")  # fmt: skip
    sixth = (sp.Lt(theta, PI / 6),)
    proof.prove("$\\cos 2\\theta > 1/2$ for $\\theta < \\pi/6$", sp.cos(2 * theta), ">", sp.Rational(1, 2), "monotone",
                letter=theta, end=PI / 6, slope=-2 * sp.sin(2 * theta), where=sixth)  # fmt: skip
    bound = proof.prove(
        "A bound", top, ">", 1 + R / (4 * PI * theta), "terms", multiplier=4 * PI * theta * SINE, where=sixth,
        terms=[2 * R * theta * (sp.cos(2 * theta) - sp.Rational(1, 2)), R * (theta - SINE)],
    )  # fmt: skip
    backprop = proof.prove("while the backprop condition number tends to one", 1 / (1 - 3 * X / 2), "->", 1, "limit",
                           letter=theta, point=0)  # fmt: skip
    at = {theta: PI / 2, R: PI / 4}
    proof.counterexample("At $\\theta = \\pi/2$, $r = \\pi/4$ the transverse eigenvalue is not the largest", top, "<",
                         1, at)  # fmt: skip
    proof.counterexample("At $\\theta = \\pi/2$, $r = 3\\pi/4$, where $x > 1/2$, the exact Hessian is indefinite",
                         1 - 2 * X, "<", 0, {theta: PI / 2, R: 3 * PI / 4})  # fmt: skip
    l2, exact = (moduli(tuple(readable(e) for e in values)) for values in (spectra()[0], (radial, plane, top)))
    proof.counterexample("There exact H1 has, by moduli, the smaller condition number: the comparison needs $x < 1/2$",
                         exact, "<", l2, {theta: PI / 2, R: 3 * PI / 4})  # fmt: skip
    return theorem(
        "theorem/exact_cone",
        "In the exact convention the curvature of H1 diverges at the teacher",
        "The population loss of H1 for one ReLU neuron has a cone at the teacher: an eigenvalue of its true Hessian "
        "diverges as the angle tends to zero, and H1 is nowhere better conditioned than L2 where L2 is definite, "
        "$x < 1/2$, in $d \\ge 3$ dimensions.",
        hypotheses=(
            r"exact convention, $0 < \weightangle < \pi$, $r = \vecnorm{\teacher} / \vecnorm{\student}$",
            "standard Gaussian inputs in $d \\ge 3$ dimensions",
            r"for the condition numbers: $x = \frac{r \sin \weightangle}{\pi} < \frac{1}{2}$",
        ),
        conclusions=(
            ("the transverse eigenvalue, of multiplicity $d - 2$, is %s; it exceeds the in-plane one: %s", cone, above),
            ("it diverges at the teacher: %s as $\\weightangle \\to 0$", infinite),
            ("for $\\weightangle < \\pi/6$ a bound is %s", bound),
            "the condition number is the larger of $1$ and that eigenvalue, over $1 - 2x$: at least "
            "$\\frac{1}{1 - 2x}$, that of L2",
            ("it equals that of L2 for $\\pi/4 \\le \\weightangle \\le 3\\pi/4$, and is larger at all other angles, "
             "since %s for $\\weightangle < \\pi/4$ and likewise for $\\weightangle > 3\\pi/4$", worse),
            ("its rate is $1/\\weightangle$: %s as $\\weightangle \\to 0$", rate),
            ("in the backprop convention the condition number of H1 tends to one there: %s", backprop),
        ),
        derivation=proof,
        source=SOURCE + " for the backprop convention; the exact convention: this derivation",
        remarks=(
            "The gain in conditioning that the literature states for H1 is a statement about the backprop field, which "
            "training follows, not about the Hessian of the population loss.",
            "Consequence: gradient descent on the exact H1 loss is stable only for steps below two over the largest "
            "eigenvalue, which tends to zero at the teacher.",
            "In two dimensions there is no transverse eigenvalue, and the condition numbers of exact H1 and L2 are "
            "equal.",
        ),
        numeric="sobolev_theory.single_neuron.eigenvalues",
    )  # fmt: skip
