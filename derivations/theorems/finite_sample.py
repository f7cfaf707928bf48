r"""How many samples a derivative saves, for one ReLU neuron: what is exact, and what holds in the limit.

With ``m`` of ``n`` samples active the empirical Gauss-Newton matrix is ``lambda_0 A + lambda_1 (m/n) I`` with ``A`` a
sum of ``m`` matrices of rank one. In the limit everything is a function of ``y = sqrt(2 gamma) = sqrt(2 d/n)``.
"""

import sympy as sp

from derivations.finite_sample import FUNCTION, GAMMA, SOURCE, condition_numbers, support
from derivations.finite_sample import GRADIENT as WEIGHT
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.theorems import theorem

Y = sp.Symbol("y", positive=True)
ACTIVE, SAMPLES = sp.symbols("m n", integer=True, positive=True)
MANY = (sp.Lt(Y, 1),)
L2, H1 = (sp.factor(kappa.subs(GAMMA, Y**2 / 2)) for kappa in condition_numbers().values())


def prove() -> Theorem:
    """The bound from below, and the two condition numbers."""
    proof = Derivation()
    floor = proof.prove("The smallest eigenvalue of $H^1$ is at least that of its derivative part", WEIGHT * ACTIVE /
                        SAMPLES, ">", 0, "terms", terms=[WEIGHT * ACTIVE / SAMPLES])  # fmt: skip
    gap = sp.Symbol("h", positive=True)
    infinite = proof.prove("With $n \\to 2 d$ samples, $y = 1 - h$, the condition number of $L^2$ diverges",
                           L2.subs(Y, 1 - gap), "->", sp.oo, "limit", letter=gap, point=0)  # fmt: skip
    bounded = proof.prove("That of $H^1$ stays below 5", 5 - H1, ">", 0, "terms", multiplier=1 + (1 - Y) ** 2,
                          terms=[4 * (1 - Y), 4 * (1 - Y) ** 2], where=MANY)  # fmt: skip
    proof.prove("It is below that of $L^2$", L2 - H1, ">", 0, "terms",
                multiplier=(1 - Y) ** 2 * (1 + (1 - Y) ** 2), terms=[4 * Y], where=MANY)  # fmt: skip
    root = sp.sqrt(5)
    there = (root - 1) / (root + 1)
    proof.prove("$L^2$ has the condition number 5 at this $y$", L2.subs(Y, there), "=", 5)
    needed = proof.prove("for which it takes this many samples for each dimension, $n/d = 2/y^2$", 2 / there**2, "=",
                         7 + 3 * root)  # fmt: skip
    few = proof.prove("With fewer samples: upper edge over the eigenvalue of directions that no sample sees",
                      support()[2].subs(GAMMA, Y**2 / 2) / (WEIGHT / 2), "=",
                      1 + FUNCTION * (1 + Y) ** 2 / WEIGHT)  # fmt: skip
    proof.counterexample(
        "With $n = d/2$ samples the condition number of $H^1$ is above 5",
        few.right,
        ">",
        5,
        {Y: sp.Integer(2), FUNCTION: sp.Integer(1), WEIGHT: sp.Integer(1)},
    )
    proof.counterexample("With $n = 8 d$ samples the smallest eigenvalue of $L^2$ is positive", (1 - Y) ** 2 / 2, ">",
                         0, {Y: sp.Rational(1, 2)})  # fmt: skip
    return theorem(
        "theorem/derivatives_save_samples",
        "Derivatives save samples",
        "The empirical Gauss-Newton matrix of one ReLU neuron is singular in $L^2$ unless $d$ samples are active, "
        "which takes about $2 d$ samples; in $H^1$ a single active sample makes it definite.",
        hypotheses=(
            "one neuron of output weight one and weights $\\student$ that are not zero and do not depend on the "
            "samples; $m$ of $n$ samples are active, $\\student \\cdot x > 0$",
            "$\\lambda_1 > 0$ in $H^1$; condition numbers are for $\\lambda_0 = \\lambda_1 = 1$",
            "for the probabilities and limits: independent standard Gaussian samples, $y = \\sqrt{2 d / n}$, and in "
            "limits $d, n \\to \\infty$ at a fixed $y$",
        ),
        conclusions=(
            "in $L^2$ its rank is at most $m$: for $m < d$ at least $d - m$ eigenvalues are zero, whatever the inputs "
            "are",
            ("in $H^1$ no eigenvalue is below $\\lambda_1 m / n$: %s for $m \\ge 1$; it is one if $m < d$", floor),
            "so with probability $1 - 2^{-n}$ the matrix of $H^1$ is definite, while that of $L^2$ is singular with "
            "the probability of fewer than $d$ heads in $n$ tosses of a coin: always for $n < d$, and exactly "
            "$\\frac12$ for $n = 2 d - 1$, when fewer than $d$ heads are as likely as fewer than $d$ tails",
            ("in the limit the condition number of $L^2$ is $\\frac{(1 + y)^2}{(1 - y)^2}$ for $y < 1$ and infinite "
             "beyond: %s as $h = 1 - y \\to 0$", infinite),
            ("that of $H^1$ is below 5 with more than $2 d$ samples: %s for $y < 1$", bounded),
            ("for this $L^2$ needs $7 + 3 \\sqrt5$, about 13.7, samples for each dimension: %s", needed),
            ("with fewer than $2 d$ samples that of $H^1$ is, for any $\\lambda_0, \\lambda_1$, %s", few),
        ),
        derivation=proof,
        source=SOURCE + "; Bai & Yin 1993 for the extreme eigenvalues; the comparison: this derivation",
        remarks=(
            "A sample with its derivative is $d + 1$ numbers, one without is one: it is samples that are saved, not "
            "numbers.",
            "If $u$ is orthogonal to all active samples, the matrix of $L^2$ maps it to zero; Gaussian samples have "
            "the rank $\\min(m, d)$ almost surely.",
            "Of $K$ neurons, with $m$ samples at which any of them is active, at least $K d - m$ eigenvalues are zero "
            "in $L^2$.",
        ),
        numeric="sobolev_theory.finite_sample.spectrum",
    )  # fmt: skip
