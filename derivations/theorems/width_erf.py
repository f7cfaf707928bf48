r"""The conditioning gain of erf networks at an orthonormal teacher, which training has: field and Gauss-Newton agree.

``across`` and ``back`` vanish, as erf is odd: the form of a perturbation ``X`` is a sum over its columns,

``alpha |x|^2 + i (sum_i x_i)^2 + r x_j^2 + 2 f x_j sum_(i != j) x_i`` of column j, ``alpha = own - identity``,

without the last two of the columns ``j > K``.
"""

import sympy as sp

from derivations.erf import error_function
from derivations.right_angles import Coefficients, at_teacher
from derivations.theorems.orthonormal import ROOT, A, B, K
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.latex import latex
from sobolev_theory.symbolic.catalogue.theorems import theorem

NORMS = ("L2", "H1", "H2")
PI = sp.pi


def prove() -> Theorem:
    """Columns, their two eigenvalues, the smallest and the largest, and limits."""
    proof = Derivation()
    coefficients = [at_teacher(error_function(), order) for order in range(len(NORMS))]
    lowest = [_lowest(proof, name, c) for name, c in zip(NORMS, coefficients, strict=True)]
    for name, c in zip(NORMS, coefficients, strict=True):
        _largest(proof, name, c)
    limits = [_limit(proof, order, coefficients, lowest) for order in (1, 2)]
    _counterexamples(proof, coefficients, lowest)
    apart = [latex(c.own - c.identity) for c in coefficients]
    return theorem(
        "theorem/erf_width_gain",
        "The conditioning gain of erf networks at an orthonormal teacher, for wide networks",
        "At an orthonormal teacher of $K$ erf neurons the Hessian, which training follows, is better conditioned in H1 "
        f"than in L2 by a factor that tends to ${latex(limits[0])} \\approx {float(limits[0]):.4f}$ for wide networks, "
        f"in H2 to ${latex(limits[1])} \\approx {float(limits[1]):.4f}$.",
        hypotheses=(
            r"$W = V$ with $K \ge 3$ orthonormal rows in dimension $d \ge K$, output weights one",
            "standard Gaussian inputs; Hessians, which are the Gauss-Newton matrices there",
        ),
        conclusions=(
            "the smallest eigenvalue is the lower one of a 2 x 2 matrix, $K$ times, in L2 and H1, and tends to "
            f"${latex(lowest[0])}$ and ${latex(lowest[1])}$; in H2 it is ${latex(lowest[2])}$, whatever $K$",
            f"in L2 and H1 ${apart[0]}$ and ${apart[1]}$ are eigenvalues too, but not the smallest ones",
            "the largest one, with $k = K - 1$, is at least "
            + ", ".join(f"${latex(_block(c)[1])}$ in {name}" for name, c in zip(NORMS, coefficients, strict=True))
            + "; it exceeds that by at most "
            + ", ".join(f"${latex(c.identity)}$" for c in coefficients),
            f"$\\kappa_{{H^1}} / \\kappa_{{L^2}}$ tends to ${latex(limits[0])}$, and "
            f"$\\kappa_{{H^2}} / \\kappa_{{L^2}}$ to ${latex(limits[1])}$",
        ),
        derivation=proof,
        source="this derivation",
        remarks=(
            "erf is smooth: the residual vanishes at the teacher, so that the Hessian is the Gauss-Newton matrix in "
            "every norm, and gradient descent follows it. This is what training_gain_vanishes denies to ReLU in H1.",
            "erf is odd, so that the coefficients of $v_i v_k^\\top$ and $v_k v_i^\\top$ in a block (i, k) vanish, and "
            "the form of a perturbation is a sum over its columns. Of a column $j$ the entries with sum zero that "
            "vanish at $j$ are eigenvectors of one eigenvalue, $\\alpha$, for $K \\ge 3$; what is left for $j \\le K$ "
            "are an entry $a$ at $j$ and equal ones $b/\\sqrt k$ elsewhere, and for $j > K$ equal entries, of "
            "eigenvalue $\\alpha + K i$, where $i$ is the coefficient of $I$ in a block (i, k).",
        ),
        numeric="sobolev_theory.symmetric.condition_number_ratio",
    )  # fmt: skip


