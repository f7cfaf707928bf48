r"""The conditioning gain at an orthonormal teacher of K neurons, any K >= 2, and its limit for wide networks.

The Gauss-Newton matrix at ``W = V`` is a quadratic form of a perturbation ``X`` (row i: of neuron i, in coordinates
that begin with the teachers). With

- ``N = |X|^2 = D + R + Z`` (squares of diagonal, other and transverse coordinates), ``C = |sum_i X_i|^2``,
- ``T = (tr X)^2``, ``S = sum_(i<j) (X_ij + X_ji)^2``,

``sum_(i != j) X_i.X_j = C - N``, ``sum_(i != j) X_ii X_jj = T - D`` and ``sum_(i != j) X_ij X_ji = S - R``.
"""

import sympy as sp

from derivations.relu import power_of_relu
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.arc_cosine import closed_forms
from sobolev_theory.symbolic.catalogue.latex import latex, readable
from sobolev_theory.symbolic.catalogue.theorems import theorem
from sobolev_theory.symbolic.symbols import p, q, theta

D, R, Z, C, T, S = sp.symbols("D R Z C T S", nonnegative=True)
K = sp.Symbol("k", positive=True)  # k = K - 1 >= 1
DIFFERENCE = sp.Symbol("j", nonnegative=True)  # k - 1
WIDTH = sp.Symbol("K", positive=True)
N, PI, ROOT = D + R + Z, sp.pi, sp.sqrt(K)
QUARTER, HALF = sp.Rational(1, 4), sp.Rational(1, 2)
EPSILON = 1 / (2 * PI)
LOWEST = {0: QUARTER - EPSILON, 1: HALF - EPSILON}
NORMS = {0: "L2", 1: "H1"}
LIMIT = (PI - 2) / (PI - 1)
DEFINITIONS = (
    ", in which the blocks (i, i) are $I/2$ in each order and blocks that are not shown are zero; of a perturbation "
    "$X$ whose row $X_i$ is that of neuron $i$, in coordinates that begin with the teachers: $D$, $R$ and $Z$ are the "
    "sums of the squares of its diagonal entries $X_{ii}$, of the others $X_{ij}$, $j \\le K$, and of the transverse "
    "ones, $j > K$; $N = D + R + Z = |X|^2$, $C = |\\sum_i X_i|^2$, $T = (\\sum_i X_{ii})^2$, "
    "$S = \\sum_{i<j} (X_{ij} + X_{ji})^2$"
)


