r"""The conditioning gain of Gauss-Newton matrices at an orthonormal teacher of K neurons, and its limit.

For any K >= 2; the quadratic forms are those of `orthonormal`.
"""

import sympy as sp

from derivations.relu import power_of_relu
from derivations.theorems.orthonormal import (
    DEFINITIONS,
    DIFFERENCE,
    EPSILON,
    HALF,
    PI,
    QUARTER,
    SPLITTING,
    WIDTH,
    C,
    D,
    K,
    Largest,
    N,
    R,
    S,
    T,
    Z,
    form,
    pair_term,
    prove_blocks,
)
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.latex import latex
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import p, theta

LOWEST = {0: QUARTER - EPSILON, 1: HALF - EPSILON}
NORMS = {0: "L2", 1: "H1"}
LIMIT = (PI - 2) / (PI - 1)
BLOCKS = {0: (QUARTER, 0, EPSILON, EPSILON, 0), 1: (QUARTER, 0, 0, 0, 0)}
"""Of two neurons at right angles, by order."""


def prove() -> Theorem:
    """Blocks, forms, smallest and largest eigenvalues, their ratio."""
    proof = Derivation()
    forms = _forms(proof)
    lowest = [_smallest(proof, order, form) for order, form in enumerate(forms)]
    top = [_largest(proof, order).top for order in (0, 1)]
    _ratio(proof, *top)
    _counterexamples(proof)
    return theorem(
        "theorem/large_width_gain",
        "The conditioning gain of Gauss-Newton matrices at an orthonormal teacher, for every width",
        r"At an orthonormal teacher of $K$ ReLU neurons the Gauss-Newton matrix of H1 is better conditioned than that "
        rf"of L2 by a factor that is below ${latex(LIMIT)} \approx {float(LIMIT):.3f}$ for every $K \ge 2$, and tends "
        "to it for wide networks. Training does not follow that matrix in H1: see training_gain_vanishes.",
        hypotheses=(
            r"$W = V$ with $K \ge 2$ orthonormal rows in dimension $d \ge K$, output weights one",
            "standard Gaussian inputs; Gauss-Newton matrices",
        ),
        conclusions=(
            f"the smallest eigenvalues are ${latex(lowest[0])}$ for L2 and ${latex(lowest[1])}$ for H1, whatever $K$ "
            f"and "
            "$d$",
            f"the largest, simple ones are, with $k = K - 1$, ${latex(top[0])}$ for L2 and ${latex(top[1])}$ for H1",
            f"each condition number grows like $K$: $\\kappa_{{L^2}} / K \\to {latex(QUARTER / LOWEST[0])}$, and the "
            f"ratio $\\kappa_{{H^1}} / \\kappa_{{L^2}}$ tends to ${latex(LIMIT)}$",
            f"for every $K \\ge 2$: $\\left({latex(1 - sp.Rational(16, 5) / (WIDTH + 1))}\\right) {latex(LIMIT)} < "
            f"\\kappa_{{H^1}} / \\kappa_{{L^2}} < {latex(LIMIT)}$",
        ),
        derivation=proof,
        source="eigenvalues of L2: Arjevani & Field 2020 (arXiv 2008.01805); H1, bounds and limit: this derivation",
        remarks=(
            "A statement about the Gauss-Newton matrix, the expected per-sample Hessian: what natural gradient, "
            "Gauss-Newton and Levenberg-Marquardt steps invert. At the teacher the Jacobian of the backprop field, "
            "which gradient descent follows, depends on the direction of approach and is another matrix in every one, "
            "without a gain for wide networks (training_gain_vanishes); in the exact convention the Hessian of H1 "
            "diverges. In L2 field and Gauss-Newton agree.",
            f"Why every $K$ follows: {SPLITTING}. On each the steps treat the form for a letter $K$. This splitting "
            "and the values of $N$, $C$ and $S$ on the second kind are counted by hand; the latter are checked on "
            "explicit matrices of $K = 3, 4, 5$.",
            "The gain is larger than in the limit at every finite width: derivatives help a constant factor, about "
            f"{float(1 / LIMIT):.2f}, and do not change the growth of the condition number with $K$.",
        ),
        numeric="sobolev_theory.PopulationLoss.gauss_newton",
    )  # fmt: skip


def _forms(proof: Derivation) -> tuple[sp.Expr, sp.Expr]:
    """The quadratic forms of L2 and H1 from the blocks of pairs at right angles."""
    formulas = power_of_relu(1)
    table = {(x.name, x.order): x.coefficients for x in formulas.quantities}
    total, forms = sp.S.Zero, []
    for order, expected in BLOCKS.items():
        own = [sp.sympify(x).subs(p, 1) for x in table["self_gauss_newton", order]]
        prove_blocks(proof, "gauss_newton", order, expected)
        proof.step(f"Order {order}: block (i, i), a multiple of the identity", formulas.bilinear[order] + own[0], HALF)
        proof.step(f"Order {order}: and nothing else", own[1], sp.Integer(0))
        total += HALF * N + pair_term(expected)
        forms.append(total)
    words = ", in which the blocks (i, i) are $I/2$ in each order and blocks that are not shown are zero; "
    for order in (0, 1):
        shown = form(QUARTER * (1 + order), EPSILON)
        proof.step(f"The form of {NORMS[order]}{'' if order else words + DEFINITIONS}", forms[order], shown, sp.expand)
    return forms[0], forms[1]


