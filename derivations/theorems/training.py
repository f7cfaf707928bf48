r"""What training follows near an orthonormal ReLU teacher in H1: the gain in conditioning vanishes with the width.

The Jacobian of the backprop field has a limit at ``W = V + e X``, ``e -> 0+``: the symmetric form ``M``, plus ``N``,
the blocks (i, i) ``v_i n_i'/(2 pi)`` of the directions ``n_i`` orthogonal to ``v_i`` in which ``X`` moves the rows.
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
    ROOT,
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
from derivations.theorems.outside import REMARK, prove_outside
from derivations.theorems.width import BLOCKS, LIMIT
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.arc_cosine import closed_forms
from sobolev_theory.symbolic.catalogue.latex import latex, readable
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import p, q, theta

TWICE = 2 * EPSILON
LOW = {0: QUARTER - EPSILON, 1: HALF - TWICE}
CONSTANT = PI / ((PI - 1) * (PI - 2))
BOUND = PI / (PI - 2) + 1 / PI
SHIFT = 1 / (2 * (PI - 1))
SYMMETRIC = sp.Symbol("B", nonnegative=True)
"""Sum of the squares of ``(X_ij + X_ji)/2``, ``i != j``."""


def prove() -> Theorem:
    """Blocks, the form, what N leaves alone, the smallest and the largest eigenvalue, their ratio."""
    proof = Derivation()
    _blocks(proof)
    _smallest(proof)
    _others_are_larger(proof)
    limit = Largest(proof, "Limit", HALF, TWICE)
    limit.exceeds("$(K + 1)/2$, the largest transverse eigenvalue, by more than $1/\\pi$, for $K = j + 4$", TWICE,
                  TWICE * (DIFFERENCE + 1), DIFFERENCE + 3)  # fmt: skip
    limit.others(4, checked=True)
    l2 = Largest(proof, "L2", QUARTER, EPSILON)
    l2.exceeds("$(K + 1)/4$, for $K = j + 4$", sp.S.Zero, 4 * (DIFFERENCE + 3) * EPSILON * (HALF - EPSILON),
               DIFFERENCE + 3)  # fmt: skip
    _finite(proof, limit, l2)
    _rates(proof, limit, l2)
    _symmetric(proof, limit)
    prove_outside(proof, limit)
    _counterexamples(proof)
    return theorem(
        "theorem/training_gain_vanishes",
        "Training near an orthonormal teacher: the gain vanishes with the width",
        "Near an orthonormal teacher of $K$ ReLU neurons gradient descent on the H1 loss follows a limit of the "
        "Jacobian of its field that depends on the direction of approach. Whatever the direction, its smallest "
        "eigenvalue is twice that of L2, its largest over that of L2 tends to two, and the gain in conditioning, "
        f"$1 - \\kappa_{{H^1}} / \\kappa_{{L^2}}$, vanishes like ${latex(CONSTANT / WIDTH)}$.",
        hypotheses=(
            r"$K \ge 4$ orthonormal teachers $v_i$ in dimension $d \ge K$, output weights one",
            "standard Gaussian inputs",
            "$W = V + \\varepsilon X$, $\\varepsilon \\to 0^+$, where each row $X_i$ has a part orthogonal to $v_i$, "
            "of unit vector $n_i$",
            "H1 is the limit of the Jacobian of the backprop field, L2 the Hessian; $\\kappa$ is the largest over the "
            "smallest modulus of eigenvalues",
        ),
        conclusions=(
            f"for every $X$, and for $K = 3$ too, ${latex(LOW[1])}$ is an eigenvalue of multiplicity "
            f"$(K - 1)(K - 2)/2$, and all others have a larger real part; in L2 it is the half, ${latex(LOW[0])}$",
            "under the flow of the limit of the field, which is homogeneous and not linear, the part of $X$ that is "
            f"antisymmetric with column sums zero decays exactly like $\\exp(- ({latex(LOW[1])}) t)$",
            f"for every $X$ the eigenvalue of largest modulus is real and simple, and within ${latex(EPSILON)}$ of, "
            f"with $k = K - 1$, ${latex(limit.top)}$; their distance is at most of the order $K^{{-1/2}}$. In L2 "
            f"(large_width_gain) the largest one is ${latex(l2.top)}$",
            f"for every $X$: $0 < 1 - \\kappa_{{H^1}} / \\kappa_{{L^2}} < \\left({latex(BOUND)}\\right) / K$",
            "for every $X$: $K (1 - \\kappa_{H^1} / \\kappa_{L^2})$ tends to "
            f"${latex(CONSTANT)} \\approx {float(CONSTANT):.4f}$",
            "towards the mean of the teachers, $X_i = \\sum_{a \\ne i} v_a - v_i$, and away from it, "
            "$X_i = -\\sum_a v_a$, what is added to the value above, times $\\sqrt k$, tends to "
            f"$\\pm {latex(SHIFT)}$. The gain from inside is the smallest one of all $X$, for $K = 3$ too, and that "
            "from outside the largest one",
        ),
        derivation=proof,
        source="this derivation",
        remarks=(
            "The limit: coefficients of pairs are continuous at parallel rows in the backprop convention; what depends "
            "on the direction is the second vector of the frame of a student and its teacher, which tends to $-n_i$. "
            "Blocks of other pairs cancel in (i, i), since students and teachers are the same there.",
            "Of a perturbation $Y$ the limit is $M Y + N Y$, with the form of $M$ as shown and $(N Y)_i = v_i "
            f"(n_i \\cdot Y_i)/(2 \\pi)$, of norm ${latex(EPSILON)}$. The form is smallest where $C = T = D = S = Z = "
            "0$: $Y$ is antisymmetric with column sums zero, $(K - 1)(K - 2)/2$ dimensions, and $N^\\top Y = 0$ as its "
            "diagonal vanishes: a left eigenvector. So the matrix maps the orthogonal complement of these into itself, "
            "and there its symmetric part is larger.",
            "On that complement the antisymmetric part of $Y$ is $u_i - u_j$, where $K u_j$ is $Y_{jj}$ plus the sum "
            "of column $j$ of the symmetric part off the diagonal, less the sum of column $j$. Half the sum of its "
            "squares is $K |u|^2 \\le (\\sqrt C + \\sqrt D + \\sqrt{k B})^2 / K$, where $B$ is the sum of the squares "
            "of $(Y_{ij} + Y_{ji})/2$, $i \\ne j$, and $S = 2 B$; and $\\sum_i Y_{ii} (n_i \\cdot Y_i) \\ge - (D + R + "
            "Z)/2$.",
            f"The largest eigenvalue: {SPLITTING}. All eigenvalues of $M$ but one are at most $(K + 1)/2$, and that "
            "one exceeds it by more than twice the norm of $N$: by Bauer and Fike, applied to $M + t N$, "
            "$0 \\le t \\le 1$, one real eigenvalue is within the norm of it, and the others are smaller in modulus.",
            "Its distance from that of $M$ is a scalar product with $N^\\top u$ of a vector that does not become "
            "orthogonal to $u$, as the gap tends to more than twice the norm of $N$; $u = (a I + b (J - I)/\\sqrt k)/"
            "\\sqrt K$ is the unit eigenvector of $M$, and $|N^\\top u| = |a|/(2 \\pi)$ is of the order $K^{-1/2}$.",
            "From inside the largest eigenvalue is larger than from elsewhere: the matrix has no negative entry and a "
            "positive eigenvector $x$ in the span of the teachers, and no unit vectors $n_i'$ make $n_i' \\cdot x_i$ "
            "larger than $n_i$, which is parallel to $x_i$ but for $v_i$. So the matrix with $|n_{ij}'|$ in place of "
            "$n_{ij}'$ maps $x$ to no more than that multiple, which bounds its eigenvalues (Collatz and Wielandt) "
            "and by Perron and Frobenius those with $n_i'$; transverse coordinates have eigenvalues of their own.",
            REMARK,
            f"The Gauss-Newton matrix, for which the ratio tends to ${latex(LIMIT)}$ (large_width_gain), is another "
            "one: $N$ is missing in it, and half of the swap $S - R$. In the exact convention the loss has a cone at "
            "the teacher, and no limit exists.",
        ),
        numeric="sobolev_theory.symmetric.condition_number_ratio",
    )  # fmt: skip


def _blocks(proof: Derivation) -> None:
    """Of two neurons at right angles, of a neuron with itself and its teacher, and the form of the symmetric part."""
    backprop = {0: BLOCKS[0], 1: (QUARTER, 0, 0, EPSILON, 0)}
    formulas = power_of_relu(1)
    quantities = {(x.name, x.order): x for x in reversed(formulas.quantities)}  # the first of a name is backprop's
    total = sp.S.Zero
    for order, expected in backprop.items():
        prove_blocks(proof, "cross", order, expected, ", backprop")
        own = [closed_forms(readable(x)).subs({p: 1, q: 1}) for x in quantities["own", order].coefficients]
        names = ("I", "v_i v_i'", "v_i e'", "e v_i'", "e e'")
        for name, left, right in zip(names, own, (0, 0, order * EPSILON, 0, 0), strict=True):
            proof.prove(f"Order {order}: what the teacher $i$ takes from the block (i, i), on ${name}$, for parallel "
                        "rows, $e$ the second vector of their frame",
                        left, "->", sp.sympify(right), "limit", letter=theta, point=0)  # fmt: skip
        total += HALF * N + pair_term(expected)
    proof.step(f"The form of the limit in H1 without $N$, {DEFINITIONS}", total, form(HALF, TWICE), sp.expand)


def _smallest(proof: Derivation) -> None:
    """A sum of squares: the smallest eigenvalue of M, attained where the diagonal vanishes."""
    terms = [HALF * C, T * EPSILON, D * EPSILON, S * TWICE, Z * TWICE]
    proof.prove(f"The form is at least ${latex(LOW[1])}$ times $N$", form(HALF, TWICE), ">=", LOW[1] * N, "terms",
                terms=terms)  # fmt: skip
    kept = {C: 0, T: 0, D: 0, S: 0, Z: 0}
    proof.step("It is attained where $C = T = D = S = Z = 0$", form(HALF, TWICE).subs(kept), LOW[1] * R, sp.expand)
    terms = [QUARTER * C, T * EPSILON, S * EPSILON, Z * EPSILON]
    proof.prove("The form of L2 is at least the half", form(QUARTER, EPSILON), ">=", LOW[0] * N, "terms",
                terms=terms)  # fmt: skip
    proof.step("The smallest eigenvalues", LOW[1], (PI - 2) / (2 * PI))
    proof.step("that of H1 is twice that of L2", LOW[1], 2 * LOW[0])


def _others_are_larger(proof: Derivation) -> None:
    """On the complement, ``2 pi`` times the excess of the symmetric part; by Lagrange's identity."""
    weights, vector = (PI, HALF, sp.Rational(7, 2)), (sp.S.One, sp.S.One, ROOT)
    squares = (C, D, SYMMETRIC)
    lengths = tuple(map(sp.sqrt, squares))
    excess = PI * C + D + 4 * SYMMETRIC + 2 * Z - (D + SYMMETRIC + Z) / 2
    proof.step("$2 \\pi$ times the excess of the form, with $S = 2 B$, less half of $D + B + Z$, without $T$",
               2 * PI * (form(HALF, TWICE) - LOW[1] * N).subs({T: 0, S: 2 * SYMMETRIC}) - (D + SYMMETRIC + Z) / 2,
               excess, sp.expand)  # fmt: skip
    width = DIFFERENCE + 3
    share = sum(v**2 / w for v, w in zip(vector, weights, strict=True)).subs(K, DIFFERENCE + 2)
    pairs = [
        (weights[i] * lengths[i] * vector[j] - weights[j] * lengths[j] * vector[i]) ** 2 / (weights[i] * weights[j])
        for i in range(3)
        for j in range(i)
    ]
    rate = sp.Rational(5, 7) * DIFFERENCE + sp.Rational(3, 7) - 1 / PI
    proof.step("A share that is left, with $K = j + 3$", width - share, rate, sp.expand)
    taken = (sum(map(sp.Mul, lengths, vector), sp.S.Zero) ** 2).subs(K, DIFFERENCE + 2)
    kept = sum(map(sp.Mul, weights, squares), sp.S.Zero)
    proof.prove("The antisymmetric part takes less than there is, for every $K = j + 3$", width * kept - taken, ">=",
                rate * kept, "terms", terms=[x.subs(K, DIFFERENCE + 2) for x in pairs], reduction="expand")  # fmt: skip
    proof.prove("so that the excess is positive", rate, ">", 0, "terms",
                terms=[sp.Rational(5, 7) * DIFFERENCE, sp.Rational(3, 7) - 1 / PI])  # fmt: skip


