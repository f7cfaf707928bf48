r"""The variance of sampled H1 gradients near a ReLU teacher is of first order in the distance, not of second.

An input between ``w`` and ``v``, for which one of the two fires alone, gives a gradient that does not shrink with
``w - v``; such inputs become rarer, as the angle. The plane of ``w`` and ``v`` decides: with ``p = |w|``, ``q = |v|``,

    g = 1[w.x > 0] (w - 1[v.x > 0] v)

takes the value ``w - v`` with probability ``(pi - theta)/(2 pi)``, ``w`` with ``theta/(2 pi)``, and 0 otherwise.
"""

import sympy as sp

from derivations.theorems.single_neuron import SOURCE
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import p, q, theta

PI = sp.pi
BOTH, ALONE = (PI - theta) / (2 * PI), theta / (2 * PI)
STEP, BATCH, WEIGHT, TOTAL = sp.symbols("h B lambda_1 Lambda", positive=True)
OFF, TIME = sp.symbols("y_0 t", positive=True)
K, C = sp.Symbol("k", integer=True, positive=True), sp.Symbol("c", positive=True)


def prove() -> Theorem:
    """Probabilities, moments, their limits at the teacher, and the variance that one neuron collects."""
    proof = Derivation()
    proof.step("Half of all inputs fire $w$; those that fire $v$ too leave", sp.Rational(1, 2) - BOTH, ALONE)
    proof.step("The mean of $g$ along $w$, the derivative part of the backprop gradient", BOTH + ALONE,
               sp.Rational(1, 2))  # fmt: skip
    apart = p**2 + q**2 - 2 * p * q * sp.cos(theta)
    second = BOTH * apart + ALONE * p**2
    at_equal = second.subs(p, q)
    first_order = proof.prove("Second moment of $g$ for equal norms, over the angle", at_equal / theta, "->",
                              q**2 / (2 * PI), "limit", letter=theta, point=0)  # fmt: skip
    mean = p**2 / 4 + BOTH**2 * q**2 - BOTH * p * q * sp.cos(theta)
    proof.prove("while its squared mean is of second order", mean.subs(p, q) / theta, "->", 0, "limit", letter=theta,
                point=0)  # fmt: skip
    across = proof.prove("Across the teacher its second moment is of second order",
                         (BOTH + ALONE) * (p * sp.sin(theta)) ** 2, "=", p**2 * sp.sin(theta) ** 2 / 2)  # fmt: skip
    _variance(proof)
    law = proof.steps[-2]
    late = proof.steps[-1]
    proof.counterexample("Far from the teacher the leading order is not the second moment: at $\\theta = \\pi/2$",
                         second, "!=", q**2 * theta / (2 * PI),
                         {theta: PI / 2, p: sp.Integer(1), q: sp.Integer(1)})  # fmt: skip
    return theorem(
        "theorem/sampled_noise",
        "Near a ReLU teacher the variance of sampled H1 gradients falls like the distance, not like its square",
        "The gradient of a sampled H1 loss that automatic differentiation returns has, near a ReLU teacher, a second "
        "moment of first order in the distance, while the squared mean is of second: stochastic gradient descent "
        "leaves the flow once the distance is of the order of step over batch size.",
        hypotheses=(
            "standard Gaussian inputs; ReLU; backprop convention; $g$, the order-one part of the gradient of a single "
            "input, for one neuron $\\student$ and its teacher $\\teacher$ with output weights one",
            r"$p = \vecnorm{\student}$, $q = \vecnorm{\teacher}$, $0 < \weightangle < \pi$ the angle between them",
            "for the variance: leading order near the teacher, $\\Lambda = \\lambda_0 + \\lambda_1$, steps $h$, "
            "batches of $B$ fresh inputs, transverse distance $y = y_0 e^{-\\Lambda t / 2}$ at the time $t$",
        ),
        conclusions=(
            ("the second moment over the angle: %s as $\\weightangle \\to 0$", first_order),
            ("it lies along the teacher; across it the second moment is %s", across),
            ("the variance along the teacher that noise of the intensity $\\frac{h}{B} \\frac{\\lambda_1^2 q}{2 \\pi} "
             "y$ collects, over $y$, tends to a constant, while it would vanish for noise of second order: %s as "
             "$t \\to \\infty$", late),
            ("step by step, with $c = 1 - \\frac{h \\Lambda}{2}$, it is a multiple of $c^{k-1} \\frac{1 - c^k}{1 - c}$ "
             "after $k$ steps: %s", law),
        ),
        derivation=proof,
        source=SOURCE + " for the gradient; the noise: this derivation",
        remarks=(
            "Several neurons with output weights $a_i$, matched and without parallel rows: inputs between the rows $j$ "
            "of student and teacher have probability $\\weightangle_j / \\pi$, and half of them, by reflection, fire a "
            "given neuron $i$; so the trace of the second moment is, at leading order, $\\frac{\\lambda_1^2}{2 \\pi} "
            "\\sum_i a_i^2 \\sum_j a_j^2 q_j^2 \\weightangle_j$.",
            "With several neurons kicks across the teachers make further inputs fall in between. Measured, not proved: "
            "once the distance is below step over batch size no such input comes any more, and runs contract as the "
            "Gauss-Newton matrix says, faster than the population field.",
            "For L2, and wherever derivatives are continuous, second moment and squared mean are both of second order.",
        ),
        numeric="sobolev_theory.monte_carlo.descent",
    )  # fmt: skip


def _variance(proof: Derivation) -> None:
    """What the radial error collects: ``V' = -Lambda V + s y``, and step by step ``V_(k+1) = c^2 V_k + c^k``."""
    intensity = STEP / BATCH * WEIGHT**2 * q / (2 * PI)
    decaying = OFF * sp.exp(-TOTAL * TIME / 2)
    variance = 2 * intensity / TOTAL * decaying * (1 - sp.exp(-TOTAL * TIME / 2))
    proof.step("The variance $V$ along the teacher: $V' + \\Lambda V$ is the intensity of the noise",
               sp.diff(variance, TIME) + TOTAL * variance, intensity * decaying)  # fmt: skip
    discrete = C ** (K - 1) * (1 - C**K) / (1 - C)
    proof.step("Step by step: one step more", C**2 * discrete + C**K, discrete.subs(K, K + 1))
    proof.prove("Over the distance, in the end", sp.simplify(variance / decaying), "->",
                STEP * WEIGHT**2 * q / (PI * BATCH * TOTAL), "limit", letter=TIME, point=sp.oo)  # fmt: skip
