r"""Why training gains most from outside: eigenvectors by their column sums, and Perron's theorem for what is left.

Of the limit ``M + N`` of `training`, ``(N Y)_i = v_i (n_i . Y_i)/(2 pi)``, the entries of an eigenvector off the
diagonal follow from its column sums. Those are then an eigenvector of a K x K matrix that is positive off its diagonal,
whatever the unit vectors ``n_i`` are, and whose rows have the least sums from outside.
"""

import sympy as sp

from derivations.theorems.orthonormal import (
    EPSILON,
    HALF,
    PI,
    ROOT,
    C,
    D,
    K,
    Largest,
    R,
    S,
    T,
    Z,
    form,
)
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.latex import latex

TWICE = 2 * EPSILON
X, Y, W = sp.symbols("x y w", positive=True)
ONE, OTHER, ALL = sp.symbols("s_i s_j s", real=True)  # column sums, and the sum of all
GAP = 2 * (X**2 - TWICE**2)
P, Q = X / GAP, TWICE / GAP
OWN = 1 - K * P + Q
ALPHA = (X + EPSILON) * OWN - HALF
KAPPA = (X + EPSILON) * Q + EPSILON * (1 - K * (P + Q))

REMARK = (
    "From outside the largest eigenvalue is smaller than from elsewhere. Of an eigenvector $Y$ of eigenvalue $x + 1/2$ "
    "and column sums $s_j$ the entries off the diagonal are $p s_j + q s_i$, and the sums solve $\\alpha s = B s$, "
    f"$B = \\kappa J + {latex(EPSILON)} (p \\, n + q \\, \\mathrm{{diag}}(n 1))$, where $J$ is all ones and row i of "
    "$n$ holds the coordinates of $n_i$ in the span of the teachers. For $x + 1/2 > K/2 + 1/\\pi$ both $p$ and $q$ and "
    "all entries of $B$ off the diagonal are positive, since $|n_{ij}| \\le 1$. Sums of rows of $n$ are at least "
    "$-\\sqrt k$ (Cauchy and Schwarz), and equal to it from outside; so $B 1 \\ge \\rho 1$ with the number $\\rho$ of "
    "outside, and by Perron, Collatz and Wielandt $B$ has a largest real eigenvalue, with a positive eigenvector, "
    "which is at least $\\rho$. From outside the largest eigenvalue, which is simple, has an eigenvector that no "
    "permutation changes: all $s_j$ are equal, $\\alpha = \\rho$, and it exceeds $K/2 + 1/\\pi$. There, from "
    "elsewhere, that of $B$ is at least $\\alpha$; beyond, $\\alpha$ grows without bound and $B$ does not: at some $x$ "
    "in between they are equal, and $x + 1/2$ is an eigenvalue, at least as large as that from outside."
)


def prove_outside(proof: Derivation, limit: Largest) -> None:
    """The steps of `REMARK`."""
    _entries(proof)
    off, back = P * OTHER + Q * ONE, P * ONE + Q * OTHER
    proof.step("Entries off the diagonal of an eigenvector of eigenvalue $x + 1/2$, by its column sums $s_j$: "
               f"$Y_{{ij}} = p s_j + q s_i$, $p = {latex(P)}$, $q = {latex(Q)}$",
               HALF * off + HALF * OTHER + TWICE * back, (X + HALF) * off)  # fmt: skip
    diagonal, trace = OWN * ONE - Q * ALL, (1 - K * (P + Q)) * ALL
    proof.step("Those on it, with the sum $s$ of all: the column sums are what they are",
               diagonal + K * P * ONE + Q * (ALL - ONE), ONE)  # fmt: skip
    proof.step("their trace", OWN * ALL - (K + 1) * Q * ALL, trace, sp.expand)
    proof.step("The diagonal of the equation without $N$, $\\alpha s_i - \\kappa s$",
               (X + HALF) * diagonal - HALF * diagonal - HALF * ONE - EPSILON * (trace - diagonal),
               ALPHA * ONE - KAPPA * ALL, sp.expand)  # fmt: skip
    proof.step(f"$\\kappa$ less ${latex(EPSILON)} p$", KAPPA - EPSILON * P, EPSILON * (1 - (K - 1) * (P + Q)))
    beyond = K / 2 + TWICE + Y
    proof.prove("The sum $p + q$", P + Q, "=", 1 / (2 * (X - TWICE)))
    proof.prove("It is positive, and so are entries off the diagonal of $B$, where $x = k/2 + 1/\\pi + y$",
                1 - (K - 1) / (2 * (beyond - TWICE)), ">", 0, "terms", multiplier=K + 2 * Y,
                terms=[sp.S.One, 2 * Y])  # fmt: skip
    _outside(proof, limit)
    proof.prove("For large $x$ the number $\\alpha$ grows like it", ALPHA / X, "->", 1, "limit", letter=X, point=sp.oo)


def _entries(proof: Derivation) -> None:
    """Half the derivatives of the form in an entry, K = 3."""
    x = sp.Matrix(3, 3, lambda i, j: sp.Symbol(f"x_{i}{j}", real=True))
    pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
    sums = {
        D: sum(x[i, i] ** 2 for i in range(3)),
        R: sum(x[i, j] ** 2 for i, j in pairs),
        Z: 0,
        C: sum(sum(x[:, j]) ** 2 for j in range(3)),
        T: x.trace() ** 2,
        S: sum((x[i, j] + x[j, i]) ** 2 for i, j in pairs) / 2,
    }
    matrix = form(HALF, TWICE).subs(sums)
    first, second = sum(x[:, 0]), sum(x[:, 1])
    for words, entry, expected in (
        ("off the diagonal", x[0, 1], HALF * (x[0, 1] + second) + TWICE * x[1, 0]),
        ("on it", x[0, 0], HALF * (x[0, 0] + first) + EPSILON * (x[1, 1] + x[2, 2])),
    ):
        proof.check(f"The form without $N$ as a matrix: an entry {words}, for three neurons",
                    sp.diff(matrix, entry) / 2, expected, sp.expand)  # fmt: skip


def _outside(proof: Derivation, limit: Largest) -> None:
    """There ``s = 1`` and ``rho = K kappa - sqrt(k) (p + q)/(2 pi)``, which is ``alpha`` at the largest root."""
    coupling = limit.coupling * (limit.coupling - EPSILON)
    rho = (K + 1) * KAPPA - EPSILON * ROOT * (P + Q)
    value = X + HALF
    proof.step("Outside: $\\alpha$ less $\\rho$ vanishes where the characteristic polynomial does",
               (ALPHA - rho) * (X - TWICE), (value - limit.first) * (value - limit.second) - coupling)  # fmt: skip
    at, gap = {K: (1 + W) ** 2}, 1 - 1 / PI
    spread = proof.step("A difference of its diagonal entries, with $\\sqrt k = 1 + w$",
                        (limit.second - limit.first).subs(at), (HALF - EPSILON) * (W**2 + 2 * W) + EPSILON,
                        sp.expand)  # fmt: skip
    rest = proof.step("Four times the product of the others", 4 * coupling.subs(at), (1 + W) * (W + gap),
                      sp.expand)  # fmt: skip
    root, second = sp.sqrt(spread**2 + rest), limit.second.subs(at)
    top = second + (root - spread) / 2
    proof.step("Its largest root", (top - second + spread) * (top - second), rest / 4, sp.expand)
    proof.prove("It exceeds $K/2 + 1/\\pi$", top, ">", second, "terms", multiplier=2 * (root + spread),
                terms=[W**2, (1 + gap) * W, gap], reduction="expand")  # fmt: skip