def _finite(proof: Derivation, limit: Largest, l2: Largest) -> None:
    """``1/(2 pi) < 2 top(L2) - top(M) < pi/(4 (pi - 2))``, with the two roots in them from above and from below."""
    k = DIFFERENCE + 3
    a, b, low = 2 * l2.root.subs(K, k), limit.root.subs(K, k), LOW[1] * (k - 1)
    slope, step, offset = HALF - EPSILON, sp.Rational(7, 5), 1 / (2 * LOW[1])
    proof.prove("The root in twice the largest eigenvalue of L2, with $K = j + 4$, from above", a, "<", low + offset,
                "terms", multiplier=a + low + offset, terms=[offset**2 - 1], reduction="simplify")  # fmt: skip
    proof.prove("from below", a, ">", low + step, "terms", multiplier=a + low + step,
                terms=[(1 - 2 * LOW[1] * step) * DIFFERENCE, 3 - 4 * LOW[1] * step - step**2],
                reduction="simplify")  # fmt: skip
    proof.prove("That of the limit, from below", b, ">", slope * k - LOW[1], "terms",
                multiplier=b + slope * DIFFERENCE + sp.together(3 * slope - LOW[1]), terms=[k],
                reduction="expand")  # fmt: skip
    gain = 2 * step - 4 * slope
    proof.prove("from above", a + EPSILON * (k - 2), ">", b, "terms", multiplier=a + EPSILON * (k - 2) + b,
                terms=[2 * EPSILON * (k - 2) * (a - low - step), EPSILON * gain * DIFFERENCE,
                       EPSILON * (gain - 4 * slope)], reduction="expand")  # fmt: skip
    twice, top = 2 * l2.top.subs(K, k), limit.top.subs(K, k)
    proof.prove(f"Twice the largest eigenvalue of L2 exceeds that of the limit without $N$ by more than "
                f"${latex(EPSILON)}$", twice - top, ">", EPSILON, "terms", terms=[(a + EPSILON * (k - 2) - b) / 2],
                reduction="expand")  # fmt: skip
    most = offset / 2
    proof.prove("and by less than", twice - top, "<", most, "terms",
                terms=[(low + offset - a) / 2, (b - slope * k + LOW[1]) / 2], reduction="simplify")  # fmt: skip
    width = k + 1
    proof.prove("so that the gain in conditioning is less than", (twice - top + EPSILON) / twice, "<", BOUND / width,
                "terms", multiplier=twice * width,
                terms=[2 * BOUND * (l2.top.subs(K, k) - (k + 2) / 4), width * (most - twice + top), BOUND / 2],
                reduction="simplify")  # fmt: skip