def prove() -> Theorem:
    """Blocks, forms, smallest and largest eigenvalues, their ratio."""
    proof = Derivation()
    forms = _forms(proof)
    lowest = [_smallest(proof, order, form) for order, form in enumerate(forms)]
    top = [_largest(proof, order) for order in (0, 1)]
    _ratio(proof, *top)
    _counterexamples(proof)
    return theorem(
        "theorem/large_width_gain",
        "The conditioning gain at an orthonormal teacher, for every width",
        r"At an orthonormal teacher of $K$ ReLU neurons the Gauss-Newton matrix of H1 is better conditioned than that "
        rf"of L2 by a factor that is below ${latex(LIMIT)} \approx {float(LIMIT):.3f}$ for every $K \ge 2$, and tends "
        "to it for wide networks.",
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
            "A statement about the Gauss-Newton matrix, the expected per-sample Hessian. At the teacher the Jacobian "
            "of the backprop field depends on the direction of approach, and in the exact convention the Hessian of H1 "
            "diverges.",
            "Why every $K$ follows: the forms do not change if neurons and teachers are permuted alike, nor if the "
            "transverse coordinates are rotated. So they split along invariant subspaces: the matrices "
            "$a I + b (J - I)$; those made of one vector $u$ with sum zero (diagonal $u_i$, entries $u_i + u_j$ and "
            "$u_i - u_j$; without the second for $K = 2$), $K - 1$ times the same form in three coordinates; the rest, "
            "with zero diagonal, row and column sums, where $C = T = 0$ and $S \\le 2 R$; and the transverse ones, "
            "where $T = S = 0$ and $C \\le K Z$. On each the steps treat the form for a letter $K$. This splitting and "
            "the values of $N$, $C$ and $S$ on the second kind are counted by hand; the latter are checked on explicit "
            "matrices of $K = 3, 4, 5$.",
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
    for order, expected in ((0, (QUARTER, 0, EPSILON, EPSILON, 0)), (1, (QUARTER, 0, 0, 0, 0))):
        bilinear = formulas.bilinear[order]
        at_angle = [readable(x).subs({p: 1, q: 1}) for x in table["gauss_newton", order]]
        at_angle = list(map(closed_forms, at_angle))
        at_angle[0] += bilinear
        pair = [sp.sympify(x) for x in expected]
        own = [sp.sympify(x).subs(p, 1) for x in table["self_gauss_newton", order]]
        names = ("I", "v_i v_i'", "v_i v_j'", "v_j v_i'", "v_j v_j'")
        for name, left, right in zip(names, at_angle, pair, strict=True):
            proof.prove(f"Order {order}: block (i, j) of two neurons on ${name}$, at right angles", left, "=",
                        right, where=(sp.Eq(theta, PI / 2),))  # fmt: skip
        proof.step(f"Order {order}: block (i, i), a multiple of the identity", bilinear + own[0], HALF)
        proof.step(f"Order {order}: and nothing else", own[1], sp.Integer(0))
        term = HALF * N + pair[0] * (C - N) + pair[2] * (T - D) + pair[3] * (S - R)
        total += term
        forms.append(total)
    for order in (0, 1):
        shown = QUARTER * (1 + order) * (N + C) + (T - D + S - R) * EPSILON
        proof.step(f"The form of {NORMS[order]}{'' if order else DEFINITIONS}", forms[order], shown, sp.expand)
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


def _largest(proof: Derivation, order: int) -> sp.Expr:
    r"""Three kinds of X: ``a I + b (J - I)``; the K - 1 dimensional ones; the rest, where ``C = 0``.

    On the first, with orthonormal coordinates, the form is a 2 x 2 matrix M; its upper eigenvalue exceeds the largest
    one of the others, ``(K + 1) f``, f = 1/4 or 1/2, since ``det((K + 1) f - M) < 0``.
    """
    norm, factor = NORMS[order], QUARTER * (1 + order)
    first = 2 * factor + K * EPSILON
    second = factor + EPSILON + K * factor
    coupling = factor * ROOT
    a, b = sp.symbols("a b", real=True)
    # X = (a I + b (J - I)/sqrt(k))/sqrt(K), K = k + 1: sums of squares and of products over K and K k entries
    at = {D: a**2, R: b**2, Z: 0, C: (a + ROOT * b) ** 2, T: (K + 1) * a**2, S: 2 * b**2}
    form = factor * (N + C) + (T - D + S - R) * EPSILON
    proof.step(f"{norm}, on $X = (a I + b (J - I)/\\sqrt k)/\\sqrt K$, $k = K - 1$, $J$ all ones, "
               "$a^2 + b^2 = |X|^2$: a 2 x 2 matrix", form.subs(at),
               first * a**2 + 2 * coupling * a * b + second * b**2, sp.expand)  # fmt: skip
    spread = LOWEST[order] * (K - 1)
    top = (first + second + sp.sqrt(spread**2 + 4 * coupling**2)) / 2
    proof.step(f"{norm}: its upper eigenvalue is a root of the characteristic polynomial",
               (top - first) * (top - second), coupling**2, sp.expand)  # fmt: skip
    bound = (K + 2) * factor
    root = 2 * top - first - second
    proof.prove(f"{norm}: it exceeds $(K + 1)$ times ${latex(factor)}$, the largest transverse eigenvalue", top, ">",
                bound, "terms", multiplier=2 * (root + (K + 1) * (factor - EPSILON)),
                terms=[4 * K * EPSILON * (2 * factor - EPSILON)], reduction="expand")  # fmt: skip
    c = sp.Symbol("c", real=True)
    column = a + sp.sqrt((K - 1) / 2) * b - sp.sqrt((K + 1) / 2) * c
    kind = {D: a**2, R: b**2 + c**2, Z: 0, C: column**2, T: 0, S: 2 * b**2}
    proof.step(f"{norm}, on diagonal $u_i$, entries $u_i + u_j$ and $u_i - u_j$ for one $u$ with sum zero (normalised, "
               "coordinates a, b, c): diagonal plus rank one", form.subs(kind),
               (factor - EPSILON) * (a**2 + c**2) + (factor + EPSILON) * b**2 + factor * column**2,
               sp.expand)  # fmt: skip
    for width in (3, 4, 5) if order == 0 else ():  # the same for both norms
        _check_invariants(proof, width, kind, (a, b, c))
    # the standard representation: D + factor n n', n = (1, sqrt((K-2)/2), -sqrt(K/2)), D = LOWEST or LOWEST + 1/pi
    low, high = LOWEST[order], LOWEST[order] + 1 / PI
    secular = factor * ((1 + (K + 1) / 2) / (bound - low) + (K - 1) / 2 / (bound - high))
    at_one = {K: DIFFERENCE + 1}
    proof.prove(f"{norm}: on the $K - 1$ dimensional kind the form is diagonal plus rank one, and its secular "
                f"function, with $K = j + 2$, at $(K + 1)$ times ${latex(factor)}$ is below one: all eigenvalues are "
                "smaller",
                secular.subs(at_one), "<", 1, "terms", multiplier=((bound - low) * (bound - high)).subs(at_one),
                terms=[factor * 2 * EPSILON - EPSILON**2])  # fmt: skip
    proof.prove(f"{norm}: so are those on the rest, where $C = 0$", factor + EPSILON, "<", bound.subs(at_one), "terms",
                terms=[factor * (DIFFERENCE + 2) - EPSILON])  # fmt: skip
    return top


def _check_invariants(
    proof: Derivation, width: int, kind: dict[sp.Symbol, sp.Expr], coordinates: tuple[sp.Symbol, ...]
) -> None:
    """Column sums and symmetric part of an actual ``X`` of the second kind."""
    a, b, c = coordinates
    u = [1 / sp.sqrt(2), -1 / sp.sqrt(2)] + [sp.Integer(0)] * (width - 2)

    def entry(i: int, j: int) -> sp.Expr:
        if i == j:
            return a * u[i]
        return b * (u[i] + u[j]) / sp.sqrt(2 * (width - 2)) + c * (u[i] - u[j]) / sp.sqrt(2 * width)

    x = sp.Matrix(width, width, entry)
    for name, letter, value in (
        ("N", D, sum(e**2 for e in x) - sum(kind[letter] for letter in (R, Z))),
        ("C", C, sum(sum(x[:, j]) ** 2 for j in range(width))),
        ("S", S, sum((x[i, j] + x[j, i]) ** 2 for i in range(width) for j in range(i))),
    ):
        proof.check(f"The invariant {name} on such X, K = {width}", value, kind[letter].subs(K, width - 1))


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