def _smallest(proof: Derivation, order: int, form: sp.Expr) -> sp.Expr:
    """A sum of squares that vanishes for antisymmetric X with column sums zero; and such X, for K = 2 too."""
    value, norm = LOWEST[order], NORMS[order]
    terms = [QUARTER * (1 + order) * C, T * EPSILON, S * EPSILON, Z * EPSILON]
    proof.prove(f"{norm}: the smallest eigenvalue is at least ${latex(value)}$", form, ">=", value * N, "terms",
                terms=terms)  # fmt: skip
    kept = {C: 0, T: 0, S: 0, Z: 0}
    proof.step(f"{norm}: it is attained where $C = T = S = Z = 0$", form.subs(kept), value * (D + R), sp.expand)
    x = sp.Symbol("x", real=True)
    example = sp.Matrix([[x, x], [-x, -x]])
    invariants = sum(
        (sum(example[:, j]) ** 2 for j in (0, 1)), sp.trace(example) ** 2 + (example[0, 1] + example[1, 0]) ** 2
    )
    proof.step(f"{norm}: for instance, for every $K \\ge 2$, at rows $(x, x)$ and $(-x, -x)$ in the first corner: $C "
               f"+ T + S$",
               invariants, sp.Integer(0), sp.expand)  # fmt: skip
    return value


def _largest(proof: Derivation, order: int) -> Largest:
    """That of the 2 x 2 block; the invariants of the second kind are the same for both norms."""
    factor = QUARTER * (1 + order)
    largest = Largest(proof, NORMS[order], factor, EPSILON)
    largest.exceeds(f"$(K + 1)$ times ${latex(factor)}$, the largest transverse eigenvalue", sp.S.Zero,
                    4 * K * EPSILON * (2 * factor - EPSILON))  # fmt: skip
    largest.others(2, checked=order == 0)
    return largest


def _ratio(proof: Derivation, l2: sp.Expr, h1: sp.Expr) -> None:
    """``2 - 32/(5 (K + 1)) < h1/l2 < 2`` with ``k = 1 + j``, by bounds on the two square roots."""
    j = DIFFERENCE
    low, high = 2 * LOWEST[0], LOWEST[1]  # low + EPSILON = high
    l2, h1 = l2.subs(K, j + 1), h1.subs(K, j + 1)
    a = 2 * sp.sqrt(LOWEST[0] ** 2 * j**2 + (j + 1) / 4)
    b = sp.sqrt(high**2 * j**2 + (j + 1))
    offset = 1 / (2 * low)
    proof.prove("The root in the largest eigenvalue of L2, with $K = j + 2$, from below", a, ">", low * j, "terms",
                multiplier=a + low * j, terms=[j + 1], reduction="expand")  # fmt: skip
    proof.prove("from above", a, "<", low * j + offset, "terms", multiplier=a + low * j + offset,
                terms=[offset**2 - 1], reduction="simplify")  # fmt: skip
    proof.prove("That of H1, from below", b, ">", high * j, "terms", multiplier=b + high * j, terms=[j + 1],
                reduction="expand")  # fmt: skip
    proof.prove("from above", a + EPSILON * j, ">=", b, "terms", multiplier=a + EPSILON * j + b,
                terms=[2 * EPSILON * j * (a - low * j)], reduction="expand")  # fmt: skip
    proof.prove("The largest eigenvalue of H1 is less than twice that of L2", 2 * l2 - h1, ">", 0, "terms",
                        terms=[EPSILON, (a + EPSILON * j - b) / 2], reduction="expand")  # fmt: skip
    proof.prove("and larger than", l2, ">", (j + 3) / 4, "terms",
                multiplier=2 * (a / 2 + (j + 2) * (QUARTER - EPSILON)),
                terms=[4 * (j + 1) * EPSILON * (HALF - EPSILON)], reduction="expand")  # fmt: skip
    slack = EPSILON + offset / 2
    share = sp.Rational(32, 5)
    proof.prove(
        "and nearly twice it", h1 / l2, ">", 2 - share / (j + 3), "terms", multiplier=l2 * (j + 3),
        terms=[(j + 3) * (low * j + offset - a) / 2, (j + 3) * (b - high * j) / 2, share * (l2 - (j + 3) / 4),
               (j + 3) * (share / 4 - slack)], reduction="simplify",
    )  # fmt: skip
    gain = 2 * LOWEST[0] / LOWEST[1]
    proof.step("Twice the quotient of the smallest eigenvalues", gain, LIMIT)
    for name, bound in (("upper", gain), ("lower", gain * (1 - share / 2 / (WIDTH + 1)))):
        proof.prove(f"The {name} bound of the ratio of condition numbers for $K \\to \\infty$", bound, "->", LIMIT,
                    "limit", letter=WIDTH, point=sp.oo)  # fmt: skip
    growth = l2 / LOWEST[0] / (j + 2)
    proof.prove("Growth of the condition number of L2 with $K = j + 2$", growth, "->", QUARTER / LOWEST[0], "limit",
                letter=j, point=sp.oo)  # fmt: skip


def _counterexamples(proof: Derivation) -> None:
    """One neuron, and two opposite ones: both matrices are multiples of the identity."""
    shared = (PI - theta) / (2 * PI)  # the block of two neurons at an angle, on the transverse directions
    proof.counterexample("One neuron: matrices $I/2$ and $I$, no gain; the ratio exceeds the bound", HALF / HALF, ">",
                         LIMIT, {})  # fmt: skip
    proof.counterexample("Two opposite teachers, at the angle $\\pi$: again $I/2$ and "
                         "$I$", (HALF + shared) / (HALF - shared),
                         ">", LIMIT, {theta: PI})  # fmt: skip