def _rates(proof: Derivation, limit: Largest, l2: Largest) -> None:
    """Limits for wide networks: of the gain, of the gap, and of what couples to N."""
    gain = (K + 1) * (2 * l2.top - limit.top) / (2 * l2.top)
    proof.prove("$K$ times the gain without $N$, with $k = K - 1$", gain, "->", CONSTANT, "limit", letter=K,
                point=sp.oo)  # fmt: skip
    gap = 1 / (2 - 2 / PI) + 1 / PI - HALF
    proof.prove("The gap between the largest eigenvalue and $(K + 1)/2$", limit.top - limit.bound, "->", gap, "limit",
                letter=K, point=sp.oo)  # fmt: skip
    proof.prove("It is more than twice the norm of $N$", gap, ">", TWICE, "evaluation", letters=[], values=[])
    proof.prove("The coordinate $a/b$ of the eigenvector, times $\\sqrt k$", ROOT * limit.coupling
                / (limit.top - limit.first), "->", PI / (PI - 1), "limit", letter=K, point=sp.oo)  # fmt: skip


def _symmetric(proof: Derivation, limit: Largest) -> None:
    """Along the symmetric family N adds ``+- b/(2 pi)`` to the coordinate a: ``sqrt(k)`` times the shift."""
    for sign, where in ((1, "Towards the mean"), (-1, "Away from it")):
        coupling = limit.coupling * (limit.coupling + sign * EPSILON)
        top = (limit.first + limit.second + sp.sqrt((limit.second - limit.first) ** 2 + 4 * coupling)) / 2
        proof.step(f"{where}: a root of the characteristic polynomial", (top - limit.first) * (top - limit.second),
                   coupling, sp.expand)  # fmt: skip
        proof.prove(f"{where}: $\\sqrt k$ times what $N$ adds to the largest eigenvalue",
                    ROOT * (top - limit.top), "->", sign * SHIFT, "limit", letter=K, point=sp.oo)  # fmt: skip


def _counterexamples(proof: Derivation) -> None:
    """Two neurons; the Gauss-Newton matrix."""
    trace, product = 2 - 3 * EPSILON, 4 * HALF * (HALF - EPSILON)
    proof.counterexample("Two neurons, towards the mean: no antisymmetric perturbation has column sums zero, and the "
                         "smallest eigenvalue, that of diagonal $1 - 1/(2 \\pi), 1 - 1/\\pi$ and product "
                         "$\\frac{1}{2} (\\frac{1}{2} - \\frac{1}{2 \\pi})$ of the other entries, is another one",
                         (trace - sp.sqrt(EPSILON**2 + product)) / 2, ">", LOW[1], {})  # fmt: skip
    proof.counterexample("The Gauss-Newton matrix in place of the limit: the ratio of condition numbers does not tend "
                         "to one", LIMIT, "<", sp.S.One, {})  # fmt: skip