def _block(c: Coefficients) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Diagonal and coupling of the 2 x 2 matrix of a column."""
    return c.own + c.radial, K * c.identity + c.own - c.identity, ROOT * (c.identity + c.first)


def _lowest(proof: Derivation, name: str, c: Coefficients) -> sp.Expr:
    """The limit of the smallest eigenvalue: below ``alpha`` where the determinant less ``alpha`` is negative."""
    first, second, coupling = _block(c)
    alpha = c.own - c.identity
    for word, value in (("v_i v_k'", c.across), ("v_k v_i'", c.back)):
        proof.step(f"{name}: block (i, k) on ${word}$", value, sp.S.Zero)
    form = alpha * (A**2 + B**2) + c.identity * (A + ROOT * B) ** 2 + c.radial * A**2 + 2 * c.first * A * ROOT * B
    proof.step(f"{name}, on a column $j$ with entry $a$ at $j$ and $b/\\sqrt k$ elsewhere, $k = K - 1$: a 2 x 2 matrix",
               form, first * A**2 + 2 * coupling * A * B + second * B**2, sp.expand)  # fmt: skip
    product = (first - alpha) * (second - alpha) - coupling**2
    share = (c.identity + c.radial) * c.identity - (c.identity + c.first) ** 2
    proof.step(f"{name}: its determinant, less ${latex(alpha)}$ on the diagonal", product, sp.simplify(share) * K,
               sp.expand)  # fmt: skip
    relation = "<" if share.is_negative else ">"
    proof.prove(f"{name}: its sign", share, relation, 0, "evaluation", letters=[], values=[])
    if share.is_positive:
        proof.prove(f"{name}: both eigenvalues exceed ${latex(alpha)}$", first, ">", alpha, "evaluation", letters=[],
                    values=[])  # fmt: skip
        return alpha
    lower = (first + second - sp.sqrt((second - first) ** 2 + 4 * coupling**2)) / 2
    proof.step(f"{name}: the lower eigenvalue is a root of the characteristic polynomial",
               (lower - first) * (lower - second), sp.expand(coupling**2), sp.expand)  # fmt: skip
    limit = sp.radsimp(sp.simplify(first - (c.identity + c.first) ** 2 / c.identity))
    proof.prove(f"{name}: and tends to", lower, "->", limit, "limit", letter=K, point=sp.oo)
    return limit


def _largest(proof: Derivation, name: str, c: Coefficients) -> None:
    """The upper eigenvalue is at least the diagonal entry, and below ``K i + alpha``: the determinant is positive."""
    first, second, coupling = _block(c)
    bound = second + c.identity
    terms = [K * (c.identity**2 - (c.identity + c.first) ** 2), -c.identity * c.radial]
    proof.prove(f"{name}: determinant of ${latex(bound)}$ less the matrix, which is positive",
                (bound - first) * (bound - second), ">", coupling**2, "terms", terms=terms,
                reduction="expand")  # fmt: skip
    proof.prove(f"{name}: and so is its diagonal", bound, ">", first, "terms",
                terms=[K * c.identity, -c.radial])  # fmt: skip


def _limit(proof: Derivation, order: int, of: list[Coefficients], lowest: list[sp.Expr]) -> sp.Expr:
    """Of the ratio of condition numbers."""
    limit = sp.radsimp(sp.simplify(of[order].identity / of[0].identity * lowest[0] / lowest[order]))
    bound = [K * c.identity + c.own - c.identity for c in (of[order], of[0])]
    for word, top, low in (("upper", bound[0] + of[order].identity, bound[1]),
                           ("lower", bound[0], bound[1] + of[0].identity)):  # fmt: skip
        proof.prove(f"{NORMS[order]} over L2, the {word} bound of the ratio", top * lowest[0] / (low * lowest[order]),
                    "->", limit, "limit", letter=K, point=sp.oo)  # fmt: skip
    return limit


def _counterexamples(proof: Derivation, of: list[Coefficients], lowest: list[sp.Expr]) -> None:
    """One neuron: its two eigenvalues are own and own + radial."""
    kappas = [c.own / (c.own + c.radial) for c in of]
    for order in (1, 2):
        limit = of[order].identity / of[0].identity * lowest[0] / lowest[order]
        proof.counterexample(f"One neuron: the ratio of {NORMS[order]} over L2 is not near the limit",
                             kappas[order] / kappas[0], ">", limit, {})  # fmt: skip
